//! A host that serves: a process on a data directory of its own, and whoever speaks to it.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::{Request, Response, header};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::{TcpStream, UnixStream};

use super::{ORDINARY, PASSWORD, Run, policy_bytes, vestibule_with};

/// The executable that is tested.
const UNDER_TEST: &str = env!("CARGO_BIN_EXE_vestibule-under-test");

/// The hardware address of everybody's device.
pub(crate) const DEVICE: &str = "00:00:5e:00:53:01";

/// A running host. It is killed when it is dropped.
pub(crate) struct Served {
    home: TempDir,
    process: Child,
    address: SocketAddr,
    /// Where its metrics are, if it has any.
    pub(crate) metrics: Option<SocketAddr>,
}

/// What was answered.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: hyper::HeaderMap,
    pub(crate) body: Bytes,
}

/// Whoever asks: with a token, or as the administrator of the machine.
pub(crate) struct Caller<'a> {
    served: &'a Served,
    token: Option<String>,
}

impl Served {
    pub(crate) fn new() -> Self {
        Self::configured("")
    }

    /// With this `vestibule.toml`.
    pub(crate) fn configured(config: &str) -> Self {
        Self::on(configured(config), Command::new(UNDER_TEST))
    }

    /// The same, with limits that a shell sets first, and another executable than the one that is tested, if there is one.
    pub(crate) fn limited(config: &str, limits: &str, executable: Option<&str>) -> Self {
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("{limits} && exec \"$0\" \"$@\""), executable.unwrap_or(UNDER_TEST)]);
        Self::on(configured(config), shell)
    }

    fn on(home: TempDir, program: Command) -> Self {
        let (process, address, metrics) = start(program, home.path(), &["--listen", "tcp:127.0.0.1:0"]);
        Self { home, process, address, metrics }
    }

    /// Kills the process, which gets no chance to end well, and starts another one on the same data.
    pub(crate) fn killed_and_started_again(mut self) -> Self {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        self.started_again()
    }

    /// Tells the process to end, and starts another one on the same data.
    pub(crate) fn ended_and_started_again(mut self) -> Self {
        assert!(Command::new("kill").arg(self.process.id().to_string()).status().unwrap().success());
        assert!(self.process.wait().unwrap().success());
        self.started_again()
    }

    fn started_again(mut self) -> Self {
        let home = std::mem::replace(&mut self.home, tempfile::tempdir().unwrap());
        Self::on(home, Command::new(UNDER_TEST))
    }

    /// The process's number.
    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    pub(crate) const fn process(&mut self) -> &mut Child {
        &mut self.process
    }

    pub(crate) fn data(&self) -> &Path {
        self.home.path()
    }

    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The Unix socket.
    pub(crate) fn socket(&self) -> PathBuf {
        self.home.path().join("http.sock")
    }

    /// A command that speaks to this host.
    pub(crate) fn runs(&self, arguments: &[&str]) -> Run {
        self.hears("", arguments)
    }

    pub(crate) fn hears(&self, input: &str, arguments: &[&str]) -> Run {
        let server = format!("unix:{}", self.socket().display());
        vestibule_with(input, &[("VESTIBULE_SERVER", server.as_ref())], arguments)
    }

    /// Whoever runs the host.
    pub(crate) const fn administrator(&self) -> Caller<'_> {
        Caller { served: self, token: None }
    }

    /// Whoever has this token.
    pub(crate) fn with_token(&self, token: &str) -> Caller<'_> {
        Caller { served: self, token: Some(token.to_owned()) }
    }

    /// A caller with a new token of a tenant.
    pub(crate) async fn caller(&self, tenant: &str, scopes: &[&str]) -> Caller<'_> {
        let name = scopes.join("-");
        let path = format!("/v1/tenants/{tenant}/tokens/{name}");
        let made = self.administrator().put(&path, json!({ "scopes": scopes })).await.is(200).json();
        self.with_token(made["token"].as_str().unwrap())
    }

    /// With another tenant.
    pub(crate) async fn with_tenant(self, tenant: &str) -> Self {
        self.administrator().put(&format!("/v1/tenants/{tenant}"), json!({})).await.is(201);
        self
    }

    /// With this policy of the default tenant active, and alone.
    pub(crate) async fn guarded_by(self, policy: &str) -> Self {
        self.activate("default", policy, json!({})).await;
        self
    }

    /// Uploads a policy and makes it the only one of a tenant, with more about the link. Returns the revision.
    pub(crate) async fn activate(&self, tenant: &str, policy: &str, more: Value) -> i64 {
        let administrator = self.administrator();
        let uploaded = administrator.upload(tenant, policy_bytes(policy)).await.json();
        let mut link = json!({ "policy": uploaded["policy"], "version": uploaded["version"] });
        link.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        administrator.activate(tenant, json!([link])).await.is(200).json()["revision"].as_i64().unwrap()
    }

    /// With a local user.
    pub(crate) async fn with_user(self, user: &str) -> Self {
        let path = format!("/v1/tenants/default/users/{user}/password");
        self.administrator().put(&path, json!({ "password": PASSWORD })).await.is(204);
        self
    }
}

