//! A writer killed at any moment: what it was told is stored is stored, and nothing by halves.
//!
//! The test starts this test binary again as the writer, which prints each acknowledgement, kills
//! it with SIGKILL after a varying number of them, opens what it left, and compares.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use super::*;

/// Set for the child: the directory of its store.
const STORE: &str = "DESKBELL_TEST_KILLED_STORE";
const ROUNDS: u64 = 12;
/// Entries of one append: none of them is stored without the others.
const WHOLE: u64 = 3;

#[test]
fn a_killed_writer_loses_nothing_that_it_acknowledged() {
    #[expect(clippy::disallowed_methods, reason = "how the child is told from its parent")]
    let store = std::env::var(STORE);
    if let Ok(dir) = store {
        write_until_killed(&dir);
    }
    let dir = tempfile::tempdir().unwrap();
    let mut stored = std::collections::BTreeMap::new();
    for round in 0..ROUNDS {
        let acknowledged = kill_after(dir.path(), 1 + round * 37 % 200);
        let log = SqliteLog::open(dir.path()).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        assert_eq!(runtime.block_on(log.verify()).unwrap().damage, [""; 0]);
        let before = std::mem::replace(&mut stored, runtime.block_on(scan(&log, 999)).unwrap());
        for (stream, records) in &before {
            assert_eq!(stored[stream][..records.len()], *records, "it was there a round ago");
        }
        for (stream, version) in acknowledged {
            let count = stored[&stream].len() as u64;
            assert!(count >= version, "{stream}: {version} acknowledged, {count} stored");
        }
        for (stream, records) in &stored {
            assert_eq!(records.len() as u64 % WHOLE, 0, "{stream} has part of an append");
        }
    }
    assert!(!stored.is_empty());
}

/// Runs the child until it has printed `lines` acknowledgements, kills it, and returns all that it
/// managed to print.
fn kill_after(dir: &Path, lines: u64) -> Vec<(StreamId, u64)> {
    let name = "log::sqlite::tests::kill::a_killed_writer_loses_nothing_that_it_acknowledged";
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture", "--test-threads=1"])
        .env(STORE, dir)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut acknowledged = Vec::new();
    let mut killed = false;
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        // The test harness prints lines of its own, and the last one may be cut.
        let Some((stream, version)) =
            line.strip_prefix("stored ").and_then(|it| it.split_once(' '))
        else {
            continue;
        };
        let Some(version) = version.strip_suffix(';') else { continue };
        acknowledged.push((stream.parse().unwrap(), version.parse().unwrap()));
        if acknowledged.len() as u64 >= lines && !killed {
            child.kill().unwrap();
            killed = true;
        }
    }
    child.wait().unwrap();
    assert!(killed, "the writer ended by itself after {} lines", acknowledged.len());
    acknowledged
}

fn write_until_killed(dir: &str) -> ! {
    let log = SqliteLog::open(Path::new(dir)).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let streams: Vec<StreamId> = (1..20).map(chat).collect();
    let heads = runtime.block_on(log.heads(streams.clone())).unwrap();
    let mut versions: Vec<u64> =
        heads.into_iter().map(|head| head.map_or(0, |(seq, _)| seq)).collect();
    loop {
        let batches = streams.chunks(5).zip(versions.chunks_mut(5));
        let mut waiting = Vec::new();
        for (streams, versions) in batches {
            let batch = streams.iter().zip(versions.iter());
            let batch = batch.map(|(stream, version)| filled(*stream, *version, WHOLE)).collect();
            let printed: Vec<_> = streams
                .iter()
                .zip(versions.iter_mut())
                .map(|(stream, version)| {
                    *version += WHOLE;
                    format!("\nstored {stream} {version};\n")
                })
                .collect();
            let (answer, answered) = oneshot::channel();
            let done = move |outcomes: Vec<Outcome>| {
                assert!(outcomes.iter().all(|it| matches!(it, Outcome::Appended { .. })));
                let mut out = std::io::stdout().lock();
                for line in printed {
                    out.write_all(line.as_bytes()).unwrap();
                }
                out.flush().unwrap();
                answer.send(()).unwrap();
            };
            log.append(batch, Box::new(done));
            waiting.push(answered);
        }
        for answered in runtime.block_on(futures_util::future::join_all(waiting)) {
            answered.unwrap();
        }
    }
}
