//! Rebuilding a chat from the log: at the start of its actor, and after anything that put its state
//! in doubt. Three failures in a row set the chat aside.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use actix::{AsyncContext, Context, Message};

use deskbell_domain::chat::{ChatState, Summary};
use deskbell_protocol::ids::Eid;

use super::history::{History, Written};
use super::{ChatActor, Stage};
use crate::actors::audit;
use crate::actors::say::{Committed, Refused};
use crate::log::record::audit::HistoryChanged;
use crate::log::{LogError, Page, Record, record};

/// Records read at once.
const PAGE: usize = 512;
/// Failed rebuilds in a row after which a chat is set aside.
const REBUILDS_MAX: u8 = 3;

/// A page of the actor's own stream.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(super) struct Loaded(Result<Page, LogError>);

impl ChatActor {
    /// Reads what comes after the state; the last record that is known comes along, to compare.
    pub(super) fn load(&mut self, ctx: &mut Context<Self>) {
        self.stage = Stage::Loading;
        self.looked_from = self.state.version;
        self.read_on(ctx);
    }

    fn read_on(&mut self, ctx: &mut Context<Self>) {
        // What is heard from now on is a reason to look again.
        self.heard.seq.store(0, Ordering::Release);
        let after = self.state.version.saturating_sub(1);
        let page = self.seat.node.log.read(self.stream(), after, PAGE);
        let me = ctx.address();
        tokio::task::spawn_local(async move { me.do_send(Loaded(page.await)) });
    }

    /// Throws away what is known and reads the stream anew.
    pub(super) fn rebuild(&mut self, ctx: &mut Context<Self>) {
        self.forget();
        self.desk_waits = true;
        self.load(ctx);
    }

    fn forget(&mut self) {
        self.stage = Stage::Unread;
        self.warm = false;
        self.state = ChatState::default();
        self.history = History::default();
    }

    /// Reads what others appended, if there is anything and nothing is under way.
    pub(super) fn look_if_behind(&mut self, ctx: &mut Context<Self>) {
        let heard = self.heard.seq.load(Ordering::Acquire);
        if heard > self.state.version {
            self.look_again(ctx);
        } else if heard > 0 {
            // If more was heard just now, the next turn looks.
            self.heard.seq.compare_exchange(heard, 0, Ordering::AcqRel, Ordering::Acquire).ok();
        }
    }

    /// Takes up what another node appended, if it follows what is known; else it is a reason to
    /// look.
    pub(super) fn take_over(
        &mut self,
        after: Option<Eid>,
        records: Vec<Record>,
        ctx: &mut Context<Self>,
    ) {
        self.heard.records.fetch_sub(records.len(), Ordering::AcqRel);
        let (Some(first), Some(last)) = (records.first(), records.last()) else { return };
        let known = self.history.last().map(|it| it.eid);
        let idle = self.stage == Stage::Ready && self.flight.is_none();
        if idle && first.seq == self.state.version + 1 && after == known {
            self.looked_from = self.state.version;
            match records.into_iter().try_for_each(|record| self.take_up(record)) {
                Ok(()) => {
                    self.tell_desk_of_news();
                    self.watch_idleness();
                    self.send_out();
                }
                Err(why) => self.failed(&why, ctx),
            }
        } else if last.seq > self.state.version {
            self.heard.seq.fetch_max(last.seq, Ordering::AcqRel);
        }
        self.work(ctx);
    }

    /// Reads the end of the stream, unless something is under way that will see it.
    pub(super) fn look_again(&mut self, ctx: &mut Context<Self>) {
        let idle = self.stage == Stage::Ready && self.flight.is_none();
        if idle || self.stage == Stage::Unread {
            self.load(ctx);
        }
    }

    /// Looks, if the stream does not end where the state does.
    pub(super) fn compare_head(&mut self, head: Option<(u64, Eid)>, ctx: &mut Context<Self>) {
        let known = self.history.last().map(|it| (it.seq, it.eid));
        if head != known && self.stage == Stage::Ready {
            self.look_again(ctx);
        }
    }

