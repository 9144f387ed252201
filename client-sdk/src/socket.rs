//! One WebSocket: the upgrade with its two headers, frames out and in, and how it ended.
//!
//! Buffers and sizes are bounded. Not here: what frames mean (`session`), when to connect.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::error::CapacityError;
use tokio_tungstenite::tungstenite::http::header::{ORIGIN, RETRY_AFTER, SEC_WEBSOCKET_PROTOCOL};
use tokio_tungstenite::tungstenite::http::{HeaderValue, Response};
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use crate::connector::{AsyncStream, Connector};
use crate::http::Address;
use crate::options::{Direction, Tap};
use crate::protocol::codes::CloseCode;
use crate::protocol::{SUBPROTOCOL, ToClient, WEBSOCKET_PATH};
use crate::session::Loss;

/// Longest frame that is read: a list of all waiting chats is the longest.
const FRAME_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Output that may wait in the socket's buffer.
const WRITE_BYTES_MAX: usize = 1024 * 1024;
const READ_BUFFER_BYTES: usize = 16 * 1024;

/// What the socket has to say.
pub(crate) enum Heard {
    /// A frame of the protocol.
    Frame(Box<ToClient>),
    /// A WebSocket ping or pong.
    Alive,
    /// Something that no version of the broker sends.
    Unreadable {
        /// For the close frame.
        code: u16,
        /// For people.
        message: String,
    },
    /// It is over.
    Lost(Loss),
}

/// An upgraded connection.
pub(crate) struct Socket {
    stream: WebSocketStream<Box<dyn AsyncStream>>,
    /// Something was fed and is not flushed.
    dirty: bool,
    /// Writing failed. Reading goes on: the reason may still be under way.
    deaf: bool,
}

/// Connects and upgrades.
pub(crate) async fn open(
    connector: Arc<dyn Connector>,
    address: Address,
    origin: Option<String>,
) -> Result<Socket, Loss> {
    let stream = connector
        .connect(&address.host, address.port, address.tls)
        .await
        .map_err(|error| Loss::of(format!("connecting: {error}")))?;
    let url = format!("ws://{}{WEBSOCKET_PATH}", address.authority());
    let mut request = url.into_client_request().map_err(|error| Loss::of(error.to_string()))?;
    let headers = request.headers_mut();
    headers.insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(SUBPROTOCOL));
    if let Some(origin) = origin {
        let origin = HeaderValue::from_str(&origin)
            .map_err(|_| Loss::of(format!("{origin:?} is not an origin: write https://host")))?;
        headers.insert(ORIGIN, origin);
    }
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(READ_BUFFER_BYTES)
        .max_write_buffer_size(WRITE_BYTES_MAX)
        .max_message_size(Some(FRAME_BYTES_MAX))
        .max_frame_size(Some(FRAME_BYTES_MAX));
    match client_async_with_config(request, stream, Some(config)).await {
        Ok((stream, _)) => Ok(Socket { stream, dirty: false, deaf: false }),
        Err(Error::Http(response)) => Err(not_upgraded(&response)),
        Err(error) => Err(Loss::of(format!("upgrading: {error}"))),
    }
}

fn not_upgraded(response: &Response<Option<Vec<u8>>>) -> Loss {
    let seconds = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    let body = response.body().as_deref().unwrap_or_default();
    Loss {
        code: None,
        upgrade: Some(response.status().as_u16()),
        message: String::from_utf8_lossy(body).chars().take(500).collect(),
        retry_after: seconds.and_then(|s| s.parse().ok()).map(Duration::from_secs),
    }
}

impl Socket {
    /// Writes what there is to write and, if it may, reads one message. Loses nothing when it is
    /// dropped between two polls.
    pub(crate) fn poll(
        &mut self,
        context: &mut Context<'_>,
        frames: &mut VecDeque<String>,
        tap: &mut Option<Tap>,
        may_read: bool,
    ) -> Poll<Heard> {
        if !self.deaf && self.write(context, frames, tap).is_err() {
            self.deaf = true;
        }
        if !may_read {
            return Poll::Pending;
        }
        self.stream.poll_next_unpin(context).map(|message| heard(message, tap))
    }

    fn write(
        &mut self,
        context: &mut Context<'_>,
        frames: &mut VecDeque<String>,
        tap: &mut Option<Tap>,
    ) -> Result<(), Error> {
        while !frames.is_empty() {
            match self.stream.poll_ready_unpin(context) {
                Poll::Ready(ready) => ready?,
                Poll::Pending => break,
            }
            if let Some(frame) = frames.pop_front() {
                if let Some(tap) = tap {
                    tap(Direction::ToBroker, &frame);
                }
                self.stream.start_send_unpin(Message::text(frame))?;
                self.dirty = true;
            }
        }
        if self.dirty
            && let Poll::Ready(flushed) = self.stream.poll_flush_unpin(context)
        {
            flushed?;
            self.dirty = false;
        }
        Ok(())
    }

    /// Sends what waits and a close frame, and reads no more.
    pub(crate) async fn close(mut self, code: u16) -> Result<(), Error> {
        let frame = CloseFrame { code: code.into(), reason: "".into() };
        self.stream.close(Some(frame)).await
    }
}

fn heard(message: Option<Result<Message, Error>>, tap: &mut Option<Tap>) -> Heard {
    match message {
        Some(Ok(Message::Text(text))) => {
            if let Some(tap) = tap {
                tap(Direction::ToClient, text.as_str());
            }
            match serde_json::from_str(text.as_str()) {
                Ok(frame) => Heard::Frame(Box::new(frame)),
                Err(error) => Heard::Unreadable {
                    code: 1007,
                    message: format!("the broker's frame is not understood: {error}"),
                },
            }
        }
        Some(Ok(Message::Ping(_) | Message::Pong(_))) => Heard::Alive,
        Some(Ok(Message::Binary(_) | Message::Frame(_))) => Heard::Unreadable {
            code: 1003,
            message: "the broker sent a frame that is not text".to_owned(),
        },
        Some(Ok(Message::Close(frame))) => Heard::Lost(closed(frame)),
        Some(Err(Error::Capacity(CapacityError::MessageTooLong { size, .. }))) => {
            Heard::Unreadable { code: 1009, message: format!("a frame of {size} bytes") }
        }
        Some(Err(error)) => Heard::Lost(Loss::of(error.to_string())),
        None => Heard::Lost(Loss::of("the connection ended without a close frame")),
    }
}

fn closed(frame: Option<CloseFrame>) -> Loss {
    let Some(frame) = frame else { return Loss::of("the broker closed the connection") };
    Loss {
        code: Some(CloseCode::from(u16::from(frame.code))),
        message: frame.reason.as_str().to_owned(),
        ..Loss::default()
    }
}