/// Grants with all ordinary properties, unless they say which.
fn granting_ordinary(grants: Value) -> Value {
    let mut grants = grants.as_object().cloned().unwrap_or_default();
    grants.entry("properties").or_insert(json!(ORDINARY));
    Value::from(grants)
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A new data directory with this `vestibule.toml`.
fn configured(config: &str) -> TempDir {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("vestibule.toml");
    std::fs::write(&file, config).unwrap();
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    home
}

/// Starts a host, and waits until it says where it listens.
fn start(mut command: Command, data: &Path, arguments: &[&str]) -> (Child, SocketAddr, Option<SocketAddr>) {
    command.arg("serve").args(["--listen", "unix:http.sock"]).args(arguments).env("VESTIBULE_DATA", data);
    let mut process = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines().map_while(Result::ok);
    let (mut address, mut metrics) = (None, None);
    // The Unix socket is named last.
    for line in lines.by_ref() {
        match line.split_once(" on ") {
            Some(("metrics", place)) => metrics = place.parse().ok(),
            Some(("listening", place)) if place.starts_with("unix:") => break,
            Some(("listening", place)) => address = place.parse().ok(),
            _ => panic!("the host says `{line}`"),
        }
    }
    (process, address.unwrap_or_else(|| panic!("the host did not start")), metrics)
}

impl Caller<'_> {
    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.ask("GET", path, "", Bytes::new(), &[]).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Reply {
        self.ask("DELETE", path, "", Bytes::new(), &[]).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Reply {
        self.send("PUT", path, body).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Reply {
        self.send("POST", path, body).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Reply {
        self.send("PATCH", path, body).await
    }

    pub(crate) async fn send(&self, method: &str, path: &str, body: Value) -> Reply {
        self.ask(method, path, "application/json", body.to_string().into(), &[]).await
    }

    pub(crate) async fn upload(&self, tenant: &str, wasm: impl Into<Bytes>) -> Reply {
        self.ask("POST", &format!("/v1/tenants/{tenant}/versions"), "application/wasm", wasm.into(), &[]).await
    }

    /// Makes this the chain, whichever was active before.
    pub(crate) async fn activate(&self, tenant: &str, mut chain: Value) -> Reply {
        for link in chain.as_array_mut().into_iter().flatten() {
            link["grants"] = granting_ordinary(link["grants"].take());
        }
        let path = format!("/v1/tenants/{tenant}/chain");
        let expected = self.get(&path).await.is(200).json()["revision"].clone();
        self.put(&path, json!({ "expected": expected, "chain": chain })).await
    }

    /// Alice, or somebody else, with a password.
    pub(crate) async fn authenticate(&self, user: &str, attributes: Value) -> Reply {
        let request = json!({ "username": user, "password": PASSWORD, "attributes": attributes });
        self.post("/v1/tenants/default/authenticate", request).await
    }

    /// A user whose password somebody else has checked, who keeps the properties, too; on a device, if there is one.
    pub(crate) async fn post_auth(&self, tenant: &str, user: &str, device: Option<&str>) -> Reply {
        let login = json!({
            "authcred": { "username": user, "client_hw_addr": device }, "attributes": { "vpn_auth": device.is_some() },
            "authret": { "user": user }, "info": { "auth_method": "local" }
        });
        self.post(&format!("/v1/tenants/{tenant}/post-auth"), login).await
    }

    /// One request on a connection of its own: over TCP with a token, over the Unix socket without.
    pub(crate) async fn ask(
        &self,
        method: &str,
        path: &str,
        kind: &str,
        body: Bytes,
        headers: &[(&str, &str)],
    ) -> Reply {
        let mut request = Request::builder().method(method).uri(path).header(header::HOST, "localhost");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if !kind.is_empty() {
            request = request.header(header::CONTENT_TYPE, kind);
        }
        if let Some(token) = &self.token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let request = request.body(Full::new(body)).unwrap();
        let response = match &self.token {
            Some(_) => exchange(TcpStream::connect(self.served.address).await.unwrap(), request).await,
            None => exchange(UnixStream::connect(self.served.socket()).await.unwrap(), request).await,
        };
        Reply::of(response).await
    }
}

/// One request on an open connection.
pub(crate) async fn exchange<S>(stream: S, request: Request<Full<Bytes>>) -> Response<hyper::body::Incoming>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    sender.send_request(request).await.unwrap()
}

impl Reply {
    pub(crate) async fn of(response: Response<hyper::body::Incoming>) -> Self {
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Self { status: parts.status.as_u16(), headers: parts.headers, body }
    }

    pub(crate) fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.body));
        self
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// A problem document with this code.
    pub(crate) fn refused(self, status: u16, code: &str) -> Self {
        let reply = self.is(status);
        assert_eq!(reply.headers[header::CONTENT_TYPE], "application/problem+json");
        let problem = reply.json();
        assert_eq!((&problem["code"], &problem["status"]), (&json!(code), &json!(status)), "{problem}");
        assert!(problem["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{problem}");
        reply
    }

    /// What became of a login.
    pub(crate) fn decision(&self) -> String {
        self.json()["decision"].as_str().unwrap_or_default().to_owned()
    }
}
