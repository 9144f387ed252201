//! The first half minute after a start on a store with live chats: people come back one by one, so
//! deadlines from before do not fire and nobody counts as gone. What begins later runs normally.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use deskbell_domain::chat::{Command, Summary};
use jiff::Timestamp;

use super::DeskActor;

/// Whether, and until when, the desk settles.
#[derive(Debug)]
pub(super) struct Settling {
    until: Option<Timestamp>,
    started: Timestamp,
}

impl Settling {
    pub(super) fn starting(now: Timestamp, for_: Duration, needed: bool) -> Self {
        let until = needed.then(|| now.checked_add(for_).unwrap_or(Timestamp::MAX));
        Self { until, started: now }
    }

    /// A deadline from before the start counts only once the desk has settled; later ones run.
    pub(super) fn hold_back(&self, deadline: Timestamp) -> Timestamp {
        match self.until {
            Some(until) if deadline <= self.started => deadline.max(until),
            Some(_) | None => deadline,
        }
    }

    /// When it ends; `None` once it has.
    pub(super) fn until(&self) -> Option<Timestamp> {
        self.until
    }

    pub(super) fn is_over(&self, now: Timestamp) -> bool {
        self.until.is_some_and(|until| until <= now)
    }
}

impl DeskActor {
    /// Takes in a live chat of the store at the start.
    pub(super) fn take_over(&mut self, summary: Summary) {
        let chat = summary.chat;
        // What fell due before counts once the desk has settled.
        let deadline = summary.deadline.max(self.settling.until());
        let held_back = Summary { deadline: summary.deadline.and(deadline), ..summary };
        let Some(change) = self.put(chat, Some(Arc::new(held_back))) else { return };
        self.put_row(chat, &change.stands);
    }

    /// It is over: who is not there is gone, and everything is planned anew.
    pub(super) fn settle(&mut self) {
        self.settling.until = None;
        self.seat.node.settling.store(false, Ordering::Relaxed);
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
