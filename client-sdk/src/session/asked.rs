//! Calls of the app, and the requests that they become.
//!
//! Requests leave in order, within the rate and the number in flight that `welcome` told (beyond
//! which the broker would not even read a `pong`). Not here: their replies (`heard.rs`).

use tokio::time::Instant;

use super::{Answer, Asked, Phase, Session};
use crate::client::{Command, Monitoring, Reply};
use crate::error::ClientError;
use crate::event::Status;
use crate::outbox::{Entry, Lane};
use crate::presence::Wish;
use crate::protocol::codes::ErrorCode;
use crate::protocol::event::Position;
use crate::protocol::ids::{ChatId, Cmid};
use crate::protocol::to_broker::ToBroker;
use crate::protocol::to_client::Refused;
use crate::protocol::view::PresenceView;

impl Session {
    /// The app calls.
    pub(crate) fn ask(&mut self, now: Instant, command: Command) {
        if let Status::Closed(reason) = &self.status {
            let error = ClientError::Closed(reason.clone());
            return self.refuse(command, error);
        }
        if self.waiting() >= self.waiting_max && !unbounded(&command) {
            return self.refuse(command, ClientError::Full(self.waiting_max));
        }
        let open = matches!(self.phase, Phase::Open { .. });
        match command {
            Command::Close => self.stop(),
            Command::Write { cmid, write, reply } => {
                let cmid = cmid.unwrap_or_else(|| Cmid(self.ids.uuid()));
                self.outbox.push(Entry { cmid, write, reply });
            }
            Command::Typing { chat, on } if open => self.typing(now, chat, on),
            // Nobody is there to see it.
            Command::Typing { .. } => {}
            Command::Read { chat, seq } => self.marks.read(chat, seq, now),
            Command::SetPresence { told, reply } => {
                let at = self.server_now(now);
                let Monitoring { status, targets: monitoring, ticket_queues } = told;
                let wish = Wish { status, monitoring, ticket_queues, at, made: Some(now) };
                let generation = self.presence.wish(wish.clone());
                if open {
                    // The broker's own clock is the better one for a change made right now.
                    self.tell_presence(generation, Wish { at: None, ..wish }, Some(reply));
                } else {
                    self.presence.wait(reply);
                }
            }
            read if open => self.read(read),
            read => self.reads.push_back(read),
        }
        self.flow(now);
    }

    /// Calls that wait for an answer.
    fn waiting(&self) -> usize {
        self.outbox.len() + self.reads.len() + self.requests.len()
    }

    fn typing(&mut self, now: Instant, chat: ChatId, on: bool) {
        // A signal that would have to wait is worth nothing when it arrives.
        if self.queued.is_empty() && self.room_in_flight() && self.pace.next_at(now) <= now {
            self.request(Asked::Signal, |id| ToBroker::ChatTyping { id, chat, on });
        }
    }

    pub(super) fn tell_presence(
        &mut self,
        generation: u32,
        wish: Wish,
        reply: Option<Reply<PresenceView>>,
    ) {
        let Wish { status, monitoring, ticket_queues, at, .. } = wish;
        self.request(Asked::Presence { generation, reply }, |id| ToBroker::PresenceSet {
            id,
            status,
            monitoring,
            ticket_queues,
            at,
        });
    }

    pub(super) fn restate_presence(&mut self) {
        let Some(wish) = self.presence.to_restate().cloned() else { return };
        let generation = self.presence.generation();
        self.tell_presence(generation, wish, None);
    }

    pub(super) fn request_list(&mut self, reply: Option<Reply<()>>) {
        self.request(Asked::List { reply }, |id| ToBroker::ListSubscribe { id });
    }

    pub(super) fn request_subscribe(
        &mut self,
        chat: ChatId,
        from: Option<Position>,
        reply: Option<Reply<()>>,
    ) {
        let asked = Asked::Subscribe { chat, reply };
        self.request(asked, |id| ToBroker::ChatSubscribe { id, chat, from });
    }

    /// A call that is answered by this connection or not at all.
    pub(super) fn read(&mut self, command: Command) {
        match command {
            Command::Subscribe { chat, from, reply } => {
                self.streams.ask(chat, from);
                self.request_subscribe(chat, from, Some(reply));
            }
            Command::Unsubscribe { chat, reply } => {
                self.streams.leave(chat);
                let asked = Asked::Unsubscribe { chat, reply };
                self.request(asked, |id| ToBroker::ChatUnsubscribe { id, chat });
            }
            Command::History { chat, before, max, reply } => {
                let asked = Asked::History(reply);
                self.request(asked, |id| ToBroker::ChatHistory { id, chat, before, max });
            }
            Command::ListSubscribe { reply } => self.request_list(Some(reply)),
            Command::ListUnsubscribe { reply } => {
                self.list = false;
                self.request(Asked::ListEnd { reply }, |id| ToBroker::ListUnsubscribe { id });
            }
            Command::Sync { reply } => self.request(Asked::Sync(reply), |id| ToBroker::Sync { id }),
            Command::Desk { call, reply } => self.request(Asked::Desk(reply), |id| call.frame(id)),
            Command::Write { .. }
            | Command::SetPresence { .. }
            | Command::Typing { .. }
            | Command::Read { .. }
            | Command::Close => unreachable!("`ask` keeps these for itself"),
        }
    }

    pub(super) fn request(&mut self, asked: Asked, frame: impl FnOnce(u32) -> ToBroker) {
        self.next_id = self.next_id.wrapping_add(1);
        self.requests.insert(self.next_id, asked);
        self.queued.push_back((self.next_id, frame(self.next_id)));
    }

