//! What a broker says when its log, or it itself, fails: over real sockets, to a broker in this
//! process whose log and chance do as the test tells them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use deskbell::actors::directory;
use deskbell::actors::node::Settings;
use deskbell::admin::zone_exists;
use deskbell::app::{Broker, Ports, assemble};
use deskbell::edge::Doors;
use deskbell::log::memory::MemoryLog;
use deskbell::log::memory::faults::{Fault, Faults, FaultyLog, Later};
use deskbell::log::{Append, Entry, EventLog as _, LiveChange, StoredEvent, StreamId};
use deskbell::presence::local::LocalPresence;
use deskbell::secrets::memory::MemorySecrets;
use deskbell::secrets::{Keys, Secrets as _};
use deskbell::shard::Shard;
use deskbell::world::{Chance, SystemChance, SystemClock};
use deskbell_domain::chat::Waits;
use deskbell_domain::directory::Directory;
use deskbell_domain::directory::file::{difference, parse};
use deskbell_domain::person::Author;
use deskbell_protocol::codes::{CloseCode, ErrorCode};
use deskbell_protocol::limits::Limits;
use deskbell_tests::raw::Raw;
use deskbell_tests::store;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, LocalOptions};

use super::{done, monitor, refused, ring};

/// What befalls the broker from now on.
#[derive(Default)]
struct Trouble {
    log: MemoryLog,
    /// The store takes nothing.
    away: AtomicBool,
    /// Another broker is quicker each time, with this event.
    rival: Mutex<Option<StoredEvent>>,
    /// The next draw of random bits is a bug.
    bug: AtomicBool,
}

impl Trouble {
    fn rival(&self) -> MutexGuard<'_, Option<StoredEvent>> {
        self.rival.lock().expect("one thread")
    }
}

impl Faults for Trouble {
    fn next(&self, batch: Option<&[Append]>) -> (Duration, Fault) {
        if let (Some(event), Some(batch)) = (&*self.rival(), batch) {
            for append in batch {
                let entry = Entry {
                    author: Author::System,
                    cmid: None,
                    fingerprint: 0,
                    eid: SystemChance.eid(),
                    at: append.entries[0].at,
                    event: event.clone(),
                };
                let (stream, expect) = (append.stream, append.expect);
                let append = Append {
                    stream,
                    expect,
                    after: None,
                    entries: vec![entry],
                    live: LiveChange::Keep,
                };
                self.log.append(vec![append], Box::new(drop));
            }
        }
        let away = batch.is_some() && self.away.load(Ordering::Relaxed);
        (Duration::ZERO, if away { Fault::Unavailable } else { Fault::None })
    }

    fn later(&self, _: Duration, then: Later) {
        then();
    }
}

impl Chance for Trouble {
    fn fill(&self, bytes: &mut [u8]) {
        assert!(!self.bug.swap(false, Ordering::Relaxed), "a bug that a test asked for");
        SystemChance.fill(bytes);
    }
}

/// A broker in trouble, and who is connected to it: an operator who owns the patron's chat.
struct Scene {
    trouble: Arc<Trouble>,
    maya: Raw,
    patron: Raw,
    chat: Value,
}

impl Scene {
    async fn post(&mut self, text: &str) -> Value {
        self.patron.write("chat.post", json!({ "chat": self.chat, "text": text })).await
    }
}

async fn broker(trouble: &Arc<Trouble>, keys: Keys) -> Broker {
    let clock = Arc::new(SystemClock::new());
    let text = std::fs::read_to_string(store::directory_file()).expect("the scripts' directory");
    let wanted = parse(&text, &zone_exists).expect("it has no mistakes");
    let mut directory = Directory::default();
    let commands = difference(&directory, &wanted, false);
    let tools = directory::Tools {
        log: &trouble.log,
        clock: &*clock,
        chance: &SystemChance,
        author: Author::System,
    };
    directory::apply(&tools, &mut directory, commands).await.expect("it can be stored");
    let log = FaultyLog::new(Arc::new(trouble.log.clone()), trouble.clone());
    let ports = Ports {
        log: Arc::new(log),
        secrets: Arc::new(MemorySecrets::new(keys)),
        presence: Arc::new(LocalPresence::default()),
        clock,
        chance: trouble.clone(),
    };
    let settings = Settings {
        ping: Duration::from_secs(25),
        limits: Limits::default(),
        waits: Waits::default(),
        settling: Duration::from_secs(30),
    };
    let (shard, _) = Shard::here();
    assemble(ports, settings, Doors::default(), vec![shard]).await.expect("it starts")
}

