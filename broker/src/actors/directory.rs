//! DirectoryActor: one per node. It runs the directory's decider over its stream and swaps the
//! node's snapshot, whole, after each change. Another node's changes are noticed by looking at the
//! stream's head.
//!
//! Changes are rare and asked by administrators, so one is finished before the next begins: here,
//! and only here, an actor waits for the log.

use std::sync::Arc;
use std::time::Duration;

use actix::fut::wrap_future;
use actix::{Actor, ActorFutureExt, Addr, AsyncContext, AtomicResponse, Context, Handler, Message};
use deskbell_domain::directory::Directory;
use deskbell_domain::directory::command::{Command, Refusal};
use deskbell_domain::directory::decide::decide_all;
use deskbell_domain::person::Author;
use deskbell_protocol::codes::CloseCode;
use deskbell_protocol::ids::UserId;
use tokio::sync::oneshot;

use super::node::Node;
use super::session::Peer;
use crate::log::{Append, Entry, EventLog, LiveChange, LogError, Outcome, StreamId, record};
use crate::world::{Chance, Clock};

/// How often the stream's head is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Records read at once.
const PAGE: usize = 512;
/// Tries of a change that others' changes keep overtaking, or whose outcome is unknown.
const TRIES_MAX: u8 = 8;

/// Asks for a change: all of it, or nothing.
#[derive(Debug, Message)]
#[rtype(result = "Result<u64, ApplyError>")]
struct Apply {
    author: Author,
    commands: Vec<Command>,
}

/// Why the directory stays as it is.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// A rule of the directory says no.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The store cannot be used.
    #[error("the change could not be stored: {0}; try again")]
    Unavailable(String),
    /// The store cannot be read.
    #[error(transparent)]
    Log(#[from] LogError),
}

/// Looks whether another node changed the directory.
#[derive(Debug, Message)]
#[rtype(result = "()")]
struct Look;

/// See the module.
pub struct DirectoryActor {
    node: Arc<Node>,
}

/// The directory's address, and what it may be asked.
#[derive(Debug, Clone)]
pub struct Keeper(Addr<DirectoryActor>);

impl Keeper {
    /// Changes the directory, in the broker's own name; answers its version from then on.
    pub fn apply(
        &self,
        commands: Vec<Command>,
    ) -> impl Future<Output = Result<u64, ApplyError>> + Send + 'static {
        self.apply_as(Author::System, commands)
    }

    /// Another node may have changed it.
    pub fn look(&self) {
        self.0.do_send(Look);
    }

    /// The same, ready once it was looked at.
    pub async fn looked(&self) {
        if self.0.send(Look).await.is_err() {
            tracing::error!("the directory's actor stopped");
        }
    }

    /// The same in somebody's name, who stands in the log with it.
    pub fn apply_as(
        &self,
        author: Author,
        commands: Vec<Command>,
    ) -> impl Future<Output = Result<u64, ApplyError>> + Send + 'static {
        let asked = self.0.send(Apply { author, commands });
        async move {
            let gone = |_| ApplyError::Unavailable("the directory's actor stopped".into());
            asked.await.map_err(gone)?
        }
    }
}

impl DirectoryActor {
    /// Starts it on this shard, for a node whose snapshot is loaded.
    pub fn open(node: Arc<Node>) -> Keeper {
        Keeper(Self { node }.start())
    }
}

impl Actor for DirectoryActor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        ctx.run_interval(LOOK_EVERY, |_, ctx| ctx.address().do_send(Look));
    }
}

impl Handler<Apply> for DirectoryActor {
    type Result = AtomicResponse<Self, Result<u64, ApplyError>>;

    fn handle(&mut self, asked: Apply, _: &mut Context<Self>) -> Self::Result {
        let Apply { author, commands } = asked;
        let node = self.node.clone();
        let work = async move {
            let mut directory = Directory::clone(&node.directory.load());
            let Node { log, clock, chance, .. } = &*node;
            let tools = Tools { log: &**log, clock: &**clock, chance: &**chance, author };
            apply(&tools, &mut directory, commands).await?;
            let version = directory.version;
            show(&node, directory);
            Ok(version)
        };
        AtomicResponse::new(Box::pin(wrap_future(work)))
    }
}

impl Handler<Look> for DirectoryActor {
    type Result = AtomicResponse<Self, ()>;

