//! The shared vocabulary: one type for each kind of id, so that no two can be mixed up.
//!
//! Slug ids (`UserId`, `WidgetId`, …) are chosen by people in the directory and cheap to clone.
//! Random ids (`ChatId`, `Eid`, …) are bits, `Copy`, and never secrets: knowing one gives no right.
//! This is the only module of the crate that the domain may use.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;
use std::sync::Arc;

use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use crate::text_id::IdError;
use crate::text_id::{check_slug, decode, encode};

/// Reads an id where it stands in the frame: every message brings several, none is copied first.
struct FromText<T>(PhantomData<T>);

impl<T: FromStr<Err: fmt::Display>> Visitor<'_> for FromText<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an id as text")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }
}

macro_rules! text_serde {
    ($name:ident, $pattern:literal) => {
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.with_text(|text| serializer.serialize_str(text))
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_str(FromText(PhantomData))
            }
        }
        #[cfg(feature = "schema")]
        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "pattern": $pattern })
            }
        }
        #[cfg(feature = "schema")]
        impl ts_rs::TS for $name {
            type WithoutGenerics = Self;
            type OptionInnerType = Self;
            fn name(_: &ts_rs::Config) -> String {
                stringify!($name).into()
            }
            fn inline(_: &ts_rs::Config) -> String {
                "string".into()
            }
            fn decl(_: &ts_rs::Config) -> String {
                concat!("type ", stringify!($name), " = string;").into()
            }
            fn decl_concrete(config: &ts_rs::Config) -> String {
                <Self as ts_rs::TS>::decl(config)
            }
            fn output_path() -> Option<std::path::PathBuf> {
                Some(concat!(stringify!($name), ".ts").into())
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
    };
}

macro_rules! slug_id {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The id as people write it.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            fn with_text<T>(&self, then: impl FnOnce(&str) -> T) -> T {
                then(&self.0)
            }
        }
        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                check_slug(text)?;
                Ok(Self(text.into()))
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        text_serde!($name, "^[a-z0-9][a-z0-9._-]{0,63}$");
    )+};
}

slug_id! {
    /// A library: whose patron asks, whose staff answer, whose rules hold.
    InstitutionId;
    /// A co-operative of libraries whose staff answer each other's patrons.
    CoopId;
    /// A group of one institution's operators who answer its patrons together.
    DepartmentId;
    /// Where one institution's tickets wait.
    TicketQueueId;
    /// A chat button on a library's page, with its chain of options.
    WidgetId;
    /// A person who may sign in.
    UserId;
}

macro_rules! random_id {
    ($($(#[$doc:meta])*
       $name:ident($inner:ty, $length:literal, $bits:literal, $pattern:literal);)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub $inner);

        impl $name {
            /// What `then` makes of the id's text, which needs no allocation.
            pub fn with_text<T>(&self, then: impl FnOnce(&str) -> T) -> T {
                let text = encode::<$length>(u128::from(self.0));
                then(std::str::from_utf8(&text).expect("the alphabet is ASCII"))
            }
        }
        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                let value = decode::<$length>(text, $bits)?;
                Ok(Self(<$inner>::try_from(value).expect("decode bounds the bits")))
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.with_text(|text| f.write_str(text))
            }
        }
        text_serde!($name, $pattern);
    )+};
}

random_id! {
    /// A chat, from its ring to its end.
    ChatId(u128, 26, 128, "^[0-9a-hjkmnp-tv-z]{26}$");
    /// The identity of one stored event: random bits, so that two histories never agree by chance.
    Eid(u64, 13, 64, "^[0-9a-hjkmnp-tv-z]{13}$");
    /// One sign-in of an operator, or one patron's visit.
    SessionId(u128, 26, 128, "^[0-9a-hjkmnp-tv-z]{26}$");
}

macro_rules! uuid_id {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub uuid::Uuid);

        impl $name {
            fn with_text<T>(&self, then: impl FnOnce(&str) -> T) -> T {
                then(self.0.hyphenated().encode_lower(&mut uuid::Uuid::encode_buffer()))
            }
        }
        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, uuid::Error> {
                text.parse().map(Self)
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }
        text_serde!($name, "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$");
    )+};
}

uuid_id! {
    /// Client message id: a UUID that a client gives each write, so that a retry is safe.
    Cmid;
    /// The app's own id, one per tab or device; a newer socket with the same one takes over.
    ClientId;
}

/// Where a chat may ring, or be sent: a department, a co-op, or one operator.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    /// `department/ID`
    Department(DepartmentId),
    /// `coop/ID`
    Coop(CoopId),
    /// `operator/ID`
    Operator(UserId),
}

impl Target {
    fn with_text<T>(&self, then: impl FnOnce(&str) -> T) -> T {
        then(&self.to_string())
    }
}

impl FromStr for Target {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        match text.split_once('/') {
            Some(("department", id)) => id.parse().map(Self::Department),
            Some(("coop", id)) => id.parse().map(Self::Coop),
            Some(("operator", id)) => id.parse().map(Self::Operator),
            _ => Err(IdError::Target(text.chars().take(80).collect())),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Department(id) => write!(f, "department/{id}"),
            Self::Coop(id) => write!(f, "coop/{id}"),
            Self::Operator(id) => write!(f, "operator/{id}"),
        }
    }
}

text_serde!(Target, "^(department|coop|operator)/[a-z0-9][a-z0-9._-]{0,63}$");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_travel_as_text_and_read_back() {
        let chat = ChatId(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef);
        let json = serde_json::to_string(&chat).unwrap();
        assert_eq!(serde_json::from_str::<ChatId>(&json).unwrap(), chat);
        let target: Target = "coop/tri-county".parse().unwrap();
        assert_eq!(serde_json::to_string(&target).unwrap(), "\"coop/tri-county\"");
    }

    #[test]
    fn a_wrong_id_is_refused_with_what_is_right() {
        let error = serde_json::from_str::<UserId>("\"Maya B\"").unwrap_err().to_string();
        assert!(error.contains("a-z"), "{error}");
        let error = "team/x".parse::<Target>().unwrap_err().to_string();
        assert!(error.contains("department/ID"), "{error}");
    }
}
