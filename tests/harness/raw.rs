//! A client that knows no manners: frames, bytes and HTTP heads as a test writes them, over one
//! socket, and what came back as it came.
//!
//! It answers pings unless told not to, and nothing else by itself. Not here: the SDK, whose
//! clients cannot be made to break a rule.

use std::net::SocketAddr;
use std::time::Duration;

use deskbell::secrets::Keys;
use deskbell::secrets::token::{Claims, OperatorClaims, PatronClaims, sign};
use deskbell::world::{Chance as _, Clock as _, SystemChance, SystemClock};
use deskbell_protocol::ids::{SessionId, UserId, WidgetId};
use deskbell_protocol::{SUBPROTOCOL, WEBSOCKET_PATH};
use futures_util::{SinkExt as _, StreamExt as _};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::{WebSocketStream, client_async};
use uuid::Uuid;

/// What did not come after this will not come.
const PATIENCE: Duration = Duration::from_secs(30);

/// The page that patrons of `birch` come from.
pub const BIRCH_PAGE: &str = "https://www.birch.example";

/// A token of an operator, good for `seconds` from now.
pub fn operator_token(keys: &Keys, user: &str, seconds: i64) -> String {
    let user: UserId = user.parse().expect("a user's id");
    let session = SystemChance.session();
    sign(keys, &Claims::Operator(OperatorClaims { user, session, expires: after(seconds) }))
}

/// A token of a fresh visit through `widget`.
pub fn patron_token(keys: &Keys, widget: &str) -> String {
    let widget: WidgetId = widget.parse().expect("a widget's id");
    let session: SessionId = SystemChance.session();
    let secret = [7; 32];
    sign(keys, &Claims::Patron(PatronClaims { widget, session, secret, expires: after(3600) }))
}

/// By the clock that brokers go by.
fn after(seconds: i64) -> Timestamp {
    SystemClock::new().now() + SignedDuration::from_secs(seconds)
}

/// One WebSocket.
pub struct Raw {
    ws: WebSocketStream<TcpStream>,
    next_id: u32,
    /// Whether pings are answered.
    pub answers_pings: bool,
    /// Everything that was not the reply asked for, oldest first.
    pub heard: Vec<Value>,
}

impl Raw {
    /// Connects, and says nothing.
    pub async fn open(address: SocketAddr, origin: Option<&str>) -> Self {
        let origin = origin.map(|origin| ("origin", origin));
        Self::open_with(address, origin.as_slice()).await
    }

