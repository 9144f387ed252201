//! What may be asked of the directory, and every reason to refuse it.
//!
//! `Set…` makes an entry be exactly as given, whether it was there or not; asking for what is so
//! already is no error and no event. Not here: the rules themselves (`decide`, `check`).

use std::fmt;

use deskbell_protocol::ids::{
    CoopId, DepartmentId, InstitutionId, Target, TicketQueueId, UserId, WidgetId,
};

use super::{Ban, Coop, CoopLevel, Department, Institution, TicketQueue, User, Widget};
use crate::chat::event::Digest;

/// A change to the directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Add or replace a library.
    SetInstitution(InstitutionId, Institution),
    /// Add or replace a co-op, with its members and users.
    SetCoop(CoopId, Coop),
    /// Add or replace a department, with its members.
    SetDepartment(DepartmentId, Department),
    /// Add or replace a ticket queue.
    SetTicketQueue(TicketQueueId, TicketQueue),
    /// Add or replace a widget.
    SetWidget(WidgetId, Widget),
    /// Add or replace a person.
    SetUser(UserId, User),
    /// Take an entry out; refused as long as others name it.
    Remove(Thing),
    /// Let a person monitor a co-op, or change her level there.
    GrantCoopAccess(CoopId, UserId, CoopLevel),
    /// Take that back.
    RevokeCoopAccess(CoopId, UserId),
    /// Let a person sign in.
    ActivateUser(UserId),
    /// Keep a person from signing in; her entry stays.
    DeactivateUser(UserId),
    /// Keep a patron from ringing, by her session.
    BanPatron(Digest, Ban),
    /// Let her ring again.
    LiftBan(Digest),
}

/// The longest text that an entry may hold.
pub(super) const TEXT_CHARS_MAX: usize = 2_000;

/// One entry of the directory, by kind and id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Thing {
    /// A library.
    Institution(InstitutionId),
    /// A co-op.
    Coop(CoopId),
    /// A department.
    Department(DepartmentId),
    /// A ticket queue.
    TicketQueue(TicketQueueId),
    /// A widget.
    Widget(WidgetId),
    /// A person.
    User(UserId),
}

impl fmt::Display for Thing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Institution(id) => write!(f, "institution {id}"),
            Self::Coop(id) => write!(f, "co-op {id}"),
            Self::Department(id) => write!(f, "department {id}"),
            Self::TicketQueue(id) => write!(f, "ticket queue {id}"),
            Self::Widget(id) => write!(f, "widget {id}"),
            Self::User(id) => write!(f, "user {id}"),
        }
    }
}

impl From<&Target> for Thing {
    fn from(target: &Target) -> Self {
        match target {
            Target::Department(id) => Self::Department(id.clone()),
            Target::Coop(id) => Self::Coop(id.clone()),
            Target::Operator(id) => Self::User(id.clone()),
        }
    }
}

/// A time to wait that an entry sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// Until the next option rings too.
    RollUp,
    /// Until a patron whom nobody answered is offered a ticket.
    WaitLimit,
    /// Until a chat ends because its patron stays away.
    PatronGrace,
    /// Until a patron is told that her operator is idle.
    Idle,
}

impl Wait {
    /// As the file calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::RollUp => "roll_up_seconds",
            Self::WaitLimit => "wait_limit_seconds",
            Self::Idle => "idle.seconds",
            Self::PatronGrace => "patron_grace_seconds",
        }
    }

    /// The least and the most seconds that are allowed.
    pub fn range_seconds(self) -> (u32, u32) {
        match self {
            Self::RollUp => (1, 600),
            Self::WaitLimit => (10, 1800),
            Self::PatronGrace => (60, 3600),
            Self::Idle => (0, 3600),
        }
    }
}

