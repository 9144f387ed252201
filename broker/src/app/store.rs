//! Opens the ports as the configuration names them, and reads the directory file into a store that
//! has no directory yet.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use deskbell_domain::directory::Directory;
use deskbell_domain::directory::file::{difference, parse};
use deskbell_domain::person::Author;

use super::{AppError, Ports};
use crate::actors::directory;
use crate::admin::{StoreCare, zone_exists};
use crate::config::written::Engine;
use crate::config::{Config, RedisSettings};
use crate::log::lock::Lock;
use crate::log::memory::MemoryLog;
use crate::log::redis::RedisLog;
use crate::log::sqlite::SqliteLog;
use crate::log::{EventLog, LogError};
use crate::presence::redis::RedisPresence;
use crate::presence::{self, local::LocalPresence};
use crate::redis::Server;
use crate::secrets::memory::MemorySecrets;
use crate::secrets::redis::RedisSecrets;
use crate::secrets::sqlite::SqliteSecrets;
use crate::secrets::{Keys, Secrets, SecretsError};
use crate::world::{Chance, Clock, SystemChance};

/// Why the store cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The directory file cannot be read.
    #[error(
        "{}: {error}; set store.directory_file to a file that exists, or leave it out",
        file.display()
    )]
    DirectoryFile {
        /// Which.
        file: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// The directory file has mistakes.
    #[error("{}:\n{problems}", file.display())]
    DirectoryMistakes {
        /// Which.
        file: PathBuf,
        /// One a line.
        problems: String,
    },
}

/// The ports, and the store as a whole if commands may reach it through this broker.
pub(super) struct Opened {
    pub(super) ports: Ports,
    pub(super) care: Option<Arc<dyn StoreCare>>,
    /// The store's directory is this broker's own as long as this lives.
    pub(super) _lock: Option<Lock>,
}

/// The log and the secrets that several brokers share.
pub struct Shared {
    /// The server they are on.
    pub server: Server,
    /// This process's number among those that use it.
    pub node: u64,
    /// The log.
    pub log: RedisLog,
    /// The secrets.
    pub secrets: Arc<RedisSecrets>,
}

impl Shared {
    /// Opens what `settings` name. A store without keys gets them.
    pub fn open(settings: &RedisSettings, chance: &dyn Chance) -> Result<Self, AppError> {
        Self::open_with(settings, chance, Some(&Keys::generate(chance)))
    }

    /// The same; a store without keys gets `fresh`, or is no store.
    pub fn open_with(
        settings: &RedisSettings,
        chance: &dyn Chance,
        fresh: Option<&Keys>,
    ) -> Result<Self, AppError> {
        let node = chance.eid().0;
        let server = Server::open(settings, node).map_err(LogError::from)?;
        let secrets = RedisSecrets::open(&server, fresh)?;
        let log = RedisLog::on(server.clone(), node);
        Ok(Self { server, node, log, secrets: Arc::new(secrets) })
    }

    /// Whether a broker uses the store, or did a moment ago.
    pub async fn is_in_use(&self) -> Result<bool, LogError> {
        let line = self.server.line();
        let asking = self.server.spawn(async move { presence::redis::anybody(&line).await });
        let asked = asking.await.map_err(|error| LogError::Unavailable(error.to_string()))?;
        Ok(asked?)
    }
}

/// Opens what `config` names. A store without keys gets them: `init` only does so earlier, and
/// more.
pub(super) fn open(config: &Config, clock: Arc<dyn Clock>) -> Result<Opened, AppError> {
    let chance: Arc<dyn Chance> = Arc::new(SystemChance);
    match config.engine {
        Engine::Memory => {
            let presence = Arc::new(LocalPresence::default());
            let log: Arc<dyn EventLog> = Arc::new(MemoryLog::default());
            let secrets: Arc<dyn Secrets> = Arc::new(MemorySecrets::new(Keys::generate(&*chance)));
            Ok(Opened {
                ports: Ports { log, secrets, presence, clock, chance },
                care: None,
                _lock: None,
            })
        }
        Engine::Sqlite => {
            let presence = Arc::new(LocalPresence::default());
            let store = &config.store_directory;
            let log = Arc::new(SqliteLog::open(store)?);
            let secrets = match SqliteSecrets::open(store) {
                Err(SecretsError::NotInitialized) => {
                    SqliteSecrets::create(store, Keys::generate(&*chance))?
                }
                opened => opened?,
            };
            let care: Arc<dyn StoreCare> = log.clone();
            let secrets: Arc<dyn Secrets> = Arc::new(secrets);
            let ports = Ports { log, secrets, presence, clock, chance };
            Ok(Opened { ports, care: Some(care), _lock: None })
        }
        Engine::Redis => {
            let store = &config.store_directory;
            std::fs::create_dir_all(store)?;
            let lock = Lock::take(store)?;
            let Shared { server, node, log, secrets } = Shared::open(&config.redis, &*chance)?;
            let log = Arc::new(log.keep_erasures_in(store)?);
            let presence = Arc::new(RedisPresence::on(server, node));
            let care: Arc<dyn StoreCare> = log.clone();
            let ports = Ports { log, secrets, presence, clock, chance };
            Ok(Opened { ports, care: Some(care), _lock: Some(lock) })
        }
    }
}

/// Reads the directory file, if there is one and the store has no directory yet.
pub(super) async fn seed_directory(config: &Config, ports: &Ports) -> Result<(), AppError> {
    let Some(file) = &config.directory_file else { return Ok(()) };
    let mut known = directory::read(&*ports.log).await?;
    if known.version > 0 {
        return Ok(());
    }
    let text = fs::read_to_string(file)
        .map_err(|error| StoreError::DirectoryFile { file: file.clone(), error })?;
    let wanted = parse(&text, &zone_exists).map_err(|problems| {
        let lines: Vec<_> = problems.iter().map(|it| format!("  {it}")).collect();
        StoreError::DirectoryMistakes { file: file.clone(), problems: lines.join("\n") }
    })?;
    let commands = difference(&Directory::default(), &wanted, false);
    let tools = directory::Tools {
        log: &*ports.log,
        clock: &*ports.clock,
        chance: &*ports.chance,
        author: Author::System,
    };
    if let Err(error) = directory::apply(&tools, &mut known, commands).await {
        // Another broker may have been first: then there is a directory, and nothing to do.
        return match directory::read(&*ports.log).await {
            Ok(known) if known.version > 0 => Ok(()),
            Ok(_) | Err(_) => Err(error.into()),
        };
    }
    tracing::info!(file = %file.display(), version = known.version, "directory read");
    Ok(())
}
