//! A broker that does exactly what a test tells it, over a real socket.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::{WebSocketStream, accept_hdr_async};

use crate::protocol::ids::{ChatId, Eid, SessionId};
use crate::{Backoff, Client, Event, Events, Options, Token};

/// Longest wait for anything: only a failing test takes so long.
pub(super) const SOON: Duration = Duration::from_secs(10);

pub(super) const CHAT: ChatId = ChatId(11);

pub(super) struct FakeBroker {
    listener: TcpListener,
}

impl FakeBroker {
    pub(super) async fn start() -> Self {
        Self { listener: TcpListener::bind(("127.0.0.1", 0)).await.unwrap() }
    }

    /// Options for a client that comes back within milliseconds.
    pub(super) fn options(&self) -> Options {
        let url = format!("http://{}", self.listener.local_addr().unwrap());
        let mut options = Options::new(url, Token::fixed("secret"));
        let quick = Duration::from_millis(2);
        options.tells_delivered = false;
        options.backoff = Backoff::seeded(1).between(quick, quick);
        options
    }

    pub(super) async fn accept_tcp(&self) -> TcpStream {
        timeout(SOON, self.listener.accept()).await.expect("a client connects").unwrap().0
    }

    /// The next connection, upgraded and not yet greeted.
    #[expect(clippy::result_large_err, reason = "the callback's type is tungstenite's")]
    pub(super) async fn accept(&self) -> Peer {
        let stream = self.accept_tcp().await;
        let mut headers = Vec::new();
        let answer = |request: &Request, mut response: Response| -> Result<_, ErrorResponse> {
            headers.push(request.uri().path().to_owned());
            for name in ["sec-websocket-protocol", "origin"] {
                let value = request.headers().get(name).and_then(|value| value.to_str().ok());
                headers.push(value.unwrap_or_default().to_owned());
            }
            let protocol = request.headers()["sec-websocket-protocol"].clone();
            response.headers_mut().insert("sec-websocket-protocol", protocol);
            Ok(response)
        };
        let socket = accept_hdr_async(stream, answer).await.unwrap();
        Peer { socket, headers }
    }

    /// The next connection, greeted.
    pub(super) async fn greet(&self) -> Peer {
        let mut peer = self.accept().await;
        assert_eq!(peer.hear().await["type"], "hello");
        peer.say(welcome()).await;
        peer
    }
}

pub(super) fn welcome() -> Value {
    json!({
        "type": "welcome", "re": 1, "session": SessionId(1), "ping_ms": 25_000,
        "you": {"role": "patron", "widget": "birch-main"}, "limits": {},
        "durability": "memory", "features": ["more than this client knows"],
        "server_time": "2026-11-24T10:00:00Z", "token_expires": "2026-11-24T22:00:00Z",
    })
}

/// The broker's end of one connection.
pub(super) struct Peer {
    socket: WebSocketStream<TcpStream>,
    /// Path, subprotocol and origin of the upgrade.
    pub(super) headers: Vec<String>,
}

impl Peer {
    pub(super) async fn hear(&mut self) -> Value {
        let message = timeout(SOON, self.socket.next()).await.expect("the client says something");
        let text = message.expect("the connection is open").unwrap();
        serde_json::from_str(text.to_text().unwrap()).unwrap()
    }

    /// The next frame, which must be of this type.
    pub(super) async fn hear_a(&mut self, name: &str) -> Value {
        let frame = self.hear().await;
        assert_eq!(frame["type"], name, "{frame}");
        frame
    }

    /// The code with which the client closes.
    pub(super) async fn hear_close(&mut self) -> Option<u16> {
        loop {
            match timeout(SOON, self.socket.next()).await.expect("the client closes") {
                Some(Ok(Message::Close(frame))) => return frame.map(|frame| frame.code.into()),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return None,
            }
        }
    }

    pub(super) async fn say(&mut self, frame: Value) {
        self.say_text(frame.to_string()).await;
    }

    pub(super) async fn say_text(&mut self, text: String) {
        self.send(Message::text(text)).await;
    }

    pub(super) async fn send(&mut self, message: Message) {
        timeout(SOON, self.socket.send(message)).await.expect("the client reads").unwrap();
    }

