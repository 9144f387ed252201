//! How a connection ends: `bye` and a close code where the client can still be told, a protocol
//! code where it broke the rules of RFC 6455, nothing where it is gone.

use std::time::Duration;

use deskbell_protocol::codes::CloseCode;
use deskbell_protocol::to_client::ToClient;
use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode as Rfc;
use tokio_tungstenite::tungstenite::{Error, Message};

use super::to_wire;

/// How long the closing handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(2);
/// How long a client should wait before it comes back to a broker that restarts.
const DRAIN_RETRY_MS: u64 = 500;

/// Why a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Goodbye {
    /// The broker ends it.
    Code(CloseCode),
    /// The client broke the WebSocket protocol.
    Protocol,
    /// It sent a text that is not UTF-8.
    NotUtf8,
    /// It sent what is not text.
    NotText,
    /// It sent a frame longer than the limit.
    TooBig,
    /// It takes nothing any more: there is no way to tell it.
    Stuck,
    /// It is gone.
    Gone,
}

impl Goodbye {
    pub(super) fn of(error: &Error) -> Self {
        match error {
            Error::Protocol(_) => Self::Protocol,
            Error::Utf8(_) => Self::NotUtf8,
            Error::Capacity(_) => Self::TooBig,
            Error::WriteBufferFull(_) => Self::Code(CloseCode::SlowConsumer),
            _ => Self::Gone,
        }
    }

    /// The code of the close frame; none for who could not be told.
    fn code(self) -> Option<Rfc> {
        match self {
            Self::Code(code) => Some(Rfc::from(code.number())),
            Self::Protocol => Some(Rfc::Protocol),
            Self::NotUtf8 => Some(Rfc::Invalid),
            Self::NotText => Some(Rfc::Unsupported),
            Self::TooBig => Some(Rfc::Size),
            Self::Stuck | Self::Gone => None,
        }
    }

    fn label(self) -> String {
        match (self, self.code()) {
            (_, Some(code)) => u16::from(code).to_string(),
            (Self::Stuck, None) => "stuck".to_owned(),
            (_, None) => "client".to_owned(),
        }
    }
}

/// Closes the connection; tells how, for the metrics.
pub(super) async fn close<S>(mut ws: WebSocketStream<S>, goodbye: Goodbye) -> String
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    if goodbye == Goodbye::Stuck {
        return goodbye.label();
    }
    if let Goodbye::Code(code) = goodbye {
        let bye = ToClient::Bye {
            code,
            message: reason(code).to_owned(),
            retry_after_ms: (code == CloseCode::Drain).then_some(DRAIN_RETRY_MS),
        };
        // Who does not hear it goes by the close frame, or by its absence.
        drop(timeout(HANDSHAKE, ws.send(Message::Text(to_wire::frame(&bye)))).await);
    }
    let text = match goodbye {
        Goodbye::Code(code) => reason(code),
        _ => "",
    };
    let frame = goodbye.code().map(|code| CloseFrame { code, reason: text.into() });
    let handshake = async {
        if ws.close(frame).await.is_ok() {
            while let Some(Ok(_)) = ws.next().await {}
        }
    };
    drop(timeout(HANDSHAKE, handshake).await);
    goodbye.label()
}

fn reason(code: CloseCode) -> &'static str {
    match code {
        CloseCode::Unauthorized => "the token is not valid here: sign in again",
        CloseCode::BadFrames => "too many frames that are no requests",
        CloseCode::Superseded => "a newer connection of this app took over",
        CloseCode::OriginDenied => "this page may not connect with this token",
        CloseCode::SignedOut => "the account or the session was ended",
        CloseCode::HelloExpected => "the first frame is hello",
        CloseCode::HelloTimeout => "no hello came in time",
        CloseCode::SlowConsumer => "output was not read fast enough: connect again and resume",
        CloseCode::RateAbuse => "far too many requests",
        CloseCode::TokenExpired => "the token expired: connect again with a new one",
        CloseCode::HeartbeatTimeout => "no sign of life in time",
        CloseCode::Internal => "the broker made a mistake",
        CloseCode::Drain => "the broker restarts: connect again",
        CloseCode::Other(_) => "",
    }
}
