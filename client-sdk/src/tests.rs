//! The SDK against a scripted broker over real loopback sockets: `behavior.md`, point by point.

mod fake_broker;
mod reading;
mod simulated;
mod writing;

use std::sync::{Arc, Mutex};

use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

use crate::protocol::codes::CloseCode;
use crate::{Client, ClientError, CloseReason, Direction, Event, Options, Status, Token};
use fake_broker::{App, FakeBroker, event, following};

#[tokio::test]
async fn the_upgrade_names_path_subprotocol_and_origin_and_hello_comes_first() {
    let broker = FakeBroker::start().await;
    let mut options = broker.options();
    options.origin = Some("https://birch.example".to_owned());
    let app = App::connect(options);
    let mut peer = broker.accept().await;
    assert_eq!(peer.headers, ["/v1/connect", "deskbell.v1.json", "https://birch.example"]);
    assert_eq!(peer.hear_a("hello").await["token"], "secret");
    app.client.close().await;
}

#[tokio::test]
async fn the_app_hears_of_each_state_in_order() {
    let broker = FakeBroker::start().await;
    let mut app = App::connect(broker.options());
    let peer = broker.greet().await;
    assert!(matches!(app.hears_any().await, Event::Status(Status::Connecting)));
    assert!(matches!(app.hears_any().await, Event::Status(Status::Open(_))));
    peer.close(1012).await;
    assert!(matches!(app.hears_any().await, Event::Status(Status::Waiting { .. })));
    assert!(matches!(app.hears_any().await, Event::Status(Status::Connecting)));
    let _peer = broker.greet().await;
    assert!(matches!(app.hears_any().await, Event::Status(Status::Open(_))));
    assert!(matches!(app.client.status(), Status::Open(_)));
}

#[tokio::test]
async fn superseded_is_terminal_and_every_call_then_fails_with_it() {
    let broker = FakeBroker::start().await;
    let app = App::connect(broker.options());
    let mut peer = broker.greet().await;
    peer.say(json!({"type": "bye", "code": 4003, "message": "a newer tab took over"})).await;
    let mut statuses = Vec::new();
    let mut events = app.events;
    while let Some(event) = events.next().await {
        statuses.push(event);
    }
    let Some(Event::Status(Status::Closed(reason))) = statuses.pop() else { panic!("not closed") };
    let message = "a newer tab took over".to_owned();
    assert_eq!(reason, CloseReason::ByBroker { code: CloseCode::Superseded, message });
    let error = app.client.sync().await.unwrap_err();
    assert!(matches!(error, ClientError::Closed(found) if found == reason));
}

#[tokio::test]
async fn a_close_code_without_bye_says_the_same() {
    let broker = FakeBroker::start().await;
    let mut app = App::connect(broker.options());
    broker.greet().await.close(1008).await;
    loop {
        if let Event::Status(Status::Closed(CloseReason::ByBroker { code, .. })) =
            app.hears_any().await
        {
            assert_eq!(code.number(), 1008);
            break;
        }
    }
}

#[tokio::test]
async fn a_drain_brings_the_client_back() {
    let broker = FakeBroker::start().await;
    let (mut app, mut peer) = following(&broker, 3).await;
    peer.say(json!({"type": "bye", "code": 4200, "message": "restart"})).await;
    assert_eq!(peer.hear_close().await, Some(1000));
    let mut peer = broker.greet().await;
    let resume = peer.hear_a("chat.subscribe").await;
    assert_eq!(resume["from"]["seq"], 3);
    peer.ok(&resume).await;
    peer.say(event(4, "after the restart")).await;
    app.hears_place(4).await;
}

#[tokio::test]
async fn a_connection_cut_before_the_upgrade_or_before_the_welcome_is_tried_again() {
    let broker = FakeBroker::start().await;
    let mut app = App::connect(broker.options());
    drop(broker.accept_tcp().await);
    let mut peer = broker.accept().await;
    peer.hear_a("hello").await;
    drop(peer);
    let mut peer = broker.greet().await;
    peer.say(json!({"type": "list.snapshot", "rows": []})).await;
    assert_eq!(app.hears().await, Event::List(vec![]));
}

