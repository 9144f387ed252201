//! `deskbell init`: from nothing to a store that a first administrator can sign in to.
//!
//! It never overwrites: an interrupted run is completed by running it again, and one on a store
//! that has a directory already is refused. No password ever stands in a file.

use std::fs::DirBuilder;
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use clap::Args;
use deskbell_protocol::ids::UserId;

use super::desk::Desk;
use super::{CliError, Settings, directory, password, remote, terminal, wait_for};
use crate::admin::wire::{ApplyDirectory, DirectoryApplied, LinkCreated, Status};
use crate::config::{CONFIG_FILE, Config, Flags, document};
use crate::secrets::sqlite::SqliteSecrets;
use crate::secrets::{Keys, SecretsError};
use crate::world::SystemChance;

/// Make a store, a configuration and a first administrator.
#[derive(Debug, Args)]
#[command(after_help = "\
Asks for what no flag says. The administrator gets a link that works once, within 24 hours, or a
password with --prompt.

Examples:
  deskbell init
  deskbell init desk --institution 'Birch Public Library' --user maya --name 'Maya Birch'
  deskbell init desk --institution Birch --user maya --prompt")]
pub(super) struct Init {
    /// Where the configuration and the store go
    #[arg(default_value = ".")]
    dir: PathBuf,
    /// The first library's name
    #[arg(long)]
    institution: Option<String>,
    /// Its time zone, such as America/New_York
    #[arg(long, default_value = "UTC")]
    time_zone: String,
    /// The first administrator's login name
    #[arg(long)]
    user: Option<UserId>,
    /// Her name as patrons and colleagues see it [default: the login name]
    #[arg(long)]
    name: Option<String>,
    /// Set her password now instead of printing a link
    #[arg(long)]
    prompt: bool,
    /// Where browsers will find the broker, for the link [default: the address it listens on]
    #[arg(long, value_name = "URL")]
    url: Option<String>,
}

/// The first entries of the directory.
struct First {
    user: UserId,
    text: String,
}

impl Init {
    pub(super) fn run(self, settings: &Settings) -> Result<(), CliError> {
        if settings.config.is_some() {
            let what = "init writes DIR/deskbell.toml: name the directory, and leave out --config";
            return Err(CliError::Refused(what.into()));
        }
        if settings.log_at.is_some() {
            let what = "init makes a store in a directory: leave out --log, and move the store to \
                        Redis with `deskbell log copy` later";
            return Err(CliError::Refused(what.into()));
        }
        let first = self.first()?;
        make_directory(&self.dir)?;
        let file = self.dir.join(CONFIG_FILE);
        write_configuration(&file)?;
        let config = Config::load(&Flags { file: Some(file), set: Vec::new() })?;
        make_directory(&config.store_directory)?;
        if wait_for(remote::connect(&config.store_directory))?.is_some() {
            return Err(refused(&config, "a broker runs on this store already"));
        }
        make_keys(&config)?;
        wait_for(self.first_administrator(&config, first))
    }

    /// Asks for what the flags do not say, and checks all of it before anything is made.
    fn first(&self) -> Result<First, CliError> {
        let institution = match &self.institution {
            Some(name) => name.clone(),
            None => needed("What is your library called?", "--institution NAME")?,
        };
        let user = match &self.user {
            Some(user) => user.clone(),
            None => needed("The first administrator's login name?", "--user NAME")?
                .parse()
                .map_err(|error| CliError::Refused(format!("{error}")))?,
        };
        let name = match &self.name {
            Some(name) => name.clone(),
            None => terminal::ask("Her name as patrons see it?")?.unwrap_or_default(),
        };
        let name = if name.trim().is_empty() { user.to_string() } else { name };
        let id = slug(&institution);
        let (institution, name, zone) = (quoted(&institution), quoted(&name), &self.time_zone);
        let text = format!(
            "[institutions.{id}]\nname = {institution}\ntime_zone = {}\n\n\
             [users.\"{user}\"]\ninstitution = \"{id}\"\nname = {name}\nlevel = \"admin\"\n",
            quoted(zone)
        );
        directory::check(Path::new("the first library and administrator"), &text)?;
        Ok(First { user, text })
    }

