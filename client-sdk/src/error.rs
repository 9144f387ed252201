//! Why a call of the SDK did not do what was asked, and what an app does about it.
//!
//! Not here: loss of a connection as such; writes survive it and it shows as a status only.

use std::io;

use crate::event::CloseReason;
use crate::protocol::codes::ErrorCode;
use crate::protocol::to_client::Refused;

/// The outcome of a call that failed.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The broker said no and nothing changed; `code` is for programs, `message` for people.
    #[error("{}: {}", .0.code.as_str(), .0.message)]
    Refused(Box<Refused>),
    /// A sign-in or patron session was refused.
    #[error("{}: {message}", code.as_str())]
    Http {
        /// HTTP status.
        status: u16,
        /// Stable, for programs.
        code: ErrorCode,
        /// For people.
        message: String,
    },
    /// The connection was lost before the answer to a read came: ask again.
    #[error("the connection was lost before the answer came; ask again")]
    Disconnected,
    /// The client is over for good; connect a new one. An unanswered write may have happened.
    #[error("the client is closed: {0}")]
    Closed(CloseReason),
    /// More waits for an answer than [`crate::Options::waiting_max`]: wait for some of it.
    #[error("{0} requests already wait for an answer; wait for some of them")]
    Full(usize),
    /// The URL is not `http://host:port` or `https://host:port`.
    #[error("{0:?} is not a broker's address: write http://host:port or https://host:port")]
    Url(String),
    /// The broker could not be reached.
    #[error("the broker at {url} cannot be reached")]
    Unreachable {
        /// Where.
        url: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The broker answered with something that this version does not understand.
    #[error("the broker's answer is not understood: {0}")]
    Protocol(String),
}

impl ClientError {
    /// The code of a refusal, if the broker gave one.
    pub fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::Refused(refused) => Some(refused.code),
            Self::Http { code, .. } => Some(*code),
            Self::Disconnected
            | Self::Closed(_)
            | Self::Full(_)
            | Self::Url(_)
            | Self::Unreachable { .. }
            | Self::Protocol(_) => None,
        }
    }
}
