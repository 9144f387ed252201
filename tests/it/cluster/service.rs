//! What two brokers on one server are to those who use them: one desk. Not here: how it gets along
//! without its server (`outage`).

use std::sync::Arc;
use std::time::Duration;

use deskbell::config::written::RedisDurability;
use deskbell::secrets::redis::RedisSecrets;
use deskbell::secrets::{Keys, Secrets as _};
use deskbell_protocol::codes::{CloseCode, ErrorCode};
use deskbell_tests::broker;
use deskbell_tests::cluster::Cluster;
use deskbell_tests::crowd;
use deskbell_tests::raw::{BIRCH_PAGE, Raw, fresh_uuid, http, operator_token, patron_token};
use deskbell_tests::redis::Redis;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::codes::{done, monitor, refused, ring};

/// What did not come after this will not come.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);
/// Chats that two operators claim at the same time.
const RACES: usize = 1_000;

pub(super) async fn keys(cluster: &Cluster) -> Arc<Keys> {
    let server = cluster.redis.open().await;
    let opened = tokio::task::spawn_blocking(move || RedisSecrets::open(&server, None));
    opened.await.expect("no panic").expect("the store has keys").keys()
}

/// An operator on a node, who is online and monitors the co-op: patrons can ring on either by now.
pub(super) async fn operator(cluster: &Cluster, keys: &Keys, node: usize, user: &str) -> Raw {
    let mut raw = Raw::operator(cluster.node(node).address, keys, user).await;
    monitor(&mut raw).await;
    for node in 0..2 {
        let address = cluster.node(node).address;
        let known = async {
            loop {
                let (_, page) = http(address, "GET /v1/widgets/birch-home", &[], "").await;
                if page.contains(r#""availability":"online""#) {
                    return;
                }
            }
        };
        timeout(PATIENCE, known).await.expect("each node knows that somebody is there");
    }
    raw
}

pub(super) async fn patron(cluster: &Cluster, keys: &Keys, node: usize) -> Raw {
    Raw::patron(cluster.node(node).address, keys, "birch-home").await
}

/// Waits for a frame that is so, and takes it out of what was heard.
pub(super) async fn hears(raw: &mut Raw, so: impl Fn(&Value) -> bool) -> Value {
    let hearing = async {
        loop {
            if let Some(place) = raw.heard.iter().position(&so) {
                return raw.heard.remove(place);
            }
            let frame = raw.next().await.expect("the connection stays");
            raw.heard.push(frame);
        }
    };
    timeout(PATIENCE, hearing).await.expect("it is heard")
}

pub(super) fn says(frame: &Value, text: &str) -> bool {
    frame["type"] == "chat.event" && frame["event"]["text"] == text
}

#[tokio::test]
async fn of_two_operators_on_different_nodes_one_wins_each_of_a_thousand_claims() {
    let cluster = Cluster::start(RedisDurability::Async, &crowd::SETTINGS).await;
    let keys = keys(&cluster).await;
    let token = operator_token(&keys, "lou", 3600);
    let (_, welcome) = Raw::greet(cluster.node(0).address, None, &token).await;
    assert_eq!(welcome["durability"], "redis-async", "{welcome}");
    let mut maya = operator(&cluster, &keys, 0, "maya").await;
    let mut ines = operator(&cluster, &keys, 1, "ines").await;
    let mut wins = [0; 2];
    for round in 0..RACES {
        let mut sam = patron(&cluster, &keys, round % 2).await;
        let chat = ring(&mut sam).await;
        let claim = || json!({ "chat": chat, "cmid": fresh_uuid() });
        let (one, other) =
            tokio::join!(maya.ask("chat.claim", claim()), ines.ask("chat.claim", claim()),);
        let won = [&one, &other].map(|answer| answer["type"] == "ok");
        assert_eq!(won.iter().filter(|it| **it).count(), 1, "round {round}: {one} {other}");
        let lost = if won[0] { &other } else { &one };
        refused(lost, ErrorCode::AlreadyClaimed);
        wins[usize::from(won[1])] += 1;
        done(&sam.write("chat.end", json!({ "chat": chat })).await);
        maya.heard.clear();
        ines.heard.clear();
    }
    eprintln!("claims won on each node: {wins:?}");
}

