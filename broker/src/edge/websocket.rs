//! One WebSocket: bytes to requests, frames to bytes, heartbeat, limits, close codes.
//!
//! The task drains what can be read before it writes, and writes all that waits with one flush. It
//! reads no further while too many requests are unanswered, so that TCP slows the client down. What
//! it learns it hands to the SessionActor on the same thread; what it sends comes from their
//! outbox.

mod closing;
mod hello;
mod rate;
mod readable;

use std::future::{Future, poll_fn};
use std::mem;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use deskbell_protocol::ToBroker;
use deskbell_protocol::codes::{CloseCode, ErrorCode};
use deskbell_protocol::to_client::{Refused, ToClient};
use futures_util::{SinkExt, poll};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, Sleep, sleep_until, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};

use self::closing::Goodbye;
use self::rate::{BadFrames, Rate};
use self::readable::Readable;
use super::admission::{Admitted, Page};
use super::from_wire::{self, Speaker};
use super::{Edge, Refusal, count_refusal, to_wire};
use crate::actors::node::Seat;
use crate::actors::outbox::Outbox;
use crate::actors::say::Frame;
use crate::actors::session::{End, Peer, Request, Room};
use crate::secrets::address::Address;
use crate::telemetry;

/// Frames written before the socket is flushed.
const FRAMES_PER_FLUSH: usize = 64;
/// Frames read before what they caused is written.
const FRAMES_PER_READ: usize = 64;

/// Buffers and limits of tungstenite: its defaults cost 135 KiB a connection. What is read is
/// small, and the read buffer is cleared before each read; a long text takes a few reads. What it
/// may buffer to write needs no limit here: each frame is awaited, and the outbox before it is
/// bounded.
pub fn configuration(frame_bytes: usize) -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(2 * 1024)
        .write_buffer_size(4 * 1024)
        .max_message_size(Some(frame_bytes))
        .max_frame_size(Some(frame_bytes))
}

/// What a socket gives.
type Incoming = Option<Result<Message, Error>>;

/// What wakes a connection.
enum Event {
    /// A message arrived, or the connection ended.
    Message(Incoming),
    /// There is something to send.
    Output,
    /// A ping or a pong is due, or the token is over.
    Time,
    /// An actor ends the connection, and all it had to hear is sent.
    Close(CloseCode),
}

/// What the upgrade tells of a client.
pub struct Caller {
    /// The page that it runs on.
    pub page: Page,
    /// Where it is, if that can be told.
    pub address: Option<Address>,
}

/// A connection that said `hello`.
struct Connection<S> {
    ws: WebSocketStream<S>,
    readable: Readable,
    edge: Arc<Edge>,
    seat: Arc<Seat>,
    page: Page,
    admitted: Admitted,
    peer: Arc<Peer>,
    outbox: Outbox,
    /// Reused by each write.
    leaving: Vec<Frame>,
    rate: Rate,
    bad_frames: BadFrames,
    /// When the next ping goes out, or the last one counts as unanswered.
    heartbeat: Instant,
    awaits_pong: bool,
    /// When the session ends for want of a token.
    token_ends: Instant,
}

