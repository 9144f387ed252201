//! The suite that every adapter must pass: what `log.rs` promises, as conversations with a log.
//!
//! An adapter lists the promises by `promises!`; one that outlives its process lists
//! `kept_promises!` too, so that what does not apply is left out in sight. Nothing here knows how
//! an adapter works.

pub(crate) mod events;
pub(crate) mod kept;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Barrier};

use deskbell_protocol::ids::Eid;
use tokio::sync::oneshot;

use self::events::{canary, chat, claimed, entry, filled, one, posted};
use super::{
    Append, Erased, Erasure, EventLog, LiveChange, LogError, Outcome, Page, Position, Record,
    StreamId, record,
};

/// An adapter under test: one store, opened as often as asked, one handle at a time.
pub(crate) struct Subject {
    pub(crate) reopen: Box<dyn Fn() -> Result<Arc<dyn EventLog>, LogError>>,
    /// Where its files are, if it has any.
    pub(crate) files: Option<tempfile::TempDir>,
}

impl Subject {
    /// Opens a store that is well.
    pub(crate) fn open(&self) -> Arc<dyn EventLog> {
        (self.reopen)().unwrap()
    }

    pub(crate) fn dir(&self) -> PathBuf {
        self.files.as_ref().expect("a kept log has files").path().into()
    }
}

macro_rules! promises {
    ($subject:expr) => {
        $crate::log::contract::list!($crate::log::contract, $subject;
            a_stream_is_a_gapless_sequence_from_one
            an_append_is_whole_or_not_at_all
            of_many_racing_at_one_version_exactly_one_wins
            a_conflict_shows_what_the_caller_does_not_know
            a_long_tail_is_cut_and_says_so
            a_retry_after_an_unknown_outcome_finds_its_own_events
            appends_of_one_batch_see_each_other
            the_summary_changes_with_the_events_or_not_at_all
            heads_name_the_last_record
            a_scan_finds_every_record_once_and_resumes
            pages_are_adjacent_and_say_whether_more_follows
            erasure_blanks_what_is_personal_and_nothing_else
            erasing_places_leaves_the_others_alone
            what_is_erased_stands_on_record
            what_was_erased_elsewhere_is_erased_again_by_place_and_identity
        );
    };
}
macro_rules! kept_promises {
    ($subject:expr) => {
        $crate::log::contract::list!($crate::log::contract::kept, $subject;
            what_was_acknowledged_is_there_after_opening_again
            erased_text_is_in_no_file
            a_damaged_record_is_named_and_never_served
        );
    };
}
macro_rules! list {
    ($from:path, $subject:expr; $($promise:ident)+) => {$(
        #[tokio::test]
        async fn $promise() {
            use $from as from;
            from::$promise($subject).await;
        }
    )+};
}
pub(crate) use {kept_promises, list, promises};

/// Appends a batch and waits for its outcomes.
pub(crate) async fn all(log: &dyn EventLog, batch: Vec<Append>) -> Vec<Outcome> {
    let (answer, answered) = oneshot::channel();
    log.append(batch, Box::new(move |outcomes| answer.send(outcomes).unwrap()));
    answered.await.unwrap()
}

/// Appends and waits for the outcome.
pub(crate) async fn append(log: &dyn EventLog, append: Append) -> Outcome {
    all(log, vec![append]).await.pop().unwrap()
}

pub(crate) async fn read(log: &dyn EventLog, stream: StreamId) -> Vec<Record> {
    let Page { records, more } = log.read(stream, 0, usize::MAX).await.unwrap();
    assert!(!more, "everything was asked for");
    records
}

/// Every record of a log, by stream; checks that each stream is gapless on the way.
pub(crate) async fn scan(
    log: &dyn EventLog,
    max: usize,
) -> Result<BTreeMap<StreamId, Vec<Record>>, LogError> {
    let mut streams = BTreeMap::<_, Vec<Record>>::new();
    let mut after = Position::default();
    loop {
        let page = log.scan(after.clone(), max).await?;
        assert!(page.records.len() <= max);
        for (position, stream, record) in page.records {
            let records = streams.entry(stream).or_default();
            assert_eq!(record.seq, records.len() as u64 + 1, "{stream} has a gap");
            records.push(record);
            after = position;
        }
        if !page.more {
            return Ok(streams);
        }
    }
}

