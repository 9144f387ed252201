//! What a desk offers beside answers, as one audience sees it: tickets, returns, who the patron is,
//! tags and ratings; and what staff know of the patron's own library.

use deskbell_domain::audience::{Audience, mask};
use deskbell_domain::chat::event::{ChatEvent, OfferReason, ReturnReason};
use deskbell_domain::chat::state::Rang;
use deskbell_domain::directory::Directory;
use deskbell_protocol::event as wire;
use deskbell_protocol::view::LibraryView;
use jiff::Timestamp;

use super::{operator, person};
use crate::world::time_zone;

/// A contact as `audience` may know it.
pub(super) fn contact(audience: Audience, contact: &str) -> String {
    if audience.sees_contact() || contact.is_empty() { contact.to_owned() } else { mask(contact) }
}

pub(super) fn shown(
    audience: Audience,
    event: &ChatEvent,
    directory: &Directory,
) -> wire::ChatEvent {
    use wire::ChatEvent as Wire;
    let staff = |user| operator(audience, user, directory);
    let is_patron = audience == Audience::Patron;
    match event {
        ChatEvent::Returned { who, why, note } => Wire::Returned {
            who: staff(who),
            why: (!is_patron).then(|| return_reason(*why)),
            note: note.clone().filter(|_| !is_patron),
        },
        ChatEvent::TicketOffered { why } => Wire::TicketOffered {
            why: match why {
                OfferReason::Waited => wire::OfferReason::Waited,
                OfferReason::Nobody => wire::OfferReason::Nobody,
            },
        },
        ChatEvent::TicketRequested { name, email, queue } => Wire::TicketRequested {
            name: name.clone(),
            email: contact(audience, email),
            queue: queue.clone().filter(|_| !is_patron),
        },
        ChatEvent::Dismissed { by, note } => Wire::Dismissed { by: staff(by), note: note.clone() },
        ChatEvent::Idled { text } => Wire::Idled { text: text.clone() },
        ChatEvent::PatronChanged { by, name, contact: told } => Wire::PatronChanged {
            by: person(audience, by, directory),
            name: name.clone(),
            contact: told.as_deref().map(|told| contact(audience, told)),
        },
        ChatEvent::ContactRevealed { by } => Wire::ContactRevealed { by: staff(by) },
        ChatEvent::Tagged { by, tags } => {
            Wire::Tagged { by: staff(by), tags: tags.iter().cloned().collect() }
        }
        ChatEvent::Rated { rating, comment } => {
            Wire::Rated { rating: rating.points(), comment: comment.clone() }
        }
        _ => unreachable!("`chat` hands over no other"),
    }
}

fn return_reason(why: ReturnReason) -> wire::ReturnReason {
    match why {
        ReturnReason::HandOver => wire::ReturnReason::HandOver,
        ReturnReason::SignedOut => wire::ReturnReason::SignedOut,
        ReturnReason::NoRight => wire::ReturnReason::NoRight,
    }
}

/// `None` if the directory no longer has it.
pub(super) fn library(ring: &Rang, directory: &Directory, now: Timestamp) -> Option<LibraryView> {
    let library = directory.institutions.get(&ring.home)?;
    let zone = time_zone(&library.time_zone)?;
    let widget = directory.widgets.get(&ring.widget);
    Some(LibraryView {
        name: library.name.clone(),
        widget_name: widget.map_or_else(|| ring.widget.to_string(), |it| it.name.clone()),
        site: library.site.clone(),
        time_zone: library.time_zone.clone(),
        open: library.hours.is_open(&zone, now),
        until: library.hours.changes_after(&zone, now),
    })
}
