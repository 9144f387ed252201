//! Bringing a reader up to date: from memory if the place is recent, in pages from the log if it is
//! older, as a snapshot if it is too old or not in this history. Never a silent gap.

use std::sync::Arc;

use actix::{Message, WeakAddr};
use deskbell_domain::access::Denied;
use deskbell_domain::audience::Audience;
use deskbell_domain::chat::ChatEvent;
use deskbell_domain::chat::state::Phase;
use deskbell_protocol::ids::Eid;

use super::{Ask, ChatActor, Stage, Wish};
use crate::actors::say::{Committed, Refused, Say, Whole};
use crate::actors::session::{Peer, Synced};
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
    Resume { re: u32, from: (u64, Eid), epoch: u32 },
    /// Further pages.
    Continue { epoch: u32 },
    /// Older events that the reader asked for.
    History { re: u32, before: u64, max: usize },
}

impl ChatActor {
    /// Answers an ask that changes nothing.
    pub(super) fn look(&mut self, from: Option<(Arc<Peer>, u32)>, what: Wish) {
        let Some((peer, re)) = from else { return };
        let what = match what {
            Wish::Unfollow => return self.unfollow(&peer, re),
            Wish::Ban(sentence) => return self.ban(*sentence, &peer, re),
            Wish::Sync => return peer.addr.do_send(Synced(re)),
            other => other,
        };
        let Some(audience) = self.audience(&peer) else {
            return self.not_found(&peer, re);
        };
        match what {
            Wish::Follow { from } => self.follow(&peer, re, audience, from),
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
            Wish::Targets => self.tell_targets(&peer, re),
            Wish::Mark(reach) => {
                self.mark(&peer, reach);
                let frame = self.encode(&Say::Done { re, at: None });
                self.reply(&peer, frame);
            }
            Wish::Unfollow | Wish::Ban(_) | Wish::Sync | Wish::Do(_) => {}
        }
    }

    fn not_found(&mut self, peer: &Arc<Peer>, re: u32) {
        let why = Refused::Denied(Denied::NotFound);
        let frame = self.encode(&Say::Refused { re, why: &why, next: None });
        self.reply(peer, frame);
    }

    /// Anybody may stop following, also what she may no longer read; what this turn has for her
    /// goes out before the answer.
    fn unfollow(&mut self, peer: &Arc<Peer>, re: u32) {
        let reader = self.readers.remove(peer.connection);
        if reader.is_none() && self.audience(peer).is_none() {
            return self.not_found(peer, re);
        }
        let mut out = reader.map(|reader| reader.into_rest().1).unwrap_or_default();
        out.push_answer(self.encode(&Say::Done { re, at: None }));
        out.notes().unfollowed = Some(self.chat);
        peer.deliver(out);
    }

    fn follow(&mut self, peer: &Arc<Peer>, re: u32, audience: Audience, from: Option<(u64, Eid)>) {
        let place = self.add_reader(peer, audience);
        self.reader_at(place).epoch += 1;
        let whole = match from {
            None => Some(Whole::First),
            Some((seq, _)) if seq > self.state.version => Some(Whole::Diverged),
            Some((seq, eid)) => match self.history.at(seq) {
                Some(known) if known.eid == eid => {
                    let missed = self.history.after(seq).unwrap_or_default();
                    self.reader_at(place).seen = seq;
                    self.replay(place, &missed)
                }
                Some(_) => Some(Whole::Diverged),
                None if self.state.version - seq > REPLAY_MAX || seq == 0 => Some(Whole::TooOld),
                None => {
                    let reader = self.reader_at(place);
                    (reader.catching_up, reader.seen) = (true, seq);
                    let purpose = Purpose::Resume { re, from: (seq, eid), epoch: reader.epoch };
                    return self.read_page(peer.clone(), purpose, seq - 1, PAGE_EVENTS);
                }
            },
        };
        if let Some(why) = whole {
            self.show_whole(place, why);
        }
        self.followed(peer, re, place);
    }

