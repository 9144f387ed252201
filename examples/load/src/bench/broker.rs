//! The broker under load: its configuration, its directory, its operators' tokens, a fresh store
//! for each run.
//!
//! Tokens are minted once, into a first store that is then copied for each run. Everything stands
//! in the bench's own folder; the configuration is the shipped default but for the limits that a
//! load has to exceed, and is printed.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use tokio::time::sleep;

use super::SERVER_CORE;
use super::child::{Child, Output};
use crate::report;
use crate::server::{Desk, Server, http};

/// A page that the bench's widget and desks allow.
pub(crate) const ORIGIN: &str = "https://bench.example";
/// Through which the bench's patrons ring.
pub(crate) const WIDGET: &str = "bench";
/// Where they ring.
pub(crate) const QUEUE: &str = "coop/bench";

/// More connections than this share the operators: a person may have several devices, and minting
/// takes a process for each.
const OPERATORS: usize = 2_000;

/// A broker that can be started again and again.
pub(crate) struct Broker {
    pub(super) binary: PathBuf,
    pub(super) config: PathBuf,
    log: PathBuf,
    /// What a run uses.
    pub(super) store: PathBuf,
    /// What each run begins with.
    pub(super) template: PathBuf,
    address: SocketAddr,
    admin: SocketAddr,
    tokens: Vec<String>,
}

impl Broker {
    /// Writes `bench.toml` and the directory, mints the tokens, prints the configuration.
    pub(crate) async fn prepare(binary: &Path, place: &Path, operators: usize) -> Result<Self> {
        let binary = binary.canonicalize().with_context(|| {
            format!("no broker at {}: `cargo build --release -p deskbell`", binary.display())
        })?;
        let operators = operators.clamp(1, OPERATORS);
        let mut broker = Self {
            binary,
            config: place.join("bench.toml"),
            log: place.join("broker.log"),
            store: place.join("store"),
            template: place.join("template"),
            address: free_address()?,
            admin: free_address()?,
            tokens: Vec::new(),
        };
        for old in [&broker.store, &broker.template] {
            if old.exists() {
                std::fs::remove_dir_all(old)?;
            }
        }
        std::fs::create_dir_all(&broker.store)?;
        let people = place.join("directory.toml");
        std::fs::write(&people, directory_toml(operators))?;
        let config = broker.config_toml(&people);
        std::fs::write(&broker.config, &config)?;
        report::say(&format!("bench.toml (all else is the shipped default):\n\n{config}"))?;

        let child = broker.launch().await?;
        for number in 1..=operators {
            let token = broker.mint(&user(number))?;
            broker.tokens.push(token);
        }
        child.terminate().await?;
        std::fs::rename(&broker.store, &broker.template)?;
        Ok(broker)
    }

    /// Starts it on a fresh copy of the first store.
    pub(crate) async fn start(&mut self) -> Result<(Child, Server)> {
        if self.store.exists() {
            std::fs::remove_dir_all(&self.store)?;
        }
        copy_folder(&self.template, &self.store)?;
        let child = self.launch().await?;
        let (address, pid, desk) = (self.address, child.pid(), Some(self.desk(self.admin)));
        Ok((child, Server { address, pid, cluster: None, desk }))
    }

    /// What it takes to sit down at it.
    pub(super) fn desk(&self, admin: SocketAddr) -> Desk {
        Desk {
            admin: Some(admin),
            origin: ORIGIN.to_owned(),
            widget: WIDGET.to_owned(),
            queue: QUEUE.to_owned(),
            tokens: self.tokens.clone(),
        }
    }

    /// Starts it on the store as it stands and waits until it is ready.
    async fn launch(&self) -> Result<Child> {
        self.launch_as(&self.config, &self.log, self.admin, &[]).await
    }

