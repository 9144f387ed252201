//! The outbox over lost connections: a write is answered once, whatever was lost.

use serde_json::{Value, json};
use tokio::task::JoinHandle;

use super::fake_broker::{App, CHAT, FakeBroker, Peer, event, following, snapshot};
use crate::protocol::codes::ErrorCode;
use crate::protocol::ids::{ChatId, Cmid, Eid};
use crate::{Client, ClientError, Ring, Write, Written};

type Call = JoinHandle<Result<Written, ClientError>>;

fn post(client: &Client, text: &'static str) -> Call {
    let client = client.clone();
    tokio::spawn(async move { client.post(CHAT, text).await })
}

/// The client is back and resumed from `seq`.
async fn resumed(broker: &FakeBroker, seq: u64) -> Peer {
    let mut peer = broker.greet().await;
    let resume = peer.hear_a("chat.subscribe").await;
    assert_eq!(resume["from"], json!({"seq": seq, "eid": Eid(seq)}));
    peer.ok(&resume).await;
    peer
}

async fn written_at(call: Call, seq: u64) {
    let written = call.await.unwrap().unwrap();
    assert_eq!(written, Written { chat: CHAT, seq, eid: Eid(seq) });
}

#[tokio::test]
async fn a_write_made_while_away_is_sent_after_the_chat_has_resumed() {
    let broker = FakeBroker::start().await;
    let (app, peer) = following(&broker, 1).await;
    drop(peer);
    let mut peer = broker.accept().await;
    let call = post(&app.client, "while away");
    peer.hear_a("hello").await;
    peer.say(super::fake_broker::welcome()).await;
    let resume = peer.hear_a("chat.subscribe").await;
    peer.say(json!({"type": "ping"})).await;
    peer.hear_a("pong").await;
    peer.ok(&resume).await;
    let request = peer.hear_a("chat.post").await;
    peer.say(event(2, "while away")).await;
    peer.ok_at(&request, 2).await;
    written_at(call, 2).await;
}

#[tokio::test]
async fn a_write_lost_before_its_answer_is_sent_again_with_the_same_cmid() {
    let broker = FakeBroker::start().await;
    let (mut app, mut peer) = following(&broker, 1).await;
    let call = post(&app.client, "hi");
    let first = peer.hear_a("chat.post").await;
    drop(peer);
    let mut peer = resumed(&broker, 1).await;
    let second = peer.hear_a("chat.post").await;
    assert_eq!((&second["cmid"], &second["text"]), (&first["cmid"], &first["text"]));
    peer.say(event(2, "hi")).await;
    peer.ok_at(&second, 2).await;
    app.hears_place(2).await;
    written_at(call, 2).await;
}

#[tokio::test]
async fn a_write_stored_but_unanswered_is_answered_by_the_retry_and_delivered_once() {
    let broker = FakeBroker::start().await;
    let (mut app, mut peer) = following(&broker, 1).await;
    let call = post(&app.client, "hi");
    peer.hear_a("chat.post").await;
    peer.say(event(2, "hi")).await;
    app.hears_place(2).await;
    drop(peer);
    let mut peer = resumed(&broker, 2).await;
    let retry = peer.hear_a("chat.post").await;
    peer.say(event(2, "hi")).await;
    peer.ok_at(&retry, 2).await;
    peer.say(event(3, "next")).await;
    written_at(call, 2).await;
    app.hears_place(3).await;
}

#[tokio::test]
async fn an_answered_write_is_not_sent_again() {
    let broker = FakeBroker::start().await;
    let (app, mut peer) = following(&broker, 1).await;
    let call = post(&app.client, "hi");
    let request = peer.hear_a("chat.post").await;
    peer.say(event(2, "hi")).await;
    peer.ok_at(&request, 2).await;
    written_at(call, 2).await;
    drop(peer);
    let mut peer = resumed(&broker, 2).await;
    let call = post(&app.client, "the next one");
    let request = peer.hear_a("chat.post").await;
    assert_eq!(request["text"], "the next one");
    peer.ok_at(&request, 3).await;
    written_at(call, 3).await;
}

