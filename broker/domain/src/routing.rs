//! Who rings, in which order, and why the others do not: a pure function, asked for its conclusion
//! when a chat rings and for its reasons by `explain`.

use deskbell_protocol::ids::{InstitutionId, Target};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::directory::{Directory, Widget};

/// What the routing asks of the world.
pub struct Facts<'a> {
    /// Everything that is set.
    pub directory: &'a Directory,
    /// Whether somebody monitors a department or co-op, or whether an operator is online.
    pub online: &'a dyn Fn(&Target) -> bool,
    /// A time zone by its IANA name, if the machine knows it.
    pub zone: &'a dyn Fn(&str) -> Option<TimeZone>,
}

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
    /// The co-op does not cover the patron's library at this hour.
    NotCovered,
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

impl Plan {
    /// The first option that rings.
    pub fn first_online(&self) -> Option<&Target> {
        self.options.iter().find(|(_, it)| *it == Verdict::Online).map(|(option, _)| option)
    }
}

impl Facts<'_> {
    /// What the routing says of `widget` for a patron who rang at `opened_at`: whom coverage
    /// admitted then stays admitted.
    pub fn plan(&self, widget: &Widget, opened_at: Timestamp) -> Plan {
        let verdict = |option: &Target| {
            if self.directory.name_of(option).is_none() {
                Verdict::Offline(Reason::Unknown)
            } else if !self.directory.serves(&widget.institution, option) {
                Verdict::Offline(Reason::NotMember)
            } else if !self.covers(option, &widget.institution, opened_at) {
                Verdict::Offline(Reason::NotCovered)
            } else if (self.online)(option) {
                Verdict::Online
            } else {
                Verdict::Offline(Reason::Nobody)
            }
        };
        let options = widget.options.iter().map(|option| (option.clone(), verdict(option)));
        Plan { options: options.collect() }
    }

    /// Whether patrons of `home` are served at `option` at that moment. Only co-ops have coverage
    /// hours.
    pub fn covers(&self, option: &Target, home: &InstitutionId, at: Timestamp) -> bool {
        let Target::Coop(coop) = option else { return true };
        let coop = self.directory.coops.get(coop);
        let Some(member) = coop.and_then(|it| it.members.get(home)) else { return false };
        self.zone_of(home).is_some_and(|zone| member.coverage.is_open(&zone, at))
    }

    /// A library's time zone.
    pub fn zone_of(&self, institution: &InstitutionId) -> Option<TimeZone> {
        let institution = self.directory.institutions.get(institution)?;
        (self.zone)(&institution.time_zone)
    }
}

#[cfg(test)]
mod tests;
