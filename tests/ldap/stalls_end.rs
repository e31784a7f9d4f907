//! Wherever a server stalls, the login ends in time; a server that is slow and honest is understood.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::{JoinSet, yield_now};
use vestibule_directory::LdapSettings;
use vestibule_domain::primary::Cause;

use super::stand_in::{SEARCH_ENTRY, asked, entry, serving};
use super::{asked as login, cause};
use crate::harness::{Slapd, slapd_settings};

const PASSWORD: &str = "correct horse";

/// The answer to StartTLS, and one to a bind, which is asked under TLS alone.
const INJECTED: &[u8] = b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00\
    \x30\x0c\x02\x01\x02\x61\x07\x0a\x01\x00\x04\x00\x04\x00";

/// Answers as an honest server that knows joe does, a byte at a time, and so many in all on one connection.
async fn bytes(connection: usize, mut client: TcpStream, most: usize) {
    client.set_nodelay(true).unwrap();
    let mut left = most;
    for question in 0.. {
        let Some(asked) = asked(connection, question, &mut client).await else { return };
        let mut answer = asked.success();
        if asked.is_search() {
            let joe = entry("uid=joe,dc=example,dc=com", &[("uid", &[b"joe"])]);
            answer = [asked.message(SEARCH_ENTRY, &joe), answer].concat();
        }
        for byte in answer {
            if left == 0 {
                // Open, and silent.
                let _ = client.read_to_end(&mut Vec::new()).await;
                return;
            }
            left -= 1;
            if client.write_all(&[byte]).await.is_err() {
                return;
            }
            yield_now().await;
        }
    }
}

#[tokio::test]
async fn an_answer_in_single_bytes_is_understood() {
    let server = serving(|connection, client| bytes(connection, client, usize::MAX)).await;
    assert_eq!(login(slapd_settings(&server), "joe", PASSWORD).await.unwrap().user.as_str(), "joe");
}

#[tokio::test]
async fn an_answer_that_stops_half_way_is_not_waited_for() {
    // Within the header, within the bind's answer, after it, and within the entry.
    for most in [0, 1, 20, 32, 40, 80] {
        let server = serving(move |connection, client| bytes(connection, client, most)).await;
        let settings = LdapSettings { timeout_ms: 200, ..slapd_settings(&server) };
        let failure = login(settings, "joe", PASSWORD).await.unwrap_err();
        assert_eq!(failure.cause, Cause::LdapUnavailable, "{most}: {failure}");
        assert!(failure.detail.contains("no answer within"), "{most}: {failure}");
    }
}

#[tokio::test]
async fn a_handshake_that_stalls_is_not_waited_for() {
    let silent = serving(|_, mut client| async move { drop(client.read_to_end(&mut Vec::new()).await) }).await;
    let settings = |server: &str, starttls| LdapSettings {
        timeout_ms: 200,
        starttls,
        ca_file: Some(Slapd::shared().certificate()),
        ..slapd_settings(server)
    };
    assert_eq!(cause(settings(&silent, true), "joe", PASSWORD).await, Cause::LdapUnavailable);
    let ldaps = silent.replace("ldap:", "ldaps:");
    assert_eq!(cause(settings(&ldaps, false), "joe", PASSWORD).await, Cause::LdapUnavailable);
}

#[tokio::test]
async fn what_comes_in_clear_with_the_answer_to_starttls_ends_it() {
    let server = serving(|_, mut client| async move {
        let _ = client.read(&mut [0; 4096]).await;
        let _ = client.write_all(INJECTED).await;
        let _ = client.read_to_end(&mut Vec::new()).await;
    });
    let settings =
        LdapSettings { starttls: true, ca_file: Some(Slapd::shared().certificate()), ..slapd_settings(&server.await) };
    let failure = login(settings, "joe", PASSWORD).await.unwrap_err();
    assert_eq!(failure.cause, Cause::LdapUnavailable);
    assert!(failure.detail.contains("bytes in clear after the answer to StartTLS"), "{failure}");
}

#[tokio::test]
async fn many_at_once_end_like_one() {
    let silent = serving(|_, mut client| async move { drop(client.read_to_end(&mut Vec::new()).await) }).await;
    let settings = LdapSettings { timeout_ms: 300, ..slapd_settings(&silent) };
    let mut logins = JoinSet::new();
    for _ in 0..100 {
        let settings = settings.clone();
        logins.spawn(async move { cause(settings, "joe", PASSWORD).await });
    }
    assert!(logins.join_all().await.into_iter().all(|cause| cause == Cause::LdapUnavailable));
}
