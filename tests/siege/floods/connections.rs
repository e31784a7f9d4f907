//! What takes no token, or does not even finish its request.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::task::JoinSet;

use super::{Flooding, Tally, crowd, together};
use crate::siege::besieged::Besieged;
use crate::siege::client::{Client, attacker, connect};

/// Connections of the attacker. It may have this many files itself.
const CONNECTIONS: usize = 600;

/// Sends a beginning, and then more and more of the same, as long as it is taken.
fn unfinished(
    address: SocketAddr,
    count: usize,
    until: Instant,
    begin: String,
    more: &'static [u8],
    most: usize,
) -> Flooding {
    Box::pin(async move {
        let mut all = JoinSet::new();
        for member in 0..count {
            let begin = begin.clone();
            all.spawn(async move {
                let mut tally = Tally { sent: 1, refused: 1 };
                let Ok(mut stream) = connect(attacker(member), address).await else { return tally };
                let send = async {
                    stream.write_all(begin.as_bytes()).await?;
                    let mut sent = begin.len();
                    while sent < most {
                        stream.write_all(more).await?;
                        sent += more.len();
                    }
                    // Nothing more comes, and the connection stays.
                    stream.read_u8().await
                };
                if tokio::time::timeout_at(until.into(), send).await.is_err() {
                    tally.refused = 0;
                }
                tally
            });
        }
        together(all).await
    })
}

pub(crate) fn unfinished_heads(host: &Besieged, until: Instant) -> Flooding {
    let begin = "GET /healthz HTTP/1.1\r\nhost: localhost\r\nx: ".to_owned();
    unfinished(host.address(), CONNECTIONS, until, begin, &[b'a'; 8 << 10], 400_000)
}

pub(crate) fn idle(host: &Besieged, until: Instant) -> Flooding {
    unfinished(host.address(), CONNECTIONS, until, String::new(), b"", 0)
}

pub(crate) fn unfinished_bodies(host: &Besieged, until: Instant) -> Flooding {
    let token = host.token("evil");
    let begin = format!(
        "POST /v1/tenants/evil/authenticate HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\ncontent-length: 2097152\r\n\r\n"
    );
    unfinished(host.address(), CONNECTIONS, until, begin, &[b' '; 16 << 10], 2_000_000)
}

pub(crate) fn unfinished_uploads(host: &Besieged, until: Instant) -> Flooding {
    let token = host.token("evil");
    let begin = format!(
        "POST /v1/tenants/evil/versions HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\ncontent-type: application/wasm\r\ncontent-length: 67108864\r\n\r\n"
    );
    unfinished(host.address(), 60, until, begin, &[0; 64 << 10], 67_000_000)
}

pub(crate) fn unknown_routes(host: &Besieged, until: Instant) -> Flooding {
    crowd(host, "", 16, until, async |mut client: Client, member, round| {
        let method = format!("{}M{member}X{round}", "A".repeat(round % 2_000));
        let path = format!("/{member}/{round}/{}", "b".repeat(round % 4_000));
        let said = client.ask(&method, &path, "", Default::default(), &[]).await;
        (client, said)
    })
}

pub(crate) fn guessed_tokens(host: &Besieged, until: Instant) -> Flooding {
    let address = host.address();
    crowd(host, "", 16, until, move |_, member, round| async move {
        let mut client = Client::attacking(address, &format!("{member:08}{round:035}"), member);
        let said = client.get("/v1/tenants/evil/decisions").await;
        (client, said)
    })
}

pub(crate) fn readiness(host: &Besieged, until: Instant) -> Flooding {
    crowd(host, "", 64, until, async |mut client: Client, _, _| {
        let said = client.get("/readyz").await;
        (client, said)
    })
}

pub(crate) fn metrics(host: &Besieged, until: Instant) -> Flooding {
    let Some(address) = host.metrics() else { return Box::pin(async { Tally { sent: 1, refused: 1 } }) };
    Box::pin(async move {
        let mut all = JoinSet::new();
        for member in 0..16 {
            all.spawn(async move {
                let (mut client, mut tally) = (Client::attacking(address, "", member), Tally::default());
                while Instant::now() < until {
                    let said = tokio::time::timeout(Duration::from_secs(10), client.get("/metrics")).await;
                    tally.note(&said.ok().flatten());
                }
                tally
            });
        }
        together(all).await
    })
}
