//! The server under load, and how to take a seat at it: the bare relay or the broker.
//!
//! Everything here happens before a run is measured, so it may be slow and strict. The seats that
//! it hands out look the same for both servers, so that a workload does not know which it drives.

use std::net::SocketAddr;

use anyhow::{Context, Result, bail, ensure};
use deskbell_protocol::http::Granted;
use deskbell_protocol::{ToClient, WEBSOCKET_PATH};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::frame;
use crate::socket::Socket;

/// What is driven.
pub(crate) struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    /// Whose CPU time and memory count.
    pub pid: u32,
    /// The rest of it, if it is more than one process.
    pub cluster: Option<Cluster>,
    /// What only a broker has.
    pub desk: Option<Desk>,
}

/// A second broker on the same store, at which operators sit, and the store's own server.
pub(crate) struct Cluster {
    /// What tables call all of it, such as `redis-async`.
    pub name: &'static str,
    /// Where the second broker listens.
    pub operators_at: SocketAddr,
    /// Its process.
    pub pid: u32,
    /// The process of the store's server.
    pub store_pid: u32,
}

/// What it takes to sit down at a broker.
#[derive(Debug, Clone)]
pub(crate) struct Desk {
    /// Its second listener, for figures; without it there is no "events per commit".
    pub admin: Option<SocketAddr>,
    /// In the widget's list and in the desks' list.
    pub origin: String,
    /// Through which patrons ring.
    pub widget: String,
    /// Which every operator monitors, such as `coop/bench`.
    pub queue: String,
    /// One per operator; connections share them evenly if there are more connections.
    pub tokens: Vec<String>,
}

/// The two ends of one chat.
pub(crate) struct Pair {
    /// Who asked.
    pub patron: Socket,
    /// Who claimed.
    pub operator: Socket,
    /// The chat, as it stands in each request.
    pub chat: String,
}

/// A connection, and the token that lets its client come back.
pub(crate) struct Seat {
    /// The connection.
    pub socket: Socket,
    /// The token.
    pub token: String,
}

/// Stands for a chat where the server knows none, at the same length.
const NO_CHAT: &str = "00000000000000000000000000";

