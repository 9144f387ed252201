//! Two brokers on one Redis server, all three on the server's core: patrons sit at one broker,
//! operators at the other, so that every message crosses.
//!
//! Each run begins with a fresh server, into which the bench's first store is copied.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, bail};
use tokio::time::sleep;

use super::SERVER_CORE;
use super::broker::{Broker, free_address};
use super::child::{Child, Output};
use crate::server::{Cluster, Server};

/// What an acknowledgement means.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Level {
    Async,
    Disk,
}

impl Level {
    pub(super) const ALL: [Self; 2] = [Self::Async, Self::Disk];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Async => "redis-async",
            Self::Disk => "redis-disk",
        }
    }

    fn fsync(self) -> &'static str {
        match self {
            Self::Async => "everysec",
            Self::Disk => "always",
        }
    }
}

/// All that runs.
pub(crate) struct Nodes {
    brokers: Vec<Child>,
    redis: Child,
}

impl Nodes {
    /// Stops the brokers, then their server.
    pub(crate) async fn terminate(self) -> Result<()> {
        for broker in self.brokers {
            broker.terminate().await?;
        }
        self.redis.terminate().await
    }

    /// Kills the first broker: nothing of it gets another turn.
    pub(crate) fn kill_first(&mut self) {
        drop(self.brokers.remove(0));
    }
}

impl Broker {
    /// Starts two on a fresh server.
    pub(crate) async fn start_cluster(&mut self, level: Level) -> Result<(Nodes, Server)> {
        let place = self.store.with_file_name("redis");
        if place.exists() {
            std::fs::remove_dir_all(&place)?;
        }
        std::fs::create_dir_all(&place)?;
        let mut redis = start_redis(&place, level)?;
        let url = format!("redis+unix://{}", place.join("redis.sock").display());
        self.copy_into(&mut redis, &url, level).await?;
        let (mut brokers, mut at) = (Vec::new(), Vec::new());
        for node in 0..2 {
            let (address, admin) = (free_address()?, free_address()?);
            let settings = [
                format!("server.listen={address}"),
                format!("server.admin_listen={admin}"),
                format!("store.directory={}", place.join(format!("node-{node}")).display()),
                "store.engine=redis".to_owned(),
                format!("redis.url={url}"),
                format!("redis.durability={}", level.name()),
            ];
            let log = place.join(format!("node-{node}.log"));
            brokers.push(self.launch_as(&self.config, &log, admin, &settings).await?);
            at.push((address, admin));
        }
        let cluster = Cluster {
            name: level.name(),
            operators_at: at[1].0,
            pid: brokers[1].pid(),
            store_pid: redis.pid(),
        };
        let (address, pid, desk) = (at[0].0, brokers[0].pid(), Some(self.desk(at[0].1)));
        let server = Server { address, pid, cluster: Some(cluster), desk };
        Ok((Nodes { brokers, redis }, server))
    }

    /// Copies the first store into the server, as soon as that takes it.
    async fn copy_into(&self, redis: &mut Child, url: &str, level: Level) -> Result<()> {
        const PATIENCE: u32 = 200;
        let from = format!("sqlite:{}", self.template.display());
        let mut said = String::new();
        for _ in 0..PATIENCE {
            redis.check()?;
            let output = Command::new(&self.binary)
                .args(["log", "copy", &from, url, "--config"])
                .arg(&self.config)
                .args(["--set", &format!("redis.durability={}", level.name())])
                .output()?;
            if output.status.success() {
                return Ok(());
            }
            said = String::from_utf8_lossy(&output.stderr).into_owned();
            sleep(Duration::from_millis(50)).await;
        }
        bail!("the store is not copied into Redis: {said}")
    }
}

fn start_redis(place: &Path, level: Level) -> Result<Child> {
    let directory = place.display().to_string();
    let arguments: Vec<&OsStr> = [
        "--port",
        "0",
        "--unixsocket",
        "redis.sock",
        "--dir",
        &directory,
        "--save",
        "",
        "--appendonly",
        "yes",
        "--appendfsync",
        level.fsync(),
    ]
    .map(OsStr::new)
    .into();
    let log = place.join("redis.log");
    Child::start(Path::new("redis-server"), &arguments, SERVER_CORE, &log, Output::Logged)
}
