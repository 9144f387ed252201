//! Bans over raw sockets and plain HTTP: what the conversation `banned` cannot show, since
//! everybody in it comes from one address.

use deskbell_protocol::codes::ErrorCode;
use deskbell_tests::raw::{BIRCH_PAGE, Raw, fresh_uuid, http, patron_token};
use serde_json::{Value, json};

use crate::codes::{Desk, desk, done, refused, ring};

/// A patron behind the proxy on loopback, who forwards for `address`.
async fn patron_at(desk: &Desk, address: &str) -> Raw {
    let fields = [("origin", BIRCH_PAGE), ("x-forwarded-for", address)];
    let mut raw = Raw::open_with(desk.broker.address, &fields).await;
    let token = patron_token(&desk.keys, "birch-home");
    let welcome = raw.ask("hello", json!({ "token": token, "client": fresh_uuid() })).await;
    assert_eq!(welcome["type"], "welcome", "{welcome}");
    raw
}

async fn rings(patron: &mut Raw) -> Value {
    patron.write("chat.open", json!({ "question": "Hello?" })).await
}

#[tokio::test]
async fn a_ban_binds_the_address_that_a_trusted_proxy_tells_and_is_lifted_with_the_session() {
    let desk = desk(&["server.trusted_proxies=127.0.0.1"]).await;
    let mut maya = desk.monitoring("maya").await;
    let mut sam = patron_at(&desk, "192.0.2.7").await;
    let chat = ring(&mut sam).await;
    done(&maya.write("chat.claim", json!({ "chat": chat })).await);
    let wrong = maya.ask("ban.set", json!({ "chat": chat, "hours": 0 })).await;
    refused(&wrong, ErrorCode::BadRequest);
    done(&maya.ask("ban.set", json!({ "chat": chat, "reason": "insults" })).await);

    let mut same = patron_at(&desk, "192.0.2.7").await;
    refused(&rings(&mut same).await, ErrorCode::Banned);
    done(&rings(&mut patron_at(&desk, "192.0.2.8").await).await);

    let mut admin = desk.operator("birch-admin").await;
    let bans = admin.ask("ban.list", json!({})).await;
    let ban = &bans["bans"][0];
    assert_eq!((&ban["chat"], &ban["reason"]), (&chat, &json!("insults")), "{bans}");
    assert_eq!(ban["by"]["id"], "maya");
    refused(&maya.ask("ban.list", json!({})).await, ErrorCode::NotAdmin);
    done(&admin.ask("ban.lift", json!({ "chat": chat })).await);
    done(&admin.ask("ban.lift", json!({ "chat": chat })).await);
    done(&rings(&mut same).await);
}

#[tokio::test]
async fn a_banned_patron_returns_to_her_chat_while_it_goes_on_and_not_after_its_end() {
    let desk = desk(&[]).await;
    let mut maya = desk.monitoring("maya").await;
    let address = desk.broker.address;
    let sessions = async |body: Value| {
        let origin = format!("Origin: {BIRCH_PAGE}");
        let path = "POST /v1/patron-sessions";
        let (status, answer) = http(address, path, &[&origin], &body.to_string()).await;
        let (_, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
        (status, serde_json::from_str::<Value>(body).expect("it is JSON"))
    };
    let (_, granted) = sessions(json!({ "widget": "birch-home" })).await;
    let token = granted["token"].as_str().expect("a token");
    let (mut sam, _) = Raw::greet(address, Some(BIRCH_PAGE), token).await;
    let chat = ring(&mut sam).await;
    done(&maya.write("chat.claim", json!({ "chat": chat })).await);
    done(&maya.ask("ban.set", json!({ "chat": chat, "hours": 2 })).await);

    let back = json!({ "chat": chat, "secret": granted["secret"] });
    assert_eq!(sessions(back.clone()).await.0, 200);
    done(&maya.write("chat.end", json!({ "chat": chat })).await);
    let (status, answer) = sessions(back).await;
    assert_eq!((status, &answer["code"]), (404, &json!("not_found")), "{answer}");
}