/// Plays on one thread, with the broker on the same.
fn play(scene: impl AsyncFnOnce(Scene)) {
    let runtime = Builder::new_current_thread().enable_all().build_local(LocalOptions::default());
    runtime.expect("a runtime").block_on(async {
        let trouble = Arc::<Trouble>::default();
        let secrets = MemorySecrets::new(Keys::generate(&SystemChance));
        let keys = secrets.keys();
        let broker = broker(&trouble, Keys::clone(&keys)).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("it listens");
        tokio::task::spawn_local(async move {
            loop {
                let (stream, end) = listener.accept().await.expect("clients come");
                broker.connect(end.ip(), async move || Ok(stream)).expect("the shard runs");
            }
        });
        let mut maya = Raw::operator(address, &keys, "maya").await;
        monitor(&mut maya).await;
        let mut patron = Raw::patron(address, &keys, "birch-home").await;
        let chat = ring(&mut patron).await;
        done(&maya.write("chat.claim", json!({ "chat": chat })).await);
        scene(Scene { trouble, maya, patron, chat }).await;
    });
}

#[test]
fn a_store_that_is_away_refuses_writes_for_now_and_takes_them_again() {
    play(async |mut scene| {
        scene.trouble.away.store(true, Ordering::Relaxed);
        refused(&scene.post("Is anybody there?").await, ErrorCode::Unavailable);
        scene.trouble.away.store(false, Ordering::Relaxed);
        done(&scene.post("Is anybody there?").await);
        done(&scene.maya.ask("sync", json!({})).await);
        let texts = scene.maya.heard.iter().filter(|it| it["event"]["type"] == "posted");
        assert_eq!(texts.count(), 1, "what was refused was told to nobody");
    });
}

#[test]
fn a_chat_that_another_broker_keeps_changing_is_busy() {
    play(async |mut scene| {
        let body = r#"{"by":"patron","text":"from elsewhere"}"#.to_owned();
        let event = StoredEvent { kind: "chat.posted", version: 1, body };
        *scene.trouble.rival() = Some(event);
        refused(&scene.post("Let me in").await, ErrorCode::Busy);
        *scene.trouble.rival() = None;
        done(&scene.post("Let me in").await);
    });
}

#[test]
fn a_chat_that_cannot_be_read_is_set_aside_and_its_neighbors_are_not() {
    play(async |mut scene| {
        let body = "not what a message looks like".to_owned();
        let event = StoredEvent { kind: "chat.posted", version: 1, body };
        *scene.trouble.rival() = Some(event);
        refused(&scene.post("Hello?").await, ErrorCode::Quarantined);
        *scene.trouble.rival() = None;
        refused(&scene.post("Hello?").await, ErrorCode::Quarantined);
        ring(&mut scene.patron).await;
    });
}

#[test]
fn who_follows_a_chat_that_dies_of_a_bug_is_shown_out_and_nothing_half_done_is_stored() {
    play(async |mut scene| {
        done(&scene.post("before").await);
        scene.trouble.bug.store(true, Ordering::Relaxed);
        let (text, cmid) = ("the one that met the bug", deskbell_tests::raw::fresh_uuid());
        let fields = json!({ "chat": scene.chat, "cmid": cmid, "text": text });
        scene.patron.request("chat.post", fields).await;
        assert_eq!(scene.patron.closed().await, CloseCode::Internal.number());
        assert_eq!(scene.maya.closed().await, CloseCode::Internal.number());
        let records = scene.trouble.log.read(stream(&scene.chat), 0, usize::MAX).await;
        let records = records.expect("the log is whole").records;
        assert!(records.iter().all(|it| !it.entry.event.body.contains(text)));
    });
}

fn stream(chat: &Value) -> StreamId {
    StreamId::Chat(chat.as_str().and_then(|it| it.parse().ok()).expect("a chat's id"))
}
