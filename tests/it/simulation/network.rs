//! What goes wrong in a run, all of it from the seed: between hosts, to the broker, and between the
//! broker and its log; and the broker itself, as a host that may be restarted.

use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use deskbell::actors::node::Settings;
use deskbell::app::{AppError, Ports, assemble};
use deskbell::edge::Doors;
use deskbell::log::memory::MemoryLog;
use deskbell::log::memory::faults::{Fault, Faults, FaultyLog, Later};
use deskbell::log::{
    Append, Done, Durability, Erased, Erasure, EventLog, Heads, Live, LogError, Outcome, Page,
    Position, ScanPage, StreamId,
};
use deskbell::presence::local::LocalPresence;
use deskbell::secrets::Secrets;
use deskbell::shard::Shard;
use deskbell_domain::chat::Waits;
use deskbell_protocol::limits::Limits;
use deskbell_tests::sim_world::{SeededChance, SimClock, pass};
use futures_util::future::BoxFuture;
use turmoil::Sim;
use turmoil::net::TcpListener;

/// The broker's host and where it listens.
pub(super) const BROKER: &str = "broker";
const PORT: u16 = 80;
/// As clients write it.
pub(super) const URL: &str = "http://broker:80";

/// How long everything may go wrong.
pub(super) const STORM: Duration = Duration::from_secs(30);
/// A broker that cannot read its store at its start tries again.
const START_AGAIN: Duration = Duration::from_millis(100);