#[tokio::test]
async fn a_server_that_lost_a_part_of_a_chat_is_noticed_and_everybody_is_shown_what_is_left() {
    let mut cluster = Cluster::start(RedisDurability::Async, &[]).await;
    let keys = keys(&cluster).await;
    let mut maya = operator(&cluster, &keys, 0, "maya").await;
    let mut sam = patron(&cluster, &keys, 1).await;
    let chat = ring(&mut sam).await;
    done(&maya.write("chat.claim", json!({ "chat": chat })).await);
    done(&sam.write("chat.post", json!({ "chat": chat, "text": "kept" })).await);
    hears(&mut maya, |it| says(it, "kept")).await;
    let copy = cluster.redis.remember();
    for text in ["lost", "lost as well"] {
        done(&sam.write("chat.post", json!({ "chat": chat, "text": text })).await);
        hears(&mut maya, |it| says(it, text)).await;
    }
    cluster.redis.go_back_to(&copy);

    let shown = |it: &Value| it["type"] == "chat.snapshot" && it["reason"] == "diverged";
    for raw in [&mut maya, &mut sam] {
        let snapshot = hears(raw, shown).await;
        assert_eq!(snapshot["seq"], 3, "what is left: {snapshot}");
    }
    for node in 0..2 {
        cluster.node(node).ready().await;
        let (_, page) = http(cluster.node(node).admin_address, "GET /metrics", &[], "").await;
        assert!(page.contains("deskbell_histories_changed_total 1"), "node {node} counts it");
    }
    let on_record = async {
        while audit(&cluster).await.lines().count() < 2 {}
        audit(&cluster).await
    };
    let lines = timeout(PATIENCE, on_record).await.expect("each node puts it on record");
    let names = |line: &str| line.contains(chat.as_str().unwrap()) && line.contains("3 are left");
    assert!(lines.lines().all(names) && lines.contains(" 4:") && lines.contains(" 5:"), "{lines}");
    done(&maya.write("chat.post", json!({ "chat": chat, "text": "Say it again?" })).await);
    let heard = hears(&mut sam, |it| says(it, "Say it again?")).await;
    assert_eq!(heard["seq"], 4, "it stands where something else stood");
}

#[tokio::test]
async fn a_change_of_the_directory_through_one_node_counts_on_the_other() {
    let cluster = Cluster::start(RedisDurability::Async, &crowd::SETTINGS).await;
    let keys = keys(&cluster).await;
    let mut pia = operator(&cluster, &keys, 1, "pia").await;
    let mut admin = Raw::operator(cluster.node(0).address, &keys, "cora").await;
    let revoke = json!({ "coop": "tri-county", "user": "pia" });
    done(&admin.ask("access.revoke", revoke).await);
    let fields = json!({ "status": "online", "monitoring": ["coop/tri-county"] });
    let answered = async {
        loop {
            let answer = pia.ask("presence.set", fields.clone()).await;
            if answer["type"] == "error" {
                return answer;
            }
        }
    };
    let answer = timeout(PATIENCE, answered).await.expect("the change arrives");
    refused(&answer, ErrorCode::TargetNotAllowed);
}

/// How many others monitor the co-op, as an operator is told.
pub(super) async fn colleagues(raw: &mut Raw) -> usize {
    let queues = raw.ask("desk.queues", json!({})).await;
    let coops = queues["coops"].as_array().expect("a list").clone();
    let coop = coops.iter().find(|it| it["target"] == "coop/tri-county");
    coop.expect("she may monitor it")["others"].as_array().expect("a list").len()
}

#[tokio::test]
async fn the_same_app_again_takes_over_wherever_it_connects() {
    let cluster = Cluster::start(RedisDurability::Async, &[]).await;
    let keys = keys(&cluster).await;
    let patron = ("birch", patron_token(&keys, "birch-home"), Some(BIRCH_PAGE));
    let operator = ("maya", operator_token(&keys, "maya", 3600), None);
    for (whose, token, origin) in [patron, operator] {
        let hello = json!({ "token": token, "client": fresh_uuid() });
        let open = async |node: usize| {
            let mut raw = Raw::open(cluster.node(node).address, origin).await;
            let answer = raw.ask("hello", hello.clone()).await;
            assert_eq!(answer["type"], "welcome", "{whose}: {answer}");
            raw
        };
        let mut before = open(0).await;
        for node in [1, 0, 1] {
            let mut after = open(node).await;
            assert_eq!(before.closed().await, CloseCode::Superseded.number(), "{whose}");
            done(&after.ask("sync", json!({})).await);
            before = after;
        }
    }
}

