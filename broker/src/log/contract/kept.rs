//! What only a log with files promises: that they keep what was acknowledged, lose what was erased,
//! and are not believed when they are damaged.

use std::path::Path;

use super::events::{canary, chat, filled};
use super::{Subject, all, append, read, scan};
use crate::log::{Erasure, LogError};

pub(crate) async fn what_was_acknowledged_is_there_after_opening_again(subject: Subject) {
    let mut log = subject.open();
    for round in 0..5 {
        let batch = (1..20).map(|number| filled(chat(number), round * 3, 3)).collect();
        all(&*log, batch).await;
        append(&*log, canary(chat(100 + u128::from(round)))).await;
        let (before, live) = (scan(&*log, 1_000).await.unwrap(), log.live().await.unwrap());
        drop(log);
        log = subject.open();
        assert_eq!(scan(&*log, 1_000).await.unwrap(), before);
        assert_eq!(log.live().await.unwrap(), live);
        for (stream, records) in before {
            assert_eq!(read(&*log, stream).await, records);
            let last = records.last().map(|it| (it.seq, it.entry.eid));
            assert_eq!(log.heads(vec![stream]).await.unwrap(), [last]);
        }
    }
}

pub(crate) async fn erased_text_is_in_no_file(subject: Subject) {
    let log = subject.open();
    append(&*log, canary(chat(1))).await;
    append(&*log, filled(chat(2), 0, 50)).await;
    assert!(in_files(&subject.dir(), b"canary"), "it was written in plain before");
    log.erase(chat(1), Erasure::All, "asked".into()).await.unwrap();
    assert!(!in_files(&subject.dir(), b"canary"));
    drop(log);
    assert!(!in_files(&subject.dir(), b"canary"));
}

pub(crate) async fn a_damaged_record_is_named_and_never_served(subject: Subject) {
    let log = subject.open();
    append(&*log, filled(chat(1), 0, 3)).await;
    append(&*log, filled(chat(2), 0, 3)).await;
    drop(log);
    let mut flipped = 0;
    for file in files(&subject.dir()) {
        let mut bytes = std::fs::read(&file).unwrap();
        let found = bytes.windows(9).position(|it| it == b"message 1");
        let Some(place) = found else { continue };
        bytes[place] ^= 1;
        std::fs::write(&file, bytes).unwrap();
        flipped += 1;
    }
    assert!(flipped > 0, "the text stands somewhere");
    let error = match (subject.reopen)() {
        // A start may find it already.
        Err(error) => error,
        Ok(log) => {
            scan(&*log, 100).await.unwrap_err();
            let one = log.read(chat(1), 0, 100).await;
            let two = log.read(chat(2), 0, 100).await;
            one.and(two).unwrap_err()
        }
    };
    assert!(matches!(error, LogError::Damaged { .. }), "{error}");
    assert!(error.to_string().contains("record 2"), "{error}");
}

fn in_files(dir: &Path, needle: &[u8]) -> bool {
    let holds = |bytes: &[u8]| bytes.windows(needle.len()).any(|it| it == needle);
    files(dir).iter().any(|file| holds(&std::fs::read(file).unwrap()))
}

fn files(dir: &Path) -> Vec<std::path::PathBuf> {
    std::fs::read_dir(dir).unwrap().map(|it| it.unwrap().path()).collect()
}
