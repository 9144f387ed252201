//! The broker's settings: `RawConfig` as written, [`Config`] checked and complete.
//!
//! Flags beat the environment, the environment beats the file, the file beats the defaults. A
//! [`Config`] in hand means that every rule between settings holds; what the outside world must
//! bring (readable certificates, a store) is `deskbell check`'s and the start's business. The
//! environment is read here and nowhere else. No setting is a secret.

pub mod document;
mod layers;
pub mod raw;
#[cfg(test)]
mod tests;
pub mod written;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Duration;

use deskbell_domain::chat::Waits;
use deskbell_protocol::limits::Limits;

use layers::Layers;
use written::{AddressRange, Engine, LogFormat, LogLevel, RedisDurability};

/// Where the configuration is looked for when no flag says.
pub const CONFIG_FILE: &str = "deskbell.toml";
/// Names the file in the environment.
const CONFIG_VARIABLE: &str = "DESKBELL_CONFIG";

/// Everything that was chosen about this broker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// For patrons and desks.
    pub listen: SocketAddr,
    /// For whoever runs the broker.
    pub admin_listen: SocketAddr,
    /// Exact origins of desks' pages.
    pub desk_origins: BTreeSet<String>,
    /// Whether pages on localhost are admitted.
    pub dev: bool,
    /// Who may say whom they forward for.
    pub trusted_proxies: Vec<AddressRange>,
    /// The certificate, if the broker itself speaks TLS.
    pub tls: Option<TlsFiles>,
    /// Threads that serve connections.
    pub shards: NonZeroUsize,
    /// How long a stopping broker lets work finish.
    pub drain: Duration,
    /// Where everything is kept.
    pub store_directory: PathBuf,
    /// And by what.
    pub engine: Engine,
    /// The server that several brokers share, if `engine` is that.
    pub redis: RedisSettings,
    /// Read into an empty store.
    pub directory_file: Option<PathBuf>,
    /// Of a chat; a widget's own stand in the directory.
    pub waits: Waits,
    /// How long nobody counts as gone after a start with live chats.
    pub settling: Duration,
    /// Of a connection.
    pub limits: Limits,
    /// Between two pings of a connection.
    pub ping: Duration,
    /// How log lines look.
    pub log_format: LogFormat,
    /// And how many there are.
    pub log_level: LogLevel,
}

/// Where the certificate is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// With its chain, PEM.
    pub certificate: PathBuf,
    /// PEM.
    pub key: PathBuf,
}

/// Which Redis server, and what is asked of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedisSettings {
    /// `redis://HOST:PORT/DATABASE`, or `redis+unix:///FILE`; without a password.
    pub url: String,
    /// Whom to sign in as, if not as its default user; then there is a password.
    pub user: Option<String>,
    /// The file with the password, if there is one.
    pub password_file: Option<PathBuf>,
    /// What an acknowledgement has to mean.
    pub durability: RedisDurability,
}

/// What the command line says about settings.
#[derive(Debug, Clone, Default)]
pub struct Flags {
    /// The file; without it `deskbell.toml` in the working directory, if there is one.
    pub file: Option<PathBuf>,
    /// Keys with bare values.
    pub set: Vec<(String, String)>,
}

/// What is wrong, where, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {what}")]
pub struct ConfigError {
    /// A file and line, a variable or a flag.
    pub place: String,
    /// A sentence.
    pub what: String,
}

impl Config {
    /// From flags, this process's environment, and the file that either names.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    pub fn load(flags: &Flags) -> Result<Self, ConfigError> {
        Self::load_from(flags, |name| std::env::var(name).ok())
    }

    fn load_from(
        flags: &Flags,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, ConfigError> {
        let named = flags.file.clone().or_else(|| environment(CONFIG_VARIABLE).map(PathBuf::from));
        let file = match named {
            Some(file) => Some(file),
            None => Some(PathBuf::from(CONFIG_FILE)).filter(|file| file.exists()),
        };
        let text = match &file {
            None => String::new(),
            Some(file) => std::fs::read_to_string(file).map_err(|error| ConfigError {
                place: file.display().to_string(),
                what: format!("{error}: name another file with --config, or run `deskbell init`"),
            })?,
        };
        let name = file.as_ref().map_or(CONFIG_FILE.into(), |file| file.display().to_string());
        let base = file.as_deref().and_then(Path::parent).unwrap_or(Path::new(""));
        let layers = Layers::read(&name, &text, environment, &flags.set)?;
        layers.check(base)
    }
}