    /// Answers a follow that has been shown something.
    fn followed(&mut self, peer: &Arc<Peer>, re: u32, place: usize) {
        let frame = self.encode(&Say::Done { re, at: None });
        self.reply(peer, frame);
        self.show_marks(place);
        let waits = self.state.phase == Phase::Waiting;
        let is_patron = self.reader_at(place).audience == Audience::Patron;
        if let Some(stands) = self.wait.filter(|_| waits && is_patron) {
            let frame = self.encode(&Say::Wait { chat: self.chat, place: stands });
            self.reader_at(place).out.push(frame);
        }
    }

    /// Shows missed events, a page of them; or says why the whole chat must be shown instead.
    fn replay(&mut self, place: usize, missed: &[Arc<Committed>]) -> Option<Whole> {
        let (version, chat) = (self.state.version, self.chat);
        let reader = self.reader_at(place);
        let (audience, seen) = (reader.audience, reader.seen);
        if missed.is_empty() && seen < version {
            // What the log had when it was read is known, and more was told since.
            return match self.history.after(seen) {
                Some(missed) if !missed.is_empty() => self.replay(place, &missed),
                Some(_) | None => Some(Whole::TooOld),
            };
        }
        // Who she is in the chat changed meanwhile: what she could not see before, she may see now.
        if audience != Audience::Patron && missed.iter().any(|it| changes_audience(&it.event)) {
            return Some(Whole::Audience);
        }
        let events = within_page(missed);
        let seen = events.last().map_or(seen, |last| last.seq);
        let more = seen < version && !events.is_empty();
        let frame = self.encode(&Say::Replay { audience, chat, events, more });
        let reader = self.reader_at(place);
        reader.seen = if more { seen } else { version };
        reader.catching_up = more;
        reader.out.push(frame);
        reader.out.is_bulk = true;
        if more {
            reader.out.notes().page_of = Some(chat);
        }
        None
    }

    fn read_page(&mut self, peer: Arc<Peer>, purpose: Purpose, after: u64, max: usize) {
        let page = self.seat.node.log.read(self.stream(), after, max);
        let Some(me) = self.me.as_ref().and_then(WeakAddr::upgrade) else { return };
        tokio::task::spawn_local(async move {
            me.do_send(PageRead { peer, purpose, page: page.await });
        });
    }

    /// A page arrived for a reader, if she still waits for it.
    pub(super) fn hand_on(&mut self, read: PageRead) {
        let PageRead { peer, purpose, page } = read;
        if self.stage != Stage::Ready {
            return self.ask_again(peer, purpose);
        }
        let version = self.state.version;
        let decoded = page.and_then(|page| {
            // The log may be ahead of what has been told.
            let told = page.records.into_iter().filter(|stored| stored.seq <= version);
            told.map(committed).collect::<Result<Vec<_>, _>>()
        });
        match (decoded, purpose) {
            (Ok(events), Purpose::History { re, before, max }) => {
                self.show_history(&peer, re, before, max, &events);
            }
            (Ok(mut events), Purpose::Resume { re, from: (_, eid), epoch }) => {
                let Some(place) = self.waits_for(&peer, epoch) else {
                    return self.resume_is_void(&peer, re);
                };
                let whole = if events.first().is_some_and(|first| first.eid == eid) {
                    events.remove(0);
                    self.replay(place, &events)
                } else {
                    Some(Whole::Diverged)
                };
                if let Some(why) = whole {
                    self.show_whole(place, why);
                }
                self.followed(&peer, re, place);
            }
            (Ok(events), Purpose::Continue { epoch }) => {
                if let Some(place) = self.waits_for(&peer, epoch)
                    && let Some(why) = self.replay(place, &events)
                {
                    self.show_whole(place, why);
                }
            }
            (Err(error), purpose) => self.page_failed(&peer, purpose, &error),
        }
        self.send_out();
    }