#[tokio::test]
async fn a_doubled_answer_settles_one_write_only() {
    let broker = FakeBroker::start().await;
    let (app, mut peer) = following(&broker, 1).await;
    let first = post(&app.client, "one");
    let request = peer.hear_a("chat.post").await;
    peer.ok_at(&request, 2).await;
    peer.ok_at(&request, 9).await;
    written_at(first, 2).await;
    let second = post(&app.client, "two");
    let request = peer.hear_a("chat.post").await;
    peer.ok_at(&request, 3).await;
    written_at(second, 3).await;
}

#[tokio::test]
async fn writes_to_one_chat_keep_their_order_through_a_loss() {
    let broker = FakeBroker::start().await;
    let (app, mut peer) = following(&broker, 1).await;
    let mut calls = Vec::new();
    for text in ["1", "2", "3"] {
        let write = Write::Post { chat: CHAT, text: text.to_owned(), lang: None };
        calls.push(app.client.submit(write).await.unwrap());
    }
    assert_eq!(peer.hear_a("chat.post").await["text"], "1");
    drop(peer);
    let mut peer = resumed(&broker, 1).await;
    for (place, (text, call)) in (2..).zip(["1", "2", "3"].into_iter().zip(calls)) {
        let request = peer.hear_a("chat.post").await;
        assert_eq!(request["text"], text);
        peer.ok_at(&request, place).await;
        assert_eq!(call.await.unwrap().seq, place);
    }
}

#[tokio::test]
async fn a_temporary_refusal_holds_up_its_own_chat_only_and_is_tried_again() {
    let broker = FakeBroker::start().await;
    let (app, mut peer) = following(&broker, 1).await;
    let first = post(&app.client, "first");
    let request = peer.hear_a("chat.post").await;
    let second = post(&app.client, "second");
    peer.refuse(&request, "busy", true).await;
    let again = peer.hear_a("chat.post").await;
    assert_eq!(again["cmid"], request["cmid"], "not the second");
    let (client, other) = (app.client.clone(), ChatId(12));
    let elsewhere = tokio::spawn(async move { client.post(other, "elsewhere").await });
    let request = peer.hear_a("chat.post").await;
    assert_eq!(request["text"], "elsewhere");
    peer.refuse(&request, "not_participant", false).await;
    let error = elsewhere.await.unwrap().unwrap_err();
    assert_eq!(error.code(), Some(ErrorCode::NotParticipant));
    peer.ok_at(&again, 2).await;
    written_at(first, 2).await;
    let request = peer.hear_a("chat.post").await;
    peer.ok_at(&request, 3).await;
    written_at(second, 3).await;
}

#[tokio::test]
async fn that_nobody_is_there_is_told_at_once_although_it_may_pass() {
    let broker = FakeBroker::start().await;
    let app = App::connect(broker.options());
    let mut peer = broker.greet().await;
    let client = app.client.clone();
    let call = tokio::spawn(async move { client.open(Ring::new("Anybody?")).await });
    let request = peer.hear_a("chat.open").await;
    peer.refuse(&request, "offline", true).await;
    assert_eq!(call.await.unwrap().unwrap_err().code(), Some(ErrorCode::Offline));
    let client = app.client.clone();
    let to = "operator/ines".parse().unwrap();
    let call = tokio::spawn(async move { client.transfer(CHAT, to, None, false).await });
    let request = peer.hear_a("chat.transfer").await;
    peer.refuse(&request, "target_offline", true).await;
    assert_eq!(call.await.unwrap().unwrap_err().code(), Some(ErrorCode::TargetOffline));
}

#[tokio::test]
async fn a_lost_claim_tells_who_won_and_what_to_claim_instead() {
    let broker = FakeBroker::start().await;
    let app = App::connect(broker.options());
    let mut peer = broker.greet().await;
    let client = app.client.clone();
    let call = tokio::spawn(async move { client.claim(CHAT).await });
    let request = peer.hear_a("chat.claim").await;
    let by = json!({"kind": "operator", "id": "ines", "name": "Ines", "library": "cedar"});
    let next = json!({"chat": ChatId(12), "since": "2026-11-24T10:00:00Z", "home": "birch",
        "home_name": "Birch", "widget": "birch-main", "tiers": ["coop/tri"], "question": "?",
        "patron_here": true, "previewing": 0});
    peer.say(json!({"type": "error", "re": request["id"], "code": "already_claimed",
        "message": "Ines was first", "temporary": false, "by": by, "next": next}))
        .await;
    let Err(ClientError::Refused(refused)) = call.await.unwrap() else { panic!("not refused") };
    assert_eq!(refused.code, ErrorCode::AlreadyClaimed);
    assert!(refused.by.is_some());
    assert_eq!(refused.next.map(|row| row.chat), Some(ChatId(12)));
}

