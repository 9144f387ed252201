//! What a `.chat` script says, once read: one [`Line`] for each step, in order.
//!
//! Promises that every name in it was introduced before it is used (`cast.rs` checks that), so that
//! playing need not ask. Not here: how a script is written (`parse.rs`), how it is played.

mod act;

use std::fmt;
use std::time::Duration;

use deskbell_client::protocol::codes::ErrorCode;
use deskbell_client::protocol::event::{LapseReason, OfferReason, ReturnReason};
use deskbell_client::protocol::ids::{Target, UserId};
use deskbell_client::protocol::view::Phase;

pub use self::act::Act;
use jiff::civil::{Time, Weekday};

use crate::cast::Cast;

/// A script.
#[derive(Debug, Clone, PartialEq)]
pub struct Script {
    /// Where it was read from, for messages.
    pub file: String,
    /// Its first line: what it claims.
    pub title: String,
    /// Its steps.
    pub lines: Vec<Line>,
    /// Who plays in it.
    pub cast: Cast,
}

impl Script {
    /// Whether it kills the broker, and so needs one that may be.
    pub fn restarts_the_broker(&self) -> bool {
        self.lines.iter().any(|line| matches!(line.step, Step::Restart { .. }))
    }

    /// Whether it moves the clock, and so needs a broker started with `--clock manual`.
    pub fn moves_the_clock(&self) -> bool {
        self.lines.iter().any(|line| {
            matches!(line.step, Step::Pass(_) | Step::Until { .. } | Step::Restart { .. })
        })
    }
}

/// One step.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// From 1.
    pub number: usize,
    /// As written, without comment.
    pub text: String,
    /// What it says.
    pub step: Step,
}

/// What one line says.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Somebody does something.
    Act {
        /// Who.
        who: Who,
        /// What.
        act: Act,
        /// What the broker answers.
        answer: Answer,
    },
    /// Two operators claim at the same moment: one wins, the other is told who did.
    ClaimAtOnce {
        /// One of them.
        first: Who,
        /// The other.
        second: Who,
        /// Whose chat.
        chat: Name,
        /// What the loser is offered instead, if the script says.
        next: Option<Next>,
    },
    /// Something reaches each of these people.
    See {
        /// Whom.
        who: Vec<Who>,
        /// What.
        sight: Sight,
        /// Whether everything else that came until now is of no interest.
        whatever_else: bool,
    },
    /// Nothing reached these people that the script has not named.
    SeeNothing(Vec<Who>),
    /// This never reaches her, from the first line to the last, in no snapshot either.
    NeverSee {
        /// Whom.
        who: Who,
        /// What.
        sight: Sight,
    },
    /// A list of hers shows exactly these people's chats, oldest first.
    List {
        /// Whose list.
        who: Who,
        /// Which.
        list: ListOf,
        /// Whose chats.
        chats: Vec<Name>,
    },
    /// So many messages of others in a chat of hers she has not read.
    Unread {
        /// Who.
        who: Who,
        /// In whose chat.
        chat: Name,
        /// How many.
        unread: usize,
    },
    /// Her last look at a chat showed it so.
    Stands {
        /// Who looks.
        who: Who,
        /// How it stands.
        phase: Phase,
        /// Who owns it, if anybody.
        owner: Option<Who>,
    },
    /// The broker's clock moves on.
    Pass(Duration),
    /// The broker is killed and starts again.
    Restart {
        /// How much later.
        away: Duration,
    },
    /// The broker's clock moves on to the next such moment (UTC).
    Until {
        /// The day of the week.
        day: Weekday,
        /// The time of day.
        clock: Time,
    },
}

/// Which list of an operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListOf {
    /// What she may claim.
    Waiting,
    /// What she is in.
    Own,
}

/// Somebody's name, as the script writes it: `Maya`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(String);

impl Name {
    /// A name is one word that starts with a capital letter.
    pub fn read(word: &str) -> Option<Self> {
        let capital = word.chars().next().is_some_and(char::is_uppercase);
        let plain = word.chars().all(|c| c.is_alphanumeric() || c == '-');
        (capital && plain).then(|| Self(word.to_owned()))
    }

    /// The login name of the operator so called.
    pub fn user(&self) -> Option<UserId> {
        self.0.to_lowercase().parse().ok()
    }

    /// As written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Somebody, by name or by how a race went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// By name.
    Named(Name),
    /// Who won the last claim `at once`.
    Winner,
    /// Who lost it.
    Loser,
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(name) => name.fmt(f),
            Self::Winner => f.write_str("the winner"),
            Self::Loser => f.write_str("the loser"),
        }
    }
}

