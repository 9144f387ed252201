//! What a connection may ask, once it is no longer JSON, and where each request goes.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use actix::{Context, Handler, Message};
use deskbell_domain::access::Denied;
use deskbell_domain::access::bans::Sentence;
use deskbell_domain::chat::{ChatEvent, Command};
use deskbell_domain::person::Status;
use deskbell_protocol::ids::{ChatId, Cmid, Eid, Target, TicketQueueId};
use jiff::Timestamp;

use super::desk::Desire;
use super::{Peer, SessionActor};
use crate::actors::chat::{Ask, Deed, Reach, Wish};
use crate::actors::node::{Node, Seat};
use crate::actors::say::{Refused, Say};
use crate::log::{LogError, StreamId, record};
use crate::presence::Told;

/// A request of this connection.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Request {
    /// Its id.
    pub re: u32,
    /// What it wants.
    pub want: Want,
}

/// What a request wants.
#[derive(Debug)]
#[expect(missing_docs, reason = "the variants say what their fields hold")]
pub enum Want {
    /// To change a chat, or to open one.
    Do { chat: ChatId, deed: Box<Deed> },
    /// To follow one.
    Follow { chat: ChatId, from: Option<(u64, Eid)> },
    /// To follow it no longer.
    Unfollow { chat: ChatId },
    /// Older events.
    History { chat: ChatId, before: u64, max: u32 },
    /// To tell that one writes.
    Typing { chat: ChatId, on: bool },
    /// To keep its patron from ringing again.
    Ban { chat: ChatId, hours: u32, reason: Option<String> },
    /// Where it may be transferred to.
    Targets { chat: ChatId },
    /// To tell how far one has got.
    Mark { chat: ChatId, reach: Reach },
    /// The operator's list.
    Watch,
    /// No list any longer.
    Unwatch,
    /// Status and monitoring.
    Tell {
        status: Status,
        monitoring: BTreeSet<Target>,
        /// None: as before.
        ticket_queues: Option<BTreeSet<TicketQueueId>>,
        at: Option<Timestamp>,
    },
    /// An answer once everything before has been sent.
    Sync,
    /// Something of the desk as a whole.
    Desk(Desire),
}

impl Want {
    /// A write.
    pub fn write(chat: ChatId, cmid: Cmid, fingerprint: u64, command: Command) -> Self {
        Self::Do { chat, deed: Box::new(Deed { cmid: Some(cmid), fingerprint, command }) }
    }
}

impl Peer {
    /// Takes in a request of this connection. What is said in a chat, most of all requests, needs
    /// nothing of the session and goes straight to the chat; but never past an earlier request of
    /// the same connection.
    pub fn request(self: &Arc<Self>, request: Request, seat: &Arc<Seat>) {
        self.outbox.request_began();
        let overtakes = self.passing.load(Ordering::Relaxed) > 0;
        match request {
            Request { re, want: Want::Do { chat, deed } }
                if !overtakes && matches!(deed.command, Command::Post { .. }) =>
            {
                self.ask(re, chat, Wish::Do(deed), seat);
            }
            request => {
                self.passing.fetch_add(1, Ordering::Relaxed);
                self.addr.do_send(request);
            }
        }
    }

    /// Answers a request of this connection, from outside its session.
    pub(in crate::actors) fn answer(&self, say: &Say<'_>, node: &Node) {
        self.outbox.push_all([node.encode.encode(say, &node.directory.load())], 1, false);
    }

    pub(in crate::actors) fn refuse(&self, re: u32, why: &Refused, node: &Node) {
        self.answer(&Say::Refused { re, why, next: None }, node);
    }

    fn ask(self: &Arc<Self>, re: u32, chat: ChatId, what: Wish, seat: &Arc<Seat>) {
        let handle = seat.node.registry.chat(chat, seat);
        handle.addr.do_send(Ask { from: Some((self.clone(), re)), what });
    }
}

impl Handler<Request> for SessionActor {
    type Result = ();

