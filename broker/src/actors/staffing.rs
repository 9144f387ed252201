//! StaffingActor: one per node. It stores who began and ceased to stand where, a stream for each
//! day, in order and off everybody's path: nobody waits for these facts.
//!
//! They are kept for reports, and for a restart: while the desk settles, a queue where somebody
//! stood just before counts as online. A broker that goes down for a restart records nobody as
//! gone; whoever has not come back when the next one has settled is recorded then.
//!
//! Not here: who is there now (`presence`).

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use actix::{Actor, Addr, AsyncContext, Context, Handler, Message};
use deskbell_domain::person::{Author, Status};
use deskbell_domain::staffing::{Staffing, StaffingEvent};
use deskbell_protocol::ids::{Target, UserId};
use jiff::Timestamp;

use super::appender::Settled;
use super::node::Seat;
use crate::log::{Append, Entry, EventLog, LiveChange, LogError, Outcome, StreamId, record};
use crate::presence::Presence;

/// Facts that may wait for a store that is away. Beyond, the oldest are given up, and said so.
const WAITING_MAX: usize = 10_000;
/// Facts stored together at most.
const BATCH_MAX: usize = 256;
/// How long to wait for a store that is away.
const TRY_AGAIN_AFTER: Duration = Duration::from_secs(1);
/// Records read at once.
const PAGE: usize = 512;
const SECONDS_PER_DAY: i64 = 86_400;

/// The actor's address, and what it may be told.
#[derive(Debug, Clone)]
pub struct Ledger(Addr<StaffingActor>);

impl Ledger {
    /// Somebody may have begun or ceased to stand somewhere: a reason to look.
    pub fn note(&self, changes: Vec<StaffingEvent>) {
        if !changes.is_empty() {
            self.0.do_send(Note(changes));
        }
    }

    /// The same on another node, which stores it.
    pub fn heard(&self, changes: Vec<StaffingEvent>) {
        if !changes.is_empty() {
            self.0.do_send(HeardOf(changes));
        }
    }

    /// The desk has settled: who has not come back is gone.
    pub fn settled(&self) {
        self.0.do_send(Reconcile);
    }

    /// The broker goes down, not its people: nothing is noted from now on.
    pub fn rest(&self) {
        self.0.do_send(Rest);
    }
}

#[derive(Debug, Message)]
#[rtype(result = "()")]
struct Note(Vec<StaffingEvent>);

#[derive(Debug, Message)]
#[rtype(result = "()")]
struct HeardOf(Vec<StaffingEvent>);

#[derive(Debug, Message)]
#[rtype(result = "()")]
struct Reconcile;

#[derive(Debug, Message)]
#[rtype(result = "()")]
struct Rest;

#[derive(Debug, Message)]
#[rtype(result = "()")]
struct TryAgain;

/// See the module.
pub struct StaffingActor {
    seat: Arc<Seat>,
    /// By the facts noted so far, stored or not.
    staffing: Staffing,
    /// Not stored yet, oldest first.
    waiting: VecDeque<Entry>,
    /// How many of `waiting` are on their way. At most one append is.
    in_flight: usize,
    /// The stream of the last append, and its version as far as this actor knows.
    stream: (StreamId, u64),
    rests: bool,
}

/// Who stood where by the facts of today and yesterday. A shift that began earlier without any
/// change since is not found.
pub async fn read(log: &dyn EventLog, now: Timestamp) -> Result<Staffing, LogError> {
    let mut staffing = Staffing::default();
    let today = day(now);
    for day in [today.saturating_sub(1), today] {
        let mut version = 0;
        loop {
            let page = log.read(StreamId::Staffing(day), version, PAGE).await?;
            for stored in &page.records {
                version = stored.seq;
                staffing.evolve(&record::staffing::decode(&stored.entry.event)?);
            }
            if !page.more {
                break;
            }
        }
    }
    Ok(staffing)
}

/// Days since 1970-01-01, in UTC.
fn day(at: Timestamp) -> u32 {
    u32::try_from(at.as_second() / SECONDS_PER_DAY).unwrap_or(0)
}

/// Whether what rings at `target` reaches `user` right now.
fn stands(presence: &dyn Presence, user: &UserId, target: &Target) -> bool {
    let standing = presence.standing(user);
    match target {
        Target::Operator(_) => standing.status == Status::Online,
        Target::Department(_) | Target::Coop(_) => {
            standing.status.rings() && standing.monitoring.contains(target)
        }
    }
}

impl StaffingActor {
    /// Starts it on this shard, with what the store says of before.
    pub fn open(seat: &Arc<Seat>, staffing: Staffing) -> Ledger {
        let stream = (StreamId::Staffing(day(seat.node.clock.now())), 0);
        let waiting = VecDeque::new();
        let seat = seat.clone();
        Ledger(Self { seat, staffing, waiting, in_flight: 0, stream, rests: false }.start())
    }

