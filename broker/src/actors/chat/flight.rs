//! Decide, append, settle: the four steps of every change, for all asks that wait at once.
//!
//! Decisions are made on a scratch state, each on what those before it would make true. The real
//! state moves only when the log has said `Appended`, and only then is anybody told or answered. An
//! ask that only looks, and came behind one that changes, waits for the same append.

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use actix::fut::wrap_future;
use actix::{ActorFutureExt, AsyncContext, Context};
use deskbell_domain::chat::{ChatState, Command, Summary, decide};
use deskbell_domain::person::Author;
use deskbell_protocol::ids::Cmid;

use super::bans::banned_until;
use super::history::Written;
use super::{Ask, ChatActor, Deed, Stage, Wish};
use crate::actors::say::{Committed, Refused};
use crate::actors::session::Peer;
use crate::log::{Append, Entry, LiveChange, Outcome, Record, record};

/// Asks decided together at most.
const STEPS_MAX: usize = 64;
/// Conflicts in a row after which who asks is told to try again.
const CONFLICTS_MAX: u8 = 8;
/// Tries of an append whose outcome stays unknown.
const TRIES_MAX: u8 = 5;
/// Before the second try; doubled before each further one.
const TRY_AGAIN_AFTER: Duration = Duration::from_millis(50);

/// What is decided and not yet stored.
pub(super) struct Flight {
    steps: Vec<Step>,
    staged: Vec<Staged>,
    scratch: ChatState,
    tries: u8,
}

/// One ask on its way.
struct Step {
    from: Option<(Arc<Peer>, u32)>,
    what: Wish,
    verdict: Verdict,
}

enum Verdict {
    /// These of the staged events happen.
    Happens(Range<usize>),
    /// A retry: this happened already.
    Happened(Written),
    /// It is refused.
    Refused(Refused),
    /// It only looks.
    Looks,
}

/// An event that the log does not hold yet.
struct Staged {
    event: Arc<Committed>,
    author: Author,
    cmid: Option<Cmid>,
    fingerprint: u64,
}

/// Runs a piece of the core; a panic in it is a bug that costs this chat a rebuild and nobody else.
pub(super) fn guarded<T>(run: impl FnOnce() -> T) -> Result<T, String> {
    let run = || {
        #[cfg(test)]
        crate::actors::tests::panic_if_told();
        run()
    };
    catch_unwind(AssertUnwindSafe(run)).map_err(|panic| {
        metrics::counter!(crate::telemetry::CORE_PANICS).increment(1);
        let text = panic.downcast_ref::<&str>().map(ToString::to_string);
        text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default()
    })
}

impl ChatActor {
    /// Takes up what waits, unless an append is in flight.
    pub(super) fn work(&mut self, ctx: &mut Context<Self>) {
        if self.stage == Stage::Unread && !self.waiting.is_empty() {
            self.load(ctx);
        }
        self.look_if_behind(ctx);
        while self.stage == Stage::Ready && self.flight.is_none() && !self.waiting.is_empty() {
            let mut flight = Flight {
                steps: Vec::with_capacity(1),
                staged: Vec::with_capacity(1),
                scratch: self.state.clone(),
                tries: 0,
            };
            while flight.steps.len() < STEPS_MAX
                && let Some(ask) = self.waiting.pop_front()
            {
                if let Err(bug) = self.step(&mut flight, ask) {
                    return self.abandon(flight, &bug, ctx);
                }
            }
            self.take_off(flight, ctx);
        }
    }

    /// Decides one ask on the flight's scratch state. An error is a bug in the core.
    fn step(&self, flight: &mut Flight, ask: Ask) -> Result<(), String> {
        let verdict = match &ask.what {
            Wish::Do(deed) => {
                let peer = ask.from.as_ref().map(|(peer, _)| peer.as_ref());
                match self.verdict(flight, peer, deed) {
                    Ok(verdict) => verdict,
                    Err(bug) => {
                        self.refuse(ask.from.as_ref(), &Refused::Internal);
                        return Err(bug);
                    }
                }
            }
            Wish::Follow { .. }
            | Wish::Unfollow
            | Wish::History { .. }
            | Wish::Typing { .. }
            | Wish::Mark(_)
            | Wish::Targets
            | Wish::Sync
            | Wish::Ban(_) => Verdict::Looks,
        };
        flight.steps.push(Step { from: ask.from, what: ask.what, verdict });
        Ok(())
    }

