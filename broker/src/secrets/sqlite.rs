//! ADAPTER: secrets in the store's own database, next to the log, so that one backup holds both.
//!
//! It has a connection of its own and a format version of its own: the log does not know these
//! tables. Work runs on the blocking threads. What is deleted is overwritten. The file is readable
//! by its owner only, because whoever reads it can sign in as anybody.

use std::fs::{OpenOptions, Permissions};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use deskbell_domain::chat::event::Digest;
use deskbell_protocol::ids::{SessionId, UserId};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, TransactionBehavior, params};

use super::token::TOKEN_HOURS_MAX;
use super::{Everything, Keys, MintedToken, Secrets, SecretsError, SecretsFuture};

/// The database's name in the store directory; the log's too.
pub const DATABASE_FILE: &str = "deskbell.db";

const FORMAT: i64 = 1;
/// Longer than any commit of the log's writer, which shares the file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// Of a minted token; others live for hours.
const TOKEN_LIFETIME_MS_MAX: i64 = TOKEN_HOURS_MAX as i64 * 3_600_000;

const SCHEMA: &str = "
CREATE TABLE secrets_format (version INTEGER NOT NULL) STRICT;
CREATE TABLE secrets_keys (
  id INTEGER PRIMARY KEY CHECK (id = 1), signing BLOB NOT NULL, store BLOB NOT NULL
) STRICT;
CREATE TABLE secrets_passwords (user TEXT PRIMARY KEY, phc TEXT NOT NULL) STRICT;
CREATE TABLE secrets_links (
  digest BLOB PRIMARY KEY, user TEXT NOT NULL UNIQUE, expires_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE secrets_minted (
  session TEXT PRIMARY KEY, user TEXT NOT NULL, issued_ms INTEGER NOT NULL,
  expires_ms INTEGER NOT NULL, note TEXT NOT NULL
) STRICT;
CREATE TABLE secrets_ended (session TEXT PRIMARY KEY, until_ms INTEGER NOT NULL) STRICT;
";

/// See the module.
#[derive(Debug)]
pub struct SqliteSecrets {
    keys: Arc<Keys>,
    connection: Arc<Mutex<Connection>>,
}

impl SqliteSecrets {
    /// Puts `keys` into the store of `directory`, which has none yet.
    pub fn create(directory: &Path, keys: Keys) -> Result<Self, SecretsError> {
        let file = directory.join(DATABASE_FILE);
        let opened = OpenOptions::new().create(true).append(true).mode(0o600).open(&file);
        opened.map_err(|error| unavailable_io(&file, &error))?;
        std::fs::set_permissions(&file, Permissions::from_mode(0o600))
            .map_err(|error| unavailable_io(&file, &error))?;
        let mut connection = connect(&file)?;
        let exclusive = TransactionBehavior::Immediate;
        let transaction = connection.transaction_with_behavior(exclusive).map_err(fault)?;
        if format(&transaction)?.is_some() {
            return Err(SecretsError::AlreadyInitialized);
        }
        transaction.execute_batch(SCHEMA).map_err(fault)?;
        transaction.execute("INSERT INTO secrets_format VALUES (?1)", [FORMAT]).map_err(fault)?;
        transaction
            .execute(
                "INSERT INTO secrets_keys VALUES (1, ?1, ?2)",
                params![keys.signing, keys.store],
            )
            .map_err(fault)?;
        transaction.commit().map_err(fault)?;
        Ok(Self { keys: Arc::new(keys), connection: Arc::new(Mutex::new(connection)) })
    }

    /// The store of `directory`, which `create` once made.
    pub fn open(directory: &Path) -> Result<Self, SecretsError> {
        let file = directory.join(DATABASE_FILE);
        if !file.exists() {
            return Err(SecretsError::NotInitialized);
        }
        let connection = connect(&file)?;
        match format(&connection)? {
            None => return Err(SecretsError::NotInitialized),
            Some(FORMAT) => {}
            Some(found) if found > FORMAT => {
                return Err(SecretsError::Newer { found, known: FORMAT });
            }
            Some(found) => return Err(SecretsError::Damaged(format!("format {found}"))),
        }
        let keys = "SELECT signing, store FROM secrets_keys";
        let keys = connection
            .query_row(keys, [], |row| Ok(Keys { signing: row.get(0)?, store: row.get(1)? }));
        let keys = keys.map_err(|error| SecretsError::Damaged(format!("no keys: {error}")))?;
        Ok(Self { keys: Arc::new(keys), connection: Arc::new(Mutex::new(connection)) })
    }

    /// Reads, off the caller's thread and without holding up the log's writer.
    fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, SecretsError> + Send + 'static,
    ) -> SecretsFuture<T> {
        self.run(TransactionBehavior::Deferred, work)
    }

    /// Writes, all or nothing, off the caller's thread.
    fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, SecretsError> + Send + 'static,
    ) -> SecretsFuture<T> {
        self.run(TransactionBehavior::Immediate, work)
    }

    fn run<T: Send + 'static>(
        &self,
        behavior: TransactionBehavior,
        work: impl FnOnce(&Connection) -> Result<T, SecretsError> + Send + 'static,
    ) -> SecretsFuture<T> {
        let connection = Arc::clone(&self.connection);
        Box::pin(async move {
            let work = move || {
                let mut connection =
                    connection.lock().expect("nothing panics while it holds the connection");
                let transaction = connection.transaction_with_behavior(behavior).map_err(fault)?;
                let answer = work(&transaction)?;
                transaction.commit().map_err(fault)?;
                Ok(answer)
            };
            let done = tokio::task::spawn_blocking(work).await;
            done.unwrap_or_else(|error| Err(SecretsError::Unavailable(error.to_string())))
        })
    }
}

