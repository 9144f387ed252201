//! The stage: brokers over one log in memory, and sessions whose frames a test reads.

use std::future::{pending, poll_fn};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::Poll;
use std::time::Duration;

use deskbell_domain::access::Principal;
use deskbell_domain::chat::ChatEvent as Stored;
use deskbell_domain::chat::event::{Opened, Ring};
use deskbell_domain::chat::{Command, Waits};
use deskbell_domain::directory::file;
use deskbell_domain::person::{Author, Status};
use deskbell_protocol::ToClient;
use deskbell_protocol::codes::{CloseCode, ErrorCode};
use deskbell_protocol::event::ChatEvent;
use deskbell_protocol::ids::{ChatId, ClientId, Cmid, Eid, SessionId, Target};
use deskbell_protocol::limits::Limits;
use jiff::Timestamp;
use tokio::runtime::{Builder, LocalOptions};
use tokio::time::timeout;
use uuid::Uuid;

use super::weather::Weather;
use crate::actors::directory::{Tools, apply};
use crate::actors::node::{Node, Seat, Settings};
use crate::actors::outbox::Outbox;
use crate::actors::session::{End, Peer, Request, SessionActor, Want};
use crate::app::{Broker, Ports, assemble};
use crate::edge::Doors;
use crate::log::memory::MemoryLog;
use crate::log::memory::faults::FaultyLog;
use crate::log::{Append, Entry, EventLog, LiveChange, Record, StreamId, record};
use crate::presence::local::LocalPresence;
use crate::secrets::Keys;
use crate::secrets::memory::MemorySecrets;
use crate::shard::Shard;
use crate::world::{Chance, Clock, ManualClock};

/// Nothing in these tests takes this long; the time is not real.
const PATIENCE: Duration = Duration::from_mins(3);

pub(super) const CHAT: ChatId = ChatId(7);

const DIRECTORY: &str = r#"
[institutions.birch]
name = "Birch"
time_zone = "America/New_York"
[users.maya]
institution = "birch"
name = "Maya"
[users.noor]
institution = "birch"
name = "Noor"
[coops.tri]
name = "Tri-County"
members.birch = { contributing = true }
users.maya = "regular"
users.noor = "regular"
[departments.ref]
institution = "birch"
name = "Reference"
members = ["maya", "noor"]
[widgets.home]
institution = "birch"
name = "Ask Birch"
options = ["department/ref", "coop/tri"]
origins = ["https://www.birch.example"]
"#;

/// Different numbers each time, the same in each run.
#[derive(Default)]
pub(super) struct Counted {
    next: AtomicU64,
    /// Set for one panic of who asks.
    pub(super) broken: AtomicBool,
}

impl Chance for Counted {
    fn fill(&self, bytes: &mut [u8]) {
        assert!(!self.broken.swap(false, Ordering::Relaxed), "told to");
        for byte in bytes.chunks_mut(8) {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            let mixed = (number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes();
            byte.copy_from_slice(&mixed[..byte.len()]);
        }
    }
}

/// What outlives brokers.
#[derive(Clone)]
pub(super) struct World {
    pub(super) log: MemoryLog,
    pub(super) clock: Arc<ManualClock>,
    pub(super) chance: Arc<Counted>,
    pub(super) secrets: Arc<MemorySecrets>,
}

impl World {
    pub(super) fn new() -> Self {
        let start = Timestamp::from_second(1_800_000_000).unwrap();
        let clock = Arc::new(ManualClock::new(start));
        let secrets = MemorySecrets::new(Keys { signing: [1; 32], store: [2; 32] });
        let (log, chance) = (MemoryLog::default(), Arc::default());
        Self { log, clock, chance, secrets: Arc::new(secrets) }
    }

    /// Plays a scene on a thread of its own kind; whatever runs then ends with it.
    pub(super) fn play<T>(&self, scene: impl AsyncFnOnce(&Self) -> T) -> T {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build_local(LocalOptions::default())
            .unwrap();
        runtime.block_on(scene(self))
    }