#[tokio::test]
async fn a_ring_lost_before_its_answer_opens_one_chat_and_follows_it() {
    let broker = FakeBroker::start().await;
    let mut app = App::connect(broker.options());
    let client = app.client.clone();
    let call = tokio::spawn(async move { client.open(Ring::new("Where?")).await });
    let mut peer = broker.greet().await;
    let first = peer.hear_a("chat.open").await;
    drop(peer);
    let mut peer = broker.greet().await;
    let second = peer.hear_a("chat.open").await;
    assert_eq!(second["cmid"], first["cmid"]);
    peer.say(snapshot(1, "subscribed")).await;
    peer.ok_at(&second, 1).await;
    app.hears_snapshot(1).await;
    written_at(call, 1).await;
    drop(peer);
    resumed(&broker, 1).await;
}

#[tokio::test]
async fn a_claim_answered_without_its_snapshot_is_followed_by_asking() {
    let broker = FakeBroker::start().await;
    let mut app = App::connect(broker.options());
    let mut peer = broker.greet().await;
    let client = app.client.clone();
    let call = tokio::spawn(async move { client.claim(CHAT).await });
    let request = peer.hear_a("chat.claim").await;
    peer.ok_at(&request, 4).await;
    written_at(call, 4).await;
    let subscribe = peer.hear_a("chat.subscribe").await;
    assert_eq!(subscribe.get("from"), None);
    peer.say(snapshot(4, "subscribed")).await;
    peer.ok(&subscribe).await;
    app.hears_snapshot(4).await;
}

#[tokio::test]
async fn an_app_may_go_on_with_a_write_of_an_earlier_run() {
    let broker = FakeBroker::start().await;
    let app = App::connect(broker.options());
    let mut peer = broker.greet().await;
    let cmid = Cmid(uuid::Uuid::from_u128(5));
    let call = app.client.submit_as(cmid, Write::End(CHAT)).await.unwrap();
    let request = peer.hear_a("chat.end").await;
    assert_eq!(request["cmid"], json!(cmid));
    peer.ok_at(&request, 7).await;
    assert_eq!(call.await.unwrap().seq, 7);
}

#[tokio::test]
async fn each_write_travels_as_its_own_request() {
    let broker = FakeBroker::start().await;
    let app = App::connect(broker.options());
    let mut peer = broker.greet().await;
    let text = || "text".to_owned();
    let to = "coop/tri".parse().unwrap();
    let (tell_patron, hand_over) = (true, false);
    let offer = Write::Transfer { chat: CHAT, to, note: None, tell_patron, hand_over };
    let (name, contact) = (Some(text()), None);
    let writes = [
        (Write::Note { chat: CHAT, text: text() }, "chat.note"),
        (offer, "chat.transfer"),
        (Write::CancelTransfer(CHAT), "chat.transfer_cancel"),
        (Write::DeclineTransfer { chat: CHAT, reason: text() }, "chat.transfer_decline"),
        (Write::Leave(CHAT), "chat.leave"),
        (Write::Dismiss { chat: CHAT, note: None }, "chat.dismiss"),
        (Write::Ticket { chat: CHAT, name: text(), email: text() }, "chat.ticket"),
        (Write::SetPatron { chat: CHAT, name, contact }, "chat.patron"),
        (Write::Reveal(CHAT), "chat.reveal"),
        (Write::Tag { chat: CHAT, tags: vec![text()] }, "chat.tag"),
        (Write::Rate { chat: CHAT, rating: 5, comment: None }, "chat.rate"),
    ];
    for (seq, (write, name)) in (1..).zip(writes) {
        let call = app.client.submit(write).await.unwrap();
        let request: Value = peer.hear_a(name).await;
        peer.ok_at(&request, seq).await;
        assert_eq!(call.await.unwrap().seq, seq);
    }
}