    /// Where the reader stands who waits for a page of this epoch.
    fn waits_for(&self, peer: &Peer, epoch: u32) -> Option<usize> {
        let place = self.place_of(peer.connection)?;
        let reader = self.reader(place);
        (reader.catching_up && reader.epoch == epoch).then_some(place)
    }

    /// She was shown the whole chat meanwhile, or may not read it any more.
    fn resume_is_void(&mut self, peer: &Arc<Peer>, re: u32) {
        if self.place_of(peer.connection).is_some() {
            let frame = self.encode(&Say::Done { re, at: None });
            self.reply(peer, frame);
        } else {
            self.not_found(peer, re);
        }
        self.send_out();
    }

    /// The chat is being rebuilt: the page is asked for again afterwards.
    fn ask_again(&mut self, peer: Arc<Peer>, purpose: Purpose) {
        let (re, what) = match purpose {
            Purpose::Resume { re, from, .. } => (re, Wish::Follow { from: Some(from) }),
            Purpose::History { re, before, max } => {
                let max = u32::try_from(max).unwrap_or(HISTORY_MAX);
                (re, Wish::History { before, max })
            }
            Purpose::Continue { .. } => {
                // Live again from the rebuild on: what she lacks comes with it.
                if let Some(reader) = self.readers.get(peer.connection) {
                    reader.catching_up = false;
                }
                return;
            }
        };
        match self.stage {
            Stage::Loading | Stage::Ready => {
                self.waiting.push_back(Ask { from: Some((peer, re)), what });
            }
            Stage::Unread | Stage::Retired => {
                self.refuse(Some(&(peer, re)), &Refused::Unavailable);
            }
            Stage::Quarantined => self.refuse(Some(&(peer, re)), &Refused::Quarantined),
        }
    }

    fn page_failed(&mut self, peer: &Arc<Peer>, purpose: Purpose, error: &LogError) {
        tracing::warn!(chat = %self.chat, %error, "older events cannot be read");
        match purpose {
            Purpose::History { re, .. } => {
                let why = Refused::Unavailable;
                let frame = self.encode(&Say::Refused { re, why: &why, next: None });
                self.reply(peer, frame);
            }
            Purpose::Resume { re, epoch, .. } => {
                if let Some(place) = self.waits_for(peer, epoch) {
                    self.show_whole(place, Whole::TooOld);
                }
                self.resume_is_void(peer, re);
            }
            Purpose::Continue { epoch } => {
                if let Some(place) = self.waits_for(peer, epoch) {
                    self.show_whole(place, Whole::TooOld);
                }
            }
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
        // Her right to read may have ended meanwhile.
        let Some(audience) = self.audience(peer) else { return self.not_found(peer, re) };
        let older: Vec<_> = events.iter().filter(|it| it.seq < before).take(max).cloned().collect();
        let page = within_page_from_end(&older);
        let more = page.first().is_some_and(|first| first.seq > 1);
        let chat = self.chat;
        let frame = self.encode(&Say::History { re, audience, chat, events: page, more });
        self.reply(peer, frame);
    }

    /// The reader has room for the next page.
    pub(super) fn next_page(&mut self, connection: ConnectionId) {
        let Some(reader) = self.readers.get(connection) else { return };
        if reader.catching_up {
            let (peer, after, epoch) = (reader.peer.clone(), reader.seen, reader.epoch);
            self.read_page(peer, Purpose::Continue { epoch }, after, PAGE_EVENTS);
        }
    }
}

/// Whether an operator may read the chat as somebody else after `event`.
fn changes_audience(event: &ChatEvent) -> bool {
    matches!(
        event,
        ChatEvent::Claimed { .. }
            | ChatEvent::TransferOffered { .. }
            | ChatEvent::OwnerLost { .. }
            | ChatEvent::Left { .. }
    )
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
pub(super) fn within_page_from_end(events: &[Arc<Committed>]) -> &[Arc<Committed>] {
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
