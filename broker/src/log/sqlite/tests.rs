//! The contract, and what only this adapter can get wrong.

mod kill;

use std::sync::Arc;

use rusqlite::Connection;

use super::*;
use crate::log::contract::events::{canary, chat, claimed, filled, one, posted};
use crate::log::contract::{Subject, all, append, kept_promises, promises, read, scan};

fn subject() -> Subject {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().to_path_buf();
    let reopen = move || SqliteLog::open(&path).map(|log| Arc::new(log) as Arc<dyn EventLog>);
    Subject { reopen: Box::new(reopen), files: Some(dir) }
}

promises!(subject());
kept_promises!(subject());

/// A store in which every stage of the index is found: runs, an open window, and rows in memory.
async fn busy(log: &SqliteLog) {
    for round in 0..40_u64 {
        let streams = (1..30).filter(|number| (round + number) % 3 > 0);
        for number in streams {
            let stream = chat(number.into());
            let version = log.heads(vec![stream]).await.unwrap()[0].map_or(0, |(seq, _)| seq);
            append(log, filled(stream, version, number % 4 + 1)).await;
        }
    }
}

#[tokio::test]
async fn a_trailing_index_finds_every_record_before_and_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let log = SqliteLog::open(dir.path()).unwrap();
    busy(&log).await;
    let whole = scan(&log, 500).await.unwrap();
    let db = Connection::open(dir.path().join(schema::FILE)).unwrap();
    let count: i64 = db.query_row("SELECT count(*) FROM runs", [], |row| row.get(0)).unwrap();
    assert!(count > 100, "only {count} runs: the index was not at work");
    for _ in 0..3 {
        for (stream, records) in &whole {
            assert_eq!(read(&log, *stream).await, *records);
        }
    }
    let report = log.verify().await.unwrap();
    assert_eq!(report.damage, [""; 0]);
    drop(log);
    let log = SqliteLog::open(dir.path()).unwrap();
    busy(&log).await;
    for (stream, records) in &whole {
        assert_eq!(read(&log, *stream).await[..records.len()], *records);
    }
    let report = log.verify().await.unwrap();
    assert_eq!((report.damage.len(), report.streams), (0, 29));
}

#[tokio::test]
async fn a_store_is_open_once_and_says_by_whom() {
    let dir = tempfile::tempdir().unwrap();
    let log = SqliteLog::open(dir.path()).unwrap();
    let error = SqliteLog::open(dir.path()).map(|_| ()).unwrap_err().to_string();
    assert!(error.contains(&std::process::id().to_string()), "{error}");
    drop(log);
    SqliteLog::open(dir.path()).unwrap();
}

#[tokio::test]
async fn a_store_of_a_newer_broker_is_refused_by_name() {
    let dir = tempfile::tempdir().unwrap();
    drop(SqliteLog::open(dir.path()).unwrap());
    let db = Connection::open(dir.path().join(schema::FILE)).unwrap();
    db.pragma_update(None, "user_version", schema::FORMAT + 1).unwrap();
    drop(db);
    let error = SqliteLog::open(dir.path()).map(|_| ()).unwrap_err();
    assert!(matches!(error, LogError::Newer { .. }), "{error}");
}

#[tokio::test]
async fn a_full_disk_refuses_and_recovers_by_itself() {
    let dir = tempfile::tempdir().unwrap();
    let log = SqliteLog::open(dir.path()).unwrap();
    append(&log, filled(chat(1), 0, 3)).await;
    log.meddle(|writer| limit_pages(writer, 40)).await;
    let mut taken = 3;
    let refused = loop {
        match append(&log, filled(chat(1), taken, 50)).await {
            Outcome::Appended { .. } => taken += 50,
            other => break other,
        }
        assert!(taken < 100_000, "the disk is never full");
    };
    assert!(matches!(refused, Outcome::Unavailable { .. }), "{refused:?}");
    assert_eq!(read(&log, chat(1)).await.len() as u64, taken, "all or none");
    log.meddle(|writer| limit_pages(writer, 1 << 30)).await;
    let outcome = append(&log, filled(chat(1), taken, 50)).await;
    assert_eq!(outcome, Outcome::Appended { first_seq: taken + 1 });
    assert_eq!(log.verify().await.unwrap().damage, [""; 0]);
}

fn limit_pages(writer: &mut Writer, pages: i64) {
    writer.db.as_ref().unwrap().pragma_update(None, "max_page_count", pages).unwrap();
}

#[tokio::test]
async fn a_commit_whose_answer_is_lost_is_unknown_and_a_retry_is_safe() {
    let dir = tempfile::tempdir().unwrap();
    let log = SqliteLog::open(dir.path()).unwrap();
    let mut expect = 0;
    for applied in [false, true, true, false] {
        log.meddle(move |writer| writer.lose = Some(applied)).await;
        let lost = one(chat(1), expect, posted("did it arrive?"));
        let outcome = append(&log, lost.clone()).await;
        assert!(matches!(outcome, Outcome::Unknown { .. }), "{outcome:?}");
        expect += 1;
        match append(&log, lost.clone()).await {
            Outcome::Appended { first_seq } => assert_eq!((applied, first_seq), (false, expect)),
            Outcome::Conflict { tail, .. } => {
                assert!(applied);
                assert_eq!(tail[0].entry, lost.entries[0]);
            }
            Outcome::Unavailable { why } | Outcome::Unknown { why } => panic!("{why}"),
        }
        assert_eq!(read(&log, chat(1)).await.len() as u64, expect, "stored once");
    }
}

