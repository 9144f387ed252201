//! What came, in the words of a script, so that a failure can be read, and where it is right,
//! copied into the script.

use deskbell_client::protocol::event::{
    ChatEvent, EndCause, LapseReason, OfferReason, Person, ReturnReason,
};
use deskbell_client::protocol::ids::ChatId;
use deskbell_client::protocol::to_client::ClosedReason;

use super::Seen;
use super::roles::Roles;

pub(super) fn of(seen: &Seen, roles: &Roles) -> String {
    match seen {
        Seen::Row(row) => {
            let patron = roles.patron_of(row.chat);
            match &row.transfer_from {
                None => format!("a row for {patron}'s chat"),
                Some(owner) => {
                    format!(
                        "a row for {patron}'s chat, offered by {}",
                        roles.called(owner, row.chat)
                    )
                }
            }
        }
        Seen::Gone { chat, claimed_by } => {
            let patron = roles.patron_of(*chat);
            let by = claimed_by.as_ref().map(|by| roles.called(by, *chat));
            format!("{patron}'s chat gone from the list{}", claimed(by.as_deref()))
        }
        Seen::Closed { chat, reason, by } => match reason {
            ClosedReason::Claimed => {
                let by = by.as_ref().map(|by| roles.called(by, *chat));
                format!("the preview closed{}", claimed(by.as_deref()))
            }
            ClosedReason::Withdrawn => "the preview closed, withdrawn".to_owned(),
            ClosedReason::Ended => "the preview closed, ended".to_owned(),
            ClosedReason::Left => "the chat closed, left".to_owned(),
        },
        Seen::Happened { chat, sequenced } => happening(&sequenced.event, *chat, roles),
        Seen::Typing { chat, who, on } => {
            format!("{} {}typing", roles.called(who, *chat), if *on { "" } else { "no longer " })
        }
        Seen::Marked { chat, who, delivered, read, end } => {
            let who = roles.called(who, *chat);
            if read >= end {
                format!("{who} has read it")
            } else {
                format!("it has reached {who}   (event {delivered} of {end})")
            }
        }
        Seen::Previewing { chat, who, on } => {
            let (who, patron) = (roles.called(who, *chat), roles.patron_of(*chat));
            format!("{who} {}previewing {patron}'s chat", if *on { "" } else { "no longer " })
        }
        Seen::Ahead(ahead) => format!("{ahead} ahead in the queue"),
        Seen::Alarm(target) => format!("an alarm at {target}"),
        Seen::AlarmOver(target) => format!("the alarm at {target} is over"),
    }
}

fn claimed(by: Option<&str>) -> String {
    by.map_or_else(String::new, |by| format!(", claimed by {by}"))
}

