//! Bringing a reader up to date: from memory if the place is recent, in pages from the log if it is
//! older, as a snapshot if it is too old or not in this history. Never a silent gap.

use std::sync::Arc;

use actix::{Context, Message, WeakAddr};
use deskbell_domain::access::Denied;
use deskbell_domain::audience::Audience;
use deskbell_protocol::ids::Eid;

use super::{ChatActor, Stage, Wish};
use crate::actors::say::{Committed, Refused, Say, Whole};
use crate::actors::session::{Deliver, Peer};
use crate::log::{LogError, Page, Record, record};
use crate::presence::ConnectionId;

/// Missed events above which a snapshot is kinder.
const REPLAY_MAX: u64 = 300;
/// Events in a page.
const PAGE_EVENTS: usize = 100;
/// What an event's place, identity and time add to its body on the wire, generously.
const EVENT_BYTES: usize = 160;
/// Events in an answer to `chat.history`.
const HISTORY_MAX: u32 = 200;
/// Bytes of stored events in a page; frames stay below 64 KiB with it.
const PAGE_BYTES: usize = 48 * 1024;

/// A page that a reader waits for.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(super) struct PageRead {
    peer: Arc<Peer>,
    purpose: Purpose,
    page: Result<Page, LogError>,
}

#[derive(Debug, Clone, Copy)]
enum Purpose {
    /// The first page of a replay starts with the event resumed from, to compare.
    Resume { re: u32, eid: Eid },
    /// Further pages.
    Continue,
    /// Older events that the reader asked for.
    History { re: u32, before: u64, max: usize },
}

impl ChatActor {
    /// Answers an ask that changes nothing.
    pub(super) fn look(&mut self, from: Option<(Arc<Peer>, u32)>, what: Wish) {
        let Some((peer, re)) = from else { return };
        let Some(audience) = self.audience(&peer) else {
            let why = Refused::Denied(Denied::NotFound);
            let frame = self.encode(&Say::Refused { re, why: &why, next: None });
            return self.reply(&peer, frame);
        };
        match what {
            Wish::Follow { from } => self.follow(&peer, re, audience, from),
            Wish::Unfollow => {
                self.lose_reader(peer.connection);
                let mut done = Deliver::answer(self.encode(&Say::Done { re, at: None }));
                done.unfollowed = Some(self.chat);
                peer.deliver(done);
            }
            Wish::History { before, max } => {
                let max = max.clamp(1, HISTORY_MAX);
                let after = before.saturating_sub(1 + u64::from(max));
                let max = usize::try_from(max).expect("at most HISTORY_MAX");
                self.read_page(peer, Purpose::History { re, before, max }, after, max);
            }
            Wish::Typing { on } => {
                if audience != Audience::Previewer {
                    self.tell_typing(&peer, on);
                }
                let frame = self.encode(&Say::Done { re, at: None });
                self.reply(&peer, frame);
            }
            Wish::Do(_) => {}
        }
    }

    fn follow(&mut self, peer: &Arc<Peer>, re: u32, audience: Audience, from: Option<(u64, Eid)>) {
        let place = self.add_reader(peer, audience);
        let whole = match from {
            None => Some(Whole::First),
            Some((seq, _)) if seq > self.state.version => Some(Whole::Diverged),
            Some((seq, eid)) => match self.history.at(seq) {
                Some(known) if known.eid == eid => {
                    let missed = self.history.after(seq).unwrap_or_default();
                    self.replay(place, &missed);
                    None
                }
                Some(_) => Some(Whole::Diverged),
                None if self.state.version - seq > REPLAY_MAX || seq == 0 => Some(Whole::TooOld),
                None => {
                    let reader = self.reader_at(place);
                    (reader.catching_up, reader.seen) = (true, seq);
                    let purpose = Purpose::Resume { re, eid };
                    return self.read_page(peer.clone(), purpose, seq - 1, PAGE_EVENTS);
                }
            },
        };
        if let Some(why) = whole {
            self.show_whole(place, why);
        }
        let frame = self.encode(&Say::Done { re, at: None });
        self.reply(peer, frame);
        if let Some((ahead, longest_now)) = self.wait.filter(|_| audience == Audience::Patron) {
            let say = Say::Wait { chat: self.chat, ahead, longest_now };
            let frame = self.encode(&say);
            self.reader_at(place).tell(frame);
        }
    }

    fn replay(&mut self, place: usize, events: &[Arc<Committed>]) {
        let reader = self.reader_at(place);
        let audience = reader.audience;
        let seen = events.last().map_or(reader.seen, |last| last.seq);
        let more = seen < self.state.version && !events.is_empty();
        let frame = self.encode(&Say::Replay { audience, chat: self.chat, events, more });
        let (version, chat) = (self.state.version, self.chat);
        let reader = self.reader_at(place);
        // The log may be ahead of this actor; nothing is told twice.
        reader.seen = if more { seen } else { version.max(seen) };
        reader.catching_up = more;
        reader.tell(frame);
        reader.tell_when_room(more.then_some(chat));
    }

    fn read_page(&mut self, peer: Arc<Peer>, purpose: Purpose, after: u64, max: usize) {
        let page = self.seat.node.log.read(self.stream(), after, max);
        let Some(me) = self.me.as_ref().and_then(WeakAddr::upgrade) else { return };
        tokio::task::spawn_local(async move {
            me.do_send(PageRead { peer, purpose, page: page.await });
        });
    }