#[tokio::test]
async fn a_callback_that_panics_does_not_stop_the_writer() {
    let dir = tempfile::tempdir().unwrap();
    let log = SqliteLog::open(dir.path()).unwrap();
    log.append(vec![one(chat(1), 0, posted("x"))], Box::new(|_| panic!("as the test wants")));
    let outcome = append(&log, one(chat(1), 1, posted("y"))).await;
    assert_eq!(outcome, Outcome::Appended { first_seq: 2 });
}

#[tokio::test]
async fn a_damaged_stream_does_not_stop_its_neighbors() {
    let dir = tempfile::tempdir().unwrap();
    let log = SqliteLog::open(dir.path()).unwrap();
    append(&log, filled(chat(1), 0, 3)).await;
    let db = Connection::open(dir.path().join(schema::FILE)).unwrap();
    db.execute("UPDATE log SET body = '{}' WHERE seq = 2", []).unwrap();
    let batch = vec![one(chat(1), 1, claimed()), one(chat(2), 0, posted("fine"))];
    let outcomes = all(&log, batch).await;
    assert!(matches!(&outcomes[0], Outcome::Unavailable { why } if why.contains("record 2")));
    assert_eq!(outcomes[1], Outcome::Appended { first_seq: 1 });
    let damage = log.verify().await.unwrap().damage;
    assert_eq!(damage.len(), 1, "{damage:?}");
    assert!(damage[0].contains("record 2"), "{damage:?}");
}

#[tokio::test]
async fn verify_names_a_missing_record_a_wrong_index_and_a_wrong_summary() {
    let dir = tempfile::tempdir().unwrap();
    let log = SqliteLog::open(dir.path()).unwrap();
    busy(&log).await;
    append(&log, canary(chat(99))).await;
    drop(log);
    let db = Connection::open(dir.path().join(schema::FILE)).unwrap();
    db.execute_batch(
        "DELETE FROM log WHERE id = 7;
         UPDATE live SET summary = '{}';
         UPDATE runs SET rows = x'01' WHERE first = 1 AND stream = (SELECT max(stream) FROM runs);",
    )
    .unwrap();
    drop(db);
    let damage = verify(dir.path()).unwrap().damage.join("\n");
    for expected in ["stands where", "live summar", "index does not find it"] {
        assert!(damage.contains(expected), "{expected}: {damage}");
    }
}

#[tokio::test]
async fn a_backup_of_a_running_store_restores_to_the_same_records() {
    let dir = tempfile::tempdir().unwrap();
    let log = SqliteLog::open(&dir.path().join("one")).unwrap();
    busy(&log).await;
    append(&log, canary(chat(99))).await;
    let (before, file) = (scan(&log, 500).await.unwrap(), dir.path().join("backup"));
    let backup = log.backup(file.clone());
    append(&log, filled(chat(200), 0, 9)).await;
    let report = backup.await.unwrap();
    assert!(report.records >= before.values().map(|it| it.len() as u64).sum());
    let two = dir.path().join("two");
    restore(&file, &two, false).unwrap();
    let restored = SqliteLog::open(&two).unwrap();
    let mut after = scan(&restored, 500).await.unwrap();
    after.remove(&chat(200));
    assert_eq!(after, before);
    assert_eq!(restored.live().await.unwrap(), log.live().await.unwrap());
    drop(restored);
    let error = restore(&file, &two, false).unwrap_err().to_string();
    assert!(error.contains("holds a store already"), "{error}");
}

#[tokio::test]
async fn what_was_erased_after_a_backup_does_not_come_back_with_it() {
    let dir = tempfile::tempdir().unwrap();
    let (store, file) = (dir.path().join("store"), dir.path().join("backup"));
    let log = SqliteLog::open(&store).unwrap();
    append(&log, canary(chat(1))).await;
    append(&log, canary(chat(2))).await;
    log.backup(file.clone()).await.unwrap();
    log.erase(chat(1), Erasure::All, "asked".into()).await.unwrap();
    let erased = scan(&log, 100).await.unwrap();
    drop(log);
    restore(&file, &store, true).unwrap();
    let log = SqliteLog::open(&store).unwrap();
    assert_eq!(scan(&log, 100).await.unwrap(), erased);
    assert_eq!(
        log.live().await.unwrap().iter().filter(|it| it.summary.contains("canary")).count(),
        1
    );
}

#[tokio::test]
async fn a_damaged_backup_replaces_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (store, file) = (dir.path().join("store"), dir.path().join("backup"));
    let log = SqliteLog::open(&store).unwrap();
    append(&log, filled(chat(1), 0, 3)).await;
    log.backup(file.clone()).await.unwrap();
    drop(log);
    let db = Connection::open(&file).unwrap();
    db.execute("UPDATE log SET body = '{}' WHERE seq = 2", []).unwrap();
    drop(db);
    let error = restore(&file, &store, true).unwrap_err();
    assert!(matches!(error, LogError::Damaged { .. }), "{error}");
    assert_eq!(read(&SqliteLog::open(&store).unwrap(), chat(1)).await.len(), 3);
}
