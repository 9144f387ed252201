//! Who follows a chat, as whom, and how they are told: each event is encoded at most once for each
//! audience, and every connection gets one message for all that one append brought.

use std::collections::BTreeSet;
use std::sync::Arc;

use deskbell_domain::access::Principal;
use deskbell_domain::audience::Audience;
use deskbell_domain::chat::{ChatEvent, Command, Summary};
use deskbell_domain::person::Author;
use deskbell_protocol::codes::CloseCode;
use deskbell_protocol::ids::UserId;

use super::history::Written;
use super::replay::within_page_from_end;
use super::{ChatActor, Wish};
use crate::actors::say::{Closed, Committed, Frame, Place, Refused, Say, Whole};
use crate::actors::session::{Deliver, Peer};
use crate::presence::{ConnectionId, Signal};
use crate::secrets::address::Address;

/// Events in a snapshot.
const SNAPSHOT_EVENTS: usize = 50;

/// One connection that follows the chat.
pub(super) struct Reader {
    pub(super) peer: Arc<Peer>,
    pub(super) audience: Audience,
    /// The last place it was told.
    pub(super) seen: u64,
    /// Raised by every fresh start, so that a page asked for before it is not taken for its own.
    pub(super) epoch: u32,
    /// The version of the last snapshot.
    shown_at: u64,
    /// What it was told is no longer so: only the whole chat helps.
    diverged: bool,
    /// Set while older pages are still on their way; the reader gets no live events until then.
    pub(super) catching_up: bool,
    /// Answers to writes whose events are still to come, each with the place it follows.
    held: Vec<(u64, Frame)>,
    /// What this turn has for it.
    pub(super) out: Deliver,
}

impl Reader {
    /// The operator that it belongs to, if she previews.
    fn previewer(&self) -> Option<&UserId> {
        match &self.peer.who {
            Principal::Operator(user) if self.audience == Audience::Previewer => Some(user),
            _ => None,
        }
    }

    /// Answers what its reader has been told by now.
    fn release(&mut self) {
        while let Some((place, _)) = self.held.first()
            && *place <= self.seen
        {
            let (_, frame) = self.held.remove(0);
            self.out.push_answer(frame);
        }
    }

    /// What is left to send to who follows no longer: nothing more will come before it.
    pub(super) fn into_rest(mut self) -> (Arc<Peer>, Deliver) {
        for (_, frame) in self.held {
            self.out.push_answer(frame);
        }
        (self.peer, self.out)
    }
}

/// All of them.
#[derive(Default)]
pub(super) struct Readers {
    all: Vec<Reader>,
    /// Who previews, as the desk was last told.
    previewers: Arc<BTreeSet<UserId>>,
}

impl Readers {
    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Shows everybody out.
    pub(super) fn close_all(&self) {
        for reader in &self.all {
            reader.peer.outbox.close(CloseCode::Internal);
        }
    }

    /// Nothing that anybody was told counts any more.
    pub(super) fn all_diverged(&mut self) {
        for reader in &mut self.all {
            reader.diverged = true;
        }
    }

    /// Takes a reader out.
    pub(super) fn remove(&mut self, connection: ConnectionId) -> Option<Reader> {
        let place = self.all.iter().position(|it| it.peer.connection == connection)?;
        Some(self.all.remove(place))
    }

    pub(super) fn get(&mut self, connection: ConnectionId) -> Option<&mut Reader> {
        self.all.iter_mut().find(|reader| reader.peer.connection == connection)
    }
}

impl Committed {
    /// The winner, if this is a claim.
    pub(super) fn claimed_by(&self) -> Option<UserId> {
        match &self.event {
            ChatEvent::Claimed { by, .. } => Some(by.clone()),
            _ => None,
        }
    }
}

impl ChatActor {
    pub(super) fn encode(&self, say: &Say<'_>) -> Frame {
        let directory = self.seat.node.directory.load();
        self.seat.node.encode.encode(say, &directory)
    }

