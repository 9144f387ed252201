//! Who rings, in which order, and why the others do not: a pure function, asked for its conclusion
//! when a chat rings and for its reasons by `explain`.

use deskbell_protocol::ids::Target;
use jiff::Timestamp;

use crate::directory::{Directory, Widget};

/// Every option of a widget, in order, with its verdict.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    /// In the widget's order.
    pub options: Vec<(Target, Verdict)>,
}

/// What the routing says of one option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Somebody would see it ring.
    Online,
    /// It does not ring, for this reason.
    Offline(Reason),
}

/// Why an option does not ring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Nobody monitors it right now.
    Nobody,
    /// The patron's library is not a member of the co-op.
    NotMember,
    /// The directory no longer has it.
    Unknown,
}

/// An option passed over, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// Which.
    pub option: Target,
    /// Why.
    pub reason: Reason,
}

/// What the routing says of `widget`. `online` tells whether somebody monitors a department or
/// co-op, or whether an operator is online; coverage is judged at `opened_at`.
pub fn plan(
    widget: &Widget,
    directory: &Directory,
    online: &dyn Fn(&Target) -> bool,
    opened_at: Timestamp,
    now: Timestamp,
) -> Plan {
    // Coverage is not limited to hours yet; what judges it by them will ask for these two.
    let _ = (opened_at, now);
    let verdict = |option: &Target| {
        if directory.name_of(option).is_none() {
            Verdict::Offline(Reason::Unknown)
        } else if !directory.serves(&widget.institution, option) {
            Verdict::Offline(Reason::NotMember)
        } else if online(option) {
            Verdict::Online
        } else {
            Verdict::Offline(Reason::Nobody)
        }
    };
    let options = widget.options.iter().map(|option| (option.clone(), verdict(option)));
    Plan { options: options.collect() }
}

#[cfg(test)]
mod tests;