#[tokio::test]
async fn frames_and_fields_of_a_newer_broker_are_passed_over() {
    let broker = FakeBroker::start().await;
    let (mut app, mut peer) = following(&broker, 1).await;
    peer.say(json!({"type": "weather", "sky": "blue"})).await;
    let mut newer = event(2, "hi");
    newer["event"] = json!({"type": "sang", "song": "la"});
    newer["mood"] = json!("fine");
    peer.say(newer).await;
    app.hears_place(2).await;
}

#[tokio::test]
async fn what_cannot_be_read_ends_the_connection_and_not_the_client() {
    let broker = FakeBroker::start().await;
    let (mut app, mut peer) = following(&broker, 1).await;
    peer.say_text("{\"type\":".to_owned()).await;
    assert_eq!(peer.hear_close().await, Some(1007));
    let mut peer = broker.greet().await;
    let resume = peer.hear_a("chat.subscribe").await;
    peer.ok(&resume).await;
    peer.send(Message::binary(vec![1, 2, 3])).await;
    assert_eq!(peer.hear_close().await, Some(1003));
    let mut peer = broker.greet().await;
    peer.say(event(2, "still here")).await;
    app.hears_place(2).await;
}

#[tokio::test]
async fn the_tap_sees_every_frame_before_duplicates_are_removed() {
    let broker = FakeBroker::start().await;
    let seen = Arc::new(Mutex::new(Vec::new()));
    let mut options = broker.options();
    let log = Arc::clone(&seen);
    options.tap = Some(Box::new(move |direction, frame: &str| {
        log.lock().unwrap().push((direction, frame.to_owned()));
    }));
    let mut app = App::connect(options);
    let mut peer = broker.greet().await;
    for _ in 0..2 {
        peer.say(fake_broker::snapshot(1, "subscribed")).await;
    }
    for seq in [2, 2, 3] {
        peer.say(event(seq, "again")).await;
    }
    app.hears_snapshot(1).await;
    app.hears_snapshot(1).await;
    app.hears_place(2).await;
    app.hears_place(3).await;
    let seen = seen.lock().unwrap();
    let doubled = seen.iter().filter(|(_, frame)| frame.contains("\"seq\":2"));
    assert_eq!(doubled.count(), 2);
    assert!(seen[0].0 == Direction::ToBroker && seen[0].1.contains("\"hello\""));
}

#[tokio::test]
async fn closing_leaves_in_good_order_and_so_does_dropping_the_last_handle() {
    let broker = FakeBroker::start().await;
    let app = App::connect(broker.options());
    let mut peer = broker.greet().await;
    app.client.close().await;
    assert_eq!(peer.hear_close().await, Some(1000));
    assert_eq!(app.client.status(), Status::Closed(CloseReason::ByApp));
    let app = App::connect(broker.options());
    let mut peer = broker.greet().await;
    drop(app);
    assert_eq!(peer.hear_close().await, Some(1000));
}

#[tokio::test]
async fn a_url_that_is_no_broker_s_address_is_told_at_once() {
    for url in ["birch.example", "ftp://birch.example", "http://birch.example/path", "http://u@h"] {
        let (client, mut events) = Client::connect(Options::new(url, Token::fixed("t")));
        while events.next().await.is_some() {}
        let status = client.status();
        assert!(matches!(status, Status::Closed(CloseReason::BadUrl(_))), "{url}: {status:?}");
    }
}

#[tokio::test]
async fn calls_made_before_the_welcome_wait_for_it() {
    let broker = FakeBroker::start().await;
    let app = App::connect(broker.options());
    let client = app.client.clone();
    let call = tokio::spawn(async move { client.sync().await });
    let mut peer = broker.greet().await;
    let request = peer.hear_a("sync").await;
    peer.ok(&request).await;
    call.await.unwrap().unwrap();
}
