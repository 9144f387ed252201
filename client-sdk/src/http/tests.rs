//! Sign-in and patron sessions against one scripted answer each.

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;
use crate::connector::TcpConnector;
use crate::protocol::ids::SessionId;

/// Answers one request with `answer` and tells what was asked.
async fn answering(status: &str, answer: &str) -> (String, tokio::task::JoinHandle<String>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let length = answer.len();
    let answer = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\n\r\n{answer}");
    let asked = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut asked = String::new();
        while !asked.ends_with('}') {
            let mut bytes = [0; 4096];
            let length = stream.read(&mut bytes).await.unwrap();
            asked.push_str(std::str::from_utf8(&bytes[..length]).unwrap());
        }
        stream.write_all(answer.as_bytes()).await.unwrap();
        asked
    });
    (url, asked)
}

fn body_of(asked: &str) -> Value {
    serde_json::from_str(asked.split_once("\r\n\r\n").unwrap().1).unwrap()
}

fn granted() -> String {
    json!({"token": "t", "session": SessionId(1), "expires": "2026-11-24T10:00:00Z"}).to_string()
}

#[tokio::test]
async fn signing_in_posts_name_and_password_and_gets_a_token() {
    let (url, asked) = answering("200 OK", &granted()).await;
    let user = "maya".parse().unwrap();
    let granted = sign_in(&TcpConnector::new(), &url, user, "a long one").await.unwrap();
    assert_eq!(granted.token, "t");
    let asked = asked.await.unwrap();
    assert!(asked.starts_with("POST /v1/sign-in HTTP/1.1\r\n"), "{asked}");
    assert_eq!(body_of(&asked), json!({"user": "maya", "password": "a long one"}));
}

#[tokio::test]
async fn a_patron_s_visit_tells_its_origin_and_returns_by_chat_and_secret() {
    let (connector, origin) = (TcpConnector::new(), "https://birch.example");
    let (url, asked) = answering("200 OK", &granted()).await;
    patron_session(&connector, &url, origin, "birch-main".parse().unwrap()).await.unwrap();
    let asked = asked.await.unwrap();
    assert!(asked.contains("\r\norigin: https://birch.example\r\n"), "{asked}");
    assert_eq!(body_of(&asked), json!({"widget": "birch-main"}));

    let (url, asked) = answering("200 OK", &granted()).await;
    return_to_chat(&connector, &url, origin, ChatId(9), "secret").await.unwrap();
    let body = body_of(&asked.await.unwrap());
    assert_eq!(body, json!({"chat": ChatId(9), "secret": "secret"}));
}

#[tokio::test]
async fn a_refusal_keeps_its_code_and_a_proxy_s_answer_has_none() {
    let refusal = json!({"code": "unauthorized", "message": "no such pair"}).to_string();
    let cases = [(refusal.as_str(), ErrorCode::Unauthorized), ("<html>}", ErrorCode::Unknown)];
    for (answer, expected) in cases {
        let (url, _asked) = answering("401 Unauthorized", answer).await;
        let user = "maya".parse().unwrap();
        let error = sign_in(&TcpConnector::new(), &url, user, "x").await.unwrap_err();
        let ClientError::Http { status, code, .. } = error else { panic!("{error}") };
        assert_eq!((status, code), (401, expected));
    }
}

#[tokio::test]
async fn a_broker_that_is_not_there_is_named() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let user = "maya".parse().unwrap();
    let error = sign_in(&TcpConnector::new(), &url, user, "x").await.unwrap_err();
    assert!(matches!(&error, ClientError::Unreachable { .. }) && error.to_string().contains(&url));
}

#[test]
fn an_address_names_host_port_and_tls() {
    let parse = |url| Address::parse(url).unwrap();
    let address = parse("https://desk.example");
    assert_eq!((address.port, address.tls), (443, true));
    assert_eq!(parse("http://desk.example:8080/").authority(), "desk.example:8080");
    let six = parse("http://[::1]:9");
    assert_eq!((six.host.as_str(), six.authority().as_str()), ("::1", "[::1]:9"));
}
