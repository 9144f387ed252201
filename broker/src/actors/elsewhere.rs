//! What other nodes on the same store do, taken to whom it concerns on this one. A hint is a reason
//! to look, whatever it carries, so that one which is lost costs time and no truth: each ten
//! seconds, and at once after anything that may have been missed, all is compared with the store.
//!
//! A node that has its store to itself hears nothing, and sweeps nothing.

use std::collections::VecDeque;
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Duration;

use deskbell_protocol::ids::ChatId;
use tokio::sync::Notify;
use tokio::time::timeout;

use super::chat::{Nudge, Reach};
use super::node::{Node, Seat};
use crate::log::{Hint, LiveChange, LogError, News, StreamId, record};
use crate::presence::{Elsewhere, Signal};
use crate::secrets::SecretsError;
use crate::secrets::address::AddressHash;

/// How often everything is compared with the store.
const SWEEP_EVERY: Duration = Duration::from_secs(10);
/// How soon again, if the store could not be read.
const SWEEP_AGAIN: Duration = Duration::from_secs(1);

/// Follows what other nodes append, for as long as the shard lives.
pub async fn follow(seat: Arc<Seat>) {
    let node = &seat.node;
    let missed = Arc::new(Notify::new());
    let (hears, gap) = (Arc::downgrade(node), missed.clone());
    let is_shared = node.log.follow(Arc::new(move |news| {
        let Some(node) = hears.upgrade() else { return };
        match news {
            News::Moved(hint) => node.heard(hint),
            News::Gap { was_away } => {
                if was_away {
                    node.desk().back();
                }
                gap.notify_one();
            }
        }
    }));
    if !is_shared {
        return;
    }
    let (hears, gap) = (Arc::downgrade(node), missed.clone());
    node.presence.follow(Arc::new(move |told| {
        let Some(node) = hears.upgrade() else { return };
        if told == Elsewhere::Gap {
            gap.notify_one();
        } else {
            node.told_elsewhere(told);
        }
    }));
    let (mut wait, mut is_said) = (SWEEP_EVERY, false);
    loop {
        // Whichever comes first.
        timeout(wait, missed.notified()).await.ok();
        wait = match node.sweep().await {
            Ok(()) => {
                is_said = false;
                SWEEP_EVERY
            }
            Err(error) => {
                if !std::mem::replace(&mut is_said, true) {
                    tracing::warn!(%error, "what others did cannot be looked for");
                }
                SWEEP_AGAIN
            }
        };
    }
}

/// Why the store cannot be compared with.
#[derive(Debug, thiserror::Error)]
enum SweepError {
    #[error(transparent)]
    Log(#[from] LogError),
    #[error(transparent)]
    Secrets(#[from] SecretsError),
}

/// Hints of chats that wait for a directory that was heard of before them: what came of a change of
/// rights is shown to nobody who has none any more.
#[derive(Debug, Default)]
pub struct HeldBack {
    /// Up to which version the directory has to be read first.
    until: u64,
    hints: VecDeque<Hint>,
}

/// Hints that may wait. Of more, chats are looked at by the next sweep.
const HELD_MAX: usize = 10_000;

impl Node {
    /// The directory was read: what waited for it may be known.
    pub(in crate::actors) fn hand_on_hints(&self) {
        let mut held = self.held_back();
        if held.until <= self.directory.load().version {
            for hint in std::mem::take(&mut held.hints) {
                self.take_to_chat(hint);
            }
        }
    }

    fn held_back(&self) -> MutexGuard<'_, HeldBack> {
        self.hints.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps the order of what was heard, also while some of it waits.
    fn heard(&self, hint: Hint) {
        let mut held = self.held_back();
        if hint.stream == StreamId::Directory {
            held.until = held.until.max(hint.seq);
            self.keeper().look();
        } else if held.hints.is_empty() && held.until <= self.directory.load().version {
            self.take_to_chat(hint);
        } else if held.hints.len() < HELD_MAX {
            held.hints.push_back(hint);
        }
    }

    /// The desk is told first: what the chat then says to it, it says to one that knows.
    fn take_to_chat(&self, hint: Hint) {
        let Hint { stream, seq, live, after, records } = hint;
        match stream {
            StreamId::Directory | StreamId::Audit | StreamId::Staffing(_) => {}
            StreamId::Chat(chat) => {
                match live {
                    LiveChange::Keep => {}
                    LiveChange::Remove => self.desk().heard(chat, seq, None),
                    LiveChange::Put(summary) => match record::summary::decode(&summary) {
                        Ok(summary) => self.desk().heard(chat, seq, Some(Arc::new(summary))),
                        Err(error) => tracing::warn!(%chat, %error, "a hint cannot be read"),
                    },
                }
                if let Some(handle) = self.registry.warm(chat) {
                    handle.moved(seq, after, records);
                }
            }
        }
    }

    fn told_elsewhere(&self, told: Elsewhere) {
        match told {
            Elsewhere::Signal(_, Signal::Typing { chat, who, on }) => {
                self.nudge_warm(chat, Nudge::Typing(who, on));
            }
            Elsewhere::Signal(_, Signal::Mark { chat, who, delivered, read }) => {
                self.nudge_warm(chat, Nudge::Marked(who, Reach { delivered, read }));
            }
            Elsewhere::Signal(_, Signal::TookOver { who, client, at }) => {
                self.registry.entered_elsewhere(who, client, at);
            }
            Elsewhere::Signal(_, Signal::Banned { address, session }) => {
                let hash = AddressHash::from_bytes(address);
                self.addresses.keep(hash, session, self.clock.now());
            }
            people => self.desk().told_elsewhere(people),
        }
    }

    fn nudge_warm(&self, chat: ChatId, nudge: Nudge) {
        if let Some(handle) = self.registry.warm(chat) {
            handle.addr.do_send(nudge);
        }
    }

    /// Compares all that is in memory with the store.
    async fn sweep(&self) -> Result<(), SweepError> {
        self.keeper().looked().await;
        let now = self.clock.now();
        self.ended_sessions.retain(|_, until| *until > now);
        for (session, until) in self.secrets.ended_sessions(now).await? {
            self.ended_sessions.insert(session, until);
        }
        let (streams, handles): (Vec<_>, Vec<_>) = self
            .registry
            .all_warm()
            .into_iter()
            .map(|(chat, handle)| (StreamId::Chat(chat), handle))
            .unzip();
        for (handle, head) in handles.into_iter().zip(self.log.heads(streams).await?) {
            handle.addr.do_send(Nudge::Head(head));
        }
        let live = self.log.live().await?;
        let live: Result<Vec<_>, _> =
            live.iter().map(|live| record::summary::decode(&live.summary)).collect();
        self.desk().swept(live?);
        Ok(())
    }
}