    /// Connects with these header fields, and says nothing.
    pub async fn open_with(address: SocketAddr, fields: &[(&'static str, &str)]) -> Self {
        let mut request = format!("ws://{address}{WEBSOCKET_PATH}")
            .into_client_request()
            .expect("a request for a WebSocket");
        let headers = request.headers_mut();
        headers.insert("sec-websocket-protocol", SUBPROTOCOL.parse().expect("a header"));
        for (name, value) in fields {
            headers.insert(*name, value.parse().expect("a header"));
        }
        let stream = TcpStream::connect(address).await.expect("the broker listens");
        let (ws, _) = client_async(request, stream).await.expect("the broker upgrades");
        Self { ws, next_id: 1, answers_pings: true, heard: Vec::new() }
    }

    /// Connects and says hello; the answer is not looked at.
    pub async fn greet(address: SocketAddr, origin: Option<&str>, token: &str) -> (Self, Value) {
        let mut raw = Self::open(address, origin).await;
        let fields = json!({ "token": token, "client": fresh_uuid() });
        let answer = raw.ask("hello", fields).await;
        (raw, answer)
    }

    /// An operator, let in.
    pub async fn operator(address: SocketAddr, keys: &Keys, user: &str) -> Self {
        let (raw, answer) = Self::greet(address, None, &operator_token(keys, user, 3600)).await;
        assert_eq!(answer["type"], "welcome", "{answer}");
        raw
    }

    /// A patron of `widget`, let in from the page of `birch`.
    pub async fn patron(address: SocketAddr, keys: &Keys, widget: &str) -> Self {
        let token = patron_token(keys, widget);
        let (raw, answer) = Self::greet(address, Some(BIRCH_PAGE), &token).await;
        assert_eq!(answer["type"], "welcome", "{answer}");
        raw
    }

    /// Sends a text, whatever it is.
    pub async fn say(&mut self, text: impl Into<String>) {
        let text: String = text.into();
        self.ws.send(Message::text(text)).await.expect("the broker still listens");
    }

    /// Sends bytes past the WebSocket's own rules.
    pub async fn bytes(&mut self, bytes: &[u8]) {
        self.ws.get_mut().write_all(bytes).await.expect("the broker still listens");
    }

    /// Sends a request without waiting; tells its id.
    pub async fn request(&mut self, kind: &str, fields: Value) -> u32 {
        let id = self.next_id;
        self.next_id += 1;
        let mut frame = fields;
        frame["type"] = kind.into();
        frame["id"] = id.into();
        self.say(frame.to_string()).await;
        id
    }

    /// Sends a request and waits for its reply.
    pub async fn ask(&mut self, kind: &str, fields: Value) -> Value {
        let id = self.request(kind, fields).await;
        self.reply_to(Some(id)).await
    }

    /// A write: a request with a fresh `cmid`.
    pub async fn write(&mut self, kind: &str, mut fields: Value) -> Value {
        fields["cmid"] = fresh_uuid().to_string().into();
        self.ask(kind, fields).await
    }

    /// Waits for the reply to `id`; `None` is one to a frame without an id.
    pub async fn reply_to(&mut self, id: Option<u32>) -> Value {
        loop {
            let frame = self.next().await.unwrap_or_else(|code| panic!("closed with {code}"));
            if frame.get("re") == Some(&json!(id)) {
                return frame;
            }
            self.heard.push(frame);
        }
    }

    /// The next frame that is not a ping, or the code that the connection was closed with; 1006 if
    /// it just broke.
    pub async fn next(&mut self) -> Result<Value, u16> {
        loop {
            let message = timeout(PATIENCE, self.ws.next()).await.expect("something comes");
            match message {
                Some(Ok(Message::Text(text))) => {
                    let frame: Value = serde_json::from_str(&text).expect("frames are JSON");
                    if frame["type"] != "ping" {
                        return Ok(frame);
                    }
                    if self.answers_pings {
                        self.say(r#"{"type":"pong"}"#).await;
                    }
                }
                Some(Ok(Message::Close(frame))) => {
                    return Err(frame.map_or(1005, |frame| frame.code.into()));
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Err(1006),
            }
        }
    }

    /// Reads until the close; tells its code. A code of the broker's own comes after its `bye`.
    pub async fn closed(&mut self) -> u16 {
        loop {
            match self.next().await {
                Ok(frame) => self.heard.push(frame),
                Err(code) => {
                    if code >= 4000 {
                        let bye = self.heard.last().expect("a bye came");
                        assert_eq!(bye["type"], "bye", "{bye}");
                        assert_eq!(bye["code"], code);
                    }
                    return code;
                }
            }
        }
    }
}

/// One HTTP request with these header lines; the answer's status and all of its text.
pub async fn http(
    address: SocketAddr,
    method_and_path: &str,
    headers: &[&str],
    body: &str,
) -> (u16, String) {
    let mut head = format!("{method_and_path} HTTP/1.1\r\nHost: desk\r\n");
    for line in headers {
        head.push_str(line);
        head.push_str("\r\n");
    }
    if !headers.iter().any(|line| line.starts_with("Connection")) {
        head.push_str("Connection: close\r\n");
    }
    let request = format!("{head}Content-Length: {}\r\n\r\n{body}", body.len());
    let mut stream = TcpStream::connect(address).await.expect("the broker listens");
    stream.write_all(request.as_bytes()).await.expect("the broker reads");
    let mut answer = Vec::new();
    let read = timeout(PATIENCE, stream.read_to_end(&mut answer)).await.expect("an answer");
    read.expect("the broker answers");
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let status = answer.split(' ').nth(1).and_then(|it| it.parse().ok());
    (status.expect("a status"), answer)
}

/// An id that nobody else has.
#[expect(clippy::disallowed_methods, reason = "a client chooses its own ids")]
pub fn fresh_uuid() -> Uuid {
    Uuid::new_v4()
}
