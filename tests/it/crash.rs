//! The broker is killed while a crowd chats, again and again; what it acknowledged is there, once,
//! and everybody's stream goes on without a gap.
//!
//! Judged by [`deskbell_tests::history`]: in the raw frames before the SDK removes duplicates, and
//! in the stored log, read by this process once the broker's is gone.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;

use deskbell::log::sqlite::{self, SqliteLog};
use deskbell_tests::broker::{Broker, Options};
use deskbell_tests::crowd::{self, Crowd};
use deskbell_tests::history::stored::Stored;
use deskbell_tests::history::{History, Rule, judge};
use deskbell_tests::{seed, store};
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

/// Kills under load.
const ROUNDS: usize = 20;
/// Chats at a time, at least.
const PATRONS: usize = 64;
/// Writes that are on the wire and unanswered at each kill, at least.
const UNANSWERED_MIN: usize = 50;
/// After how many answers of a round the kill may come.
const ANSWERS: (usize, usize) = (50, 500);
/// Every so many rounds the broker is killed once more, while the clients come back.
const AGAIN_EVERY: usize = 5;

/// Where brokers of one test listen, one after the other: a port that is free, and that no outgoing
/// connection is given while none listens there.
pub(crate) fn lasting_address() -> SocketAddr {
    let range = std::fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range");
    let low = range.ok().and_then(|range| range.split_whitespace().next()?.parse().ok());
    let below: u16 = low.unwrap_or(32_768);
    let mut chance = rand::rng();
    let free = std::iter::repeat_with(|| chance.random_range(10_000..below.max(10_001)))
        .take(1_000)
        .map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
        .find(|address| TcpListener::bind(address).is_ok());
    free.expect("one of a thousand ports is free")
}

/// Starts a broker without holding up the clients.
pub(crate) async fn start(options: &Options) -> Broker {
    let options = options.clone();
    let started = tokio::task::spawn_blocking(move || Broker::start(&options));
    started.await.expect("the broker starts")
}

/// Reads a store that no broker has open.
pub(crate) async fn read(directory: &Path) -> Stored {
    let log = SqliteLog::open(directory).expect("the store opens");
    Stored::read(&log).await.expect("the store can be read")
}

/// Fails with the rules that were broken, how often, and some of the places.
pub(crate) fn assert_good(history: &History, stored: &Stored) {
    let violations = judge(history, stored);
    let mut broken: BTreeMap<Rule, usize> = BTreeMap::new();
    for violation in &violations {
        *broken.entry(violation.rule).or_default() += 1;
    }
    let first: Vec<_> = violations.iter().take(20).collect();
    assert!(violations.is_empty(), "{broken:?}, such as {first:#?}");
}

#[tokio::test]
async fn nothing_acknowledged_is_lost_or_doubled_when_the_broker_is_killed_under_load() {
    let seed = seed::of("crash");
    let mut chance = SmallRng::seed_from_u64(seed);
    let store = store::fresh();
    let mut options = Options { listen: lasting_address(), ..Options::new(store.path()) };
    options.set.extend(crowd::SETTINGS.map(str::to_owned));
    let mut broker = start(&options).await;
    let mut crowd = Crowd::gather(&broker.url(), chance.random(), PATRONS).await;
    let everybody = crowd.len();
    let mut unanswered = Vec::new();
    for round in 1..=ROUNDS {
        let enough = crowd.progress().answered + chance.random_range(ANSWERS.0..=ANSWERS.1);
        let what = format!("load in round {round}");
        crowd
            .until(&what, |it| {
                it.open == everybody && it.answered >= enough && it.on_the_wire >= UNANSWERED_MIN
            })
            .await;
        unanswered.push(crowd.progress().on_the_wire);
        broker.kill();
        broker = start(&options).await;
        if round % AGAIN_EVERY == 0 {
            crowd.until("half of them back", |it| it.open >= everybody / 2).await;
            broker.kill();
            broker = start(&options).await;
        }
    }
    crowd.until("everybody back", |it| it.open == everybody).await;
    let progress = crowd.recorder().progress();
    let history = crowd.disperse().await;
    broker.kill();

    let progress = *progress.borrow();
    assert_eq!(progress.answered, progress.invoked, "every write gets its answer");
    assert!(unanswered.iter().all(|it| *it >= UNANSWERED_MIN), "{unanswered:?}");
    let report = sqlite::verify(store.path()).expect("the store can be verified");
    assert!(report.damage.is_empty(), "{:?}", report.damage);
    let stored = read(store.path()).await;
    eprintln!(
        "crash: {ROUNDS} rounds, {} chats, {} events stored, unanswered at each kill \
         {unanswered:?}, {progress:?}",
        stored.chats.len(),
        stored.len()
    );
    assert_good(&history, &stored);
}
