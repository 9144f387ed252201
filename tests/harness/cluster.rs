//! Two brokers on one Redis server.

use std::net::SocketAddr;
use std::path::Path;

use deskbell::config::written::RedisDurability;
use jiff::Timestamp;
use tempfile::TempDir;

use crate::broker::{Broker, Options, lasting_address};
use crate::redis::Redis;

/// Both brokers and their server.
pub struct Cluster {
    /// The server that they share.
    pub redis: Redis,
    /// The brokers that run.
    pub nodes: [Option<Broker>; 2],
    options: [Options; 2],
    _folders: [TempDir; 2],
}

impl Cluster {
    /// Starts all three.
    pub async fn start(durability: RedisDurability, further: &[&str]) -> Self {
        Self::with_clocks(durability, further, None).await
    }

    /// The same with clocks that move only when told, both from a moment on.
    pub async fn with_clocks(
        durability: RedisDurability,
        further: &[&str],
        clock_from: Option<Timestamp>,
    ) -> Self {
        Self::on(Redis::start(durability).await, further, clock_from).await
    }

    /// The same on a server that has a store already.
    pub async fn on(redis: Redis, further: &[&str], clock_from: Option<Timestamp>) -> Self {
        let folders = [(); 2].map(|()| tempfile::tempdir().expect("a directory for a broker"));
        let options = [0, 1].map(|node: usize| Options {
            listen: lasting_address(),
            manual_clock: clock_from.is_some(),
            clock_from,
            set: redis
                .settings()
                .into_iter()
                .chain(further.iter().map(ToString::to_string))
                .collect(),
            ..Options::new(folders[node].path())
        });
        let mut cluster = Self { redis, nodes: [None, None], options, _folders: folders };
        cluster.start_node(0).await;
        cluster.start_node(1).await;
        cluster
    }

    /// Starts a broker that does not run.
    pub async fn start_node(&mut self, node: usize) {
        assert!(self.nodes[node].is_none(), "it runs already");
        self.nodes[node] = Some(Broker::start_apart(&self.options[node]).await);
    }

    /// A broker that runs.
    pub fn node(&self, node: usize) -> &Broker {
        self.nodes[node].as_ref().expect("it runs")
    }

    /// Where a broker is, running or not.
    pub fn url(&self, node: usize) -> String {
        format!("http://{}", self.options[node].listen)
    }

    /// The directory of a broker's own, running or not.
    pub fn directory(&self, node: usize) -> &Path {
        &self.options[node].store
    }

    /// SIGKILL.
    pub fn kill_node(&mut self, node: usize) {
        self.nodes[node].take().expect("it runs").kill();
    }

    /// SIGTERM, and waits until it is gone.
    pub async fn terminate_node(&mut self, node: usize) {
        self.nodes[node].take().expect("it runs").terminate_apart().await;
    }

    /// Where both brokers listen.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.options.iter().map(|it| it.listen).collect()
    }

    /// Further settings of a broker, from its next start on.
    pub fn set(&mut self, node: usize, setting: String) {
        self.options[node].set.push(setting);
    }

    /// Where clocks begin at the next start.
    pub fn set_clocks(&mut self, from: Timestamp) {
        for options in &mut self.options {
            options.clock_from = Some(from);
        }
    }
}
