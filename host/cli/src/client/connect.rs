//! Where a server is, and one connection to it for each request.
//!
//! Not for: what is said on it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio_rustls::TlsConnector;

use crate::error::{Error, Result};

/// How long a connection may take.
const CONNECT_PATIENCE: Duration = Duration::from_secs(10);

/// A server's address.
pub(crate) enum Address {
    Unix(PathBuf),
    Tcp(String),
    Tls { host: String, name: ServerName<'static>, connector: TlsConnector },
}

impl Address {
    /// Reads `https://HOST:PORT`, `http://HOST:PORT` or `unix:PATH`.
    pub(crate) fn parse(text: &str, ca_file: Option<&Path>) -> Result<Self> {
        if let Some(path) = text.strip_prefix("unix:") {
            return Ok(Self::Unix(path.into()));
        }
        let wrong = || {
            Error::bad_input("this is no server's address")
                .hint("give `https://HOST:PORT`, `http://HOST:PORT` or `unix:PATH`")
        };
        let (scheme, rest) = text.split_once("://").ok_or_else(wrong)?;
        let host = rest.trim_end_matches('/');
        if host.is_empty() || host.contains(['/', '?', '#', '@']) {
            return Err(wrong());
        }
        let with_port = |port: &str| {
            let has_port = host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
            if has_port { host.to_owned() } else { format!("{host}:{port}") }
        };
        match scheme {
            "http" => Ok(Self::Tcp(with_port("80"))),
            "https" => {
                let host = with_port("443");
                let name = host.rsplit_once(':').map_or(host.as_str(), |(name, _)| name);
                let name = ServerName::try_from(name.trim_matches(['[', ']']).to_owned()).map_err(|_| wrong())?;
                Ok(Self::Tls { host, name, connector: connector(ca_file)? })
            }
            _ => Err(wrong()),
        }
    }

    /// What the `Host` header says.
    pub(crate) fn host(&self) -> &str {
        match self {
            Self::Unix(_) => "localhost",
            Self::Tcp(host) | Self::Tls { host, .. } => host,
        }
    }

    /// Connects, and sends one request.
    pub(crate) async fn send(&self, request: Request<Full<Bytes>>) -> Result<Response<Incoming>> {
        let failed = |error: std::io::Error| {
            Error::fault("the server cannot be reached")
                .because(&error)
                .hint("see whether `vestibule serve` is running")
        };
        let connect = async {
            Ok::<Box<dyn Stream>, std::io::Error>(match self {
                Self::Unix(path) => Box::new(UnixStream::connect(path).await?),
                Self::Tcp(host) => Box::new(TcpStream::connect(host).await?),
                Self::Tls { host, name, connector } => {
                    let stream = TcpStream::connect(host).await?;
                    Box::new(connector.connect(name.clone(), stream).await?)
                }
            })
        };
        let stream = tokio::time::timeout(CONNECT_PATIENCE, connect).await;
        let stream = stream.map_err(|_| Error::fault("the server does not answer"))?.map_err(failed)?;
        let broken = |error: hyper::Error| Error::fault("the connection to the server broke off").because(&error);
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
        tokio::spawn(connection);
        sender.send_request(request).await.map_err(broken)
    }
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// Believes the authorities of a file, or those of the system.
fn connector(ca_file: Option<&Path>) -> Result<TlsConnector> {
    let mut roots = RootCertStore::empty();
    match ca_file {
        Some(path) => {
            let certificates =
                CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<std::result::Result<Vec<_>, _>>);
            let certificates = certificates.map_err(|error| {
                Error::bad_input(format!("cannot read certificates from `{}`", crate::input::shown(path)))
                    .because(&error)
            })?;
            roots.add_parsable_certificates(certificates);
        }
        None => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::fault("TLS cannot be used").because(&error))?;
    Ok(TlsConnector::from(Arc::new(config.with_root_certificates(roots).with_no_client_auth())))
}
