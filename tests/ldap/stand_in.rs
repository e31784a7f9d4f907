//! Servers that answer what a test tells them to, in BER by hand: what is tested should not test itself.

use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

const BIND: u8 = 0x60;
const SEARCH: u8 = 0x63;
pub(super) const BIND_RESPONSE: u8 = 0x61;
pub(super) const SEARCH_ENTRY: u8 = 0x64;
pub(super) const SEARCH_DONE: u8 = 0x65;
pub(super) const SEARCH_REFERENCE: u8 = 0x73;
pub(super) const EXTENDED_RESPONSE: u8 = 0x78;

/// What a search finds, and with which result code it ends.
pub(super) struct Finds {
    pub(super) values: Vec<Vec<u8>>,
    pub(super) code: u8,
}

/// A question, as far as it matters.
pub(super) struct Asked {
    /// Which connection it came on, counted from 0.
    pub(super) connection: usize,
    /// Which question it is there, counted from 0.
    pub(super) question: usize,
    /// The number of its message.
    pub(super) number: u8,
    kind: u8,
}

impl Asked {
    pub(super) fn is_bind(&self) -> bool {
        self.kind == BIND
    }

    pub(super) fn is_search(&self) -> bool {
        self.kind == SEARCH
    }

    /// An answer to it.
    pub(super) fn message(&self, kind: u8, content: &[u8]) -> Vec<u8> {
        message(self.number, kind, content)
    }

    /// That it succeeded: what a server says that finds nobody and lets everybody bind.
    pub(super) fn success(&self) -> Vec<u8> {
        match self.kind {
            BIND => self.message(BIND_RESPONSE, &result(0)),
            SEARCH => self.message(SEARCH_DONE, &result(0)),
            _ => Vec::new(),
        }
    }
}

/// Starts a server that lets everybody bind. `finds` is told which connection a search comes on, counted from 0, and which search it is
/// there.
pub(super) async fn stand_in(finds: impl Fn(usize, usize) -> Finds + Send + Sync + 'static) -> String {
    answering(move |asked| {
        if !asked.is_search() {
            return asked.success();
        }
        // The first question was the bind.
        let found = finds(asked.connection, asked.question - 1);
        let entries = found.values.iter().map(|value| {
            asked.message(SEARCH_ENTRY, &entry("uid=joe,dc=example,dc=com", &[("jpegPhoto", &[value.as_slice()])]))
        });
        let done = asked.message(SEARCH_DONE, &result(found.code));
        entries.chain([done]).flatten().collect()
    })
    .await
}

/// Starts a server that sends these bytes for each question.
pub(super) async fn answering(answer: impl Fn(&Asked) -> Vec<u8> + Send + Sync + 'static) -> String {
    let answer = Arc::new(answer);
    serving(move |connection, client| {
        let answer = Arc::clone(&answer);
        async move {
            let mut client = client;
            for question in 0.. {
                let Some(asked) = asked(connection, question, &mut client).await else { return };
                if client.write_all(&answer(&asked)).await.is_err() {
                    return;
                }
            }
        }
    })
    .await
}

/// Starts a server that does this with each connection; they are counted from 0.
pub(super) async fn serving<F: Future<Output = ()> + Send + 'static>(
    serve: impl Fn(usize, TcpStream) -> F + Send + 'static,
) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = format!("ldap://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        for connection in 0.. {
            let Ok((client, _)) = listener.accept().await else { return };
            tokio::spawn(serve(connection, client));
        }
    });
    server
}

/// The next question of a client, if it asks one.
pub(super) async fn asked(connection: usize, question: usize, client: &mut TcpStream) -> Option<Asked> {
    let mut request = vec![0; 4096];
    let (Ok(1..), [_, length, ..]) = (client.read(&mut request).await, request.as_slice()) else { return None };
    // A sequence; its length is short, or tells how many bytes it has; then a number of one byte, and what is asked.
    let header = if *length < 0x80 { 2 } else { 2 + usize::from(length & 0x7f) };
    Some(Asked { connection, question, number: request[header + 2], kind: request[header + 3] })
}

/// A message of any number.
pub(super) fn message(number: u8, kind: u8, content: &[u8]) -> Vec<u8> {
    tagged(0x30, &[tagged(0x02, &[number]), tagged(kind, content)].concat())
}

/// A result code without texts.
pub(super) fn result(code: u8) -> Vec<u8> {
    [tagged(0x0a, &[code]), tagged(0x04, b""), tagged(0x04, b"")].concat()
}

/// An entry with these attributes.
pub(super) fn entry(dn: &str, attributes: &[(&str, &[&[u8]])]) -> Vec<u8> {
    let attributes = attributes.iter().map(|(name, values)| {
        let values: Vec<u8> = values.iter().flat_map(|value| tagged(0x04, value)).collect();
        tagged(0x30, &[tagged(0x04, name.as_bytes()), tagged(0x31, &values)].concat())
    });
    [tagged(0x04, dn.as_bytes()), tagged(0x30, &attributes.collect::<Vec<_>>().concat())].concat()
}

pub(super) fn tagged(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap().to_be_bytes();
    [&[tag, 0x84], &length[..], content].concat()
}
