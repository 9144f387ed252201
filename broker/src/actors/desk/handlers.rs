//! What the desk is told, and the timer that wakes it.

use std::collections::BTreeSet;
use std::sync::Arc;

use actix::{Context, Handler, Message, WeakAddr};
use deskbell_domain::access::Principal;
use deskbell_domain::chat::{Command, Summary};
use deskbell_protocol::ids::{ChatId, Target, UserId};
use jiff::Timestamp;
use tokio::sync::Notify;

use super::{DeskActor, mine};
use crate::actors::queue::QueueSync;
use crate::actors::say::{Refused, Say};
use crate::actors::session::{Deliver, Peer, Synced};
use crate::presence::{NodeId, Shift, Told};
use crate::world::Clock;

/// This node, among those through which a chat is previewed.
const HERE: NodeId = 0;

#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(super) struct Moved {
    pub(super) chat: ChatId,
    pub(super) at: u64,
    pub(super) summary: Option<Arc<Summary>>,
    pub(super) from: Source,
}

/// Where a change was told.
#[derive(Debug)]
pub(super) enum Source {
    /// On this node, by the chat.
    Here { claimed_by: Option<UserId> },
    /// On this node, by a chat that was read anew: it counts, whatever was known.
    Anew,
    /// On another node.
    Elsewhere,
}

#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(super) struct SignOut {
    pub(super) peer: Arc<Peer>,
    pub(super) re: u32,
    pub(super) anyway: bool,
}

#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(super) struct SignOutEverywhere {
    pub(super) user: UserId,
    pub(super) by: Arc<Peer>,
    pub(super) re: u32,
}

#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(super) struct Wake {
    pub(super) chat: ChatId,
    pub(super) at: Timestamp,
}

#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(super) struct Previewing {
    pub(super) chat: ChatId,
    pub(super) by: Arc<BTreeSet<UserId>>,
}

#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(super) struct Arrived {
    pub(super) peer: Arc<Peer>,
    pub(super) shift: Shift,
}

#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(super) struct Departed {
    pub(super) peer: Arc<Peer>,
    pub(super) shift: Shift,
}

#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(super) struct ToldBy {
    pub(super) by: Arc<Peer>,
    pub(super) told: Told,
    pub(super) shift: Shift,
}

#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(super) struct OfferNext {
    pub(super) peer: Arc<Peer>,
    pub(super) re: u32,
    pub(super) why: Refused,
}

#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(super) struct Personal {
    pub(super) user: UserId,
    pub(super) peer: Arc<Peer>,
}

#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(super) struct SyncDesk {
    pub(super) sync: QueueSync,
    pub(super) queues: Vec<Target>,
}

/// The directory was replaced, with this effect on who monitors what.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct DirectoryChanged(pub Shift);

/// Asks when the next deadline is; answered after what was due has been ticked.
#[derive(Debug, Message)]
#[rtype(result = "Option<Timestamp>")]
struct NextDue;

/// Wakes the desk whenever something is due.
pub(super) async fn keep_time(
    desk: WeakAddr<DeskActor>,
    clock: Arc<dyn Clock>,
    rearm: Arc<Notify>,
) {
    loop {
        let Some(addr) = desk.upgrade() else { return };
        let Ok(next) = addr.send(NextDue).await else { return };
        drop(addr);
        match next {
            None => rearm.notified().await,
            Some(at) => tokio::select! {
                () = clock.sleep_until(at) => {}
                () = rearm.notified() => {}
            },
        }
    }
}

impl Handler<NextDue> for DeskActor {
    type Result = Option<Timestamp>;

    fn handle(&mut self, _: NextDue, _: &mut Context<Self>) -> Option<Timestamp> {
        self.tick_what_is_due();
        let settled = self.settling.until();
        self.view
            .next_due()
            .into_iter()
            .chain(settled)
            .chain(self.alarms.next())
            .chain(self.claims.next_end())
            .min()
    }
}

impl Handler<Moved> for DeskActor {
    type Result = ();

    fn handle(&mut self, moved: Moved, _: &mut Context<Self>) {
        let Moved { chat, at, summary, from } = moved;
        let summary = summary.map(|it| self.settling.changed(it));
        let is_anew = matches!(from, Source::Anew);
        let claimed_by = match from {
            Source::Here { claimed_by } => claimed_by,
            Source::Anew | Source::Elsewhere => self.new_owner(chat, summary.as_ref()),
        };
        // A tick that changed nothing only arms the chat again.
        let news = self.view.get(chat) != summary.as_ref();
        let owned = |it: Option<&Arc<Summary>>| it.is_some_and(|it| it.owner.is_some());
        let stays_owned = owned(self.view.get(chat)) && owned(summary.as_ref());
        let concerned = mine::changed(self.view.get(chat), summary.as_ref());
        let rang = self.view.get(chat).cloned();
        let Some(change) = self.put(chat, at, summary, is_anew) else { return };
        if claimed_by.is_some() {
            self.count_claim(rang);
        }
        self.rearm.notify_one();
        if !news {
            return self.reconcile(chat);
        }
        for target in change.left {
            self.take_row(chat, &target, claimed_by.as_ref());
        }
        self.put_row(chat, &change.stands);
        self.tell_mine(concerned);
        if !stays_owned {
            self.tell_places();
        }
        self.reconcile(chat);
    }
}

