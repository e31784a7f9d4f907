//! `vestibule serve`: the host as a server, from its first socket to the end of the last request.
//!
//! Not for: what is served; see [`vestibule_server`].

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinSet;
use vestibule_os::walls::Gap;
use vestibule_registry::Registry;
use vestibule_server::App;
use vestibule_server::listen::{
    self, ConnectionLimit, Limits, Listener, Operators, Shutdown, SocketMode, Tls, Trigger, bind_unix,
};

use crate::config::{Config, ServerSettings};
use crate::error::{Error, Result};
use crate::executors::{self, Executors};
use crate::exit::Exit;
use crate::host::Host;
use crate::target::Target;
use crate::{allocator, confine, groups, housekeeping, output, telemetry};

/// Serve logins and the API until told to end
///
/// Listens on the sockets that `vestibule.toml` in the data directory names, or that systemd hands over, and prints one line for each when
/// logins can be decided on. SIGTERM and SIGINT end it once what is under way is answered; SIGHUP takes up new certificates.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Options {
    /// Listen here instead: `unix:PATH`, `tcp:ADDRESS:PORT` or `tls:ADDRESS:PORT`; may be given often
    #[arg(long, value_name = "SOCKET")]
    listen: Vec<String>,
    /// How to log to standard error; as `vestibule.toml` says, unless given
    #[arg(long, value_enum)]
    log: Option<telemetry::Form>,
    #[command(flatten)]
    target: Target,
}

pub(crate) fn run(options: &Options) -> Result<Exit> {
    let config = Config::read(&options.target.data())?;
    telemetry::serve(options.log, &config.log)?;
    // Before anything is counted that files are needed for.
    listen::raise_files();
    let sockets = if options.listen.is_empty() { &config.server.listen } else { &options.listen };
    // While there is one thread: what others are made of it have the same walls.
    let gaps = confine::to_what_is_needed(&options.target.data(), &config, sockets);
    allocator::give_back_in_time();
    let failed = |error: std::io::Error| Error::fault("this machine cannot run a server").because(&error);
    let (logins, executors) = (executors::logins().map_err(failed)?, Executors::new().map_err(failed)?);
    let served = logins.block_on(serve(options, config, gaps, &executors));
    executors.end();
    served.map(|()| Exit::Allowed)
}

async fn serve(options: &Options, config: Config, gaps: Vec<Gap>, executors: &Executors) -> Result<()> {
    let data = options.target.data();
    let host = Host::open(&data, &config, Some(executors)).await?;
    let (trigger, shutdown) = Shutdown::new();
    let mut tasks = JoinSet::new();
    let tls = read_tls(&config.server)?;
    let sockets = if options.listen.is_empty() { &config.server.listen } else { &options.listen };
    let listeners = open(sockets, &data, &config.server, tls.as_ref()).await?;
    let places = ConnectionLimit::of(host.registry.ledger());
    if let Some(address) = &config.server.metrics {
        tasks.spawn(serve_metrics(&host, address, shutdown.clone(), places.aside()).await?);
    }
    // From the first line on, a host that is told to end does so in order.
    tasks.spawn(await_signals(trigger, tls.clone(), Arc::clone(&host.app))?);
    // The Unix sockets come last: whoever starts a host reads until there is one.
    let (unix, others): (Vec<_>, Vec<_>) =
        listeners.iter().partition(|(_, listener)| matches!(listener, Listener::Unix(..)));
    for (name, _) in others.into_iter().chain(unix) {
        output::print(format!("listening on {name}\n").as_bytes())?;
    }
    let registry = host.registry.clone();
    tasks.spawn(async move { registry.watch().await });
    tasks.spawn(tell_gaps(host.registry.clone(), Arc::clone(&host.app), gaps));
    host.store.keep_free(config.server.disk_reserve_bytes);
    tasks.spawn(housekeeping::run(host.store.clone(), config.server.ages()));
    let (end, ends) = Shutdown::new();
    let keeping = tokio::spawn(housekeeping::keep_trials(host.registry.clone(), ends));
    if let Some(tls) = tls {
        tasks.spawn(async move { tls.watch().await });
    }
    tracing::info!(data = %data.display(), "logins can be decided on");
    let _ = sd_notify::notify(&[sd_notify::NotifyState::Ready]);
    let limits =
        Limits { shutdown_timeout: Duration::from_secs(config.server.shutdown_timeout_seconds), ..Limits::default() };
    let listeners = listeners.into_iter().map(|(_, listener)| listener).collect();
    listen::serve(listeners, host.app.router(), shutdown, limits, places).await;
    tracing::info!("the host ends");
    let _ = sd_notify::notify(&[sd_notify::NotifyState::Stopping]);
    tasks.abort_all();
    // It is not broken off: what is half written would be lost, or count twice.
    end.pull();
    let _ = keeping.await;
    host.store.close().await;
    Ok(())
}