    /// The same by another configuration, or with further settings.
    pub(super) async fn launch_as(
        &self,
        config: &Path,
        log: &Path,
        admin: SocketAddr,
        settings: &[String],
    ) -> Result<Child> {
        const PATIENCE: u32 = 600;
        let mut arguments = vec!["serve".as_ref(), "--config".as_ref(), config.as_os_str()];
        arguments.extend(settings.iter().flat_map(|it| [OsStr::new("--set"), OsStr::new(it)]));
        let mut child = Child::start(&self.binary, &arguments, SERVER_CORE, log, Output::Logged)?;
        for _ in 0..PATIENCE {
            child.check()?;
            if http(admin, "GET /readyz", "", "").await.is_ok() {
                return Ok(child);
            }
            sleep(Duration::from_millis(50)).await;
        }
        bail!("the broker is not ready after 30 s: see {}", self.log.display());
    }

    fn mint(&self, user: &str) -> Result<String> {
        let output = Command::new(&self.binary)
            .args(["token", "mint", user, "--count", "1", "--hours", "4"])
            .args(["--note", "deskbell-load bench", "--config"])
            .arg(&self.config)
            .output()?;
        let said = String::from_utf8(output.stdout)?;
        ensure!(
            output.status.success() && !said.trim().is_empty(),
            "no token for {user}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(said.lines().next().unwrap_or_default().trim().to_owned())
    }

    fn config_toml(&self, people: &Path) -> String {
        let Self { address, admin, store, .. } = self;
        format!(
            "[server]\n\
             listen = \"{address}\"\n\
             admin_listen = \"{admin}\"\n\
             desk_origins = [\"{ORIGIN}\"]\n\
             \n\
             [store]\n\
             directory = \"{}\"\n\
             directory_file = \"{}\"\n\
             \n\
             [limits]\n\
             # One connection of the closed loop sends as fast as it is answered.\n\
             requests_per_second = 1000000\n\
             requests_burst = 1000000\n\
             # One patron rings for all watchers, and the next ring may overtake an end.\n\
             patron_chats = 128\n",
            store.display(),
            people.display(),
        )
    }
}

/// The login name of the `number`th operator, from 1.
pub(crate) fn user(number: usize) -> String {
    format!("op{number:04}")
}

/// One co-op whose one library contributes, one widget that rings there, and its operators.
fn directory_toml(operators: usize) -> String {
    let mut toml = format!(
        "[institutions.bench-library]\n\
         name = \"Bench Library\"\n\
         time_zone = \"Europe/Berlin\"\n\
         \n\
         [widgets.{WIDGET}]\n\
         institution = \"bench-library\"\n\
         name = \"Ask us\"\n\
         options = [\"{QUEUE}\"]\n\
         origins = [\"{ORIGIN}\"]\n\
         \n\
         [coops.bench]\n\
         name = \"Bench Co-op\"\n\
         members.bench-library = {{ contributing = true }}\n"
    );
    for number in 1..=operators {
        let _ = writeln!(toml, "users.{} = \"regular\"", user(number));
    }
    for number in 1..=operators {
        let _ = write!(
            toml,
            "\n[users.{}]\ninstitution = \"bench-library\"\nname = \"Operator {number}\"\n",
            user(number)
        );
    }
    toml
}

pub(super) fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        // What is neither, such as the socket of a broker that has stopped, is not part of a store.
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else if entry.file_type()?.is_file() {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operator_stands_in_the_directory_once_and_may_monitor_the_co_op() {
        let toml = directory_toml(2);
        for operator in ["op0001", "op0002"] {
            assert_eq!(toml.matches(&format!("\n[users.{operator}]\n")).count(), 1);
            assert_eq!(toml.matches(&format!("\nusers.{operator} = \"regular\"\n")).count(), 1);
        }
        let coop = toml.find("[coops.bench]").unwrap();
        let between = &toml[coop + 1..toml.find("users.op0001").unwrap()];
        assert!(!between.contains('['), "the co-op's users stand in the co-op: {between}");
    }

    #[test]
    fn a_store_is_copied_with_its_folders() {
        let place = std::env::temp_dir().join(format!("deskbell-load-{}", std::process::id()));
        std::fs::create_dir_all(place.join("from/keys")).unwrap();
        std::fs::write(place.join("from/keys/key"), "k").unwrap();
        copy_folder(&place.join("from"), &place.join("to")).unwrap();
        let copied = std::fs::read_to_string(place.join("to/keys/key"));
        std::fs::remove_dir_all(&place).unwrap();
        assert_eq!(copied.unwrap(), "k");
    }
}
