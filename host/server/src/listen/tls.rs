//! TLS with a certificate that can be replaced while the host runs.
//!
//! Not for: checking clients; they show tokens.

use std::fmt;
use std::io::{self, Read as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::RwLock;
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use vestibule_os::file;

/// What waits to be encrypted or sent, in bytes: one record (RFC 8446, section 5.1), in place of rustls's 64 KiB.
const MAX_WAITING_BYTES: usize = 16 << 10;
/// How often the files are looked at.
const POLL: Duration = Duration::from_secs(10);

/// What is read of a file: a chain has a hundredth of it.
const MAX_FILE_BYTES: u64 = 1 << 20;

/// Why there is no TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file that cannot be read as PEM.
    #[error("cannot read `{path}`: {reason}")]
    File {
        /// Which file.
        path: String,
        /// Why.
        reason: String,
    },
    /// Certificate and key do not belong together, or are of no use.
    #[error("the certificate and its key cannot be used: {0}")]
    Unusable(rustls::Error),
}

/// The certificate in use. Clones share it.
#[derive(Clone)]
pub struct Tls {
    acceptor: TlsAcceptor,
    current: Arc<Current>,
}

struct Current {
    certificate: PathBuf,
    key: PathBuf,
    certified: RwLock<Arc<CertifiedKey>>,
}

impl Tls {
    /// With the chain and the key in these PEM files.
    ///
    /// # Errors
    /// [`TlsError`].
    pub fn new(certificate: PathBuf, key: PathBuf) -> Result<Self, TlsError> {
        let certified = RwLock::new(Arc::new(read(&certificate, &key)?));
        let current = Arc::new(Current { certificate, key, certified });
        let provider = Arc::new(ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let mut config = config
            .map_err(TlsError::Unusable)?
            .with_no_client_auth()
            .with_cert_resolver(Arc::<Current>::clone(&current));
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { acceptor: TlsAcceptor::from(Arc::new(config)), current })
    }

    /// Takes up new files when they are there, for as long as this runs. Files that cannot be used change nothing.
    pub async fn watch(&self) {
        loop {
            tokio::time::sleep(POLL).await;
            self.reload();
        }
    }

    /// Takes up the files as they are now. Connections that are open keep what they have.
    pub fn reload(&self) {
        let Current { certificate, key, certified } = &*self.current;
        match read(certificate, key) {
            Ok(new) => {
                let mut current = certified.write();
                if current.cert != new.cert {
                    tracing::info!("a new certificate is in use");
                    *current = Arc::new(new);
                }
            }
            Err(error) => tracing::error!(%error, "the certificate stays as it is"),
        }
    }

    pub(super) async fn accept(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        self.acceptor.accept_with(stream, |tls| tls.set_buffer_limit(Some(MAX_WAITING_BYTES))).await
    }
}

impl ResolvesServerCert for Current {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.certified.read()))
    }
}

impl fmt::Debug for Current {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Current({})", self.certificate.display())
    }
}

fn read(certificate: &PathBuf, key: &PathBuf) -> Result<CertifiedKey, TlsError> {
    let failed = |path: &PathBuf, reason: String| TlsError::File { path: path.display().to_string(), reason };
    let open = |path: &PathBuf| match file::open(path) {
        Ok(file) => Ok(file.take(MAX_FILE_BYTES)),
        Err(error) => Err(failed(path, error.to_string())),
    };
    let chain = CertificateDer::pem_reader_iter(open(certificate)?).collect::<Result<Vec<_>, _>>();
    let chain = chain.map_err(|error| failed(certificate, error.to_string()))?;
    let private = PrivateKeyDer::from_pem_reader(open(key)?).map_err(|error| failed(key, error.to_string()))?;
    CertifiedKey::from_der(chain, private, &ring::default_provider()).map_err(TlsError::Unusable)
}