/// What the broker answers to an act.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// It is done.
    Done,
    /// It is refused.
    Refused {
        /// Why.
        code: ErrorCode,
        /// Who was first, if the script says.
        by: Option<Who>,
        /// What to claim instead, if the script says.
        next: Option<Next>,
    },
}

/// What who lost a claim is offered instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// This patron's chat.
    ChatOf(Name),
    /// Nothing.
    Nobody,
}

/// Something that may reach a person.
#[derive(Debug, Clone, PartialEq)]
pub enum Sight {
    /// A row appears in her list.
    Row {
        /// Whose chat.
        chat: Name,
        /// The owner who offers it; `None`: the patron waits.
        offered_by: Option<Who>,
    },
    /// A row goes from her list.
    Gone {
        /// Whose chat.
        chat: Name,
        /// Who took it, if the script says.
        claimed_by: Option<Who>,
    },
    /// She no longer follows a chat.
    Closed {
        /// Whose, if the script says.
        chat: Option<Name>,
        /// Why.
        closing: Closing,
    },
    /// Something happened in a chat.
    Happening {
        /// Whose, if the script says.
        chat: Option<Name>,
        /// What.
        happening: Happening,
    },
    /// A signal: somebody writes, or stopped.
    Typing {
        /// Who.
        who: Who,
        /// Whether she writes.
        on: bool,
    },
    /// A signal: somebody previews a chat of her list, or stopped.
    Previewing {
        /// Whose chat.
        chat: Name,
        /// Who.
        who: Who,
        /// Whether she looks.
        on: bool,
    },
    /// Somebody has got all of a chat so far, or has read it.
    Marked {
        /// Who.
        who: Who,
        /// Whether she has read it, too.
        read: bool,
    },
    /// The place in the queue: so many wait in front.
    Ahead(u32),
    /// Nobody stands at a queue.
    Alarm(Target),
    /// Somebody does again.
    AlarmOver(Target),
}

/// Why a person no longer follows a chat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Closing {
    /// Somebody claimed it.
    Claimed(Who),
    /// It rings for her no more.
    Withdrawn,
    /// It is over.
    Ended,
}

/// What happened in a chat.
#[derive(Debug, Clone, PartialEq)]
pub enum Happening {
    /// The patron rang, with these words.
    Asks(Who, String),
    /// It rings at one more place, or there is none.
    Rings(Option<Target>),
    /// Somebody took it.
    Claimed(Who),
    /// A message.
    Says(Who, String),
    /// A note.
    Notes(Who, String),
    /// An offer; the note counts only if the script says one.
    Offers {
        /// The owner.
        who: Who,
        /// To whom.
        to: Offered,
        /// For the target's eyes.
        note: Option<String>,
    },
    /// The offer was taken back.
    Cancels(Who),
    /// The offer was declined, with this reason.
    Declines(Who, String),
    /// The offer ended by itself.
    Lapses(LapseReason),
    /// A participant went.
    Leaves(Who),
    /// A connection is gone for now.
    Away(Who),
    /// It is there again.
    Back(Who),
    /// An owner stayed away: the chat waits again.
    Lost(Who),
    /// A participant stayed away and is out.
    Out(Who),
    /// The chat is over.
    Ends(Ending),
    /// Something that has one wording only, the runner's own.
    Worded(Wording),
}

/// What is said in the runner's own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wording {
    /// A ticket is offered, because the patron waited or because nobody is left.
    TicketOffered(OfferReason),
    /// The patron asks for a ticket; staff of other libraries see the address masked.
    AsksForTicket(Who, String),
    /// Dismissed, with a note.
    Dismisses(Who, String),
    /// The owner could not go on; patrons are not told why.
    Returns(Who, Option<ReturnReason>),
    /// The patron is told to be patient.
    ToldToBePatient,
    /// The patron's name is corrected.
    Renames(Who, String),
    /// How to reach the patron is corrected.
    Reaches(Who, String),
    /// Somebody looked at the patron's contact.
    Looks(Who),
    /// What it is about.
    Tags(Who, Vec<String>),
    /// How it was.
    Rates(u32, String),
}

/// To whom a chat is offered, as staff or as patrons are told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Offered {
    /// Staff: the target.
    To(Target),
    /// Patrons: its name in the directory.
    Named(String),
}

/// How a chat came to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// Its owner or its patron ended it.
    By(Who),
    /// Nobody had claimed it when the patron stayed away.
    Missed,
    /// The patron stayed away longer than the widget's grace.
    PatronStayedAway,
    /// Somebody said that nobody will answer.
    Dismissed(Who),
    /// The patron asked for a ticket.
    Ticket,
}