    /// A broker over this world's log.
    pub(super) async fn broker(&self) -> Stage {
        let weather = Arc::new(Weather::default());
        let log = FaultyLog::new(Arc::new(self.log.clone()), weather.clone());
        let wanted = file::parse(DIRECTORY, &|_| true).unwrap();
        let mut directory = crate::actors::directory::read(&self.log).await.unwrap();
        let commands = file::difference(&directory, &wanted, false);
        let tools = Tools {
            log: &self.log,
            clock: &*self.clock,
            chance: &*self.chance,
            author: Author::System,
        };
        apply(&tools, &mut directory, commands).await.unwrap();
        let ports = Ports {
            log: Arc::new(log),
            secrets: self.secrets.clone(),
            presence: Arc::new(LocalPresence::default()),
            clock: self.clock.clone(),
            chance: self.chance.clone(),
        };
        let settings = Settings {
            ping: Duration::from_secs(25),
            limits: Limits::default(),
            waits: Waits::default(),
            settling: Duration::from_secs(30),
        };
        let (shard, _) = Shard::here();
        let broker = assemble(ports, settings, Doors::default(), vec![shard]).await.unwrap();
        let node = broker.edge.node.clone();
        let seat = Arc::new(Seat::new(node, 0));
        let carried = seat.clone();
        tokio::task::spawn_local(async move { carried.run().await });
        Stage { weather, seat, _broker: broker }
    }

    pub(super) async fn records(&self, chat: ChatId) -> Vec<Record> {
        self.log.read(StreamId::Chat(chat), 0, usize::MAX).await.unwrap().records
    }

    /// Puts a message of the patron into a chat's stream, behind every broker's back.
    pub(super) fn intrude(&self, chat: ChatId, expect: u64, text: &str) {
        let event = Stored::Posted { by: Author::Patron, text: text.into(), lang: None };
        let entry = Entry {
            author: Author::Patron,
            cmid: None,
            fingerprint: 0,
            eid: self.chance.eid(),
            at: self.clock.now(),
            event: record::chat::encode(&event),
        };
        let (stream, live) = (StreamId::Chat(chat), LiveChange::Keep);
        let append = Append { stream, expect, after: None, entries: vec![entry], live };
        self.log.append(vec![append], Box::new(drop));
    }

    /// A chat of this world that waits, with as many messages of its patron as asked for.
    pub(super) async fn with_messages(&self, stage: &Stage, count: u64) -> Client {
        let mut patron = stage.patron(1);
        drop(stage.operator("maya").await);
        patron.open(CHAT).await;
        for number in 0..count {
            done(&patron.post(CHAT, number, "hello").await);
        }
        patron
    }

    /// The texts in a chat's stream.
    pub(super) async fn texts(&self, chat: ChatId) -> Vec<String> {
        let events = self.records(chat).await.into_iter();
        let decoded = events.map(|it| record::chat::decode(&it.entry.event).unwrap());
        decoded
            .filter_map(|event| match event {
                Stored::Posted { text, .. } => Some(text),
                _ => None,
            })
            .collect()
    }
}

/// One broker.
pub(super) struct Stage {
    pub(super) weather: Arc<Weather>,
    pub(super) seat: Arc<Seat>,
    _broker: Broker,
}

/// One connection.
pub(super) struct Client {
    seat: Arc<Seat>,
    pub(super) peer: Arc<Peer>,
    outbox: Outbox,
    pub(super) asked: u32,
    /// All that it was told so far.
    pub(super) seen: Vec<ToClient>,
}

impl Stage {
    pub(super) fn node(&self) -> &Arc<Node> {
        &self.seat.node
    }

