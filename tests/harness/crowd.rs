//! A crowd that chats through the SDK as fast as it is answered: patrons who ring, write and end,
//! and operators who all claim the same rings and answer. Everything goes into a [`Recorder`].
//!
//! What they choose follows from a seed; when they do it follows from the machine. A crowd cares
//! for no broker: it goes on through losses and restarts, and a write is given up by nobody.

mod operator;
mod patron;
mod player;

use std::sync::Arc;
use std::time::Duration;

use deskbell_client::{TcpConnector, patron_session, sign_in};
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use tokio::sync::{Barrier, watch};
use tokio::task::JoinSet;

use crate::history::History;
use crate::history::recorder::{Progress, Recorder};
use crate::store::PASSWORD;
use player::{Player, Stage};

/// The widget that everybody rings through: it rings for all operators of the co-op.
const WIDGET: &str = "birch-home";
/// Where it stands.
const ORIGIN: &str = "https://www.birch.example";
/// Who answers.
const OPERATORS: [&str; 4] = ["maya", "noor", "ines", "lou"];
/// What did not come after this will not come; nothing waits for it that passes.
const PATIENCE: Duration = Duration::from_mins(1);

/// Settings for a broker that a crowd may use as fast as it can.
pub const SETTINGS: [&str; 4] = [
    "limits.requests_in_flight=1000",
    "limits.requests_per_second=100000",
    "limits.requests_burst=100000",
    "limits.operator_chats=1000",
];

/// Everybody, at work.
pub struct Crowd {
    recorder: Recorder,
    stop: watch::Sender<bool>,
    players: JoinSet<()>,
}

impl Crowd {
    /// Signs everybody in and sets them to work. Operators come first, so that somebody is there.
    pub async fn gather(url: &str, seed: u64, patrons: usize) -> Self {
        let mut chance = SmallRng::seed_from_u64(seed);
        let (stop, stopped) = watch::channel(false);
        let stage = Stage {
            url: url.to_owned(),
            recorder: Recorder::default(),
            stopped,
            finished: Arc::new(Barrier::new(OPERATORS.len() + patrons)),
        };
        let mut players = JoinSet::new();
        let connector = TcpConnector::new();
        for name in OPERATORS {
            let user = name.parse().expect("a user's id");
            let granted = sign_in(&connector, url, user, PASSWORD).await.expect("a sign-in");
            let player = Player::operator(name, granted.into(), &stage, chance.random());
            players.spawn(operator::play(player, stage.clone()));
        }
        for number in 0..patrons {
            let widget = WIDGET.parse().expect("a widget's id");
            let granted = patron_session(&connector, url, ORIGIN, widget).await;
            let token = granted.expect("a patron's session").into();
            let player = Player::patron(number, token, ORIGIN, &stage, chance.random());
            players.spawn(patron::play(player, stage.clone()));
        }
        Self { recorder: stage.recorder, stop, players }
    }

    /// How many clients it has.
    pub fn len(&self) -> usize {
        self.players.len()
    }

    /// Whether nobody is left.
    pub fn is_empty(&self) -> bool {
        self.players.is_empty()
    }

    /// Its notes.
    pub fn recorder(&self) -> &Recorder {
        &self.recorder
    }

    /// How it stands.
    pub fn progress(&self) -> Progress {
        *self.recorder.progress().borrow()
    }

    /// Waits until the crowd stands so; fails if one of it fails first.
    pub async fn until(&mut self, what: &str, so: impl FnMut(&Progress) -> bool) {
        let mut progress = self.recorder.progress();
        let stands = progress.wait_for(so);
        let patient = tokio::time::timeout(PATIENCE, async {
            tokio::select! {
                biased;
                ended = self.players.join_next() => panic!("one of the crowd ended: {ended:?}"),
                stands = stands => drop(stands.expect("the recorder outlives the crowd")),
            }
        });
        let came = patient.await.is_ok();
        assert!(came, "waited for {what} in vain: {:?}", self.progress());
    }

    /// Lets everybody finish what is unanswered and hear what was said; then sends them away.
    pub async fn disperse(mut self) -> History {
        self.stop.send_replace(true);
        let all = async {
            while let Some(ended) = self.players.join_next().await {
                ended.expect("nobody of the crowd fails");
            }
        };
        let finished = tokio::time::timeout(PATIENCE, all).await.is_ok();
        assert!(finished, "the crowd does not finish: {:?}", self.progress());
        self.recorder.history()
    }
}
