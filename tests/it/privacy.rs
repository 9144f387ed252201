//! What must not be seen where: canaries go in, and are looked for in log lines, metrics, the store
//! and other people's frames.

use deskbell_tests::raw::{BIRCH_PAGE, http, operator_token};
use deskbell_tests::store::PASSWORD;
use serde_json::{Value, json};

use crate::codes::{Desk, desk, done};

const TEXT: &str = "canary-text";
const NAME: &str = "canary-name";
const CONTACT: &str = "canary-contact@example.org";
const QUERY: &str = "canary-query";
const NOTE: &str = "canary-note";

fn log_of(desk: &Desk) -> String {
    std::fs::read_to_string(desk.store.path().join("broker.log"))
        .expect("the broker keeps its log lines")
}

#[tokio::test]
async fn neither_log_lines_nor_metrics_know_a_person_a_text_or_a_secret() {
    let desk = desk(&["log.level=trace"]).await;
    let mut maya = desk.monitoring("maya").await;
    let mut patron = desk.patron().await;
    let page = format!("https://www.birch.example/x?{QUERY}#{QUERY}");
    let opened = json!({ "question": TEXT, "name": NAME, "contact": CONTACT, "page": page });
    let opened = patron.write("chat.open", opened).await;
    done(&opened);
    let chat = &opened["chat"];
    done(&maya.write("chat.claim", json!({ "chat": chat })).await);
    done(&maya.write("chat.post", json!({ "chat": chat, "text": TEXT })).await);
    done(&maya.write("chat.note", json!({ "chat": chat, "text": NOTE })).await);
    let wrong = "canary-password";
    let body = json!({ "user": "maya", "password": wrong }).to_string();
    http(desk.broker.address, "POST /v1/sign-in", &[], &body).await;
    let body = json!({ "user": "maya", "password": PASSWORD }).to_string();
    let (_, granted) = http(desk.broker.address, "POST /v1/sign-in", &[], &body).await;
    let origin = format!("Origin: {BIRCH_PAGE}");
    let body = r#"{"widget":"birch-home"}"#;
    let sessions = "POST /v1/patron-sessions";
    let (_, visit) = http(desk.broker.address, sessions, &[&origin], body).await;
    maya.say("{ canary-text").await;
    let token = operator_token(&desk.keys, "maya", 3600);
    maya.ask("auth", json!({ "token": token })).await;

    let (_, metrics) = http(desk.broker.admin_address, "GET /metrics", &[], "").await;
    let log = log_of(&desk);
    assert!(log.contains("ready"), "the log is the broker's:\n{log}");
    assert!(metrics.contains("deskbell_"), "{metrics}");
    let value = |answer: &str, field: &str| -> String {
        let json = &answer[answer.find('{').unwrap()..=answer.rfind('}').unwrap()];
        let json: Value = serde_json::from_str(json).unwrap();
        json[field].as_str().unwrap().to_owned()
    };
    let secrets =
        [value(&granted, "token"), value(&visit, "token"), value(&visit, "secret"), token];
    let words = [TEXT, NAME, CONTACT, QUERY, NOTE, wrong, PASSWORD];
    for canary in words.into_iter().chain(secrets.iter().map(String::as_str)) {
        assert!(!log.contains(canary), "{canary} stands in the log");
        assert!(!metrics.contains(canary), "{canary} stands in the metrics");
    }
    for entry in std::fs::read_dir(desk.store.path()).unwrap() {
        let path = entry.unwrap().path();
        // The socket and the log lines are no part of the store.
        if !path.is_file() || path.ends_with("broker.log") {
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        for canary in [QUERY, "127.0.0.1"] {
            let found = bytes.windows(canary.len()).any(|part| part == canary.as_bytes());
            assert!(!found, "{canary} stands in {}", path.display());
        }
    }
}

#[tokio::test]
async fn a_patron_sees_no_login_name_and_no_note_and_a_guest_no_contact() {
    let desk = desk(&[]).await;
    let mut ines = desk.monitoring("ines").await;
    let mut patron = desk.patron().await;
    let opened = patron.write("chat.open", json!({ "question": "?", "contact": CONTACT })).await;
    let chat = &opened["chat"];
    done(&ines.write("chat.claim", json!({ "chat": chat })).await);
    done(&ines.write("chat.note", json!({ "chat": chat, "text": NOTE })).await);
    done(&ines.write("chat.post", json!({ "chat": chat, "text": TEXT })).await);
    done(&patron.write("chat.post", json!({ "chat": chat, "text": "Thanks" })).await);
    let told = Value::from(patron.heard).to_string();
    assert!(told.contains(TEXT) && told.contains("Ines"), "{told}");
    assert!(!told.contains(NOTE) && !told.contains("\"ines\""), "{told}");
    let told = Value::from(ines.heard).to_string();
    assert!(told.contains(NOTE) && !told.contains(CONTACT), "{told}");
}

#[tokio::test]
async fn a_chat_of_others_looks_like_none_for_every_request() {
    let desk = desk(&[]).await;
    let mut maya = desk.monitoring("maya").await;
    let mut patron = desk.patron().await;
    let chat = crate::codes::ring(&mut patron).await;
    done(&maya.write("chat.claim", json!({ "chat": chat })).await);
    let (mut outside, mut other) = (desk.operator("lou").await, desk.patron().await);
    let none = json!("01jnb0cag0fgysygbbw84df98k");
    for (kind, fields, patrons) in [
        ("chat.subscribe", json!({}), true),
        ("chat.unsubscribe", json!({}), true),
        ("chat.history", json!({ "before": 9, "max": 9 }), true),
        ("chat.typing", json!({ "on": true }), true),
        ("chat.post", json!({ "text": "x" }), true),
        ("chat.end", json!({}), true),
        ("chat.claim", json!({}), false),
        ("chat.note", json!({ "text": "x" }), false),
        ("chat.transfer", json!({ "to": "operator/lou", "tell_patron": true }), false),
        ("chat.transfer_cancel", json!({}), false),
        ("chat.transfer_decline", json!({ "reason": "x" }), false),
        ("chat.leave", json!({}), false),
    ] {
        for (raw, asks) in [(&mut outside, true), (&mut other, patrons)] {
            if !asks {
                continue;
            }
            let mut answers = Vec::new();
            for chat in [&chat, &none] {
                let mut fields = fields.clone();
                fields["chat"] = chat.clone();
                let reads = ["subscribe", "unsubscribe", "history", "typing"];
                let mut answer = if reads.iter().any(|it| kind == format!("chat.{it}")) {
                    raw.ask(kind, fields).await
                } else {
                    raw.write(kind, fields).await
                };
                answer["re"] = Value::Null;
                answers.push(answer);
            }
            assert_eq!(answers[0]["code"], "not_found", "{kind}: {}", answers[0]);
            assert_eq!(answers[0], answers[1], "{kind}");
        }
    }
}
