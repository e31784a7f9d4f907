//! Whoever sends replies without knowing the secret neither lets anybody in nor keeps anybody out, and whoever can forge one half of
//! the proof (CVE-2024-3596) lacks the other.

use tokio::net::UdpSocket;
use vestibule_directory::RadiusSettings;
use vestibule_domain::primary::Cause;

use super::{answering, asked, cause, signed};
use crate::harness::{FreeRadius, radius_settings};

const PASSWORD: &str = "correct horse";

/// What a forger makes of a request, and of the real reply once it is there.
type Forgery = fn(request: &[u8], reply: &[u8]) -> Vec<u8>;

const FORGERIES: [(&str, Forgery); 6] = [
    ("garbage", |_, _| b"garbage".to_vec()),
    ("an accept without knowing the secret", |request, _| {
        let mut forged = vec![2, request[1], 0, 20];
        forged.extend([0; 16]);
        forged
    }),
    ("a reject without knowing the secret", |request, _| {
        let mut forged = vec![3, request[1], 0, 20];
        forged.extend([7; 16]);
        forged
    }),
    ("the real reply to another request", |request, reply| {
        let mut forged = reply.to_vec();
        forged[1] = request[1].wrapping_add(1);
        forged
    }),
    ("the real reply turned into an accept", |_, reply| {
        let mut forged = reply.to_vec();
        forged[0] = if reply[0] == 2 { 3 } else { 2 };
        forged
    }),
    ("the real reply cut short", |_, reply| reply[..reply.len() - 1].to_vec()),
];

/// A server's front that sends a forgery before the real reply, or instead of it.
async fn forging(forgery: Forgery, then_the_real_one: bool) -> u16 {
    let front = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let port = front.local_addr().unwrap().port();
    let server = FreeRadius::shared().port;
    tokio::spawn(async move {
        let behind = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        behind.connect(("127.0.0.1", server)).await.unwrap();
        let (mut request, mut reply) = ([0; 4096], [0; 4096]);
        while let Ok((length, client)) = front.recv_from(&mut request).await {
            behind.send(&request[..length]).await.unwrap();
            let replied = behind.recv(&mut reply).await.unwrap();
            front.send_to(&forgery(&request[..length], &reply[..replied]), client).await.unwrap();
            if then_the_real_one {
                front.send_to(&reply[..replied], client).await.unwrap();
            }
        }
    });
    port
}

#[tokio::test]
async fn the_real_reply_counts_whatever_came_before_it() {
    for (what, forgery) in FORGERIES {
        let settings = radius_settings(forging(forgery, true).await);
        assert!(asked(settings.clone(), "ann", PASSWORD).await.is_ok(), "{what}");
        assert_eq!(cause(settings, "ann", "wrong horse").await, Cause::Rejected, "{what}");
    }
}

#[tokio::test]
async fn forgeries_alone_are_no_answer() {
    for (what, forgery) in FORGERIES {
        let port = forging(forgery, false).await;
        for password in [PASSWORD, "wrong horse"] {
            let settings = RadiusSettings { timeout_ms: 100, retries: 0, ..radius_settings(port) };
            assert_eq!(cause(settings, "ann", password).await, Cause::RadiusUnavailable, "{what}");
        }
    }
}

#[tokio::test]
async fn a_right_reply_from_elsewhere_is_none() {
    let front = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let port = front.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (elsewhere, mut request) = (UdpSocket::bind("127.0.0.1:0").await.unwrap(), [0; 4096]);
        while let Ok((length, client)) = front.recv_from(&mut request).await {
            elsewhere.send_to(&signed(&request[..length], 2, &[true]), client).await.unwrap();
        }
    });
    let settings = RadiusSettings { timeout_ms: 100, retries: 0, ..radius_settings(port) };
    assert_eq!(cause(settings, "ann", PASSWORD).await, Cause::RadiusUnavailable);
}

#[tokio::test]
async fn forgeries_without_end_do_not_last_longer_than_the_deadline() {
    let front = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let port = front.local_addr().unwrap().port();
    let endless = tokio::spawn(async move {
        let mut request = [0; 4096];
        let (length, client) = front.recv_from(&mut request).await.unwrap();
        let mut forged = signed(&request[..length], 2, &[true]);
        forged[4] = !forged[4];
        // Until nobody hears it.
        while front.send_to(&forged, client).await.is_ok() {
            tokio::task::yield_now().await;
        }
    });
    let settings = RadiusSettings { timeout_ms: 200, retries: 1, ..radius_settings(port) };
    let failure = asked(settings, "ann", PASSWORD).await.unwrap_err();
    assert_eq!(failure.cause, Cause::RadiusUnavailable);
    assert!(failure.detail.contains("wrong response authenticator"), "{failure}");
    endless.abort();
}

#[tokio::test]
async fn a_packet_of_another_kind_is_none() {
    // A request, an accounting response, a status and one that no list has, each signed as a reply would be.
    for code in [1, 5, 13, 255] {
        let port = answering(move |request| signed(request, code, &[true])).await;
        let settings = RadiusSettings { timeout_ms: 100, retries: 0, ..radius_settings(port) };
        assert_eq!(cause(settings, "ann", PASSWORD).await, Cause::RadiusUnavailable, "{code}");
    }
}

#[tokio::test]
async fn bytes_beyond_a_packet_are_padding_and_a_packet_beyond_the_bytes_is_none() {
    let padded = answering(|request| [signed(request, 2, &[true]), vec![0; 4096]].concat()).await;
    assert!(asked(radius_settings(padded), "ann", PASSWORD).await.is_ok());
    let cut = answering(|request| {
        let mut reply = signed(request, 2, &[true]);
        reply.truncate(20);
        reply
    });
    let settings = RadiusSettings { timeout_ms: 100, retries: 0, ..radius_settings(cut.await) };
    assert_eq!(cause(settings, "ann", PASSWORD).await, Cause::RadiusUnavailable);
}

/// What comes of a reply with these message authenticators.
async fn replied(code: u8, message_authenticators: &'static [bool], required: bool) -> Result<(), Cause> {
    let port = answering(move |request| signed(request, code, message_authenticators)).await;
    let settings = RadiusSettings {
        timeout_ms: 300,
        retries: 0,
        require_message_authenticator: required,
        ..radius_settings(port)
    };
    asked(settings, "ann", PASSWORD).await.map(|_| ()).map_err(|failure| failure.cause)
}

#[tokio::test]
async fn a_reply_counts_only_with_the_one_right_message_authenticator() {
    assert_eq!(replied(2, &[true], true).await, Ok(()));
    assert_eq!(replied(3, &[true], true).await, Err(Cause::Rejected));
    for code in [2, 3, 11] {
        for wrong in [&[][..], &[false], &[true, true], &[true, false], &[false, true]] {
            assert_eq!(replied(code, wrong, true).await, Err(Cause::RadiusUnavailable), "{code} {wrong:?}");
        }
    }
}

#[tokio::test]
async fn one_that_is_not_required_still_has_to_be_right() {
    assert_eq!(replied(2, &[], false).await, Ok(()));
    assert_eq!(replied(2, &[true], false).await, Ok(()));
    for wrong in [&[false][..], &[true, true]] {
        assert_eq!(replied(2, wrong, false).await, Err(Cause::RadiusUnavailable), "{wrong:?}");
    }
}
