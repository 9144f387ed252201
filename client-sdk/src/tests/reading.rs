//! Streams, lists, presence and reads: what the app hears, through losses, gaps and slowness.

use std::time::Duration;

use serde_json::{Value, json};

use super::fake_broker::{App, CHAT, FakeBroker, event, following, sequenced, snapshot};
use crate::protocol::codes::ErrorCode;
use crate::protocol::event::{ChatEvent, Position};
use crate::protocol::ids::Eid;
use crate::protocol::to_client::{ClosedReason, SnapshotReason};
use crate::protocol::view::Status;
use crate::{ClientError, Event};

#[tokio::test]
async fn a_reconnect_replays_what_was_missed_and_nothing_twice() {
    let broker = FakeBroker::start().await;
    let (mut app, mut peer) = following(&broker, 1).await;
    peer.say(event(2, "before")).await;
    app.hears_place(2).await;
    drop(peer);
    let mut peer = broker.greet().await;
    let resume = peer.hear_a("chat.subscribe").await;
    assert_eq!(resume["from"], json!({"seq": 2, "eid": Eid(2)}));
    let events = [sequenced(2, "before"), sequenced(3, "missed")];
    peer.say(json!({"type": "chat.replay", "chat": CHAT, "events": events, "more": true})).await;
    peer.ok(&resume).await;
    let events = [sequenced(4, "missed too")];
    peer.say(json!({"type": "chat.replay", "chat": CHAT, "events": events, "more": false})).await;
    peer.say(event(5, "live")).await;
    for seq in 3..=5 {
        app.hears_place(seq).await;
    }
}

#[tokio::test]
async fn a_gap_is_asked_for_and_nothing_is_delivered_out_of_order() {
    let broker = FakeBroker::start().await;
    let (mut app, mut peer) = following(&broker, 1).await;
    peer.say(event(3, "too early")).await;
    let repair = peer.hear_a("chat.subscribe").await;
    assert_eq!(repair["from"], json!({"seq": 1, "eid": Eid(1)}));
    let events = [sequenced(2, "missing"), sequenced(3, "too early")];
    peer.say(json!({"type": "chat.replay", "chat": CHAT, "events": events, "more": false})).await;
    peer.ok(&repair).await;
    app.hears_place(2).await;
    app.hears_place(3).await;
}

#[tokio::test]
async fn a_diverged_history_is_replaced_by_a_snapshot_with_the_reason() {
    let broker = FakeBroker::start().await;
    let (mut app, peer) = following(&broker, 5).await;
    drop(peer);
    let mut peer = broker.greet().await;
    let resume = peer.hear_a("chat.subscribe").await;
    peer.say(snapshot(3, "diverged")).await;
    peer.ok(&resume).await;
    peer.say(event(4, "of the history that holds")).await;
    let Event::Snapshot(found) = app.hears().await else { panic!("no snapshot") };
    assert_eq!((found.seq, found.reason), (3, SnapshotReason::Diverged));
    app.hears_place(4).await;
}

#[tokio::test]
async fn a_hidden_event_holds_its_place() {
    let broker = FakeBroker::start().await;
    let (mut app, mut peer) = following(&broker, 1).await;
    let mut hidden = event(2, "");
    hidden["event"] = json!({"type": "hidden"});
    peer.say(hidden).await;
    peer.say(event(3, "seen")).await;
    let Event::Chat { sequenced, .. } = app.hears().await else { panic!("no event") };
    assert_eq!(sequenced.event, ChatEvent::Hidden);
    app.hears_place(3).await;
}

#[tokio::test]
async fn a_chat_that_the_broker_closed_is_not_resumed() {
    let broker = FakeBroker::start().await;
    let (mut app, mut peer) = following(&broker, 1).await;
    peer.say(json!({"type": "chat.closed", "chat": CHAT, "reason": "withdrawn"})).await;
    peer.say(event(2, "not for us")).await;
    assert!(matches!(
        app.hears().await,
        Event::ChatClosed { chat: CHAT, reason: ClosedReason::Withdrawn, .. }
    ));
    drop(peer);
    let mut peer = broker.greet().await;
    let client = app.client.clone();
    let call = tokio::spawn(async move { client.sync().await });
    let request = peer.hear_a("sync").await;
    peer.ok(&request).await;
    call.await.unwrap().unwrap();
    assert!(app.events.try_next().is_none_or(|event| matches!(event, Event::Status(_))));
}

