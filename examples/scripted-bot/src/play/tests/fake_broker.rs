//! Just enough of a broker to play with one patron, in memory, with a choice of mistakes.

use std::io;
use std::pin::pin;

use deskbell_client::{AsyncStream, BoxFuture, Connector};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio_tungstenite::accept_hdr_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};

const AT: &str = "2026-11-24T10:00:00Z";
const CHAT: &str = "0000000000000000000000000b";

/// What the fake broker does wrong, or otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lapse {
    /// Nothing.
    None,
    /// A message of Maya's that nobody wrote follows each message.
    StrayMessage,
    /// A message that is sent again is stored again.
    StoresRetries,
    /// Messages are refused.
    Refuses,
    /// Rings are refused for now.
    NobodyThere,
}

#[derive(Clone, Copy)]
pub(super) struct FakeBroker {
    pub(super) lapse: Lapse,
}

impl Connector for FakeBroker {
    fn connect<'a>(
        &'a self,
        _: &'a str,
        _: u16,
        _: bool,
    ) -> BoxFuture<'a, io::Result<Box<dyn AsyncStream>>> {
        let (here, there) = tokio::io::duplex(64 * 1024);
        tokio::spawn(serve(there, self.lapse));
        Box::pin(async { Ok(Box::new(here) as Box<dyn AsyncStream>) })
    }
}

/// Tells a request by its first byte: `P` of POST, `G` of the upgrade's GET.
async fn serve(mut stream: DuplexStream, lapse: Lapse) {
    let first = stream.read_u8().await.expect("the client asks for something");
    if first == b'G' {
        let (read, write) = tokio::io::split(stream);
        let whole = tokio::io::join((&[b'G'][..]).chain(read), write);
        return talk(whole, lapse).await;
    }
    let mut request = vec![first];
    while !request.ends_with(b"}") {
        stream.read_buf(&mut request).await.expect("the request goes on");
    }
    let granted = json!({
        "token": "token", "session": CHAT, "expires": "2026-11-24T22:00:00Z", "secret": "secret",
    });
    let (status, body) = if request.starts_with(b"POST /v1/") {
        ("200 OK", granted.to_string())
    } else {
        ("404 Not Found", String::new())
    };
    let answer = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(answer.as_bytes()).await.expect("the client reads");
}

#[expect(clippy::result_large_err, reason = "the callback's type is tungstenite's")]
async fn talk(stream: impl AsyncStream, lapse: Lapse) {
    let upgrade = |request: &Request, mut response: Response| -> Result<_, ErrorResponse> {
        let protocol = request.headers()["sec-websocket-protocol"].clone();
        response.headers_mut().insert("sec-websocket-protocol", protocol);
        Ok(response)
    };
    let socket = accept_hdr_async(stream, upgrade).await.expect("an upgrade");
    let mut socket = pin!(socket);
    let mut chat = Chat { lapse, last_seq: 1, posted: None };
    while let Some(Ok(message)) = socket.next().await {
        let Ok(text) = message.to_text() else { return };
        let Ok(request) = serde_json::from_str::<Value>(text) else { return };
        for answer in chat.answer(&request) {
            if socket.send(Message::text(answer.to_string())).await.is_err() {
                return;
            }
        }
    }
}

struct Chat {
    lapse: Lapse,
    last_seq: u64,
    /// The `cmid` and place of the last message.
    posted: Option<(Value, u64)>,
}

impl Chat {
    fn answer(&mut self, request: &Value) -> Vec<Value> {
        let ok = json!({"type": "ok", "re": request["id"]});
        match request["type"].as_str().unwrap_or_default() {
            "hello" => vec![json!({
                "type": "welcome", "re": request["id"], "session": CHAT, "ping_ms": 25_000,
                "you": {"role": "patron", "widget": "birch-home"}, "limits": {},
                "durability": "memory", "features": [], "server_time": AT,
                "token_expires": "2026-11-24T22:00:00Z",
            })],
            "pong" => vec![],
            "presence.set" => vec![json!({
                "type": "presence", "re": request["id"],
                "presence": {"status": "online", "monitoring": [], "at": AT},
            })],
            "list.subscribe" => vec![json!({"type": "list.snapshot", "rows": []}), ok],
            "chat.open" if self.lapse == Lapse::NobodyThere => {
                vec![refused(request, "offline", "nobody is there", true)]
            }
            "chat.open" => vec![snapshot(), stored(request, 1)],
            "chat.post" if self.lapse == Lapse::Refuses => {
                vec![refused(request, "chat_ended", "the chat is over", false)]
            }
            "chat.post" => self.post(request),
            "chat.end" => vec![refused(request, "chat_ended", "the chat is over", false)],
            _ => vec![ok],
        }
    }

    fn post(&mut self, request: &Value) -> Vec<Value> {
        if let Some((cmid, seq)) = &self.posted
            && *cmid == request["cmid"]
            && self.lapse != Lapse::StoresRetries
        {
            return vec![stored(request, *seq)];
        }
        let mut told = vec![self.happens(&json!({"kind": "patron"}), &request["text"])];
        self.posted = Some((request["cmid"].clone(), self.last_seq));
        told.push(stored(request, self.last_seq));
        if self.lapse == Lapse::StrayMessage {
            let maya = json!({"kind": "operator", "name": "Maya", "library": "birch"});
            told.push(self.happens(&maya, &json!("Hello")));
        }
        told
    }

    fn happens(&mut self, by: &Value, text: &Value) -> Value {
        self.last_seq += 1;
        json!({
            "type": "chat.event", "chat": CHAT, "seq": self.last_seq, "eid": eid(self.last_seq),
            "at": AT, "event": {"type": "posted", "by": by, "text": text},
        })
    }
}

fn eid(seq: u64) -> String {
    format!("000000000000{seq}")
}

fn stored(request: &Value, seq: u64) -> Value {
    json!({"type": "ok", "re": request["id"], "chat": CHAT, "seq": seq, "eid": eid(seq)})
}

fn refused(request: &Value, code: &str, message: &str, temporary: bool) -> Value {
    json!({
        "type": "error", "re": request["id"], "code": code, "message": message,
        "temporary": temporary,
    })
}

fn snapshot() -> Value {
    let opened = json!({
        "type": "opened", "widget": "birch-home", "home": "birch", "question": "Hello?",
        "tiers": ["coop/tri-county"],
    });
    json!({
        "type": "chat.snapshot", "chat": CHAT, "seq": 1, "eid": eid(1), "reason": "subscribed",
        "audience": "patron",
        "state": {
            "phase": "waiting", "home": "birch", "widget": "birch-home", "opened_at": AT,
            "tiers": ["coop/tri-county"],
        },
        "events": [{"seq": 1, "eid": eid(1), "at": AT, "event": opened}],
    })
}
