//! What an event changes. Total: any event folds onto any state, and only the events decide, never
//! settings, presence or the directory.

use std::sync::Arc;
use std::time::Duration;

use deskbell_protocol::ids::UserId;
use jiff::Timestamp;

use super::event::{ChatEvent, Opened, ReturnReason};
use super::state::{Attendance, ChatState, HandOver, Phase, Preview, Rang, Returned, Transfer};
use crate::person::Author;

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
            ChatEvent::Claimed { by, transfer: _, idle } => self.claimed(by, *idle, at),
            ChatEvent::Posted { by, .. } => self.posted(by, at),
            ChatEvent::TransferOffered { by, to, note, tell_patron, hand_over, until } => {
                let seq = self.version;
                self.last_offered = Some(to.clone());
                self.transfer = Some(Transfer {
                    by: by.clone(),
                    to: to.clone(),
                    until: *until,
                    tell_patron: *tell_patron,
                    hand_over: hand_over.then(|| HandOver { note: shortened(note.as_ref()), seq }),
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
            ChatEvent::PatronBack => {
                self.patron = Attendance::Here;
                // For whom nobody was there to answer, the wait begins anew.
                self.unanswered = self.unanswered.map(|_| at);
            }
            ChatEvent::OperatorAway { who, until } => {
                self.mark(who, Attendance::Away { since: at, until: *until });
            }
            ChatEvent::OperatorBack { who } => self.mark(who, Attendance::Here),
            ChatEvent::OwnerLost { who } => self.owner_lost(who, at),
            ChatEvent::Returned { who, why, note } => self.returned(who, *why, note.as_ref(), at),
            ChatEvent::TicketOffered { .. } => {
                self.change_ring(|ring| ring.ticket_at = None);
            }
            ChatEvent::TicketRequested { .. } => self.ticket_requested = true,
            ChatEvent::Idled { .. } => self.unanswered = None,
            ChatEvent::PatronChanged { by: _, name, contact } => {
                self.patron_changed(name.as_ref(), contact.as_ref());
            }
            ChatEvent::ContactRevealed { by } => {
                self.revealed.insert(by.clone());
            }
            ChatEvent::Tagged { by: _, tags } => self.tags.clone_from(tags),
            ChatEvent::Noted { .. } | ChatEvent::Dismissed { .. } | ChatEvent::Rated { .. } => {}
            ChatEvent::Ended { cause, by: _ } => {
                // She answered it, so she goes on reading it.
                self.demote_owner();
                self.transfer = None;
                self.unanswered = None;
                self.phase = Phase::Ended { cause: *cause, at };
            }
            ChatEvent::Erased { seqs } => self.erased(seqs),
        }
    }

    fn change_ring(&mut self, change: impl FnOnce(&mut Rang)) {
        if let Some(ring) = self.ring.as_mut().map(Arc::make_mut) {
            change(ring);
        }
    }

    /// What the state repeats of these events goes with them.
    fn erased(&mut self, seqs: &[u64]) {
        let gone = |seq: u64| seqs.contains(&seq);
        if let Some(hand_over) = self.transfer.as_mut().and_then(|it| it.hand_over.as_mut())
            && gone(hand_over.seq)
        {
            hand_over.note = None;
        }
        self.change_ring(|ring| {
            let preview = &mut ring.preview;
            if gone(1) {
                preview.question.clear();
                preview.page = None;
            }
            if gone(ring.named_by) {
                preview.name = None;
            }
            ring.contact = ring.contact.take().filter(|(_, seq)| !gone(*seq));
            if let Some(returned) = preview.returned.as_mut().filter(|it| gone(it.seq)) {
                returned.note = None;
            }
        });
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
            ticket_at: opened.ticket_at,
            continues: opened.continues,
            contact: opened.contact.clone().map(|contact| (contact, 1)),
            named_by: 1,
            preview: Preview {
                question: opened.question.chars().take(PREVIEW_CHARS).collect(),
                name: opened.name.clone(),
                page: opened.page.clone(),
                returned: None,
            },
        }));
    }

    fn claimed(&mut self, by: &UserId, idle: Option<Duration>, at: Timestamp) {
        self.demote_owner();
        (self.idle, self.unanswered, self.was_claimed) = (idle, Some(at), true);
        if self.ring.as_ref().is_some_and(|ring| ring.preview.returned.is_some()) {
            self.change_ring(|ring| ring.preview.returned = None);
        }
        self.participants.remove(by);
        self.transfer = None;
        self.phase = Phase::Active { owner: by.clone(), attendance: Attendance::Here };
    }

    fn posted(&mut self, by: &Author, at: Timestamp) {
        match by {
            Author::Patron if self.unanswered.is_none() => self.unanswered = Some(at),
            Author::Operator(_) => self.unanswered = None,
            Author::Patron | Author::System => {}
        }
    }

    fn patron_changed(&mut self, name: Option<&String>, contact: Option<&String>) {
        let seq = self.version;
        let some = |text: &String| (!text.is_empty()).then(|| text.clone());
        self.change_ring(|ring| {
            if let Some(name) = name {
                (ring.preview.name, ring.named_by) = (some(name), seq);
            }
            if let Some(contact) = contact {
                ring.contact = some(contact).map(|contact| (contact, seq));
            }
        });
    }

    /// Who handed it over stays as a participant until she goes; who may not answer is out.
    fn returned(&mut self, who: &UserId, why: ReturnReason, note: Option<&String>, at: Timestamp) {
        self.owner_lost(who, at);
        if why != ReturnReason::HandOver {
            self.participants.remove(who);
        }
        let returned = Returned { note: shortened(note), seq: self.version };
        self.change_ring(|ring| ring.preview.returned = Some(returned));
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
        self.unanswered = None;
        let returned = Returned { note: None, seq: self.version };
        self.change_ring(|ring| ring.preview.returned = Some(returned));
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

/// As much of a note as lists show.
fn shortened(note: Option<&String>) -> Option<String> {
    let shown = |note: &String| note.chars().take(PREVIEW_CHARS).collect::<String>();
    // A note that was erased is none.
    note.map(shown).filter(|note| !note.is_empty())
}