#[tokio::test]
async fn people_of_a_killed_broker_count_no_longer_than_its_lease() {
    let mut cluster = Cluster::start(RedisDurability::Async, &crowd::SETTINGS).await;
    let keys = keys(&cluster).await;
    let mut maya = operator(&cluster, &keys, 0, "maya").await;
    let mut ines = operator(&cluster, &keys, 1, "ines").await;
    let mut sam = patron(&cluster, &keys, 1).await;
    let chat = ring(&mut sam).await;
    done(&maya.ask("sync", json!({})).await);
    done(&maya.write("chat.claim", json!({ "chat": chat })).await);
    while colleagues(&mut ines).await == 0 {}
    cluster.kill_node(0);
    // That her librarian is away for now is not the patron's affair.
    hears(&mut sam, |it| it["type"] == "chat.event" && it["event"]["type"] == "hidden").await;
    assert_eq!(colleagues(&mut ines).await, 0);
}

/// What `deskbell log audit` says.
async fn audit(cluster: &Cluster) -> String {
    let folder = tempfile::tempdir().expect("a directory of the command's own");
    let settings = cluster.redis.settings();
    let mut arguments = vec!["log", "audit"];
    arguments.extend(settings.iter().flat_map(|it| ["--set", it.as_str()]));
    let output = broker::command(folder.path(), &arguments).await;
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[tokio::test]
async fn a_user_who_may_do_what_the_manual_says_is_all_that_a_broker_needs() {
    let manual = include_str!("../../../docs/operating.md");
    let line = manual.lines().find(|it| it.starts_with("ACL SETUSER deskbell"));
    let line = line.expect("the manual says so").replace("PASSWORD", "a-password");
    let redis = Redis::start(RedisDurability::Async).await;
    assert_eq!(redis.command(&line.split(' ').collect::<Vec<_>>()).await, "OK");
    let folder = tempfile::tempdir().expect("a directory for a password");
    let file = folder.path().join("password");
    std::fs::write(&file, "a-password\n").expect("a password is written");
    let login =
        ["redis.user=deskbell".to_owned(), format!("redis.password_file={}", file.display())];
    let mut cluster = Cluster::on(redis, &login.each_ref().map(String::as_str), None).await;
    let keys = keys(&cluster).await;
    let mut maya = operator(&cluster, &keys, 0, "maya").await;
    let mut sam = patron(&cluster, &keys, 1).await;
    let chat = ring(&mut sam).await;
    done(&maya.write("chat.claim", json!({ "chat": chat })).await);
    done(&maya.write("chat.post", json!({ "chat": chat, "text": "Hello" })).await);
    hears(&mut sam, |it| says(it, "Hello")).await;
    done(&maya.ask("sign_out", json!({ "anyway": true })).await);
    let who = cluster.redis.command(&["CLIENT", "LIST"]).await;
    assert_eq!(who.lines().filter(|it| it.contains("user=deskbell")).count(), 4, "{who}");
    let may = cluster.redis.command(&["ACL", "DRYRUN", "deskbell", "BGREWRITEAOF"]).await;
    assert_eq!(may, "OK", "which an erasure asks for");
    for node in 0..2 {
        cluster.terminate_node(node).await;
    }
    assert_eq!(cluster.redis.command(&["ACL", "LOG"]).await, "", "nothing was denied");
}

#[tokio::test]
async fn commands_work_on_a_store_that_brokers_use() {
    let cluster = Cluster::start(RedisDurability::Async, &[]).await;
    let folder = tempfile::tempdir().expect("a directory of the command's own");
    let settings = cluster.redis.settings();
    let mut arguments = vec!["log", "verify"];
    arguments.extend(settings.iter().flat_map(|it| ["--set", it.as_str()]));
    let verified = broker::command(folder.path(), &arguments).await;
    let said = String::from_utf8_lossy(&verified.stdout).into_owned();
    assert!(verified.status.success() && said.contains("as written"), "{verified:?}");
}