    /// Hands `event` to everyone who follows live, and lets go who may not follow any longer.
    pub(super) fn tell_readers(&mut self, event: &Arc<Committed>) {
        let mut frames: [Option<Frame>; Audience::ALL.len()] = Default::default();
        for place in 0..self.readers.all.len() {
            let reader = &self.readers.all[place];
            if reader.catching_up || reader.seen >= event.seq {
                continue;
            }
            let audience = reader.audience;
            let frame = frames[audience as usize].get_or_insert_with(|| {
                let say = Say::Event { audience, chat: self.chat, event };
                let directory = self.seat.node.directory.load();
                self.seat.node.encode.encode(&say, &directory)
            });
            let frame = frame.clone();
            let reader = &mut self.readers.all[place];
            reader.seen = event.seq;
            if writes(&event.event, &reader.peer.who) {
                reader.out.push_receipt(frame);
            } else {
                reader.out.push(frame);
            }
        }
        if Summary::changed_by(&event.event) {
            self.review_readers(Some(&event.event));
        }
    }

    /// Looks again as whom each reader reads, because the chat changed hands or state, or because
    /// something outside it did.
    pub(super) fn review_readers(&mut self, event: Option<&ChatEvent>) {
        let mut place = 0;
        while place < self.readers.all.len() {
            let reader = &self.readers.all[place];
            let (was, now) = (reader.audience, self.audience(&reader.peer));
            match now {
                Some(audience) if audience == was => place += 1,
                Some(audience) => {
                    self.readers.all[place].audience = audience;
                    self.show_whole(place, Whole::Audience);
                    place += 1;
                }
                None => {
                    let why = closed_by(event, &reader.peer.who);
                    self.let_go(place, &why);
                }
            }
        }
    }

    /// Gives the reader at `place` the whole chat as it is now.
    pub(super) fn show_whole(&mut self, place: usize, why: Whole) {
        let audience = self.readers.all[place].audience;
        let Some(last) = self.history.last() else { return };
        let frame = self.encode(&Say::Snapshot {
            audience,
            chat: self.chat,
            why,
            state: &self.state,
            eid: last.eid,
            events: within_page_from_end(&self.history.last_events(SNAPSHOT_EVENTS)),
            now: self.seat.node.clock.now(),
        });
        let reader = &mut self.readers.all[place];
        reader.seen = self.state.version;
        reader.shown_at = self.state.version;
        reader.epoch += 1;
        reader.catching_up = false;
        reader.diverged = false;
        reader.out.push(frame);
        reader.out.is_bulk = true;
    }

    /// Adds a reader who has seen nothing yet, or finds her; tells where she stands in the list.
    pub(super) fn add_reader(&mut self, peer: &Arc<Peer>, audience: Audience) -> usize {
        let known = self.place_of(peer.connection);
        let place = known.unwrap_or_else(|| {
            self.readers.all.push(Reader {
                peer: peer.clone(),
                audience,
                seen: 0,
                epoch: 0,
                shown_at: 0,
                diverged: false,
                catching_up: false,
                held: Vec::new(),
                out: Deliver::default(),
            });
            self.readers.all.len() - 1
        });
        let reader = &mut self.readers.all[place];
        reader.audience = audience;
        reader.out.notes().followed = Some(self.chat);
        place
    }

    pub(super) fn place_of(&self, connection: ConnectionId) -> Option<usize> {
        self.readers.all.iter().position(|reader| reader.peer.connection == connection)
    }

    pub(super) fn reader(&self, place: usize) -> &Reader {
        &self.readers.all[place]
    }

    pub(super) fn reader_at(&mut self, place: usize) -> &mut Reader {
        &mut self.readers.all[place]
    }

