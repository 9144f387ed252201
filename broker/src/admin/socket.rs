//! The socket file through which commands reach a running broker.
//!
//! Its directory and the file itself are for the broker's own user only: that is the whole
//! authentication. A file left behind by a broker that was killed is replaced; the caller holds the
//! store's lock, so no other broker can be using it.

use std::fs::{DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::UnixListener;
use tokio::sync::Semaphore;

/// Its name in the store's directory.
pub const SOCKET_FILE: &str = "admin.sock";
/// While it is bound and not yet restricted, it stands in a directory that only its owner enters.
const BINDING_DIRECTORY: &str = "admin.binding";
/// Commands at once: people type them.
const CONNECTIONS_MAX: usize = 16;

/// The socket of the store in `store`.
pub fn path(store: &Path) -> PathBuf {
    store.join(SOCKET_FILE)
}

/// Listens for commands. The caller holds the store's lock.
pub fn bind(store: &Path) -> io::Result<UnixListener> {
    let private = store.join(BINDING_DIRECTORY);
    match DirBuilder::new().mode(0o700).create(&private) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        Ok(()) | Err(_) => std::fs::set_permissions(&private, Permissions::from_mode(0o700))?,
    }
    let bound = private.join(SOCKET_FILE);
    remove_if_there(&bound)?;
    let listener = UnixListener::bind(&bound)?;
    std::fs::set_permissions(&bound, Permissions::from_mode(0o600))?;
    std::fs::rename(&bound, path(store))?;
    std::fs::remove_dir(&private)?;
    Ok(listener)
}

/// Removes the socket file, so that commands find the broker gone.
pub fn unbind(store: &Path) -> io::Result<()> {
    remove_if_there(&path(store))
}

/// Answers commands until dropped.
pub async fn serve(listener: UnixListener, router: Router) -> io::Result<()> {
    let slots = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        let slot = Arc::clone(&slots).acquire_owned().await;
        let slot = slot.expect("this semaphore is never closed");
        let (stream, _) = listener.accept().await?;
        let router = router.clone();
        tokio::spawn(async move {
            serve_connection(stream, router).await;
            drop(slot);
        });
    }
}

/// Answers what comes over one connection.
pub async fn serve_connection<S>(stream: S, router: Router)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let service = TowerToHyperService::new(router);
    let served = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
    if let Err(error) = served {
        tracing::debug!(%error, "a command went away before its answer");
    }
}

fn remove_if_there(file: &Path) -> io::Result<()> {
    match std::fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_owner_may_open_it_and_a_file_left_behind_is_replaced() {
        let store = tempfile::tempdir().unwrap();
        drop(bind(store.path()).unwrap());
        let _listener = bind(store.path()).unwrap();
        let mode = std::fs::metadata(path(store.path())).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        tokio::net::UnixStream::connect(path(store.path())).await.unwrap();
        unbind(store.path()).unwrap();
        unbind(store.path()).unwrap();
        assert_eq!(std::fs::read_dir(store.path()).unwrap().count(), 0);
    }
}
