//! `deskbell log copy`: a store into another engine, with its keys and all that is beside the log.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use tokio::time::Instant;

use super::{CliError, Settings, remote, terminal, wait_for};
use crate::app::Shared;
use crate::config::{Config, RedisSettings};
use crate::log::EventLog;
use crate::log::copy::{Copied, Progress, copy};
use crate::log::sqlite::SqliteLog;
use crate::secrets::sqlite::{DATABASE_FILE, SqliteSecrets};
use crate::secrets::{Keys, Secrets, everything, keep};
use crate::world::{Clock as _, SystemChance, SystemClock};

/// How often it is said how far the copy has come.
const TELL_EVERY: Duration = Duration::from_secs(2);

/// Copy a store into another one
#[derive(Debug, Args)]
#[command(after_help = "\
Stop every broker on both stores first. The copy holds everything, keys and password hashes too, so
that tokens stay good; each record is compared in the end. What either store has on record as erased
is erased in the copy. If it is interrupted, run it again: it goes on where it was. The first store
is not changed.

Examples:
  deskbell log copy sqlite:desk/store redis://127.0.0.1:6379
  deskbell log copy redis://127.0.0.1:6379 sqlite:/var/backups/desk")]
pub(super) struct Copy {
    /// The store: sqlite:DIRECTORY or redis://HOST:PORT
    from: Place,
    /// An empty one, or an unfinished copy
    to: Place,
}

/// Where a store is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    Sqlite(PathBuf),
    Redis(String),
}

impl FromStr for Place {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            Some(("sqlite", directory)) if !directory.is_empty() => {
                Ok(Self::Sqlite(directory.into()))
            }
            Some(("redis" | "redis+unix", _)) => Ok(Self::Redis(text.to_owned())),
            _ => Err(format!("{text:?} is neither sqlite:DIRECTORY nor redis://HOST:PORT")),
        }
    }
}

/// A store, open.
struct Store {
    log: Arc<dyn EventLog>,
    secrets: Arc<dyn Secrets>,
}

impl Copy {
    pub(super) fn run(self, settings: &Settings) -> Result<(), CliError> {
        let config = settings.load()?;
        if self.from == self.to {
            return Err(CliError::Refused("both are the same store".into()));
        }
        wait_for(async {
            let from = open(&self.from, &config).await?;
            let to = match &self.to {
                Place::Redis(url) => on_redis(url, &config, Some(&from.secrets.keys())).await?,
                Place::Sqlite(directory) => make(directory, &from.secrets.keys()).await?,
            };
            if to.secrets.keys() != from.secrets.keys() {
                let what = "the second store has keys of its own: name an empty one";
                return Err(CliError::Refused(what.into()));
            }
            let now = SystemClock::new().now();
            keep(&*to.secrets, everything(&*from.secrets, now).await?).await?;
            let mut told = Instant::now();
            let tell = |progress| {
                if told.elapsed() >= TELL_EVERY {
                    told = Instant::now();
                    // Nobody has to read it.
                    terminal::remark(line(progress)).ok();
                }
            };
            let copied = copy(&*from.log, &*to.log, tell).await?;
            terminal::say(said(copied))
        })
    }
}

fn line(progress: Progress) -> String {
    match progress {
        Progress::Copied(records) => format!("{records} records copied…"),
        Progress::Compared(records) => format!("{records} records compared…"),
    }
}

fn said(Copied { records, known, erased, streams }: Copied) -> String {
    let of_these = |count: u64, what: &str| match count {
        0 => String::new(),
        count => format!(", {count} of them {what}"),
    };
    let (before, erased) = (of_these(known, "from before"), of_these(erased, "erased again"));
    format!("{records} records of {streams} streams copied{before}{erased}, all compared")
}

/// The store to copy from.
async fn open(place: &Place, config: &Config) -> Result<Store, CliError> {
    match place {
        Place::Redis(url) => on_redis(url, config, None).await,
        Place::Sqlite(directory) => {
            if !directory.join(DATABASE_FILE).exists() {
                return Err(CliError::Refused(format!(
                    "{}: there is no store",
                    directory.display()
                )));
            }
            unused(directory).await?;
            let log = Arc::new(SqliteLog::open(directory)?);
            Ok(Store { log, secrets: Arc::new(SqliteSecrets::open(directory)?) })
        }
    }
}

/// The embedded store to copy to: made, or an unfinished copy.
async fn make(directory: &Path, keys: &Keys) -> Result<Store, CliError> {
    unused(directory).await?;
    let is_there = directory.join(DATABASE_FILE).exists();
    let log = Arc::new(SqliteLog::open(directory)?);
    let secrets = match SqliteSecrets::open(directory) {
        Err(crate::secrets::SecretsError::NotInitialized) => {
            SqliteSecrets::create(directory, keys.clone())?
        }
        opened => opened?,
    };
    if is_there {
        terminal::remark(format!("{}: going on with what is there", directory.display()))?;
    }
    Ok(Store { log, secrets: Arc::new(secrets) })
}

async fn unused(directory: &Path) -> Result<(), CliError> {
    if remote::connect(directory).await?.is_some() {
        let what = "a broker runs on this store: stop it first";
        return Err(CliError::Refused(format!("{}: {what}", directory.display())));
    }
    Ok(())
}

/// A store on Redis, which no broker may use; without keys it gets these.
async fn on_redis(url: &str, config: &Config, keys: Option<&Keys>) -> Result<Store, CliError> {
    let settings = RedisSettings { url: url.to_owned(), ..config.redis.clone() };
    let shared = Shared::open_with(&settings, &SystemChance, keys)?;
    if shared.is_in_use().await? {
        let what = "a broker uses this store, or was killed a moment ago: stop it, wait ten \
                    seconds, and run the command again";
        return Err(CliError::Refused(format!("{url}: {what}")));
    }
    Ok(Store { log: Arc::new(shared.log), secrets: shared.secrets })
}
