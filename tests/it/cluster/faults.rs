//! What befalls two brokers and their server while a crowd chats through both, and what must hold
//! all the same: judged by [`deskbell_tests::history`] in the raw frames and in the stored log.

use std::time::Duration;

use deskbell::config::written::RedisDurability;
use deskbell_tests::cluster::Cluster;
use deskbell_tests::crowd::{self, Crowd};
use deskbell_tests::front::{Front, Way};
use deskbell_tests::history::assert_good;
use deskbell_tests::redis::signal;
use deskbell_tests::seed;
use tokio::time::Instant;

/// Chats at a time, at least.
const PATRONS: usize = 24;
/// Answers that a crowd waits for between two faults.
const ENOUGH: usize = 400;
/// A stopped broker's connections look dead to its clients soon.
const PINGS: [&str; 2] = ["limits.ping_ms=1000", "limits.pong_ms=2000"];

/// A crowd before two brokers.
struct Load {
    cluster: Cluster,
    front: Front,
    crowd: Crowd,
}

impl Load {
    async fn on(durability: RedisDurability, run: &str) -> Self {
        let further = [&crowd::SETTINGS[..], &PINGS[..]].concat();
        Self::before(Cluster::start(durability, &further).await, run).await
    }

    async fn before(cluster: Cluster, run: &str) -> Self {
        let front = Front::before(cluster.addresses()).await;
        let crowd = Crowd::gather(&front.url(), seed::of(run), PATRONS).await;
        let mut load = Self { cluster, front, crowd };
        load.goes_on("the first load").await;
        load
    }

    /// Waits until the crowd was answered often enough from now on.
    async fn goes_on(&mut self, what: &str) {
        let enough = self.crowd.progress().answered + ENOUGH;
        self.crowd.until(what, |it| it.answered >= enough).await;
    }

    /// Everybody comes back, finishes and hears all; then everything is judged.
    async fn judge(mut self) {
        let everybody = self.crowd.len();
        self.crowd.until("everybody back", |it| it.open == everybody).await;
        let recorder = self.crowd.recorder().progress();
        let history = self.crowd.disperse().await;
        let progress = *recorder.borrow();
        assert_eq!(progress.answered, progress.invoked, "every write gets its answer");
        let stored = self.cluster.redis.read().await;
        assert!(stored.len() > ENOUGH, "something happened");
        assert_good(&history, &stored);
    }
}

#[tokio::test]
async fn nothing_is_lost_or_doubled_when_one_broker_after_the_other_is_killed() {
    let mut load = Load::on(RedisDurability::Async, "killed brokers").await;
    for round in 0..6 {
        let node = round % 2;
        load.cluster.kill_node(node);
        load.goes_on("load on the other one").await;
        load.cluster.start_node(node).await;
        load.goes_on("load on both").await;
    }
    load.judge().await;
}

#[tokio::test]
async fn a_broker_that_stood_still_for_a_minute_decides_nothing_by_what_it_knew() {
    let mut load = Load::on(RedisDurability::Async, "a stopped broker").await;
    let stopped = load.cluster.node(0).pid();
    signal(stopped, "STOP");
    let began = Instant::now();
    // A front takes a broker out that answers nothing.
    load.front.set_targets(load.cluster.addresses()[1..].to_vec());
    for part in 1..=3 {
        let end = Duration::from_secs(20) * part;
        load.crowd.until("a minute of load", |_| began.elapsed() >= end).await;
    }
    load.goes_on("load on the other one").await;
    load.front.set_targets(load.cluster.addresses());
    signal(stopped, "CONT");
    load.goes_on("load on both").await;
    load.judge().await;
}

#[tokio::test]
async fn nothing_is_lost_when_a_server_that_flushes_is_killed_and_started_again() {
    let mut load = Load::on(RedisDurability::Disk, "a killed server").await;
    for round in 0..4 {
        if round % 2 == 0 {
            load.cluster.redis.kill();
        } else {
            load.cluster.redis.terminate();
        }
        load.cluster.redis.start_again();
        load.goes_on("load on the server as it kept everything").await;
    }
    load.judge().await;
}

#[tokio::test]
async fn a_server_that_stands_still_holds_everybody_up_and_loses_nothing() {
    let mut load = Load::on(RedisDurability::Async, "a stopped server").await;
    let server = load.cluster.redis.pid().expect("it runs");
    signal(server, "STOP");
    for node in 0..2 {
        // Asks the server, and is told when it has waited long enough.
        load.cluster.node(node).not_ready().await;
    }
    signal(server, "CONT");
    load.goes_on("load on the server as it goes on").await;
    load.judge().await;
}

#[tokio::test]
async fn a_broker_that_is_cut_off_from_its_server_keeps_its_clients_and_catches_up() {
    let further = [&crowd::SETTINGS[..], &PINGS[..]].concat();
    let mut cluster = Cluster::start(RedisDurability::Async, &further).await;
    let way = Way::to(cluster.redis.socket());
    cluster.kill_node(0);
    cluster.set(0, format!("redis.url={}", way.url()));
    cluster.start_node(0).await;
    let mut load = Load::before(cluster, "a broker cut off").await;
    for _ in 0..3 {
        way.cut(true);
        load.cluster.node(0).not_ready().await;
        way.cut(false);
        load.goes_on("load on both again").await;
    }
    load.judge().await;
}

#[tokio::test]
async fn who_listens_to_the_server_may_be_cut_off_at_any_time() {
    let mut load = Load::on(RedisDurability::Async, "killed listeners").await;
    for _ in 0..8 {
        let killed = load.cluster.redis.command(&["CLIENT", "KILL", "TYPE", "pubsub"]).await;
        assert!(killed.parse::<u32>().is_ok(), "{killed}");
        load.goes_on("load after the cut").await;
    }
    load.judge().await;
}

#[tokio::test]
async fn a_slow_server_makes_everybody_slow_and_nothing_else() {
    let mut load = Load::on(RedisDurability::Async, "a slow server").await;
    for _ in 0..40 {
        // What is asked meanwhile waits, this test's next command too.
        let paused = load.cluster.redis.command(&["CLIENT", "PAUSE", "150", "ALL"]).await;
        assert_eq!(paused, "OK");
    }
    load.goes_on("load on a server that is quick again").await;
    load.judge().await;
}
