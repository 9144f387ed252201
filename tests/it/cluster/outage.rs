//! What people meet while their broker does not reach the server, or does not hear it, and when it
//! does again.

use std::time::Duration;

use deskbell::config::written::RedisDurability;
use deskbell_domain::chat::ChatEvent;
use deskbell_protocol::codes::ErrorCode;
use deskbell_tests::cluster::Cluster;
use deskbell_tests::crowd;
use deskbell_tests::front::Way;
use deskbell_tests::history::stored::StoredEvent;
use deskbell_tests::raw::{BIRCH_PAGE, Raw, fresh_uuid, http, patron_token};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::scripts::{BEGIN, clocks};
use super::service::{colleagues, hears, keys, operator, patron, says};
use crate::codes::{done, refused, ring};

#[tokio::test]
async fn a_broker_without_its_server_keeps_its_people_and_goes_on_when_it_is_back() {
    let mut cluster = Cluster::start(RedisDurability::Async, &[]).await;
    let way = Way::to(cluster.redis.socket());
    cluster.kill_node(0);
    cluster.set(0, format!("redis.url={}", way.url()));
    cluster.start_node(0).await;
    let keys = keys(&cluster).await;
    let mut maya = operator(&cluster, &keys, 0, "maya").await;
    let mut sam = patron(&cluster, &keys, 1).await;
    let chat = ring(&mut sam).await;
    done(&maya.write("chat.claim", json!({ "chat": chat })).await);
    done(&sam.write("chat.post", json!({ "chat": chat, "text": "before" })).await);
    hears(&mut maya, |it| says(it, "before")).await;

    way.cut(true);
    cluster.node(0).not_ready().await;
    let post = json!({ "chat": chat, "text": "meanwhile here", "cmid": fresh_uuid() });
    refused(&maya.ask("chat.post", post.clone()).await, ErrorCode::Unavailable);
    let again = maya.ask("chat.subscribe", json!({ "chat": chat })).await;
    done(&again);
    hears(&mut maya, |it| it["type"] == "chat.snapshot" && it["seq"] == 3).await;
    done(&sam.write("chat.post", json!({ "chat": chat, "text": "meanwhile there" })).await);
    assert!(cluster.node(1).is_ready().await, "the other one has its server");

    way.cut(false);
    cluster.node(0).ready().await;
    hears(&mut maya, |it| says(it, "meanwhile there")).await;
    let answer = maya.ask("chat.post", post.clone()).await;
    done(&answer);
    hears(&mut sam, |it| says(it, "meanwhile here")).await;
    assert_eq!(maya.ask("chat.post", post).await["seq"], answer["seq"], "it happened once");
}

#[tokio::test]
async fn a_broker_that_hears_nothing_is_not_ready_and_looks_for_itself() {
    let cluster = Cluster::start(RedisDurability::Async, &[]).await;
    let keys = keys(&cluster).await;
    let mut maya = operator(&cluster, &keys, 0, "maya").await;
    let mut sam = patron(&cluster, &keys, 1).await;
    let chat = ring(&mut sam).await;
    done(&maya.write("chat.claim", json!({ "chat": chat })).await);
    for raw in [&mut maya, &mut sam] {
        // So both brokers listen.
        done(&raw.ask("sync", json!({})).await);
    }

    // Commands work as ever; who listens is sent away, and not let in again.
    let redis = async |words: &[&str]| cluster.redis.command(words).await;
    assert_eq!(redis(&["ACL", "SETUSER", "default", "-subscribe"]).await, "OK");
    assert_eq!(redis(&["CLIENT", "KILL", "TYPE", "pubsub"]).await, "2");
    done(&sam.write("chat.post", json!({ "chat": chat, "text": "Anybody?" })).await);
    hears(&mut maya, |it| says(it, "Anybody?")).await;
    done(&maya.write("chat.post", json!({ "chat": chat, "text": "Yes" })).await);
    for node in 0..2 {
        cluster.node(node).not_ready().await;
        let admin = cluster.node(node).admin_address;
        let (status, page) = http(admin, "GET /readyz", &[], "").await;
        assert!(status == 503 && page.contains("nothing was heard of it for"), "{page}");
    }

    assert_eq!(redis(&["ACL", "SETUSER", "default", "+subscribe"]).await, "OK");
    for node in 0..2 {
        cluster.node(node).ready().await;
        let (_, page) = http(cluster.node(node).admin_address, "GET /metrics", &[], "").await;
        assert!(page.contains("\ndeskbell_redis_lag_seconds "), "how long a probe takes: {page}");
    }
    done(&maya.ask("sync", json!({})).await);
}