/// One change of the weather.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Change {
    /// Nothing passes between a client and the broker.
    Partition(&'static str),
    /// Nothing passes to the broker, or from it.
    Oneway(&'static str, &'static str),
    /// Some of what is sent is lost.
    Drops(&'static str),
    /// All passes again.
    Repair(&'static str),
    /// All is kept back.
    Hold(&'static str),
    /// What was kept back arrives.
    Release(&'static str),
    /// The broker is gone.
    Crash,
    /// It starts again.
    Restart,
}

/// What happens in a run, in order.
pub(super) fn plan(chance: &SeededChance, people: &[&'static str]) -> Vec<(Duration, Change)> {
    let mut plan = Vec::new();
    let storm_ms = u64::try_from(STORM.as_millis()).expect("a short storm");
    let ms = Duration::from_millis;
    for who in people {
        let mut from = chance.between(500, storm_ms / 2);
        while from < storm_ms {
            let until = (from + chance.between(50, 6_000)).min(storm_ms);
            let (begins, ends) = match chance.between(0, 4) {
                0 => (Change::Partition(who), Change::Repair(who)),
                1 => (Change::Oneway(who, BROKER), Change::Repair(who)),
                2 => (Change::Oneway(BROKER, who), Change::Repair(who)),
                3 => (Change::Drops(who), Change::Repair(who)),
                _ => (Change::Hold(who), Change::Release(who)),
            };
            plan.push((ms(from), begins));
            plan.push((ms(until), ends));
            from = until + chance.between(2_000, storm_ms / 2);
        }
    }
    let mut from = chance.between(3_000, storm_ms / 3);
    while from < storm_ms {
        let until = (from + chance.between(1, 3_000)).min(storm_ms);
        plan.push((ms(from), Change::Crash));
        plan.push((ms(until), Change::Restart));
        from = until + chance.between(4_000, storm_ms / 2);
    }
    plan.sort_by_key(|(at, _)| *at);
    plan
}

impl Change {
    /// Makes it so.
    pub(super) fn apply(&self, sim: &mut Sim<'_>) {
        match self {
            Self::Partition(who) => sim.partition(*who, BROKER),
            Self::Oneway(from, to) => sim.partition_oneway(*from, *to),
            Self::Drops(who) => sim.set_link_fail_rate(*who, BROKER, 0.1),
            Self::Repair(who) => {
                sim.set_link_fail_rate(*who, BROKER, 0.0);
                sim.repair(*who, BROKER);
            }
            Self::Hold(who) => sim.hold(*who, BROKER),
            Self::Release(who) => sim.release(*who, BROKER),
            Self::Crash => sim.crash(BROKER),
            Self::Restart => sim.bounce(BROKER),
        }
    }

    /// The kind of fault, if it is one.
    pub(super) fn kind(&self) -> Option<&'static str> {
        match self {
            Self::Partition(_) => Some("partition"),
            Self::Oneway(BROKER, _) => Some("partition from the broker"),
            Self::Oneway(..) => Some("partition to the broker"),
            Self::Drops(_) => Some("drops"),
            Self::Hold(_) => Some("hold"),
            Self::Crash => Some("crash"),
            Self::Repair(_) | Self::Release(_) | Self::Restart => None,
        }
    }
}

/// What befalls the log, and how often it did.
#[derive(Debug)]
pub(super) struct Weather {
    chance: SeededChance,
    calm: AtomicBool,
    /// Batches answered late.
    pub(super) late: AtomicU64,
    /// Batches refused.
    pub(super) unavailable: AtomicU64,
    /// Batches stored, of which nobody knows.
    pub(super) unknown_applied: AtomicU64,
    /// Batches lost, of which nobody knows.
    pub(super) unknown_lost: AtomicU64,
    /// Reads refused.
    pub(super) unread: AtomicU64,
    /// Appends that met another's.
    pub(super) conflicts: AtomicU64,
    /// Batches that a crash found under way and lost.
    pub(super) crash_lost: AtomicU64,
    /// The same, stored.
    pub(super) crash_kept: AtomicU64,
}

impl Weather {
    /// As the seed says.
    pub(super) fn new(seed: u64) -> Self {
        Self {
            chance: SeededChance::new(seed),
            calm: AtomicBool::new(false),
            late: AtomicU64::default(),
            unavailable: AtomicU64::default(),
            unknown_applied: AtomicU64::default(),
            unknown_lost: AtomicU64::default(),
            unread: AtomicU64::default(),
            conflicts: AtomicU64::default(),
            crash_lost: AtomicU64::default(),
            crash_kept: AtomicU64::default(),
        }
    }

    /// From now on nothing goes wrong.
    pub(super) fn clear_up(&self) {
        self.calm.store(true, Ordering::Relaxed);
    }
}

fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

impl Faults for Weather {
    fn next(&self, batch: Option<&[Append]>) -> (Duration, Fault) {
        if self.calm.load(Ordering::Relaxed) {
            return (Duration::ZERO, Fault::None);
        }
        let delay_ms = match self.chance.between(0, 9) {
            0..=2 => 0,
            3..=8 => self.chance.between(1, 20),
            _ => self.chance.between(20, 800),
        };
        let fault = match self.chance.between(0, 99) {
            0..=3 => Fault::Unavailable,
            4..=7 => Fault::Unknown { applied: true },
            8..=9 => Fault::Unknown { applied: false },
            _ => Fault::None,
        };
        match (batch, fault) {
            (None, Fault::Unavailable | Fault::Unknown { .. }) => count(&self.unread),
            (Some(_), Fault::None) if delay_ms > 0 => count(&self.late),
            (_, Fault::None) => {}
            (Some(_), Fault::Unavailable) => count(&self.unavailable),
            (Some(_), Fault::Unknown { applied: true }) => count(&self.unknown_applied),
            (Some(_), Fault::Unknown { applied: false }) => count(&self.unknown_lost),
        }
        (Duration::from_millis(delay_ms), fault)
    }

    fn later(&self, delay: Duration, then: Later) {
        tokio::task::spawn_local(async move {
            pass(delay).await;
            then();
        });
    }
}

/// The log that survives restarts, with a look at its conflicts.
#[derive(Debug, Clone)]
struct Watched {
    log: MemoryLog,
    weather: Arc<Weather>,
}

impl EventLog for Watched {
    fn append(&self, batch: Vec<Append>, done: Done) {
        let weather = Arc::clone(&self.weather);
        let look = move |outcomes: Vec<Outcome>| {
            for outcome in &outcomes {
                if matches!(outcome, Outcome::Conflict { .. }) {
                    count(&weather.conflicts);
                }
            }
            done(outcomes);
        };
        self.log.append(batch, Box::new(look));
    }

    fn read(
        &self,
        stream: StreamId,
        after_seq: u64,
        max: usize,
    ) -> BoxFuture<'static, Result<Page, LogError>> {
        self.log.read(stream, after_seq, max)
    }

    fn heads(&self, streams: Vec<StreamId>) -> BoxFuture<'static, Result<Heads, LogError>> {
        self.log.heads(streams)
    }

    fn scan(&self, after: Position, max: usize) -> BoxFuture<'static, Result<ScanPage, LogError>> {
        self.log.scan(after, max)
    }

    fn live(&self) -> BoxFuture<'static, Result<Vec<Live>, LogError>> {
        self.log.live()
    }

    fn erase(
        &self,
        stream: StreamId,
        what: Erasure,
        reason: String,
    ) -> BoxFuture<'static, Result<Vec<u64>, LogError>> {
        self.log.erase(stream, what, reason)
    }

    fn erased(&self) -> BoxFuture<'static, Result<Vec<Erased>, LogError>> {
        self.log.erased()
    }

    fn durability(&self) -> Durability {
        self.log.durability()
    }
}

