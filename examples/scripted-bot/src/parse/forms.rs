//! Every step that a script may contain: its shape, an example, and how it is read.
//!
//! One list, so that the parser, its error messages and `docs/scripts.md` cannot differ.

use std::time::Duration;

use deskbell_client::protocol::view::{Phase, Status};

use super::shape::Slots;
use crate::script::{Act, Answer, ListOf, Name, Step, Who};

/// One way to write a step.
pub struct Form {
    /// How it is written.
    pub shape: &'static str,
    /// A line of that shape.
    pub example: &'static str,
    pub(crate) read: fn(&mut Slots) -> Result<Step, String>,
}

#[expect(clippy::unnecessary_wraps, reason = "every form is read by one kind of function")]
fn act(who: Who, act: Act) -> Result<Step, String> {
    Ok(Step::Act { who, act, answer: Answer::Done })
}

/// Chats are named by their patron, who has a name.
pub(crate) fn patron(who: Who) -> Result<Name, String> {
    match who {
        Who::Named(name) => Ok(name),
        Who::Winner | Who::Loser => {
            Err("a chat is named by its patron: write NAME's chat".to_owned())
        }
    }
}

macro_rules! forms {
    ($($shape:literal, $example:literal, |$slots:ident| $read:expr;)+) => {
        &[$(Form { shape: $shape, example: $example, read: |$slots| $read },)+]
    };
}

