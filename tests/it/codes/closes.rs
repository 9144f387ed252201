//! Connections that the broker ends, each with its code.

use deskbell_protocol::codes::{CloseCode, ErrorCode};
use deskbell_tests::raw::{BIRCH_PAGE, Raw, fresh_uuid, operator_token, patron_token};
use deskbell_tests::store::directory_file;
use serde_json::json;

use super::{desk, done, refused, ring};

#[tokio::test]
async fn a_refused_hello_gets_an_error_then_bye_then_the_close_code() {
    let desk = desk(&[]).await;
    let (address, keys) = (desk.broker.address, &desk.keys);
    let maya = operator_token(keys, "maya", 3600);
    let patron = patron_token(keys, "birch-home");
    let expired = operator_token(keys, "maya", -1);
    let elm = Some("https://www.elm.example");
    for (token, origin, error, close) in [
        ("nonsense", None, ErrorCode::Unauthorized, CloseCode::Unauthorized),
        (expired.as_str(), None, ErrorCode::TokenExpired, CloseCode::TokenExpired),
        (patron.as_str(), None, ErrorCode::OriginRequired, CloseCode::OriginDenied),
        (patron.as_str(), elm, ErrorCode::OriginDenied, CloseCode::OriginDenied),
        (maya.as_str(), Some(BIRCH_PAGE), ErrorCode::OriginDenied, CloseCode::OriginDenied),
    ] {
        let (mut raw, answer) = Raw::greet(address, origin, token).await;
        refused(&answer, error);
        assert_eq!(raw.closed().await, close.number());
    }
}

#[tokio::test]
async fn the_first_frame_is_hello_and_comes_in_time() {
    let desk = desk(&["limits.hello_ms=200"]).await;
    let mut mute = Raw::open(desk.broker.address, None).await;
    assert_eq!(mute.closed().await, CloseCode::HelloTimeout.number());
    let mut rude = Raw::open(desk.broker.address, None).await;
    refused(&rude.ask("sync", json!({})).await, ErrorCode::Unauthorized);
    assert_eq!(rude.closed().await, CloseCode::HelloExpected.number());
}

#[tokio::test]
async fn ten_malformed_frames_are_too_many() {
    let desk = desk(&[]).await;
    let mut maya = desk.operator("maya").await;
    for _ in 0..10 {
        maya.say("{").await;
    }
    assert_eq!(maya.closed().await, CloseCode::BadFrames.number());
    let bad = maya.heard.iter().filter(|it| it["code"] == "bad_frame").count();
    assert_eq!(bad, 10, "each is answered");
}

#[tokio::test]
async fn the_same_app_again_takes_over() {
    let desk = desk(&[]).await;
    let client = fresh_uuid();
    let token = operator_token(&desk.keys, "maya", 3600);
    let hello = json!({ "token": token, "client": client });
    let mut older = Raw::open(desk.broker.address, None).await;
    older.ask("hello", hello.clone()).await;
    let mut newer = Raw::open(desk.broker.address, None).await;
    newer.ask("hello", hello).await;
    assert_eq!(older.closed().await, CloseCode::Superseded.number());
    done(&newer.ask("sync", json!({})).await);
}

#[tokio::test]
async fn a_deactivated_account_is_signed_out_at_once() {
    let desk = desk(&[]).await;
    let mut ines = desk.operator("ines").await;
    let mut maya = desk.operator("maya").await;
    let text = std::fs::read_to_string(directory_file()).unwrap();
    let text = text.replace("[users.ines]", "[users.ines]\nactive = false");
    let file = desk.store.path().join("new.toml");
    std::fs::write(&file, text).unwrap();
    let store = format!("store.directory={}", desk.store.path().display());
    let apply = move || {
        std::process::Command::new(deskbell_tests::broker::binary())
            .args(["directory", "apply", "--set", &store])
            .arg(&file)
            .output()
    };
    let applied = tokio::task::spawn_blocking(apply).await.unwrap().unwrap();
    assert!(applied.status.success(), "{}", String::from_utf8_lossy(&applied.stderr));
    assert_eq!(ines.closed().await, CloseCode::SignedOut.number());
    done(&maya.ask("sync", json!({})).await);
    let token = operator_token(&desk.keys, "ines", 3600);
    let (mut again, answer) = Raw::greet(desk.broker.address, None, &token).await;
    refused(&answer, ErrorCode::Unauthorized);
    assert_eq!(again.closed().await, CloseCode::Unauthorized.number());
}

