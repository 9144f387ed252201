//! The TypeScript SDK in a Node process (`client-sdk/typescript/test/player.ts`): calls go to its
//! standard input, answers and events come from its standard output, one JSON line each and in the
//! order in which the SDK told them.
//!
//! Not here: what the calls mean (`sdk.rs`).

use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use deskbell_client::protocol::codes::{CloseCode, ErrorCode};
use deskbell_client::protocol::http::Granted;
use deskbell_client::protocol::ids::{ChatId, Cmid, Eid};
use deskbell_client::protocol::to_client::{Refused, ToClient, Welcome};
use deskbell_client::{ClientError, CloseReason, Event, Status, Write, Written};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::{mpsc, oneshot};

use super::{Ask, Connecting, Door};

/// Events that may wait for a person; more make the player wait.
const EVENTS_MAX: usize = 4096;

pub(crate) type Events = mpsc::Receiver<Event>;

/// The Node process; ends with this.
pub struct Player {
    stdin: Arc<tokio::sync::Mutex<ChildStdin>>,
    heard: Arc<Heard>,
    next: Arc<AtomicU64>,
    _child: Child,
}

/// What is waited for.
#[derive(Default)]
struct Heard {
    answers: Mutex<HashMap<u64, oneshot::Sender<Result<Value, Failed>>>>,
    devices: Mutex<HashMap<u64, Line>>,
}

/// Where a device's events go.
struct Line {
    events: mpsc::Sender<Event>,
    welcome: Arc<Mutex<Option<Box<Welcome>>>>,
}

/// One line from the player.
#[derive(Deserialize)]
#[serde(untagged)]
enum Said {
    Answer { answer: u64, ok: Value },
    Failed { answer: u64, failed: Failed },
    Event { device: u64, event: Value },
}

/// Why a call was not done.
#[derive(Deserialize)]
#[serde(tag = "why", rename_all = "snake_case")]
enum Failed {
    Refused { refused: Box<Refused> },
    Http { status: u16, code: ErrorCode, message: String },
    Other { message: String },
}

impl From<Failed> for ClientError {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::Refused { refused } => Self::Refused(refused),
            Failed::Http { status, code, message } => Self::Http { status, code, message },
            Failed::Other { message } => Self::Protocol(message),
        }
    }
}

fn lock<T>(it: &Mutex<T>) -> MutexGuard<'_, T> {
    it.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Player {
    /// Starts the script at `path` with `node`.
    pub fn start(path: &Path) -> io::Result<Self> {
        let mut child = Command::new("node")
            .arg(path)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(io::Error::other("the player has no pipes"));
        };
        let heard = Arc::new(Heard::default());
        tokio::spawn(listen(BufReader::new(stdout).lines(), heard.clone()));
        let stdin = Arc::new(tokio::sync::Mutex::new(stdin));
        Ok(Self { stdin, heard, next: Arc::default(), _child: child })
    }

    pub(super) async fn grant(&self, url: &str, door: Door) -> Result<Granted, ClientError> {
        let answer = self.caller().call(json!({ "do": "grant", "url": url, "door": door })).await?;
        read(answer)
    }

    pub(super) async fn connect(&self, how: Connecting) -> Result<(Device, Events), ClientError> {
        let (sender, events) = mpsc::channel(EVENTS_MAX);
        let welcome = Arc::<Mutex<_>>::default();
        let caller = self.caller();
        let device = self.next.fetch_add(1, Ordering::Relaxed);
        let line = Line { events: sender, welcome: welcome.clone() };
        lock(&self.heard.devices).insert(device, line);
        caller.call(json!({ "do": "connect", "device": device, "how": how })).await?;
        Ok((Device { number: device, caller, welcome }, events))
    }

    fn caller(&self) -> Caller {
        let (stdin, heard) = (self.stdin.clone(), self.heard.clone());
        Caller { stdin, heard, next: self.next.clone() }
    }
}

/// Hands calls to the player.
#[derive(Clone)]
struct Caller {
    stdin: Arc<tokio::sync::Mutex<ChildStdin>>,
    heard: Arc<Heard>,
    next: Arc<AtomicU64>,
}

impl Caller {
    async fn call(&self, mut what: Value) -> Result<Value, ClientError> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        what["call"] = number.into();
        let (sender, answer) = oneshot::channel();
        lock(&self.heard.answers).insert(number, sender);
        let ended = || ClientError::Protocol("the player ended: see its standard error".to_owned());
        let line = format!("{what}\n");
        self.stdin.lock().await.write_all(line.as_bytes()).await.map_err(|_| ended())?;
        Ok(answer.await.map_err(|_| ended())??)
    }
}

/// One client of the TypeScript SDK.
#[derive(Clone)]
pub(crate) struct Device {
    number: u64,
    caller: Caller,
    welcome: Arc<Mutex<Option<Box<Welcome>>>>,
}

#[derive(Deserialize)]
struct Place {
    chat: ChatId,
    seq: u64,
    eid: Eid,
}