    fn note(&mut self, event: &StaffingEvent) {
        if self.rests || !self.staffing.evolve(event) {
            return;
        }
        if self.waiting.len() >= WAITING_MAX + self.in_flight {
            self.waiting.remove(self.in_flight);
            tracing::error!("the store is away for too long: a staffing fact is given up");
        }
        let node = &self.seat.node;
        let (StaffingEvent::Began { who, .. } | StaffingEvent::Ceased { who, .. }) = event;
        self.waiting.push_back(Entry {
            author: Author::Operator(who.clone()),
            cmid: None,
            fingerprint: 0,
            eid: node.chance.eid(),
            at: node.clock.now(),
            event: record::staffing::encode(event),
        });
    }

    /// Sends off what waits, a day's worth at a time.
    fn send_off(&mut self, ctx: &mut Context<Self>) {
        let Some(first) = self.waiting.front().filter(|_| self.in_flight == 0) else { return };
        let today = day(first.at);
        let entries = self.waiting.iter().take(BATCH_MAX).take_while(|it| day(it.at) == today);
        let entries: Vec<_> = entries.cloned().collect();
        self.in_flight = entries.len();
        let stream = StreamId::Staffing(today);
        if self.stream.0 != stream {
            self.stream = (stream, 0);
        }
        let (expect, after, live) = (self.stream.1, None, LiveChange::Keep);
        let append = Append { stream, expect, after, entries, live };
        self.seat.appender.append(append, ctx.address().recipient());
    }

    fn landed(&mut self, count: usize) {
        self.stream.1 += count as u64;
        self.waiting.drain(..count);
    }
}

impl Actor for StaffingActor {
    type Context = Context<Self>;
}

impl Handler<Note> for StaffingActor {
    type Result = ();

    fn handle(&mut self, Note(changes): Note, ctx: &mut Context<Self>) {
        // Two shards may report in another order than it happened: what holds now is what counts.
        let presence = self.seat.node.presence.clone();
        for change in changes {
            let (StaffingEvent::Began { who, at } | StaffingEvent::Ceased { who, at }) = change;
            self.note(&if stands(&*presence, &who, &at) {
                StaffingEvent::Began { who, at }
            } else {
                StaffingEvent::Ceased { who, at }
            });
        }
        self.send_off(ctx);
    }
}

impl Handler<HeardOf> for StaffingActor {
    type Result = ();

    fn handle(&mut self, HeardOf(changes): HeardOf, _: &mut Context<Self>) {
        for change in &changes {
            self.staffing.evolve(change);
        }
    }
}

impl Handler<Reconcile> for StaffingActor {
    type Result = ();

    fn handle(&mut self, _: Reconcile, ctx: &mut Context<Self>) {
        let presence = self.seat.node.presence.clone();
        let gone = self.staffing.all().filter(|(at, who)| !stands(&*presence, who, at));
        let ceased = |(at, who): (&Target, &UserId)| StaffingEvent::Ceased {
            who: who.clone(),
            at: at.clone(),
        };
        for event in gone.map(ceased).collect::<Vec<_>>() {
            self.note(&event);
        }
        self.send_off(ctx);
    }
}

impl Handler<Rest> for StaffingActor {
    type Result = ();

    fn handle(&mut self, _: Rest, _: &mut Context<Self>) {
        self.rests = true;
    }
}

impl Handler<TryAgain> for StaffingActor {
    type Result = ();

    fn handle(&mut self, _: TryAgain, ctx: &mut Context<Self>) {
        self.send_off(ctx);
    }
}

impl Handler<Settled> for StaffingActor {
    type Result = ();

    fn handle(&mut self, Settled(outcome): Settled, ctx: &mut Context<Self>) {
        match outcome {
            Outcome::Appended { .. } => self.landed(self.in_flight),
            Outcome::Conflict { tail, .. } => {
                // An append whose outcome was unknown may have held after all.
                let both = tail.iter().zip(&self.waiting);
                match both.take_while(|(stored, ours)| stored.entry.eid == ours.eid).count() {
                    // A stream without a tail is shorter than this actor knew it.
                    0 => self.stream.1 = tail.last().map_or(0, |last| last.seq),
                    held => self.landed(held),
                }
            }
            Outcome::Unavailable { why } | Outcome::Unknown { why } => {
                tracing::warn!(why, "staffing facts wait for the store");
                self.in_flight = 0;
                ctx.notify_later(TryAgain, TRY_AGAIN_AFTER);
                return;
            }
        }
        self.in_flight = 0;
        self.send_off(ctx);
    }
}
