//! A login over HTTP as front doors bring it: the executable serves, and clients with connections that stay open ask it.
//!
//! Not for: a fast client. It writes bytes that were made before and looks for the end of the answer, so that most of the processors is
//! left to the host, which shares them.

use std::env;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};

use crate::gate::workshop;
use crate::turns::Batch;

/// More than any row needs: what is measured is the host, not a tenant's terms.
const TERMS: &str = r#"{"logins_per_second": 10000000, "fuel_per_minute": 1000000000000000, "concurrent_logins": 256, "waiting_logins": 100000}"#;

/// A host that serves. It is killed when the last batch is gone.
#[derive(Clone)]
pub struct Web(Arc<Parts>);

struct Parts {
    process: Child,
    home: TempDir,
    address: SocketAddr,
    runtime: Runtime,
    token: String,
}

impl Drop for Parts {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Web {
    /// A host with nothing in it.
    pub fn start() -> Result<Self> {
        let home = tempfile::tempdir_in(workshop()?)?;
        Self::start_on(home)
    }

    fn start_on(home: TempDir) -> Result<Self> {
        let mut process = vestibule()?
            .args(["serve", "--listen", "tcp:127.0.0.1:0", "--listen", "unix:http.sock", "--data"])
            .arg(home.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let lines = BufReader::new(process.stdout.take().context("the host says nothing")?).lines();
        let mut address = None;
        for line in lines {
            let line = line?;
            match line.strip_prefix("listening on ") {
                Some(place) if place.starts_with("unix:") => break,
                Some(place) => address = Some(place.parse()?),
                None => bail!("the host says `{line}`"),
            }
        }
        let address = address.context("the host did not start")?;
        let runtime = Builder::new_current_thread().enable_all().build()?;
        Ok(Self(Arc::new(Parts { process, home, address, runtime, token: String::new() })))
    }

    /// A host whose default tenant runs this policy.
    pub fn guarded_by(component: &Path) -> Result<Self> {
        let mut web = Self::start()?;
        web.command(&["policy", "put", &component.display().to_string(), "--grant-wanted", "--activate"])?;
        let terms = web.0.home.path().join("terms.json");
        std::fs::write(&terms, TERMS)?;
        web.command(&["tenant", "put", "default", "--terms", &terms.display().to_string()])?;
        let token = web.command(&["token", "create", "front-door", "--scope", "decide"])?.trim().to_owned();
        Arc::get_mut(&mut web.0).context("the host is shared already")?.token = token;
        Ok(web)
    }

    /// The same data served by a new process.
    pub fn started_again(self) -> Result<Self> {
        let mut parts = Arc::into_inner(self.0).context("the host is shared")?;
        let token = parts.token.clone();
        parts.process.kill()?;
        parts.process.wait()?;
        let home = std::mem::replace(&mut parts.home, tempfile::tempdir()?);
        let mut web = Self::start_on(home)?;
        Arc::get_mut(&mut web.0).context("the host is shared already")?.token = token;
        Ok(web)
    }

    /// What a command prints that speaks to this host.
    pub fn command(&self, arguments: &[&str]) -> Result<String> {
        let server = format!("unix:{}", self.0.home.path().join("http.sock").display());
        let output = vestibule()?.args(arguments).args(["--server", &server]).output()?;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// The memory that the process holds, in KiB.
    pub fn resident_kib(&self) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.process.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        Ok(line.context("no resident memory")?.trim().trim_end_matches(" kB").parse()?)
    }

    /// A request in bytes.
    pub fn request(&self, method: &str, path: &str, kind: &str, body: &[u8]) -> Vec<u8> {
        let (token, length) = (&self.0.token, body.len());
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n\r\n"
        );
        [head.as_bytes(), body].concat()
    }

    /// A login that the front door has checked, of a user that the host has no properties of.
    pub fn login(&self, tenant: &str, login: &Value) -> Vec<u8> {
        self.request(
            "POST",
            &format!("/v1/tenants/{tenant}/post-auth"),
            "application/json",
            login.to_string().as_bytes(),
        )
    }

    /// So many connections, each with its share of the logins.
    pub fn batch<'a>(&self, login: &Value, connections: u32) -> Batch<'a> {
        let (web, request) = (self.clone(), Arc::new(self.login("default", login)));
        Box::new(move |logins| web.0.runtime.block_on(web.clone().ask(Arc::clone(&request), connections, logins)))
    }

