//! A server that does not answer is asked again, then passed over; without any, the login is denied in time.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::time::Instant;
use vestibule_directory::{Radius, RadiusSettings};
use vestibule_domain::primary::Cause;
use vestibule_domain::{EnteredUser, Secret};

use super::{asked, cause};
use crate::harness::{FreeRadius, free_port, radius_settings};

const PASSWORD: &str = "correct horse";

/// A socket that hears everything and says nothing.
async fn silent() -> (UdpSocket, u16) {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let port = socket.local_addr().unwrap().port();
    (socket, port)
}

#[tokio::test]
async fn the_next_server_is_asked_when_one_is_down_or_silent() {
    let (_kept, silent) = silent().await;
    let alive = FreeRadius::shared();
    for dead in [free_port(), silent] {
        let servers = [dead, alive.port].map(|port| format!("127.0.0.1:{port}")).to_vec();
        let settings = RadiusSettings { servers, timeout_ms: 100, retries: 1, ..alive.settings() };
        assert!(asked(settings, "ann", PASSWORD).await.is_ok());
    }
}

#[tokio::test]
async fn without_any_server_radius_is_unavailable_in_time() {
    let (_kept, port) = silent().await;
    let radius = Radius::new(radius_settings(port)).unwrap();
    let (user, password, began) = (EnteredUser::new("ann").unwrap(), Secret::new(PASSWORD), Instant::now());
    let failure = radius.authenticate(&user, &password, None, began + Duration::from_millis(300)).await.unwrap_err();
    assert_eq!(failure.cause, Cause::RadiusUnavailable);
    assert!(began.elapsed() < Duration::from_millis(900));
}

#[tokio::test]
async fn another_secret_is_an_outage_and_not_the_users_fault() {
    let settings = RadiusSettings {
        secret: Secret::new("another secret"),
        timeout_ms: 200,
        retries: 0,
        ..FreeRadius::shared().settings()
    };
    assert_eq!(cause(settings, "ann", PASSWORD).await, Cause::RadiusUnavailable);
}

#[tokio::test]
async fn a_lost_request_is_sent_again_just_as_it_was() {
    let (front, port) = silent().await;
    let sent = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&sent);
    let server = FreeRadius::shared().port;
    tokio::spawn(async move {
        let behind = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        behind.connect(("127.0.0.1", server)).await.unwrap();
        let (mut first, mut again, mut reply) = ([0; 4096], [0; 4096], [0; 4096]);
        let (length, _) = front.recv_from(&mut first).await.unwrap();
        let (same, client) = front.recv_from(&mut again).await.unwrap();
        assert_eq!(first[..length], again[..same]);
        count.store(2, Ordering::Relaxed);
        behind.send(&again[..same]).await.unwrap();
        let length = behind.recv(&mut reply).await.unwrap();
        front.send_to(&reply[..length], client).await.unwrap();
    });
    let settings = RadiusSettings { timeout_ms: 300, ..radius_settings(port) };
    assert!(asked(settings, "ann", PASSWORD).await.is_ok());
    assert_eq!(sent.load(Ordering::Relaxed), 2);
}

#[test]
fn settings_that_would_not_do_are_refused_by_their_key() {
    let good = || radius_settings(1812);
    let refused = |settings| Radius::new(settings).unwrap_err().key;
    assert_eq!(refused(RadiusSettings { servers: Vec::new(), ..good() }), "servers");
    assert_eq!(refused(RadiusSettings { servers: vec!["host:1812".to_owned(); 17], ..good() }), "servers");
    assert_eq!(refused(RadiusSettings { servers: vec!["host".to_owned()], ..good() }), "servers");
    for secret in ["short".to_owned(), "x".repeat(1025)] {
        assert_eq!(refused(RadiusSettings { secret: Secret::new(secret), ..good() }), "secret");
    }
    let long = format!("{}:1812", "x".repeat(1 << 20));
    assert_eq!(refused(RadiusSettings { servers: vec![long], ..good() }), "servers");
    assert_eq!(refused(RadiusSettings { timeout_ms: 1, ..good() }), "timeout_ms");
    assert_eq!(refused(RadiusSettings { retries: 11, ..good() }), "retries");
    assert_eq!(refused(RadiusSettings { dictionary: Some("/nowhere".into()), ..good() }), "dictionary");
}