    /// Answers a write, after its events; who opened or won the chat follows it from then on.
    pub(super) fn answer_deed(
        &mut self,
        from: Option<(Arc<Peer>, u32)>,
        what: &Wish,
        answer: Result<Option<Written>, Refused>,
    ) {
        let Wish::Do(deed) = what else { return };
        let Some((peer, re)) = from else {
            if deed.command == Command::Tick && answer.is_ok() {
                // The desk goes by what is due now, also when nothing was.
                self.tell_desk(None);
                self.idle_watched = false;
                self.watch_idleness();
            }
            return;
        };
        match answer {
            Ok(written) => {
                let follows = matches!(deed.command, Command::Open(_) | Command::Claim { .. });
                let version = self.state.version;
                let reader = self.readers.get(peer.connection);
                let is_shown = reader.is_some_and(|reader| reader.shown_at == version);
                if follows
                    && !is_shown
                    && let Some(audience) = self.audience(&peer)
                {
                    let place = self.add_reader(&peer, audience);
                    self.show_whole(place, Whole::First);
                }
                // A write that found nothing left to do is answered with where the chat stands.
                let stands = || self.history.last().map(|it| (it.seq, it.eid));
                let place = written.map(|it| (it.seq, it.eid)).or_else(stands);
                let at = place.map(|(seq, eid)| (self.chat, seq, eid));
                let frame = self.encode(&Say::Done { re, at });
                let place = at.map_or(0, |(_, seq, _)| seq);
                match self.readers.get(peer.connection) {
                    Some(reader) if reader.seen < place => reader.held.push((place, frame)),
                    Some(reader) if matches!(deed.command, Command::Post { .. }) => {
                        reader.out.push_ok(frame);
                    }
                    _ => self.reply(&peer, frame),
                }
            }
            Err(why) => {
                if let Refused::Chat(deskbell_domain::chat::Refusal::AlreadyClaimed(_)) = &why {
                    self.seat.node.desk().offer_next(peer, re, why);
                } else {
                    let frame = self.encode(&Say::Refused { re, why: &why, next: None });
                    self.reply(&peer, frame);
                }
            }
        }
    }

    /// Answers behind what the same connection is told in this turn.
    pub(super) fn reply(&mut self, peer: &Arc<Peer>, frame: Frame) {
        match self.readers.get(peer.connection) {
            Some(reader) => reader.out.push_answer(frame),
            None => peer.deliver(Deliver::answer(frame)),
        }
    }

    /// Sends each reader what this turn has for it.
    pub(super) fn send_out(&mut self) {
        for reader in &mut self.readers.all {
            reader.release();
            if !reader.out.is_empty() {
                let out = std::mem::take(&mut reader.out);
                reader.peer.deliver_patiently(out, &self.seat.receipts);
            }
        }
        self.tell_previewers();
    }

    fn tell_previewers(&mut self) {
        let previewers: BTreeSet<&UserId> =
            self.readers.all.iter().filter_map(Reader::previewer).collect();
        if !previewers.iter().copied().eq(self.readers.previewers.iter()) {
            self.readers.previewers = Arc::new(previewers.into_iter().cloned().collect());
            let (chat, node) = (self.chat, &self.seat.node);
            let by = BTreeSet::clone(&self.readers.previewers);
            node.presence.signal(Signal::Previewing { chat, by });
            node.desk().previewing(chat, self.readers.previewers.clone());
        }
    }

    pub(super) fn lose_reader(&mut self, connection: ConnectionId) {
        self.readers.remove(connection);
        self.tell_previewers();
    }

    /// Brings every live reader to where the state is, by single events while those are in memory,
    /// and looks again as whom each of them reads: what she missed may have ended her right to.
    pub(super) fn catch_up_readers(&mut self) {
        let mut place = 0;
        while place < self.readers.all.len() {
            let reader = &self.readers.all[place];
            let (was, seen, live) = (reader.audience, reader.seen, !reader.catching_up);
            let Some(audience) = self.audience(&reader.peer) else {
                let why = self.why_closed(seen, &reader.peer.who);
                self.let_go(place, &why);
                continue;
            };
            if self.readers.all[place].diverged {
                self.readers.all[place].audience = audience;
                self.show_whole(place, Whole::Diverged);
            } else if audience != was {
                self.readers.all[place].audience = audience;
                self.show_whole(place, Whole::Audience);
            } else if live && seen != self.state.version {
                self.catch_up(place);
            }
            place += 1;
        }
        self.send_out();
    }

