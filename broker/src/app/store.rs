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
use crate::config::Config;
use crate::config::written::Engine;
use crate::log::EventLog;
use crate::log::memory::MemoryLog;
use crate::log::sqlite::SqliteLog;
use crate::presence::local::LocalPresence;
use crate::secrets::memory::MemorySecrets;
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

/// The ports, and the store as a whole if it can be backed up.
pub(super) struct Opened {
    pub(super) ports: Ports,
    pub(super) care: Option<Arc<dyn StoreCare>>,
}

/// Opens what `config` names. A store without keys gets them: `init` only does so earlier, and
/// more.
pub(super) fn open(config: &Config, clock: Arc<dyn Clock>) -> Result<Opened, AppError> {
    let chance: Arc<dyn Chance> = Arc::new(SystemChance);
    let presence = Arc::new(LocalPresence::default());
    match config.engine {
        Engine::Memory => {
            let log: Arc<dyn EventLog> = Arc::new(MemoryLog::default());
            let secrets: Arc<dyn Secrets> = Arc::new(MemorySecrets::new(Keys::generate(&*chance)));
            Ok(Opened { ports: Ports { log, secrets, presence, clock, chance }, care: None })
        }
        Engine::Sqlite => {
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
            Ok(Opened { ports, care: Some(care) })
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
    directory::apply(&tools, &mut known, commands).await?;
    tracing::info!(file = %file.display(), version = known.version, "directory read");
    Ok(())
}