impl Server {
    /// `relay` or `broker`, or where several brokers keep their log, as tables call it.
    pub(crate) fn name(&self) -> &'static str {
        match (&self.cluster, &self.desk) {
            (Some(cluster), _) => cluster.name,
            (None, Some(_)) => "broker",
            (None, None) => "relay",
        }
    }

    /// The processes that serve connections.
    pub(crate) fn pids(&self) -> impl Iterator<Item = u32> {
        [self.pid].into_iter().chain(self.cluster.iter().map(|it| it.pid))
    }

    /// The `number`th connection that does nothing: at a broker, an operator who follows her list.
    pub(crate) async fn idle(&self, number: usize) -> Result<Socket> {
        match &self.desk {
            None => Socket::connect(self.address, &format!("/idle/{number}"), None).await,
            Some(desk) => self.watching_operator(desk, number).await,
        }
    }

    /// The `number`th reader of what rings.
    pub(crate) async fn watcher(&self, number: usize) -> Result<Socket> {
        match &self.desk {
            None => Socket::connect(self.address, "/watch", None).await,
            Some(desk) => self.watching_operator(desk, number).await,
        }
    }

    /// Who rings for all watchers.
    pub(crate) async fn ringer(&self) -> Result<Socket> {
        match &self.desk {
            None => Socket::connect(self.address, "/watch", None).await,
            Some(desk) => self.patron(desk, 0).await,
        }
    }

    /// The operator of the `number`th chat, on duty; before any chat is opened, so that presence
    /// is settled by then.
    pub(crate) async fn operator(&self, number: usize) -> Result<Socket> {
        match &self.desk {
            None => Socket::connect(self.address, &format!("/chat/{number}"), None).await,
            Some(desk) => self.operator_on_duty(desk, number).await,
        }
    }

    /// A patron's chat that `operator` has claimed.
    pub(crate) async fn pair(&self, number: usize, operator: Socket) -> Result<Pair> {
        let Some(desk) = &self.desk else {
            let patron = Socket::connect(self.address, &format!("/chat/{number}"), None).await?;
            return Ok(Pair { patron, operator, chat: NO_CHAT.to_owned() });
        };
        claimed(self.patron(desk, number).await?, operator).await
    }

    /// Both ends of a claimed chat at a broker, with what lets them come back.
    pub(crate) async fn seats(&self, number: usize) -> Result<(Seat, Seat, String)> {
        let desk = self.desk.as_ref().context("a relay knows nobody again")?;
        let token = desk.tokens[number % desk.tokens.len()].clone();
        let operator = self.operator_on_duty(desk, number).await?;
        let patron_token = self.patron_token(desk).await?;
        let patron = greet(self.address, desk, &patron_token, number).await?;
        let Pair { patron, operator, chat } = claimed(patron, operator).await?;
        let patron = Seat { socket: patron, token: patron_token };
        Ok((patron, Seat { socket: operator, token }, chat))
    }

    async fn watching_operator(&self, desk: &Desk, number: usize) -> Result<Socket> {
        let mut operator = self.operator_on_duty(desk, number).await?;
        operator.request("list.subscribe", "").await?;
        Ok(operator)
    }

    async fn operator_on_duty(&self, desk: &Desk, number: usize) -> Result<Socket> {
        ensure!(
            !desk.tokens.is_empty(),
            "no operator's token: mint some with `deskbell token mint`"
        );
        let token = &desk.tokens[number % desk.tokens.len()];
        let at = self.cluster.as_ref().map_or(self.address, |it| it.operators_at);
        let mut operator = greet(at, desk, token, number).await?;
        let duty = format!(r#","status":"online","monitoring":["{}"]"#, desk.queue);
        operator.request("presence.set", &duty).await?;
        Ok(operator)
    }

    async fn patron(&self, desk: &Desk, number: usize) -> Result<Socket> {
        let token = self.patron_token(desk).await?;
        greet(self.address, desk, &token, number).await
    }

    async fn patron_token(&self, desk: &Desk) -> Result<String> {
        let body = format!(r#"{{"widget":"{}"}}"#, desk.widget);
        let head = format!("Origin: {}\r\nContent-Type: application/json\r\n", desk.origin);
        let answer = http(self.address, "POST /v1/patron-sessions", &head, &body).await?;
        let granted: Granted = serde_json::from_str(&answer)
            .with_context(|| format!("no patron session: {answer}"))?;
        Ok(granted.token)
    }
}

async fn claimed(mut patron: Socket, mut operator: Socket) -> Result<Pair> {
    let question = format!(r#","cmid":"{}","question":"Are you there?""#, frame::cmid(0));
    let ToClient::Ok { chat: Some(chat), .. } = patron.request("chat.open", &question).await?
    else {
        bail!("the reply to chat.open names no chat");
    };
    let chat = chat.to_string();
    let claim = format!(r#","chat":"{chat}","cmid":"{}""#, frame::cmid(0));
    operator.request("chat.claim", &claim).await?;
    Ok(Pair { patron, operator, chat })
}

/// Signs in, as a page of the desk's origin.
pub(crate) async fn greet(
    at: SocketAddr,
    desk: &Desk,
    token: &str,
    number: usize,
) -> Result<Socket> {
    let mut socket = Socket::connect(at, WEBSOCKET_PATH, Some(&desk.origin)).await?;
    let client = frame::cmid(number as u64);
    let hello = format!(r#","token":"{token}","client":"{client}","app":"deskbell-load""#);
    socket.request("hello", &hello).await?;
    Ok(socket)
}

/// The body of the answer to one HTTP request, of which `request` is method and path.
pub(crate) async fn http(
    server: SocketAddr,
    request: &str,
    head: &str,
    body: &str,
) -> Result<String> {
    let mut stream =
        TcpStream::connect(server).await.with_context(|| format!("no server at {server}"))?;
    let length = body.len();
    let whole = format!(
        "{request} HTTP/1.1\r\nHost: {server}\r\nConnection: close\r\n{head}\
         Content-Length: {length}\r\n\r\n{body}"
    );
    stream.write_all(whole.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    let (head, body) = answer.split_once("\r\n\r\n").context("an HTTP answer without a body")?;
    let status = head.lines().next().unwrap_or_default();
    ensure!(status.contains(" 2"), "{request} at {server} is answered `{status}`: {body}");
    Ok(body.to_owned())
}