#[tokio::test]
async fn a_broker_erases_at_its_start_what_its_server_has_again() {
    let mut cluster = Cluster::start(RedisDurability::Async, &[]).await;
    let keys = keys(&cluster).await;
    let _maya = operator(&cluster, &keys, 1, "maya").await;
    let mut sam = patron(&cluster, &keys, 1).await;
    let chat = ring(&mut sam).await;
    let post = |text: &str| json!({ "chat": chat, "text": text });
    done(&sam.write("chat.post", post("a secret")).await);
    done(&sam.write("chat.post", post("no secret")).await);
    let texts = async |cluster: &Cluster| -> Vec<_> {
        let stored = cluster.redis.read().await;
        let events = stored.chats.into_values().flatten();
        let text = |it: StoredEvent| match it.event {
            ChatEvent::Posted { text, .. } => Some((it.seq, it.eid, text)),
            _ => None,
        };
        events.filter_map(text).collect()
    };
    let before = texts(&cluster).await;
    assert_eq!(before.iter().map(|it| &*it.2).collect::<Vec<_>>(), ["a secret", "no secret"]);

    cluster.kill_node(0);
    let (seq, eid) = (before[0].0, before[0].1);
    let line = json!({
        "stream": format!("chat/{}", chat.as_str().expect("an id")),
        "records": [[seq, eid]],
        "reason": "asked",
    });
    let file = cluster.directory(0).join("erasures.jsonl");
    std::fs::write(file, format!("{line}\n")).expect("a file beside the broker's store");
    cluster.start_node(0).await;
    assert_eq!(texts(&cluster).await, [(seq, eid, String::new()), before[1].clone()]);
}

/// After how long a patron who is away does not come back, by the directory of tests.
const GONE_FOR_GOOD: Duration = Duration::from_mins(11);
/// After how long a broker acts again on what fell due before.
const SETTLED: Duration = Duration::from_secs(31);
/// In which what is due would be done.
const A_MOMENT: Duration = Duration::from_secs(5);

/// A patron, let in on a node.
async fn greet(cluster: &Cluster, node: usize, token: &str) -> Raw {
    let (raw, answer) = Raw::greet(cluster.node(node).address, Some(BIRCH_PAGE), token).await;
    assert_eq!(answer["type"], "welcome", "{answer}");
    raw
}

/// How a patron came and went, and whether the chat ended, as an operator is shown it.
async fn comings(raw: &mut Raw, chat: &Value) -> Vec<String> {
    done(&raw.ask("chat.subscribe", json!({ "chat": chat })).await);
    // What a request is answered with comes before its answer; the last one is this one's.
    let is_it = |it: &Value| it["type"] == "chat.snapshot" && it["chat"] == *chat;
    let snapshot = raw.heard.iter().rfind(|it| is_it(it)).expect("it is shown").clone();
    let kinds = snapshot["events"].as_array().expect("a list").iter();
    let kinds = kinds.map(|it| it["event"]["type"].as_str().expect("a kind").to_owned());
    kinds.filter(|it| it.starts_with("patron_") || it == "ended").collect()
}

#[tokio::test]
async fn what_fell_due_while_the_server_was_away_waits_until_people_are_back() {
    let from: Timestamp = BEGIN.parse().expect("a moment");
    let mut cluster =
        Cluster::with_clocks(RedisDurability::Async, &crowd::SETTINGS, Some(from)).await;
    let (clock, keys) = (clocks(&cluster).expect("clocks"), keys(&cluster).await);
    let mut maya = operator(&cluster, &keys, 0, "maya").await;
    let mut ines = operator(&cluster, &keys, 1, "ines").await;
    let mut patrons = Vec::new();
    for _ in 0..3 {
        let token = patron_token(&keys, "birch-home");
        let mut raw = greet(&cluster, 1, &token).await;
        let chat = ring(&mut raw).await;
        done(&maya.write("chat.claim", json!({ "chat": chat })).await);
        patrons.push((raw, token, chat));
    }
    let [(lee, lees, lee_s_chat), (sam, sams, sam_s_chat), (kim, _, kim_s_chat)] =
        patrons.try_into().ok().expect("three");
    // Sam and Kim go before the server does, and Lee meanwhile. Kim does not come back.
    drop((sam, kim));
    for chat in [&sam_s_chat, &kim_s_chat] {
        hears(&mut maya, |it| it["chat"] == *chat && it["event"]["type"] == "patron_away").await;
    }
    cluster.redis.kill();
    for node in 0..2 {
        cluster.node(node).not_ready().await;
    }
    drop(lee);
    clock.advance(GONE_FOR_GOOD).await.expect("clocks that can be moved");
    cluster.redis.start_again();
    for node in 0..2 {
        cluster.node(node).ready().await;
    }
    clock.advance(A_MOMENT).await.expect("clocks that can be moved");
    let _lee = greet(&cluster, 0, &lees).await;
    let _sam = greet(&cluster, 0, &sams).await;
    hears(&mut maya, |it| it["chat"] == sam_s_chat && it["event"]["type"] == "patron_back").await;
    done(&maya.ask("sync", json!({})).await);
    assert_eq!(comings(&mut maya, &kim_s_chat).await, ["patron_away"]);
    // Who sees somebody that came after them knows of them, too.
    let _lou = operator(&cluster, &keys, 0, "lou").await;
    while colleagues(&mut ines).await < 2 {}

    clock.advance(SETTLED).await.expect("clocks that can be moved");
    hears(&mut maya, |it| it["chat"] == kim_s_chat && it["event"]["type"] == "ended").await;
    done(&maya.ask("sync", json!({})).await);
    assert_eq!(comings(&mut maya, &sam_s_chat).await, ["patron_away", "patron_back"]);
    assert_eq!(comings(&mut maya, &lee_s_chat).await, [""; 0], "nobody missed Lee");
}
