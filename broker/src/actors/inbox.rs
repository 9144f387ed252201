//! What other threads have for the chats of one shard, handed out in one turn of its loop: a crowd
//! of hints wakes the shard once, where each would have cost it a wake-up of its own.
//!
//! Bounded by who puts: what a chat may have on its way is counted with it (`registry`).

use std::sync::{Mutex, MutexGuard, PoisonError};

use actix::Addr;
use tokio::sync::Notify;

use super::chat::{ChatActor, Nudge};

/// See the module.
#[derive(Debug, Default)]
pub struct Inbox {
    nudges: Mutex<Vec<(Addr<ChatActor>, Nudge)>>,
    arrived: Notify,
}

impl Inbox {
    /// Leaves something for a chat, from any thread.
    pub fn put(&self, chat: Addr<ChatActor>, nudge: Nudge) {
        let mut nudges = self.nudges();
        nudges.push((chat, nudge));
        let is_first = nudges.len() == 1;
        drop(nudges);
        if is_first {
            self.arrived.notify_one();
        }
    }

    /// Hands out what is there, now: whoever asks a chat after this asks after all of it.
    pub fn hand_out(&self) {
        // Held until the last is sent, or a second caller would find nothing and be too early.
        let mut nudges = self.nudges();
        for (chat, nudge) in nudges.drain(..) {
            chat.do_send(nudge);
        }
    }

    /// Hands out for as long as the shard lives.
    pub async fn run(&self) {
        loop {
            self.arrived.notified().await;
            self.hand_out();
        }
    }

    /// What a panic elsewhere leaves is whole: it is only pushed and taken.
    fn nudges(&self) -> MutexGuard<'_, Vec<(Addr<ChatActor>, Nudge)>> {
        self.nudges.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
