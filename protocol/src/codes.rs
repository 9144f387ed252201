//! The registry of codes: why a request is refused, why a connection is closed, and what a client
//! does about it. A code is a promise: it is never reused for another meaning.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

macro_rules! error_codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal, temporary: $temporary:literal;)+) => {
        /// Why a request is refused. A *temporary* refusal may succeed later, unchanged; any other
        /// will not, until something else changes.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
        pub enum ErrorCode {
            $($(#[$doc])* #[serde(rename = $text)] $name,)+
            /// A code of a newer broker: go by `temporary`.
            #[serde(other)]
            #[cfg_attr(feature = "schema", schemars(skip), ts(skip))]
            Unknown,
        }

        impl ErrorCode {
            /// Every code of this version.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// The code as it travels.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)+ Self::Unknown => "unknown" }
            }

            /// Whether the same request may succeed later.
            pub fn temporary(self) -> bool {
                match self { $(Self::$name => $temporary,)+ Self::Unknown => false }
            }
        }
    };
}

error_codes! {
    /// Not a JSON object with a `type`, or without an `id`.
    BadFrame = "bad_frame", temporary: false;
    /// A known type whose fields are wrong or unknown; the message names the field.
    BadRequest = "bad_request", temporary: false;
    /// A type that this broker does not know.
    UnknownType = "unknown_type", temporary: false;
    /// No valid token, or a name and password that do not match.
    Unauthorized = "unauthorized", temporary: false;
    /// The token's time is over: get a new one.
    TokenExpired = "token_expired", temporary: false;
    /// A patron's connection must tell its `Origin`.
    OriginRequired = "origin_required", temporary: false;
    /// The page's origin is in no list that allows this.
    OriginDenied = "origin_denied", temporary: false;
    /// The request is for operators, or for patrons, and this connection is the other.
    WrongRole = "wrong_role", temporary: false;
    /// There is no such chat, or it is not yours to see: the two look the same.
    NotFound = "not_found", temporary: false;
    /// Only the chat's owner may do this.
    NotOwner = "not_owner", temporary: false;
    /// Only those in the chat may do this.
    NotParticipant = "not_participant", temporary: false;
    /// The chat waits at no queue that you monitor, or your status does not let you claim.
    NotMonitoring = "not_monitoring", temporary: false;
    /// Someone else was first; `by` says who and `next` what to claim instead.
    AlreadyClaimed = "already_claimed", temporary: false;
    /// You own the chat: end it or transfer it instead of leaving.
    OwnerMustStay = "owner_must_stay", temporary: false;
    /// You own chats: hand them over first, or say that they may wait again; `chats` says which.
    OwnsChats = "owns_chats", temporary: false;
    /// Only administrators may do this.
    NotAdmin = "not_admin", temporary: false;
    /// There is no pending transfer, or none that you may answer.
    NoTransfer = "no_transfer", temporary: false;
    /// The patron's library takes part in no such target.
    TargetNotAllowed = "target_not_allowed", temporary: false;
    /// Nobody is there to take the transfer.
    TargetOffline = "target_offline", temporary: true;
    /// The chat is over.
    ChatEnded = "chat_ended", temporary: false;
    /// The chat holds as many messages as a chat may; it can still be ended or transferred.
    ChatFull = "chat_full", temporary: false;
    /// Someone is answering: ask her instead; `by` says who.
    BeingAnswered = "being_answered", temporary: false;
    /// Only a chat that somebody answered can be rated, once it has ended.
    NotRatable = "not_ratable", temporary: false;
    /// This `cmid` was used before with another body.
    CmidReused = "cmid_reused", temporary: false;
    /// A text is longer than the limit that the message names, or empty.
    BadText = "bad_text", temporary: false;
    /// The patron's library takes no chats from her for some time; the message says until when.
    Banned = "banned", temporary: false;
    /// More chats at once than the limit that the message names.
    TooManyChats = "too_many_chats", temporary: false;
    /// Nobody is there to answer: no option of the widget is online.
    Offline = "offline", temporary: true;
    /// Faster than the limit; wait `retry_after_ms`.
    RateLimited = "rate_limited", temporary: true;
    /// The chat changes faster than this request could be decided; try again.
    Busy = "busy", temporary: true;
    /// The store cannot be reached; the outcome of a write is unknown until it is retried.
    Unavailable = "unavailable", temporary: true;
    /// The broker made a mistake; it is logged, and the request may be retried.
    Internal = "internal", temporary: true;
    /// The chat cannot be read and was set aside; its library's administrator must look at it.
    Quarantined = "quarantined", temporary: false;
}

