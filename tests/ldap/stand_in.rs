//! A server that lets everybody bind and finds what a test tells it to, in BER by hand: what is tested should not test itself.

use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

const BIND: u8 = 0x60;
const BIND_RESPONSE: u8 = 0x61;
const SEARCH: u8 = 0x63;
const SEARCH_ENTRY: u8 = 0x64;
const SEARCH_DONE: u8 = 0x65;

/// What a search finds, and with which result code it ends.
pub(super) struct Finds {
    pub(super) values: Vec<Vec<u8>>,
    pub(super) code: u8,
}

/// Starts it. `finds` is told which connection a search comes on, counted from 0, and which search it is there.
pub(super) async fn stand_in(finds: impl Fn(usize, usize) -> Finds + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = format!("ldap://{}", listener.local_addr().unwrap());
    let finds = Arc::new(finds);
    tokio::spawn(async move {
        for connection in 0.. {
            let Ok((client, _)) = listener.accept().await else { return };
            let finds = Arc::clone(&finds);
            tokio::spawn(serve(client, move |search| finds(connection, search)));
        }
    });
    server
}

async fn serve(mut client: TcpStream, finds: impl Fn(usize) -> Finds) {
    let (mut request, mut searches) = (vec![0; 4096], 0);
    while let Ok(1..) = client.read(&mut request).await {
        // A sequence; its length is short, or tells how many bytes it has; then a number of one byte, and what is asked.
        let header = if request[1] < 0x80 { 2 } else { 2 + usize::from(request[1] & 0x7f) };
        let (number, asked) = (request[header + 2], request[header + 3]);
        let mut answer = Vec::new();
        if asked == BIND {
            answer.extend(message(number, BIND_RESPONSE, &result(0)));
        } else if asked == SEARCH {
            let found = finds(searches);
            searches += 1;
            for value in &found.values {
                answer.extend(message(number, SEARCH_ENTRY, &entry(value)));
            }
            answer.extend(message(number, SEARCH_DONE, &result(found.code)));
        }
        if client.write_all(&answer).await.is_err() {
            return;
        }
    }
}

fn message(number: u8, kind: u8, content: &[u8]) -> Vec<u8> {
    tagged(0x30, &[tagged(0x02, &[number]), tagged(kind, content)].concat())
}

fn result(code: u8) -> Vec<u8> {
    [tagged(0x0a, &[code]), tagged(0x04, b""), tagged(0x04, b"")].concat()
}

/// An entry with one value of `jpegPhoto`.
fn entry(value: &[u8]) -> Vec<u8> {
    let attribute = [tagged(0x04, b"jpegPhoto"), tagged(0x31, &tagged(0x04, value))].concat();
    [tagged(0x04, b"uid=joe,dc=example,dc=com"), tagged(0x30, &tagged(0x30, &attribute))].concat()
}

fn tagged(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap().to_be_bytes();
    [&[tag, 0x84], &length[..], content].concat()
}
