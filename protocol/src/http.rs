//! The bodies of the HTTP requests that get a client its token.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::codes::ErrorCode;
use crate::ids::{ChatId, SessionId, UserId, WidgetId};

/// `POST /v1/sign-in`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// Login name.
    pub user: UserId,
    /// In clear; the connection is TLS.
    pub password: String,
}

/// `POST /v1/password`: sets a password by a single-use link, whose secret stood behind its `#`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct SetPassword {
    /// From the link.
    pub secret: String,
    /// At least 10 characters.
    pub password: String,
}

/// `POST /v1/patron-sessions`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(untagged)]
pub enum PatronSession {
    /// A new visit.
    New {
        /// The widget on the page.
        widget: WidgetId,
    },
    /// The same visit again, by the secret that outlives its token.
    Return {
        /// The chat to return to.
        chat: ChatId,
        /// From the first answer.
        secret: String,
    },
}

/// The answer to each: a token for `hello`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Granted {
    /// For `hello`; never in a URL.
    pub token: String,
    /// Whom it names.
    pub session: SessionId,
    /// When it ends.
    #[cfg_attr(feature = "schema", schemars(with = "String"), ts(type = "string"))]
    pub expires: Timestamp,
    /// Patrons only: proves the right to return to a chat once the token has expired.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

/// The body of every answer that is not a success.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct HttpError {
    /// Stable, for programs.
    pub code: ErrorCode,
    /// What is wrong and what to do, for people.
    pub message: String,
}
