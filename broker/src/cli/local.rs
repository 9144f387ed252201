//! A command without a broker: this process opens the store, which locks it, and answers itself.

use std::sync::Arc;

use arc_swap::ArcSwap;
use deskbell_domain::directory::Directory;
use deskbell_domain::directory::command::Command;
use deskbell_domain::directory::decide::decide_all;
use deskbell_domain::directory::event::DirectoryEvent;
use deskbell_domain::person::Author;
use futures_util::future::BoxFuture;
use tokio::io::DuplexStream;
use tokio::sync::oneshot;

use super::CliError;
use crate::admin::wire::Verified;
use crate::admin::{self, AdminState, DirectoryFault, DirectoryPort, StoreCare, socket};
use crate::config::Config;
use crate::config::written::Engine;
use crate::log::record::directory as record;
use crate::log::sqlite::{self, SqliteLog};
use crate::log::{Append, Entry, EventLog, LiveChange, LogError, Outcome, StreamId};
use crate::secrets::sqlite::{DATABASE_FILE, SqliteSecrets};
use crate::world::{Chance, Clock, SystemChance, SystemClock};

const PIPE_BYTES: usize = 64 * 1024;
const READ_RECORDS: usize = 1_000;

/// The near end of a pipe at whose far end this process answers as a broker would.
pub(super) async fn open(config: &Config) -> Result<DuplexStream, CliError> {
    if config.engine == Engine::Memory {
        let what = "store.engine is \"memory\", and no broker runs: there is nothing to work on";
        return Err(CliError::Refused(what.into()));
    }
    let store = &config.store_directory;
    if !store.join(DATABASE_FILE).exists() {
        let what = "there is no store: run `deskbell init`, or name another with --config";
        return Err(CliError::Refused(format!("{}: {what}", store.display())));
    }
    // The log first: it takes the lock.
    let log = Arc::new(SqliteLog::open(store)?);
    let secrets = Arc::new(SqliteSecrets::open(store)?);
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let chance: Arc<dyn Chance> = Arc::new(SystemChance);
    let directory = Arc::new(StoredDirectory {
        current: Arc::new(ArcSwap::from_pointee(load(&*log).await?)),
        log: Arc::clone(&log) as Arc<dyn EventLog>,
        clock: Arc::clone(&clock),
        chance: Arc::clone(&chance),
    });
    let care = Arc::clone(&log) as Arc<dyn StoreCare>;
    let router = admin::router(AdminState { log, secrets, directory, care, clock, chance });
    let (near, far) = tokio::io::duplex(PIPE_BYTES);
    tokio::spawn(socket::serve_connection(far, router));
    Ok(near)
}

/// The directory of a store that only this process uses.
struct StoredDirectory {
    current: Arc<ArcSwap<Directory>>,
    log: Arc<dyn EventLog>,
    clock: Arc<dyn Clock>,
    chance: Arc<dyn Chance>,
}

impl DirectoryPort for StoredDirectory {
    fn apply(&self, commands: Vec<Command>) -> BoxFuture<'static, Result<u64, DirectoryFault>> {
        let before = self.current.load_full();
        let events = match decide_all(&before, commands) {
            Ok(events) if events.is_empty() => {
                return Box::pin(std::future::ready(Ok(before.version)));
            }
            Ok(events) => events,
            Err(refusal) => return Box::pin(std::future::ready(Err(refusal.into()))),
        };
        let entries = events.iter().map(|event| self.entry(event)).collect();
        let (stream, live) = (StreamId::Directory, LiveChange::Keep);
        let append = Append { stream, expect: before.version, entries, live };
        let (answer, answered) = oneshot::channel();
        let done = move |outcomes: Vec<Outcome>| {
            if answer.send(outcomes).is_err() {
                tracing::debug!("nobody waits for the directory's change any more");
            }
        };
        self.log.append(vec![append], Box::new(done));
        let current = Arc::clone(&self.current);
        Box::pin(async move {
            let outcomes = answered.await.unwrap_or_default();
            match outcomes.into_iter().next() {
                Some(Outcome::Appended { .. }) => {
                    let mut after = Directory::clone(&before);
                    after.evolve_all(&events);
                    let version = after.version;
                    current.store(Arc::new(after));
                    Ok(version)
                }
                Some(Outcome::Conflict { .. }) => Err(DirectoryFault::Conflict),
                Some(Outcome::Unavailable { why }) => Err(LogError::Unavailable(why).into()),
                Some(Outcome::Unknown { why }) => Err(DirectoryFault::Unknown(why)),
                None => Err(DirectoryFault::Unknown("the log's writer stopped".into())),
            }
        })
    }

    fn snapshot(&self) -> Arc<Directory> {
        self.current.load_full()
    }
}

impl StoredDirectory {
    fn entry(&self, event: &DirectoryEvent) -> Entry {
        Entry {
            author: Author::System,
            cmid: None,
            fingerprint: 0,
            eid: self.chance.eid(),
            at: self.clock.now(),
            event: record::encode(event),
        }
    }
}

/// The directory as its stream tells it.
async fn load(log: &dyn EventLog) -> Result<Directory, LogError> {
    let mut directory = Directory::default();
    loop {
        let page = log.read(StreamId::Directory, directory.version, READ_RECORDS).await?;
        for record in &page.records {
            directory.evolve(&record::decode(&record.entry.event)?);
        }
        if !page.more {
            return Ok(directory);
        }
    }
}

/// Reads every record of a store that nobody has open.
pub(super) fn verify(config: &Config) -> Result<Verified, LogError> {
    sqlite::verify(&config.store_directory).map(Verified::from)
}
