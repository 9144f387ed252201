//! Just enough of a broker to sit down at: it reads strictly, by the protocol's own types, answers
//! in the promised order, and keeps no rule whatever.

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;

use deskbell_protocol::{SUBPROTOCOL, ToBroker, ToClient};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{Sender, channel};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};

const AT: &str = "2026-01-01T10:00:00Z";
const EID: &str = "0000000000000";

/// Its whole state; a chat's place in the list is its number.
pub(super) struct FakeBroker {
    posts: usize,
    loses: bool,
    taken: Cell<usize>,
    chats: RefCell<Vec<Vec<Sender<String>>>>,
    watchers: RefCell<Vec<Sender<String>>>,
}

impl Default for FakeBroker {
    fn default() -> Self {
        Self {
            posts: usize::MAX,
            loses: false,
            taken: Cell::new(0),
            chats: RefCell::default(),
            watchers: RefCell::default(),
        }
    }
}

impl FakeBroker {
    /// One that refuses all posts after the first `posts`.
    pub(super) fn taking(posts: usize) -> Self {
        Self { posts, ..Self::default() }
    }

    /// One that loses every tenth event.
    pub(super) fn losing() -> Self {
        Self { loses: true, ..Self::default() }
    }

    pub(super) async fn start(self) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let this = Rc::new(self);
        tokio::task::spawn_local(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::task::spawn_local(Rc::clone(&this).serve(stream));
            }
        });
        address
    }

    async fn serve(self: Rc<Self>, mut stream: TcpStream) {
        let mut head = [0; 4];
        stream.peek(&mut head).await.unwrap();
        if &head == b"POST" {
            return grant(&mut stream).await;
        }
        let mut socket = tokio_tungstenite::accept_hdr_async(stream, subprotocol).await.unwrap();
        let (sender, mut outbox) = channel(4_096);
        loop {
            tokio::select! {
                arrived = socket.next() => match arrived {
                    Some(Ok(Message::Text(text))) => {
                        let frame = serde_json::from_str(&text).unwrap();
                        self.answer(frame, &sender);
                    }
                    _ => return,
                },
                text = outbox.recv() => {
                    if socket.send(Message::Text(text.unwrap().into())).await.is_err() {
                        return;
                    }
                }
            }
        }
    }

    fn answer(&self, frame: ToBroker, me: &Sender<String>) {
        let re = frame.id();
        match frame {
            ToBroker::Hello { .. } => say(
                me,
                &json!({
                    "type": "welcome", "re": re, "session": id(0), "ping_ms": 25_000, "limits": {},
                    "you": {"role": "patron", "widget": "bench"}, "durability": "memory",
                    "features": [], "server_time": AT, "token_expires": AT,
                }),
            ),
            ToBroker::PresenceSet { monitoring, .. } => say(
                me,
                &json!({
                    "type": "presence", "re": re,
                    "presence": {"status": "online", "monitoring": monitoring, "at": AT},
                }),
            ),
            ToBroker::ListSubscribe { .. } => {
                say(me, &json!({"type": "list.snapshot", "rows": []}));
                say(me, &json!({"type": "ok", "re": re}));
                self.watchers.borrow_mut().push(me.clone());
            }
            ToBroker::ChatOpen { question, .. } => self.open(re, &question, me),
            ToBroker::ChatClaim { chat, .. } => {
                self.chats.borrow_mut()[number(chat.0)].push(me.clone());
                say(me, &json!({"type": "ok", "re": re, "chat": chat}));
            }
            ToBroker::ChatPost { chat, text, .. } => self.post(re, chat.0, &text, me),
            ToBroker::ChatEnd { chat, .. } => {
                let gone = json!({"type": "list.gone", "chat": chat});
                self.watchers.borrow().iter().for_each(|watcher| say(watcher, &gone));
                say(me, &json!({"type": "ok", "re": re, "chat": chat}));
            }
            other => panic!("this tool never says {other:?}"),
        }
    }

    fn open(&self, re: Option<u32>, question: &str, me: &Sender<String>) {
        let mut chats = self.chats.borrow_mut();
        let chat = id(chats.len());
        chats.push(vec![me.clone()]);
        let row = json!({"type": "list.row", "row": {
            "chat": chat, "since": AT, "home": "bench-library", "home_name": "Bench Library",
            "widget": "bench", "tiers": ["coop/bench"], "question": question,
            "patron_here": true, "previewing": 0,
        }});
        self.watchers.borrow().iter().for_each(|watcher| say(watcher, &row));
        say(
            me,
            &json!({
                "type": "chat.snapshot", "chat": chat, "seq": 1, "eid": EID, "reason": "subscribed",
                "audience": "patron", "events": [], "state": {
                    "phase": "waiting", "home": "bench-library", "widget": "bench",
                    "opened_at": AT, "tiers": ["coop/bench"],
                },
            }),
        );
        say(me, &json!({"type": "ok", "re": re, "chat": chat}));
    }

    fn post(&self, re: Option<u32>, chat: u128, text: &str, me: &Sender<String>) {
        self.taken.set(self.taken.get() + 1);
        if self.taken.get() > self.posts {
            return say(
                me,
                &json!({
                    "type": "error", "re": re, "code": "rate_limited", "message": "wait",
                    "temporary": true,
                }),
            );
        }
        let event = json!({
            "type": "chat.event", "chat": id(number(chat)), "seq": 2, "eid": EID, "at": AT,
            "event": {"type": "posted", "by": {"kind": "patron"}, "text": text},
        });
        if !(self.loses && self.taken.get().is_multiple_of(10)) {
            self.chats.borrow()[number(chat)].iter().for_each(|party| say(party, &event));
        }
        say(me, &json!({"type": "ok", "re": re}));
    }
}

fn number(chat: u128) -> usize {
    usize::try_from(chat).unwrap()
}

fn id(number: usize) -> String {
    deskbell_protocol::ids::ChatId(number as u128).to_string()
}

/// Sends a frame that a client can read, or fails here rather than there.
fn say(to: &Sender<String>, frame: &Value) {
    let text = frame.to_string();
    let read: ToClient = serde_json::from_str(&text).unwrap();
    assert_ne!(read, ToClient::Unknown);
    // A connection that has gone hears nothing.
    let _ = to.try_send(text);
}

async fn grant(stream: &mut TcpStream) {
    let mut head = Vec::new();
    while !head.ends_with(b"}") {
        assert!(stream.read_buf(&mut head).await.unwrap() > 0);
    }
    let head = String::from_utf8(head).unwrap();
    assert!(head.starts_with("POST /v1/patron-sessions HTTP/1.1\r\n"), "{head}");
    assert!(head.contains("\r\nOrigin: https://bench.example\r\n"), "{head}");
    let body = json!({"token": "a token", "session": id(0), "expires": AT, "secret": "a secret"});
    let answer = format!("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{body}");
    stream.write_all(answer.as_bytes()).await.unwrap();
}

#[expect(clippy::result_large_err, reason = "the shape of tungstenite's callback")]
#[expect(clippy::unnecessary_wraps, reason = "the shape of tungstenite's callback")]
fn subprotocol(request: &Request, mut response: Response) -> Result<Response, ErrorResponse> {
    let asked = request.headers()["Sec-WebSocket-Protocol"].clone();
    assert_eq!(asked, SUBPROTOCOL);
    response.headers_mut().insert("Sec-WebSocket-Protocol", asked);
    Ok(response)
}