    fn client(&self, who: Principal) -> Client {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let limits = &self.node().settings.limits;
        let outbox = Outbox::new(usize::try_from(limits.outbox_bytes).unwrap());
        let client = ClientId(Uuid::from_u128(number.into()));
        // Each connection is a sign-in of its own.
        let who = (who, SessionId(number.into()));
        let peer = SessionActor::open(self.seat.clone(), number, client, who, None, outbox.clone());
        Client { peer, seat: self.seat.clone(), outbox, asked: 0, seen: Vec::new() }
    }

    pub(super) fn patron(&self, session: u8) -> Client {
        let widget = "home".parse().unwrap();
        self.client(Principal::Patron { session: [session; 32], widget })
    }

    /// Connected, as she starts: monitoring nothing.
    pub(super) fn newcomer(&self, user: &str) -> Client {
        self.client(Principal::Operator(user.parse().unwrap()))
    }

    /// Online, and monitoring both queues.
    pub(super) async fn operator(&self, user: &str) -> Client {
        let mut client = self.newcomer(user);
        client.tell(&["department/ref", "coop/tri"]).await;
        client
    }
}

impl Client {
    pub(super) fn send(&mut self, want: Want) -> u32 {
        self.asked += 1;
        self.peer.request(Request { re: self.asked, want }, &self.seat);
        self.asked
    }

    pub(super) fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    fn pump(&mut self) {
        let mut frames = Vec::new();
        self.outbox.take(&mut frames, usize::MAX);
        for frame in frames {
            self.seen.push(serde_json::from_str(frame.as_str()).unwrap());
        }
        assert_eq!(self.outbox.closing(), None);
    }

    /// The code that it is closed with.
    pub(super) async fn closed(&self) -> CloseCode {
        let waiting = poll_fn(|cx| match self.outbox.look(cx.waker()).closing {
            Some(code) => Poll::Ready(code),
            None => Poll::Pending,
        });
        timeout(PATIENCE, waiting).await.expect("it is closed in time")
    }

    /// Everything it was told until now.
    pub(super) fn heard(&mut self) -> &[ToClient] {
        self.pump();
        &self.seen
    }

    /// The first frame like this, of all there were and will be.
    pub(super) async fn until(&mut self, like: impl Fn(&ToClient) -> bool) -> ToClient {
        let waiting = async {
            loop {
                self.pump();
                if let Some(found) = self.seen.iter().find(|it| like(it)) {
                    return found.clone();
                }
                poll_fn(|cx| {
                    let look = self.outbox.look(cx.waker());
                    if look.has_frames { Poll::Ready(()) } else { Poll::Pending }
                })
                .await;
            }
        };
        let found = timeout(PATIENCE, waiting).await;
        found.unwrap_or_else(|_| panic!("it never came; there was {:#?}", self.seen))
    }

    pub(super) async fn answer(&mut self, re: u32) -> ToClient {
        self.until(|frame| re_of(frame) == Some(re)).await
    }

    pub(super) async fn ask(&mut self, want: Want) -> ToClient {
        let re = self.send(want);
        self.answer(re).await
    }

    pub(super) async fn tell(&mut self, monitoring: &[&str]) {
        let monitoring = monitoring.iter().map(|it| it.parse::<Target>().unwrap()).collect();
        self.ask(Want::Tell { status: Status::Online, monitoring, ticket_queues: None, at: None })
            .await;
    }

    pub(super) async fn open(&mut self, chat: ChatId) {
        let want = self.open_want(chat);
        done(&self.ask(want).await);
    }

    pub(super) fn open_want(&self, chat: ChatId) -> Want {
        let Principal::Patron { session, widget } = &self.peer.who else { panic!("she rings") };
        let ring = Ring { tiers: vec![], skipped: vec![], rolls_at: None, directory: 0 };
        let opened = Opened {
            widget: widget.clone(),
            home: "birch".parse().unwrap(),
            session: *session,
            secret: [9; 32],
            question: "Where are the maps?".into(),
            name: None,
            contact: None,
            answers: vec![],
            page: None,
            lang: None,
            continues: None,
            ticket_at: None,
            ring,
        };
        Want::write(chat, Cmid(Uuid::from_u128(u128::MAX)), 1, Command::Open(Box::new(opened)))
    }

