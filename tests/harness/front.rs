//! A front before two brokers, and one before a Redis server: passes connections on, one after the
//! other to each place that takes them, and can cut what it passes.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncWrite, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Round robin over brokers.
pub struct Front {
    address: SocketAddr,
    targets: Arc<Mutex<Vec<SocketAddr>>>,
    accepting: JoinHandle<()>,
}

impl Front {
    /// Passes on to whichever of `targets` takes a connection.
    pub async fn before(targets: Vec<SocketAddr>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("it has an address");
        let targets = Arc::new(Mutex::new(targets));
        let (next, all) = (AtomicUsize::new(0), targets.clone());
        let accepting = tokio::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.expect("a connection");
                let all = all.lock().unwrap_or_else(PoisonError::into_inner).clone();
                let first = next.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(async move {
                    for turn in 0..all.len() {
                        if let Ok(broker) =
                            TcpStream::connect(all[(first + turn) % all.len()]).await
                        {
                            return pass(client, broker).await;
                        }
                    }
                });
            }
        });
        Self { address, targets, accepting }
    }

    /// Passes new connections on to these only.
    pub fn set_targets(&self, targets: Vec<SocketAddr>) {
        *self.targets.lock().unwrap_or_else(PoisonError::into_inner) = targets;
    }

    /// `http://HOST:PORT`
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// The way to one server, on a socket file of its own, which can be cut.
pub struct Way {
    folder: TempDir,
    is_cut: watch::Sender<bool>,
    accepting: JoinHandle<()>,
}

impl Way {
    /// A way to the server that listens on the socket file `to`.
    pub fn to(to: PathBuf) -> Self {
        let folder = tempfile::tempdir().expect("a directory for a socket");
        let listener = UnixListener::bind(file(folder.path())).expect("a socket");
        let (is_cut, watched) = watch::channel(false);
        let accepting = tokio::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.expect("a connection");
                let (to, mut cut) = (to.clone(), watched.clone());
                if *cut.borrow_and_update() {
                    continue;
                }
                tokio::spawn(async move {
                    let passing = async {
                        if let Ok(server) = UnixStream::connect(&to).await {
                            pass(client, server).await;
                        }
                    };
                    tokio::select! {
                        () = passing => {}
                        _ = cut.wait_for(|it| *it) => {}
                    }
                });
            }
        });
        Self { folder, is_cut, accepting }
    }

    /// Cuts what passes, and lets nothing through, or lets new connections through again.
    pub fn cut(&self, is_cut: bool) {
        self.is_cut.send_replace(is_cut);
    }

    /// `redis+unix://…`
    pub fn url(&self) -> String {
        format!("redis+unix://{}", file(self.folder.path()).display())
    }
}

impl Drop for Way {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

fn file(folder: &Path) -> PathBuf {
    folder.join("way.sock")
}

async fn pass(
    mut one: impl AsyncRead + AsyncWrite + Unpin,
    mut other: impl AsyncRead + AsyncWrite + Unpin,
) {
    // Either end may be killed at any time: that is what a front is for.
    drop(copy_bidirectional(&mut one, &mut other).await);
}
