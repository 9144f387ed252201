//! Frames from the broker: what they mean to calls that wait, and to the app.
//!
//! Frames and events of a newer broker are passed over, not refused. A reply to nothing that was
//! asked is dropped: it belongs to a request that failed already.

use std::time::Duration;

use tokio::time::Instant;

use super::{Answer, Asked, Loss, Phase, RENEWAL_RETRY, RETRY_AFTER_MAX, Session};
use crate::client::{History, Reply};
use crate::desk::Said;
use crate::error::ClientError;
use crate::event::{Event, Status};
use crate::outbox::Lane;
use crate::pace::Pace;
use crate::protocol::codes::ErrorCode;
use crate::protocol::event::{ChatEvent, Person, Position, Sequenced};
use crate::protocol::ids::{ChatId, Eid};
use crate::protocol::to_broker::ToBroker;
use crate::protocol::to_client::{Refused, ToClient, Welcome, You};
use crate::protocol::view::PresenceView;
use crate::streams::Verdict;
use crate::write::{Write, Written};

/// What an `ok` says beyond yes.
#[derive(Debug, Clone, Copy)]
struct Done {
    chat: Option<ChatId>,
    seq: Option<u64>,
    eid: Option<Eid>,
}

impl Session {
    /// Something came that is no frame of the protocol (a WebSocket ping): a sign of life.
    pub(crate) fn alive(&mut self, now: Instant) {
        self.heard_at = now;
    }

    /// A frame came.
    pub(crate) fn hear(&mut self, now: Instant, frame: ToClient) {
        self.alive(now);
        match (self.phase, frame) {
            (Phase::Greeting { .. }, ToClient::Welcome(welcome)) => self.welcome(now, welcome),
            (_, ToClient::Bye { code, message, retry_after_ms }) => {
                let retry_after = retry_after_ms.map(Duration::from_millis);
                let loss = Loss { code: Some(code), upgrade: None, message, retry_after };
                self.drop_connection(now, 1000, loss);
            }
            (Phase::Greeting { .. }, ToClient::Error(refused)) => self.not_greeted(now, *refused),
            (_, ToClient::Ping) => self.send_now(&ToBroker::Pong),
            (Phase::Open { .. }, frame) => self.hear_open(now, frame),
            // Before `welcome` nothing else means anything.
            (_, _) => {}
        }
        self.flow(now);
    }

    fn not_greeted(&mut self, now: Instant, refused: Refused) {
        if refused.temporary {
            let retry_after = refused.retry_after_ms.map(Duration::from_millis);
            let loss = Loss { retry_after, ..Loss::of(refused.message) };
            self.drop_connection(now, 1000, loss);
        }
        // Otherwise `bye` follows and its code says what to do; without one, the deadline ends it.
    }

    fn welcome(&mut self, now: Instant, welcome: Box<Welcome>) {
        self.requests.remove(&welcome.re);
        self.phase = Phase::Open { since: now };
        self.clock = Some((welcome.server_time, now));
        self.ping_every = Duration::from_millis(u64::from(welcome.ping_ms));
        self.pace = Pace::new(&welcome.limits, now);
        self.limits = welcome.limits.clone();
        self.token_expires(welcome.token_expires, now);
        let server_time = welcome.server_time;
        self.presence.date(|made| server_time.checked_sub(now.duration_since(made)).ok());
        let you = welcome.you.clone();
        self.you = Some(you.clone());
        self.set_status(Status::Open(welcome));
        match you {
            You::Operator { presence, .. } if self.presence.overtaken(&presence) => {
                self.presence_holds(&presence);
            }
            You::Operator { .. } | You::Patron { .. } => self.restate_presence(),
        }
        if self.list {
            self.request_list(None);
        }
        for (chat, from) in self.streams.resume() {
            self.request_subscribe(chat, from, None);
        }
        for read in std::mem::take(&mut self.reads) {
            self.read(read);
        }
    }

    fn presence_holds(&mut self, view: &PresenceView) {
        self.emit(Event::Presence(view.clone()));
        for reply in self.presence.take_waiters() {
            self.answer(Answer::Presence(reply, Ok(view.clone())));
        }
    }