/// Everything that people do, and the clock.
pub const STEPS: &[Form] = forms! {
    "NAME of LIBRARY monitors TARGETS", "Maya of Birch monitors coop/tri-county",
    |s| { let who = s.who(); let library = Some(s.library());
        act(who, Act::Monitor { library, queues: s.targets() }) };
    "NAME of LIBRARY monitors nothing", "Noor of Birch monitors nothing",
    |s| { let who = s.who(); let library = Some(s.library());
        act(who, Act::Monitor { library, queues: Vec::new() }) };
    "NAME monitors TARGETS", "Maya monitors coop/tri-county, department/birch-reference",
    |s| act(s.who(), Act::Monitor { library: None, queues: s.targets() });
    "NAME monitors nothing", "Maya monitors nothing",
    |s| act(s.who(), Act::Monitor { library: None, queues: Vec::new() });
    "NAME goes online", "Maya goes online", |s| act(s.who(), Act::SetStatus(Status::Online));
    "NAME goes away", "Maya goes away", |s| act(s.who(), Act::SetStatus(Status::Away));
    "NAME goes draining", "Maya goes draining",
    |s| act(s.who(), Act::SetStatus(Status::Draining));
    "NAME goes internal", "Maya goes internal",
    |s| act(s.who(), Act::SetStatus(Status::Internal));
    "NAME goes offline", "Maya goes offline", |s| act(s.who(), Act::SetStatus(Status::Offline));

    "NAME rings WIDGET: TEXT", "Sam rings birch-home: Where can I renew my card?",
    |s| act(s.who(), Act::Ring { widget: s.widget(), question: s.text() });
    "NAME previews NAME's chat", "Ines previews Sam's chat",
    |s| act(s.who(), Act::Read(patron(s.who())?));
    "NAME reads NAME's chat", "Tess reads Sam's chat -> not_found",
    |s| act(s.who(), Act::Read(patron(s.who())?));
    "NAME stops reading NAME's chat", "Ines stops reading Sam's chat",
    |s| act(s.who(), Act::StopReading(patron(s.who())?));
    "NAME claims NAME's chat", "Maya claims Sam's chat",
    |s| act(s.who(), Act::Claim(patron(s.who())?));
    "NAME and NAME claim NAME's chat at once", "Maya and Ines claim Sam's chat at once -> one wins",
    |s| { let (first, second) = (s.who(), s.who());
        Ok(Step::ClaimAtOnce { first, second, chat: patron(s.who())?, next: None }) };

    "NAME says: TEXT", "Maya says: Good morning, Sam",
    |s| act(s.who(), Act::Say { chat: None, text: s.text() });
    "NAME says in NAME's chat: TEXT", "Maya says in Sam's chat: Good morning",
    |s| act(s.who(), Act::Say { chat: Some(patron(s.who())?), text: s.text() });
    "NAME notes: TEXT", "Maya notes: patron is a student",
    |s| act(s.who(), Act::Note { chat: None, text: s.text() });
    "NAME notes in NAME's chat: TEXT", "Maya notes in Sam's chat: patron is a student",
    |s| act(s.who(), Act::Note { chat: Some(patron(s.who())?), text: s.text() });
    "NAME types", "Maya types", |s| act(s.who(), Act::Type { chat: None });
    "NAME types in NAME's chat", "Maya types in Sam's chat",
    |s| act(s.who(), Act::Type { chat: Some(patron(s.who())?) });

    "NAME catches up", "Sam catches up", |s| act(s.who(), Act::CatchUp { chat: None });
    "NAME catches up in NAME's chat", "Maya catches up in Sam's chat",
    |s| act(s.who(), Act::CatchUp { chat: Some(patron(s.who())?) });

    "NAME transfers NAME's chat to TARGET", "Maya transfers Sam's chat to operator/lou",
    |s| transfer(s.who(), patron(s.who())?, s, false, false);
    "NAME transfers NAME's chat to TARGET (note: QUOTED)",
    "Maya transfers Sam's chat to operator/lou (note: \"needs microfilm\")",
    |s| transfer(s.who(), patron(s.who())?, s, true, false);
    "NAME transfers NAME's chat to TARGET, telling the patron",
    "Maya transfers Sam's chat to operator/lou, telling the patron",
    |s| transfer(s.who(), patron(s.who())?, s, false, true);
    "NAME hands NAME's chat over to TARGET (note: QUOTED)",
    "Maya hands Sam's chat over to coop/tri-county (note: \"needs microfilm\")",
    |s| { let (who, chat, to) = (s.who(), patron(s.who())?, s.target());
        let note = Some(s.text());
        act(who, Act::Transfer { chat, to, note, tell_patron: false, hand_over: true }) };
    "NAME cancels the transfer of NAME's chat", "Maya cancels the transfer of Sam's chat",
    |s| act(s.who(), Act::CancelTransfer(patron(s.who())?));
    "NAME declines NAME's chat: TEXT", "Lou declines Sam's chat: I am about to go",
    |s| act(s.who(), Act::Decline { chat: patron(s.who())?, reason: s.text() });
    "NAME leaves NAME's chat", "Maya leaves Sam's chat",
    |s| act(s.who(), Act::Leave(patron(s.who())?));
    "NAME ends NAME's chat", "Maya ends Sam's chat",
    |s| act(s.who(), Act::End(Some(patron(s.who())?)));
    "NAME ends the chat", "Sam ends the chat", |s| act(s.who(), Act::End(None));

    "NAME dismisses NAME's chat: TEXT", "Ines dismisses Sam's chat: rang by mistake",
    |s| act(s.who(), Act::Dismiss { chat: patron(s.who())?, note: s.text() });
    "NAME asks for a ticket at QUOTED", "Sam asks for a ticket at \"sam@example.org\"",
    |s| act(s.who(), Act::Ticket { email: s.text() });
    "NAME names the patron of NAME's chat QUOTED", "Maya names the patron of Sam's chat \"Samuel\"",
    |s| act(s.who(), Act::Rename { chat: patron(s.who())?, name: s.text() });
    "NAME sets the contact of NAME's chat to QUOTED",
    "Maya sets the contact of Sam's chat to \"sam@example.org\"",
    |s| act(s.who(), Act::Reach { chat: patron(s.who())?, contact: s.text() });
    "NAME looks at the contact of NAME's chat", "Ines looks at the contact of Sam's chat",
    |s| act(s.who(), Act::Reveal(patron(s.who())?));
    "NAME tags NAME's chat: TEXT", "Maya tags Sam's chat: holds, renewal",
    |s| act(s.who(), Act::Tag { chat: patron(s.who())?, tags: tags(&s.text()) });
    "NAME bans the patron of NAME's chat for NUMBER hours: TEXT",
    "Maya bans the patron of Sam's chat for 24 hours: insults",
    |s| { let (who, chat, hours) = (s.who(), patron(s.who())?, s.number());
        act(who, Act::Ban { chat, hours, reason: s.text() }) };
    "NAME lifts the ban of NAME's chat", "Maya lifts the ban of Sam's chat",
    |s| act(s.who(), Act::LiftBan(patron(s.who())?));
    "NAME rates the chat NUMBER of 5: TEXT", "Sam rates the chat 5 of 5: quick and kind",
    |s| { let (who, rating) = (s.who(), s.number());
        act(who, Act::Rate { rating, comment: s.text() }) };
    "NAME goes on at WIDGET: TEXT", "Sam goes on at birch-home: One more thing",
    |s| act(s.who(), Act::Continue { widget: s.widget(), question: s.text() });

    "NAME signs out", "Maya signs out", |s| act(s.who(), Act::SignOut { anyway: false });
    "NAME signs out anyway", "Maya signs out anyway",
    |s| act(s.who(), Act::SignOut { anyway: true });
    "NAME signs NAME out", "Maya signs Ines out",
    |s| act(s.who(), Act::SignOutOther(patron(s.who())?));
    "NAME lets NAME into TARGET", "Maya lets Ines into coop/tri-county",
    |s| { let (who, user) = (s.who(), patron(s.who())?);
        act(who, Act::LetInto { user, coop: s.target() }) };
    "NAME takes NAME out of TARGET", "Maya takes Ines out of coop/tri-county",
    |s| { let (who, user) = (s.who(), patron(s.who())?);
        act(who, Act::TakeOut { user, coop: s.target() }) };

    "NAME retries the last message", "Maya retries the last message",
    |s| act(s.who(), Act::Retry);
    "NAME drops", "Sam drops", |s| act(s.who(), Act::Drop);
    "NAME loses the connection", "Maya loses the connection", |s| act(s.who(), Act::Drop);
    "NAME returns", "Sam returns", |s| act(s.who(), Act::Return);
    "NAME reloads", "Sam reloads", |s| act(s.who(), Act::Reload);
    "NAME returns to the chat by the secret", "Sam returns to the chat by the secret",
    |s| act(s.who(), Act::ReturnBySecret);

    "it is DAY CLOCK UTC", "it is Friday 16:50 UTC",
    |s| Ok(Step::Until { day: s.day(), clock: s.clock() });
    "the broker restarts, NUMBER minutes later", "the broker restarts, 2 minutes later",
    |s| Ok(Step::Restart { away: Duration::from_mins(s.number().into()) });
    "NUMBER minutes pass", "10 minutes pass", |s| pass(60 * s.number());
    "NUMBER seconds pass", "16 seconds pass", |s| pass(s.number());
};

