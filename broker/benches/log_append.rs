//! What one appended event costs in the SQLite log, in CPU: `cargo bench -p deskbell`.
//!
//! Compares the log as shipped (its index trails) with the same row under a plain unique index and
//! under none. Pin it (`taskset -c 1`), and trust the CPU figures: wall time is the disk's.

use std::io::Write;
use std::path::Path;
use std::sync::mpsc::sync_channel;

use deskbell::log::sqlite::SqliteLog;
use deskbell::log::{Append, Entry, EventLog, LiveChange, Outcome, StreamId, record};
use deskbell_domain::chat::ChatEvent;
use deskbell_domain::person::Author;
use deskbell_protocol::ids::{ChatId, Cmid, Eid};
use jiff::Timestamp;
use rusqlite::Connection;

const CHATS: u64 = 500;
const BATCH: u64 = 50;
const EVENTS: u64 = 200_000;

fn main() {
    let base = std::env::temp_dir();
    let mut out = std::io::stdout().lock();
    let mut report = |name: &str, run: &dyn Fn(&Path)| {
        let dir = tempfile::tempdir_in(&base).expect("a temporary directory can be made");
        let before = cpu_nanoseconds();
        run(dir.path());
        let each = (cpu_nanoseconds() - before) / EVENTS;
        writeln!(out, "{name:<28} {each:6} CPU ns per event").expect("stdout is open");
    };
    for _ in 0..2 {
        report("making the events only", &|_| {
            for number in 0..EVENTS {
                std::hint::black_box(append(number, 0));
            }
        });
        report("shipped: trailing index", &shipped);
        report("rows with a unique index", &|dir| plain(dir, true));
        report("rows without an index", &|dir| plain(dir, false));
    }
}

/// The chat that event `number` belongs to: spread, as ids are.
fn chat(number: u64) -> u128 {
    u128::from((number % CHATS + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)) << 64
}

fn append(number: u64, expect: u64) -> Append {
    let event = ChatEvent::Posted {
        by: Author::Patron,
        text: "Where do I find the opening hours of the library on the other side of the river? \
               I could not see them on the page."
            .into(),
        lang: Some("en".into()),
    };
    let entry = Entry {
        author: Author::Patron,
        cmid: Some(Cmid(uuid::Uuid::from_u128(u128::from(number)))),
        fingerprint: number,
        eid: Eid(number.wrapping_mul(0x9e37_79b9_7f4a_7c15)),
        at: Timestamp::UNIX_EPOCH,
        event: record::chat::encode(&event),
    };
    let stream = StreamId::Chat(ChatId(chat(number)));
    Append { stream, expect, after: None, entries: vec![entry], live: LiveChange::Keep }
}

fn shipped(dir: &Path) {
    let log = SqliteLog::open(dir).expect("a new store opens");
    for start in (0..EVENTS).step_by(usize::try_from(BATCH).expect("small")) {
        let batch = (start..start + BATCH).map(|number| append(number, number / CHATS)).collect();
        let (answer, answered) = sync_channel(1);
        log.append(batch, Box::new(move |outcomes| answer.send(outcomes).expect("waited for")));
        let outcomes = answered.recv().expect("answered");
        assert!(outcomes.iter().all(|it| matches!(it, Outcome::Appended { .. })));
    }
}

fn plain(dir: &Path, indexed: bool) {
    let mut db = Connection::open(dir.join("plain.db")).expect("a new file opens");
    db.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;
         PRAGMA cache_size = -65536;
         CREATE TABLE log (
             id INTEGER PRIMARY KEY, stream BLOB NOT NULL, seq INTEGER NOT NULL,
             eid INTEGER NOT NULL, at INTEGER NOT NULL, author TEXT NOT NULL, cmid BLOB,
             fingerprint INTEGER NOT NULL, kind TEXT NOT NULL, version INTEGER NOT NULL,
             body TEXT NOT NULL, sum INTEGER NOT NULL
         ) STRICT;",
    )
    .expect("a table can be made");
    if indexed {
        db.execute_batch("CREATE UNIQUE INDEX place ON log (stream, seq)")
            .expect("so can an index");
    }
    for start in (0..EVENTS).step_by(usize::try_from(BATCH).expect("small")) {
        let tx = db.transaction().expect("nobody else writes");
        let mut insert = tx
            .prepare_cached("INSERT INTO log VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12)")
            .expect("the table is there");
        for number in start..start + BATCH {
            let it = append(number, number / CHATS);
            let entry = &it.entries[0];
            insert
                .execute(rusqlite::params![
                    i64::try_from(number + 1).expect("small"),
                    chat(number).to_be_bytes(),
                    i64::try_from(it.expect + 1).expect("small"),
                    entry.eid.0.cast_signed(),
                    entry.at.as_millisecond(),
                    "patron",
                    entry.cmid.as_ref().map(|cmid| &cmid.0.as_bytes()[..]),
                    entry.fingerprint.cast_signed(),
                    entry.event.kind,
                    entry.event.version,
                    entry.event.body,
                    record::checksum(it.stream, it.expect + 1, entry),
                ])
                .expect("the row fits");
        }
        drop(insert);
        tx.commit().expect("the disk has room");
    }
}

/// What all threads of this process have spent so far, the finished ones included.
fn cpu_nanoseconds() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("Linux");
    let after_name = stat.rsplit(')').next().expect("the name stands in parentheses");
    let ticks = after_name.split_whitespace().skip(11).take(2);
    let ticks: u64 = ticks.map(|it| it.parse::<u64>().expect("ticks are numbers")).sum();
    ticks * 10_000_000
}