    fn verdict(
        &self,
        flight: &mut Flight,
        peer: Option<&Peer>,
        deed: &Deed,
    ) -> Result<Verdict, String> {
        let author = author_of(&deed.command);
        if let Some(cmid) = deed.cmid
            && let Some(answer) = self.answer(flight, &author, cmid, deed.fingerprint)
        {
            return Ok(answer.map_or_else(Verdict::Refused, Verdict::Happened));
        }
        if let Command::Open(opened) = &deed.command
            && flight.scratch.version == 0
        {
            // Behind the retries, which are no further chat.
            let (node, session) = (&self.seat.node, &opened.session);
            let most = node.settings.limits.patron_chats;
            if node.patron_chats.get(session).is_some_and(|live| *live >= most) {
                return Ok(Verdict::Refused(Refused::TooManyChats(most)));
            }
            let address = peer.and_then(|peer| peer.address);
            if let Some(until) = banned_until(node, session, &opened.home, address) {
                return Ok(Verdict::Refused(Refused::Banned { until }));
            }
        }
        if let Some(peer) = peer
            && let Err(denied) = guarded(|| self.may(&flight.scratch, peer, &deed.command))?
        {
            return Ok(Verdict::Refused(denied.into()));
        }
        let context = self.context(&flight.scratch, &deed.command);
        let scratch = &flight.scratch;
        let events = match guarded(|| decide(scratch, deed.command.clone(), &context))? {
            Ok(events) => events,
            Err(refusal) => return Ok(Verdict::Refused(refusal.into())),
        };
        let first = flight.staged.len();
        for event in events {
            let scratch = &mut flight.scratch;
            guarded(|| scratch.evolve(&event, context.now))?;
            let (seq, eid) = (scratch.version, self.seat.node.chance.eid());
            flight.staged.push(Staged {
                event: Arc::new(Committed { seq, eid, at: context.now, event }),
                author: author.clone(),
                cmid: deed.cmid,
                fingerprint: deed.fingerprint,
            });
        }
        Ok(Verdict::Happens(first..flight.staged.len()))
    }

    /// The answer to a retry, also of something decided in this very flight.
    fn answer(
        &self,
        flight: &Flight,
        author: &Author,
        cmid: Cmid,
        print: u64,
    ) -> Option<Result<Written, Refused>> {
        let same = |it: &&Staged| it.cmid == Some(cmid) && it.author == *author;
        if let Some(staged) = flight.staged.iter().rev().find(same) {
            let written = Written { seq: staged.event.seq, eid: staged.event.eid };
            let matches = staged.fingerprint == print;
            return Some(if matches { Ok(written) } else { Err(Refused::CmidReused) });
        }
        self.history.answer(author, cmid, print)
    }

    fn take_off(&mut self, flight: Flight, ctx: &mut Context<Self>) {
        if flight.staged.is_empty() {
            return self.land(flight, ctx);
        }
        let append = self.append_of(&flight);
        self.flight = Some(flight);
        self.seat.appender.append(append, ctx.address().recipient());
    }

    fn append_of(&self, flight: &Flight) -> Append {
        let entry = |it: &Staged| Entry {
            author: it.author.clone(),
            cmid: it.cmid,
            fingerprint: it.fingerprint,
            eid: it.event.eid,
            at: it.event.at,
            event: record::chat::encode(&it.event.event),
        };
        let live = if !flight.changes_summary() {
            LiveChange::Keep
        } else if let Some(summary) = Summary::of(self.chat, &flight.scratch) {
            LiveChange::Put(record::summary::encode(&summary))
        } else {
            LiveChange::Remove
        };
        let entries = flight.staged.iter().map(entry).collect();
        Append {
            stream: self.stream(),
            expect: self.state.version,
            after: self.history.last().map(|it| it.eid),
            entries,
            live,
        }
    }

