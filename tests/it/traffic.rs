//! Living traffic against a real broker, with the demo's own directory: what is planned is what
//! happens, at any speed; a person who takes part is left room; and the end leaves nothing open.
//!
//! Not here: the spread of a plan, which the crate's own tests measure without a broker.

use std::path::{Path, PathBuf};
use std::time::Duration;

use deskbell_client::protocol::ids::Target;
use deskbell_client::protocol::view::Status;
use deskbell_client::{Client, Event, Events, Options as ClientOptions, TcpConnector, sign_in};
use deskbell_domain::chat::ChatEvent;
use deskbell_domain::chat::event::EndCause;
use deskbell_protocol::event::{ChatEvent as Told, Person};
use deskbell_tests::broker::{Broker, Options};
use deskbell_tests::store::{self, PASSWORD};
use deskbell_traffic::{
    COOP, Ending, Lived, Outcome, Plan, PlannedChat, Repertoire, Side, Stage, Step, Tally, play,
};
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::time::timeout;

/// What did not happen after this will not happen.
const PATIENCE: Duration = Duration::from_mins(1);
/// A chat of seven minutes takes a twentieth of a second.
const SPEED: f64 = 8_000.0;
/// At this speed still an hour: what somebody else does comes before.
const NEVER: Duration = Duration::from_hours(8_000);

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples")
}

fn repertoire() -> Repertoire {
    Repertoire::read(&examples().join("traffic/talks")).expect("the talks can be read")
}

/// A broker with the demo's co-op, which takes writes as fast as this speed makes them.
async fn demo() -> (TempDir, Broker) {
    let store = store::fresh();
    let directory = examples().join("demo/directory.toml");
    let set = vec![
        format!("store.directory_file={}", directory.display()),
        "limits.requests_per_second=100000".to_owned(),
        "limits.requests_burst=100000".to_owned(),
    ];
    let broker = Broker::start_apart(&Options { set, ..Options::new(store.path()) }).await;
    (store, broker)
}

fn stage(broker: &Broker, speed: f64) -> Stage {
    let passwords = ["theo", "nadia"].map(|user| (user.to_owned(), PASSWORD.to_owned()));
    let origins = ["birch-home", "cedar-home", "elm-home"]
        .map(|widget| (widget.to_owned(), "http://localhost:8080".to_owned()));
    Stage { url: broker.url(), passwords: passwords.into(), origins: origins.into(), speed }
}

/// Lives a plan to its end: what each chat came to, in the plan's order.
async fn live(broker: &Broker, plan: Vec<PlannedChat>) -> (Vec<Lived>, Tally) {
    let (_never, stop) = watch::channel(false);
    let mut lived = Vec::new();
    let tell = |outcome: &Outcome, _: &Tally| match &outcome.lived {
        Ok(it) => lived.push(it.clone()),
        Err(why) => panic!("chat {}: {why:#}", outcome.plan.number),
    };
    let playing = play(plan.into_iter(), stage(broker, SPEED), stop, tell);
    let tally = timeout(PATIENCE, playing).await.expect("it ends").expect("colleagues sign in");
    lived.sort_by_key(|it| it.number);
    (lived, tally)
}

/// Of a long plan the first chats of each kind that something befalls, and some of the others.
fn of_every_kind(seed: u64) -> Vec<PlannedChat> {
    let repertoire = repertoire();
    let kinds: [fn(&PlannedChat) -> bool; 6] = [
        |it| it.claim.is_none(),
        |it| it.transfer.as_ref().is_some_and(|it| it.to == COOP),
        |it| it.transfer.as_ref().is_some_and(|it| it.to != COOP),
        |it| it.drop.is_some_and(|drop| drop.away.is_some()),
        |it| it.drop.is_some_and(|drop| drop.away.is_none()),
        |it| it.ticket.is_some(),
    ];
    let long: Vec<_> = Plan::new(seed, &repertoire).take(400).collect();
    let mut numbers: Vec<u32> = (1..=4).collect();
    for kind in kinds {
        let chat = long.iter().find(|chat| kind(chat)).expect("400 chats have one of each kind");
        numbers.push(chat.number);
    }
    numbers.sort_unstable();
    numbers.dedup();
    long.into_iter().filter(|chat| numbers.contains(&chat.number)).collect()
}

