//! The command line: what can be asked of `deskbell`, a command a file.
//!
//! A command that needs the store asks the broker that has it open, and opens it itself when none
//! runs (`desk`). Results go to standard output, everything else to standard error; the exit code
//! is 0 only if what was asked is done. Secrets are printed only where they are the result.

mod backup;
mod check;
mod config;
mod copy;
mod desk;
mod directory;
mod hours;
mod init;
mod local;
mod log;
mod password;
mod remote;
mod restore;
mod serve;
mod terminal;
mod token;
mod user;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::app::AppError;
use crate::config::{Config, ConfigError, Flags};
use crate::log::LogError;
use crate::secrets::SecretsError;
use crate::secrets::password::PasswordError;
use crate::telemetry::TelemetryError;

/// The open chat desk for library co-operatives.
#[derive(Debug, Parser)]
#[command(
    name = "deskbell",
    version,
    about,
    after_help = "\
Examples:
  deskbell init desk                     make a store, a configuration, a first administrator
  deskbell serve --config desk/deskbell.toml
  deskbell check                         is everything as it should be?
  deskbell config docs                   every setting and what it means"
)]
pub struct Cli {
    #[command(flatten)]
    settings: Settings,
    #[command(subcommand)]
    command: Command,
}

/// What every command understands.
#[derive(Debug, Clone, Args)]
struct Settings {
    /// The configuration [default: deskbell.toml, if there is one]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Overrides one setting; may be repeated
    #[arg(long, global = true, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Where the log is: sqlite, memory, or a Redis server that several brokers share
    #[arg(long = "log", global = true, value_name = "redis://HOST:PORT")]
    log_at: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the broker until it is told to stop
    Serve(serve::Serve),
    /// Make a store, a configuration and a first administrator
    Init(init::Init),
    /// Look at the settings
    #[command(subcommand)]
    Config(config::ConfigCommand),
    /// Say whether configuration, directory, store and clock are as they should be
    Check(check::Check),
    /// Look at or change institutions, people, co-ops, departments and widgets
    #[command(subcommand)]
    Directory(directory::DirectoryCommand),
    /// Say who would be rung through a widget, and why each other would not
    Explain(hours::Explain),
    /// List the hours in which a co-op promises answers and nobody is due
    Forecast(hours::Forecast),
    /// Change how a person signs in
    #[command(subcommand)]
    User(user::UserCommand),
    /// Make tokens without a sign-in
    #[command(subcommand)]
    Token(token::TokenCommand),
    /// Look at what is stored
    #[command(subcommand)]
    Log(log::LogCommand),
    /// Copy the whole store into a file, also while the broker runs
    Backup(backup::Backup),
    /// Make a store from a backup
    Restore(restore::Restore),
}

/// Why a command did not do what it was asked.
#[derive(Debug, thiserror::Error)]
enum CliError {
    /// The settings are wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The broker, or the rules, say no.
    #[error("{0}")]
    Refused(String),
    /// A file or the terminal.
    #[error("{what}: {source}")]
    Io {
        /// Which.
        what: String,
        /// Why.
        source: std::io::Error,
    },
    /// The store.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The store's secrets.
    #[error(transparent)]
    Secrets(#[from] SecretsError),
    /// A password.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// Log lines.
    #[error(transparent)]
    Telemetry(#[from] TelemetryError),
    /// The broker.
    #[error(transparent)]
    App(#[from] AppError),
}

impl CliError {
    /// Says which file it was.
    fn io(what: impl ToString) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::Io { what: what.to_string(), source }
    }
}

/// Does what the command line says.
pub fn run() -> ExitCode {
    // Everything this process writes is its owner's: the store holds keys and what people said.
    rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
    let Cli { settings, command } = Cli::parse();
    match command.run(&settings) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            terminal::complain(&error);
            ExitCode::FAILURE
        }
    }
}

impl Command {
    fn run(self, settings: &Settings) -> Result<(), CliError> {
        match self {
            Self::Serve(it) => it.run(settings),
            Self::Init(it) => it.run(settings),
            Self::Config(it) => it.run(settings),
            Self::Check(it) => it.run(settings),
            Self::Directory(it) => it.run(settings),
            Self::Explain(it) => it.run(settings),
            Self::Forecast(it) => it.run(settings),
            Self::User(it) => it.run(settings),
            Self::Token(it) => it.run(settings),
            Self::Log(it) => it.run(settings),
            Self::Backup(it) => it.run(settings),
            Self::Restore(it) => it.run(settings),
        }
    }
}

impl Settings {
    fn load(&self) -> Result<Config, CliError> {
        let pairs = self.set.iter().map(|pair| match pair.split_once('=') {
            Some((key, value)) => Ok((key.trim().to_owned(), value.trim().to_owned())),
            None => Err(CliError::Refused(format!("--set takes KEY=VALUE, not {pair:?}"))),
        });
        let mut set: Vec<_> = pairs.collect::<Result<_, _>>()?;
        if let Some(log) = &self.log_at {
            let is_redis = log.starts_with("redis");
            let engine = if is_redis { "redis" } else { log };
            set.push(("store.engine".into(), engine.into()));
            set.extend(is_redis.then(|| ("redis.url".into(), log.clone())));
        }
        let flags = Flags { file: self.config.clone(), set };
        Ok(Config::load(&flags)?)
    }
}

/// Runs a command's requests to their end, on this thread.
fn wait_for<T>(work: impl Future<Output = Result<T, CliError>>) -> Result<T, CliError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(CliError::io("cannot start"))?.block_on(work)
}
