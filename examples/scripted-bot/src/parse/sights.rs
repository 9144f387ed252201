//! Everything that a script may say reaches a person: the shapes after `sees:`.
//!
//! Not here: whether it did reach her (`watch.rs`).

use deskbell_client::protocol::event::{LapseReason, OfferReason, ReturnReason};

use super::forms::{patron, tags};
use super::shape::Slots;
use crate::script::{Closing, Ending, Happening, Offered, Sight, Wording};

/// One way to write what somebody sees.
pub struct SightForm {
    /// How it is written.
    pub shape: &'static str,
    /// A sight of that shape.
    pub example: &'static str,
    pub(crate) read: fn(&mut Slots) -> Result<Sight, String>,
}

#[expect(clippy::unnecessary_wraps, reason = "every form is read by one kind of function")]
fn happens(happening: Happening) -> Result<Sight, String> {
    Ok(Sight::Happening { chat: None, happening })
}

#[expect(clippy::unnecessary_wraps, reason = "every form is read by one kind of function")]
fn closed(closing: Closing) -> Result<Sight, String> {
    Ok(Sight::Closed { chat: None, closing })
}

fn worded(wording: Wording) -> Result<Sight, String> {
    happens(Happening::Worded(wording))
}

macro_rules! sights {
    ($($shape:literal, $example:literal, |$slots:ident| $read:expr;)+) => {
        &[$(SightForm { shape: $shape, example: $example, read: |$slots| $read },)+]
    };
}