    /// A page arrived for a reader, if she still reads. During a rebuild it waits for its end.
    pub(super) fn hand_on(&mut self, read: PageRead) {
        match self.stage {
            Stage::Ready => {}
            Stage::Loading => return self.pages.push(read),
            Stage::Unread | Stage::Retired => {
                return self.drop_page(&read, &Refused::Unavailable);
            }
            Stage::Quarantined => return self.drop_page(&read, &Refused::Quarantined),
        }
        let PageRead { peer, purpose, page } = read;
        let decoded = page.and_then(|page| {
            page.records.into_iter().map(committed).collect::<Result<Vec<_>, _>>()
        });
        match (decoded, purpose) {
            (Ok(events), Purpose::History { re, before, max }) => {
                self.show_history(&peer, re, before, max, &events);
            }
            (Ok(mut events), Purpose::Resume { re, eid }) => {
                if let Some(place) = self.place_of(peer.connection) {
                    if events.first().is_some_and(|first| first.eid == eid) {
                        events.remove(0);
                        self.go_on(place, &events);
                    } else {
                        self.show_whole(place, Whole::Diverged);
                    }
                }
                let frame = self.encode(&Say::Done { re, at: None });
                self.reply(&peer, frame);
            }
            (Ok(events), Purpose::Continue) => {
                if let Some(place) = self.place_of(peer.connection) {
                    self.go_on(place, &events);
                }
            }
            (Err(error), purpose) => self.page_failed(&peer, purpose, &error),
        }
        self.send_out();
    }

    /// Hands a page on to who still waits for exactly this one: she may have asked again meanwhile.
    fn go_on(&mut self, place: usize, events: &[Arc<Committed>]) {
        let reader = self.reader_at(place);
        if reader.catching_up && events.first().is_none_or(|first| first.seq == reader.seen + 1) {
            self.replay(place, within_page(events));
        }
    }

    /// What arrived during a rebuild, after its end.
    pub(super) fn hand_on_waiting(&mut self) {
        for read in std::mem::take(&mut self.pages) {
            self.hand_on(read);
        }
    }

    /// The chat cannot be read: who waits for a page is told, or brought up to date later.
    fn drop_page(&mut self, read: &PageRead, why: &Refused) {
        let PageRead { peer, purpose, .. } = read;
        match *purpose {
            Purpose::Resume { re, .. } => {
                self.lose_reader(peer.connection);
                self.refuse(Some(&(peer.clone(), re)), why);
            }
            Purpose::History { re, .. } => self.refuse(Some(&(peer.clone(), re)), why),
            Purpose::Continue => {
                if let Some(place) = self.place_of(peer.connection) {
                    self.reader_at(place).catching_up = false;
                }
            }
        }
    }

    fn page_failed(&mut self, peer: &Arc<Peer>, purpose: Purpose, error: &LogError) {
        tracing::warn!(chat = %self.chat, %error, "older events cannot be read");
        match purpose {
            Purpose::History { re, .. } => {
                self.refuse(Some(&(peer.clone(), re)), &Refused::Unavailable);
            }
            Purpose::Resume { .. } | Purpose::Continue => {
                if let Some(place) = self.place_of(peer.connection) {
                    self.show_whole(place, Whole::TooOld);
                }
            }
        }
        if let Purpose::Resume { re, .. } = purpose {
            let frame = self.encode(&Say::Done { re, at: None });
            self.reply(peer, frame);
        }
    }

    fn show_history(
        &mut self,
        peer: &Arc<Peer>,
        re: u32,
        before: u64,
        max: usize,
        events: &[Arc<Committed>],
    ) {
        let Some(audience) = self.audience(peer) else {
            // Her right to read ended meanwhile.
            let why = Refused::Denied(Denied::NotFound);
            return self.refuse(Some(&(peer.clone(), re)), &why);
        };
        let older: Vec<_> = events.iter().filter(|it| it.seq < before).take(max).cloned().collect();
        let page = within_page_from_end(&older);
        let more = page.first().is_some_and(|first| first.seq > 1);
        let chat = self.chat;
        let frame = self.encode(&Say::History { re, audience, chat, events: page, more });
        self.reply(peer, frame);
    }

    /// The reader has room for the next page.
    pub(super) fn next_page(&mut self, connection: ConnectionId, _: &mut Context<Self>) {
        let Some(reader) = self.readers.get(connection) else { return };
        if reader.catching_up {
            let (peer, after) = (reader.peer.clone(), reader.seen);
            self.read_page(peer, Purpose::Continue, after, PAGE_EVENTS);
        }
    }
}

fn committed(stored: Record) -> Result<Arc<Committed>, LogError> {
    let Record { seq, entry } = stored;
    let event = record::chat::decode(&entry.event)?;
    Ok(Arc::new(Committed { seq, eid: entry.eid, at: entry.at, event }))
}

/// The first of `events` that fit one page; at least one.
fn within_page(events: &[Arc<Committed>]) -> &[Arc<Committed>] {
    &events[..fitting(events.iter())]
}

/// The last of `events` that fit one page; at least one.
fn within_page_from_end(events: &[Arc<Committed>]) -> &[Arc<Committed>] {
    &events[events.len() - fitting(events.iter().rev())..]
}

fn fitting<'a>(events: impl Iterator<Item = &'a Arc<Committed>>) -> usize {
    let mut bytes = 0;
    let mut count = 0;
    for event in events {
        bytes += record::chat::encode(&event.event).body.len() + EVENT_BYTES;
        if count > 0 && bytes > PAGE_BYTES {
            break;
        }
        count += 1;
    }
    count
}