    /// As many messages as the client and the buffers between take within `patience`.
    pub(super) async fn flood(&mut self, frame: &Value, most: usize, patience: Duration) -> usize {
        for sent in 0..most {
            let message = Message::text(frame.to_string());
            if timeout(patience, self.socket.send(message)).await.is_err() {
                return sent;
            }
        }
        most
    }

    pub(super) async fn ok(&mut self, request: &Value) {
        self.say(json!({"type": "ok", "re": request["id"]})).await;
    }

    pub(super) async fn ok_at(&mut self, request: &Value, seq: u64) {
        let (chat, eid) = (CHAT, Eid(seq));
        self.say(json!({"type": "ok", "re": request["id"], "chat": chat, "seq": seq, "eid": eid}))
            .await;
    }

    pub(super) async fn refuse(&mut self, request: &Value, code: &str, temporary: bool) {
        let mut error = json!({"type": "error", "re": request["id"], "code": code});
        error["message"] = json!("because the test says so");
        error["temporary"] = json!(temporary);
        error["retry_after_ms"] = if temporary { json!(1) } else { Value::Null };
        self.say(error).await;
    }

    pub(super) async fn close(mut self, code: u16) {
        let frame = CloseFrame { code: code.into(), reason: "".into() };
        self.socket.close(Some(frame)).await.unwrap();
        // Reads the client's half, so that TCP does not throw the close frame away.
        while let Some(Ok(_)) = self.socket.next().await {}
    }
}

pub(super) fn event(seq: u64, text: &str) -> Value {
    let mut frame = sequenced(seq, text);
    frame["type"] = json!("chat.event");
    frame["chat"] = json!(CHAT);
    frame
}

pub(super) fn sequenced(seq: u64, text: &str) -> Value {
    let event = json!({"type": "posted", "by": {"kind": "patron"}, "text": text});
    json!({"seq": seq, "eid": Eid(seq), "at": "2026-11-24T10:00:00Z", "event": event})
}

pub(super) fn snapshot(seq: u64, reason: &str) -> Value {
    let state = json!({"phase": "active", "home": "birch", "widget": "birch-main",
        "opened_at": "2026-11-24T10:00:00Z", "tiers": ["coop/tri"]});
    json!({"type": "chat.snapshot", "chat": CHAT, "seq": seq, "eid": Eid(seq), "reason": reason,
        "audience": "patron", "state": state, "events": []})
}

/// A client with the events that it tells, those of its connection aside.
pub(super) struct App {
    pub(super) client: Client,
    pub(super) events: Events,
}

impl App {
    pub(super) fn connect(options: Options) -> Self {
        let (client, events) = Client::connect(options);
        Self { client, events }
    }

    /// The next event that is no status.
    pub(super) async fn hears(&mut self) -> Event {
        loop {
            match self.hears_any().await {
                Event::Status(_) => {}
                event => return event,
            }
        }
    }

    pub(super) async fn hears_any(&mut self) -> Event {
        timeout(SOON, self.events.next()).await.expect("something happens").expect("not closed")
    }

    /// The next event is this place of the chat.
    pub(super) async fn hears_place(&mut self, seq: u64) {
        match self.hears().await {
            Event::Chat { chat, sequenced } => assert_eq!((chat, sequenced.seq), (CHAT, seq)),
            other => panic!("{other:?}"),
        }
    }

    pub(super) async fn hears_snapshot(&mut self, seq: u64) {
        match self.hears().await {
            Event::Snapshot(snapshot) => assert_eq!((snapshot.chat, snapshot.seq), (CHAT, seq)),
            other => panic!("{other:?}"),
        }
    }
}

/// A client that follows [`CHAT`] up to `seq`.
pub(super) async fn following(broker: &FakeBroker, seq: u64) -> (App, Peer) {
    let mut app = App::connect(broker.options());
    let client = app.client.clone();
    let call = tokio::spawn(async move { client.subscribe(CHAT).await });
    let mut peer = broker.greet().await;
    let request = peer.hear_a("chat.subscribe").await;
    peer.say(snapshot(seq, "subscribed")).await;
    peer.ok(&request).await;
    app.hears_snapshot(seq).await;
    call.await.unwrap().unwrap();
    (app, peer)
}