    fn author(&self) -> Author {
        match &self.peer.who {
            Principal::Patron { .. } => Author::Patron,
            Principal::Operator(user) => Author::Operator(user.clone()),
        }
    }

    /// A message; its number is its cmid.
    pub(super) fn post_want(&self, chat: ChatId, number: u64, text: &str) -> Want {
        let print = text.bytes().fold(1, |sum: u64, byte| sum * 31 % 1_000_003 + u64::from(byte));
        let command = Command::Post { by: self.author(), text: text.into(), lang: None };
        Want::write(chat, Cmid(Uuid::from_u128(number.into())), print, command)
    }

    pub(super) fn send_post(&mut self, chat: ChatId, number: u64, text: &str) -> u32 {
        let want = self.post_want(chat, number, text);
        self.send(want)
    }

    pub(super) async fn post(&mut self, chat: ChatId, number: u64, text: &str) -> ToClient {
        let want = self.post_want(chat, number, text);
        self.ask(want).await
    }

    pub(super) fn claim_want(&self, chat: ChatId) -> Want {
        let by = self.peer.operator().unwrap().clone();
        Want::write(chat, Cmid(Uuid::from_u128(u128::MAX - 1)), 2, Command::Claim { by })
    }

    pub(super) async fn claim(&mut self, chat: ChatId) -> ToClient {
        let want = self.claim_want(chat);
        self.ask(want).await
    }

    pub(super) async fn follow(&mut self, chat: ChatId, from: Option<(u64, Eid)>) -> ToClient {
        self.ask(Want::Follow { chat, from }).await
    }

    pub(super) async fn sync(&mut self) {
        self.ask(Want::Sync).await;
    }

    /// Closes the connection, as its socket does.
    pub(super) fn leave(self) {
        self.peer.addr.do_send(End::Gone);
    }

    /// The numbered events of a chat, as they came, live or in replays.
    pub(super) fn events(&mut self, chat: ChatId) -> Vec<(u64, Eid, ChatEvent)> {
        let mut events = Vec::new();
        for frame in self.heard() {
            match frame {
                ToClient::ChatEvent { chat: of, seq, eid, event, .. } if *of == chat => {
                    events.push((*seq, *eid, event.clone()));
                }
                ToClient::ChatReplay { chat: of, events: missed, .. } if *of == chat => {
                    events.extend(missed.iter().map(|it| (it.seq, it.eid, it.event.clone())));
                }
                _ => {}
            }
        }
        events
    }

    pub(super) fn seqs(&mut self, chat: ChatId) -> Vec<u64> {
        self.events(chat).iter().map(|(seq, ..)| *seq).collect()
    }
}

fn re_of(frame: &ToClient) -> Option<u32> {
    match frame {
        ToClient::Ok { re, .. } | ToClient::History { re, .. } => Some(*re),
        ToClient::Error(refused) => refused.re,
        ToClient::Presence { re, .. } => *re,
        _ => None,
    }
}

/// Where an answered write ended up.
#[track_caller]
pub(super) fn done(frame: &ToClient) -> (u64, Eid) {
    match frame {
        ToClient::Ok { seq: Some(seq), eid: Some(eid), .. } => (*seq, *eid),
        other => panic!("{other:?}"),
    }
}

#[track_caller]
pub(super) fn refused(frame: &ToClient) -> ErrorCode {
    match frame {
        ToClient::Error(refused) => refused.code,
        other => panic!("{other:?}"),
    }
}

/// Until nobody has anything left to do but wait: time does not move before.
pub(super) async fn quiet() {
    drop(timeout(Duration::from_millis(1), pending::<()>()).await);
}

/// Lets this much time pass for the actors' own waits.
pub(super) async fn pass(time: Duration) {
    drop(timeout(time, pending::<()>()).await);
}