#[tokio::test]
async fn who_ignores_the_rate_limit_is_closed() {
    let desk = desk(&["limits.requests_per_second=1", "limits.requests_burst=1"]).await;
    let mut maya = desk.operator("maya").await;
    for _ in 0..210 {
        maya.request("sync", json!({})).await;
    }
    assert_eq!(maya.closed().await, CloseCode::RateAbuse.number());
}

#[tokio::test]
async fn who_does_not_read_is_shown_out_and_the_others_notice_nothing() {
    const POSTS: usize = 1_600;
    let fast = ["limits.requests_per_second=100000", "limits.requests_burst=100000"];
    // More than a socket's own buffers hold, and more patience than this test has.
    let desk = desk(&[fast[0], fast[1], "limits.outbox_ms=60000"]).await;
    let (mut maya, mut patron) = (desk.monitoring("maya").await, desk.patron().await);
    let chat = ring(&mut patron).await;
    done(&maya.write("chat.claim", json!({ "chat": chat })).await);
    let mut slow = desk.operator("birch-admin").await;
    done(&slow.ask("chat.subscribe", json!({ "chat": chat })).await);
    let text = "x".repeat(8_000);
    for _ in 0..POSTS {
        done(&patron.write("chat.post", json!({ "chat": chat, "text": text })).await);
        done(&maya.ask("sync", json!({})).await);
        (maya.heard, patron.heard) = (Vec::new(), Vec::new());
    }
    assert_eq!(slow.closed().await, CloseCode::SlowConsumer.number());
    assert!(slow.heard.len() < POSTS, "she had all of it");
    let (mut again, _) =
        Raw::greet(desk.broker.address, None, &operator_token(&desk.keys, "birch-admin", 60)).await;
    done(&again.ask("chat.subscribe", json!({ "chat": chat })).await);
}

#[tokio::test]
async fn silence_is_a_dead_connection_and_a_pong_is_life() {
    let desk = desk(&["limits.ping_ms=100", "limits.pong_ms=100"]).await;
    let mut alive = desk.operator("maya").await;
    let mut dead = desk.operator("ines").await;
    dead.answers_pings = false;
    let (closed, answer) = tokio::join!(dead.closed(), alive.ask("sync", json!({})));
    assert_eq!(closed, CloseCode::HeartbeatTimeout.number());
    done(&answer);
}

#[tokio::test]
async fn a_session_ends_with_its_token_unless_it_is_renewed() {
    let desk = desk(&["limits.ping_ms=2000"]).await;
    let address = desk.broker.address;
    let brief = operator_token(&desk.keys, "maya", 2);
    let (mut lost, _) = Raw::greet(address, None, &brief).await;
    let (mut renewed, _) = Raw::greet(address, None, &brief).await;
    let theirs = json!({ "token": operator_token(&desk.keys, "ines", 3600) });
    refused(&renewed.ask("auth", theirs).await, ErrorCode::Unauthorized);
    let fresh = json!({ "token": operator_token(&desk.keys, "maya", 3600) });
    done(&renewed.ask("auth", fresh).await);
    assert_eq!(lost.closed().await, CloseCode::TokenExpired.number());
    done(&renewed.ask("sync", json!({})).await);
}

#[tokio::test]
async fn a_broker_that_goes_down_says_come_back() {
    let desk = desk(&[]).await;
    let mut maya = desk.operator("maya").await;
    let broker = desk.broker;
    let gone = tokio::task::spawn_blocking(move || broker.terminate());
    assert_eq!(maya.closed().await, CloseCode::Drain.number());
    assert!(gone.await.unwrap().success());
}

#[tokio::test]
async fn who_breaks_the_websocket_protocol_is_closed_with_its_own_codes() {
    let desk = desk(&[]).await;
    let mask = [0, 0, 0, 0];
    let frame = |head: &[u8], body: &[u8]| [head, &mask[..], body].concat();
    let unmasked = [0x81, 2, b'{', b'}'].to_vec();
    let binary = frame(&[0x82, 0x82], b"{}");
    let not_utf8 = frame(&[0x81, 0x82], &[0xC3, 0x28]);
    let too_big = frame(&[0x81, 0xFF, 0, 0, 0, 0, 0, 2, 0, 0], &[]);
    for (bytes, code) in [(unmasked, 1002), (binary, 1003), (not_utf8, 1007), (too_big, 1009)] {
        let mut maya = desk.operator("maya").await;
        maya.bytes(&bytes).await;
        assert_eq!(maya.closed().await, code);
    }
}