    fn handle(&mut self, _: Look, _: &mut Context<Self>) -> Self::Result {
        let node = self.node.clone();
        let work = async move {
            let known = node.directory.load().version;
            match node.log.heads(vec![StreamId::Directory]).await {
                Ok(heads) if head_of(&heads) > known => {
                    let mut directory = Directory::clone(&node.directory.load());
                    match read_on(&*node.log, &mut directory).await {
                        Ok(()) => show(&node, directory),
                        Err(error) => tracing::warn!(%error, "the directory cannot be read"),
                    }
                }
                Ok(_) => {}
                // Who holds the way to the store says so; it is looked at again in a moment.
                Err(error @ LogError::Unavailable(_)) => {
                    tracing::debug!(%error, "the directory cannot be looked at");
                }
                Err(error) => tracing::warn!(%error, "the directory cannot be looked at"),
            }
        };
        AtomicResponse::new(Box::pin(wrap_future(work).map(|(), _, _| ())))
    }
}

fn head_of(heads: &[Option<(u64, deskbell_protocol::ids::Eid)>]) -> u64 {
    heads.first().copied().flatten().map_or(0, |(seq, _)| seq)
}

/// Replaces the node's snapshot, and what everybody monitors with it.
fn show(node: &Arc<Node>, directory: Directory) {
    let directory = Arc::new(directory);
    node.directory.store(directory.clone());
    let shift = node.presence.restrict(&directory);
    node.desk().directory_changed(shift);
    let signed_out = |peer: &Peer| peer.operator().is_some_and(|user| !is_active(node, user));
    node.registry.close_those(signed_out, CloseCode::SignedOut);
    node.hand_on_hints();
}

/// Whether `user` may be signed in, by the directory as it is now.
pub fn is_active(node: &Node, user: &UserId) -> bool {
    node.directory.load().active_user(user).is_some()
}

/// Reads the whole directory from the log.
pub async fn read(log: &dyn EventLog) -> Result<Directory, LogError> {
    let mut directory = Directory::default();
    read_on(log, &mut directory).await?;
    Ok(directory)
}

async fn read_on(log: &dyn EventLog, directory: &mut Directory) -> Result<(), LogError> {
    loop {
        let page = log.read(StreamId::Directory, directory.version, PAGE).await?;
        for stored in &page.records {
            directory.evolve(&record::directory::decode(&stored.entry.event)?);
        }
        if !page.more {
            return Ok(());
        }
    }
}

/// What a change of the directory needs of the world.
pub struct Tools<'a> {
    /// Where it is stored.
    pub log: &'a dyn EventLog,
    /// When.
    pub clock: &'a dyn Clock,
    /// Under which identity.
    pub chance: &'a dyn Chance,
    /// In whose name.
    pub author: Author,
}

/// Decides `commands` on `directory`, appends what happens and folds it, as often as others were
/// first. Used before the actor is there, too, when a file is read into an empty store.
pub async fn apply(
    tools: &Tools<'_>,
    directory: &mut Directory,
    commands: Vec<Command>,
) -> Result<(), ApplyError> {
    let mut last = String::from("others kept changing the directory first");
    for _ in 0..TRIES_MAX {
        let events = decide_all(directory, commands.clone())?;
        if events.is_empty() {
            return Ok(());
        }
        let entry = |event| Entry {
            author: tools.author.clone(),
            cmid: None,
            fingerprint: 0,
            eid: tools.chance.eid(),
            at: tools.clock.now(),
            event: record::directory::encode(event),
        };
        let entries = events.iter().map(entry).collect();
        let append = Append {
            stream: StreamId::Directory,
            expect: directory.version,
            after: None,
            entries,
            live: LiveChange::Keep,
        };
        match append_one(tools.log, append).await {
            Outcome::Appended { .. } => {
                directory.evolve_all(&events);
                return Ok(());
            }
            Outcome::Conflict { .. } => read_on(tools.log, directory).await?,
            Outcome::Unavailable { why } => return Err(ApplyError::Unavailable(why)),
            Outcome::Unknown { why } => {
                // What is there now says whether it held: the commands are then no change any more.
                last = why;
                read_on(tools.log, directory).await?;
            }
        }
    }
    Err(ApplyError::Unavailable(last))
}

/// One append, and what became of it.
pub async fn append_one(log: &dyn EventLog, append: Append) -> Outcome {
    let (settle, settled) = oneshot::channel();
    log.append(
        vec![append],
        Box::new(move |outcomes| {
            // Who asked may have gone; the append holds all the same.
            drop(outcomes.into_iter().next().map(|outcome| settle.send(outcome)));
        }),
    );
    settled.await.unwrap_or(Outcome::Unknown { why: "the log gave no answer".into() })
}
