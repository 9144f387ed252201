//! The process around a broker: threads, listeners, signals.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use deskbell_domain::directory::Directory;
use deskbell_domain::directory::command::Command;
use deskbell_protocol::ids::Target;
use futures_util::future::BoxFuture;
use rustix::process::Signal;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::runtime::{Builder, LocalOptions};
use tokio::signal::unix::{SignalKind, signal};
use tokio_rustls::TlsAcceptor;

use super::store::Opened;
use super::{AppError, Broker, ClockChoice, assemble, store};
use crate::actors::directory::Keeper;
use crate::actors::node::{Node, Settings};
use crate::admin::{self, AdminState, DirectoryFault, DirectoryPort, socket};
use crate::config::Config;
use crate::edge::Doors;
use crate::edge::health::{self, Health};
use crate::edge::tls::Certificate;
use crate::shard::Shard;
use crate::telemetry::Metrics;
use crate::world::{Clock, ManualClock, SystemClock};

/// Connections that may wait to be accepted; fewer show as one-second delays in a reconnect storm.
const BACKLOG: u32 = 4_096;

/// Before another connection is accepted, when one could not be.
const ACCEPT_AGAIN: Duration = Duration::from_millis(100);
/// How long a client may take over its TLS handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// Runs until a signal says stop.
pub(super) fn run(config: Config, clock: ClockChoice) -> Result<(), AppError> {
    let metrics = Metrics::start()?;
    let mut shards = Vec::new();
    for number in 0..config.shards.get() {
        shards.push(Shard::start(&format!("shard-{number}"))?);
    }
    let runtime = Builder::new_current_thread().enable_all().build_local(LocalOptions::default())?;
    let drain = config.drain;
    runtime.block_on(async {
        // Once handled, a limit on the size of files is a full disk to the store, and not the end.
        drop(signal(SignalKind::from_raw(Signal::XFSZ.as_raw()))?);
        let broker = serve(config, clock, shards, metrics).await?;
        broker.drain(drain).await;
        // The shards end with the process: whatever was acknowledged is stored by then.
        Ok(())
    })
}

async fn serve(
    config: Config,
    choice: ClockChoice,
    shards: Vec<Shard>,
    metrics: Metrics,
) -> Result<Broker, AppError> {
    let manual = match choice {
        ClockChoice::System => None,
        ClockChoice::Manual { from } => {
            let from = from.unwrap_or_else(|| SystemClock::new().now());
            Some(Arc::new(ManualClock::new(from)))
        }
    };
    let clock: Arc<dyn Clock> = match &manual {
        Some(clock) => clock.clone(),
        None => Arc::new(SystemClock::new()),
    };
    let Opened { ports, care, _lock } = store::open(&config, clock)?;
    store::seed_directory(&config, &ports).await?;
    let settings = Settings {
        limits: config.limits.clone(),
        ping: config.ping,
        waits: config.waits,
        settling: config.settling,
    };
    let doors = Doors {
        desk_origins: config.desk_origins.clone(),
        dev: config.dev,
        trusted_proxies: config.trusted_proxies.clone(),
    };
    let broker = assemble(ports, settings, doors, shards).await?;
    let certificate = config.tls.clone().map(Certificate::load).transpose()?;
    let listener = listen(config.listen)?;
    let admin_listener = listen(config.admin_listen)?;
    if let Some(care) = care {
        let directory = Arc::new(RunningDirectory {
            node: broker.edge.node.clone(),
            keeper: broker.directory.clone(),
        });
        let socket = socket::bind(&config.store_directory)?;
        let router = admin::router(admin_state(&broker, directory, care));
        tokio::task::spawn_local(socket::serve(socket, router));
    }
    let health = Health { edge: broker.edge.clone(), metrics, manual };
    let health = health::router(health);
    let admin_address = admin_listener.local_addr()?;
    tokio::task::spawn_local(async move { axum::serve(admin_listener, health).await });
    let address = listener.local_addr()?;
    tracing::info!(%address, %admin_address, shards = config.shards, "ready");
    let accepting = accept(listener, &broker, certificate.clone());
    tokio::select! {
        never = accepting => match never {},
        stopped = signals(certificate) => stopped?,
    }
    tracing::info!("draining");
    if config.store_directory.exists() {
        socket::unbind(&config.store_directory)?;
    }
    Ok(broker)
}