impl Secrets for SqliteSecrets {
    fn keys(&self) -> Arc<Keys> {
        Arc::clone(&self.keys)
    }

    fn password_hash(&self, user: UserId) -> SecretsFuture<Option<String>> {
        self.read(move |connection| {
            let phc = "SELECT phc FROM secrets_passwords WHERE user = ?1";
            connection.query_row(phc, [user.as_str()], |row| row.get(0)).optional().map_err(fault)
        })
    }

    fn set_password_hash(&self, user: UserId, phc: String) -> SecretsFuture<()> {
        self.write(move |connection| {
            let set = "INSERT OR REPLACE INTO secrets_passwords VALUES (?1, ?2)";
            connection.execute(set, params![user.as_str(), phc]).map_err(fault)?;
            let withdraw = "DELETE FROM secrets_links WHERE user = ?1";
            connection.execute(withdraw, [user.as_str()]).map(drop).map_err(fault)
        })
    }

    fn create_link(&self, user: UserId, digest: Digest, expires: Timestamp) -> SecretsFuture<()> {
        self.write(move |connection| {
            let create = "INSERT OR REPLACE INTO secrets_links VALUES (?1, ?2, ?3)";
            let row = params![digest, user.as_str(), expires.as_millisecond()];
            connection.execute(create, row).map(drop).map_err(fault)
        })
    }

