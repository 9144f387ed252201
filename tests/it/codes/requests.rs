//! Requests that a healthy broker refuses.

use deskbell_protocol::codes::ErrorCode;
use deskbell_tests::raw::fresh_uuid;
use serde_json::json;

use super::{desk, done, refused, ring};

#[tokio::test]
async fn what_is_no_request_is_told_what_is_wrong_with_it() {
    let desk = desk(&[]).await;
    let mut maya = desk.operator("maya").await;
    maya.say(r#"{"type":"sync"}"#).await;
    refused(&maya.reply_to(None).await, ErrorCode::BadFrame);
    let unknown_field = maya.ask("list.subscribe", json!({ "chatt": 1 })).await;
    refused(&unknown_field, ErrorCode::BadRequest);
    assert!(unknown_field["message"].as_str().unwrap().contains("chatt"), "{unknown_field}");
    refused(&maya.ask("dance", json!({})).await, ErrorCode::UnknownType);
    done(&maya.ask("sync", json!({})).await);
}

#[tokio::test]
async fn a_chat_refuses_what_its_rules_forbid() {
    let desk = desk(&["limits.operator_chats=1", "limits.patron_chats=1"]).await;
    let mut patron = desk.patron().await;
    let question = json!({ "question": "?" });
    refused(&patron.write("chat.open", question.clone()).await, ErrorCode::Offline);
    refused(&patron.write("chat.open", json!({ "question": " " })).await, ErrorCode::BadText);

    let (mut maya, mut ines) = (desk.monitoring("maya").await, desk.monitoring("ines").await);
    let mut lou = desk.operator("lou").await;
    refused(&maya.write("chat.open", question.clone()).await, ErrorCode::WrongRole);
    let chat = ring(&mut patron).await;
    let it = json!({ "chat": chat });
    refused(&patron.write("chat.open", question).await, ErrorCode::TooManyChats);
    refused(&patron.write("chat.claim", it.clone()).await, ErrorCode::WrongRole);
    refused(&lou.ask("chat.subscribe", it.clone()).await, ErrorCode::NotFound);
    let post = json!({ "chat": chat, "text": "Hello" });
    refused(&ines.write("chat.post", post.clone()).await, ErrorCode::NotParticipant);

    done(&maya.write("chat.claim", it.clone()).await);
    let late = ines.write("chat.claim", it.clone()).await;
    refused(&late, ErrorCode::AlreadyClaimed);
    assert_eq!(late["by"]["id"], "maya", "{late}");
    refused(&maya.write("chat.leave", it.clone()).await, ErrorCode::OwnerMustStay);
    refused(&maya.write("chat.transfer_cancel", it.clone()).await, ErrorCode::NoTransfer);
    let to = |to: &str| json!({ "chat": chat, "to": to, "tell_patron": false });
    let foreign = maya.write("chat.transfer", to("department/elm-information")).await;
    refused(&foreign, ErrorCode::TargetNotAllowed);
    refused(&maya.write("chat.transfer", to("operator/noor")).await, ErrorCode::TargetOffline);

    let cmid = fresh_uuid();
    let with = |text: &str| json!({ "chat": chat, "cmid": cmid, "text": text });
    done(&maya.ask("chat.post", with("one")).await);
    done(&maya.ask("chat.post", with("one")).await);
    refused(&maya.ask("chat.post", with("two")).await, ErrorCode::CmidReused);

    done(&maya.write("chat.transfer", to("operator/ines")).await);
    refused(&ines.write("chat.end", it.clone()).await, ErrorCode::NotOwner);
    done(&ines.write("chat.claim", it.clone()).await);
    done(&ines.write("chat.end", it.clone()).await);
    refused(&ines.write("chat.post", post).await, ErrorCode::ChatEnded);
}

#[tokio::test]
async fn who_monitors_internally_is_told_to_change_that_before_she_claims() {
    let desk = desk(&[]).await;
    let (mut maya, mut ines) = (desk.monitoring("maya").await, desk.monitoring("ines").await);
    let mut patron = desk.patron().await;
    let chat = ring(&mut patron).await;
    let internal = json!({ "status": "internal", "monitoring": ["coop/tri-county"] });
    ines.ask("presence.set", internal).await;
    let claim = ines.write("chat.claim", json!({ "chat": chat })).await;
    refused(&claim, ErrorCode::NotMonitoring);
    done(&maya.ask("sync", json!({})).await);
}

#[tokio::test]
async fn too_fast_a_client_is_told_how_long_to_wait() {
    let desk = desk(&["limits.requests_per_second=1", "limits.requests_burst=2"]).await;
    let mut maya = desk.operator("maya").await;
    done(&maya.ask("sync", json!({})).await);
    done(&maya.ask("sync", json!({})).await);
    let hasty = maya.ask("sync", json!({})).await;
    refused(&hasty, ErrorCode::RateLimited);
    assert!((1..=1000).contains(&hasty["retry_after_ms"].as_u64().unwrap()), "{hasty}");
}

#[tokio::test]
async fn a_chat_that_is_full_takes_no_further_text_and_can_be_ended() {
    let fast = ["limits.requests_per_second=100000", "limits.requests_burst=100000"];
    let desk = desk(&fast).await;
    let mut maya = desk.monitoring("maya").await;
    let mut patron = desk.patron().await;
    let chat = ring(&mut patron).await;
    done(&maya.write("chat.claim", json!({ "chat": chat })).await);
    let post = |cmid: uuid::Uuid| json!({ "chat": chat, "cmid": cmid, "text": "x" });
    for _ in 0..48 {
        for _ in 0..100 {
            maya.request("chat.post", post(fresh_uuid())).await;
        }
        // The patron reads along, so that she does not count as too slow.
        done(&maya.ask("sync", json!({})).await);
        done(&patron.ask("sync", json!({})).await);
    }
    let mut answer = json!({ "type": "ok" });
    for _ in 0..101 {
        if answer["type"] == "ok" {
            answer = maya.write("chat.post", json!({ "chat": chat, "text": "x" })).await;
        }
    }
    refused(&answer, ErrorCode::ChatFull);
    done(&maya.write("chat.end", json!({ "chat": chat })).await);
}

#[tokio::test]
async fn nobody_goes_on_from_the_chat_of_another() {
    let desk = desk(&[]).await;
    let mut maya = desk.monitoring("maya").await;
    let (mut sam, mut tess) = (desk.patron().await, desk.patron().await);
    let chat = ring(&mut sam).await;
    done(&sam.write("chat.end", json!({ "chat": chat })).await);
    let again = json!({ "question": "One more thing", "continues": chat });
    refused(&tess.write("chat.open", again.clone()).await, ErrorCode::NotFound);
    done(&sam.write("chat.open", again).await);
    done(&maya.ask("sync", json!({})).await);
}