    async fn ask(self, request: Arc<Vec<u8>>, connections: u32, logins: u32) -> Result<Duration> {
        let mut open = Vec::new();
        for _ in 0..connections {
            open.push(self.connect().await?);
        }
        let start = Instant::now();
        let share = (logins / connections).max(1);
        let asking = open.into_iter().map(|mut stream| {
            let request = Arc::clone(&request);
            tokio::spawn(async move {
                let mut answer = Vec::new();
                for _ in 0..share {
                    exchange(&mut stream, &request, &mut answer).await?;
                    ensure!(contains(&answer, b"\"decision\":\"allow\""), "{}", String::from_utf8_lossy(&answer));
                }
                Ok(())
            })
        });
        for client in asking.collect::<Vec<_>>() {
            client.await.context("a client panicked")??;
        }
        Ok(start.elapsed())
    }

    /// How long each of the logins took that come so many a second, however long the others take.
    pub fn paced(&self, login: &Value, per_second: u32, connections: u32, seconds: u32) -> Result<Vec<Duration>> {
        let request = Arc::new(self.login("default", login));
        self.0.runtime.block_on(async {
            let start = Instant::now() + Duration::from_millis(100);
            let step = Duration::from_secs_f64(f64::from(connections) / f64::from(per_second));
            let mut clients = Vec::new();
            for number in 0..connections {
                let (mut stream, request) = (self.connect().await?, Arc::clone(&request));
                let first = start + step.mul_f64(f64::from(number) / f64::from(connections));
                clients.push(tokio::spawn(async move {
                    let (mut took, mut answer) = (Vec::new(), Vec::new());
                    let mut due = first;
                    while due < start + Duration::from_secs(seconds.into()) {
                        tokio::time::sleep_until(due.into()).await;
                        exchange(&mut stream, &request, &mut answer).await?;
                        // From when it was due: a client that waited for the one before has waited, too.
                        took.push(due.elapsed());
                        due += step;
                    }
                    Ok::<_, anyhow::Error>(took)
                }));
            }
            let mut all = Vec::new();
            for client in clients {
                all.extend(client.await.context("a client panicked")??);
            }
            all.sort_unstable();
            Ok(all)
        })
    }

    /// One request on a connection of its own, which is open already: its answer, and how long it took.
    pub fn once(&self, request: &[u8]) -> Result<(String, Duration)> {
        self.0.runtime.block_on(async {
            let (mut stream, mut answer) = (self.connect().await?, Vec::new());
            let start = Instant::now();
            exchange(&mut stream, request, &mut answer).await?;
            Ok((String::from_utf8_lossy(&answer).into_owned(), start.elapsed()))
        })
    }

    /// The operator's token instead of the front door's.
    pub fn as_operator(mut self) -> Result<Self> {
        let scopes = ["--scope", "decide", "--scope", "read", "--scope", "manage", "--operator"];
        let token = self.command(&[&["token", "create", "operator"], &scopes[..]].concat())?.trim().to_owned();
        Arc::get_mut(&mut self.0).context("the host is shared already")?.token = token;
        Ok(self)
    }

    async fn connect(&self) -> Result<TcpStream> {
        let stream = TcpStream::connect(self.0.address).await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }
}

/// A login of a realistic size, as a front door hands it over.
pub fn post_auth(record: &str) -> Result<Value> {
    let mut login: Value = serde_json::from_str(record)?;
    if let Some(login) = login.as_object_mut() {
        login.remove("crstate");
        login.remove("session_state");
    }
    Ok(login)
}

/// The smallest login.
pub fn small() -> Value {
    json!({ "authcred": {"username": "joe"}, "attributes": {"vpn_auth": false}, "authret": {"user": "joe"}, "info": {"auth_method": "local"} })
}

/// Sends a request and reads the whole answer, whatever it says.
async fn exchange(stream: &mut TcpStream, request: &[u8], answer: &mut Vec<u8>) -> Result<()> {
    stream.write_all(request).await?;
    answer.clear();
    loop {
        ensure!(stream.read_buf(answer).await? > 0, "the host has hung up");
        let Some(head) = find(answer, b"\r\n\r\n") else { continue };
        let length = find(answer, b"content-length: ").and_then(|at| answer.get(at + 16..head));
        let length =
            length.and_then(|rest| std::str::from_utf8(rest.split(|byte| *byte == b'\r').next()?).ok()?.parse().ok());
        if answer.len() >= head + 4 + length.unwrap_or(0_usize) {
            return Ok(());
        }
    }
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    find(text, part).is_some()
}

/// This program serves as the executable, too.
fn vestibule() -> Result<Command> {
    let program: PathBuf = env::current_exe().context("find this program")?;
    let mut command = Command::new(program);
    command.arg("vestibule").env("XDG_CACHE_HOME", workshop()?);
    Ok(command)
}
