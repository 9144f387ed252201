//! TLS with the broker's own certificate, which can be replaced while connections are open.
//!
//! Connections keep the certificate they began with; a new one serves those that come later. A
//! broken pair of files never replaces a good one. Not here: who listens for SIGHUP.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use crate::config::TlsFiles;

/// Why a pair of files cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// Not there, not readable, or not PEM.
    #[error("{file}: {what}: it must be a readable PEM file with {wanted}")]
    Unreadable {
        /// Which.
        file: PathBuf,
        /// In the words of whoever tried.
        what: String,
        /// What should be in it.
        wanted: &'static str,
    },
    /// They do not belong together, or the key is of an unknown kind.
    #[error("{certificate} and {key} do not make a pair: {what}")]
    Mismatch {
        /// Which certificate.
        certificate: PathBuf,
        /// Which key.
        key: PathBuf,
        /// In the words of whoever tried.
        what: String,
    },
}

/// The certificate in use, and where the next one comes from.
#[derive(Debug)]
pub struct Certificate {
    files: TlsFiles,
    current: ArcSwap<CertifiedKey>,
}

impl Certificate {
    /// Reads the files for the first time.
    pub fn load(files: TlsFiles) -> Result<Arc<Self>, TlsError> {
        let current = ArcSwap::from_pointee(read(&files)?);
        Ok(Arc::new(Self { files, current }))
    }

    /// Reads them again, for connections to come. On an error the old certificate stays.
    pub fn reload(&self) -> Result<(), TlsError> {
        self.current.store(Arc::new(read(&self.files)?));
        Ok(())
    }

    /// The server's side of TLS, which asks this certificate at each new connection.
    pub fn server_config(self: &Arc<Self>) -> Arc<ServerConfig> {
        let provider = Arc::new(ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("ring speaks the default versions")
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(self) as Arc<dyn ResolvesServerCert>);
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Arc::new(config)
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current.load_full())
    }
}

fn read(files: &TlsFiles) -> Result<CertifiedKey, TlsError> {
    let unreadable = |file: &Path, wanted: &'static str| {
        let file = file.to_owned();
        move |what: String| TlsError::Unreadable { file, what, wanted }
    };
    let no_chain = unreadable(&files.certificate, "a certificate and its chain");
    let chain = CertificateDer::pem_file_iter(&files.certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| error.to_string())
        .and_then(|chain| if chain.is_empty() { Err("no certificate".into()) } else { Ok(chain) })
        .map_err(no_chain)?;
    let key = PrivateKeyDer::from_pem_file(&files.key)
        .map_err(|error| unreadable(&files.key, "a private key")(error.to_string()))?;
    let mismatch = |error: rustls::Error| TlsError::Mismatch {
        certificate: files.certificate.clone(),
        key: files.key.clone(),
        what: error.to_string(),
    };
    CertifiedKey::from_der(chain, key, &ring::default_provider()).map_err(mismatch)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write_pair(directory: &Path) {
        let made = rcgen::generate_simple_self_signed(vec!["desk.example".into()]).unwrap();
        std::fs::write(directory.join("certificate.pem"), made.cert.pem()).unwrap();
        std::fs::write(directory.join("key.pem"), made.signing_key.serialize_pem()).unwrap();
    }

    fn files(directory: &Path) -> TlsFiles {
        TlsFiles { certificate: directory.join("certificate.pem"), key: directory.join("key.pem") }
    }

    #[test]
    fn a_reload_serves_the_new_certificate_and_a_broken_one_leaves_the_old() {
        let directory = tempfile::tempdir().unwrap();
        write_pair(directory.path());
        let certificate = Certificate::load(files(directory.path())).unwrap();
        let first = certificate.current.load_full();
        write_pair(directory.path());
        certificate.reload().unwrap();
        let second = certificate.current.load_full();
        assert_ne!(first.cert, second.cert);

        std::fs::write(directory.path().join("key.pem"), "nothing").unwrap();
        let error = certificate.reload().unwrap_err().to_string();
        assert!(error.contains("key.pem") && error.contains("private key"), "{error}");
        assert_eq!(certificate.current.load_full().cert, second.cert);
    }

    #[test]
    fn a_key_of_another_certificate_is_named_as_such() {
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        write_pair(one.path());
        write_pair(two.path());
        let crossed = TlsFiles { key: two.path().join("key.pem"), ..files(one.path()) };
        let error = Certificate::load(crossed).unwrap_err();
        assert!(matches!(error, TlsError::Mismatch { .. }), "{error}");
    }

    #[test]
    fn an_empty_or_missing_certificate_says_what_should_be_there() {
        let directory = tempfile::tempdir().unwrap();
        let error = Certificate::load(files(directory.path())).unwrap_err().to_string();
        assert!(error.contains("certificate.pem"), "{error}");
        write_pair(directory.path());
        std::fs::write(directory.path().join("certificate.pem"), "").unwrap();
        let error = Certificate::load(files(directory.path())).unwrap_err().to_string();
        assert!(error.contains("a certificate and its chain"), "{error}");
    }
}