    fn hear_open(&mut self, now: Instant, frame: ToClient) {
        match frame {
            ToClient::Ok { re, chat, seq, eid } => self.granted(re, Done { chat, seq, eid }),
            ToClient::Error(refused) => self.refused(now, *refused),
            ToClient::History { re, events, more, .. } => {
                if let Some(Asked::History(reply)) = self.requests.remove(&re) {
                    self.answer(Answer::History(reply, Ok(History { events, more })));
                }
            }
            ToClient::Presence { re, presence } => self.hear_presence(re, presence),
            ToClient::ChatEvent { chat, seq, eid, at, event } => {
                self.hear_event(now, chat, Sequenced { seq, eid, at, event });
            }
            ToClient::ChatReplay { chat, events, .. } => {
                for sequenced in events {
                    self.hear_event(now, chat, sequenced);
                }
            }
            ToClient::ChatSnapshot(snapshot) => {
                let at = Position { seq: snapshot.seq, eid: snapshot.eid };
                if self.streams.snapshot(snapshot.chat, at) {
                    let heard = snapshot.events.iter().rfind(|it| self.is_from_others(&it.event));
                    if let Some(seq) = heard.map(|it| it.seq) {
                        self.marks.delivered(snapshot.chat, seq, now);
                    }
                    self.emit(Event::Snapshot(snapshot));
                }
            }
            ToClient::ChatClosed { chat, reason, by, cause } => {
                self.resume_later.remove(&chat);
                self.marks.forget(chat);
                if self.streams.forget(chat) {
                    self.emit(Event::ChatClosed { chat, reason, by, cause });
                }
            }
            said @ (ToClient::Queues(_)
            | ToClient::Explained(_)
            | ToClient::Forecast { .. }
            | ToClient::Targets(_)
            | ToClient::Bans { .. }) => {
                if let Some((re, said)) = Said::of(said)
                    && let Some(Asked::Desk(reply)) = self.requests.remove(&re)
                {
                    self.answer(Answer::Desk(reply, Ok(said)));
                }
            }
            // What has no place in a chat is told as it is; the rest says nothing to this version.
            other => {
                if let Some(event) = Event::of(other) {
                    self.emit(event);
                }
            }
        }
    }

    /// Whether it is a message, or a note, that somebody else wrote, and that is to be marked.
    fn is_from_others(&self, event: &ChatEvent) -> bool {
        let (ChatEvent::Posted { by, .. } | ChatEvent::Noted { by, .. }) = event else {
            return false;
        };
        let mine = match (&self.you, by) {
            (Some(You::Patron { .. }), Person::Patron { .. }) => true,
            (Some(You::Operator { person, .. }), by) => person == by,
            (Some(You::Patron { .. }) | None, _) => false,
        };
        self.tells_delivered && !mine
    }

    fn hear_event(&mut self, now: Instant, chat: ChatId, sequenced: Sequenced) {
        let at = Position { seq: sequenced.seq, eid: sequenced.eid };
        let verdict = self.streams.event(chat, at);
        if verdict == Verdict::Deliver && self.is_from_others(&sequenced.event) {
            self.marks.delivered(chat, sequenced.seq, now);
        }
        match verdict {
            Verdict::Deliver => self.emit(Event::Chat { chat, sequenced }),
            Verdict::Ignore => {}
            Verdict::Repair(from) => self.request_subscribe(chat, from, None),
        }
    }

    fn hear_presence(&mut self, re: Option<u32>, view: PresenceView) {
        let Some(re) = re else {
            self.presence.heard(&view, None);
            self.emit(Event::Presence(view));
            return;
        };
        let Some(Asked::Presence { generation, reply }) = self.requests.remove(&re) else {
            return;
        };
        self.presence.heard(&view, Some(generation));
        self.presence_holds(&view);
        if let Some(reply) = reply {
            self.answer(Answer::Presence(reply, Ok(view)));
        }
    }

    fn granted(&mut self, re: u32, done: Done) {
        let Some(asked) = self.requests.remove(&re) else { return };
        match asked {
            Asked::Hello | Asked::Auth | Asked::Signal => {}
            Asked::Sync(reply) | Asked::ListEnd { reply } => {
                self.answer(Answer::Done(reply, Ok(())));
            }
            Asked::List { reply } => {
                self.list = true;
                self.done(reply);
            }
            Asked::Subscribe { chat, reply } => {
                self.streams.granted(chat);
                self.done(reply);
            }
            Asked::Unsubscribe { chat, reply } => {
                self.streams.left(chat);
                self.marks.forget(chat);
                self.done(Some(reply));
            }
            Asked::Write(lane) => self.written(lane, done),
            Asked::Desk(reply) => self.answer(Answer::Desk(reply, Ok(Said::Done))),
            Asked::History(reply) => {
                let error = ClientError::Protocol("`ok` in place of `history`".to_owned());
                self.answer(Answer::History(reply, Err(error)));
            }
            Asked::Presence { reply, .. } => {
                if let Some(reply) = reply {
                    let error = ClientError::Protocol("`ok` in place of `presence`".to_owned());
                    self.answer(Answer::Presence(reply, Err(error)));
                }
            }
        }
    }

    fn done(&mut self, reply: Option<Reply<()>>) {
        if let Some(reply) = reply {
            self.answer(Answer::Done(reply, Ok(())));
        }
    }