macro_rules! close_codes {
    ($($(#[$doc:meta])* $name:ident = $number:literal;)+) => {
        /// Why the broker closes a connection. The hundred says what a client does: 40xx does not
        /// connect again by itself, 41xx backs off, 42xx connects again at once, with jitter.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum CloseCode {
            $($(#[$doc])* $name,)+
            /// A code of a newer broker, or of the WebSocket protocol itself.
            Other(u16),
        }

        impl CloseCode {
            /// Every code of this version.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// The number in the close frame.
            pub fn number(self) -> u16 {
                match self { $(Self::$name => $number,)+ Self::Other(number) => number }
            }
        }

        impl From<u16> for CloseCode {
            fn from(number: u16) -> Self {
                match number { $($number => Self::$name,)+ other => Self::Other(other) }
            }
        }
    };
}

close_codes! {
    /// The token is not valid for this connection.
    Unauthorized = 4001;
    /// Ten malformed frames in a minute.
    BadFrames = 4002;
    /// A newer connection of the same app took over.
    Superseded = 4003;
    /// The page's origin may not connect with this token.
    OriginDenied = 4004;
    /// The account or the session was ended.
    SignedOut = 4005;
    /// The first frame was not `hello`.
    HelloExpected = 4006;
    /// No valid `hello` in time.
    HelloTimeout = 4100;
    /// Output was not read fast enough; resume from the last place seen.
    SlowConsumer = 4101;
    /// The rate limit was exceeded again and again.
    RateAbuse = 4102;
    /// The token expired and was not renewed.
    TokenExpired = 4103;
    /// No sign of life in time.
    HeartbeatTimeout = 4104;
    /// The broker made a mistake on this connection.
    Internal = 4105;
    /// The broker is going down for a restart.
    Drain = 4200;
}

/// What a client does after a close.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reconnect {
    /// Only when the person, or the app, asks for it.
    Never,
    /// After a growing, jittered delay.
    BackOff,
    /// At once, jittered over two seconds.
    AtOnce,
}

impl CloseCode {
    /// What a client does about it.
    pub fn reconnect(self) -> Reconnect {
        match self.number() {
            4000..=4099 | 1002 | 1003 | 1007 | 1008 | 1009 => Reconnect::Never,
            4200..=4299 => Reconnect::AtOnce,
            _ => Reconnect::BackOff,
        }
    }
}

impl Serialize for CloseCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u16(self.number())
    }
}

impl<'de> Deserialize<'de> for CloseCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        u16::deserialize(deserializer).map(Self::from)
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for CloseCode {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "CloseCode".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "integer", "minimum": 1000, "maximum": 4999 })
    }
}

#[cfg(feature = "schema")]
impl ts_rs::TS for CloseCode {
    type WithoutGenerics = Self;
    type OptionInnerType = Self;
    fn name(_: &ts_rs::Config) -> String {
        "CloseCode".into()
    }
    fn inline(_: &ts_rs::Config) -> String {
        "number".into()
    }
    fn decl(_: &ts_rs::Config) -> String {
        "type CloseCode = number;".into()
    }
    fn decl_concrete(config: &ts_rs::Config) -> String {
        Self::decl(config)
    }
    fn output_path() -> Option<std::path::PathBuf> {
        Some("CloseCode.ts".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hundred_of_a_close_code_says_whether_to_connect_again() {
        assert_eq!(CloseCode::Superseded.reconnect(), Reconnect::Never);
        assert_eq!(CloseCode::SlowConsumer.reconnect(), Reconnect::BackOff);
        assert_eq!(CloseCode::Drain.reconnect(), Reconnect::AtOnce);
        assert_eq!(CloseCode::from(1006).reconnect(), Reconnect::BackOff);
        assert_eq!(CloseCode::from(1009).reconnect(), Reconnect::Never);
    }

    #[test]
    fn codes_are_unique() {
        let mut numbers: Vec<_> = CloseCode::ALL.iter().map(|code| code.number()).collect();
        numbers.dedup();
        assert_eq!(numbers.len(), CloseCode::ALL.len());
        let texts: std::collections::BTreeSet<_> =
            ErrorCode::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(texts.len(), ErrorCode::ALL.len());
    }
}
