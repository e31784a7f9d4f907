//! A server that does not answer is passed over; without any, the login is denied in time.

use std::time::Duration;

use tokio::time::Instant;
use vestibule_directory::{Ldap, LdapSettings};
use vestibule_domain::directory::{Query, Scope};
use vestibule_domain::primary::Cause;
use vestibule_domain::{EnteredUser, Secret};

use super::stand_in::{Finds, stand_in};
use super::{asked, cause, soon};
use crate::harness::{Slapd, free_port, slapd_settings};

const PASSWORD: &str = "correct horse";

#[tokio::test]
async fn the_next_server_is_asked_when_one_is_down_or_silent() {
    let mut silent = Slapd::start();
    silent.falls_silent();
    let alive = Slapd::shared();
    for dead in [free_port(), silent.port] {
        let servers = [dead, alive.port].map(|port| format!("ldap://127.0.0.1:{port}")).to_vec();
        let settings = LdapSettings { servers, timeout_ms: 500, ..alive.settings() };
        assert!(asked(settings.clone(), "ann", PASSWORD).await.is_ok());
        assert_eq!(cause(settings, "ann", "wrong horse").await, Cause::WrongPassword);
    }
}

#[tokio::test]
async fn without_any_server_the_directory_is_unavailable() {
    let settings =
        LdapSettings { servers: vec![format!("ldap://127.0.0.1:{}", free_port())], ..Slapd::shared().settings() };
    let failure = asked(settings, "ann", PASSWORD).await.unwrap_err();
    assert_eq!(failure.cause, Cause::LdapUnavailable);
    assert!(failure.detail.contains("ldap://127.0.0.1:"), "{failure}");
}

#[tokio::test]
async fn the_deadline_holds_whatever_the_servers_do() {
    let mut silent = Slapd::start();
    silent.falls_silent();
    let servers = vec![format!("ldap://127.0.0.1:{}", silent.port); 16];
    let ldap = Ldap::new(LdapSettings { servers, ..silent.settings() }).unwrap();
    let began = Instant::now();
    let (user, password) = (EnteredUser::new("ann").unwrap(), Secret::new(PASSWORD));
    let failure = ldap.authenticate(&user, &password, began + Duration::from_millis(700)).await.unwrap_err();
    assert_eq!(failure.cause, Cause::LdapUnavailable);
    assert!(began.elapsed() < Duration::from_millis(2500));
}

#[tokio::test]
async fn a_service_account_that_cannot_bind_is_an_outage_and_not_the_users_fault() {
    let settings = LdapSettings { bind_password: Some(Secret::new("wrong")), ..Slapd::shared().settings() };
    let failure = asked(settings, "ann", PASSWORD).await.unwrap_err();
    assert_eq!(failure.cause, Cause::LdapUnavailable);
    assert!(failure.detail.contains("the service account cannot bind"), "{failure}");
    let settings = LdapSettings { search_base: "dc=elsewhere".to_owned(), ..Slapd::shared().settings() };
    assert_eq!(cause(settings, "ann", PASSWORD).await, Cause::LdapUnavailable);
}

#[tokio::test]
async fn kept_connections_survive_a_restart_of_the_server() {
    let mut server = Slapd::start();
    let ldap = Ldap::new(server.settings()).unwrap();
    let (user, password) = (EnteredUser::new("ann").unwrap(), Secret::new(PASSWORD));
    assert!(ldap.authenticate(&user, &password, soon()).await.is_ok());
    server.stops();
    assert_eq!(ldap.authenticate(&user, &password, soon()).await.unwrap_err().cause, Cause::LdapUnavailable);
    server.starts_again();
    assert!(ldap.authenticate(&user, &password, soon()).await.is_ok());
}

#[tokio::test]
async fn garbage_is_no_answer() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    // An extended message, cut short; a bind's answer without a result code; something that is no BER at all.
    let garbage: [&[u8]; 4] =
        [b"\x30\x84", b"\x30\x05\x02\x01\x01\x61\x00", b"HTTP/1.1 200 OK\r\n\r\n", b"\x30\x03\x02\x01\x01"];
    for answer in garbage {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = format!("ldap://{}", listener.local_addr().unwrap());
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let _ = client.read(&mut [0; 1024]).await;
                let _ = client.write_all(answer).await;
                let _ = client.shutdown().await;
            }
        });
        let settings = LdapSettings { servers: vec![server], timeout_ms: 500, ..Slapd::shared().settings() };
        assert_eq!(cause(settings, "ann", PASSWORD).await, Cause::LdapUnavailable, "{answer:?}");
    }
}

#[tokio::test]
async fn a_connection_on_which_the_server_cannot_answer_is_not_used_again() {
    const BUSY: u8 = 51;
    // Only the first search of the first connection and those of the second one are answered.
    let server = stand_in(|connection, search| {
        let code = if (connection, search) == (0, 0) || connection == 1 { 0 } else { BUSY };
        Finds { values: vec![b"photo".to_vec()], code }
    });
    let ldap = Ldap::new(slapd_settings(&server.await)).unwrap();
    let query =
        Query { base: None, scope: Scope::Subtree, filter: "(uid=joe)".to_owned(), attributes: vec!["uid".to_owned()] };
    for number in 0..4 {
        assert_eq!(ldap.search(&query, soon()).await.map(|found| found.len()), Ok(1), "search {number}");
    }
}
