//! DeskActor: one per node. It holds the Desk view and acts on what follows from several chats at
//! once: which queues a change concerns, whose deadline is due, who is offered what next, whom a
//! lost connection or a changed queue matters to.
//!
//! It decides nothing about a chat: it nudges the chat, which decides for itself.

mod absences;
mod alarms;
mod elsewhere;
mod handlers;
mod leaving;
mod mine;
mod rows;
mod settling;
mod sweeping;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use actix::{Actor, Addr, AsyncContext, Context};
use deskbell_domain::access::Principal;
use deskbell_domain::chat::event::Digest;
use deskbell_domain::chat::{Command, Summary};
use deskbell_protocol::ids::{ChatId, Target, UserId};
use jiff::Timestamp;
use tokio::sync::Notify;

use self::alarms::Alarms;
use self::elsewhere::ToldElsewhere;
pub use self::handlers::DirectoryChanged;
use self::handlers::{
    Arrived, Departed, Moved, OfferNext, Personal, Previewing, SignOut, SignOutEverywhere, Source,
    SyncDesk, ToldBy, Wake,
};
use self::settling::Settling;
use self::sweeping::{Back, Swept};
use super::chat::{Ask, Deed, Wish};
use super::node::{Node, Seat};
use super::queue::QueueSync;
use super::say::{Place, Refused};
use super::session::Peer;
use crate::presence::{self, Arrival, ConnectionId, NodeId, Shift, Told};
use crate::views::claims::Claims;
use crate::views::desk::DeskView;

/// When a deadline is tried again that nothing has come of, such as while the store is away.
const DUE_AGAIN: Duration = Duration::from_secs(5);

/// The desk's address, and what it may be told.
#[derive(Debug, Clone)]
pub struct Desk(Addr<DeskActor>);

impl Desk {
    /// A chat's summary changed, as the chat knows at version `at`; `None`: it is over.
    pub fn moved(
        &self,
        chat: ChatId,
        at: u64,
        summary: Option<Arc<Summary>>,
        claimed_by: Option<UserId>,
    ) {
        self.0.do_send(Moved { chat, at, summary, from: Source::Here { claimed_by } });
    }

    /// The same, also if what is known is newer: the store itself went back.
    pub fn replace(&self, chat: ChatId, at: u64, summary: Option<Arc<Summary>>) {
        self.0.do_send(Moved { chat, at, summary, from: Source::Anew });
    }

    /// The same, as another node told.
    pub fn heard(&self, chat: ChatId, at: u64, summary: Option<Arc<Summary>>) {
        self.0.do_send(Moved { chat, at, summary, from: Source::Elsewhere });
    }

    /// All live chats, as the store had them.
    pub fn swept(&self, live: Vec<Summary>) {
        self.0.do_send(Swept(live));
    }

    /// What another node told of people.
    pub fn told_elsewhere(&self, told: presence::Elsewhere) {
        self.0.do_send(ToldElsewhere(told));
    }

    /// The store is there again after it was not.
    pub fn back(&self) {
        self.0.do_send(Back);
    }

    /// A chat wants to be ticked at `at`.
    pub fn wake(&self, chat: ChatId, at: Timestamp) {
        self.0.do_send(Wake { chat, at });
    }

    /// Others preview a chat than before.
    pub fn previewing(&self, chat: ChatId, by: Arc<BTreeSet<UserId>>) {
        self.0.do_send(Previewing { chat, by });
    }

    /// A connection began: presence knows at once, the desk follows.
    pub fn arrived(&self, node: &Node, peer: Arc<Peer>) {
        let shift = match &peer.who {
            Principal::Operator(user) => {
                let by = Arrival { connection: peer.connection, session: peer.session };
                node.presence.operator_connected(user, by, node.starts(user))
            }
            Principal::Patron { session, .. } => {
                let arrived = node.presence.patron_connected(session, peer.connection);
                Shift { arrived, ..Shift::default() }
            }
        };
        self.0.do_send(Arrived { peer, shift });
    }

    /// A connection ended.
    pub fn departed(&self, node: &Node, peer: &Arc<Peer>) {
        let shift = match &peer.who {
            Principal::Operator(user) => node.presence.operator_disconnected(user, peer.connection),
            Principal::Patron { session, .. } => {
                let departed = node.presence.patron_disconnected(session, peer.connection);
                Shift { departed, ..Shift::default() }
            }
        };
        self.0.do_send(Departed { peer: peer.clone(), shift });
    }

    /// An operator told her status and monitoring.
    pub fn told(&self, by: Arc<Peer>, told: Told, shift: Shift) {
        self.0.do_send(ToldBy { by, told, shift });
    }

    /// Someone came second at a claim: refuse her with what she may claim instead.
    pub fn offer_next(&self, peer: Arc<Peer>, re: u32, why: Refused) {
        self.0.do_send(OfferNext { peer, re, why });
    }