    pub(super) fn take_in(&mut self, Loaded(page): Loaded, ctx: &mut Context<Self>) {
        match page {
            Ok(page) => {
                let Page { mut records, more } = page;
                if let Some(last) = self.history.last() {
                    let found = records.first().map(|it| (it.seq, it.entry.eid));
                    if found != Some((last.seq, last.eid)) {
                        return self.diverge(ctx);
                    }
                    records.remove(0);
                }
                match records.into_iter().try_for_each(|record| self.take_up(record)) {
                    Ok(()) if more => self.read_on(ctx),
                    Ok(()) => self.ready(),
                    Err(why) => self.failed(&why, ctx),
                }
            }
            Err(LogError::Unavailable(why)) => {
                tracing::warn!(chat = %self.chat, why, "the store cannot be read");
                self.refuse_waiting(&Refused::Unavailable);
                if self.warm {
                    // What is known stays true, if not all of it is known.
                    self.stage = Stage::Ready;
                } else {
                    self.forget();
                }
            }
            Err(error) => self.failed(&error.to_string(), ctx),
        }
    }

    /// The stream is no longer the one that was told: everybody is shown what it is now.
    pub(super) fn diverge(&mut self, ctx: &mut Context<Self>) {
        self.lost.extend(self.history.places());
        self.readers.all_diverged();
        self.rebuild(ctx);
    }

    fn ready(&mut self) {
        self.failed_rebuilds = 0;
        self.stage = Stage::Ready;
        let was_warm = std::mem::replace(&mut self.warm, true);
        if !self.lost.is_empty() {
            self.report_loss();
        }
        if std::mem::take(&mut self.desk_waits) {
            self.replace_at_desk();
        } else if was_warm && self.state.version > self.looked_from {
            self.tell_desk_of_news();
        }
        self.watch_idleness();
        self.catch_up_readers();
    }

    /// The desk hears of what came since the last look, if it concerns more than the chat.
    fn tell_desk_of_news(&self) {
        let news = self.history.after(self.looked_from);
        // Of more than is remembered, something does.
        let moves = |it: &Arc<Committed>| Summary::changed_by(&it.event);
        if news.as_ref().is_none_or(|news| news.iter().any(moves)) {
            let claims = news.iter().flatten().rev();
            self.tell_desk(claims.into_iter().find_map(|it| it.claimed_by()));
        }
    }

    /// Says what the store lost of this chat, on record.
    fn report_loss(&mut self) {
        let kept = |(seq, eid): &(u64, Eid)| self.history.at(*seq).is_some_and(|it| it.eid == *eid);
        let lost: Vec<_> = self.lost.iter().filter(|it| !kept(it)).copied().collect();
        self.lost.clear();
        metrics::counter!(crate::telemetry::HISTORIES_CHANGED).increment(1);
        let (chat, version) = (self.chat, self.state.version);
        tracing::error!(%chat, version, lost = lost.len(), "the store lost a part of a chat");
        audit::note(self.seat.node.clone(), HistoryChanged { chat, version, lost });
    }

    fn failed(&mut self, why: &str, ctx: &mut Context<Self>) {
        self.failed_rebuilds += 1;
        tracing::error!(chat = %self.chat, why, attempt = self.failed_rebuilds, "rebuild failed");
        if self.failed_rebuilds < REBUILDS_MAX {
            self.rebuild(ctx);
        } else {
            self.stage = Stage::Quarantined;
            metrics::counter!(crate::telemetry::QUARANTINED).increment(1);
            self.refuse_waiting(&Refused::Quarantined);
        }
    }

    /// Folds what another node appended, and tells the readers as if it had been appended here.
    /// Of a state that is still being rebuilt nobody is told.
    pub(super) fn take_up(&mut self, stored: Record) -> Result<(), String> {
        self.fold(stored)?;
        if self.warm
            && let Some(event) = self.history.last().cloned()
        {
            self.tell_readers(&event);
        }
        Ok(())
    }

    /// Folds one record of the log into state and history; tells nobody.
    pub(super) fn fold(&mut self, stored: Record) -> Result<(), String> {
        let Record { seq, entry } = stored;
        if seq != self.state.version + 1 {
            return Err(format!("record {seq} follows {}", self.state.version));
        }
        let event = record::chat::decode(&entry.event).map_err(|error| error.to_string())?;
        let (at, eid) = (entry.at, entry.eid);
        let state = &mut self.state;
        super::flight::guarded(|| state.evolve(&event, at))?;
        if let Some(cmid) = entry.cmid {
            let written = Written { seq, eid };
            self.history.remember(&entry.author, cmid, entry.fingerprint, written);
        }
        self.history.push(Arc::new(Committed { seq, eid, at, event }));
        Ok(())
    }
}
