//! The contract against a real server, and what only this adapter can get wrong.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use ::redis::cmd;
use deskbell_protocol::ids::Eid;
use tokio::sync::Notify;
use tokio::time::timeout;

use super::*;
use crate::config::written::RedisDurability;
use crate::log::contract::events::posted;
use crate::log::contract::events::{canary, chat, filled, one};
use crate::log::contract::{Subject, all, append, list, promises, read, scan};
use crate::log::copy::copy;
use crate::log::sqlite::{self, SqliteLog};
use crate::log::{Hint, LiveChange, News, Outcome};
use crate::redis::testing::TestServer;

/// What did not come after this will not come.
const PATIENCE: Duration = Duration::from_secs(30);

fn log(server: &TestServer, node: u64) -> Result<Arc<dyn EventLog>, LogError> {
    Ok(Arc::new(RedisLog::on(server.open(node)?, node)))
}

fn subject() -> Subject {
    let server = TestServer::start();
    Subject { reopen: Box::new(move || log(&server, 1)), files: None }
}

promises!(subject());
list!(crate::log::contract::kept, subject(); what_was_acknowledged_is_there_after_opening_again);

#[tokio::test]
async fn a_log_says_no_more_of_an_acknowledgement_than_the_server_keeps() {
    let server = TestServer::start();
    assert_eq!(log(&server, 1).unwrap().durability().as_str(), "redis-async");
    let error = server.open_as(1, RedisDurability::Disk).map(drop).unwrap_err().to_string();
    assert!(error.contains("set `appendfsync always`"), "{error}");
    let mut always = cmd("CONFIG");
    always.arg("SET").arg("appendfsync").arg("always").exec(&mut server.client()).unwrap();
    let disk = server.open_as(1, RedisDurability::Disk).unwrap();
    assert_eq!(RedisLog::on(disk, 1).durability().as_str(), "redis-disk");
}

