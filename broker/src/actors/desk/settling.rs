//! The first half minute after a start on a store with live chats: people come back one by one, so
//! deadlines from before do not fire and nobody counts as gone. What begins later runs normally.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use deskbell_domain::chat::{Command, Summary};
use deskbell_protocol::ids::ChatId;
use jiff::Timestamp;

use super::DeskActor;

/// Whether, and until when, the desk settles.
#[derive(Debug, Default)]
pub(super) struct Settling {
    until: Option<Timestamp>,
    /// Chats with a deadline from before that would fire too early.
    held: BTreeSet<ChatId>,
}

impl Settling {
    pub(super) fn starting(now: Timestamp, for_: Duration, needed: bool) -> Self {
        let until = needed.then(|| now.checked_add(for_).unwrap_or(Timestamp::MAX));
        Self { until, held: BTreeSet::new() }
    }

    /// When it ends; `None` once it has.
    pub(super) fn until(&self) -> Option<Timestamp> {
        self.until
    }

    pub(super) fn is_over(&self, now: Timestamp) -> bool {
        self.until.is_some_and(|until| until <= now)
    }

    /// A chat of the store with a deadline from before is held back whole until it ends: a tick
    /// for something newer would fire the old one, too.
    fn take_over(&mut self, summary: Summary) -> Summary {
        if self.until.is_some_and(|until| summary.deadline.is_some_and(|at| at < until)) {
            self.held.insert(summary.chat);
        }
        self.hold_back(summary)
    }

    fn hold_back(&self, summary: Summary) -> Summary {
        let until = self.until.filter(|_| self.held.contains(&summary.chat));
        let deadline = summary.deadline.map(|at| until.map_or(at, |until| at.max(until)));
        Summary { deadline, ..summary }
    }

    /// A change of a chat, with the deadline that counts now.
    pub(super) fn changed(&self, summary: Arc<Summary>) -> Arc<Summary> {
        if self.held.contains(&summary.chat) {
            Arc::new(self.hold_back(Arc::unwrap_or_clone(summary)))
        } else {
            summary
        }
    }
}

impl DeskActor {
    /// Takes in a live chat of the store at the start.
    pub(super) fn take_over(&mut self, summary: Summary) {
        let chat = summary.chat;
        let summary = self.settling.take_over(summary);
        let at = summary.changed_at_seq;
        let Some(change) = self.put(chat, at, Some(Arc::new(summary)), false) else { return };
        self.put_row(chat, &change.stands);
    }

    /// The store was away: nobody is counted as gone for what happened meanwhile.
    pub(super) fn settle_anew(&mut self) {
        let node = &self.seat.node;
        let live: Vec<_> = self.view.all().cloned().collect();
        let (now, for_) = (node.clock.now(), node.settings.settling);
        self.settling = Settling::starting(now, for_, !live.is_empty());
        node.settling.store(self.settling.until().is_some(), Ordering::Relaxed);
        for summary in live {
            self.take_over(Arc::unwrap_or_clone(summary));
        }
        self.rearm.notify_one();
    }

    /// It is over: who is not there is gone, and everything is planned anew.
    pub(super) fn settle(&mut self) {
        self.settling = Settling::default();
        self.seat.node.settling.store(false, Ordering::Relaxed);
        self.seat.node.starting.store(false, Ordering::Relaxed);
        self.seat.node.staffing().settled();
        let chats: Vec<_> = self.view.all().map(|it| (it.chat, it.owner.is_none())).collect();
        for (chat, waits) in chats {
            self.reconcile(chat);
            if waits {
                self.nudge(chat, Command::Replan);
            }
            self.nudge(chat, Command::Tick);
        }
    }
}
