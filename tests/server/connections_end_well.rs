//! Sockets and what goes on on them: certificates are replaced, what is under way is answered, and garbage hurts nobody.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde_json::json;
use tokio::net::TcpListener;
use vestibule_ledger::{Budget, Ledger};
use vestibule_server::listen::{ConnectionLimit, Limits, Listener, Shutdown, Tls, serve};

use crate::harness::{A_SMALL_HOST, Reply, Served, exchange, vestibule_with};

/// A certificate for `localhost` that signs itself, and its key.
fn certificate(directory: &Path, name: &str) {
    let arguments =
        ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
    let mut command = Command::new("openssl");
    command.args(arguments).args([
        "-subj",
        "/CN=localhost",
        "-addext",
        "subjectAltName=DNS:localhost",
        "-addext",
        "basicConstraints=critical,CA:FALSE",
    ]);
    command.args(["-keyout", &format!("{name}.key"), "-out", &format!("{name}.crt")]).current_dir(directory);
    assert!(command.output().unwrap().status.success());
}

/// Asks a TLS server whether it is alive, believing this certificate alone.
async fn alive(address: std::net::SocketAddr, authority: &Path) -> Option<Reply> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(authority).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let connector =
        tokio_rustls::TlsConnector::from(Arc::new(config.with_root_certificates(roots).with_no_client_auth()));
    let stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let stream = connector.connect(ServerName::try_from("localhost").unwrap(), stream).await.ok()?;
    let request = hyper::Request::get("/healthz").header("host", "localhost").body(Default::default()).unwrap();
    Some(Reply::of(exchange(stream, request).await).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_certificate_is_taken_up_and_a_broken_one_is_not() {
    let home = tempfile::tempdir().unwrap();
    let path = |name: &str| home.path().join(name);
    certificate(home.path(), "old");
    certificate(home.path(), "new");
    let put = |name: &str| {
        for kind in ["crt", "key"] {
            std::fs::copy(path(&format!("{name}.{kind}")), path(&format!("tls.{kind}"))).unwrap();
        }
    };
    put("old");
    let tls = Tls::new(path("tls.crt"), path("tls.key")).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (trigger, shutdown) = Shutdown::new();
    let router = axum::Router::new().route("/healthz", axum::routing::get(|| async { "alive\n" }));
    let places = ConnectionLimit::of(&Ledger::new(Budget { connections: 64, ..A_SMALL_HOST }));
    let serving =
        tokio::spawn(serve(vec![Listener::Tls(listener, tls.clone())], router, shutdown, Limits::default(), places));

    assert!(alive(address, &path("old.crt")).await.is_some());
    std::fs::write(path("tls.crt"), "garbage").unwrap();
    tls.reload();
    assert!(alive(address, &path("old.crt")).await.is_some());
    put("new");
    tls.reload();
    assert!(alive(address, &path("old.crt")).await.is_none());
    alive(address, &path("new.crt")).await.unwrap().is(200);
    trigger.pull();
    serving.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_is_told_to_end_answers_what_is_under_way() {
    let mut served = Served::new().with_user("alice").await;
    // A wrong password is answered after 400 ms: long enough to be under way.
    let request = json!({ "username": "alice", "password": "wrong horse" }).to_string();
    let stream = tokio::net::UnixStream::connect(served.socket()).await.unwrap();
    let asked = hyper::Request::post("/v1/tenants/default/authenticate")
        .header("host", "localhost")
        .header("content-type", "application/json")
        .body(request.into())
        .unwrap();
    let answer = tokio::spawn(exchange(stream, asked));
    let decisions = "/v1/tenants/default/decisions";
    while served.administrator().get(decisions).await.json()["decisions"].as_array().is_some_and(Vec::is_empty) {
        tokio::task::yield_now().await;
    }
    let id = served.process().id().to_string();
    assert!(Command::new("kill").arg(id).status().unwrap().success());
    let reply = Reply::of(answer.await.unwrap()).await.is(200);
    assert_eq!(reply.json()["cause"], "wrong-password");
    assert!(served.process().wait().unwrap().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_is_refused_and_others_are_served() {
    let served = Served::new();
    for garbage in [
        &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..],
        b"GET / HTTP/9\r\n\r\n",
        &[0; 4096],
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nxxxx",
    ] {
        let mut stream = TcpStream::connect(served.address()).unwrap();
        let _ = stream.write_all(garbage);
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let _ = stream.read_to_end(&mut Vec::new());
    }
    let silent: Vec<_> = (0..200).map(|_| TcpStream::connect(served.address()).unwrap()).collect();
    served.with_token("x").get("/healthz").await.is(200);
    drop(silent);
}

/// A shell hands over its standard input and error as the third and fourth file, which is where systemd puts sockets.
const AS_SYSTEMD: &str = "exec 3<&0 4<&2 0</dev/null 2>/dev/null; LISTEN_PID=$$ LISTEN_FDS=2 exec \"$0\" serve";

#[tokio::test(flavor = "multi_thread")]
async fn sockets_that_systemd_hands_over_speak_tls_where_there_is_a_certificate() {
    let home = tempfile::tempdir().unwrap();
    certificate(home.path(), "tls");
    let path = |name: &str| home.path().join(name).display().to_string();
    for with_tls in [true, false] {
        let keys = format!("certificate = \"{}\"\nkey = \"{}\"\n", path("tls.crt"), path("tls.key"));
        let config = format!("[server]\nlisten = [\"unix:unused.sock\"]\n{}", if with_tls { &keys } else { "" });
        let file = home.path().join("vestibule.toml");
        std::fs::write(&file, config).unwrap();
        std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        let tcp = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = tcp.local_addr().unwrap();
        let socket = home.path().join(format!("{with_tls}.sock"));
        let unix = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        let mut host = Command::new("sh");
        host.args(["-c", AS_SYSTEMD, env!("CARGO_BIN_EXE_vestibule-under-test")]).env("VESTIBULE_DATA", home.path());
        host.stdin(OwnedFd::from(unix)).stderr(OwnedFd::from(tcp)).stdout(Stdio::piped());
        let mut host = host.spawn().unwrap();
        let said: Vec<_> = BufReader::new(host.stdout.take().unwrap()).lines().take(2).map(Result::unwrap).collect();
        assert_eq!(said, [format!("listening on {address}"), format!("listening on unix:{}", socket.display())]);

        let request = || hyper::Request::get("/healthz").header("host", "localhost").body(Default::default()).unwrap();
        match with_tls {
            true => alive(address, &home.path().join("tls.crt")).await.unwrap().is(200),
            false => {
                let stream = tokio::net::TcpStream::connect(address).await.unwrap();
                Reply::of(exchange(stream, request()).await).await.is(200)
            }
        };
        let stream = tokio::net::UnixStream::connect(&socket).await.unwrap();
        Reply::of(exchange(stream, request()).await).await.is(200);
        assert!(!home.path().join("unused.sock").exists());
        assert!(Command::new("kill").arg(host.id().to_string()).status().unwrap().success());
        assert!(host.wait().unwrap().success());
    }
}

#[test]
fn a_socket_that_is_in_use_is_not_taken() {
    let served = Served::new();
    let second =
        vestibule_with("", &[("VESTIBULE_DATA", served.data().as_os_str())], &["serve", "--listen", "unix:http.sock"]);
    second.exits_with(2).complains("cannot listen on `unix:http.sock`");
    let other =
        vestibule_with("", &[("VESTIBULE_DATA", served.data().as_os_str())], &["serve", "--listen", "carrier:pigeon"]);
    other.exits_with(2).complains("is no socket");
    served.runs(&["tenant", "list"]).exits_with(0).prints("default");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_counted_is_shown_on_a_listener_of_its_own() {
    let served = Served::configured("[server]\nmetrics = \"127.0.0.1:0\"\n").with_user("alice").await;
    served.administrator().authenticate("alice", json!({ "vpn_auth": true })).await.is(200);
    let stream = tokio::net::TcpStream::connect(served.metrics.unwrap()).await.unwrap();
    let request = hyper::Request::get("/metrics").header("host", "localhost").body(Default::default()).unwrap();
    let text = String::from_utf8(Reply::of(exchange(stream, request).await).await.is(200).body.to_vec()).unwrap();
    assert!(text.contains("vestibule_decisions_total{outcome=\"denied\",cause=\"no-active-policy\"} 1"), "{text}");
    assert!(text.ends_with("# EOF\n"));
    served.administrator().get("/metrics").await.refused(404, "not-found");
}
