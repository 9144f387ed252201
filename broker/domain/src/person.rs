//! Who acts: the author of an event, and how an operator stands.
//!
//! An author is a person, never a connection: someone on three devices is one author.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use deskbell_protocol::ids::{IdError, Target, UserId};
use serde::{Deserialize, Serialize};

/// Who made an event happen. A chat has one patron, so she needs no id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Author {
    /// Who asks.
    Patron,
    /// Who answers.
    Operator(UserId),
    /// The broker, by a rule or a timer.
    System,
}

impl fmt::Display for Author {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Patron => f.write_str("patron"),
            Self::Operator(user) => write!(f, "operator/{user}"),
            Self::System => f.write_str("system"),
        }
    }
}

impl FromStr for Author {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        match text {
            "patron" => Ok(Self::Patron),
            "system" => Ok(Self::System),
            _ => match text.parse()? {
                Target::Operator(user) => Ok(Self::Operator(user)),
                Target::Department(_) | Target::Coop(_) => Err(IdError::Target(text.into())),
            },
        }
    }
}

/// How an operator stands towards patrons and colleagues.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Rings, may claim and be assigned.
    Online,
    /// Still rings and may claim; cannot be assigned.
    Away,
    /// At the end of her shift: no new chat rings, and those that she has go on.
    Draining,
    /// For colleagues only: nothing rings, nothing may be claimed.
    Internal,
    /// Not there.
    #[default]
    Offline,
}

impl Status {
    /// Whether queues ring for her, and she may claim.
    pub fn rings(self) -> bool {
        matches!(self, Self::Online | Self::Away)
    }
}

/// The few presence facts that a decision about an operator may ask for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Standing {
    /// Her status now; `Offline` if no device of hers is connected.
    pub status: Status,
    /// The departments and co-ops she monitors, rights already checked.
    pub monitoring: BTreeSet<Target>,
}