#[tokio::test]
async fn every_planned_chat_ends_as_planned_and_is_stored_so() {
    let (store, broker) = demo().await;
    let plan = of_every_kind(11);
    let expected: Vec<_> = plan.iter().map(PlannedChat::expected).collect();
    let (lived, tally) = live(&broker, plan).await;
    assert_eq!(lived, expected);
    assert_eq!((tally.otherwise, tally.failed), (0, 0), "{tally}");
    assert!(tally.missed >= 1 && tally.transferred >= 2 && tally.dropped >= 2, "{tally}");

    assert!(broker.terminate_apart().await.success());
    let stored = store::read(store.path()).await;
    assert_eq!(stored.chats.len(), expected.len());
    let mut causes = Vec::new();
    for events in stored.chats.values() {
        causes.extend(events.iter().filter_map(|it| match it.event {
            ChatEvent::Ended { cause, .. } => Some(cause),
            _ => None,
        }));
    }
    let ended = |cause| causes.iter().filter(|it| **it == cause).count();
    let planned = |of: &[Ending]| expected.iter().filter(|it| of.contains(&it.ending)).count();
    assert_eq!(ended(EndCause::Missed), planned(&[Ending::Missed]));
    assert_eq!(ended(EndCause::Patron), planned(&[Ending::ByPatron]));
    assert_eq!(ended(EndCause::Operator), planned(&[Ending::ByOperator, Ending::Gone]));
}

#[tokio::test]
async fn two_runs_of_one_seed_say_the_same() {
    let repertoire = repertoire();
    let mut runs = Vec::new();
    for _ in 0..2 {
        let (_store, broker) = demo().await;
        let plan = Plan::new(23, &repertoire).take(6).collect();
        runs.push(live(&broker, plan).await);
    }
    assert_eq!(runs[0].0, runs[1].0);
    assert_eq!(runs[0].0.len(), 6);
    assert!(runs[0].0.iter().any(|chat| !chat.said.is_empty()));
}

/// Maya, as a person at the co-op's desk.
async fn maya(broker: &Broker) -> (Client, Events) {
    let user = "maya".parse().expect("a login name");
    let granted = sign_in(&TcpConnector::new(), &broker.url(), user, PASSWORD).await;
    let token = granted.expect("she has a password").into();
    let (client, events) = Client::connect(ClientOptions::new(broker.url(), token));
    let coop: Target = COOP.parse().expect("a target");
    client.list_subscribe().await.expect("a list");
    client.set_presence(Status::Online, vec![coop]).await.expect("she monitors");
    (client, events)
}

#[tokio::test]
async fn a_person_who_claims_first_keeps_the_chat_and_the_patron_talks_to_her() {
    let (_store, broker) = demo().await;
    let (client, mut events) = maya(&broker).await;
    // At a library without a colleague the co-op rings at once, for Maya too.
    let rings_for_maya = |it: &PlannedChat| it.door.own.is_none() && it.claim.is_some();
    let chat = Plan::new(11, &repertoire()).find(rings_for_maya);
    let mut chat = PlannedChat { drop: None, ..chat.expect("a plan has no end") };
    chat.claim.as_mut().expect("it was looked for").after = NEVER;
    let is_patrons = |step: &&Step| step.side == Side::Patron;
    let says = chat.steps.iter().find(is_patrons).cloned().expect("she says something");
    // After her one line she leaves the end to Maya, for as long as the chat would have lasted.
    chat.steps = vec![says.clone(), Step { gap: NEVER, ..says }];
    let person = async {
        let chat = loop {
            match events.next().await.expect("the connection holds") {
                Event::Row(row) => break row.chat,
                Event::List(rows) if !rows.is_empty() => break rows[0].chat,
                _ => {}
            }
        };
        client.claim(chat).await.expect("nobody was first");
        client.post(chat, "I am Maya.").await.expect("it is hers");
        loop {
            let event = events.next().await.expect("the connection holds");
            if let Event::Chat { sequenced, .. } = event
                && let Told::Posted { by: Person::Patron { .. }, .. } = sequenced.event
            {
                break;
            }
        }
        client.end(chat).await.expect("it is hers");
    };
    let (played, ()) = tokio::join!(live(&broker, vec![chat]), person);
    let (lived, tally) = played;
    assert_eq!(lived[0].claims, ["Maya"]);
    assert_eq!(lived[0].ending, Ending::ByOperator);
    assert_eq!(lived[0].said[0], (Some("Maya".to_owned()), "I am Maya.".to_owned()));
    assert_eq!((tally.otherwise, tally.failed), (1, 0), "{tally}");
}