    fn take_link(&self, digest: Digest, now: Timestamp) -> SecretsFuture<Option<UserId>> {
        self.write(move |connection| {
            let take = "DELETE FROM secrets_links WHERE digest = ?1 RETURNING user, expires_ms";
            let taken = connection
                .query_row(take, [digest], |row| {
                    Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?))
                })
                .optional()
                .map_err(fault)?;
            let good = taken.filter(|(_, expires)| *expires > now.as_millisecond());
            good.map(|(user, _)| parsed(&user)).transpose()
        })
    }

    fn hashes_and_links(&self, now: Timestamp) -> SecretsFuture<Everything> {
        self.read(move |connection| {
            let mut all = Everything::default();
            let hashes = "SELECT user, phc FROM secrets_passwords ORDER BY user";
            let mut hashes = connection.prepare(hashes).map_err(fault)?;
            let mut rows = hashes.query([]).map_err(fault)?;
            while let Some(row) = rows.next().map_err(fault)? {
                all.hashes.push((parsed(&column::<String>(row, 0)?)?, column(row, 1)?));
            }
            let links = "SELECT user, digest, expires_ms FROM secrets_links \
                         WHERE expires_ms > ?1 ORDER BY user";
            let mut links = connection.prepare(links).map_err(fault)?;
            let mut rows = links.query([now.as_millisecond()]).map_err(fault)?;
            while let Some(row) = rows.next().map_err(fault)? {
                let user = parsed(&column::<String>(row, 0)?)?;
                all.links.push((user, column(row, 1)?, millisecond(column(row, 2)?)?));
            }
            Ok(all)
        })
    }

    fn record_tokens(&self, minted: Vec<MintedToken>) -> SecretsFuture<()> {
        self.write(move |connection| {
            let record = "INSERT INTO secrets_minted VALUES (?1, ?2, ?3, ?4, ?5)";
            let mut record = connection.prepare(record).map_err(fault)?;
            for token in minted {
                let row = params![
                    token.session.to_string(),
                    token.user.as_str(),
                    token.issued.as_millisecond(),
                    token.expires.as_millisecond(),
                    token.note
                ];
                record.execute(row).map_err(fault)?;
            }
            Ok(())
        })
    }

    fn minted_tokens(&self, now: Timestamp) -> SecretsFuture<Vec<MintedToken>> {
        self.read(move |connection| {
            let minted = "SELECT user, session, issued_ms, expires_ms, note FROM secrets_minted \
                          WHERE expires_ms > ?1 ORDER BY issued_ms, rowid";
            let mut minted = connection.prepare(minted).map_err(fault)?;
            let mut rows = minted.query([now.as_millisecond()]).map_err(fault)?;
            let mut tokens = Vec::new();
            while let Some(row) = rows.next().map_err(fault)? {
                tokens.push(MintedToken {
                    user: parsed(&column::<String>(row, 0)?)?,
                    session: parsed(&column::<String>(row, 1)?)?,
                    issued: millisecond(column(row, 2)?)?,
                    expires: millisecond(column(row, 3)?)?,
                    note: column(row, 4)?,
                });
            }
            Ok(tokens)
        })
    }

    fn end_session(&self, session: SessionId, until: Timestamp) -> SecretsFuture<()> {
        self.write(move |connection| {
            // No token lives longer than that before `until`, so these have all expired.
            let expired = until.as_millisecond() - TOKEN_LIFETIME_MS_MAX;
            let forget = "DELETE FROM secrets_ended WHERE until_ms <= ?1";
            connection.execute(forget, [expired]).map_err(fault)?;
            let end = "INSERT OR REPLACE INTO secrets_ended VALUES (?1, ?2)";
            let row = params![session.to_string(), until.as_millisecond()];
            connection.execute(end, row).map(drop).map_err(fault)
        })
    }

    fn ended_sessions(&self, now: Timestamp) -> SecretsFuture<Vec<(SessionId, Timestamp)>> {
        self.read(move |connection| {
            let ended = "SELECT session, until_ms FROM secrets_ended WHERE until_ms > ?1 \
                         ORDER BY session";
            let mut ended = connection.prepare(ended).map_err(fault)?;
            let mut rows = ended.query([now.as_millisecond()]).map_err(fault)?;
            let mut sessions = Vec::new();
            while let Some(row) = rows.next().map_err(fault)? {
                let session = parsed(&column::<String>(row, 0)?)?;
                sessions.push((session, millisecond(column(row, 1)?)?));
            }
            Ok(sessions)
        })
    }
}

fn connect(file: &Path) -> Result<Connection, SecretsError> {
    let connection = Connection::open(file).map_err(fault)?;
    connection.busy_timeout(BUSY_TIMEOUT).map_err(fault)?;
    connection
        .execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;",
        )
        .map_err(fault)?;
    Ok(connection)
}

/// The version of the tables; `None` if there are none.
fn format(connection: &Connection) -> Result<Option<i64>, SecretsError> {
    let exists = "SELECT 1 FROM sqlite_schema WHERE name = 'secrets_format'";
    let exists = connection.query_row(exists, [], |_| Ok(())).optional().map_err(fault)?;
    if exists.is_none() {
        return Ok(None);
    }
    let version = "SELECT version FROM secrets_format";
    connection.query_row(version, [], |row| row.get(0)).map(Some).map_err(fault)
}

fn fault(error: rusqlite::Error) -> SecretsError {
    match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::NotADatabase) => {
            SecretsError::Damaged(error.to_string())
        }
        _ => SecretsError::Unavailable(error.to_string()),
    }
}

fn unavailable_io(file: &Path, error: &std::io::Error) -> SecretsError {
    SecretsError::Unavailable(format!("{}: {error}", file.display()))
}

fn column<T: rusqlite::types::FromSql>(row: &Row<'_>, index: usize) -> Result<T, SecretsError> {
    row.get(index).map_err(|error| SecretsError::Damaged(error.to_string()))
}

fn parsed<T: std::str::FromStr<Err: std::fmt::Display>>(text: &str) -> Result<T, SecretsError> {
    text.parse().map_err(|error| SecretsError::Damaged(format!("{error}")))
}

fn millisecond(millisecond: i64) -> Result<Timestamp, SecretsError> {
    let at = Timestamp::from_millisecond(millisecond);
    at.map_err(|error| SecretsError::Damaged(error.to_string()))
}
