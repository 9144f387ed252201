//! One of the crowd: an SDK client whose writes, frames and events are all noted.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use deskbell_client::protocol::ids::{ClientId, Cmid};
use deskbell_client::{
    Backoff, Client, ClientError, Event, Events, Options, Token, Write, Written,
};
use deskbell_domain::person::Author;
use deskbell_protocol::codes::ErrorCode;
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use tokio::sync::{Barrier, oneshot, watch};
use uuid::Builder;

use crate::history::Process;
use crate::history::recorder::Recorder;

/// Short, so that a run of many restarts is: what an app would use is tested with the SDK.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(10), Duration::from_millis(100));

/// What everybody shares.
#[derive(Clone)]
pub(super) struct Stage {
    pub(super) url: String,
    pub(super) recorder: Recorder,
    pub(super) stopped: watch::Receiver<bool>,
    /// Passed once everybody's writes are answered.
    pub(super) finished: Arc<Barrier>,
}

impl Stage {
    pub(super) fn stopped(&self) -> bool {
        *self.stopped.borrow()
    }
}

/// A client. Each clone is the same.
#[derive(Clone)]
pub(super) struct Player {
    pub(super) client: Client,
    process: Process,
    author: Author,
    recorder: Recorder,
    chance: Arc<Mutex<SmallRng>>,
    events: Arc<Mutex<Option<Events>>>,
}

impl Player {
    pub(super) fn operator(name: &str, token: Token, stage: &Stage, seed: u64) -> Self {
        let author = Author::Operator(name.parse().expect("a user's id"));
        Self::connect(Process::named(name), author, token, None, stage, seed)
    }

    pub(super) fn patron(
        number: usize,
        token: Token,
        origin: &str,
        stage: &Stage,
        seed: u64,
    ) -> Self {
        let process = Process::named(format!("patron-{number}"));
        Self::connect(process, Author::Patron, token, Some(origin.to_owned()), stage, seed)
    }

    fn connect(
        process: Process,
        author: Author,
        token: Token,
        origin: Option<String>,
        stage: &Stage,
        seed: u64,
    ) -> Self {
        let recorder = stage.recorder.clone();
        let mut chance = SmallRng::seed_from_u64(seed);
        let mut options = Options::new(stage.url.clone(), token);
        options.origin = origin;
        options.client = ClientId(Builder::from_random_bytes(chance.random()).into_uuid());
        options.backoff = Backoff::seeded(chance.random()).between(BACKOFF.0, BACKOFF.1);
        options.tap = Some(recorder.tap(&process));
        let (client, events) = Client::connect(options);
        Self {
            client,
            process,
            author,
            recorder,
            chance: Arc::new(Mutex::new(chance)),
            events: Arc::new(Mutex::new(Some(events))),
        }
    }

    /// Does `act` until it ends, then hears what was committed until everybody was done. `hear` is
    /// given each event.
    pub(super) async fn play(
        self,
        stage: Stage,
        hear: impl FnMut(&Event) + Send + 'static,
        act: impl Future<Output = ()>,
    ) {
        let events = self.events.lock().unwrap_or_else(PoisonError::into_inner).take();
        let events = events.expect("a client plays once");
        let (enough, until) = oneshot::channel();
        let listening = tokio::spawn(self.clone().listen(events, hear, until));
        act.await;
        stage.finished.wait().await;
        loop {
            match self.client.sync().await {
                Ok(()) => break,
                Err(ClientError::Disconnected) => {}
                Err(error) if error.code() == Some(ErrorCode::Unavailable) => {}
                Err(error) => panic!("{}: {error}", self.process),
            }
        }
        drop(enough);
        listening.await.expect("listening does not fail");
        self.recorder.settled(&self.process);
    }

    async fn listen(
        self,
        mut events: Events,
        mut hear: impl FnMut(&Event),
        mut until: oneshot::Receiver<()>,
    ) {
        loop {
            let event = tokio::select! {
                biased;
                event = events.next() => event,
                _ = &mut until => return,
            };
            let Some(event) = event else { return };
            self.recorder.told(&self.process, &event);
            hear(&event);
        }
    }

    /// Makes a write and waits for its answer, through whatever happens.
    pub(super) async fn write(&self, write: Write) -> Result<Written, ClientError> {
        let cmid = Cmid(Builder::from_random_bytes(self.random()).into_uuid());
        let op = self.recorder.invoked(&self.process, &self.author, cmid, &write);
        let answer = match self.client.submit_as(cmid, write).await {
            Ok(pending) => pending.await,
            Err(error) => Err(error),
        };
        self.recorder.answered(op, &answer);
        answer
    }

    /// The same for a write that only the codes of `may` may refuse. `None`: one of them did.
    pub(super) async fn write_unless(&self, write: Write, may: &[ErrorCode]) -> Option<Written> {
        match self.write(write.clone()).await {
            Ok(written) => Some(written),
            Err(error) if error.code().is_some_and(|code| may.contains(&code)) => None,
            Err(error) => panic!("{}: {write:?}: {error}", self.process),
        }
    }

    /// Between `low` and `high`.
    pub(super) fn between(&self, low: usize, high: usize) -> usize {
        self.chance.lock().unwrap_or_else(PoisonError::into_inner).random_range(low..=high)
    }

    /// A text that nobody else writes.
    pub(super) fn text(&self) -> String {
        let bits: [u8; 16] = self.random();
        format!("{} writes {:032x}", self.process, u128::from_be_bytes(bits))
    }

    fn random(&self) -> [u8; 16] {
        self.chance.lock().unwrap_or_else(PoisonError::into_inner).random()
    }
}