pub(crate) async fn a_stream_is_a_gapless_sequence_from_one(subject: Subject) {
    let log = subject.open();
    for expect in 0..5 {
        let outcome = append(&*log, one(chat(1), expect, posted("hello"))).await;
        assert_eq!(outcome, Outcome::Appended { first_seq: expect + 1 });
    }
    let directory = append(&*log, one(StreamId::Directory, 0, posted("x"))).await;
    assert_eq!(directory, Outcome::Appended { first_seq: 1 }, "each stream counts for itself");
    let seqs: Vec<u64> = read(&*log, chat(1)).await.iter().map(|it| it.seq).collect();
    assert_eq!(seqs, [1, 2, 3, 4, 5]);
}

pub(crate) async fn an_append_is_whole_or_not_at_all(subject: Subject) {
    let log = subject.open();
    let entries: Vec<_> = ["a", "b", "c"].map(|text| entry(posted(text))).into();
    let batch = |expect| Append {
        stream: chat(1),
        expect,
        after: None,
        entries: entries.clone(),
        live: LiveChange::Keep,
    };
    assert_eq!(append(&*log, batch(0)).await, Outcome::Appended { first_seq: 1 });
    assert!(matches!(append(&*log, batch(2)).await, Outcome::Conflict { .. }));
    assert!(matches!(append(&*log, batch(7)).await, Outcome::Conflict { .. }));
    let stored: Vec<_> = read(&*log, chat(1)).await.into_iter().map(|it| it.entry).collect();
    assert_eq!(stored, entries);
}

pub(crate) async fn of_many_racing_at_one_version_exactly_one_wins(subject: Subject) {
    const RACERS: usize = 8;
    let log = subject.open();
    for round in 0..20 {
        let start = Arc::new(Barrier::new(RACERS));
        let mut outcomes = Vec::new();
        for _ in 0..RACERS {
            let (log, start) = (Arc::clone(&log), Arc::clone(&start));
            let (answer, answered) = oneshot::channel();
            std::thread::spawn(move || {
                start.wait();
                let batch = vec![one(chat(1), round, claimed())];
                log.append(batch, Box::new(move |it| answer.send(it).unwrap()));
            });
            outcomes.push(answered);
        }
        let mut winners = 0;
        for outcome in outcomes {
            match outcome.await.unwrap().pop().unwrap() {
                Outcome::Appended { .. } => winners += 1,
                Outcome::Conflict { tail, more } => assert_eq!((tail.len(), more), (1, false)),
                Outcome::Unavailable { why } | Outcome::Unknown { why } => panic!("{why}"),
            }
        }
        assert_eq!(winners, 1, "round {round}");
    }
}

pub(crate) async fn a_conflict_shows_what_the_caller_does_not_know(subject: Subject) {
    let log = subject.open();
    append(&*log, filled(chat(1), 0, 5)).await;
    let stored = read(&*log, chat(1)).await;
    for expect in [0, 1, 4] {
        let tail = stored[usize::try_from(expect).unwrap()..].to_vec();
        let outcome = append(&*log, one(chat(1), expect, claimed())).await;
        assert_eq!(outcome, Outcome::Conflict { tail, more: false });
    }
    let nothing = Outcome::Conflict { tail: vec![], more: false };
    assert_eq!(append(&*log, one(chat(1), 6, claimed())).await, nothing, "past the end");
    assert_eq!(append(&*log, one(chat(2), 1, claimed())).await, nothing, "of an empty stream");
    assert_eq!(read(&*log, chat(1)).await, stored);
}

pub(crate) async fn a_long_tail_is_cut_and_says_so(subject: Subject) {
    let log = subject.open();
    append(&*log, filled(chat(1), 0, 1_000)).await;
    let Outcome::Conflict { tail, more } = append(&*log, one(chat(1), 10, claimed())).await else {
        panic!("a stale version conflicts")
    };
    assert!(more && !tail.is_empty() && tail.len() < 990);
    assert_eq!(tail[..], read(&*log, chat(1)).await[10..10 + tail.len()]);
}