impl Device {
    pub(super) async fn submit(&self, cmid: Cmid, write: &Write) -> Result<Written, ClientError> {
        let frame = serde_json::to_value(write.frame(0, cmid)).map_err(not_understood)?;
        let what = json!({ "do": "submit", "device": self.number, "frame": frame });
        let Place { chat, seq, eid } = read(self.caller.call(what).await?)?;
        Ok(Written { chat, seq, eid })
    }

    pub(super) async fn ask(&self, ask: &Ask) -> Result<(), ClientError> {
        let what = json!({ "do": "ask", "device": self.number, "what": ask });
        self.caller.call(what).await.map(|_| ())
    }

    pub(super) fn welcome(&self) -> Option<Box<Welcome>> {
        lock(&self.welcome).clone()
    }

    /// A player that is gone has no connection left to close.
    pub(super) async fn close(&self) {
        self.caller.call(json!({ "do": "close", "device": self.number })).await.ok();
    }
}

fn read<T: serde::de::DeserializeOwned>(value: Value) -> Result<T, ClientError> {
    serde_json::from_value(value).map_err(not_understood)
}

fn not_understood(error: impl std::fmt::Display) -> ClientError {
    ClientError::Protocol(error.to_string())
}

/// Until the player ends; whoever waits for an answer then learns that none comes.
async fn listen(mut lines: Lines<BufReader<ChildStdout>>, heard: Arc<Heard>) {
    loop {
        let line = match lines.next_line().await {
            Ok(Some(line)) => line,
            Ok(None) => break,
            Err(error) => {
                eprintln!("the player cannot be heard: {error}");
                break;
            }
        };
        match serde_json::from_str(&line) {
            Ok(Said::Answer { answer, ok }) => settle(&heard, answer, Ok(ok)),
            Ok(Said::Failed { answer, failed }) => settle(&heard, answer, Err(failed)),
            Ok(Said::Event { device, event }) => tell(&heard, device, event).await,
            Err(error) => {
                eprintln!("the player said {line}, which is not understood: {error}");
                break;
            }
        }
    }
    lock(&heard.answers).clear();
    lock(&heard.devices).clear();
}

fn settle(heard: &Heard, call: u64, outcome: Result<Value, Failed>) {
    if let Some(waiting) = lock(&heard.answers).remove(&call) {
        // Whoever gave up waiting does not need it.
        waiting.send(outcome).ok();
    }
}

async fn tell(heard: &Heard, device: u64, event: Value) {
    let event = match understood(event) {
        Ok(event) => event,
        Err(error) => {
            eprintln!("an event of the player is not understood: {error}");
            lock(&heard.devices).remove(&device);
            return;
        }
    };
    let events = {
        let devices = lock(&heard.devices);
        let Some(line) = devices.get(&device) else { return };
        if let Event::Status(Status::Open(welcome)) = &event {
            *lock(&line.welcome) = Some(welcome.clone());
        }
        line.events.clone()
    };
    // A person who let go of the connection hears no more of it.
    events.send(event).await.ok();
}

/// An event of the TypeScript SDK, as the Rust SDK would tell it.
fn understood(event: Value) -> Result<Event, serde_json::Error> {
    #[derive(Deserialize)]
    struct Lost {
        chat: ChatId,
        refused: Box<Refused>,
    }
    match event["type"].as_str() {
        Some("status") => return status(event["status"].clone()).map(Event::Status),
        Some("chat.lost") => {
            let Lost { chat, refused } = serde_json::from_value(event)?;
            return Ok(Event::ChatLost { chat, refused });
        }
        _ => {}
    }
    let frame: ToClient = serde_json::from_value(event)?;
    let kind = format!("{frame:?}");
    Event::of(frame).ok_or_else(|| serde::de::Error::custom(format!("{kind} is no push")))
}

/// How the connection stands, as the TypeScript SDK says it.
#[derive(Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
enum Stands {
    Connecting,
    Open {
        welcome: Box<Welcome>,
    },
    #[serde(rename_all = "camelCase")]
    Waiting {
        delay_ms: f64,
        reason: String,
    },
    Closed {
        reason: Closed,
    },
}

#[derive(Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
enum Closed {
    App,
    Broker { code: CloseCode, message: String },
    Renewal { message: String },
    Url { message: String },
}

fn status(status: Value) -> Result<Status, serde_json::Error> {
    Ok(match serde_json::from_value(status)? {
        Stands::Connecting => Status::Connecting,
        Stands::Open { welcome } => Status::Open(welcome),
        Stands::Waiting { delay_ms, reason } => {
            Status::Waiting { delay: Duration::from_secs_f64(delay_ms.max(0.0) / 1000.0), reason }
        }
        Stands::Closed { reason } => Status::Closed(match reason {
            Closed::App => CloseReason::ByApp,
            Closed::Broker { code, message } => CloseReason::ByBroker { code, message },
            Closed::Renewal { message } => CloseReason::RenewalRefused(message),
            Closed::Url { message } => CloseReason::BadUrl(message),
        }),
    })
}