/// Says which walls do not stand, around this process and around the compilers that it starts.
async fn tell_gaps(registry: Registry, app: Arc<App>, gaps: Vec<Gap>) {
    let mut all: Vec<_> = gaps.iter().map(|gap| format!("the host: {gap}")).collect();
    match registry.compilers_gaps().await {
        Ok(gaps) => all.extend(gaps.into_iter().map(|gap| format!("compilers: {gap}"))),
        Err(error) => all.push(format!("compilers: {error}")),
    }
    for gap in &all {
        tracing::warn!(%gap, "not confined as it could be");
    }
    app.tell_gaps(all);
}

/// The sockets that systemd hands over, or those that are named, each with where it is.
async fn open(
    sockets: &[String],
    data: &Path,
    settings: &ServerSettings,
    tls: Option<&Tls>,
) -> Result<Vec<(String, Listener)>> {
    let operators = Operators { root: settings.root_is_operator };
    let handed = handed_over(operators, tls)?;
    if !handed.is_empty() {
        return Ok(handed);
    }
    let mode = socket_mode(settings)?;
    let mut listeners = Vec::new();
    for socket in sockets {
        let failed = |error: std::io::Error| {
            Error::bad_input(format!("cannot listen on `{socket}`"))
                .because(&error)
                .hint("see to `listen` in `vestibule.toml`")
        };
        let listener = match socket.split_once(':') {
            Some(("unix", path)) => Listener::Unix(bind_unix(&data.join(path), mode).await.map_err(failed)?, operators),
            Some(("tcp", address)) => Listener::Tcp(TcpListener::bind(address).await.map_err(failed)?),
            Some(("tls", address)) => {
                let tls = tls.ok_or_else(|| {
                    Error::bad_input(format!("`{socket}` needs a certificate"))
                        .hint("set `certificate` and `key` in the table `server` of `vestibule.toml`")
                })?;
                Listener::Tls(TcpListener::bind(address).await.map_err(failed)?, tls.clone())
            }
            _ => {
                return Err(Error::bad_input(format!("`{socket}` is no socket"))
                    .hint("write `unix:PATH`, `tcp:ADDRESS:PORT` or `tls:ADDRESS:PORT`"));
            }
        };
        let place = listener.address().map_or_else(|| socket.clone(), |address| address.to_string());
        listeners.push((place, listener));
    }
    if listeners.is_empty() {
        return Err(Error::bad_input("there is no socket to listen on").hint("give one with `--listen`"));
    }
    Ok(listeners)
}

/// Who may connect to Unix sockets.
fn socket_mode(settings: &ServerSettings) -> Result<SocketMode> {
    let mode = settings.socket_mode;
    if mode > 0o777 {
        return Err(
            Error::bad_input(format!("`socket_mode`: 0o{mode:o} is no mode of a socket")).hint("0o666, or less")
        );
    }
    let group = settings.socket_group.as_deref().map(groups::number).transpose()?;
    Ok(SocketMode { mode, group })
}

