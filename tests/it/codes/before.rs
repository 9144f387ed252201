//! What is refused by HTTP, before there is a WebSocket.

use deskbell::secrets::Secrets as _;
use deskbell::secrets::sqlite::SqliteSecrets;
use deskbell_tests::raw::{BIRCH_PAGE, http};
use deskbell_tests::store::PASSWORD;
use serde_json::json;

use super::desk;

const UPGRADE: [&str; 3] =
    ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="];

#[tokio::test]
async fn an_upgrade_needs_a_known_page_the_subprotocol_and_the_version() {
    let desk = desk(&[]).await;
    let right = ["Sec-WebSocket-Version: 13", "Sec-WebSocket-Protocol: deskbell.v1.json"];
    for (lines, status, code) in [
        (vec![right[0], right[1], "Origin: https://evil.example"], 403, "origin_denied"),
        (vec![right[0]], 400, "bad_request"),
        (vec![right[1], "Sec-WebSocket-Version: 12"], 426, "bad_request"),
    ] {
        // Closed by the broker after an answer that is no upgrade.
        let lines: Vec<_> = UPGRADE.iter().copied().chain(lines).collect();
        let lines: Vec<_> = lines
            .into_iter()
            .map(|it| if it == "Connection: Upgrade" { "Connection: Upgrade, close" } else { it })
            .collect();
        let (found, answer) = http(desk.broker.address, "GET /v1/connect", &lines, "").await;
        assert_eq!(found, status, "{answer}");
        assert!(answer.contains(&format!("\"code\":\"{code}\"")), "{answer}");
    }
}

#[tokio::test]
async fn tokens_are_given_to_who_proves_the_right_to_one_and_nobody_else() {
    let desk = desk(&[]).await;
    let page = format!("Origin: {BIRCH_PAGE}");
    let sign_in = |password: &str| json!({ "user": "maya", "password": password }).to_string();
    let chat = "01jnb0cag0fgysygbbw84df98k";
    let secret = "01jnb0bz8ge6nbdj15y3hstk3j.x";
    let elm = "Origin: https://www.elm.example";
    let widget = json!({ "widget": "birch-home" }).to_string();
    let back = json!({ "chat": chat, "secret": secret }).to_string();
    let long = json!({ "widget": "x".repeat(20_000) }).to_string();
    let sessions = "POST /v1/patron-sessions";
    for (path, headers, body, status, word) in [
        ("POST /v1/sign-in", vec![], sign_in("wrong password"), 401, "\"unauthorized\""),
        ("POST /v1/sign-in", vec![], sign_in(PASSWORD), 200, "\"token\""),
        (sessions, vec![elm], widget.clone(), 403, "\"origin_denied\""),
        (sessions, vec![], widget.clone(), 403, "\"origin_required\""),
        (sessions, vec![page.as_str()], widget, 200, "\"secret\""),
        (sessions, vec![page.as_str()], back, 404, "\"not_found\""),
        (sessions, vec![page.as_str()], "{".to_owned(), 400, "\"bad_request\""),
        (sessions, vec![page.as_str()], long, 413, ""),
    ] {
        let (found, answer) = http(desk.broker.address, path, &headers, &body).await;
        assert_eq!(found, status, "{path}: {answer}");
        assert!(answer.contains(word), "{path}: {answer}");
    }
}

#[tokio::test]
async fn a_damaged_password_is_the_broker_s_mistake_and_not_taken_for_a_wrong_one() {
    let desk = desk(&[]).await;
    let secrets = SqliteSecrets::open(desk.store.path()).expect("the broker shares its secrets");
    let user = "maya".parse().expect("a user");
    secrets.set_password_hash(user, "no hash".to_owned()).await.expect("it is kept");
    let body = json!({ "user": "maya", "password": PASSWORD }).to_string();
    let (status, answer) = http(desk.broker.address, "POST /v1/sign-in", &[], &body).await;
    assert_eq!(status, 500, "{answer}");
    assert!(answer.contains("\"internal\""), "{answer}");
    assert!(answer.contains("deskbell user password"), "{answer}");
}

#[tokio::test]
async fn the_page_behind_a_single_use_link_takes_no_script_or_style_but_its_own() {
    let desk = desk(&[]).await;
    for (path, kind) in [
        ("GET /password", "text/html"),
        ("GET /password.css", "text/css"),
        ("GET /password.js", "text/javascript"),
    ] {
        let (status, answer) = http(desk.broker.address, path, &[], "").await;
        assert_eq!(status, 200, "{path}");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
        assert!(head.contains(&format!("content-type: {kind}; charset=utf-8")), "{head}");
        assert!(head.contains("content-security-policy: default-src 'none'; script-src 'self'"));
        assert!(!body.contains(" style=") && !body.contains(" onclick="), "{path}");
    }
}