    fn written(&mut self, lane: Lane, done: Done) {
        let Some(entry) = self.outbox.answered(lane) else { return };
        let chat = done.chat.or(entry.write.chat());
        // A write that had nothing left to do has no event: it stands where the chat stands.
        let last = chat.and_then(|chat| self.streams.last(chat));
        let at = match (done.seq, done.eid) {
            (Some(seq), Some(eid)) => Some(Position { seq, eid }),
            (_, _) => last,
        };
        let outcome = match (chat, at) {
            (Some(chat), Some(Position { seq, eid })) => Ok(Written { chat, seq, eid }),
            (_, _) => Err(ClientError::Protocol("`ok` to a write without its place".to_owned())),
        };
        // The snapshot may have come on a connection that was lost before this answer.
        let follows = matches!(entry.write, Write::Open(_) | Write::Claim(_));
        if let Some(chat) = chat.filter(|chat| follows && !self.streams.follows(*chat)) {
            self.streams.follow(chat);
            self.request_subscribe(chat, None, None);
        }
        self.answer(Answer::Written(entry.reply, outcome));
    }

    fn refused(&mut self, now: Instant, refused: Refused) {
        let Some(asked) = refused.re.and_then(|re| self.requests.remove(&re)) else { return };
        let retry_after = refused.retry_after_ms.map(Duration::from_millis);
        match asked {
            Asked::Hello | Asked::Signal => {}
            Asked::Auth => {
                self.token_stale_at = refused.temporary.then(|| now + RENEWAL_RETRY);
            }
            Asked::Write(lane) if waits(&refused) => {
                let pauses = self.outbox.pauses(lane);
                let delay = retry_after.unwrap_or_else(|| self.backoff.delay_after(pauses));
                self.outbox.put_off(lane, now + delay.min(RETRY_AFTER_MAX));
            }
            Asked::Write(lane) => {
                if let Some(entry) = self.outbox.answered(lane) {
                    let error = ClientError::Refused(Box::new(refused));
                    self.answer(Answer::Written(entry.reply, Err(error)));
                }
            }
            Asked::Subscribe { chat, reply } => self.not_followed(now, chat, reply, refused),
            Asked::List { reply: None } if refused.temporary => {
                self.list_retry_at = Some(self.later(now, &refused));
            }
            Asked::List { reply: None } => self.list = false,
            Asked::Presence { reply, .. } if refused.temporary => {
                if let Some(reply) = reply {
                    self.presence.wait(reply);
                }
                self.presence_retry_at = Some(self.later(now, &refused));
            }
            Asked::Presence { generation, reply } => {
                self.presence.refused(generation);
                let replies = self.presence.take_waiters();
                for reply in replies.into_iter().chain(reply) {
                    let error = ClientError::Refused(Box::new(refused.clone()));
                    self.answer(Answer::Presence(reply, Err(error)));
                }
            }
            Asked::Unsubscribe { chat, reply } => {
                // The broker does not know it: so it is not followed.
                self.streams.left(chat);
                self.done(Some(reply));
            }
            Asked::Sync(reply) | Asked::ListEnd { reply } | Asked::List { reply: Some(reply) } => {
                self.answer(Answer::Done(reply, Err(ClientError::Refused(Box::new(refused)))));
            }
            Asked::History(reply) => {
                self.answer(Answer::History(reply, Err(ClientError::Refused(Box::new(refused)))));
            }
            Asked::Desk(reply) => {
                self.answer(Answer::Desk(reply, Err(ClientError::Refused(Box::new(refused)))));
            }
        }
    }

    fn not_followed(
        &mut self,
        now: Instant,
        chat: ChatId,
        reply: Option<Reply<()>>,
        refused: Refused,
    ) {
        if let Some(reply) = reply {
            self.streams.failed(chat);
            self.answer(Answer::Done(reply, Err(ClientError::Refused(Box::new(refused)))));
        } else if refused.temporary {
            // It still counts as asked for: its writes go on waiting.
            let later = self.later(now, &refused);
            self.resume_later.insert(chat, later);
        } else if self.streams.forget(chat) {
            self.emit(Event::ChatLost { chat, refused: Box::new(refused) });
        }
    }

    fn later(&mut self, now: Instant, refused: &Refused) -> Instant {
        let told = refused.retry_after_ms.map(Duration::from_millis);
        now + told.unwrap_or_else(|| self.backoff.delay_after(0)).min(RETRY_AFTER_MAX)
    }

    /// Sends again what the broker put off while resuming.
    pub(super) fn retry_resumes(&mut self, now: Instant) {
        let due = |at: Option<Instant>| at.is_some_and(|at| at <= now);
        if due(self.list_retry_at) {
            self.list_retry_at = None;
            self.request_list(None);
        }
        if due(self.presence_retry_at) {
            self.presence_retry_at = None;
            self.restate_presence();
        }
        let chats: Vec<_> =
            self.resume_later.iter().filter(|(_, at)| **at <= now).map(|(chat, _)| *chat).collect();
        for chat in chats {
            self.resume_later.remove(&chat);
            if self.streams.follows(chat) {
                let from = self.streams.last(chat);
                self.request_subscribe(chat, from, None);
            }
        }
    }
}

/// Whether a write waits for a refusal to pass. That nobody is there passes only when somebody
/// comes, and what to do meanwhile is the person's choice: the app is told at once.
fn waits(refused: &Refused) -> bool {
    refused.temporary && !matches!(refused.code, ErrorCode::Offline | ErrorCode::TargetOffline)
}
