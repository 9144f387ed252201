//! This broker's way to the Redis server that several brokers share: one connection for commands,
//! one that listens, and how both come back when they are lost.
//!
//! A server is used only after it was verified (`verify`): that it keeps what it acknowledges as
//! the configuration says. Its own thread holds both connections, so that no shard waits on them
//! and any thread may ask. Without a server every call says so at once; nothing queues up here.
//!
//! What is published may be lost on the way: whoever listens is told of each gap, and looks.
//! Not here: any key or script (`log`, `presence`, `secrets` know their own).

mod listen;
mod reach;
#[cfg(test)]
pub(crate) mod testing;
mod verify;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

use ::redis::aio::MultiplexedConnection;
use ::redis::{AsyncConnectionConfig, Client, FromRedisValue, Pipeline};
use ::redis::{RedisError, cmd};
use tokio::runtime::Handle;
use tokio::sync::{Notify, oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::config::RedisSettings;
use crate::config::written::RedisDurability;

const CONNECT_PATIENCE: Duration = Duration::from_secs(2);
const ANSWER_PATIENCE: Duration = Duration::from_secs(5);
/// Before the second try to connect; doubled before each further one, up to the longest.
const CONNECT_AGAIN: Duration = Duration::from_millis(50);
const CONNECT_AGAIN_MAX: Duration = Duration::from_secs(1);
/// Without a probe of its own for so long, a broker is not ready: what others do may not reach it.
const DEAF_AFTER: Duration = Duration::from_secs(15);

/// Why the server cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ServerError {
    /// Nothing was done.
    #[error("Redis cannot be used: {0}")]
    Away(String),
    /// It may be done or not.
    #[error("Redis gave no answer: {0}")]
    Unknown(String),
    /// Nothing will be done until somebody changes a setting.
    #[error("this Redis server is not fit: {0}")]
    Unfit(String),
}

/// What whoever listens hears.
#[derive(Debug, Clone, Copy)]
pub enum Heard<'a> {
    /// A message on a channel.
    Message(&'a str),
    /// What was published until now may be lost.
    Gap {
        /// Whether the server could not be used meanwhile.
        was_away: bool,
    },
}

