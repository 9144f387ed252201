//! The broker is told to stop while a crowd chats: it ends in good order and in time, says so to
//! everybody, and whoever comes back goes on where she was.

use std::collections::BTreeSet;
use std::time::Duration;

use deskbell_client::protocol::to_client::ToClient;
use deskbell_protocol::codes::CloseCode;
use deskbell_tests::broker::{self, Broker, Options};
use deskbell_tests::crowd::{self, Crowd};
use deskbell_tests::history::{Step, assert_good};
use deskbell_tests::{seed, store};
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use tokio::time::Instant;

const PATRONS: usize = 40;
const ROUNDS: usize = 3;
/// How long a broker may take to stop; the shipped limit.
const LIMIT: Duration = Duration::from_secs(30);

#[tokio::test]
async fn a_broker_that_is_told_to_stop_under_load_says_bye_to_all_and_loses_nothing() {
    let seed = seed::of("drain");
    let mut chance = SmallRng::seed_from_u64(seed);
    let store = store::fresh();
    let set = crowd::SETTINGS.map(str::to_owned).into();
    let listen = broker::lasting_address();
    let options = Options { listen, set, ..Options::new(store.path()) };
    let mut broker = Broker::start_apart(&options).await;
    let mut crowd = Crowd::gather(&broker.url(), chance.random(), PATRONS).await;
    let everybody = crowd.len();
    let mut took = Vec::new();
    for round in 1..=ROUNDS {
        let enough = crowd.progress().answered + chance.random_range(100..=400);
        crowd
            .until(&format!("load in round {round}"), |it| {
                it.open == everybody && it.answered >= enough && it.on_the_wire >= everybody / 2
            })
            .await;
        let since = crowd.recorder().history().steps.len();
        let asked = Instant::now();
        let status = broker.terminate_apart().await;
        took.push(asked.elapsed());
        assert!(status.success(), "a stop that was asked for is no failure: {status}");
        // The last frames may still be on their way to a client that has much to read.
        crowd.until("everybody away", |it| it.open == 0).await;
        let history = crowd.recorder().history();
        let shown_out: BTreeSet<_> = history.steps[since..]
            .iter()
            .filter_map(|step| match step {
                Step::Heard(who, frame) => match &**frame {
                    ToClient::Bye { code: CloseCode::Drain, .. } => Some(who),
                    _ => None,
                },
                _ => None,
            })
            .collect();
        assert_eq!(shown_out.len(), everybody, "round {round}: everybody hears bye");
        broker = Broker::start_apart(&options).await;
    }
    crowd.until("everybody back", |it| it.open == everybody).await;
    let enough = crowd.progress().answered + 100;
    crowd.until("chats going on", |it| it.answered >= enough).await;
    let progress = crowd.recorder().progress();
    let history = crowd.disperse().await;
    let status = broker.terminate_apart().await;
    assert!(status.success(), "{status}");

    let progress = *progress.borrow();
    assert_eq!(progress.answered, progress.invoked, "every write gets its answer");
    assert!(took.iter().all(|it| *it < LIMIT), "{took:?}");
    let stored = store::read(store.path()).await;
    eprintln!("drain: took {took:?}, {} events stored, {progress:?}", stored.len());
    assert_good(&history, &stored);
}