    fn catch_up(&mut self, place: usize) {
        let reader = &self.readers.all[place];
        match self.history.after(reader.seen) {
            Some(missed) if reader.seen < self.state.version => {
                let (audience, chat) = (reader.audience, self.chat);
                for event in &missed {
                    let frame = self.encode(&Say::Event { audience, chat, event });
                    self.readers.all[place].out.push(frame);
                }
                self.readers.all[place].seen = self.state.version;
            }
            Some(_) => self.show_whole(place, Whole::Diverged),
            None => self.show_whole(place, Whole::TooOld),
        }
    }

    /// What, of all that a reader missed, ended her right to read.
    fn why_closed(&self, seen: u64, who: &Principal) -> Closed {
        let missed = self.history.after(seen);
        let missed = missed.unwrap_or_else(|| self.history.last_events(usize::MAX));
        let reasons = missed.iter().rev().map(|it| closed_by(Some(&it.event), who));
        reasons.into_iter().find(|why| *why != Closed::Withdrawn).unwrap_or(Closed::Withdrawn)
    }

    fn let_go(&mut self, place: usize, why: &Closed) {
        let mut reader = self.readers.all.remove(place);
        let say = Say::Closed { audience: reader.audience, chat: self.chat, why };
        reader.out.push(self.encode(&say));
        reader.out.notes().unfollowed = Some(self.chat);
        let (peer, out) = reader.into_rest();
        peer.deliver(out);
    }

    /// Where the patron is connected from right now.
    pub(in crate::actors) fn patron_addresses(&self) -> impl Iterator<Item = Address> {
        let patrons = self.readers.all.iter().filter(|it| it.audience == Audience::Patron);
        patrons.filter_map(|reader| reader.peer.address)
    }

    /// The connections of those who talk or listen, with what each may see: not of previewers.
    pub(super) fn talkers(&self) -> impl Iterator<Item = (&Arc<Peer>, Audience)> {
        let readers = self.readers.all.iter().map(|reader| (&reader.peer, reader.audience));
        readers.filter(|(_, audience)| *audience != Audience::Previewer)
    }

    /// Tells the others in the chat that one of them writes.
    pub(super) fn tell_typing(&self, from: &Peer, on: bool) {
        let who = match &from.who {
            Principal::Patron { .. } => Author::Patron,
            Principal::Operator(user) => Author::Operator(user.clone()),
        };
        self.seat.node.presence.signal(Signal::Typing { chat: self.chat, who: who.clone(), on });
        self.show_typing(&who, Some(from.connection), on);
    }

    /// Shows it to all here but who told it.
    pub(super) fn show_typing(&self, who: &Author, from: Option<ConnectionId>, on: bool) {
        let others = self.talkers().filter(|(peer, _)| Some(peer.connection) != from);
        let mut frames: [Option<Frame>; Audience::ALL.len()] = Default::default();
        for (peer, audience) in others {
            let chat = self.chat;
            let frame = frames[audience as usize]
                .get_or_insert_with(|| self.encode(&Say::Typing { audience, chat, who, on }));
            peer.deliver(Deliver::frame(frame.clone()));
        }
    }

    /// Tells the patron her place in the queue.
    pub(super) fn tell_wait(&mut self, place: Place) {
        self.wait = Some(place);
        let frame = self.encode(&Say::Wait { chat: self.chat, place });
        for reader in &self.readers.all {
            if reader.audience == Audience::Patron {
                reader.peer.deliver(Deliver::frame(frame.clone()));
            }
        }
    }
}

/// Whether this is a message of the reader's own.
fn writes(event: &ChatEvent, who: &Principal) -> bool {
    match (event, who) {
        (ChatEvent::Posted { by: Author::Patron, .. }, Principal::Patron { .. }) => true,
        (ChatEvent::Posted { by: Author::Operator(by), .. }, Principal::Operator(user)) => {
            by == user
        }
        _ => false,
    }
}

fn closed_by(event: Option<&ChatEvent>, who: &Principal) -> Closed {
    match (event, who) {
        (Some(ChatEvent::Claimed { by, .. }), _) => Closed::Claimed(by.clone()),
        (Some(ChatEvent::Left { by }), Principal::Operator(user)) if by == user => Closed::Left,
        (Some(ChatEvent::Ended { cause, .. }), _) => Closed::Ended(*cause),
        _ => Closed::Withdrawn,
    }
}
