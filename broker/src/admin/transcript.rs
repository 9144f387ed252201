//! A stored chat as lines for whoever looks into a problem. What people wrote and who a patron is
//! stays out unless it is asked for: then only how long it was.

use std::fmt::Write as _;

use deskbell_domain::chat::ChatEvent;
use deskbell_domain::chat::event::{
    EndCause, LapseReason, OfferReason, Opened, ReturnReason, Ring,
};
use deskbell_protocol::ids::Target;

use crate::log::record::chat;
use crate::log::{LogError, Record};

/// One event: place, time, author, what happened.
pub fn line(record: &Record, with_text: bool) -> Result<String, LogError> {
    let event = chat::decode(&record.entry.event)?;
    let (seq, at, author) = (record.seq, record.entry.at, &record.entry.author);
    Ok(format!("{seq:>5}  {at:.3}  {author}  {}", describe(&event, &Texts { shown: with_text })))
}

/// Whether what people wrote is shown.
struct Texts {
    shown: bool,
}

impl Texts {
    fn of(&self, text: &str) -> String {
        if self.shown { format!("{text:?}") } else { format!("({} bytes)", text.len()) }
    }

    fn of_optional(&self, name: &str, text: Option<&String>) -> String {
        text.map_or_else(String::new, |text| format!(", {name} {}", self.of(text)))
    }
}

fn describe(event: &ChatEvent, texts: &Texts) -> String {
    match event {
        ChatEvent::Opened(it) => opened(it, texts),
        ChatEvent::Rung(ring) => rings(ring),
        ChatEvent::Claimed { by, transfer: false, idle: _ } => format!("claimed by {by}"),
        ChatEvent::Claimed { by, transfer: true, idle: _ } => format!("transfer claimed by {by}"),
        ChatEvent::Posted { by, text, lang: _ } => format!("{by} wrote {}", texts.of(text)),
        ChatEvent::Noted { by, text } => format!("{by} noted {}", texts.of(text)),
        ChatEvent::TransferOffered { by, to, note, tell_patron: _, hand_over, until } => {
            let note = texts.of_optional("note", note.as_ref());
            let how = if *hand_over { "hands it over" } else { "offers it" };
            format!("{by} {how} to {to} until {until:.0}{note}")
        }
        ChatEvent::TransferCanceled { by } => format!("{by} takes the offer back"),
        ChatEvent::TransferDeclined { by, reason } => {
            format!("{by} declines, reason {}", texts.of(reason))
        }
        ChatEvent::TransferLapsed { reason: LapseReason::Time } => {
            "the offer lapses: nobody claimed it".into()
        }
        ChatEvent::TransferLapsed { reason: LapseReason::TargetGone } => {
            "the offer lapses: nobody is there to claim it".into()
        }
        ChatEvent::Left { by } => format!("{by} leaves"),
        ChatEvent::PatronAway { until } => format!("the patron is away, until {until:.0}"),
        ChatEvent::PatronBack => "the patron is back".into(),
        ChatEvent::OperatorAway { who, until } => format!("{who} is away, until {until:.0}"),
        ChatEvent::OperatorBack { who } => format!("{who} is back"),
        ChatEvent::OwnerLost { who } => format!("{who} stayed away: the chat waits again"),
        ChatEvent::ParticipantLost { who } => format!("{who} stayed away and is out"),
        ChatEvent::Ended { cause, by } => format!("ended by {by}: {}", cause_of(*cause)),
        ChatEvent::Erased { seqs } => format!("erased: {} events", seqs.len()),
        ChatEvent::Returned { who, why, note } => {
            let note = texts.of_optional("note", note.as_ref());
            format!("{who} {}: the chat waits again{note}", return_of(*why))
        }
        ChatEvent::TicketOffered { why: OfferReason::Waited } => {
            "a ticket is offered: the patron waited long enough".into()
        }
        ChatEvent::TicketOffered { why: OfferReason::Nobody } => {
            "a ticket is offered: nobody is left where it rings".into()
        }
        ChatEvent::TicketRequested { name, email, queue } => {
            let queue = queue.as_ref().map_or_else(String::new, |it| format!(" in {it}"));
            let (name, email) = (texts.of(name), texts.of(email));
            format!("the patron asks for a ticket{queue}, name {name}, email {email}")
        }
        ChatEvent::Dismissed { by, note } => {
            format!("{by} dismisses it{}", texts.of_optional("note", note.as_ref()))
        }
        ChatEvent::Idled { text } => format!("the patron is told to be patient: {text:?}"),
        ChatEvent::PatronChanged { by, name, contact } => {
            let name = texts.of_optional("name", name.as_ref());
            let contact = texts.of_optional("contact", contact.as_ref());
            format!("{by} corrects who the patron is{name}{contact}")
        }
        ChatEvent::ContactRevealed { by } => format!("{by} looks at the patron's contact"),
        ChatEvent::Tagged { by, tags } => {
            let tags: Vec<_> = tags.iter().map(String::as_str).collect();
            format!("{by} tags it: {}", tags.join(", "))
        }
        ChatEvent::Rated { rating, comment } => {
            let comment = texts.of_optional("comment", comment.as_ref());
            format!("the patron rates it {} of 5{comment}", rating.points())
        }
    }
}

fn return_of(why: ReturnReason) -> &'static str {
    match why {
        ReturnReason::HandOver => "handed it over to nobody",
        ReturnReason::SignedOut => "signed out",
        ReturnReason::NoRight => "may not answer it any more",
    }
}

fn opened(it: &Opened, texts: &Texts) -> String {
    let mut line = format!("opened through {} of {}, question ", it.widget, it.home);
    line.push_str(&texts.of(&it.question));
    line.push_str(&texts.of_optional("name", it.name.as_ref()));
    line.push_str(&texts.of_optional("contact", it.contact.as_ref()));
    line.push_str(&texts.of_optional("page", it.page.as_ref()));
    for (question, answer) in &it.answers {
        write!(line, ", {question:?}: {}", texts.of(answer)).expect("a String takes everything");
    }
    format!("{line}; {}", rings(&it.ring))
}

fn rings(ring: &Ring) -> String {
    let tiers: Vec<String> = ring.tiers.iter().map(Target::to_string).collect();
    format!("rings at {} (directory {})", tiers.join(", "), ring.directory)
}

fn cause_of(cause: EndCause) -> &'static str {
    match cause {
        EndCause::Operator => "its owner ended it",
        EndCause::Patron => "the patron ended it",
        EndCause::Missed => "nobody had claimed it",
        EndCause::PatronGone => "the patron stayed away",
        EndCause::Dismissed => "nobody was to answer it",
        EndCause::Ticket => "the patron asked for a ticket",
    }
}
