//! Passwords travel under TLS to servers that are believed, or not at all.

use vestibule_directory::LdapSettings;
use vestibule_domain::primary::Cause;

use super::{asked, cause};
use crate::harness::{Slapd, slapd_settings};

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

#[tokio::test]
async fn a_server_without_starttls_is_not_spoken_to_in_clear() {
    let server = Slapd::shared();
    // Its TLS port knows no StartTLS, and a plain listener knows nothing at all.
    let settings = LdapSettings { starttls: true, ..slapd_settings(&format!("ldap://localhost:{}", server.tls_port)) };
    assert_eq!(cause(settings, "ann", PASSWORD).await, Cause::LdapUnavailable);
}