#[tokio::test]
async fn a_person_may_claim_what_a_colleague_offers_to_the_co_op() {
    let (_store, broker) = demo().await;
    let (client, mut events) = maya(&broker).await;
    let to_coop = |it: &PlannedChat| it.transfer.as_ref().is_some_and(|it| it.to == COOP);
    let chat = Plan::new(11, &repertoire()).find(to_coop);
    let mut chat = PlannedChat { drop: None, ..chat.expect("a plan has no end") };
    let transfer = chat.transfer.as_mut().expect("it was looked for");
    transfer.claim.after = NEVER;
    let (offers, before) = (chat.claim.map(|it| it.by.name), transfer.before);
    let person = async {
        let chat = loop {
            let event = events.next().await.expect("the connection holds");
            if let Event::Row(row) = event
                && row.transfer_from.is_some()
            {
                break row.chat;
            }
        };
        client.claim(chat).await.expect("nobody was first");
        client.end(chat).await.expect("it is hers");
    };
    let (played, ()) = tokio::join!(live(&broker, vec![chat]), person);
    let (lived, tally) = played;
    assert_eq!(lived[0].claims, [offers.expect("it is claimed"), "Maya"]);
    assert_eq!((lived[0].ending, tally.otherwise), (Ending::ByOperator, 1));
    assert!(lived[0].said.len() >= before, "all before the offer was said");
}

#[tokio::test]
async fn who_ends_the_traffic_leaves_no_chat_open() {
    let (store, broker) = demo().await;
    let (stopping, stop) = watch::channel(false);
    let repertoire = repertoire();
    let plan = Plan::new(11, &repertoire).map(|chat| PlannedChat { rings: Duration::ZERO, ..chat });
    let mut ended = Vec::new();
    // The first that is over ends it all, with the others in the middle of their talk.
    let tell = |outcome: &Outcome, _: &Tally| {
        let lived = outcome.lived.as_ref();
        ended.push(lived.unwrap_or_else(|why| panic!("{why:#}")).ending);
        stopping.send_replace(true);
    };
    let playing = play(plan.take(12), stage(&broker, SPEED / 20.0), stop, tell);
    let tally = timeout(PATIENCE, playing).await.expect("it ends").expect("colleagues sign in");
    assert!(ended.contains(&Ending::CutShort), "{ended:?}");
    assert_eq!(tally.failed, 0, "{tally}");

    assert!(broker.terminate_apart().await.success());
    let stored = store::read(store.path()).await;
    assert!(!stored.chats.is_empty());
    for (chat, events) in &stored.chats {
        let over = events.iter().any(|it| matches!(it.event, ChatEvent::Ended { .. }));
        assert!(over, "{chat} is still open");
    }
}

#[tokio::test]
async fn who_ends_the_traffic_of_a_dead_broker_hears_what_stays_open_and_is_not_kept_waiting() {
    let (_store, broker) = demo().await;
    let (stopping, stop) = watch::channel(false);
    let repertoire = repertoire();
    let plan = Plan::new(11, &repertoire).map(|chat| PlannedChat { rings: Duration::ZERO, ..chat });
    let stage = stage(&broker, SPEED / 20.0);
    let (over, mut first) = watch::channel(false);
    let mut open = Vec::new();
    let tell = |outcome: &Outcome, _: &Tally| {
        over.send_replace(true);
        open.extend(outcome.lived.as_ref().err().map(|why| format!("{why:#}")));
    };
    let playing = timeout(PATIENCE, play(plan.take(12), stage, stop, tell));
    let killing = async {
        first.wait_for(|over| *over).await.expect("a chat is over");
        let killed = tokio::task::spawn_blocking(|| broker.kill());
        killed.await.expect("it is killed");
        stopping.send_replace(true);
    };
    let (played, ()) = tokio::join!(playing, killing);
    let tally = played.expect("it ends").expect("colleagues signed in");
    assert!(tally.failed > 0, "{tally}");
    assert!(open.iter().any(|why| why.contains("stays open")), "{open:#?}");
}