/// Sockets of systemd's. It does not say which of them are meant for TLS: with a certificate, all but Unix sockets are.
fn handed_over(operators: Operators, tls: Option<&Tls>) -> Result<Vec<(String, Listener)>> {
    let failed = |error: std::io::Error| Error::fault("a socket of systemd's cannot be used").because(&error);
    let mut all = listenfd::ListenFd::from_env();
    let mut listeners = Vec::new();
    for index in 0..all.len() {
        if let Ok(Some(socket)) = all.take_unix_listener(index) {
            socket.set_nonblocking(true).map_err(failed)?;
            let address = socket.local_addr().map_err(failed)?;
            let place = address.as_pathname().map_or_else(String::new, |path| path.display().to_string());
            let socket = tokio::net::UnixListener::from_std(socket).map_err(failed)?;
            listeners.push((format!("unix:{place}"), Listener::Unix(socket, operators)));
        } else if let Some(socket) = all.take_tcp_listener(index).map_err(failed)? {
            socket.set_nonblocking(true).map_err(failed)?;
            let socket = TcpListener::from_std(socket).map_err(failed)?;
            let place = socket.local_addr().map_err(failed)?.to_string();
            let listener = match tls {
                Some(tls) => Listener::Tls(socket, tls.clone()),
                None => Listener::Tcp(socket),
            };
            listeners.push((place, listener));
        }
    }
    Ok(listeners)
}

fn read_tls(settings: &ServerSettings) -> Result<Option<Tls>> {
    match (&settings.certificate, &settings.key) {
        (Some(certificate), Some(key)) => {
            let tls = Tls::new(certificate.clone(), key.clone());
            tls.map(Some).map_err(|error| Error::bad_input("there is no TLS").because(&error))
        }
        (None, None) => Ok(None),
        _ => Err(Error::bad_input("`certificate` and `key` go together")),
    }
}

/// Metrics have a listener of their own, which needs no token and shows nothing else.
async fn serve_metrics(
    host: &Host,
    address: &str,
    shutdown: Shutdown,
    places: ConnectionLimit,
) -> Result<impl Future<Output = ()> + use<>> {
    let listener = TcpListener::bind(address).await.map_err(|error| {
        Error::bad_input(format!("cannot listen on `{address}`"))
            .because(&error)
            .hint("see to `metrics` in `vestibule.toml`")
    })?;
    let address = listener.local_addr().map_err(|error| Error::fault("cannot listen").because(&error))?;
    output::print(format!("metrics on {address}\n").as_bytes())?;
    let (metrics, registry) = (host.metrics.clone(), host.registry.clone());
    let text = move || {
        let (metrics, registry) = (metrics.clone(), registry.clone());
        async move {
            let text = metrics.text(&registry).await;
            ([("content-type", "application/openmetrics-text; version=1.0.0; charset=utf-8")], text)
        }
    };
    let router = axum::Router::new().route("/metrics", axum::routing::get(text));
    // Whoever reads them tries again.
    let limits = Limits { shutdown_timeout: Duration::ZERO, ..Limits::default() };
    Ok(listen::serve(vec![Listener::Tcp(listener)], router, shutdown, limits, places))
}

fn await_signals(trigger: Trigger, tls: Option<Tls>, app: Arc<App>) -> Result<impl Future<Output = ()>> {
    let watched = |kind| signal(kind).map_err(|error| Error::fault("signals cannot be received").because(&error));
    let (mut term, mut interrupt, mut hangup) =
        (watched(SignalKind::terminate())?, watched(SignalKind::interrupt())?, watched(SignalKind::hangup())?);
    Ok(async move {
        loop {
            tokio::select! {
                _ = term.recv() => break,
                _ = interrupt.recv() => break,
                _ = hangup.recv() => tls.iter().for_each(Tls::reload),
            }
        }
        app.close();
        trigger.pull();
        // What is left is the server's to end.
        std::future::pending::<()>().await;
    })
}

const AFTER_HELP: &str = "\
Examples:
  vestibule serve --data /srv/vestibule
  vestibule serve --listen tcp:127.0.0.1:9417 --listen unix:http.sock --log json

On a Unix socket, the user who runs the server needs no token, and neither does root if `root_is_operator` says so. Everybody else does:
  vestibule token create front-door --scope decide
  curl -H \"Authorization: Bearer $TOKEN\" http://127.0.0.1:9417/v1/openapi.json
";
