//! How bytes reach the broker: a port with the ordinary adapter, TCP and TLS (rustls, the web's
//! root certificates). A simulation, or an app behind a proxy, injects its own.
//!
//! Not here: HTTP and WebSocket; both run over whatever a connector gives.

use std::io;
use std::pin::Pin;
use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// A boxed future that may move between threads.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A two-way stream of bytes.
pub trait AsyncStream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> AsyncStream for T {}

/// Opens streams to the broker.
pub trait Connector: Send + Sync {
    /// A stream to `host:port`, already encrypted and authenticated if `tls`.
    fn connect<'a>(
        &'a self,
        host: &'a str,
        port: u16,
        tls: bool,
    ) -> BoxFuture<'a, io::Result<Box<dyn AsyncStream>>>;
}

/// TCP, and TLS where the URL says `https`.
#[derive(Clone)]
pub struct TcpConnector {
    tls: TlsConnector,
}

impl TcpConnector {
    /// Trusts the root certificates that browsers trust.
    pub fn new() -> Self {
        let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        Self::trusting(roots)
    }

    /// Trusts these roots only: a private certificate authority, or a test's.
    pub fn trusting(roots: RootCertStore) -> Self {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("ring supports the default versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        Self { tls: TlsConnector::from(Arc::new(config)) }
    }
}

impl Default for TcpConnector {
    fn default() -> Self {
        Self::new()
    }
}

impl Connector for TcpConnector {
    fn connect<'a>(
        &'a self,
        host: &'a str,
        port: u16,
        tls: bool,
    ) -> BoxFuture<'a, io::Result<Box<dyn AsyncStream>>> {
        Box::pin(async move {
            let stream = TcpStream::connect((host, port)).await?;
            stream.set_nodelay(true)?;
            if !tls {
                return Ok(Box::new(stream) as Box<dyn AsyncStream>);
            }
            let name = ServerName::try_from(host.to_owned())
                .map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
            let stream = self.tls.connect(name, stream).await?;
            Ok(Box::new(stream) as Box<dyn AsyncStream>)
        })
    }
}

#[cfg(test)]
mod tests;