    pub(super) fn room_in_flight(&self) -> bool {
        let in_flight = self.requests.len().saturating_sub(self.queued.len());
        in_flight < self.limits.requests_in_flight.max(1) as usize
    }

    /// Lets as much go as may go now: what was asked first, then writes that are ready.
    pub(super) fn flow(&mut self, now: Instant) {
        if !matches!(self.phase, Phase::Open { .. }) {
            return;
        }
        loop {
            if self.queued.is_empty() && !self.queue_write(now) && !self.queue_mark(now) {
                return;
            }
            if !self.room_in_flight() || !self.pace.take(now) {
                return;
            }
            if let Some((id, frame)) = self.queued.pop_front() {
                self.release(id, &frame);
            }
        }
    }

    fn queue_write(&mut self, now: Instant) -> bool {
        let streams = &self.streams;
        // A chat that is being resumed first hears what it missed.
        let held = |lane| matches!(lane, Lane::Chat(chat) if streams.asking(chat));
        let Some((lane, entry)) = self.outbox.send_next(now, held) else { return false };
        let (write, cmid) = (entry.write.clone(), entry.cmid);
        self.request(Asked::Write(lane), |id| write.frame(id, cmid));
        true
    }

    /// A mark takes the room that nothing else wants.
    fn queue_mark(&mut self, now: Instant) -> bool {
        if !self.room_in_flight() || self.pace.next_at(now) > now {
            return false;
        }
        let Some((chat, reach)) = self.marks.next(now) else { return false };
        let (delivered, read) = (Some(reach.delivered), (reach.read > 0).then_some(reach.read));
        self.request(Asked::Signal, |id| ToBroker::ChatMark { id, chat, delivered, read });
        true
    }

    /// When a mark may be told: once it is due and there is room for it.
    pub(super) fn mark_deadline(&self, now: Instant) -> Option<Instant> {
        let due = self.marks.deadline().filter(|_| self.room_in_flight())?;
        Some(due.max(self.pace.next_at(now)))
    }

    pub(super) fn outbox_deadline(&self, now: Instant) -> Option<Instant> {
        // One that is over already waits for something else, which will come as a frame.
        self.outbox.deadline().filter(|until| *until > now)
    }

    fn release(&mut self, id: u32, frame: &ToBroker) {
        let text = encode(frame);
        if text.len() <= self.limits.frame_bytes as usize {
            self.frames.push_back(text);
            return;
        }
        // The broker would close the connection for good over it, and each one after.
        let refused = Refused {
            re: Some(id),
            code: ErrorCode::BadText,
            message: format!("longer than a frame of {} bytes", self.limits.frame_bytes),
            temporary: false,
            retry_after_ms: None,
            by: None,
            next: None,
            chats: Vec::new(),
        };
        if let Some(Asked::Write(lane)) = self.requests.remove(&id)
            && let Some(entry) = self.outbox.answered(lane)
        {
            let outcome = Err(ClientError::Refused(Box::new(refused)));
            self.answer(Answer::Written(entry.reply, outcome));
        }
    }

    /// Frames that are no requests of the app, and `hello`: outside rate and count.
    pub(super) fn send_now(&mut self, frame: &ToBroker) {
        self.frames.push_back(encode(frame));
    }

    /// Answers a call that was never sent.
    pub(super) fn refuse(&mut self, command: Command, error: ClientError) {
        match command {
            Command::Write { reply, .. } => self.answer(Answer::Written(reply, Err(error))),
            Command::Subscribe { reply, .. }
            | Command::Unsubscribe { reply, .. }
            | Command::ListSubscribe { reply }
            | Command::ListUnsubscribe { reply }
            | Command::Sync { reply } => self.answer(Answer::Done(reply, Err(error))),
            Command::History { reply, .. } => self.answer(Answer::History(reply, Err(error))),
            Command::Desk { reply, .. } => self.answer(Answer::Desk(reply, Err(error))),
            Command::SetPresence { reply, .. } => self.answer(Answer::Presence(reply, Err(error))),
            Command::Typing { .. } | Command::Read { .. } | Command::Close => {}
        }
    }

    /// Ends a request that this connection will not answer any more.
    pub(super) fn fail(&mut self, asked: Asked, error: impl Fn() -> ClientError) {
        match asked {
            // The outbox and the presence go on; the rest was the SDK's own.
            Asked::Write(_) | Asked::Hello | Asked::Auth | Asked::Signal => {}
            Asked::Presence { reply, .. } => {
                if let Some(reply) = reply {
                    self.presence.wait(reply);
                }
            }
            Asked::List { reply } | Asked::Subscribe { reply, .. } => {
                if let Some(reply) = reply {
                    self.answer(Answer::Done(reply, Err(error())));
                }
            }
            Asked::Sync(reply) => self.answer(Answer::Done(reply, Err(error()))),
            Asked::History(reply) => self.answer(Answer::History(reply, Err(error()))),
            Asked::Desk(reply) => self.answer(Answer::Desk(reply, Err(error()))),
            // No connection follows anything: what was asked for is so.
            Asked::ListEnd { reply } | Asked::Unsubscribe { reply, .. } => {
                self.answer(Answer::Done(reply, Ok(())));
            }
        }
    }
}

/// Calls that hold no place among those that wait.
fn unbounded(command: &Command) -> bool {
    matches!(command, Command::Close | Command::Typing { .. } | Command::Read { .. })
}

fn encode(frame: &ToBroker) -> String {
    serde_json::to_string(frame).expect("frames have text keys and finite numbers only")
}