/// Why not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The command is about an entry that is not there.
    #[error("there is no {0}: correct the id, or add it first")]
    NotThere(Thing),
    /// An entry names another one that is not there.
    #[error("{holder} names {missing}, which does not exist: correct the id, or add {missing}")]
    UnknownReference {
        /// Where.
        holder: Thing,
        /// Which.
        missing: Thing,
    },
    /// A department answers the patrons of its own library only.
    #[error(
        "widget {widget} of {home} offers department {department}, which belongs to {owner}: \
         offer a department of {home}, or a co-op that both are members of"
    )]
    ForeignDepartment {
        /// Where.
        widget: WidgetId,
        /// Its library.
        home: InstitutionId,
        /// Which.
        department: DepartmentId,
        /// Its library.
        owner: InstitutionId,
    },
    /// Departments are local.
    #[error(
        "department {department} of {owner} lists user {user}, who works at {home}: \
         list people of {owner} only, and let others answer through a co-op"
    )]
    ForeignMember {
        /// Where.
        department: DepartmentId,
        /// Its library.
        owner: InstitutionId,
        /// Who.
        user: UserId,
        /// Her library.
        home: InstitutionId,
    },
    /// Nobody would be served.
    #[error("co-op {0} has no member institution: name at least one, or remove the co-op")]
    CoopWithoutMembers(CoopId),
    /// A co-op is monitored by its members' staff.
    #[error(
        "co-op {coop} lists user {user}, whose institution {institution} is not a member: \
         make {institution} a member, or take {user} off the co-op's users"
    )]
    CoopUserOfNoMember {
        /// Where.
        coop: CoopId,
        /// Who.
        user: UserId,
        /// Her library.
        institution: InstitutionId,
    },
    /// Others would name nothing.
    #[error("{thing} is still named by {}: change or remove that first", list(by))]
    StillReferenced {
        /// What was to go.
        thing: Thing,
        /// Who names it.
        by: Vec<Thing>,
    },
    /// People must be able to read it.
    #[error("the name of {0} must be 1 to 200 characters on one line: write a name people know")]
    BadName(Thing),
    /// Such as `America/New_York`; whether the zone exists is asked where a database is at hand.
    #[error("institution {0} has no time zone: write an IANA name such as America/New_York")]
    NoTimeZone(InstitutionId),
    /// Browsers send an exact origin, and compare it letter by letter.
    #[error("widget {widget} allows the origin {origin:?}, but {why}")]
    BadOrigin {
        /// Where.
        widget: WidgetId,
        /// As written.
        origin: String,
        /// And what to write instead.
        why: BadOrigin,
    },
    /// It would ring there twice.
    #[error("widget {widget} offers {option} more than once: keep the first and delete the others")]
    RepeatedOption {
        /// Where.
        widget: WidgetId,
        /// Which.
        option: Target,
    },
    /// Each wait has a range.
    #[error(
        "{holder} sets {} to {seconds}: write a number from {} to {}",
        wait.name(), wait.range_seconds().0, wait.range_seconds().1
    )]
    WaitOutOfRange {
        /// Where.
        holder: Thing,
        /// Which.
        wait: Wait,
        /// As given.
        seconds: u32,
    },
    /// A ticket queue belongs to one library.
    #[error(
        "{holder} of {home} uses ticket queue {queue}, which belongs to {owner}: name one of {home}"
    )]
    ForeignQueue {
        /// Where.
        holder: Thing,
        /// Its library.
        home: InstitutionId,
        /// Which.
        queue: TicketQueueId,
        /// Its library.
        owner: InstitutionId,
    },
    /// Only its library's staff work on tickets.
    #[error(
        "ticket queue {queue} of {owner} lists user {user}, who works at {home}: \
         list people of {owner} only"
    )]
    ForeignQueueMember {
        /// Where.
        queue: TicketQueueId,
        /// Its library.
        owner: InstitutionId,
        /// Who.
        user: UserId,
        /// Her library.
        home: InstitutionId,
    },
    /// People must be able to read it in a small window.
    #[error("{holder} has a text of {length} characters ({key}): write at most {TEXT_CHARS_MAX}")]
    TextTooLong {
        /// Where.
        holder: Thing,
        /// Which.
        key: &'static str,
        /// How long.
        length: usize,
    },
    /// Nobody can read a question without words.
    #[error("widget {0} asks an empty question: write what patrons are asked, or delete it")]
    EmptyQuestion(WidgetId),
}

/// What is wrong with an origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadOrigin {
    /// Neither https nor http.
    #[error(
        "it does not start with https://: write scheme and host, as in https://www.example.org"
    )]
    Scheme,
    /// Plain text over the network.
    #[error("http is for localhost only: write https://")]
    NotSecure,
    /// An origin ends with the host or the port.
    #[error("an origin has no path and no final slash: end it after the host or the port")]
    Path,
    /// Origins are exact.
    #[error("origins are exact: write one entry for each host instead of a wildcard")]
    Wildcard,
    /// Not a host name as browsers write it.
    #[error("its host is not one: use lower-case letters, digits, '-' and '.' (xn-- for others)")]
    Host,
    /// Not a port, or one that browsers leave out.
    #[error("its port is not one that browsers send: write 1 to 65535, and leave out 443 and 80")]
    Port,
}

fn list(things: &[Thing]) -> String {
    things.iter().map(Thing::to_string).collect::<Vec<_>>().join(", ")
}
