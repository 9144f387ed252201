//! The broker is killed while a crowd chats, again and again; what it acknowledged is there, once,
//! and everybody's stream goes on without a gap.
//!
//! Judged by [`deskbell_tests::history`]: in the raw frames before the SDK removes duplicates, and
//! in the stored log, read by this process once the broker's is gone.

use deskbell_tests::broker::{self, Broker, Options};
use deskbell_tests::crowd::{self, Crowd};
use deskbell_tests::history::assert_good;
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

#[tokio::test]
async fn nothing_acknowledged_is_lost_or_doubled_when_the_broker_is_killed_under_load() {
    let seed = seed::of("crash");
    let mut chance = SmallRng::seed_from_u64(seed);
    let store = store::fresh();
    let set = crowd::SETTINGS.map(str::to_owned).into();
    let listen = broker::lasting_address();
    let options = Options { listen, set, ..Options::new(store.path()) };
    let mut broker = Broker::start_apart(&options).await;
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
        broker = Broker::start_apart(&options).await;
        if round % AGAIN_EVERY == 0 {
            crowd.until("half of them back", |it| it.open >= everybody / 2).await;
            broker.kill();
            broker = Broker::start_apart(&options).await;
        }
    }
    crowd.until("everybody back", |it| it.open == everybody).await;
    let progress = crowd.recorder().progress();
    let history = crowd.disperse().await;
    broker.kill();

    let progress = *progress.borrow();
    assert_eq!(progress.answered, progress.invoked, "every write gets its answer");
    assert!(unanswered.iter().all(|it| *it >= UNANSWERED_MIN), "{unanswered:?}");
    let verified = broker::command(store.path(), &["log", "verify"]).await;
    assert!(verified.status.success(), "{verified:?}");
    let stored = store::read(store.path()).await;
    eprintln!(
        "crash: {ROUNDS} rounds, {} chats, {} events stored, unanswered at each kill \
         {unanswered:?}, {progress:?}",
        stored.chats.len(),
        stored.len()
    );
    assert_good(&history, &stored);
}
