//! One WebSocket: bytes to requests, frames to bytes, heartbeat, limits, close codes.
//!
//! The task drains what can be read before it writes, and writes all that waits with one flush. It
//! reads no further while too many requests are unanswered, so that TCP slows the client down. What it
//! learns it hands to the SessionActor on the same thread; what it sends comes from their outbox.

mod closing;
mod hello;
mod rate;

use std::sync::Arc;
use std::time::Duration;

use deskbell_protocol::ToBroker;
use deskbell_protocol::codes::{CloseCode, ErrorCode};
use deskbell_protocol::to_client::{Refused, ToClient};
use futures_util::{FutureExt, SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};

use self::closing::Goodbye;
use self::rate::{BadFrames, Rate};
use super::admission::Admitted;
use super::from_wire::{self, Speaker};
use super::{Edge, Refusal, to_wire};
use crate::actors::node::Seat;
use crate::actors::outbox::Outbox;
use crate::actors::session::{End, Peer, Request, Room};

/// Frames written before the socket is flushed.
const FRAMES_PER_FLUSH: usize = 64;
/// Frames read before what they caused is written.
const FRAMES_PER_READ: usize = 64;

/// Buffers and limits of tungstenite: its defaults cost 135 KiB a connection and bound nothing.
pub fn configuration(frame_bytes: usize, outbox_bytes: usize) -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(4 * 1024)
        .write_buffer_size(4 * 1024)
        .max_write_buffer_size(outbox_bytes + 64 * 1024)
        .max_message_size(Some(frame_bytes))
        .max_frame_size(Some(frame_bytes))
}

/// A connection that said `hello`.
struct Connection<S> {
    ws: WebSocketStream<S>,
    edge: Arc<Edge>,
    seat: Arc<Seat>,
    origin: Option<String>,
    admitted: Admitted,
    peer: Arc<Peer>,
    outbox: Outbox,
    rate: Rate,
    bad_frames: BadFrames,
    /// When the next ping goes out, or the last one counts as unanswered.
    heartbeat: Instant,
    awaits_pong: bool,
    /// When the session ends for want of a token.
    token_ends: Instant,
}

