//! Whether something that came is what a script names.
//!
//! What a sight leaves out (a note, who claimed) does not count, but for the owner who offers a
//! row: a row that a patron waits at and one that a colleague offers are different things.

use deskbell_client::protocol::event::{ChatEvent, EndCause, Person};
use deskbell_client::protocol::ids::ChatId;
use deskbell_client::protocol::to_client::ClosedReason;

use super::Seen;
use super::roles::Roles;
use crate::script::{Closing, Ending, Happening, Name, Offered, Sight, Who, Wording};

pub(super) fn fits(sight: &Sight, seen: &Seen, roles: &Roles) -> bool {
    match (sight, seen) {
        (Sight::Row { chat, offered_by }, Seen::Row(row)) => {
            let offered = match (offered_by, &row.transfer_from) {
                (None, None) => true,
                (Some(who), Some(person)) => roles.is(who, person, row.chat),
                (None, Some(_)) | (Some(_), None) => false,
            };
            offered && roles.chat(chat) == Some(row.chat)
        }
        (Sight::Gone { chat, claimed_by }, Seen::Gone { chat: gone, claimed_by: person }) => {
            roles.chat(chat) == Some(*gone)
                && is_or_unsaid(claimed_by.as_ref(), person.as_ref(), *gone, roles)
        }
        (Sight::Closed { chat, closing }, Seen::Closed { chat: closed, reason, by }) => {
            of_chat(chat.as_ref(), *closed, roles)
                && closes(closing, *reason, by.as_ref(), *closed, roles)
        }
        (Sight::Happening { chat, happening }, Seen::Happened { chat: at, sequenced }) => {
            of_chat(chat.as_ref(), *at, roles) && happens(happening, &sequenced.event, *at, roles)
        }
        (Sight::Typing { who, on }, Seen::Typing { chat, who: person, on: writes }) => {
            on == writes && roles.is(who, person, *chat)
        }
        (
            Sight::Marked { who, read: wants_read },
            Seen::Marked { chat, who: person, delivered, read, end },
        ) => {
            let reach = if *wants_read { read } else { delivered };
            reach >= end && *end > 0 && roles.is(who, person, *chat)
        }
        (
            Sight::Previewing { chat, who, on },
            Seen::Previewing { chat: at, who: person, on: looks },
        ) => on == looks && roles.chat(chat) == Some(*at) && roles.is(who, person, *at),
        (Sight::Ahead(said), Seen::Ahead(came)) => said == came,
        (Sight::Alarm(said), Seen::Alarm(came))
        | (Sight::AlarmOver(said), Seen::AlarmOver(came)) => said == came,
        (
            Sight::Row { .. }
            | Sight::Gone { .. }
            | Sight::Closed { .. }
            | Sight::Happening { .. }
            | Sight::Typing { .. }
            | Sight::Marked { .. }
            | Sight::Previewing { .. }
            | Sight::Ahead(_)
            | Sight::Alarm(_)
            | Sight::AlarmOver(_),
            _,
        ) => false,
    }
}

fn of_chat(named: Option<&Name>, chat: ChatId, roles: &Roles) -> bool {
    named.is_none_or(|name| roles.chat(name) == Some(chat))
}

fn is_or_unsaid(who: Option<&Who>, person: Option<&Person>, chat: ChatId, roles: &Roles) -> bool {
    who.is_none_or(|who| person.is_some_and(|person| roles.is(who, person, chat)))
}

fn closes(
    closing: &Closing,
    reason: ClosedReason,
    by: Option<&Person>,
    chat: ChatId,
    roles: &Roles,
) -> bool {
    match closing {
        Closing::Claimed(who) => {
            reason == ClosedReason::Claimed && is_or_unsaid(Some(who), by, chat, roles)
        }
        Closing::Withdrawn => reason == ClosedReason::Withdrawn,
        Closing::Ended => reason == ClosedReason::Ended,
    }
}

