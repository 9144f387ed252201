//! A server that the bench started: pinned, logged, and never left behind.
//!
//! It is stopped by its process id; dropping it kills it.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use tokio::time::sleep;

/// Where a server's standard output goes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Output {
    /// To the bench, which reads its first line.
    Read,
    /// To the log.
    Logged,
}

/// A running server.
pub(crate) struct Child {
    process: std::process::Child,
    log: PathBuf,
}

impl Child {
    /// Starts `binary` on one core. What it says goes to `log`, all but the standard output of one
    /// whose [`Self::first_line`] is wanted.
    pub(super) fn start(
        binary: &Path,
        arguments: &[&OsStr],
        core: &str,
        log: &Path,
        output: Output,
    ) -> Result<Self> {
        let file = File::create(log)?;
        let stdout = match output {
            Output::Read => Stdio::piped(),
            Output::Logged => file.try_clone()?.into(),
        };
        // `taskset` becomes the server, so that the process id is the server's.
        let process = Command::new("taskset")
            .args(["-c", core])
            .arg(binary)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(stdout)
            .stderr(file)
            .spawn()
            .context("`taskset` does not start: install util-linux")?;
        Ok(Self { process, log: log.to_owned() })
    }

    /// The server's process id.
    pub(super) fn pid(&self) -> u32 {
        self.process.id()
    }

    /// What it prints first.
    pub(super) fn first_line(&mut self) -> Result<String> {
        let output = self.process.stdout.take().context("its output goes to the log")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        ensure!(!line.is_empty(), "the server ended at once: see {}", self.log.display());
        Ok(line.trim().to_owned())
    }

    /// Fails if it is no longer there.
    pub(super) fn check(&mut self) -> Result<()> {
        if let Some(status) = self.process.try_wait()? {
            bail!("the server ended with {status}: see {}", self.log.display());
        }
        Ok(())
    }

    /// Asks it to stop and waits until it has.
    pub(crate) async fn terminate(mut self) -> Result<()> {
        const PATIENCE: u32 = 350;
        Command::new("kill").args(["-TERM", &self.pid().to_string()]).status()?;
        for _ in 0..PATIENCE {
            if self.process.try_wait()?.is_some() {
                return Ok(());
            }
            sleep(Duration::from_millis(100)).await;
        }
        bail!("the server did not stop within 35 s of SIGTERM: see {}", self.log.display());
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // Both fail only if it has ended already, which is what they are for.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
