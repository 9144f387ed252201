//! A backup that is made while a crowd chats: restored, it holds all that was acknowledged before
//! it was asked for, each chat as it began, and nothing else.

use std::path::Path;

use deskbell_tests::broker::{self, Broker, Options};
use deskbell_tests::crowd::{self, Crowd};
use deskbell_tests::history::assert_good;
use deskbell_tests::history::stored::Stored;
use deskbell_tests::{seed, store};
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

const PATRONS: usize = 40;
const BACKUPS: usize = 3;

/// Restores a backup into a directory that does not exist yet, and reads it.
async fn restored(file: &Path, directory: &Path) -> Stored {
    let file = file.to_str().expect("temporary paths are text");
    for arguments in [&["restore", file][..], &["log", "verify"]] {
        let done = broker::command(directory, arguments).await;
        assert!(done.status.success(), "{arguments:?}: {done:?}");
    }
    store::read(directory).await
}

#[tokio::test]
async fn a_backup_under_load_is_how_each_chat_began_with_all_that_was_acknowledged() {
    let seed = seed::of("backup");
    let mut chance = SmallRng::seed_from_u64(seed);
    let store = store::fresh();
    let files = tempfile::tempdir().expect("a directory for backups");
    let set = crowd::SETTINGS.map(str::to_owned).into();
    let broker = Broker::start_apart(&Options { set, ..Options::new(store.path()) }).await;
    let mut crowd = Crowd::gather(&broker.url(), chance.random(), PATRONS).await;
    let everybody = crowd.len();
    let mut backups = Vec::new();
    for number in 1..=BACKUPS {
        let enough = crowd.progress().answered + chance.random_range(100..=400);
        let busy = format!("load before backup {number}");
        crowd.until(&busy, |it| it.answered >= enough && it.on_the_wire >= everybody / 2).await;
        let before = crowd.recorder().history().acknowledged().count();
        let file = files.path().join(format!("{number}.db"));
        let name = file.to_str().expect("temporary paths are text");
        let made = broker::command(store.path(), &["backup", name]).await;
        assert!(made.status.success(), "{made:?}");
        let during = crowd.progress().acknowledged - before;
        backups.push((file, before, during));
    }
    assert!(backups.iter().all(|(_, _, during)| *during > 0), "chats go on meanwhile: {backups:?}");
    let history = crowd.disperse().await;
    broker.kill();

    let stored = store::read(store.path()).await;
    assert_good(&history, &stored);
    for (number, (file, before, during)) in backups.iter().enumerate() {
        let part = restored(file, &files.path().join(format!("restored-{number}"))).await;
        eprintln!("backup: {} of {} events, {during} writes meanwhile", part.len(), stored.len());
        assert!(part.is_prefix_of(&stored), "a restored chat is how the chat began");
        assert!(part.len() < stored.len(), "the backup was made before the end");
        for written in history.acknowledged().take(*before) {
            let at = part.at(written.chat, written.seq).map(|at| at.eid);
            assert_eq!(at, Some(written.eid), "acknowledged before the backup: {written:?}");
        }
    }
}
