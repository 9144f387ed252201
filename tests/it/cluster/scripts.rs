//! Every conversation, as it is written, with neighbors on different nodes: each twice, with sides
//! swapped.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use deskbell::config::written::RedisDurability;
use deskbell_client::TcpConnector;
use deskbell_scripted_bot::{ClockControl, Outcome, Script, Sdk, Stage, play};
use deskbell_tests::cluster::Cluster;
use deskbell_tests::crowd;
use deskbell_tests::store::PASSWORD;
use jiff::Timestamp;
use tokio::sync::Mutex;

use crate::scripted::{origin_of, scripts};

/// What did not come after this will not come; nothing waits for it that passes.
const PATIENCE: Duration = Duration::from_secs(30);
/// Where all clocks begin: no script depends on it.
pub(super) const BEGIN: &str = "2026-03-02T09:00:00Z";

pub(super) fn clocks(cluster: &Cluster) -> Result<ClockControl, String> {
    let at = |node| {
        let address = cluster.node(node).admin_address.to_string();
        ClockControl::at(&address, Arc::new(TcpConnector::new())).map_err(|it| it.to_string())
    };
    Ok(at(0)?.and(at(1)?))
}

/// Kills both brokers and starts them again when it is `from`; the server goes on.
async fn restart(cluster: Arc<Mutex<Cluster>>, from: Timestamp) -> Result<ClockControl, String> {
    let mut cluster = cluster.lock().await;
    cluster.set_clocks(from);
    for node in 0..2 {
        cluster.kill_node(node);
    }
    for node in 0..2 {
        cluster.start_node(node).await;
    }
    clocks(&cluster)
}

async fn verdict(path: &Path, swapped: usize) -> Result<(), String> {
    let text = fs::read_to_string(path).map_err(|error| error.to_string())?;
    let script = Script::read(&path.display().to_string(), &text).map_err(|it| it.to_string())?;
    let from: Timestamp = BEGIN.parse().expect("a moment");
    let cluster = Cluster::with_clocks(RedisDurability::Async, &crowd::SETTINGS, Some(from)).await;
    let urls = [cluster.url(0), cluster.url(1)];
    let clock = clocks(&cluster)?;
    let cluster = Arc::new(Mutex::new(cluster));
    let stage = Stage {
        url: Arc::new(move |place| urls[(place + swapped) % 2].clone()),
        sdk: Sdk::Rust,
        connector: Arc::new(TcpConnector::new()),
        password_of: Arc::new(|_| Some(PASSWORD.to_owned())),
        origin_of: Arc::new(|widget| Some(origin_of(widget))),
        clock: Some(clock),
        several_nodes: true,
        restart: Some(Arc::new(move |from| Box::pin(restart(cluster.clone(), from)))),
        patience: PATIENCE,
        pace: Duration::ZERO,
        narrator: None,
    };
    match play(&script, &stage).await {
        Ok(Outcome::Passed) => Ok(()),
        Ok(Outcome::Skipped { why }) => Err(format!("skipped: {why}")),
        Err(failure) => Err(failure.to_string()),
    }
}

/// Every other script, from `first` on: a test of its own, to run beside the rest.
async fn play_half(first: usize, swapped: usize) {
    let mut failed = Vec::new();
    for path in scripts().iter().skip(first).step_by(2) {
        if let Err(why) = verdict(path, swapped).await {
            failed.push(format!("{}\n{why}", path.display()));
        }
    }
    assert!(failed.is_empty(), "{} scripts failed:\n{}", failed.len(), failed.join("\n\n"));
}

#[tokio::test]
async fn one_half_of_the_scripts_plays_with_neighbors_on_different_nodes() {
    play_half(0, 0).await;
}

#[tokio::test]
async fn one_half_of_the_scripts_plays_with_sides_swapped() {
    play_half(0, 1).await;
}

#[tokio::test]
async fn the_other_half_plays_with_neighbors_on_different_nodes() {
    play_half(1, 0).await;
}

#[tokio::test]
async fn the_other_half_plays_with_sides_swapped() {
    play_half(1, 1).await;
}
