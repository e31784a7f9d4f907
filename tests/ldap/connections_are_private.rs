//! Passwords travel under TLS to servers that are believed, or not at all.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use vestibule_directory::LdapSettings;
use vestibule_domain::primary::Cause;

use super::{asked, cause};
use crate::harness::{SERVICE_PASSWORD, Slapd, slapd_settings};

const PASSWORD: &str = "correct horse";

fn over_tls() -> [LdapSettings; 2] {
    let server = Slapd::shared();
    let ldaps = slapd_settings(&format!("ldaps://localhost:{}", server.tls_port));
    let starttls = LdapSettings { starttls: true, ..slapd_settings(&format!("ldap://localhost:{}", server.port)) };
    [ldaps, starttls]
}

#[tokio::test]
async fn ldaps_and_starttls_reach_the_directory() {
    for settings in over_tls() {
        let settings = LdapSettings { ca_file: Some(Slapd::shared().certificate()), ..settings };
        assert!(asked(settings, "ann", PASSWORD).await.is_ok());
    }
}

#[tokio::test]
async fn a_server_that_is_not_believed_is_not_asked() {
    let other = Slapd::start();
    for settings in over_tls() {
        for ca_file in [None, Some(other.certificate())] {
            let settings = LdapSettings { ca_file, ..settings.clone() };
            assert_eq!(cause(settings, "ann", PASSWORD).await, Cause::LdapUnavailable);
        }
    }
}

#[tokio::test]
async fn a_certificate_for_another_name_is_not_believed() {
    let server = Slapd::shared();
    let settings = slapd_settings(&format!("ldaps://127.0.0.2:{}", server.tls_port));
    let settings = LdapSettings { ca_file: Some(server.certificate()), ..settings };
    assert_eq!(cause(settings, "ann", PASSWORD).await, Cause::LdapUnavailable);
}

/// A server that answers the first thing it hears with this, and then only listens. What it has heard, it tells at the end.
async fn hears(answer: &'static [u8]) -> (String, JoinHandle<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = format!("ldap://localhost:{}", listener.local_addr().unwrap().port());
    let heard = tokio::spawn(async move {
        let (mut client, _) = listener.accept().await.unwrap();
        let mut heard = vec![0; 4096];
        let first = client.read(&mut heard).await.unwrap();
        heard.truncate(first);
        client.write_all(answer).await.unwrap();
        // Until the client has gone, in whatever way.
        let _ = client.read_to_end(&mut heard).await;
        heard
    });
    (server, heard)
}

#[tokio::test]
async fn a_server_without_starttls_hears_no_credential() {
    // Extended responses (RFC 4511, section 4.12): a protocol error, a success without TLS behind it, a refusal; and none at all.
    let answers: [&[u8]; 4] = [
        b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x02\x04\x00\x04\x00",
        b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00",
        b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x35\x04\x00\x04\x00",
        b"",
    ];
    for (answer, template) in answers.into_iter().flat_map(|answer| [(answer, None), (answer, Some("uid={},dc=a"))]) {
        let (server, heard) = hears(answer).await;
        let settings = LdapSettings {
            starttls: true,
            timeout_ms: 500,
            ca_file: Some(Slapd::shared().certificate()),
            user_dn_template: template.map(str::to_owned),
            ..slapd_settings(&server)
        };
        assert_eq!(cause(settings, "ann", PASSWORD).await, Cause::LdapUnavailable, "{answer:?}");
        let heard = heard.await.unwrap();
        let says = |text: &str| heard.windows(text.len()).any(|part| part == text.as_bytes());
        assert!(says("1.3.6.1.4.1.1466.20037"), "StartTLS was not asked for");
        assert!(!says(PASSWORD) && !says(SERVICE_PASSWORD) && !says("cn=service"), "{heard:?}");
    }
}