/// The broker's host: what outlives its restarts.
pub(super) struct House {
    /// The truth.
    pub(super) log: MemoryLog,
    /// Keys.
    pub(super) secrets: Arc<dyn Secrets>,
    /// The broker's bits.
    pub(super) chance: Arc<SeededChance>,
    /// What befalls its log.
    pub(super) weather: Arc<Weather>,
    /// The present broker's way to the log.
    pub(super) door: Mutex<Option<FaultyLog>>,
}

impl House {
    /// A broker's way to the log; what the one before it left under way is lost, or kept.
    fn open_log(&self) -> FaultyLog {
        let watched = Watched { log: self.log.clone(), weather: Arc::clone(&self.weather) };
        let fresh = FaultyLog::new(Arc::new(watched), Arc::clone(&self.weather) as _);
        let before = self.door.lock().expect("one thread").replace(fresh.clone());
        if let Some(before) = before {
            before.crash(|_| {
                let keeps = self.chance.happens(50);
                count(if keeps { &self.weather.crash_kept } else { &self.weather.crash_lost });
                keeps
            });
        }
        fresh
    }
}

fn settings() -> Settings {
    Settings {
        limits: Limits { patron_chats: 2, ..Limits::default() },
        ping: Duration::from_secs(3),
        waits: Waits {
            roll_up: Duration::from_secs(2),
            transfer_lapse: Duration::from_secs(6),
            owner_grace: Duration::from_secs(5),
            patron_grace: Duration::from_secs(12),
            hand_over: Duration::from_secs(6),
            ..Waits::default()
        },
        settling: Duration::from_secs(3),
    }
}

/// Serves until the host crashes.
pub(super) async fn broker(house: Arc<House>) -> turmoil::Result {
    let ports = Ports {
        log: Arc::new(house.open_log()),
        secrets: Arc::clone(&house.secrets),
        presence: Arc::new(LocalPresence::default()),
        clock: Arc::new(SimClock),
        chance: Arc::clone(&house.chance) as _,
    };
    let broker = loop {
        let (shard, _runs) = Shard::here();
        match assemble(ports.clone(), settings(), Doors::default(), vec![shard]).await {
            Ok(broker) => break broker,
            Err(AppError::Log(LogError::Unavailable(_))) => pass(START_AGAIN).await,
            Err(error) => return Err(error.into()),
        }
    };
    let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, PORT)).await?;
    loop {
        let (stream, end) = listener.accept().await?;
        broker.connect(end.ip(), async move || Ok(stream))?;
    }
}
