//! RADIUS, asked for real: FreeRADIUS says who users are, and nobody else is believed.

mod forgeries_are_ignored;
mod replies_are_read;
mod servers_fail;

use std::time::Duration;

use hmac::{Hmac, Mac as _};
use md5::{Digest as _, Md5};
use tokio::net::UdpSocket;
use tokio::time::Instant;
use vestibule_directory::{Packet, Radius, RadiusSettings};
use vestibule_domain::primary::{Cause, Failure, Proven};
use vestibule_domain::{EnteredUser, Secret};

use crate::harness::RADIUS_SECRET;

/// What servers with these settings say of a user and a password.
async fn asked(settings: RadiusSettings, user: &str, password: &str) -> Result<Proven, Failure> {
    let radius = Radius::new(settings).unwrap();
    let (user, password) = (EnteredUser::new(user).unwrap(), Secret::new(password));
    radius.authenticate(&user, &password, Some("203.0.113.7"), Instant::now() + Duration::from_secs(20)).await
}

async fn cause(settings: RadiusSettings, user: &str, password: &str) -> Cause {
    asked(settings, user, password).await.unwrap_err().cause
}

const MESSAGE_AUTHENTICATOR: u8 = 80;

/// A reply whose response authenticator is right, as from somebody who knows the secret or found a collision. Each of its message
/// authenticators is right where it is meant to be.
fn signed(request: &[u8], code: u8, message_authenticators: &[bool]) -> Vec<u8> {
    let request = Packet::parse(request).unwrap();
    let attributes = message_authenticators.iter().map(|_| (MESSAGE_AUTHENTICATOR, vec![0; 16])).collect();
    let mut reply = Packet { code, attributes, ..request.clone() };
    let right = Hmac::<Md5>::new_from_slice(RADIUS_SECRET.as_bytes()).unwrap().chain_update(reply.encode());
    let right = right.finalize().into_bytes();
    for ((_, value), is_right) in reply.attributes.iter_mut().zip(message_authenticators) {
        *value = right.iter().map(|byte| if *is_right { *byte } else { !byte }).collect();
    }
    let authenticator = Md5::new().chain_update(reply.encode()).chain_update(RADIUS_SECRET).finalize().into();
    Packet { authenticator, ..reply }.encode()
}

/// A server that answers everything with this.
async fn answering(answer: impl Fn(&[u8]) -> Vec<u8> + Send + 'static) -> u16 {
    let server = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let port = server.local_addr().unwrap().port();
    tokio::spawn(async move {
        let mut request = [0; 4096];
        while let Ok((length, client)) = server.recv_from(&mut request).await {
            server.send_to(&answer(&request[..length]), client).await.unwrap();
        }
    });
    port
}
