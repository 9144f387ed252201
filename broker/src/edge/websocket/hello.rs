//! The first frame: who is there. And its renewal in mid-connection.

use std::sync::Arc;
use std::time::Duration;

use deskbell_domain::access::Principal;
use deskbell_domain::audience::Audience;
use deskbell_protocol::ToBroker;
use deskbell_protocol::codes::{CloseCode, ErrorCode};
use deskbell_protocol::ids::ClientId;
use deskbell_protocol::to_client::{Refused, ToClient, Welcome, You};
use futures_util::{SinkExt, StreamExt};
use jiff::Timestamp;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::{Error, Message};

use super::closing::Goodbye;
use super::rate::{BadFrames, Rate};
use super::readable::Readable;
use super::{Caller, Connection, to_wire};
use crate::actors::node::Seat;
use crate::actors::outbox::Outbox;
use crate::actors::session::SessionActor;
use crate::edge::admission::{self, Admitted};
use crate::edge::{Edge, Refusal, count_refusal, from_wire};

/// Waits for `hello` and answers it; whoever does not say it in time is shown out.
pub(super) async fn greet<S: AsyncRead + AsyncWrite + Unpin>(
    mut ws: WebSocketStream<S>,
    edge: Arc<Edge>,
    seat: Arc<Seat>,
    caller: Box<Caller>,
) -> Result<Box<Connection<S>>, (WebSocketStream<S>, Goodbye)> {
    let patience = Duration::from_millis(seat.node.settings.limits.hello_ms.into());
    let first = match timeout(patience, first_text(&mut ws)).await {
        Ok(Ok(first)) => first,
        Ok(Err(goodbye)) => return Err((ws, goodbye)),
        Err(_) => return Err((ws, Goodbye::Code(CloseCode::HelloTimeout))),
    };
    let (re, token, client) = match from_wire::read(&first) {
        Ok(ToBroker::Hello { id, token, client, app: _ }) => (id, token, client),
        Ok(other) => {
            let message = "the first frame is hello, with a token".to_owned();
            let refusal = Refusal { code: ErrorCode::Unauthorized, message };
            refuse(&mut ws, other.id(), refusal).await;
            return Err((ws, Goodbye::Code(CloseCode::HelloExpected)));
        }
        Err(unreadable) => {
            refuse(&mut ws, unreadable.re, unreadable.refusal).await;
            return Err((ws, Goodbye::Code(CloseCode::HelloExpected)));
        }
    };
    match admission::admit(&edge, &token, &caller.page) {
        Ok(admitted) => Ok(open(ws, edge, seat, *caller, admitted, re, client)),
        Err(refusal) => {
            let code = refusal.close_code();
            refuse(&mut ws, Some(re), refusal).await;
            Err((ws, Goodbye::Code(code)))
        }
    }
}

async fn first_text<S: AsyncRead + AsyncWrite + Unpin>(
    ws: &mut WebSocketStream<S>,
) -> Result<String, Goodbye> {
    loop {
        match ws.next().await {
            Some(Ok(Message::Text(text))) => return Ok(text.as_str().to_owned()),
            Some(Ok(Message::Binary(_))) => return Err(Goodbye::NotText),
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
            Some(Ok(Message::Close(_))) | None => return Err(Goodbye::Gone),
            Some(Err(error)) => return Err(Goodbye::of(&error)),
        }
    }
}

async fn refuse<S: AsyncRead + AsyncWrite + Unpin>(
    ws: &mut WebSocketStream<S>,
    re: Option<u32>,
    refusal: Refusal,
) {
    let Refusal { code, message } = refusal;
    let temporary = code.temporary();
    count_refusal(code);
    let refused = Refused {
        re,
        code,
        message,
        temporary,
        retry_after_ms: None,
        by: None,
        next: None,
        chats: Vec::new(),
    };
    let sent: Result<(), Error> =
        ws.send(Message::Text(to_wire::frame(&ToClient::Error(Box::new(refused))))).await;
    if let Err(error) = sent {
        tracing::debug!(%error, "a refused client was gone already");
    }
}

fn open<S>(
    ws: WebSocketStream<S>,
    edge: Arc<Edge>,
    seat: Arc<Seat>,
    caller: Caller,
    admitted: Admitted,
    re: u32,
    client: ClientId,
) -> Box<Connection<S>> {
    let limits = &seat.node.settings.limits;
    let outbox = Outbox::new(usize::try_from(limits.outbox_bytes).unwrap_or(usize::MAX));
    let now = Instant::now();
    let rate = Rate::new(limits, now);
    let connection = edge.next_connection();
    let peer = {
        let who = (admitted.who.clone(), admitted.session);
        SessionActor::open(seat.clone(), connection, client, who, caller.address, outbox.clone())
    };
    // Pings of many connections that came at once are spread over the interval.
    let ping = seat.node.settings.ping;
    let stagger = ping.mul_f64(f64::from(u32::try_from(connection % 64).unwrap_or(0)) / 64.0);
    outbox.push(to_wire::frame(&welcome(&edge, &admitted, re)));
    if edge.draining.is_cancelled() {
        outbox.close(CloseCode::Drain);
    }
    Box::new(Connection {
        ws,
        readable: Readable::default(),
        token_ends: token_ends(&edge, admitted.expires),
        page: caller.page,
        admitted,
        peer,
        outbox,
        leaving: Vec::new(),
        rate,
        bad_frames: BadFrames::new(now),
        heartbeat: now + ping / 2 + stagger / 2,
        awaits_pong: false,
        edge,
        seat,
    })
}

fn token_ends(edge: &Edge, expires: Timestamp) -> Instant {
    let left_ms = expires.as_millisecond().saturating_sub(edge.node.clock.now().as_millisecond());
    Instant::now()
        + Duration::from_millis(u64::try_from(left_ms).unwrap_or(0))
        + edge.node.settings.ping
}

fn welcome(edge: &Edge, admitted: &Admitted, re: u32) -> ToClient {
    let node = &edge.node;
    let you = match &admitted.who {
        Principal::Patron { widget, .. } => You::Patron { widget: widget.clone() },
        Principal::Operator(user) => {
            let told = node.presence.told(user).expect("her session has just been counted in");
            You::Operator {
                person: to_wire::operator(Audience::Staff, user, &node.directory.load()),
                presence: to_wire::presence_view(&told),
            }
        }
    };
    ToClient::Welcome(Box::new(Welcome {
        re,
        session: admitted.session,
        you,
        ping_ms: u32::try_from(node.settings.ping.as_millis()).expect("at most two minutes"),
        limits: node.settings.limits.clone(),
        durability: node.log.durability().as_str().to_owned(),
        features: Vec::new(),
        server_time: node.clock.now(),
        token_expires: admitted.expires,
    }))
}

impl<S> Connection<S> {
    /// Goes on with a new token of the same session.
    pub(super) fn renew(&mut self, token: &str) -> Result<(), Refusal> {
        let admitted = admission::admit(&self.edge, token, &self.page)?;
        if admitted.who != self.admitted.who {
            let message = "this token is someone else's: connect anew with it".to_owned();
            return Err(Refusal { code: ErrorCode::Unauthorized, message });
        }
        self.token_ends = token_ends(&self.edge, admitted.expires);
        self.admitted = admitted;
        Ok(())
    }
}