fn listen(address: SocketAddr) -> Result<TcpListener, AppError> {
    let failed = |error: io::Error| AppError::Listen { what: address.to_string(), error };
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() };
    let socket = socket.map_err(failed)?;
    socket.set_reuseaddr(true).map_err(failed)?;
    socket.bind(address).map_err(failed)?;
    socket.listen(BACKLOG).map_err(failed)
}

/// Accepts and hands out connections, for ever.
async fn accept(
    listener: TcpListener,
    broker: &Broker,
    certificate: Option<Arc<Certificate>>,
) -> std::convert::Infallible {
    let acceptor = certificate.map(|it| TlsAcceptor::from(it.server_config()));
    loop {
        let accepted = listener.accept().await.and_then(|(stream, end)| {
            stream.set_nodelay(true)?;
            Ok((stream.into_std()?, end.ip()))
        });
        let (stream, end) = match accepted {
            Ok(stream) => stream,
            Err(error) => {
                // Out of descriptors, most likely: those who are here go on, and some will leave.
                tracing::warn!(%error, "a connection cannot be accepted");
                tokio::time::sleep(ACCEPT_AGAIN).await;
                continue;
            }
        };
        let handed_out = match acceptor.clone() {
            None => broker.connect(end, async move || TcpStream::from_std(stream)),
            Some(acceptor) => broker.connect(end, async move || {
                let handshake = acceptor.accept(TcpStream::from_std(stream)?);
                tokio::time::timeout(HANDSHAKE, handshake).await?
            }),
        };
        if let Err(error) = handed_out {
            tracing::error!(%error, "a connection is turned away");
        }
    }
}

/// Ready when the broker shall stop; reads the certificate again on the way.
async fn signals(certificate: Option<Arc<Certificate>>) -> io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hangup = signal(SignalKind::hangup())?;
    loop {
        tokio::select! {
            _ = terminate.recv() => return Ok(()),
            _ = interrupt.recv() => return Ok(()),
            _ = hangup.recv() => match certificate.as_ref().map(|it| it.reload()) {
                None => tracing::info!("there is no certificate to read again"),
                Some(Ok(())) => tracing::info!("certificate read again"),
                Some(Err(error)) => tracing::error!(%error, "the old certificate stays"),
            },
        }
    }
}

fn admin_state(
    broker: &Broker,
    directory: Arc<dyn DirectoryPort>,
    care: Arc<dyn admin::StoreCare>,
) -> AdminState {
    let node = &broker.edge.node;
    AdminState {
        log: node.log.clone(),
        secrets: node.secrets.clone(),
        directory,
        care,
        clock: node.clock.clone(),
        chance: node.chance.clone(),
    }
}

/// The directory of a running broker, as commands need it.
struct RunningDirectory {
    node: Arc<Node>,
    keeper: Keeper,
}

impl DirectoryPort for RunningDirectory {
    fn apply(&self, commands: Vec<Command>) -> BoxFuture<'static, Result<u64, DirectoryFault>> {
        let asked = self.keeper.apply(commands);
        Box::pin(async move { asked.await.map_err(DirectoryFault::from) })
    }

    fn snapshot(&self) -> Arc<Directory> {
        self.node.directory.load_full()
    }

    fn online(&self, target: &Target) -> bool {
        self.node.online(target)
    }

    fn all_away(&self, target: &Target) -> bool {
        self.node.presence.all_away(target)
    }

    fn is_running(&self) -> bool {
        true
    }
}
