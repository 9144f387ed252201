//! The composition root: picks the log, starts the actors, listens, drains.
//!
//! [`assemble`] puts a broker together out of ports that are already open, on shards that already
//! run: a process uses it through [`serve`], a simulation by itself.

mod listen;
mod ports;
mod store;

use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use arc_swap::ArcSwap;
use axum::Router;
use dashmap::DashMap;
use deskbell_protocol::codes::CloseCode;
use jiff::Timestamp;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{OnceCell, oneshot, watch};
use tokio::time::timeout;

pub use self::ports::Ports;
pub use self::store::{Shared, StoreError};
use crate::actors::chat::Nudge;
use crate::actors::chat::bans::Addresses;
use crate::actors::desk::DeskActor;
use crate::actors::directory::{self, ApplyError, DirectoryActor, Keeper};
use crate::actors::elsewhere;
use crate::actors::node::{Node, Seat, Settings};
use crate::actors::registry::Registry;
use crate::actors::staffing::{self, StaffingActor};
use crate::config::Config;
use crate::edge::{Doors, Edge, http, server, to_wire};
use crate::log::{LogError, record};
use crate::secrets::SecretsError;
use crate::secrets::password::Passwords;
use crate::shard::{Shard, ShardFull};
use crate::telemetry::TelemetryError;

/// How often a shard looks for chats that nobody needs in memory.
const SWEEP_EVERY: Duration = Duration::from_mins(1);

/// Which clock conversations go by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockChoice {
    /// The machine's.
    System,
    /// One that tests move, from a moment on or from now.
    Manual {
        /// Where it begins.
        from: Option<Timestamp>,
    },
}