fn happens(happening: &Happening, event: &ChatEvent, chat: ChatId, roles: &Roles) -> bool {
    let is = |who: &Who, person: &Person| roles.is(who, person, chat);
    let is_patron = |who: &Who| is(who, &Person::Patron { name: None });
    match (happening, event) {
        (Happening::Asks(who, said), ChatEvent::Opened { question, .. }) => {
            is_patron(who) && said == question
        }
        (Happening::Rings(target), ChatEvent::Rung { tiers }) => {
            tiers.as_slice() == target.as_slice()
        }
        (Happening::Claimed(who), ChatEvent::Claimed { by, .. })
        | (Happening::Cancels(who), ChatEvent::TransferCanceled { by })
        | (Happening::Leaves(who), ChatEvent::Left { by })
        | (Happening::Away(who), ChatEvent::OperatorAway { who: by, .. })
        | (Happening::Back(who), ChatEvent::OperatorBack { who: by })
        | (Happening::Lost(who), ChatEvent::OwnerLost { who: by })
        | (Happening::Out(who), ChatEvent::ParticipantLost { who: by }) => is(who, by),
        (Happening::Says(who, said), ChatEvent::Posted { by, text, .. })
        | (Happening::Notes(who, said), ChatEvent::Noted { by, text })
        | (Happening::Declines(who, said), ChatEvent::TransferDeclined { by, reason: text }) => {
            is(who, by) && said == text
        }
        (
            Happening::Offers { who, to, note },
            ChatEvent::TransferOffered { by, to: target, to_name, note: told, .. },
        ) => {
            let there = match to {
                Offered::To(to) => target.as_ref() == Some(to),
                Offered::Named(name) => target.is_none() && to_name == name,
            };
            is(who, by) && there && (note.is_none() || note == told)
        }
        (Happening::Lapses(said), ChatEvent::TransferLapsed { reason }) => said == reason,
        (Happening::Away(who), ChatEvent::PatronAway { .. })
        | (Happening::Back(who), ChatEvent::PatronBack) => is_patron(who),
        (Happening::Ends(ending), ChatEvent::Ended { cause, by }) => match ending {
            Ending::By(who) => {
                matches!(cause, EndCause::Operator | EndCause::Patron) && is(who, by)
            }
            Ending::Missed => *cause == EndCause::Missed,
            Ending::PatronStayedAway => *cause == EndCause::PatronGone,
            Ending::Dismissed(who) => *cause == EndCause::Dismissed && is(who, by),
            Ending::Ticket => *cause == EndCause::Ticket,
        },
        (Happening::Worded(wording), event) => is_worded(wording, event, &is),
        (
            Happening::Asks(..)
            | Happening::Rings(_)
            | Happening::Claimed(_)
            | Happening::Says(..)
            | Happening::Notes(..)
            | Happening::Offers { .. }
            | Happening::Cancels(_)
            | Happening::Declines(..)
            | Happening::Lapses(_)
            | Happening::Leaves(_)
            | Happening::Away(_)
            | Happening::Back(_)
            | Happening::Lost(_)
            | Happening::Out(_)
            | Happening::Ends(_),
            _,
        ) => false,
    }
}

fn is_worded(wording: &Wording, event: &ChatEvent, is: &dyn Fn(&Who, &Person) -> bool) -> bool {
    let is_patron = |who: &Who| is(who, &Person::Patron { name: None });
    match (wording, event) {
        (Wording::TicketOffered(said), ChatEvent::TicketOffered { why }) => said == why,
        (Wording::AsksForTicket(who, said), ChatEvent::TicketRequested { email, .. }) => {
            is_patron(who) && said == email
        }
        (Wording::Dismisses(who, said), ChatEvent::Dismissed { by, note }) => {
            is(who, by) && note.as_ref() == Some(said)
        }
        (Wording::Returns(who, said), ChatEvent::Returned { who: by, why, .. }) => {
            is(who, by) && said == why
        }
        (Wording::ToldToBePatient, ChatEvent::Idled { .. }) => true,
        (Wording::Renames(who, said), ChatEvent::PatronChanged { by, name, .. }) => {
            is(who, by) && name.as_ref() == Some(said)
        }
        (Wording::Reaches(who, said), ChatEvent::PatronChanged { by, contact, .. }) => {
            is(who, by) && contact.as_ref() == Some(said)
        }
        (Wording::Looks(who), ChatEvent::ContactRevealed { by }) => is(who, by),
        (Wording::Tags(who, said), ChatEvent::Tagged { by, tags }) => is(who, by) && said == tags,
        (Wording::Rates(points, said), ChatEvent::Rated { rating, comment }) => {
            u32::from(*rating) == *points && comment.as_ref() == Some(said)
        }
        _ => false,
    }
}