/// Is told on the server's own thread, and must not block it.
pub type Listener = Arc<dyn Fn(Heard<'_>) + Send + Sync>;

/// A handle on the server; the last one to go lets go of it.
#[derive(Clone)]
pub struct Server {
    link: Arc<Link>,
    /// Held for its end only.
    _last: Arc<LetGo>,
}

/// What the tasks of its thread share.
struct Link {
    client: Client,
    settings: RedisSettings,
    thread: Handle,
    closed: CancellationToken,
    connection: Mutex<Result<MultiplexedConnection, ServerError>>,
    /// The connection was given up.
    given_up: Notify,
    /// Counts the connections for commands.
    connected: watch::Sender<u64>,
    listeners: Mutex<BTreeMap<String, Listener>>,
    /// Listeners were added.
    more_listeners: Notify,
    /// Whoever waits until all that was published before has been heard, by the probe's number.
    waiting: Mutex<BTreeMap<u64, oneshot::Sender<()>>>,
    probes: AtomicU64,
    /// When a probe of one's own was last heard.
    last_heard: Mutex<Instant>,
    /// Where this broker's own probes go.
    probe_channel: String,
    /// What probes count their time from.
    began: Instant,
}

/// Ends the thread with the last handle.
struct LetGo(CancellationToken);

impl Drop for LetGo {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

/// Nothing panics while it holds one of these locks.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Server {
    /// Connects and verifies, or says why the server cannot be used. `node` is this broker's own
    /// number among those that share the server.
    pub fn open(settings: &RedisSettings, node: u64) -> Result<Self, ServerError> {
        let (client, settings) = (reach::client(settings)?, settings.clone());
        let (answer, opened) = mpsc::sync_channel(1);
        let away = |error: String| ServerError::Away(error);
        thread::Builder::new()
            .name("redis".into())
            .spawn(move || run(client, settings, node, &answer))
            .map_err(|error| away(error.to_string()))?;
        let link = opened.recv().map_err(|_| away("its thread ended".into()))??;
        let last = Arc::new(LetGo(link.closed.clone()));
        Ok(Self { link, _last: last })
    }

    /// What an acknowledgement of this server means.
    pub fn durability(&self) -> RedisDurability {
        self.link.settings.durability
    }

    /// Does `work` on the server's own thread.
    pub fn spawn<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> JoinHandle<T> {
        self.link.thread.spawn(work)
    }

    /// The same, and waits for it: for a start, never on a shard.
    pub fn wait_for<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, ServerError>> + Send + 'static,
    ) -> Result<T, ServerError> {
        let (answer, done) = mpsc::sync_channel(1);
        // Who waits stays.
        self.spawn(async move { answer.send(work.await).ok() });
        done.recv().map_err(|_| ServerError::Away("its thread ended".into()))?
    }

    /// A way to ask that keeps nothing alive, for tasks that outlive no handle.
    pub fn line(&self) -> Line {
        Line { link: self.link.clone() }
    }

    /// Hears what is published on `channels` from now on, beginning with a gap.
    pub fn listen(&self, channels: impl IntoIterator<Item = String>, listener: &Listener) {
        let mut listeners = lock(&self.link.listeners);
        listeners.extend(channels.into_iter().map(|channel| (channel, listener.clone())));
        drop(listeners);
        self.link.more_listeners.notify_one();
    }

    /// Ready once all that was published before has been heard here.
    pub async fn hear_all(&self) -> Result<(), ServerError> {
        let link = &self.link;
        let number = link.probes.fetch_add(1, Ordering::Relaxed);
        let (heard, hearing) = oneshot::channel();
        lock(&link.waiting).insert(number, heard);
        let published = self.line().publish(&link.probe_channel, &format!("all {number}")).await;
        let outcome = match published {
            Ok(()) => tokio::time::timeout(ANSWER_PATIENCE, hearing)
                .await
                .map_err(|_| ServerError::Away("nothing is heard of it".into()))
                .and_then(|heard| {
                    heard.map_err(|_| ServerError::Away("what it told was lost".into()))
                }),
            Err(error) => Err(error),
        };
        lock(&link.waiting).remove(&number);
        outcome
    }

    /// Changes with each new connection.
    pub fn connections(&self) -> watch::Receiver<u64> {
        self.link.connected.subscribe()
    }

    /// Whether what others do reaches this broker.
    pub fn hears(&self) -> Result<(), ServerError> {
        let deaf = lock(&self.link.last_heard).elapsed();
        if deaf < DEAF_AFTER {
            return Ok(());
        }
        let what = format!("nothing was heard of it for {} seconds", deaf.as_secs());
        Err(ServerError::Away(what))
    }
}

/// See [`Server::line`].
#[derive(Clone)]
pub struct Line {
    link: Arc<Link>,
}

impl Line {
    /// Sends commands together and reads all of their answers; errors of single commands are theirs
    /// if the pipeline ignores errors.
    pub async fn ask<T: FromRedisValue>(&self, commands: &Pipeline) -> Result<T, ServerError> {
        let mut connection = lock(&self.link.connection).clone()?;
        let number = *self.link.connected.borrow();
        let answer = commands.query_async(&mut connection).await;
        answer.map_err(|error| self.failed(&error, number))
    }

    /// The same for one command.
    pub async fn ask_one<T: FromRedisValue>(
        &self,
        command: &::redis::Cmd,
    ) -> Result<T, ServerError> {
        let mut connection = lock(&self.link.connection).clone()?;
        let number = *self.link.connected.borrow();
        let answer = command.query_async(&mut connection).await;
        answer.map_err(|error| self.failed(&error, number))
    }

    /// Tells all who listen on `channel`, whoever that is.
    pub async fn publish(&self, channel: &str, text: &str) -> Result<(), ServerError> {
        let mut publish = cmd("PUBLISH");
        publish.arg(channel).arg(text);
        self.ask_one::<u64>(&publish).await.map(drop)
    }