    /// Takes in what became of the append in flight.
    pub(super) fn settle(&mut self, outcome: Outcome, ctx: &mut Context<Self>) {
        let Some(mut flight) = self.flight.take() else { return };
        match outcome {
            Outcome::Appended { .. } => {
                self.conflicts = 0;
                self.land(flight, ctx);
            }
            Outcome::Conflict { tail, more } => self.collide(flight, tail, more, ctx),
            Outcome::Unavailable { why } => {
                tracing::warn!(chat = %self.chat, why, "nothing can be stored");
                flight.refuse_changes(&Refused::Unavailable, self.state.version);
                self.land(flight, ctx);
            }
            Outcome::Unknown { why } if flight.tries + 1 < TRIES_MAX => {
                tracing::warn!(chat = %self.chat, why, "an append's outcome is unknown");
                let pause = TRY_AGAIN_AFTER * 2_u32.pow(u32::from(flight.tries));
                flight.tries += 1;
                self.flight = Some(flight);
                let again = wrap_future(tokio::time::sleep(pause));
                ctx.spawn(again.map(|(), actor: &mut Self, ctx| actor.append_again(ctx)));
            }
            Outcome::Unknown { why } => {
                // If it held after all, the next append meets it: what is known stays true.
                tracing::error!(chat = %self.chat, why, "an append's outcome stays unknown");
                flight.refuse_changes(&Refused::Unavailable, self.state.version);
                self.land(flight, ctx);
            }
        }
    }

    /// The same batch once more: if the first try held, the conflict shows our own events.
    fn append_again(&mut self, ctx: &mut Context<Self>) {
        if let Some(flight) = &self.flight {
            let append = self.append_of(flight);
            self.seat.appender.append(append, ctx.address().recipient());
        }
    }

    /// Someone else appended first, or this is our own first try after all.
    fn collide(
        &mut self,
        mut flight: Flight,
        tail: Vec<Record>,
        more: bool,
        ctx: &mut Context<Self>,
    ) {
        let ours = flight.staged.first().map(|it| it.event.eid);
        let mut missed = tail.into_iter();
        if missed.as_slice().first().map(|it| it.entry.eid) == ours {
            missed.by_ref().take(flight.staged.len()).for_each(drop);
            self.land(flight, ctx);
            return self.follow_up(missed, more, ctx);
        }
        let nothing_missed = missed.as_slice().is_empty();
        self.conflicts += 1;
        if self.conflicts >= CONFLICTS_MAX {
            self.conflicts = 0;
            flight.refuse_changes(&Refused::Busy, self.state.version);
            self.land(flight, ctx);
        } else {
            for step in flight.steps.into_iter().rev() {
                self.waiting.push_front(Ask { from: step.from, what: step.what });
            }
        }
        // A conflict without a tail: the stream is no longer the one that was folded.
        if nothing_missed { self.diverge(ctx) } else { self.follow_up(missed, more, ctx) }
    }

    /// Folds and tells what others appended.
    fn follow_up(
        &mut self,
        missed: std::vec::IntoIter<Record>,
        more: bool,
        ctx: &mut Context<Self>,
    ) {
        let before = self.state.version;
        let mut claimed_by = None;
        for stored in missed {
            let folded = self.take_up(stored);
            claimed_by = self.history.last().and_then(|it| it.claimed_by()).or(claimed_by);
            if let Err(why) = folded {
                tracing::error!(chat = %self.chat, why, "what others appended cannot be folded");
                return self.rebuild(ctx);
            }
        }
        if self.state.version > before {
            self.tell_desk(claimed_by);
            self.catch_up_readers();
        }
        if more {
            self.load(ctx);
        }
    }

