//! A chat's events and state as one audience sees them. An event she may not see keeps its place
//! and shows nothing.

use deskbell_domain::audience::{Audience, sees};
use deskbell_domain::chat::event::{ChatEvent, LapseReason, Opened};
use deskbell_domain::chat::state::{Attendance, ChatState, Phase};
use deskbell_domain::directory::Directory;
use deskbell_protocol::event::{self as wire, Answer, Sequenced};
use deskbell_protocol::ids::Target;
use deskbell_protocol::view::{self, ChatView, PatronView, TransferView};
use jiff::Timestamp;

use super::{end_cause, operator, person, service};
use crate::actors::say::Committed;

pub(super) fn sequenced(audience: Audience, it: &Committed, directory: &Directory) -> Sequenced {
    let event = if sees(audience, &it.event) {
        shown(audience, &it.event, directory)
    } else {
        wire::ChatEvent::Hidden
    };
    Sequenced { seq: it.seq, eid: it.eid, at: it.at, event }
}

fn shown(audience: Audience, event: &ChatEvent, directory: &Directory) -> wire::ChatEvent {
    use wire::ChatEvent as Wire;
    let staff = |user| operator(audience, user, directory);
    match event {
        ChatEvent::Opened(opened) => self::opened(audience, opened),
        ChatEvent::Rung(ring) => Wire::Rung { tiers: ring.tiers.clone() },
        ChatEvent::Claimed { by, transfer, idle: _ } => {
            Wire::Claimed { by: staff(by), transfer: *transfer }
        }
        ChatEvent::Posted { by, text, lang } => Wire::Posted {
            by: person(audience, by, directory),
            text: text.clone(),
            lang: lang.clone(),
        },
        ChatEvent::Noted { by, text } => Wire::Noted { by: staff(by), text: text.clone() },
        ChatEvent::TransferOffered { by, to, note, tell_patron: _, hand_over, until } => {
            Wire::TransferOffered {
                by: staff(by),
                to: (audience != Audience::Patron).then(|| to.clone()),
                to_name: name_of(to, directory),
                note: note.clone().filter(|_| audience != Audience::Patron),
                hand_over: *hand_over,
                until: *until,
            }
        }
        ChatEvent::TransferCanceled { by } => Wire::TransferCanceled { by: staff(by) },
        ChatEvent::TransferDeclined { by, reason } => {
            Wire::TransferDeclined { by: staff(by), reason: reason.clone() }
        }
        ChatEvent::TransferLapsed { reason } => {
            let reason = match reason {
                LapseReason::Time => wire::LapseReason::Time,
                LapseReason::TargetGone => wire::LapseReason::TargetGone,
            };
            Wire::TransferLapsed { reason }
        }
        ChatEvent::Left { by } => Wire::Left { by: staff(by) },
        ChatEvent::PatronAway { until } => Wire::PatronAway { until: *until },
        ChatEvent::PatronBack => Wire::PatronBack,
        ChatEvent::OperatorAway { who, until } => {
            Wire::OperatorAway { who: staff(who), until: *until }
        }
        ChatEvent::OperatorBack { who } => Wire::OperatorBack { who: staff(who) },
        ChatEvent::OwnerLost { who } => Wire::OwnerLost { who: staff(who) },
        ChatEvent::ParticipantLost { who } => Wire::ParticipantLost { who: staff(who) },
        ChatEvent::Ended { cause, by } => {
            Wire::Ended { cause: end_cause(*cause), by: person(audience, by, directory) }
        }
        ChatEvent::Erased { seqs } => Wire::Erased { seqs: seqs.clone() },
        ChatEvent::Returned { .. }
        | ChatEvent::TicketOffered { .. }
        | ChatEvent::TicketRequested { .. }
        | ChatEvent::Dismissed { .. }
        | ChatEvent::Idled { .. }
        | ChatEvent::PatronChanged { .. }
        | ChatEvent::ContactRevealed { .. }
        | ChatEvent::Tagged { .. }
        | ChatEvent::Rated { .. } => service::shown(audience, event, directory),
    }
}

fn opened(audience: Audience, it: &Opened) -> wire::ChatEvent {
    let answer = |(question, answer): &(String, String)| Answer {
        question: question.clone(),
        answer: answer.clone(),
    };
    wire::ChatEvent::Opened {
        widget: it.widget.clone(),
        home: it.home.clone(),
        question: it.question.clone(),
        name: it.name.clone(),
        contact: it.contact.as_deref().map(|contact| service::contact(audience, contact)),
        answers: it.answers.iter().map(answer).collect(),
        page: it.page.clone(),
        lang: it.lang.clone(),
        continues: it.continues,
        tiers: it.ring.tiers.clone(),
    }
}

fn name_of(target: &Target, directory: &Directory) -> String {
    directory.name_of(target).map_or_else(|| target.to_string(), ToOwned::to_owned)
}

pub(super) fn view_of(
    audience: Audience,
    state: &ChatState,
    directory: &Directory,
    now: Timestamp,
) -> ChatView {
    let ring = state.ring.as_ref().expect("a chat that is read has rung");
    let library = service::library(ring, directory, now);
    let (phase, ended) = match &state.phase {
        Phase::New | Phase::Waiting => (view::Phase::Waiting, None),
        Phase::Active { .. } => (view::Phase::Active, None),
        Phase::Ended { cause, .. } => (view::Phase::Ended, Some(end_cause(*cause))),
    };
    let offer = state.transfer.as_ref().filter(|it| match audience {
        Audience::Patron => it.tell_patron,
        Audience::Previewer => false,
        Audience::Staff | Audience::HomeStaff => true,
    });
    let is_patron = audience == Audience::Patron;
    ChatView {
        phase,
        home: ring.home.clone(),
        widget: ring.widget.clone(),
        opened_at: ring.opened_at,
        tiers: if is_patron { Vec::new() } else { ring.tiers.clone() },
        owner: state.owner().map(|user| operator(audience, user, directory)),
        participants: state
            .participants
            .keys()
            .map(|user| operator(audience, user, directory))
            .collect(),
        transfer: offer.map(|it| TransferView {
            to: (!is_patron).then(|| it.to.clone()),
            to_name: name_of(&it.to, directory),
            until: it.until,
        }),
        patron_away_since: match state.patron {
            Attendance::Here => None,
            Attendance::Away { since, .. } => Some(since),
        },
        patron: PatronView {
            name: ring.preview.name.clone(),
            contact: ring.contact.as_ref().map(|(it, _)| service::contact(audience, it)),
        },
        library: library.filter(|_| !is_patron),
        tags: if is_patron { Vec::new() } else { state.tags.iter().cloned().collect() },
        continues: ring.continues,
        ended,
    }
}