fn happening(event: &ChatEvent, chat: ChatId, roles: &Roles) -> String {
    let called = |person: &Person| roles.called(person, chat);
    let patron = || roles.patron_of(chat);
    match event {
        ChatEvent::Hidden => "something hidden".to_owned(),
        ChatEvent::Opened { question, .. } => format!("{} asks \"{question}\"", patron()),
        ChatEvent::Rung { tiers } if tiers.is_empty() => "it rings nowhere else".to_owned(),
        ChatEvent::Rung { tiers } => {
            let tiers: Vec<String> = tiers.iter().map(ToString::to_string).collect();
            format!("it rings at {} too", tiers.join(", "))
        }
        ChatEvent::Claimed { by, .. } => format!("claimed by {}", called(by)),
        ChatEvent::Posted { by, text, .. } => format!("{}: {text}", called(by)),
        ChatEvent::Noted { by, text } => format!("{} notes: {text}", called(by)),
        ChatEvent::TransferOffered { by, to, to_name, note, .. } => {
            let to = to.as_ref().map_or_else(|| format!("\"{to_name}\""), ToString::to_string);
            let note = note.as_ref().map(|note| format!(" (note: \"{note}\")"));
            format!("{} offers it to {to}{}", called(by), note.unwrap_or_default())
        }
        ChatEvent::TransferCanceled { by } => format!("{} cancels the transfer", called(by)),
        ChatEvent::TransferDeclined { by, reason } => format!("{} declines: {reason}", called(by)),
        ChatEvent::TransferLapsed { reason: LapseReason::Time } => {
            "the transfer lapses, nobody took it".to_owned()
        }
        ChatEvent::TransferLapsed { reason: LapseReason::TargetGone } => {
            "the transfer lapses, nobody is there".to_owned()
        }
        ChatEvent::Left { by } => format!("{} leaves", called(by)),
        ChatEvent::PatronAway { .. } => format!("{} is away", patron()),
        ChatEvent::PatronBack => format!("{} is back", patron()),
        ChatEvent::OperatorAway { who, .. } => format!("{} is away", called(who)),
        ChatEvent::OperatorBack { who } => format!("{} is back", called(who)),
        ChatEvent::OwnerLost { who } => format!("{} is lost, the chat waits again", called(who)),
        ChatEvent::ParticipantLost { who } => {
            format!("{} is lost and out of the chat", called(who))
        }
        ChatEvent::Ended { cause, by } => match cause {
            EndCause::Operator | EndCause::Patron => format!("ended by {}", called(by)),
            EndCause::Missed => "ended as missed".to_owned(),
            EndCause::PatronGone => "ended, the patron stayed away".to_owned(),
            EndCause::Dismissed => format!("ended, dismissed by {}", called(by)),
            EndCause::Ticket => "ended with a ticket".to_owned(),
        },
        ChatEvent::Returned { .. }
        | ChatEvent::TicketOffered { .. }
        | ChatEvent::TicketRequested { .. }
        | ChatEvent::Dismissed { .. }
        | ChatEvent::Idled { .. }
        | ChatEvent::PatronChanged { .. }
        | ChatEvent::ContactRevealed { .. }
        | ChatEvent::Tagged { .. }
        | ChatEvent::Rated { .. } => service(event, chat, roles),
        ChatEvent::Erased { seqs } => format!("the contents of {} events erased", seqs.len()),
        ChatEvent::Unknown => "an event that this runner does not know".to_owned(),
    }
}

fn service(event: &ChatEvent, chat: ChatId, roles: &Roles) -> String {
    let called = |person: &Person| roles.called(person, chat);
    match event {
        ChatEvent::Returned { who, why, .. } => {
            let who = called(who);
            match why {
                None => format!("{who} cannot go on, the chat waits again"),
                Some(ReturnReason::HandOver) => {
                    format!("nobody took over from {who}, the chat waits again")
                }
                Some(ReturnReason::SignedOut) => {
                    format!("{who} signed out, the chat waits again")
                }
                Some(ReturnReason::NoRight) => {
                    format!("{who} lost the right to answer, the chat waits again")
                }
            }
        }
        ChatEvent::TicketOffered { why: OfferReason::Waited } => {
            "a ticket is offered, after a long wait".to_owned()
        }
        ChatEvent::TicketOffered { why: OfferReason::Nobody } => {
            "a ticket is offered, nobody is there".to_owned()
        }
        ChatEvent::TicketRequested { email, .. } => {
            format!("{} asks for a ticket at \"{email}\"", roles.patron_of(chat))
        }
        ChatEvent::Dismissed { by, note } => {
            format!("{} dismisses it: {}", called(by), note.as_deref().unwrap_or_default())
        }
        ChatEvent::Idled { .. } => "the patron is told to be patient".to_owned(),
        ChatEvent::PatronChanged { by, name: Some(name), .. } => {
            format!("{} names the patron \"{name}\"", called(by))
        }
        ChatEvent::PatronChanged { by, contact, .. } => {
            let contact = contact.as_deref().unwrap_or_default();
            format!("{} sets the contact to \"{contact}\"", called(by))
        }
        ChatEvent::ContactRevealed { by } => format!("{} looks at the contact", called(by)),
        ChatEvent::Tagged { by, tags } => format!("{} tags it: {}", called(by), tags.join(", ")),
        ChatEvent::Rated { rating, comment } => {
            format!("rated {rating} of 5: {}", comment.as_deref().unwrap_or_default())
        }
        _ => "an event that this runner does not know".to_owned(),
    }
}