    async fn first_administrator(&self, config: &Config, first: First) -> Result<(), CliError> {
        let mut desk = Desk::open_here(config).await?;
        let status: Status = desk.get("/status").await?;
        if status.directory_version > 0 {
            let what = "this store has a directory already: `deskbell directory apply` changes it, \
                        and `deskbell user password` lets somebody in";
            return Err(refused(config, what));
        }
        let asked = ApplyDirectory { text: first.text, prune: false, dry_run: false };
        let applied: DirectoryApplied = desk.post("/directory", &asked).await?;
        applied.lines.iter().try_for_each(terminal::remark)?;
        let user = first.user.as_str();
        if self.prompt {
            password::set(&mut desk, user).await?;
        } else {
            let link: LinkCreated = desk.post(&format!("/users/{user}/link"), &()).await?;
            let base = self.url.clone().unwrap_or_else(|| address(config));
            let (base, until) = (base.trim_end_matches('/'), link.expires);
            terminal::say(format!("Once, until {until:.0}, {user} sets her password at"))?;
            terminal::say(format!("  {base}/password#{}", link.secret))?;
        }
        let file = self.dir.join(CONFIG_FILE);
        terminal::say(format!("Next: deskbell serve --config {}", file.display()))
    }
}

fn needed(question: &str, flag: &str) -> Result<String, CliError> {
    let answer = terminal::ask(question)?.map(|answer| answer.trim().to_owned());
    let answer = answer.filter(|answer| !answer.is_empty());
    answer.ok_or_else(|| CliError::Refused(format!("nobody answered: say {flag}")))
}

fn make_directory(dir: &Path) -> Result<(), CliError> {
    DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(CliError::io(dir.display()))
}

fn write_configuration(file: &Path) -> Result<(), CliError> {
    let mut options = std::fs::OpenOptions::new();
    match options.write(true).create_new(true).mode(0o600).open(file) {
        Ok(mut opened) => {
            let text = document::commented(&[]);
            opened.write_all(text.as_bytes()).map_err(CliError::io(file.display()))?;
            terminal::remark(format!("wrote {}", file.display()))
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            terminal::remark(format!("kept {}", file.display()))
        }
        Err(error) => Err(CliError::io(file.display())(error)),
    }
}

fn make_keys(config: &Config) -> Result<(), CliError> {
    let store = &config.store_directory;
    match SqliteSecrets::create(store, Keys::generate(&SystemChance)) {
        Ok(_) => terminal::remark(format!("made keys in {}", store.display())),
        Err(SecretsError::AlreadyInitialized) => {
            terminal::remark(format!("kept the keys in {}", store.display()))
        }
        Err(error) => Err(error.into()),
    }
}

fn address(config: &Config) -> String {
    let scheme = if config.tls.is_some() { "https" } else { "http" };
    format!("{scheme}://{}", config.listen)
}

fn refused(config: &Config, what: &str) -> CliError {
    CliError::Refused(format!("{}: {what}", config.store_directory.display()))
}

/// An id out of a name: what it has of letters and digits, in lower case.
fn slug(name: &str) -> String {
    let words = name.split(|it: char| !it.is_ascii_alphanumeric()).filter(|it| !it.is_empty());
    let slug = words.collect::<Vec<_>>().join("-").to_ascii_lowercase();
    let slug = slug.get(..40).unwrap_or(&slug).trim_end_matches('-');
    if slug.is_empty() { "library".into() } else { slug.into() }
}

/// As a TOML string.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_made_of_any_name() {
        assert_eq!(slug("Birch Public Library"), "birch-public-library");
        assert_eq!(slug("St. Mary's (Main)"), "st-mary-s-main");
        assert_eq!(slug("図書館"), "library");
        assert_eq!(slug(&"a ".repeat(40)).len(), 39);
    }
}