impl Handler<SignOut> for DeskActor {
    type Result = ();

    fn handle(&mut self, SignOut { peer, re, anyway }: SignOut, _: &mut Context<Self>) {
        self.sign_out(&peer, re, anyway);
    }
}

impl Handler<SignOutEverywhere> for DeskActor {
    type Result = ();

    fn handle(&mut self, asked: SignOutEverywhere, _: &mut Context<Self>) {
        let SignOutEverywhere { user, by, re } = asked;
        self.sign_out_everywhere(user, by, re);
    }
}

impl Handler<Wake> for DeskActor {
    type Result = ();

    fn handle(&mut self, Wake { chat, at }: Wake, _: &mut Context<Self>) {
        self.view.wake(chat, at);
        self.rearm.notify_one();
    }
}

impl Handler<Previewing> for DeskActor {
    type Result = ();

    fn handle(&mut self, Previewing { chat, by }: Previewing, _: &mut Context<Self>) {
        self.previewed(HERE, chat, by);
    }
}

impl Handler<Arrived> for DeskActor {
    type Result = ();

    fn handle(&mut self, Arrived { peer, shift }: Arrived, _: &mut Context<Self>) {
        match &peer.who {
            Principal::Operator(user) => {
                if shift.arrived {
                    for chat in self.view.of_operator(user) {
                        self.nudge(chat, Command::OperatorFound { who: user.clone() });
                    }
                }
                let connections = self.connections.entry(user.clone()).or_default();
                connections.insert(peer.connection, peer.clone());
            }
            Principal::Patron { session, .. } => {
                let here = self.patrons.entry(*session).or_default();
                here.insert(peer.connection);
                if here.len() == 1 {
                    for chat in self.view.of_patron(session) {
                        // Her chat may have left memory meanwhile, and her place with it.
                        self.places.remove(&chat);
                        if shift.arrived {
                            self.nudge(chat, Command::PatronFound);
                        }
                    }
                    self.tell_places();
                }
            }
        }
        self.take_in(shift);
    }
}

impl Handler<Departed> for DeskActor {
    type Result = ();

    fn handle(&mut self, Departed { peer, shift }: Departed, _: &mut Context<Self>) {
        match &peer.who {
            Principal::Operator(user) => {
                if let Some(connections) = self.connections.get_mut(user) {
                    connections.remove(&peer.connection);
                    if connections.is_empty() {
                        self.connections.remove(user);
                    }
                }
                if shift.departed {
                    self.operator_departed(user);
                }
            }
            Principal::Patron { session, .. } => {
                if let Some(here) = self.patrons.get_mut(session) {
                    here.remove(&peer.connection);
                    if here.is_empty() {
                        self.patrons.remove(session);
                    }
                }
                if shift.departed {
                    self.patron_departed(session);
                }
            }
        }
        self.take_in(shift);
    }
}

impl Handler<ToldBy> for DeskActor {
    type Result = ();

    fn handle(&mut self, ToldBy { by, told, shift }: ToldBy, _: &mut Context<Self>) {
        if let Some(user) = by.operator() {
            self.tell_devices(user, Some(by.connection), &told);
        }
        self.take_in(shift);
    }
}

impl Handler<OfferNext> for DeskActor {
    type Result = ();

    fn handle(&mut self, OfferNext { peer, re, why }: OfferNext, _: &mut Context<Self>) {
        let next = peer.operator().and_then(|user| self.next_for(user));
        let node = &self.seat.node;
        let say = Say::Refused { re, why: &why, next: next.as_deref() };
        peer.deliver(Deliver::answer(node.encode.encode(&say, &node.directory.load())));
    }
}

impl Handler<Personal> for DeskActor {
    type Result = ();

    fn handle(&mut self, Personal { user, peer }: Personal, _: &mut Context<Self>) {
        self.show_personal(user, &peer);
    }
}

impl Handler<SyncDesk> for DeskActor {
    type Result = ();

    fn handle(&mut self, SyncDesk { sync, queues }: SyncDesk, _: &mut Context<Self>) {
        for target in queues {
            self.seat.node.registry.queue(&target, &self.seat).do_send(sync.clone());
        }
        sync.peer.addr.do_send(Synced(sync.re));
    }
}

impl Handler<DirectoryChanged> for DeskActor {
    type Result = ();

    fn handle(&mut self, DirectoryChanged(shift): DirectoryChanged, _: &mut Context<Self>) {
        self.restate_monitoring();
        self.take_in(shift);
        self.return_what_is_no_longer_theirs();
        self.plan_calendar();
        self.rearm.notify_one();
    }
}
