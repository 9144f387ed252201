//! What an event changes. Total: any event folds onto any state, and only the events decide, never
//! settings, presence or the directory.

use std::sync::Arc;

use deskbell_protocol::ids::UserId;
use jiff::Timestamp;

use super::event::{ChatEvent, Opened};
use super::state::{Attendance, ChatState, Phase, Preview, Rang, Transfer};

/// How much of the question lists show.
const PREVIEW_CHARS: usize = 200;

impl ChatState {
    /// What is true after one more event, decided at `at`.
    pub fn evolve(&mut self, event: &ChatEvent, at: Timestamp) {
        self.version += 1;
        self.at = Some(at);
        match event {
            ChatEvent::Opened(opened) => self.opened(opened, at),
            ChatEvent::Rung(more) => {
                if let Some(ring) = self.ring.as_mut().map(Arc::make_mut) {
                    ring.tiers.extend(more.tiers.iter().cloned());
                    ring.rolls_at = more.rolls_at;
                }
            }
            ChatEvent::Claimed { by, transfer: _ } => self.claimed(by),
            ChatEvent::Posted { .. } | ChatEvent::Noted { .. } => {}
            ChatEvent::TransferOffered { by, to, note: _, tell_patron, until } => {
                self.last_offered = Some(to.clone());
                self.transfer = Some(Transfer {
                    by: by.clone(),
                    to: to.clone(),
                    until: *until,
                    tell_patron: *tell_patron,
                });
            }
            ChatEvent::TransferCanceled { by: _ }
            | ChatEvent::TransferDeclined { .. }
            | ChatEvent::TransferLapsed { .. } => self.transfer = None,
            ChatEvent::Left { by: who } | ChatEvent::ParticipantLost { who } => {
                self.participants.remove(who);
            }
            ChatEvent::PatronAway { until } => {
                self.patron = Attendance::Away { since: at, until: *until };
            }
            ChatEvent::PatronBack => self.patron = Attendance::Here,
            ChatEvent::OperatorAway { who, until } => {
                self.mark(who, Attendance::Away { since: at, until: *until });
            }
            ChatEvent::OperatorBack { who } => self.mark(who, Attendance::Here),
            ChatEvent::OwnerLost { who } => self.owner_lost(who, at),
            ChatEvent::Ended { cause, by: _ } => {
                // She answered it, so she goes on reading it.
                self.demote_owner();
                self.transfer = None;
                self.phase = Phase::Ended { cause: *cause, at };
            }
            ChatEvent::Erased { seqs } => {
                if let Some(ring) = self.ring.as_mut().filter(|_| seqs.contains(&1)) {
                    Arc::make_mut(ring).preview = Preview::default();
                }
            }
        }
    }

    fn opened(&mut self, opened: &Opened, at: Timestamp) {
        self.phase = Phase::Waiting;
        self.ring = Some(Arc::new(Rang {
            widget: opened.widget.clone(),
            home: opened.home.clone(),
            session: opened.session,
            secret: opened.secret,
            opened_at: at,
            tiers: opened.ring.tiers.clone(),
            rolls_at: opened.ring.rolls_at,
            preview: Preview {
                question: opened.question.chars().take(PREVIEW_CHARS).collect(),
                name: opened.name.clone(),
                page: opened.page.clone(),
            },
        }));
    }

    fn claimed(&mut self, by: &UserId) {
        self.demote_owner();
        self.participants.remove(by);
        self.transfer = None;
        self.phase = Phase::Active { owner: by.clone(), attendance: Attendance::Here };
    }

    /// The former owner stays in the chat, as present or away as she was.
    fn demote_owner(&mut self) {
        if let Phase::Active { owner, attendance } = &self.phase {
            self.participants.insert(owner.clone(), *attendance);
        }
    }

    /// As a participant she has the same grace once more, from now on: what was granted her as an
    /// owner stands between the mark's two times.
    fn owner_lost(&mut self, who: &UserId, at: Timestamp) {
        let Phase::Active { owner, attendance } = &self.phase else { return };
        if owner != who {
            return;
        }
        let attendance = match *attendance {
            Attendance::Here => Attendance::Here,
            Attendance::Away { since, until } => {
                let again = at.checked_add(until.duration_since(since));
                Attendance::Away { since, until: again.unwrap_or(Timestamp::MAX) }
            }
        };
        self.participants.insert(who.clone(), attendance);
        self.phase = Phase::Waiting;
    }

    fn mark(&mut self, who: &UserId, now_is: Attendance) {
        if let Phase::Active { owner, attendance } = &mut self.phase
            && owner == who
        {
            *attendance = now_is;
        } else if let Some(attendance) = self.participants.get_mut(who) {
            *attendance = now_is;
        }
    }
}
