//! Notes a run while it goes, from any number of clients, in one order; counts what is under way.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use deskbell_client::protocol::to_broker::ToBroker;
use deskbell_client::protocol::to_client::ToClient;
use deskbell_client::{ClientError, Direction, Event, Status, Tap, Write, Written};
use deskbell_domain::person::Author;
use deskbell_protocol::ids::Cmid;
use tokio::sync::watch;

use super::{History, Op, Outcome, Process, Step};

/// How a run stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// Writes made.
    pub invoked: usize,
    /// Those that their client got an answer to.
    pub answered: usize,
    /// Those of them that are stored.
    pub acknowledged: usize,
    /// Writes that are on the wire of a connection and not answered there.
    pub on_the_wire: usize,
    /// Writes that were on the wire when their connection was lost: outcome unknown, sent again.
    pub unknown: usize,
    /// Clients that the broker has welcomed on their present connection.
    pub open: usize,
    /// Connections welcomed, over all.
    pub welcomes: usize,
}

#[derive(Default)]
struct Notes {
    steps: Vec<Step>,
    /// Present connections: welcomed or not, and the requests that are writes without an answer.
    here: BTreeMap<Process, (bool, BTreeSet<u32>)>,
}

struct Shared {
    notes: Mutex<Notes>,
    progress: watch::Sender<Progress>,
}

/// A run's notes; each clone writes into the same.
#[derive(Clone)]
pub struct Recorder(Arc<Shared>);

impl Default for Recorder {
    fn default() -> Self {
        let (progress, _) = watch::channel(Progress::default());
        Self(Arc::new(Shared { notes: Mutex::default(), progress }))
    }
}

impl Recorder {
    /// Sees a client's frames.
    pub fn tap(&self, process: &Process) -> Tap {
        let (recorder, process) = (self.clone(), process.clone());
        Box::new(move |direction, text| match direction {
            Direction::ToBroker => {
                let frame = serde_json::from_str(text).expect("the SDK says what the protocol has");
                recorder.said(&process, frame);
            }
            Direction::ToClient => {
                let frame = serde_json::from_str(text).expect("the broker says known frames");
                recorder.heard(&process, frame);
            }
        })
    }

    /// A client makes a write.
    pub fn invoked(&self, process: &Process, author: &Author, cmid: Cmid, write: &Write) -> Op {
        let mut op = Op(0);
        self.0.progress.send_modify(|progress| {
            op = Op(progress.invoked);
            progress.invoked += 1;
        });
        let (process, author, write) = (process.clone(), author.clone(), write.clone());
        self.notes().steps.push(Step::Invoked { op, process, author, cmid, write });
        op
    }

    /// Its client knows what became of it.
    pub fn answered(&self, op: Op, answer: &Result<Written, ClientError>) {
        let outcome = Outcome::of(answer);
        self.notes().steps.push(Step::Answered { op, outcome });
        self.0.progress.send_modify(|progress| {
            progress.answered += 1;
            progress.acknowledged += usize::from(matches!(outcome, Outcome::Acknowledged(_)));
        });
    }

    /// The SDK tells its app.
    pub fn told(&self, process: &Process, event: &Event) {
        let mut notes = self.notes();
        if matches!(event, Event::Status(Status::Waiting { .. })) {
            self.lost(&mut notes, process);
        }
        notes.steps.push(Step::Told(process.clone(), Box::new(event.clone())));
    }

    /// A client should by now have heard all that was committed.
    pub fn settled(&self, process: &Process) {
        self.notes().steps.push(Step::Settled(process.clone()));
    }

    /// How the run stands, now and after each change.
    pub fn progress(&self) -> watch::Receiver<Progress> {
        self.0.progress.subscribe()
    }

    /// All that was noted so far.
    pub fn history(&self) -> History {
        History { steps: self.notes().steps.clone() }
    }

    fn said(&self, process: &Process, frame: ToBroker) {
        let mut notes = self.notes();
        if matches!(frame, ToBroker::Hello { .. }) {
            self.lost(&mut notes, process);
        } else if let Some(id) = frame.id().filter(|_| is_write(&frame)) {
            notes.here.entry(process.clone()).or_default().1.insert(id);
            self.0.progress.send_modify(|progress| progress.on_the_wire += 1);
        }
        notes.steps.push(Step::Said(process.clone(), Box::new(frame)));
    }

    fn heard(&self, process: &Process, frame: ToClient) {
        let mut notes = self.notes();
        let (welcomed, writes) = notes.here.entry(process.clone()).or_default();
        let answered = match &frame {
            ToClient::Welcome(_) => {
                *welcomed = true;
                self.0.progress.send_modify(|progress| {
                    progress.open += 1;
                    progress.welcomes += 1;
                });
                None
            }
            ToClient::Ok { re, .. } => Some(*re),
            ToClient::Error(refused) => refused.re,
            _ => None,
        };
        if answered.is_some_and(|re| writes.remove(&re)) {
            self.0.progress.send_modify(|progress| progress.on_the_wire -= 1);
        }
        notes.steps.push(Step::Heard(process.clone(), Box::new(frame)));
    }

    /// The client's connection is gone, if it had one.
    fn lost(&self, notes: &mut Notes, process: &Process) {
        let Some((welcomed, writes)) = notes.here.remove(process) else { return };
        self.0.progress.send_modify(|progress| {
            progress.open -= usize::from(welcomed);
            progress.on_the_wire -= writes.len();
            progress.unknown += writes.len();
        });
    }

    fn notes(&self) -> MutexGuard<'_, Notes> {
        // A test that panicked has failed already; its notes may still be read.
        self.0.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_write(frame: &ToBroker) -> bool {
    match frame {
        ToBroker::ChatOpen { .. }
        | ToBroker::ChatClaim { .. }
        | ToBroker::ChatPost { .. }
        | ToBroker::ChatNote { .. }
        | ToBroker::ChatTransfer { .. }
        | ToBroker::ChatTransferCancel { .. }
        | ToBroker::ChatTransferDecline { .. }
        | ToBroker::ChatLeave { .. }
        | ToBroker::ChatEnd { .. }
        | ToBroker::ChatDismiss { .. }
        | ToBroker::ChatTicket { .. }
        | ToBroker::ChatPatron { .. }
        | ToBroker::ChatReveal { .. }
        | ToBroker::ChatTag { .. }
        | ToBroker::ChatRate { .. } => true,
        ToBroker::Hello { .. }
        | ToBroker::Auth { .. }
        | ToBroker::Pong
        | ToBroker::Sync { .. }
        | ToBroker::PresenceSet { .. }
        | ToBroker::ListSubscribe { .. }
        | ToBroker::ListUnsubscribe { .. }
        | ToBroker::DeskQueues { .. }
        | ToBroker::AccessGrant { .. }
        | ToBroker::AccessRevoke { .. }
        | ToBroker::Explain { .. }
        | ToBroker::Forecast { .. }
        | ToBroker::SignOut { .. }
        | ToBroker::OperatorSignOut { .. }
        | ToBroker::BanSet { .. }
        | ToBroker::BanLift { .. }
        | ToBroker::BanList { .. }
        | ToBroker::ChatSubscribe { .. }
        | ToBroker::ChatUnsubscribe { .. }
        | ToBroker::ChatHistory { .. }
        | ToBroker::ChatTargets { .. }
        | ToBroker::ChatMark { .. }
        | ToBroker::ChatTyping { .. } => false,
    }
}