    /// A list starts: what is offered to the operator herself.
    pub fn personal_rows(&self, user: UserId, peer: Arc<Peer>) {
        self.0.do_send(Personal { user, peer });
    }

    /// Passes a `sync` on, through `queues`, behind everything told before.
    pub fn sync(&self, sync: QueueSync, queues: Vec<Target>) {
        self.0.do_send(SyncDesk { sync, queues });
    }

    /// An operator signs out.
    pub fn sign_out(&self, peer: Arc<Peer>, re: u32, anyway: bool) {
        self.0.do_send(SignOut { peer, re, anyway });
    }

    /// An administrator, `by`, signs somebody out.
    pub fn sign_out_everywhere(&self, user: UserId, by: Arc<Peer>, re: u32) {
        self.0.do_send(SignOutEverywhere { user, by, re });
    }

    /// The directory was replaced.
    pub fn directory_changed(&self, shift: Shift) {
        self.0.do_send(DirectoryChanged(shift));
    }
}

/// See the module.
pub struct DeskActor {
    seat: Arc<Seat>,
    view: DeskView,
    /// Who previews each chat through which node; chats nobody previews are not in it.
    previewing: BTreeMap<ChatId, BTreeMap<NodeId, Arc<BTreeSet<UserId>>>>,
    /// Every operator's connections on this node.
    connections: BTreeMap<UserId, BTreeMap<ConnectionId, Arc<Peer>>>,
    /// Patrons' connections on this node.
    patrons: BTreeMap<Digest, BTreeSet<ConnectionId>>,
    /// The place each waiting patron was last told.
    places: BTreeMap<ChatId, Place>,
    claims: Claims,
    settling: Settling,
    alarms: Alarms,
    row_version: u64,
    /// Wakes the timer task when an earlier deadline was put.
    rearm: Arc<Notify>,
}

impl DeskActor {
    /// Opens the desk with all live chats of the store, on this shard.
    pub fn open(seat: &Arc<Seat>, live: Vec<Summary>) -> Desk {
        let now = seat.node.clock.now();
        let mut actor = Self {
            seat: seat.clone(),
            view: DeskView::default(),
            previewing: BTreeMap::new(),
            connections: BTreeMap::new(),
            patrons: BTreeMap::new(),
            places: BTreeMap::new(),
            claims: Claims::default(),
            settling: Settling::starting(now, seat.node.settings.settling, !live.is_empty()),
            alarms: Alarms::starting(&seat.node.directory.load(), now),
            row_version: 0,
            rearm: Arc::default(),
        };
        let settles = actor.settling.until().is_some();
        seat.node.settling.store(settles, Ordering::Relaxed);
        seat.node.starting.store(settles, Ordering::Relaxed);
        for summary in live {
            actor.take_over(summary);
        }
        if actor.settling.until().is_none() {
            seat.node.staffing().settled();
        }
        Desk(actor.start())
    }

    /// Asks a chat to do something, in the broker's own name.
    fn nudge(&self, chat: ChatId, command: Command) {
        let handle = self.seat.node.registry.chat(chat, &self.seat);
        let deed = Deed { cmid: None, fingerprint: 0, command };
        handle.addr.do_send(Ask { from: None, what: Wish::Do(Box::new(deed)) });
    }

    /// Somebody stands elsewhere than before.
    fn take_in(&mut self, shift: Shift) {
        self.staffing_shifted(&shift);
        self.seat.node.staffing().note(shift.changes);
        self.availability_changed(&shift.targets);
    }

    /// Waiting chats that might ring differently now, and transfers that might have lost their
    /// target, because somebody stands at `targets` or nobody does any more.
    fn availability_changed(&self, targets: &BTreeSet<Target>) {
        if targets.is_empty() {
            return;
        }
        let directory = self.seat.node.directory.load();
        for summary in self.view.all().filter(|it| it.owner.is_none()) {
            let widget = directory.widgets.get(&summary.widget);
            if widget.is_some_and(|it| it.options.iter().any(|option| targets.contains(option))) {
                self.nudge(summary.chat, Command::Replan);
            }
        }
        // While the desk settles, a tick would fire what fell due before; then all are ticked.
        for target in targets.iter().filter(|_| self.settling.until().is_none()) {
            for chat in self.view.offered_to(target) {
                self.nudge(chat, Command::Tick);
            }
        }
    }

    fn tick_what_is_due(&mut self) {
        let now = self.seat.node.clock.now();
        if self.settling.is_over(now) {
            self.settle();
        }
        self.follow_calendar(now);
        if self.claims.forget_old(now) {
            self.tell_places();
        }
        let again = now.checked_add(DUE_AGAIN).unwrap_or(Timestamp::MAX);
        for chat in self.view.take_due(now, again) {
            self.nudge(chat, Command::Tick);
        }
    }
}

impl Actor for DeskActor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        let me = ctx.address().downgrade();
        let (clock, rearm) = (self.seat.node.clock.clone(), self.rearm.clone());
        tokio::task::spawn_local(handlers::keep_time(me, clock, rearm));
    }
}
