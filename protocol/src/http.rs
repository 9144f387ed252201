//! The bodies of the HTTP requests that get a client its token.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::codes::ErrorCode;
use crate::desk::Availability;
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

/// `GET /v1/widgets/{widget}`: all that a button and its window show.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct WidgetInfo {
    /// The widget.
    pub widget: WidgetId,
    /// As people call it.
    pub name: String,
    /// The library's name.
    pub library: String,
    /// What a patron finds now.
    pub now: Available,
    /// What patrons read in it.
    pub texts: WidgetTexts,
    /// What patrons are asked before they ring.
    pub ask: WidgetAsk,
    /// Whether they are asked to rate a chat that ended.
    pub rating: bool,
}

/// What a patron finds: also each event of the same path's `availability` stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Available {
    /// Whether somebody would answer.
    pub availability: Availability,
    /// What to say of it, if the library wrote something: why nobody is there, or that they are
    /// away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// What patrons read in a widget.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct WidgetTexts {
    /// Before they ring.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub greeting: Option<String>,
    /// When a librarian of another library answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coop: Option<String>,
    /// What becomes of what they write, and that another library may answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub privacy: Option<String>,
}

/// What patrons are asked before they ring.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct WidgetAsk {
    /// For their name.
    pub name: AskFor,
    /// How to reach them.
    pub contact: AskFor,
    /// The library's own questions; answers repeat the question's text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub questions: Vec<WidgetQuestion>,
}

/// Whether something is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum AskFor {
    /// Not at all.
    Off,
    /// It may stay empty.
    Optional,
    /// A ring without it is refused.
    Required,
}

/// A question of the library's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct WidgetQuestion {
    /// As patrons read it.
    pub text: String,
    /// Whether a ring without an answer is refused.
    pub required: bool,
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
