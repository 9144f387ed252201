//! The directory as a text that a librarian's system administrator reads and writes (TOML).
//!
//! ```toml
//! [institutions.birch]
//! name = "Birch Public Library"
//! time_zone = "America/New_York"
//! site = "https://www.birch.example"
//! hours = { mon = ["09:00-17:00"], 2026-12-25 = [] }   # "always" when omitted
//! idle = { seconds = 300, text = "Still working on it." }
//!
//! [users.maya]
//! institution = "birch"
//! name = "Maya"                  # as patrons and colleagues see her
//! level = "regular"              # reader, regular (when omitted) or admin
//! active = true                  # true when omitted
//! starts = { status = "online", monitoring = ["coop/tri-county"] }
//!
//! [coops.tri-county]
//! name = "Tri-County Co-op"
//! members.birch = { contributing = true, contribution = { mon = ["09:00-12:00"] } }
//! users.maya = "regular"         # regular, institution-admin or coop-admin
//!
//! [departments.birch-reference]
//! institution = "birch"
//! name = "Birch Reference"
//! members = ["maya"]             # and the members of `queue`, a ticket queue
//! away_text = "We are all at the desk."
//! sign_off = [{ days = ["fri"], at = "17:00" }]
//!
//! [ticket_queues.birch-desk]
//! institution = "birch"
//! name = "Birch Desk"
//! members = ["maya"]
//!
//! [widgets.birch-home]
//! institution = "birch"
//! name = "Ask Birch"
//! options = ["department/birch-reference", "coop/tri-county"]
//! roll_up_seconds = 15           # when omitted
//! wait_limit_seconds = 60        # when omitted
//! patron_grace_seconds = 600     # when omitted
//! origins = ["https://www.birch.example"]
//! texts = { greeting = "Ask us!", privacy = "Another library may answer." }
//! ask = { name = "required", contact = "off", questions = [{ text = "Card number?" }] }
//! ticket_queue = "birch-desk"
//! ```
//!
//! What each key means stands in `entry`. A file is complete in itself: what an entry names stands
//! in the same file. The log stays the
//! master: a file is compared with it ([`difference`]), and what differs becomes commands. Reading
//! does no IO; whether a time zone exists is asked of the caller.

mod difference;
mod fields;
mod read;
mod write;

use std::fmt;

pub use difference::{describe, difference};
pub use read::parse;
pub use write::export;

use super::Directory;

/// What a file asks for; checked, and all its references resolve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    directory: Directory,
    warnings: Vec<Problem>,
}

impl Wanted {
    /// The directory that has exactly what the file mentions, at version 0.
    pub fn directory(&self) -> &Directory {
        &self.directory
    }

    /// What may be stored, and cannot work: a widget that nobody can ever answer.
    pub fn warnings(&self) -> &[Problem] {
        &self.warnings
    }
}

/// What is wrong with a file, where, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// A sentence.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.message)
    }
}
