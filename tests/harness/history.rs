//! What happened in a run, and whether it may have: writes with their outcomes, raw frames, and
//! what the SDK told its app, judged against the log as it was stored.
//!
//! Pure: [`judge`] knows no broker, no clock and no file. A [`recorder`] notes a run as it goes,
//! [`stored`] reads the log; crash tests and simulations share all of it. A write whose answer
//! never came has an unknown outcome: it may be stored once or not at all, and it never counts as
//! failed.
//!
//! Deliberately not here: rules of the business beyond who may own a chat; the domain's properties
//! hold those.

mod claims;
pub mod recorder;
pub mod stored;
mod streams;
#[cfg(test)]
mod tests;
mod writes;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use deskbell_client::protocol::codes::ErrorCode;
use deskbell_client::protocol::to_broker::ToBroker;
use deskbell_client::protocol::to_client::ToClient;
use deskbell_client::{ClientError, Event, Write, Written};
use deskbell_domain::person::Author;
use deskbell_protocol::ids::Cmid;

use stored::Stored;

/// One client: an app that goes on through any number of connections.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Process(Arc<str>);

impl Process {
    /// By a name that no other client of the run has.
    pub fn named(name: impl AsRef<str>) -> Self {
        Self(name.as_ref().into())
    }
}

impl fmt::Display for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Names an invocation: its place among all of the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Op(pub usize);

/// What became of a write, as far as its client knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The broker said that it is stored.
    Acknowledged(Written),
    /// The broker said no: it must not be stored.
    Refused(ErrorCode),
    /// Nobody knows: it is stored once or not at all.
    Unknown,
}

impl Outcome {
    /// What the SDK's answer says.
    pub fn of(answer: &Result<Written, ClientError>) -> Self {
        match answer {
            Ok(written) => Self::Acknowledged(*written),
            Err(error) => error.code().map_or(Self::Unknown, Self::Refused),
        }
    }
}

/// One thing that happened, in the order in which it did.
#[derive(Debug, Clone)]
pub enum Step {
    /// A client hands a write to its SDK.
    Invoked {
        /// Which invocation.
        op: Op,
        /// Whose.
        process: Process,
        /// As whom the broker should store it.
        author: Author,
        /// The write's identity.
        cmid: Cmid,
        /// The write.
        write: Write,
    },
    /// The SDK resolves it.
    Answered {
        /// Which invocation.
        op: Op,
        /// How.
        outcome: Outcome,
    },
    /// A frame leaves a client.
    Said(Process, Box<ToBroker>),
    /// A frame reaches a client, before its SDK looks at it.
    Heard(Process, Box<ToClient>),
    /// The SDK tells its app.
    Told(Process, Box<Event>),
    /// A client was told everything that was committed before this moment, or should have been.
    Settled(Process),
}

/// A run.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// In the order in which they happened.
    pub steps: Vec<Step>,
}

/// What must hold of every run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// An acknowledged write stands in the log, where and as its answer said.
    NothingLost,
    /// A write stands in the log once, and an event is told once to a subscription.
    NothingDuplicated,
    /// What stands in the log was written by someone, word for word, and was not refused.
    NothingFromNowhere,
    /// Each time that a chat waits or is offered, one claim at most succeeds.
    OneWinner,
    /// A stream is contiguous: in the log, in raw frames, and as the app is told.
    NoGap,
    /// All readers see what the log holds, at the same places, and never another history.
    OneOrder,
    /// A sender's writes stand in the order in which they were made and acknowledged, and after all
    /// that was acknowledged before they were made.
    WritesInOrder,
    /// Who is told that a write is stored has been told its event before.
    ReadYourWrites,
    /// In the end a reader has all that was acknowledged in the chats that she follows.
    CaughtUp,
}

/// A broken rule and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Which rule.
    pub rule: Rule,
    /// What happened instead.
    pub what: String,
}

impl History {
    /// What the broker said is stored, in the order in which it did.
    pub fn acknowledged(&self) -> impl Iterator<Item = Written> {
        self.steps.iter().filter_map(|step| match step {
            Step::Answered { outcome: Outcome::Acknowledged(written), .. } => Some(*written),
            Step::Answered { .. }
            | Step::Invoked { .. }
            | Step::Said(..)
            | Step::Heard(..)
            | Step::Told(..)
            | Step::Settled(_) => None,
        })
    }
}

impl Violation {
    pub(crate) fn of(rule: Rule, what: impl Into<String>) -> Self {
        Self { rule, what: what.into() }
    }
}

/// Fails with the rules that a run broke, how often, and some of the places.
pub fn assert_good(history: &History, stored: &Stored) {
    let violations = judge(history, stored);
    let mut broken: BTreeMap<Rule, usize> = BTreeMap::new();
    for violation in &violations {
        *broken.entry(violation.rule).or_default() += 1;
    }
    let first: Vec<_> = violations.iter().take(20).collect();
    assert!(violations.is_empty(), "{broken:?}, such as {first:#?}");
}

/// Everything that must not have happened; empty for a good run.
pub fn judge(history: &History, stored: &Stored) -> Vec<Violation> {
    let mut violations = stored.gaps();
    violations.extend(writes::judge(history, stored));
    violations.extend(claims::judge(history, stored));
    violations.extend(streams::judge(history, stored));
    violations
}