pub(crate) async fn a_retry_after_an_unknown_outcome_finds_its_own_events(subject: Subject) {
    let log = subject.open();
    let lost = one(chat(1), 0, posted("did it arrive?"));
    // The first answer is lost; all that is known is the batch.
    all(&*log, vec![lost.clone()]).await;
    append(&*log, one(chat(1), 1, posted("somebody else"))).await;
    let Outcome::Conflict { tail, .. } = append(&*log, lost.clone()).await else {
        panic!("the first try held")
    };
    assert_eq!(tail[0].entry, lost.entries[0]);
    assert_eq!(read(&*log, chat(1)).await.len(), 2, "stored once");
}

pub(crate) async fn appends_of_one_batch_see_each_other(subject: Subject) {
    let log = subject.open();
    let batch = vec![
        one(chat(1), 0, posted("first")),
        one(chat(2), 0, posted("elsewhere")),
        one(chat(1), 0, posted("too late")),
        one(chat(1), 1, posted("second")),
    ];
    let outcomes = all(&*log, batch.clone()).await;
    assert_eq!(outcomes[0], Outcome::Appended { first_seq: 1 });
    assert_eq!(outcomes[1], Outcome::Appended { first_seq: 1 });
    let tail = vec![Record { seq: 1, entry: batch[0].entries[0].clone() }];
    assert_eq!(outcomes[2], Outcome::Conflict { tail, more: false });
    assert_eq!(outcomes[3], Outcome::Appended { first_seq: 2 });
}

pub(crate) async fn the_summary_changes_with_the_events_or_not_at_all(subject: Subject) {
    let log = subject.open();
    let with = |expect, live| Append { live, ..one(chat(1), expect, posted("x")) };
    let live = async || -> Vec<String> {
        log.live().await.unwrap().into_iter().map(|it| it.summary).collect()
    };
    let put = |text: &str| LiveChange::Put(text.into());
    append(&*log, with(0, put("one"))).await;
    assert_eq!(live().await, ["one"]);
    append(&*log, with(0, put("refused"))).await;
    append(&*log, with(0, LiveChange::Remove)).await;
    append(&*log, with(1, LiveChange::Keep)).await;
    assert_eq!(live().await, ["one"]);
    append(&*log, with(2, put("two"))).await;
    assert_eq!(live().await, ["two"]);
    append(&*log, with(3, LiveChange::Remove)).await;
    assert!(live().await.is_empty());
}

pub(crate) async fn heads_name_the_last_record(subject: Subject) {
    let log = subject.open();
    assert!(log.heads(Vec::new()).await.unwrap().is_empty(), "of none, none");
    assert!(all(&*log, Vec::new()).await.is_empty(), "nor of an empty batch");
    append(&*log, filled(chat(1), 0, 3)).await;
    let last = read(&*log, chat(1)).await.pop().unwrap();
    let heads = log.heads(vec![chat(2), chat(1)]).await.unwrap();
    assert_eq!(heads, [None, Some((3, last.entry.eid))]);
}

pub(crate) async fn a_scan_finds_every_record_once_and_resumes(subject: Subject) {
    let log = subject.open();
    for round in 0..10 {
        let batch = (1..8).map(|number| filled(chat(number), round * 2, 2)).collect();
        all(&*log, batch).await;
    }
    let whole = scan(&*log, 1_000).await.unwrap();
    assert_eq!(whole.len(), 7);
    for (stream, records) in &whole {
        assert_eq!(records.len(), 20);
        assert_eq!(*records, read(&*log, *stream).await);
    }
    assert_eq!(scan(&*log, 3).await.unwrap(), whole, "page by page");
}

pub(crate) async fn pages_are_adjacent_and_say_whether_more_follows(subject: Subject) {
    let log = subject.open();
    append(&*log, filled(chat(1), 0, 10)).await;
    let whole = read(&*log, chat(1)).await;
    for after in 0..12 {
        for max in 0..12 {
            let page = log.read(chat(1), after as u64, max).await.unwrap();
            let end = (after + max).min(10);
            assert_eq!(page.records, whole[after.min(10)..end.max(after.min(10))]);
            assert_eq!(page.more, after + max < 10, "{max} after {after}");
        }
    }
    let empty = log.read(chat(2), 0, 5).await.unwrap();
    assert_eq!(empty, Page { records: vec![], more: false });
}

