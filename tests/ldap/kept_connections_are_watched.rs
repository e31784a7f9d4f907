//! A connection that is kept is ended as soon as anything comes that nobody asked for; nothing of it is read.

use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::{Notify, mpsc};
use vestibule_directory::Ldap;
use vestibule_domain::directory::{Query, Scope};

use super::soon;
use super::stand_in::{EXTENDED_RESPONSE, answering, asked, message, result, serving};
use crate::harness::slapd_settings;

fn query() -> Query {
    Query { base: None, scope: Scope::Subtree, filter: "(uid=joe)".to_owned(), attributes: Vec::new() }
}

#[tokio::test]
async fn a_server_that_sends_unasked_is_hung_up_on() {
    // A notice of disconnection, a byte, and more than any answer may have.
    for noise in [message(0, EXTENDED_RESPONSE, &result(52)), vec![0x30], vec![0; 4 << 20]] {
        let (begin, (ended, mut ends)) = (Arc::new(Notify::new()), mpsc::channel(4));
        let (begun, noise) = (Arc::clone(&begin), Arc::new(noise));
        let server = serving(move |connection, mut client| {
            let (begun, noise, ended) = (Arc::clone(&begun), Arc::clone(&noise), ended.clone());
            async move {
                for question in 0..2 {
                    let Some(asked) = asked(connection, question, &mut client).await else { return };
                    client.write_all(&asked.success()).await.unwrap();
                }
                begun.notified().await;
                // Fails half way where there is more than a socket holds.
                let _ = client.write_all(&noise).await;
                // An end, or a reset as not all was read.
                let read = client.read(&mut [0; 16]).await.unwrap_or_default();
                ended.send(read).await.unwrap();
            }
        });
        let ldap = Ldap::new(slapd_settings(&server.await)).unwrap();
        assert_eq!(ldap.search(&query(), soon()).await, Ok(Vec::new()));
        begin.notify_one();
        // Without anybody who searches.
        assert_eq!(ends.recv().await, Some(0));
        assert_eq!(ldap.search(&query(), soon()).await, Ok(Vec::new()));
    }
}

#[tokio::test]
async fn a_connection_with_more_on_it_than_was_asked_for_is_not_kept() {
    for more in [&b"\x30"[..], b""] {
        let server = answering(move |asked| {
            let is_expected = asked.connection == 0 || !more.is_empty();
            let answer = if is_expected { asked.success() } else { Vec::new() };
            if asked.is_search() { [&answer[..], more].concat() } else { answer }
        });
        let ldap = Ldap::new(slapd_settings(&server.await)).unwrap();
        for _ in 0..3 {
            assert_eq!(ldap.search(&query(), soon()).await, Ok(Vec::new()), "{more:?}");
        }
    }
}