    /// The log holds it: fold it, tell the desk, then the readers, then who asked.
    fn land(&mut self, flight: Flight, _: &mut Context<Self>) {
        let Flight { steps, staged, scratch, .. } = flight;
        let moves = staged.iter().any(|it| Summary::changed_by(&it.event.event));
        if moves {
            let claimed_by = staged.iter().rev().find_map(|it| it.event.claimed_by());
            self.tell_desk_of(&scratch, claimed_by);
        }
        for step in steps {
            let answer = match step.verdict {
                Verdict::Happens(events) => {
                    let mut last = None;
                    for staged in &staged[events] {
                        last = Some(self.absorb(staged));
                    }
                    Ok(last)
                }
                Verdict::Happened(written) => Ok(Some(written)),
                Verdict::Refused(why) => Err(why),
                Verdict::Looks => {
                    self.look(step.from, step.what);
                    continue;
                }
            };
            self.answer_deed(step.from, &step.what, answer);
        }
        self.send_out();
    }

    fn absorb(&mut self, staged: &Staged) -> Written {
        let event = &staged.event;
        self.state.evolve(&event.event, event.at);
        let written = Written { seq: event.seq, eid: event.eid };
        if let Some(cmid) = staged.cmid {
            self.history.remember(&staged.author, cmid, staged.fingerprint, written);
        }
        self.history.push(event.clone());
        self.tell_readers(event);
        self.watch_idleness();
        written
    }

    /// Has the desk wake this chat when its owner will have been idle too long. Once for each time:
    /// messages only move the moment, and a wake-up that comes too early asks for the next one.
    pub(super) fn watch_idleness(&mut self) {
        if let Some(at) = self.state.idle_at().filter(|_| !self.idle_watched) {
            self.idle_watched = true;
            self.seat.node.desk().wake(self.chat, at);
        }
    }

    /// The core has a bug: what was decided with it is asked again after a rebuild.
    fn abandon(&mut self, flight: Flight, bug: &str, ctx: &mut Context<Self>) {
        tracing::error!(chat = %self.chat, bug, "the core panicked; the chat is rebuilt");
        for step in flight.steps.into_iter().rev() {
            self.waiting.push_front(Ask { from: step.from, what: step.what });
        }
        self.rebuild(ctx);
    }
}

impl Flight {
    fn changes_summary(&self) -> bool {
        self.staged.iter().any(|it| Summary::changed_by(&it.event.event))
    }

    /// Nothing of it happens, and no retry in it is answered by what does not: the log ends at
    /// `version`.
    fn refuse_changes(&mut self, why: &Refused, version: u64) {
        self.staged.clear();
        for step in &mut self.steps {
            match step.verdict {
                Verdict::Happened(written) if written.seq <= version => {}
                Verdict::Happens(_) | Verdict::Happened(_) | Verdict::Refused(_) => {
                    step.verdict = Verdict::Refused(why.clone());
                }
                Verdict::Looks => {}
            }
        }
    }
}

fn author_of(command: &Command) -> Author {
    match command {
        Command::Open(_) | Command::RequestTicket { .. } | Command::Rate { .. } => Author::Patron,
        Command::Post { by, .. } | Command::End { by } | Command::SetPatron { by, .. } => {
            by.clone()
        }
        Command::Claim { by }
        | Command::Dismiss { by, .. }
        | Command::Reveal { by }
        | Command::Tag { by, .. }
        | Command::Note { by, .. }
        | Command::Transfer { by, .. }
        | Command::CancelTransfer { by }
        | Command::DeclineTransfer { by, .. }
        | Command::Leave { by } => Author::Operator(by.clone()),
        Command::PatronLost
        | Command::PatronFound
        | Command::OperatorLost { .. }
        | Command::OperatorFound { .. }
        | Command::Tick
        | Command::Replan
        | Command::Return { .. }
        | Command::MarkErased { .. } => Author::System,
    }
}
