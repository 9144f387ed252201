//! Runs `deskbell` in a directory of its own.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use deskbell::log::record::chat;
use deskbell::log::sqlite::SqliteLog;
use deskbell::log::{Append, Entry, EventLog as _, LiveChange, Outcome, StreamId};
use deskbell_domain::chat::ChatEvent;
use deskbell_domain::chat::event::{Opened, Ring};
use deskbell_domain::person::Author;
use deskbell_protocol::ids::{ChatId, Eid};
use jiff::Timestamp;
use tempfile::TempDir;

/// What a run left behind.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) ok: bool,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    #[track_caller]
    pub(crate) fn done(self) -> String {
        assert!(self.ok, "{self:?}");
        self.out
    }

    #[track_caller]
    pub(crate) fn refused(self, because: &str) -> String {
        assert!(!self.ok && self.err.contains(because), "{self:?} lacks {because:?}");
        self.err
    }
}

pub(crate) struct Desk {
    pub(crate) directory: TempDir,
}

impl Desk {
    /// A directory with nothing in it.
    pub(crate) fn empty() -> Self {
        Self { directory: tempfile::tempdir().unwrap() }
    }

    /// After `deskbell init`.
    pub(crate) fn initialized() -> Self {
        let desk = Self::empty();
        desk.run(&[
            "init",
            ".",
            "--institution",
            "Birch Library",
            "--user",
            "maya",
            "--name",
            "Maya",
        ])
        .done();
        desk
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn store(&self) -> PathBuf {
        self.path().join("store")
    }

    pub(crate) fn write(&self, file: &str, text: &str) {
        std::fs::write(self.path().join(file), text).unwrap();
    }

    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        self.run_with(args, "")
    }

    /// With `input` piped in.
    pub(crate) fn run_with(&self, args: &[&str], input: &str) -> Ran {
        let mut child = Command::new(env!("CARGO_BIN_EXE_deskbell"))
            .args(args)
            .current_dir(self.path())
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A command that reads nothing may be gone already.
        let _: std::io::Result<()> = child.stdin.take().unwrap().write_all(input.as_bytes());
        let output = child.wait_with_output().unwrap();
        Ran {
            ok: output.status.success(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

pub(crate) const CHAT: ChatId = ChatId(77);
pub(crate) const QUESTION: &str = "Where do I find the canary?";

/// Puts a chat with a question and an answer into `log`.
pub(crate) fn hold_a_chat(log: &SqliteLog) {
    let ring = Ring {
        tiers: vec!["coop/tri".parse().unwrap()],
        skipped: Vec::new(),
        rolls_at: None,
        directory: 1,
    };
    let opened = ChatEvent::Opened(Box::new(Opened {
        widget: "home".parse().unwrap(),
        home: "birch".parse().unwrap(),
        session: [1; 32],
        secret: [2; 32],
        question: QUESTION.into(),
        name: Some("Sam Canary".into()),
        contact: Some("canary@example.org".into()),
        answers: vec![("Card?".into(), "canary-123".into())],
        page: Some("https://canary.example/".into()),
        lang: None,
        continues: None,
        ticket_at: None,
        ring,
    }));
    let maya = Author::Operator("maya".parse().unwrap());
    let text = "In the canary cage.".into();
    let posted = ChatEvent::Posted { by: maya.clone(), text, lang: None };
    append(log, 0, 0, vec![(Author::Patron, opened), (maya, posted)]);
}

/// Goes on with that chat, so many seconds later.
pub(crate) fn append(log: &SqliteLog, expect: u64, second: i64, events: Vec<(Author, ChatEvent)>) {
    let entries = events.into_iter().zip(expect + 1..).map(|((author, event), eid)| Entry {
        author,
        cmid: None,
        fingerprint: 0,
        eid: Eid(eid),
        at: Timestamp::from_second(1_770_000_000 + second).unwrap(),
        event: chat::encode(&event),
    });
    let (stream, live) = (StreamId::Chat(CHAT), LiveChange::Keep);
    let append = Append { stream, expect, after: None, entries: entries.collect(), live };
    let (answer, answered) = std::sync::mpsc::sync_channel(1);
    log.append(vec![append], Box::new(move |outcomes| answer.send(outcomes).unwrap()));
    assert_eq!(answered.recv().unwrap(), [Outcome::Appended { first_seq: expect + 1 }]);
}