    /// What an error means; one of the connection itself, or of a server that became a replica,
    /// gives the connection up.
    pub fn failed(&self, error: &RedisError, number: u64) -> ServerError {
        let is_lost = error.is_io_error() || error.is_timeout() || error.is_unrecoverable_error();
        if is_lost || error.code() == Some("READONLY") {
            self.link.give_up(number, ServerError::Away(error.to_string()));
        }
        match error.code() {
            Some(_) => ServerError::Away(error.to_string()),
            None => ServerError::Unknown(error.to_string()),
        }
    }

    /// The number of the connection in use, which changes with each new one.
    pub fn connected(&self) -> u64 {
        *self.link.connected.borrow()
    }
}

impl Link {
    /// Stops using connection `number`, if it is still that one.
    fn give_up(&self, number: u64, why: ServerError) {
        let mut connection = lock(&self.connection);
        if connection.is_ok() && *self.connected.borrow() == number {
            tracing::warn!(%why, "the connection to Redis is given up");
            *connection = Err(why);
            self.given_up.notify_one();
        }
    }

    /// Connects, verifies, and again whenever the connection was given up.
    async fn keep_connected(self: Arc<Self>, mut first: Option<mpsc::SyncSender<Opened>>) {
        let (mut pause, mut said) = (CONNECT_AGAIN, None);
        loop {
            match self.connect().await {
                Ok(connection) => {
                    (pause, said) = (CONNECT_AGAIN, None);
                    self.connected.send_modify(|number| *number += 1);
                    *lock(&self.connection) = Ok(connection);
                    if let Some(first) = first.take() {
                        // Whoever opens the server waits for it.
                        first.send(Ok(self.clone())).ok();
                    } else {
                        tracing::info!("Redis is back");
                        self.tell_gap(true);
                    }
                    self.given_up.notified().await;
                }
                Err(error) => {
                    if let Some(first) = first.take() {
                        first.send(Err(error)).ok();
                        return;
                    }
                    if said.as_ref() != Some(&error) {
                        tracing::warn!(%error, "no connection to Redis, tried again");
                        said = Some(error.clone());
                    }
                    *lock(&self.connection) = Err(error);
                    sleep(pause).await;
                    pause = (pause * 2).min(CONNECT_AGAIN_MAX);
                }
            }
        }
    }

    async fn connect(&self) -> Result<MultiplexedConnection, ServerError> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT_PATIENCE))
            .set_response_timeout(Some(ANSWER_PATIENCE));
        let connection = self.client.get_multiplexed_async_connection_with_config(&config).await;
        let mut connection =
            connection.map_err(|error| reach::unreached(&self.settings.url, &error))?;
        verify::verify(&mut connection, self.settings.durability).await?;
        Ok(connection)
    }
}

type Opened = Result<Arc<Link>, ServerError>;

/// The thread: works until nobody holds the server any more.
fn run(client: Client, settings: RedisSettings, node: u64, answer: &mpsc::SyncSender<Opened>) {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            // Whoever opens the server waits for it.
            answer.send(Err(ServerError::Away(error.to_string()))).ok();
            return;
        }
    };
    let closed = CancellationToken::new();
    let link = Arc::new(Link {
        client,
        settings,
        thread: runtime.handle().clone(),
        closed: closed.clone(),
        connection: Mutex::new(Err(ServerError::Away("not connected yet".into()))),
        given_up: Notify::new(),
        connected: watch::Sender::new(0),
        listeners: Mutex::default(),
        more_listeners: Notify::new(),
        waiting: Mutex::default(),
        probes: AtomicU64::new(0),
        last_heard: Mutex::new(Instant::now()),
        probe_channel: format!("deskbell:probe:{node:016x}"),
        began: Instant::now(),
    });
    let first = answer.clone();
    runtime.block_on(async move {
        let keeping = link.clone().keep_connected(Some(first));
        let listening = link.listen();
        tokio::select! {
            () = async { tokio::join!(keeping, listening); } => {}
            () = closed.cancelled() => {}
        }
    });
}