/// Every sight.
pub const SIGHTS: &[SightForm] = sights! {
    "a row for NAME's chat", "a row for Sam's chat",
    |s| Ok(Sight::Row { chat: patron(s.who())?, offered_by: None });
    "a row for NAME's chat, offered by NAME", "a row for Sam's chat, offered by Maya",
    |s| Ok(Sight::Row { chat: patron(s.who())?, offered_by: Some(s.who()) });
    "NAME's chat gone from the list", "Sam's chat gone from the list",
    |s| Ok(Sight::Gone { chat: patron(s.who())?, claimed_by: None });
    "NAME's chat gone from the list, claimed by NAME",
    "Sam's chat gone from the list, claimed by Maya",
    |s| Ok(Sight::Gone { chat: patron(s.who())?, claimed_by: Some(s.who()) });
    "the preview closed, claimed by NAME", "the preview closed, claimed by Maya",
    |s| closed(Closing::Claimed(s.who()));
    "the preview closed, withdrawn", "the preview closed, withdrawn",
    |_s| closed(Closing::Withdrawn);
    "the preview closed, ended", "the preview closed, ended", |_s| closed(Closing::Ended);

    "NAME asks QUOTED", "Sam asks \"Where can I renew my card?\"",
    |s| happens(Happening::Asks(s.who(), s.text()));
    "it rings at TARGET too", "it rings at coop/tri-county too",
    |s| happens(Happening::Rings(Some(s.target())));
    "it rings nowhere else", "it rings nowhere else", |_s| happens(Happening::Rings(None));
    "claimed by NAME", "claimed by Maya", |s| happens(Happening::Claimed(s.who()));
    "NAME: TEXT", "Maya: Good morning, Sam", |s| happens(Happening::Says(s.who(), s.text()));
    "NAME notes: TEXT", "Maya notes: patron is a student",
    |s| happens(Happening::Notes(s.who(), s.text()));
    "NAME offers it to TARGET", "Maya offers it to operator/lou",
    |s| happens(Happening::Offers { who: s.who(), to: Offered::To(s.target()), note: None });
    "NAME offers it to TARGET (note: QUOTED)",
    "Maya offers it to operator/lou (note: \"needs microfilm\")",
    |s| { let (who, to) = (s.who(), Offered::To(s.target()));
        happens(Happening::Offers { who, to, note: Some(s.text()) }) };
    "NAME offers it to QUOTED", "Maya offers it to \"Lou\"",
    |s| happens(Happening::Offers { who: s.who(), to: Offered::Named(s.text()), note: None });
    "NAME cancels the transfer", "Maya cancels the transfer",
    |s| happens(Happening::Cancels(s.who()));
    "NAME declines: TEXT", "Lou declines: I am about to go",
    |s| happens(Happening::Declines(s.who(), s.text()));
    "the transfer lapses, nobody took it", "the transfer lapses, nobody took it",
    |_s| happens(Happening::Lapses(LapseReason::Time));
    "the transfer lapses, nobody is there", "the transfer lapses, nobody is there",
    |_s| happens(Happening::Lapses(LapseReason::TargetGone));
    "NAME leaves", "Maya leaves", |s| happens(Happening::Leaves(s.who()));
    "NAME is away", "Sam is away", |s| happens(Happening::Away(s.who()));
    "NAME is back", "Sam is back", |s| happens(Happening::Back(s.who()));
    "NAME is lost, the chat waits again", "Maya is lost, the chat waits again",
    |s| happens(Happening::Lost(s.who()));
    "NAME is lost and out of the chat", "Maya is lost and out of the chat",
    |s| happens(Happening::Out(s.who()));
    "ended by NAME", "ended by Maya", |s| happens(Happening::Ends(Ending::By(s.who())));
    "ended as missed", "ended as missed", |_s| happens(Happening::Ends(Ending::Missed));
    "ended, the patron stayed away", "ended, the patron stayed away",
    |_s| happens(Happening::Ends(Ending::PatronStayedAway));

    "ended, dismissed by NAME", "ended, dismissed by Ines",
    |s| happens(Happening::Ends(Ending::Dismissed(s.who())));
    "ended with a ticket", "ended with a ticket", |_s| happens(Happening::Ends(Ending::Ticket));
    "a ticket is offered, after a long wait", "a ticket is offered, after a long wait",
    |_s| worded(Wording::TicketOffered(OfferReason::Waited));
    "a ticket is offered, nobody is there", "a ticket is offered, nobody is there",
    |_s| worded(Wording::TicketOffered(OfferReason::Nobody));
    "NAME asks for a ticket at QUOTED", "Sam asks for a ticket at \"sam@example.org\"",
    |s| worded(Wording::AsksForTicket(s.who(), s.text()));
    "NAME dismisses it: TEXT", "Ines dismisses it: rang by mistake",
    |s| worded(Wording::Dismisses(s.who(), s.text()));
    "NAME cannot go on, the chat waits again", "Maya cannot go on, the chat waits again",
    |s| worded(Wording::Returns(s.who(), None));
    "nobody took over from NAME, the chat waits again",
    "nobody took over from Maya, the chat waits again",
    |s| worded(Wording::Returns(s.who(), Some(ReturnReason::HandOver)));
    "NAME signed out, the chat waits again", "Maya signed out, the chat waits again",
    |s| worded(Wording::Returns(s.who(), Some(ReturnReason::SignedOut)));
    "NAME lost the right to answer, the chat waits again",
    "Ines lost the right to answer, the chat waits again",
    |s| worded(Wording::Returns(s.who(), Some(ReturnReason::NoRight)));
    "the patron is told to be patient", "the patron is told to be patient",
    |_s| worded(Wording::ToldToBePatient);
    "NAME names the patron QUOTED", "Maya names the patron \"Samuel\"",
    |s| worded(Wording::Renames(s.who(), s.text()));
    "NAME sets the contact to QUOTED", "Maya sets the contact to \"s…@…\"",
    |s| worded(Wording::Reaches(s.who(), s.text()));
    "NAME looks at the contact", "Ines looks at the contact",
    |s| worded(Wording::Looks(s.who()));
    "NAME tags it: TEXT", "Maya tags it: holds, renewal",
    |s| worded(Wording::Tags(s.who(), tags(&s.text())));
    "rated NUMBER of 5: TEXT", "rated 5 of 5: quick and kind",
    |s| worded(Wording::Rates(s.number(), s.text()));

    "an alarm at TARGET", "an alarm at coop/tri-county", |s| Ok(Sight::Alarm(s.target()));
    "the alarm at TARGET is over", "the alarm at coop/tri-county is over",
    |s| Ok(Sight::AlarmOver(s.target()));
    "NAME typing", "Maya typing", |s| Ok(Sight::Typing { who: s.who(), on: true });
    "NAME previewing NAME's chat", "Ines previewing Sam's chat",
    |s| { let who = s.who(); Ok(Sight::Previewing { who, chat: patron(s.who())?, on: true }) };
    "NAME no longer previewing NAME's chat", "Ines no longer previewing Sam's chat",
    |s| { let who = s.who(); Ok(Sight::Previewing { who, chat: patron(s.who())?, on: false }) };
    "NAME no longer typing", "Maya no longer typing",
    |s| Ok(Sight::Typing { who: s.who(), on: false });
    "it has reached NAME", "it has reached Maya",
    |s| Ok(Sight::Marked { who: s.who(), read: false });
    "NAME has read it", "Maya has read it", |s| Ok(Sight::Marked { who: s.who(), read: true });
    "NUMBER ahead in the queue", "1 ahead in the queue", |s| Ok(Sight::Ahead(s.number()));
};