/// Serves a WebSocket from its upgrade to its close.
pub async fn serve<S>(
    ws: WebSocketStream<S>,
    edge: Arc<Edge>,
    seat: Arc<Seat>,
    origin: Option<String>,
) where
    S: AsyncRead + AsyncWrite + Unpin,
{
    metrics::gauge!("deskbell_connections").increment(1);
    let goodbye = match hello::greet(ws, edge, seat, origin).await {
        Ok(mut connection) => {
            let goodbye = connection.run().await;
            connection.peer.addr.do_send(End::Gone);
            closing::close(connection.ws, goodbye).await
        }
        Err((ws, goodbye)) => closing::close(ws, goodbye).await,
    };
    metrics::gauge!("deskbell_connections").decrement(1);
    metrics::counter!("deskbell_closes_total", "why" => goodbye).increment(1);
}

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
    async fn run(&mut self) -> Goodbye {
        let most = self.seat.node.settings.limits.requests_in_flight;
        loop {
            let may_read = self.outbox.in_flight() < most && self.outbox.closing().is_none();
            let wakes = self.heartbeat.min(self.token_ends);
            let outcome = tokio::select! {
                biased;
                message = self.ws.next(), if may_read => self.take_all(message),
                () = self.outbox.changed() => Ok(()),
                () = sleep_until(wakes) => self.on_time(),
            };
            let goodbye = match outcome {
                Ok(()) => self.send_waiting().await.err(),
                Err(goodbye) => Some(goodbye),
            };
            if let Some(goodbye) = goodbye {
                return goodbye;
            }
            if let Some(code) = self.outbox.closing() {
                return Goodbye::Code(code);
            }
        }
    }

    /// Takes in a message and whatever else has already arrived.
    fn take_all(&mut self, first: Option<Result<Message, Error>>) -> Result<(), Goodbye> {
        self.take(first)?;
        let most = self.seat.node.settings.limits.requests_in_flight;
        for _ in 1..FRAMES_PER_READ {
            if self.outbox.in_flight() >= most || self.outbox.closing().is_some() {
                break;
            }
            match self.ws.next().now_or_never() {
                Some(message) => self.take(message)?,
                None => break,
            }
        }
        Ok(())
    }

    fn take(&mut self, message: Option<Result<Message, Error>>) -> Result<(), Goodbye> {
        let text = match message {
            Some(Ok(Message::Text(text))) => text,
            Some(Ok(Message::Binary(_))) => return Err(Goodbye::NotText),
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {
                self.is_alive();
                return Ok(());
            }
            Some(Ok(Message::Close(_))) | None => return Err(Goodbye::Gone),
            Some(Err(error)) => return Err(Goodbye::of(&error)),
        };
        self.is_alive();
        match from_wire::read(text.as_str()) {
            Ok(ToBroker::Pong) => Ok(()),
            Ok(frame) => {
                self.request(frame);
                Ok(())
            }
            Err(unreadable) => {
                let is_bad = unreadable.refusal.code == ErrorCode::BadFrame;
                self.refuse(unreadable.re, unreadable.refusal, None);
                if is_bad && self.bad_frames.one_too_many(Instant::now()) {
                    // What was answered before it is still sent.
                    self.outbox.close(CloseCode::BadFrames);
                }
                Ok(())
            }
        }
    }

    fn request(&mut self, frame: ToBroker) {
        let re = frame.id().expect("only pong has no id");
        if let Err(wait) = self.rate.admit(Instant::now()) {
            if self.rate.is_abused() {
                self.outbox.close(CloseCode::RateAbuse);
            }
            let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX).max(1);
            let message = format!("faster than this connection may ask: wait {wait_ms} ms");
            let refusal = Refusal { code: ErrorCode::RateLimited, message };
            return self.refuse(Some(re), refusal, Some(wait_ms));
        }
        if let ToBroker::Auth { token, .. } = &frame {
            return match self.renew(token) {
                Ok(()) => {
                    let done = ToClient::Ok { re, chat: None, seq: None, eid: None };
                    self.outbox.push(to_wire::frame(&done));
                }
                Err(refusal) => self.refuse(Some(re), refusal, None),
            };
        }
        let speaker = Speaker {
            who: &self.admitted.who,
            session: self.admitted.session,
            secret: self.admitted.secret,
            keys: &self.edge.keys,
            fingerprints: &self.edge.fingerprints,
            limits: &self.seat.node.settings.limits,
        };
        match from_wire::want(frame, &speaker, &self.seat.node.directory.load()) {
            Ok(want) => {
                self.outbox.request_began();
                self.peer.addr.do_send(Request { re, want });
            }
            Err(refusal) => self.refuse(Some(re), refusal, None),
        }
    }

    fn refuse(&self, re: Option<u32>, refusal: Refusal, retry_after_ms: Option<u64>) {
        let Refusal { code, message } = refusal;
        let temporary = code.temporary();
        let refused =
            Refused { re, code, message, temporary, retry_after_ms, by: None, next: None };
        self.outbox.push(to_wire::frame(&ToClient::Error(Box::new(refused))));
    }

    fn is_alive(&mut self) {
        if self.awaits_pong {
            self.awaits_pong = false;
            self.heartbeat = Instant::now() + self.seat.node.settings.ping;
        }
    }

    /// A ping is due, or was not answered, or the token is over.
    fn on_time(&mut self) -> Result<(), Goodbye> {
        let now = Instant::now();
        if now >= self.token_ends {
            return Err(Goodbye::Code(CloseCode::TokenExpired));
        }
        if self.awaits_pong {
            return Err(Goodbye::Code(CloseCode::HeartbeatTimeout));
        }
        self.awaits_pong = true;
        let pong_ms = self.seat.node.settings.limits.pong_ms;
        self.heartbeat = now + Duration::from_millis(pong_ms.into());
        self.outbox.push(to_wire::frame(&ToClient::Ping));
        Ok(())
    }

    /// Writes what waits, with one flush for at most [`FRAMES_PER_FLUSH`].
    async fn send_waiting(&mut self) -> Result<(), Goodbye> {
        let patience = Duration::from_millis(self.seat.node.settings.limits.outbox_ms.into());
        let too_slow = |_| Goodbye::Stuck;
        let mut sent = 0;
        while let Some(frame) = self.outbox.pop() {
            let fed = timeout(patience, self.ws.feed(Message::Text(frame))).await;
            fed.map_err(too_slow)?.map_err(|error| Goodbye::of(&error))?;
            sent += 1;
            if sent % FRAMES_PER_FLUSH == 0 {
                let flushed = timeout(patience, self.ws.flush()).await;
                flushed.map_err(too_slow)?.map_err(|error| Goodbye::of(&error))?;
            }
        }
        if sent > 0 {
            let flushed = timeout(patience, self.ws.flush()).await;
            flushed.map_err(too_slow)?.map_err(|error| Goodbye::of(&error))?;
            self.peer.addr.do_send(Room);
        }
        Ok(())
    }
}