pub(crate) async fn erasure_blanks_what_is_personal_and_nothing_else(subject: Subject) {
    let log = subject.open();
    append(&*log, canary(chat(1))).await;
    append(&*log, canary(chat(2))).await;
    let (before, other) = (read(&*log, chat(1)).await, read(&*log, chat(2)).await);
    let seqs = log.erase(chat(1), Erasure::All, "asked".into()).await.unwrap();
    assert_eq!(seqs, (1..=before.len() as u64).collect::<Vec<_>>());
    let after = read(&*log, chat(1)).await;
    assert!(!format!("{after:?}").contains("canary"), "{after:?}");
    for (before, after) in before.iter().zip(&after) {
        let (mut expected, event) = (before.clone(), record::blank(&before.entry.event).unwrap());
        expected.entry.event = event;
        expected.entry.fingerprint = 0;
        assert_eq!(*after, expected);
    }
    let live = log.live().await.unwrap();
    assert!(!live[0].summary.contains("canary") && live[1].summary.contains("canary"));
    assert_eq!(read(&*log, chat(2)).await, other, "other streams are not touched");
    let again = log.erase(chat(1), Erasure::All, "asked".into()).await.unwrap();
    assert_eq!(again, seqs, "erasing twice is safe");
}

pub(crate) async fn erasing_places_leaves_the_others_alone(subject: Subject) {
    let log = subject.open();
    append(&*log, filled(chat(1), 0, 5)).await;
    let before = read(&*log, chat(1)).await;
    let places = Erasure::Seqs(vec![2, 4, 9]);
    assert_eq!(log.erase(chat(1), places, "asked".into()).await.unwrap(), [2, 4]);
    for (before, after) in before.iter().zip(read(&*log, chat(1)).await) {
        assert_eq!(*before == after, !matches!(before.seq, 2 | 4), "record {}", before.seq);
    }
    let nothing = log.erase(chat(2), Erasure::All, "asked".into()).await.unwrap();
    assert!(nothing.is_empty());
}

pub(crate) async fn what_is_erased_stands_on_record(subject: Subject) {
    let log = subject.open();
    assert_eq!(log.erased().await.unwrap(), []);
    append(&*log, canary(chat(1))).await;
    append(&*log, filled(chat(2), 0, 3)).await;
    let places = async |stream| -> Vec<_> {
        read(&*log, stream).await.iter().map(|it| (it.seq, it.entry.eid)).collect()
    };
    let on_record = |stream, records: &[(u64, Eid)]| Erased {
        stream,
        records: records.to_vec(),
        reason: format!("{stream} was asked for"),
    };
    let one = on_record(chat(1), &places(chat(1)).await);
    let two = on_record(chat(2), &places(chat(2)).await[1..2]);
    log.erase(chat(1), Erasure::All, one.reason.clone()).await.unwrap();
    log.erase(chat(2), Erasure::Seqs(vec![2, 7]), two.reason.clone()).await.unwrap();
    log.erase(chat(3), Erasure::All, "there is none".into()).await.unwrap();
    assert_eq!(log.erased().await.unwrap(), [one, two]);
}

pub(crate) async fn what_was_erased_elsewhere_is_erased_again_by_place_and_identity(
    subject: Subject,
) {
    let log = subject.open();
    append(&*log, canary(chat(1))).await;
    let before = read(&*log, chat(1)).await;
    let named = |at: usize| (before[at].seq, before[at].entry.eid);
    let other = Eid(named(2).1.0 ^ 1);
    let places = vec![named(0), (3, other), (4, named(3).1), (99, other)];
    let again = || Erasure::Again(places.clone());
    assert_eq!(log.erase(chat(1), again(), "asked".into()).await.unwrap(), [1, 4]);
    for (before, after) in before.iter().zip(read(&*log, chat(1)).await) {
        assert_eq!(*before == after, !matches!(before.seq, 1 | 4), "record {}", before.seq);
    }
    assert!(log.erase(chat(2), again(), "asked".into()).await.unwrap().is_empty());
    let all = [chat(1), chat(2)];
    let all = all.map(|stream| Erased { stream, records: places.clone(), reason: "asked".into() });
    assert_eq!(log.erased().await.unwrap(), all, "whether it stands here or not");
    let after = read(&*log, chat(1)).await;
    assert_eq!(log.erase(chat(1), again(), "asked".into()).await.unwrap(), [1, 4]);
    assert_eq!(read(&*log, chat(1)).await, after);
}