/// Everything that is checked apart from `sees:`, whose sights are forms of their own.
pub const CHECKS: &[Form] = forms! {
    "NAMES sees nothing", "Sam sees nothing", |s| Ok(Step::SeeNothing(s.everyone()));
    "NAMES see nothing", "Maya and Ines see nothing", |s| Ok(Step::SeeNothing(s.everyone()));
    "NAME's list: NAMES", "Ines's list: Sam, Tess",
    |s| list(s.who(), ListOf::Waiting, s.everyone());
    "NAME's list is empty", "Ines's list is empty",
    |s| list(s.who(), ListOf::Waiting, Vec::new());
    "NAME's own chats: NAMES", "Maya's own chats: Sam, Tess",
    |s| list(s.who(), ListOf::Own, s.everyone());
    "NAME has no chats", "Maya has no chats", |s| list(s.who(), ListOf::Own, Vec::new());
    "NAME has NUMBER unread in NAME's chat", "Maya has 2 unread in Sam's chat",
    |s| { let (who, unread) = (s.who(), s.number() as usize);
        Ok(Step::Unread { who, chat: patron(s.who())?, unread }) };
    "NAME finds the chat waiting", "Sam finds the chat waiting",
    |s| Ok(Step::Stands { who: s.who(), phase: Phase::Waiting, owner: None });
    "NAME finds the chat owned by NAME", "Sam finds the chat owned by Maya",
    |s| Ok(Step::Stands { who: s.who(), phase: Phase::Active, owner: Some(s.who()) });
    "NAME finds the chat ended", "Sam finds the chat ended",
    |s| Ok(Step::Stands { who: s.who(), phase: Phase::Ended, owner: None });
};

fn transfer(who: Who, chat: Name, s: &mut Slots, note: bool, told: bool) -> Result<Step, String> {
    let to = s.target();
    let note = note.then(|| s.text());
    act(who, Act::Transfer { chat, to, note, tell_patron: told, hand_over: false })
}

#[expect(clippy::unnecessary_wraps, reason = "every form is read by one kind of function")]
fn pass(seconds: u32) -> Result<Step, String> {
    Ok(Step::Pass(Duration::from_secs(seconds.into())))
}

fn list(who: Who, list: ListOf, chats: Vec<Who>) -> Result<Step, String> {
    let chats = chats.into_iter().map(patron).collect::<Result<_, _>>()?;
    Ok(Step::List { who, list, chats })
}

/// Tags, as the broker orders them.
pub(super) fn tags(text: &str) -> Vec<String> {
    let tags: std::collections::BTreeSet<_> =
        text.split(',').map(|it| it.trim().to_owned()).collect();
    tags.into_iter().collect()
}