#[tokio::test]
async fn erased_text_leaves_the_server_s_file_with_the_rewrite_that_is_asked_for() {
    let server = TestServer::start();
    let log = log(&server, 1).unwrap();
    append(&*log, canary(chat(1))).await;
    let gone = async |is_there: bool| {
        while server.files_hold(b"canary") != is_there {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, gone(true)).await.expect("it is written in plain first");
    log.erase(chat(1), Erasure::All, "asked".into()).await.unwrap();
    timeout(PATIENCE, gone(false)).await.expect("the file is written anew");
    let left = read(&*log, chat(1)).await;
    assert!(!left.is_empty() && !format!("{left:?}").contains("canary"), "{left:?}");
}

#[tokio::test]
async fn a_server_that_comes_back_older_has_it_erased_again_from_what_its_brokers_keep() {
    let mut server = TestServer::start();
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let keeping = |server: &TestServer, dir: &tempfile::TempDir| {
        RedisLog::on(server.open(1).unwrap(), 1).keep_erasures_in(dir.path()).unwrap()
    };
    let log = keeping(&server, &one);
    append(&log, canary(chat(1))).await;
    append(&log, canary(chat(2))).await;
    let older = server.written();
    log.erase(chat(1), Erasure::All, "asked".into()).await.unwrap();
    let (erased, live) = (scan(&log, 100).await.unwrap(), log.live().await.unwrap());
    // Another broker takes over what was erased before it came.
    drop(keeping(&server, &two));
    drop(log);
    server.kill();
    server.put_back(&older);
    server.start_again();
    let log = keeping(&server, &two);
    assert_eq!(scan(&log, 100).await.unwrap(), erased);
    assert_eq!(log.live().await.unwrap(), live);
    assert_eq!(log.erased().await.unwrap().len(), 1);
    // And while a broker runs.
    server.kill();
    server.put_back(&older);
    server.start_again();
    let again = async {
        while !log.erased().await.is_ok_and(|it| it.len() == 1) {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, again).await.expect("it looks with each new connection");
    assert_eq!(scan(&log, 100).await.unwrap(), erased);
    assert_eq!(log.live().await.unwrap(), live);
}

#[tokio::test]
async fn the_record_of_erasures_goes_along_with_a_copy_and_back() {
    let (server, dir) = (TestServer::start(), tempfile::tempdir().unwrap());
    let place = |name: &str| dir.path().join(name);
    let store = SqliteLog::open(&place("store")).unwrap();
    append(&store, canary(chat(1))).await;
    append(&store, canary(chat(2))).await;
    store.backup(place("backup")).await.unwrap();
    store.erase(chat(1), Erasure::All, "asked".into()).await.unwrap();
    let redis = log(&server, 1).unwrap();
    copy(&store, &*redis, |_| ()).await.unwrap();
    redis.erase(chat(2), Erasure::All, "asked".into()).await.unwrap();
    let back = SqliteLog::open(&place("back")).unwrap();
    copy(&*redis, &back, |_| ()).await.unwrap();
    assert_eq!(back.erased().await.unwrap(), redis.erased().await.unwrap());
    assert_eq!(back.erased().await.unwrap().len(), 2);
    drop(back);
    sqlite::restore(&place("backup"), &place("back"), true).unwrap();
    let restored = SqliteLog::open(&place("back")).unwrap();
    assert_eq!(scan(&restored, 100).await.unwrap(), scan(&*redis, 100).await.unwrap());
    assert_eq!(restored.live().await.unwrap(), redis.live().await.unwrap());
}

#[tokio::test]
async fn a_server_that_became_a_replica_is_given_up_until_it_is_a_primary_again() {
    let server = TestServer::start();
    let log = log(&server, 1).unwrap();
    append(&*log, filled(chat(1), 0, 1)).await;
    let replica_of = |host: &str, port: &str| {
        cmd("REPLICAOF").arg(host).arg(port).exec(&mut server.client()).unwrap();
    };
    replica_of("127.0.0.1", "1");
    let refused = async {
        loop {
            match append(&*log, filled(chat(1), 1, 1)).await {
                Outcome::Unavailable { why } if why.contains("it is a replica") => return,
                Outcome::Unavailable { .. } => {}
                held => panic!("a replica takes nothing: {held:?}"),
            }
        }
    };
    timeout(PATIENCE, refused).await.expect("it is looked at again");
    replica_of("NO", "ONE");
    let taken = async {
        loop {
            match append(&*log, filled(chat(1), 1, 1)).await {
                Outcome::Unavailable { .. } => {}
                outcome => return outcome,
            }
        }
    };
    let outcome = timeout(PATIENCE, taken).await.expect("it is used again");
    assert_eq!(outcome, Outcome::Appended { first_seq: 2 });
}

/// What one broker hears of the others.
#[derive(Default)]
struct Ear {
    news: Mutex<Vec<News>>,
    more: Notify,
}

impl Ear {
    fn on(log: &dyn EventLog) -> Arc<Self> {
        let ear = Arc::new(Self::default());
        let listens = ear.clone();
        log.follow(Arc::new(move |news| {
            listens.news.lock().unwrap().push(news);
            listens.more.notify_one();
        }));
        ear
    }

    /// Waits for the first gap, from which on it hears.
    async fn ready(&self) {
        while self.news.lock().unwrap().is_empty() {
            self.more.notified().await;
        }
        self.news.lock().unwrap().clear();
    }

    fn heard(&self) -> Vec<News> {
        std::mem::take(&mut *self.news.lock().unwrap())
    }
}

#[tokio::test]
async fn a_broker_hears_what_others_append_and_not_what_it_appends_itself() {
    let server = TestServer::start();
    let (here, there) = (log(&server, 1).unwrap(), log(&server, 2).unwrap());
    let ear = Ear::on(&*here);
    ear.ready().await;
    append(&*here, filled(chat(1), 0, 2)).await;
    let live = LiveChange::Put("a summary".into());
    append(&*there, Append { live: live.clone(), ..filled(chat(1), 2, 3) }).await;
    here.hear_all().unwrap().await.unwrap();
    let records = read(&*here, chat(1)).await;
    let (after, records) = (Some(records[1].entry.eid), records[2..].to_vec());
    let hint = Hint { stream: chat(1), seq: 5, live, after, records };
    assert_eq!(ear.heard(), [News::Moved(hint)]);
    assert!(here.hears().is_ok());
}

#[tokio::test]
async fn who_listens_hears_of_a_gap_when_its_connection_is_cut() {
    let server = TestServer::start();
    let (here, there) = (log(&server, 1).unwrap(), log(&server, 2).unwrap());
    let ear = Ear::on(&*here);
    ear.ready().await;
    let mut kill = cmd("CLIENT");
    kill.arg("KILL").arg("TYPE").arg("pubsub");
    assert_eq!(kill.query::<u32>(&mut server.client()).unwrap(), 1);
    append(&*there, filled(chat(1), 0, 1)).await;
    while !ear.heard().contains(&News::Gap { was_away: false }) {
        ear.more.notified().await;
    }
    append(&*there, filled(chat(1), 1, 1)).await;
    here.hear_all().unwrap().await.unwrap();
    let records = read(&*here, chat(1)).await;
    let (live, after) = (LiveChange::Keep, Some(records[0].entry.eid));
    let hint = Hint { stream: chat(1), seq: 2, live, after, records: records[1..].to_vec() };
    assert_eq!(ear.heard(), [News::Moved(hint)]);
}

#[tokio::test]
async fn a_history_that_became_another_one_takes_no_append_decided_on_the_old_one() {
    let server = TestServer::start();
    let log = log(&server, 1).unwrap();
    append(&*log, filled(chat(1), 0, 3)).await;
    let last = read(&*log, chat(1)).await[2].entry.eid;
    let after = |eid, expect| Append { after: Some(eid), ..one(chat(1), expect, posted("x")) };
    let nothing = Outcome::Conflict { tail: vec![], more: false };
    let other = Eid(last.0 ^ 1);
    assert_eq!(append(&*log, after(other, 3)).await, nothing, "at its end");
    assert_eq!(append(&*log, after(other, 2)).await, nothing, "before its end");
    assert_eq!(append(&*log, after(last, 3)).await, Outcome::Appended { first_seq: 4 });
    let Outcome::Conflict { tail, .. } = append(&*log, after(last, 3)).await else {
        panic!("it went on")
    };
    assert_eq!(tail.len(), 1, "of the same history the rest is shown");
}

#[tokio::test]
async fn two_brokers_on_one_server_see_each_other_s_records() {
    let server = TestServer::start();
    let (one, other) = (log(&server, 1).unwrap(), log(&server, 2).unwrap());
    append(&*one, filled(chat(1), 0, 3)).await;
    let lost = append(&*other, filled(chat(1), 0, 1)).await;
    let Outcome::Conflict { tail, more: false } = lost else { panic!("{lost:?}") };
    assert_eq!(tail, read(&*one, chat(1)).await);
    assert_eq!(append(&*other, filled(chat(1), 3, 1)).await, Outcome::Appended { first_seq: 4 });
}

#[tokio::test]
async fn a_server_that_was_started_anew_is_told_its_scripts_again() {
    let mut server = TestServer::start();
    let log = log(&server, 1).unwrap();
    append(&*log, filled(chat(1), 0, 3)).await;
    let before = scan(&*log, 100).await.unwrap();
    server.kill();
    server.start_again();
    // The first to ask may find the old connection broken, and then nobody knows what became of
    // it: the same append is asked again, as the port says.
    let mut outcome = append(&*log, filled(chat(2), 0, 2)).await;
    while matches!(outcome, Outcome::Unknown { .. } | Outcome::Unavailable { .. }) {
        outcome = append(&*log, filled(chat(2), 0, 2)).await;
    }
    let landed = matches!(outcome, Outcome::Appended { first_seq: 1 } | Outcome::Conflict { .. });
    assert!(landed, "{outcome:?}");
    assert_eq!(read(&*log, chat(2)).await.len(), 2);
    assert_eq!(read(&*log, chat(1)).await, before[&chat(1)]);
}

#[tokio::test]
async fn without_a_server_every_answer_says_so() {
    let mut server = TestServer::start();
    let log = log(&server, 1).unwrap();
    append(&*log, filled(chat(1), 0, 1)).await;
    server.kill();
    let outcomes = all(&*log, vec![filled(chat(1), 1, 1), filled(chat(2), 0, 1)]).await;
    let open = |it: &Outcome| matches!(it, Outcome::Unknown { .. } | Outcome::Unavailable { .. });
    assert!(outcomes.iter().all(open), "{outcomes:?}");
    let error = log.read(chat(1), 0, 10).await.unwrap_err();
    assert!(matches!(error, LogError::Unavailable(_)), "{error}");
    assert!(server.open(1).is_err());
}

#[tokio::test]
async fn a_damaged_record_is_named_and_never_served() {
    let server = TestServer::start();
    let log = log(&server, 1).unwrap();
    append(&*log, filled(chat(1), 0, 3)).await;
    let mut client = server.client();
    let key = place::log(chat(1));
    let found: Entries = cmd("XRANGE").arg(&key).arg("-").arg("+").query(&mut client).unwrap();
    cmd("DEL").arg(&key).exec(&mut client).unwrap();
    for (id, fields) in found {
        let text = fields["r"].replace("message 1", "massage 1");
        cmd("XADD").arg(&key).arg(id).arg("r").arg(text).exec(&mut client).unwrap();
    }
    let error = log.read(chat(1), 0, 10).await.unwrap_err();
    assert!(matches!(error, LogError::Damaged { .. }), "{error}");
    assert!(error.to_string().contains("record 2"), "{error}");
    assert!(scan(&*log, 100).await.is_err());
}

#[tokio::test]
async fn a_record_that_was_taken_out_is_missed() {
    let server = TestServer::start();
    let log = log(&server, 1).unwrap();
    append(&*log, filled(chat(1), 0, 3)).await;
    let key = place::log(chat(1));
    cmd("XDEL").arg(&key).arg("2-0").exec(&mut server.client()).unwrap();
    let error = log.read(chat(1), 0, 10).await.unwrap_err();
    assert!(error.to_string().contains("record 2"), "{error}");
}
