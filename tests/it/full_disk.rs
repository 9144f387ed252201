//! The disk of a running broker fills, and has room again: what it cannot store it refuses for now,
//! what it stored stays, and it goes on by itself.
//!
//! The disk is full by the kernel's word: files of the process may not grow past a limit.

use std::process::Command;

use deskbell::log::sqlite::SqliteLog;
use deskbell_domain::chat::ChatEvent;
use deskbell_protocol::codes::ErrorCode;
use deskbell_tests::history::stored::Stored;
use deskbell_tests::raw::{Raw, fresh_uuid};
use serde_json::{Value, json};

use crate::codes::{desk, done, refused, ring};

/// Lets no file of the process grow past `bytes`.
fn limit(pid: u32, bytes: &str) {
    let (pid, bytes) = (pid.to_string(), format!("--fsize={bytes}:unlimited"));
    let set = Command::new("prlimit").args(["--pid", &pid, &bytes]).status();
    assert!(set.expect("prlimit can be run").success());
}

async fn post(patron: &mut Raw, chat: &Value, cmid: &str, text: &str) -> Value {
    patron.ask("chat.post", json!({ "chat": chat, "cmid": cmid, "text": text })).await
}

#[tokio::test]
async fn a_disk_that_fills_refuses_for_now_and_a_broker_recovers_by_itself() {
    let desk = desk(&["limits.requests_per_second=1000"]).await;
    let mut maya = desk.monitoring("maya").await;
    let mut patron = desk.patron().await;
    let chat = ring(&mut patron).await;
    let it = json!({ "chat": chat });
    done(&maya.write("chat.claim", it.clone()).await);

    let wal = desk.store.path().join("deskbell.db-wal");
    let size = std::fs::metadata(wal).expect("the store is written to").len();
    limit(desk.broker.pid(), &(size + 100_000).to_string());
    let mut taken = 0;
    let cmid = loop {
        let cmid = fresh_uuid().to_string();
        let answer = post(&mut patron, &chat, &cmid, &"x".repeat(2_000)).await;
        if answer["type"] != "ok" {
            refused(&answer, ErrorCode::Unavailable);
            break cmid;
        }
        taken += 1;
        assert!(taken < 1_000, "the disk is never full");
    };
    limit(desk.broker.pid(), "1");
    refused(&maya.write("chat.end", it.clone()).await, ErrorCode::Unavailable);
    let history = maya.ask("chat.subscribe", it.clone()).await;
    assert_eq!(history["type"], "ok", "what is stored can be read: {history}");

    limit(desk.broker.pid(), "unlimited");
    done(&post(&mut patron, &chat, &cmid, &"x".repeat(2_000)).await);
    done(&post(&mut patron, &chat, &cmid, &"x".repeat(2_000)).await);
    done(&maya.write("chat.end", it).await);
    desk.broker.kill();
    let log = SqliteLog::open(desk.store.path()).expect("the store opens");
    let report = log.verify().await.expect("the store can be read");
    assert_eq!(report.damage, [""; 0]);
    let chats = Stored::read(&log).await.expect("the store can be read");
    let records = chats.chats.values().flatten();
    let posts = records.filter(|it| matches!(it.event, ChatEvent::Posted { .. })).count();
    assert_eq!(posts, taken + 1, "what was taken, and once what was tried again");
}