    fn handle(&mut self, Request { re, want }: Request, ctx: &mut Context<Self>) {
        self.peer.passing.fetch_sub(1, Ordering::Relaxed);
        match want {
            Want::Do { chat, deed } => {
                if let Err(why) = self.has_room_for(chat, &deed.command) {
                    return self.refuse(re, &why);
                }
                match &deed.command {
                    Command::Open(opened) if opened.continues.is_some() => {
                        self.open_if_hers(re, chat, deed);
                    }
                    _ => self.ask(re, chat, Wish::Do(deed)),
                }
            }
            Want::Follow { chat, from } => match self.may_follow(chat) {
                Ok(()) => self.ask(re, chat, Wish::Follow { from }),
                Err(why) => self.refuse(re, &why),
            },
            Want::Unfollow { chat } => self.ask(re, chat, Wish::Unfollow),
            Want::History { chat, before, max } => {
                self.ask(re, chat, Wish::History { before, max });
            }
            Want::Typing { chat, on } => self.ask(re, chat, Wish::Typing { on }),
            Want::Targets { chat } => self.ask(re, chat, Wish::Targets),
            Want::Mark { chat, reach } => self.ask(re, chat, Wish::Mark(reach)),
            Want::Ban { chat, hours, reason } => match self.peer.operator().cloned() {
                Some(by) => {
                    let sentence = Sentence { by, chat, hours, reason };
                    self.ask(re, chat, Wish::Ban(Box::new(sentence)));
                }
                None => self.refuse(re, &Refused::Denied(Denied::WrongRole)),
            },
            Want::Watch => self.watch(re),
            Want::Unwatch => {
                self.drop_list();
                self.reply(&Say::Done { re, at: None });
            }
            Want::Tell { status, monitoring, ticket_queues, at } => {
                self.tell(re, status, monitoring, ticket_queues, at);
            }
            Want::Sync => self.sync(re, ctx),
            Want::Desk(desire) => match self.peer.operator().cloned() {
                Some(user) => self.desires(re, &user, desire),
                None => self.refuse(re, &Refused::Denied(Denied::WrongRole)),
            },
        }
    }
}

impl SessionActor {
    pub(super) fn ask(&self, re: u32, chat: ChatId, what: Wish) {
        self.peer.ask(re, chat, what, &self.seat);
    }

    /// A ring that goes on from an earlier chat: that must be the same patron's.
    fn open_if_hers(&self, re: u32, chat: ChatId, deed: Box<Deed>) {
        let (peer, seat) = (self.peer.clone(), self.seat.clone());
        tokio::task::spawn_local(async move {
            match is_hers(&seat.node, &deed.command).await {
                Ok(true) => peer.ask(re, chat, Wish::Do(deed), &seat),
                Ok(false) => peer.refuse(re, &Refused::Denied(Denied::NotFound), &seat.node),
                Err(error) => {
                    tracing::warn!(%chat, %error, "the earlier chat cannot be read");
                    peer.refuse(re, &Refused::Unavailable, &seat.node);
                }
            }
        });
    }

    pub(super) fn refuse(&self, re: u32, why: &Refused) {
        self.reply(&Say::Refused { re, why, next: None });
    }

    fn has_room_for(&self, chat: ChatId, command: &Command) -> Result<(), Refused> {
        match command {
            Command::Claim { .. } => self.may_follow(chat),
            _ => Ok(()),
        }
    }

    fn may_follow(&self, chat: ChatId) -> Result<(), Refused> {
        let most = self.seat.node.settings.limits.operator_chats;
        let full = self.follows.len() >= usize::try_from(most).unwrap_or(usize::MAX);
        if full && !self.follows.contains(&chat) {
            Err(Refused::TooManyChats(most))
        } else {
            Ok(())
        }
    }

    fn tell(
        &mut self,
        re: u32,
        status: Status,
        wanted: BTreeSet<Target>,
        tickets: Option<BTreeSet<TicketQueueId>>,
        at: Option<Timestamp>,
    ) {
        let Some(user) = self.peer.operator().cloned() else {
            return self.refuse(re, &Refused::Denied(Denied::WrongRole));
        };
        let node = self.seat.node.clone();
        let directory = node.directory.load();
        let denied = wanted.iter().find(|target| {
            matches!(target, Target::Operator(_)) || !directory.may_monitor(&user, target)
        });
        if let Some(target) = denied {
            return self.refuse(re, &Refused::MayNotMonitor(target.to_string()));
        }
        let foreign = tickets.iter().flatten();
        let foreign = foreign.into_iter().find(|it| !directory.may_monitor_tickets(&user, it));
        if let Some(queue) = foreign {
            return self.refuse(re, &Refused::MayNotMonitor(format!("ticket queue {queue}")));
        }
        let as_before = || node.presence.told(&user).map(|it| it.ticket_queues);
        let ticket_queues = tickets.or_else(as_before).unwrap_or_default();
        let now = node.clock.now();
        // A clock that runs ahead must not make later changes look old.
        let at = at.map_or(now, |at| at.min(now));
        let (holds, shift) = {
            let told = Told { status, monitoring: wanted, ticket_queues, at };
            node.presence.tell(&user, told)
        };
        self.monitoring_changed(&holds);
        self.reply(&Say::Presence { re: Some(re), told: &holds });
        node.desk().told(Arc::clone(&self.peer), holds, shift);
    }
}

/// Whether the chat that a ring goes on from was opened in the same session.
async fn is_hers(node: &Node, command: &Command) -> Result<bool, LogError> {
    let Command::Open(opened) = command else { return Ok(true) };
    let Some(earlier) = opened.continues else { return Ok(true) };
    let page = node.log.read(StreamId::Chat(earlier), 0, 1).await?;
    let Some(first) = page.records.first() else { return Ok(false) };
    match record::chat::decode(&first.entry.event)? {
        ChatEvent::Opened(before) => Ok(before.session == opened.session),
        _ => Ok(false),
    }
}