/// Serves a WebSocket from its upgrade to its close.
pub async fn serve<S>(ws: WebSocketStream<S>, edge: Arc<Edge>, seat: Arc<Seat>, caller: Box<Caller>)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    metrics::gauge!(telemetry::CONNECTIONS).increment(1);
    // What runs only at the beginning and at the end is boxed: thousands of tasks stand idle in
    // between, each as large as its largest moment.
    let goodbye = match Box::pin(hello::greet(ws, edge, seat, caller)).await {
        Ok(mut connection) => {
            let goodbye = connection.run().await;
            connection.peer.addr.do_send(End::Gone);
            Box::pin(closing::close(connection.ws, goodbye)).await
        }
        Err((ws, goodbye)) => Box::pin(closing::close(ws, goodbye)).await,
    };
    metrics::gauge!(telemetry::CONNECTIONS).decrement(1);
    metrics::counter!(telemetry::CLOSES, "why" => goodbye).increment(1);
}

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
    async fn run(&mut self) -> Goodbye {
        let mut timer = Box::pin(sleep_until(self.wakes_at()));
        loop {
            let goodbye = match poll_fn(|cx| self.poll_event(cx, timer.as_mut())).await {
                Event::Message(message) => self.take_all(message).err(),
                Event::Output => None,
                Event::Time => self.on_time().err(),
                Event::Close(code) => Some(Goodbye::Code(code)),
            };
            let goodbye = match goodbye {
                None => self.send_waiting().await.err(),
                goodbye => goodbye,
            };
            if let Some(goodbye) = goodbye {
                return goodbye;
            }
            if timer.deadline() != self.wakes_at() {
                timer.as_mut().reset(self.wakes_at());
            }
        }
    }

    fn wakes_at(&self) -> Instant {
        self.heartbeat.min(self.token_ends)
    }

    /// What happens next: reading comes first, so that what is written covers all that was read.
    fn poll_event(&mut self, cx: &mut Context<'_>, timer: Pin<&mut Sleep>) -> Poll<Event> {
        let look = self.outbox.look(cx.waker());
        self.readable.wakes(cx.waker());
        let most = self.seat.node.settings.limits.requests_in_flight;
        if look.in_flight < most
            && look.closing.is_none()
            && let Poll::Ready(message) = self.readable.poll_next(&mut self.ws)
        {
            return Poll::Ready(Event::Message(message));
        }
        if look.has_frames {
            return Poll::Ready(Event::Output);
        }
        // Before a restart, what was asked is still answered.
        let is_answered = look.closing != Some(CloseCode::Drain) || look.in_flight == 0;
        if let Some(code) = look.closing.filter(|_| is_answered) {
            return Poll::Ready(Event::Close(code));
        }
        timer.poll(cx).map(|()| Event::Time)
    }

    /// Takes in a message and whatever else has already arrived.
    fn take_all(&mut self, first: Incoming) -> Result<(), Goodbye> {
        self.take(first)?;
        let most = self.seat.node.settings.limits.requests_in_flight;
        for _ in 1..FRAMES_PER_READ {
            let look = self.outbox.look(Waker::noop());
            if look.in_flight >= most {
                metrics::counter!(telemetry::READS_PAUSED).increment(1);
                break;
            } else if look.closing.is_some() {
                break;
            }
            match self.readable.poll_next(&mut self.ws) {
                Poll::Ready(message) => self.take(message)?,
                Poll::Pending => break,
            }
        }
        // A client that never pauses must not keep the clock from being looked at.
        if Instant::now() >= self.wakes_at() { self.on_time() } else { Ok(()) }
    }

    fn take(&mut self, message: Incoming) -> Result<(), Goodbye> {
        let text = match message {
            Some(Ok(Message::Text(text))) => text,
            Some(Ok(Message::Binary(_))) => return Err(Goodbye::NotText),
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {
                self.is_alive();
                if self.rate.admit(Instant::now()).is_err() && self.rate.is_abused() {
                    self.outbox.close(CloseCode::RateAbuse);
                }
                return Ok(());
            }
            Some(Ok(Message::Close(_))) | None => return Err(Goodbye::Gone),
            Some(Err(error)) => return Err(Goodbye::of(&error)),
        };
        let awaited_pong = self.awaits_pong;
        self.is_alive();
        let frame = from_wire::read(text.as_str());
        if !(awaited_pong && matches!(frame, Ok(ToBroker::Pong)))
            && let Err(wait) = self.rate.admit(Instant::now())
        {
            let re = frame.map_or_else(|it| it.re, |frame| frame.id());
            self.slow_down(re, wait);
            return Ok(());
        }
        match frame {
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
            Ok(want) => self.peer.request(Request { re, want }, &self.seat),
            Err(refusal) => self.refuse(Some(re), refusal, None),
        }
    }

    fn slow_down(&self, re: Option<u32>, wait: Duration) {
        if self.rate.is_abused() {
            self.outbox.close(CloseCode::RateAbuse);
        }
        let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX).max(1);
        let message = format!("faster than this connection may ask: wait {wait_ms} ms");
        let refusal = Refusal { code: ErrorCode::RateLimited, message };
        self.refuse(re, refusal, Some(wait_ms));
    }

    fn refuse(&self, re: Option<u32>, refusal: Refusal, retry_after_ms: Option<u64>) {
        let Refusal { code, message } = refusal;
        let temporary = code.temporary();
        count_refusal(code);
        let refused = Refused {
            re,
            code,
            message,
            temporary,
            retry_after_ms,
            by: None,
            next: None,
            chats: Vec::new(),
        };
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
        loop {
            let mut frames = mem::take(&mut self.leaving);
            if self.outbox.take(&mut frames, FRAMES_PER_FLUSH) {
                self.peer.addr.do_send(Room);
            }
            if frames.is_empty() {
                self.leaving = frames;
                return Ok(());
            }
            let was_all = frames.len() < FRAMES_PER_FLUSH;
            let mut writing = pin!(write(&mut self.ws, frames));
            // The socket takes it at once, as a rule, and no timer is needed.
            let written = match poll!(writing.as_mut()) {
                Poll::Ready(written) => written,
                Poll::Pending => {
                    let limits = &self.seat.node.settings.limits;
                    let patience = Duration::from_millis(limits.outbox_ms.into());
                    let patiently = Box::pin(timeout(patience, writing.as_mut()));
                    patiently.await.map_err(|_| Goodbye::Stuck)?
                }
            };
            self.leaving = written.map_err(|error| Goodbye::of(&error))?;
            if was_all {
                return Ok(());
            }
        }
    }
}

/// Writes `frames` and gives their empty vector back.
async fn write<S: AsyncRead + AsyncWrite + Unpin>(
    ws: &mut WebSocketStream<S>,
    mut frames: Vec<Frame>,
) -> Result<Vec<Frame>, Error> {
    for frame in frames.drain(..) {
        ws.feed(Message::Text(frame)).await?;
    }
    ws.flush().await?;
    Ok(frames)
}