/// Why the broker did not start, or stopped by itself.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The log cannot be used.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The secrets cannot be used.
    #[error(transparent)]
    Secrets(#[from] SecretsError),
    /// The directory file cannot be applied.
    #[error("the directory file cannot be used: {0}")]
    Directory(String),
    /// A rule of the directory says no to the file.
    #[error(transparent)]
    Apply(#[from] ApplyError),
    /// The certificate cannot be used.
    #[error(transparent)]
    Tls(#[from] crate::edge::tls::TlsError),
    /// Logging or metrics cannot start.
    #[error(transparent)]
    Telemetry(#[from] TelemetryError),
    /// An address cannot be listened on.
    #[error("cannot listen on {what}: {error}; stop what uses it, or set another address")]
    Listen {
        /// Which.
        what: String,
        /// Why.
        error: io::Error,
    },
    /// The machine gives no thread or runtime.
    #[error("cannot start: {0}")]
    Machine(#[from] io::Error),
    /// A shard did not come up.
    #[error(transparent)]
    Shard(#[from] ShardFull),
    /// A shard went away while the broker started.
    #[error("a shard stopped while the broker started; its log line says why")]
    ShardGone,
}

/// Runs the broker until it is told to stop.
pub fn serve(config: Config, clock: ClockChoice) -> Result<(), AppError> {
    listen::run(config, clock)
}

/// A broker that is ready for connections.
#[derive(Clone)]
pub struct Broker {
    /// What connections meet first.
    pub edge: Arc<Edge>,
    /// The directory's actor.
    pub directory: Keeper,
    seats: Arc<[(Shard, Arc<Seat>)]>,
    next_seat: Arc<AtomicUsize>,
    router: Router,
}

/// Puts a broker together. `settings` and `doors` are the configuration's.
pub async fn assemble(
    ports: Ports,
    settings: Settings,
    doors: Doors,
    shards: Vec<Shard>,
) -> Result<Broker, AppError> {
    let live = ports.log.live().await?;
    let live: Vec<_> =
        live.iter().map(|live| record::summary::decode(&live.summary)).collect::<Result<_, _>>()?;
    let directory = directory::read(&*ports.log).await?;
    let now = ports.clock.now();
    let staffed_before = staffing::read(&*ports.log, now).await?;
    let ended = ports.secrets.ended_sessions(now).await?;
    let node = Arc::new(Node {
        log: ports.log,
        secrets: ports.secrets,
        presence: ports.presence,
        clock: ports.clock,
        chance: ports.chance,
        encode: Arc::new(to_wire::Json),
        directory: ArcSwap::from_pointee(directory),
        settings,
        ended_sessions: ended.into_iter().collect(),
        settling: AtomicBool::new(false),
        starting: AtomicBool::new(false),
        hints: Mutex::default(),
        registry: Registry::default(),
        patron_chats: DashMap::new(),
        addresses: Addresses::default(),
        staffed_before,
        availability_changes: watch::Sender::new(0),
        keeper: OnceCell::new(),
        staffing: OnceCell::new(),
        desk: OnceCell::new(),
    });
    let seat = |(shard, handle): (usize, Shard)| (handle, Arc::new(Seat::new(node.clone(), shard)));
    let seats: Arc<[_]> = shards.into_iter().enumerate().map(seat).collect();
    for (shard, seat) in &*seats {
        let seat = seat.clone();
        shard.run(move || {
            tokio::task::spawn_local(sweep(seat.clone()));
            tokio::task::spawn_local(async move { seat.run().await });
        })?;
    }
    let (opened, opening) = oneshot::channel();
    let (first, seat) = (seats[0].0.clone(), seats[0].1.clone());
    first.run(move || {
        let ledger = StaffingActor::open(&seat, seat.node.staffed_before.clone());
        let fresh = seat.node.staffing.set(ledger).is_ok();
        debug_assert!(fresh, "a node opens its ledger once");
        let desk = DeskActor::open(&seat, live);
        let fresh = seat.node.desk.set(desk).is_ok();
        debug_assert!(fresh, "a node opens its desk once");
        let keeper = DirectoryActor::open(seat.node.clone());
        let fresh = seat.node.keeper.set(keeper.clone()).is_ok();
        debug_assert!(fresh, "a node opens its directory once");
        tokio::task::spawn_local(elsewhere::follow(seat));
        // Who waits for it may have given up; then the broker does not start.
        drop(opened.send(keeper));
    })?;
    let directory = opening.await.map_err(|_| AppError::ShardGone)?;
    let edge = Arc::new(Edge::new(node, doors, Passwords::default()));
    let router = http::router(edge.clone());
    Ok(Broker { edge, directory, seats, next_seat: Arc::default(), router })
}

impl Broker {
    /// Serves one connection from `end`, on the shard whose turn it is. `open` makes the stream
    /// there.
    pub fn connect<IO, F>(
        &self,
        end: IpAddr,
        open: impl FnOnce() -> F + Send + 'static,
    ) -> Result<(), ShardFull>
    where
        IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
        F: Future<Output = io::Result<IO>> + 'static,
    {
        let turn = self.next_seat.fetch_add(1, Ordering::Relaxed);
        let (shard, seat) = &self.seats[turn % self.seats.len()];
        let (edge, seat, router) = (self.edge.clone(), seat.clone(), self.router.clone());
        shard.run(move || {
            let opening = open();
            tokio::task::spawn_local(async move {
                match opening.await {
                    Ok(io) => server::serve(io, end, edge, seat, router).await,
                    Err(error) => tracing::debug!(%error, "a connection did not come about"),
                }
            });
        })
    }

    /// Shows everybody out and waits until they are gone, or `patience` is over.
    pub async fn drain(&self, patience: Duration) {
        self.edge.draining.cancel();
        // Who follows availability looks, and ends.
        self.edge.node.availability_changes.send_modify(|times| *times += 1);
        self.edge.node.staffing().rest();
        self.edge.node.presence.rest();
        self.edge.connections.close();
        self.edge.node.registry.close_all(CloseCode::Drain);
        if timeout(patience, self.edge.connections.wait()).await.is_err() {
            tracing::warn!("some connections did not end in time and are cut");
        }
    }
}

/// Lets chats that nobody follows leave memory.
async fn sweep(seat: Arc<Seat>) {
    loop {
        tokio::time::sleep(SWEEP_EVERY).await;
        for handle in seat.node.registry.chats_on(seat.shard) {
            handle.addr.do_send(Nudge::Sweep);
        }
    }
}