#[tokio::test]
async fn a_resume_put_off_is_tried_again_and_one_refused_is_told() {
    let broker = FakeBroker::start().await;
    let (mut app, peer) = following(&broker, 1).await;
    drop(peer);
    let mut peer = broker.greet().await;
    let resume = peer.hear_a("chat.subscribe").await;
    peer.refuse(&resume, "rate_limited", true).await;
    let resume = peer.hear_a("chat.subscribe").await;
    assert_eq!(resume["from"]["seq"], 1);
    peer.refuse(&resume, "not_found", false).await;
    let Event::ChatLost { chat, refused } = app.hears().await else { panic!("not told") };
    assert_eq!((chat, refused.code), (CHAT, ErrorCode::NotFound));
}

#[tokio::test]
async fn a_place_that_the_app_kept_is_resumed_from() {
    let broker = FakeBroker::start().await;
    let mut app = App::connect(broker.options());
    let mut peer = broker.greet().await;
    let client = app.client.clone();
    let from = Position { seq: 4, eid: Eid(4) };
    let call = tokio::spawn(async move { client.resume(CHAT, from).await });
    let request = peer.hear_a("chat.subscribe").await;
    assert_eq!(request["from"], json!(from));
    let events = [sequenced(5, "missed")];
    peer.say(json!({"type": "chat.replay", "chat": CHAT, "events": events, "more": false})).await;
    peer.ok(&request).await;
    app.hears_place(5).await;
    call.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_read_that_was_sent_and_lost_fails_and_leaves_nothing_behind() {
    let broker = FakeBroker::start().await;
    let app = App::connect(broker.options());
    let mut peer = broker.greet().await;
    let client = app.client.clone();
    let subscribe = tokio::spawn(async move { client.subscribe(CHAT).await });
    peer.hear_a("chat.subscribe").await;
    let client = app.client.clone();
    let history = tokio::spawn(async move { client.history(CHAT, 9, 50).await });
    peer.hear_a("chat.history").await;
    drop(peer);
    assert!(matches!(subscribe.await.unwrap(), Err(ClientError::Disconnected)));
    assert!(matches!(history.await.unwrap(), Err(ClientError::Disconnected)));
    let mut peer = broker.greet().await;
    let client = app.client.clone();
    let call = tokio::spawn(async move { client.history(CHAT, 9, 50).await });
    let request = peer.hear_a("chat.history").await;
    let events = [sequenced(8, "older")];
    peer.say(json!({"type": "history", "re": request["id"], "chat": CHAT, "events": events,
        "more": true}))
        .await;
    let history = call.await.unwrap().unwrap();
    assert!(history.more && history.events.len() == 1);
}

#[tokio::test]
async fn leaving_a_chat_ends_its_events_at_once() {
    let broker = FakeBroker::start().await;
    let (mut app, mut peer) = following(&broker, 1).await;
    let client = app.client.clone();
    let call = tokio::spawn(async move { client.unsubscribe(CHAT).await });
    let request = peer.hear_a("chat.unsubscribe").await;
    peer.say(event(2, "crossed it on the way")).await;
    peer.ok(&request).await;
    peer.say(json!({"type": "list.snapshot", "rows": []})).await;
    call.await.unwrap().unwrap();
    assert_eq!(app.hears().await, Event::List(vec![]));
}

#[tokio::test]
async fn the_list_is_asked_for_again_after_a_reconnect() {
    let broker = FakeBroker::start().await;
    let app = App::connect(broker.options());
    let mut peer = broker.greet().await;
    let client = app.client.clone();
    let call = tokio::spawn(async move { client.list_subscribe().await });
    let request = peer.hear_a("list.subscribe").await;
    peer.ok(&request).await;
    call.await.unwrap().unwrap();
    drop(peer);
    let mut peer = broker.greet().await;
    let request = peer.hear_a("list.subscribe").await;
    peer.refuse(&request, "unavailable", true).await;
    peer.hear_a("list.subscribe").await;
}

#[tokio::test]
async fn a_change_of_presence_lost_on_the_way_is_answered_by_its_restatement() {
    let broker = FakeBroker::start().await;
    let mut app = App::connect(broker.options());
    let mut peer = broker.greet().await;
    let client = app.client.clone();
    let monitoring = vec!["coop/tri".parse().unwrap()];
    let call = tokio::spawn(async move { client.set_presence(Status::Online, monitoring).await });
    let first = peer.hear_a("presence.set").await;
    drop(peer);
    let mut peer = broker.greet().await;
    let again = peer.hear_a("presence.set").await;
    assert_eq!(again["monitoring"], first["monitoring"]);
    assert!(again["at"].is_string());
    let view =
        json!({"status": "online", "monitoring": ["coop/tri"], "at": "2026-11-24T10:00:01Z"});
    peer.say(json!({"type": "presence", "re": again["id"], "presence": view})).await;
    assert_eq!(call.await.unwrap().unwrap().status, Status::Online);
    assert!(matches!(app.hears().await, Event::Presence(_)));
}

#[tokio::test]
async fn signals_and_rows_reach_the_app_and_typing_reaches_the_broker() {
    let broker = FakeBroker::start().await;
    let mut app = App::connect(broker.options());
    let mut peer = broker.greet().await;
    let who = json!({"kind": "patron"});
    peer.say(json!({"type": "chat.typing", "chat": CHAT, "who": who, "on": true})).await;
    let since = "2026-11-24T10:00:00Z";
    peer.say(json!({"type": "wait", "chat": CHAT, "ahead": 2, "longest_now": since})).await;
    peer.say(json!({"type": "list.gone", "chat": CHAT})).await;
    assert!(matches!(app.hears().await, Event::Typing { on: true, .. }));
    assert!(matches!(app.hears().await, Event::Wait { ahead: 2, .. }));
    assert!(matches!(app.hears().await, Event::Gone { claimed_by: None, .. }));
    app.client.typing(CHAT, true).await.unwrap();
    assert_eq!(peer.hear_a("chat.typing").await["on"], true);
}

#[tokio::test]
async fn what_arrives_and_what_is_read_is_marked_and_told_again_after_a_loss() {
    let broker = FakeBroker::start().await;
    let mut options = broker.options();
    options.tells_delivered = true;
    let app = App::connect(options);
    let mut peer = broker.greet().await;
    peer.say(snapshot(1, "subscribed")).await;
    let said = |seq: u64, by: Value| {
        let event = json!({"type": "posted", "by": by, "text": "Hello"});
        let at = "2026-11-24T10:00:00Z";
        json!({"type": "chat.event", "chat": CHAT, "seq": seq, "eid": Eid(seq), "at": at,
               "event": event})
    };
    let librarian = json!({"kind": "operator", "name": "Maya"});
    peer.say(said(2, librarian.clone())).await;
    peer.say(said(3, librarian)).await;
    // Her own words are no news to her.
    peer.say(said(4, json!({"kind": "patron"}))).await;
    let mark = peer.hear_a("chat.mark").await;
    assert_eq!((&mark["delivered"], &mark["read"]), (&json!(3), &Value::Null), "{mark}");
    peer.ok(&mark).await;
    app.client.read(CHAT, 3).await.unwrap();
    let mark = peer.hear_a("chat.mark").await;
    assert_eq!((&mark["delivered"], &mark["read"]), (&json!(3), &json!(3)), "{mark}");
    drop(peer);
    let mut peer = broker.greet().await;
    let resume = peer.hear_a("chat.subscribe").await;
    peer.ok(&resume).await;
    let mark = peer.hear_a("chat.mark").await;
    assert_eq!((&mark["delivered"], &mark["read"]), (&json!(3), &json!(3)), "{mark}");
}

#[tokio::test]
async fn while_the_app_does_not_read_neither_does_the_sdk_and_calls_still_leave() {
    let broker = FakeBroker::start().await;
    let mut options = broker.options();
    options.events_max = 4;
    let mut app = App::connect(options);
    let mut peer = broker.greet().await;
    peer.say(snapshot(1, "subscribed")).await;
    let (most, text) = (2_000, "x".repeat(8 * 1024));
    let rows = json!({"type": "list.snapshot", "rows": [], "padding": text});
    let taken = peer.flood(&rows, most, Duration::from_millis(500)).await;
    assert!(taken < most, "the SDK read {taken} frames for an app that reads none");
    let client = app.client.clone();
    let call = tokio::spawn(async move { client.post(CHAT, "still here").await });
    peer.hear_a("chat.post").await;
    for _ in 0..=taken {
        app.hears().await;
    }
    call.abort();
}
