//! A command without a broker: this process opens the store, which locks it, and answers itself.

use std::path::Path;
use std::sync::Arc;

use arc_swap::ArcSwap;
use deskbell_domain::directory::Directory;
use deskbell_domain::directory::command::Command;
use deskbell_domain::person::Author;
use deskbell_protocol::ids::Target;
use futures_util::future::BoxFuture;
use tokio::io::DuplexStream;

use super::CliError;
use crate::actors::directory::{self, Tools};
use crate::admin::wire::Verified;
use crate::admin::{self, AdminState, DirectoryFault, DirectoryPort, StoreCare, socket};
use crate::app::Shared;
use crate::config::Config;
use crate::config::written::Engine;
use crate::log::sqlite::{self, SqliteLog};
use crate::log::{EventLog, LogError};
use crate::secrets::Secrets;
use crate::secrets::sqlite::{DATABASE_FILE, SqliteSecrets};
use crate::world::{Chance, Clock, SystemChance, SystemClock};

const PIPE_BYTES: usize = 64 * 1024;

/// The near end of a pipe at whose far end this process answers as a broker would.
pub(super) async fn open(config: &Config) -> Result<DuplexStream, CliError> {
    if config.engine == Engine::Memory {
        let what = "store.engine is \"memory\", and no broker runs: there is nothing to work on";
        return Err(CliError::Refused(what.into()));
    }
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let chance: Arc<dyn Chance> = Arc::new(SystemChance);
    let (log, secrets, care): (Arc<dyn EventLog>, Arc<dyn Secrets>, Arc<dyn StoreCare>) =
        if config.engine == Engine::Redis {
            let Shared { log, secrets, .. } = Shared::open(&config.redis, &*chance)?;
            let log = Arc::new(log);
            (log.clone(), secrets, log)
        } else {
            let (log, secrets) = embedded(&config.store_directory)?;
            (log.clone(), secrets, log)
        };
    let directory = Arc::new(StoredDirectory {
        current: Arc::new(ArcSwap::from_pointee(directory::read(&*log).await?)),
        log: Arc::clone(&log),
        clock: Arc::clone(&clock),
        chance: Arc::clone(&chance),
    });
    let router = admin::router(AdminState { log, secrets, directory, care, clock, chance });
    let (near, far) = tokio::io::duplex(PIPE_BYTES);
    tokio::spawn(socket::serve_connection(far, router));
    Ok(near)
}

fn embedded(store: &Path) -> Result<(Arc<SqliteLog>, Arc<SqliteSecrets>), CliError> {
    if !store.join(DATABASE_FILE).exists() {
        let what = "there is no store: run `deskbell init`, or name another with --config";
        return Err(CliError::Refused(format!("{}: {what}", store.display())));
    }
    // The log first: it takes the lock.
    let log = Arc::new(SqliteLog::open(store)?);
    let secrets = Arc::new(SqliteSecrets::open(store)?);
    Ok((log, secrets))
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
        let (log, clock, chance) = (self.log.clone(), self.clock.clone(), self.chance.clone());
        let current = self.current.clone();
        Box::pin(async move {
            let mut directory = Directory::clone(&current.load());
            let tools =
                Tools { log: &*log, clock: &*clock, chance: &*chance, author: Author::System };
            directory::apply(&tools, &mut directory, commands).await?;
            let version = directory.version;
            current.store(Arc::new(directory));
            Ok(version)
        })
    }

    fn snapshot(&self) -> Arc<Directory> {
        self.current.load_full()
    }

    fn online(&self, _: &Target) -> bool {
        false
    }

    fn all_away(&self, _: &Target) -> bool {
        false
    }

    fn is_running(&self) -> bool {
        false
    }
}

/// Reads every record of a store that nobody has open.
pub(super) fn verify(config: &Config) -> Result<Verified, LogError> {
    sqlite::verify(&config.store_directory).map(Verified::from)
}
