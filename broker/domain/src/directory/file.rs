//! The directory as a text that a librarian's system administrator reads and writes (TOML).
//!
//! ```toml
//! [institutions.birch]
//! name = "Birch Public Library"
//! time_zone = "America/New_York"
//!
//! [users.maya]
//! institution = "birch"
//! name = "Maya"                  # as patrons and colleagues see her
//! level = "regular"              # reader, regular (when omitted) or admin
//! active = true                  # true when omitted
//!
//! [coops.tri-county]
//! name = "Tri-County Co-op"
//! members.birch = { contributing = true }
//! users.maya = "regular"         # regular, institution-admin or coop-admin
//!
//! [departments.birch-reference]
//! institution = "birch"
//! name = "Birch Reference"
//! members = ["maya"]
//!
//! [ticket_queues.birch-desk]
//! institution = "birch"
//! name = "Birch Desk"
//!
//! [widgets.birch-home]
//! institution = "birch"
//! name = "Ask Birch"
//! options = ["department/birch-reference", "coop/tri-county"]
//! roll_up_seconds = 15           # when omitted
//! patron_grace_seconds = 600     # when omitted
//! origins = ["https://www.birch.example"]
//! ```
//!
//! A file is complete in itself: what an entry names stands in the same file. The log stays the
//! master: a file is compared with it ([`difference`]), and what differs becomes commands. Reading
//! does no IO; whether a time zone exists is asked of the caller.

mod difference;
mod entry;
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
pub struct Wanted(Directory);

impl Wanted {
    /// The directory that has exactly what the file mentions, at version 0.
    pub fn directory(&self) -> &Directory {
        &self.0
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
