//! Lives a plan against a broker, through the SDK and nothing else: two colleagues sign in and
//! stay, and each chat has a task of its own, with its patron's connection.
//!
//! Colleagues leave room for people: they claim after their drawn delay only what nobody else took,
//! and a claim that somebody else won is no fault. Not here: what is drawn (`plan.rs`), any output.

mod chat;
mod colleague;
mod heard;
mod patron;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};
use tokio::time::Instant;

use crate::cast::{COLLEAGUES, Colleague};
use crate::lived::{Lived, Tally};
use crate::plan::PlannedChat;
use colleague::Desk;

/// Turns true when the traffic is to end; whoever holds the sender decides.
pub type Stop = watch::Receiver<bool>;

/// Chats that live at once; a ring beyond them waits. A co-op has a tenth of it at its busiest.
const LIVE_MAX: usize = 64;

/// Where and how fast a plan is lived.
#[derive(Debug, Clone)]
pub struct Stage {
    /// The broker's address.
    pub url: String,
    /// The colleagues' passwords, by login name.
    pub passwords: BTreeMap<String, String>,
    /// The origins of widgets' pages; one that is not named stands on its library's own.
    pub origins: BTreeMap<String, String>,
    /// How many seconds of the plan pass in one.
    pub speed: f64,
}

impl Stage {
    fn origin(&self, widget: &str) -> String {
        let library = widget.split('-').next().unwrap_or_default();
        let own = || format!("https://www.{library}.example");
        self.origins.get(widget).cloned().unwrap_or_else(own)
    }

    /// How long a time of the plan is here.
    fn time(&self, planned: Duration) -> Duration {
        planned.div_f64(self.speed)
    }
}

/// What all chats share.
#[derive(Debug)]
struct World {
    stage: Stage,
    desks: BTreeMap<&'static str, Desk>,
}

impl World {
    fn desk(&self, of: &Colleague) -> &Desk {
        self.desks.get(of.user).expect("every colleague signed in before the first ring")
    }
}

/// What a chat came to, or why it could not be lived to its end.
#[derive(Debug)]
pub struct Outcome {
    /// As it was planned.
    pub plan: PlannedChat,
    /// As it went.
    pub lived: Result<Lived>,
}

impl Outcome {
    /// Whether it went as planned.
    pub fn as_planned(&self) -> bool {
        self.lived.as_ref().is_ok_and(|lived| *lived == self.plan.expected())
    }
}

/// Lives the chats until the plan is over or `stop` says so; then chats that are still open are
/// ended as far as the broker is reachable. `tell` hears of each that is over.
pub async fn play(
    plan: impl Iterator<Item = PlannedChat>,
    stage: Stage,
    mut stop: Stop,
    mut tell: impl FnMut(&Outcome, &Tally),
) -> Result<Tally> {
    ensure!((0.01..=1e6).contains(&stage.speed), "a speed is from 0.01 to 1000000 times life");
    let mut desks = BTreeMap::new();
    for colleague in COLLEAGUES {
        let desk = Desk::open(&stage, colleague).await;
        desks.insert(
            colleague.user,
            desk.with_context(|| format!("{} at her desk", colleague.name))?,
        );
    }
    let world = Arc::new(World { stage, desks });
    let began = Instant::now();
    let mut tally = Tally::default();
    let mut count = |done: Result<Outcome, JoinError>| -> Result<()> {
        let outcome = done.context("a chat's task ended by itself")?;
        match &outcome.lived {
            Ok(lived) => tally.count(lived, outcome.as_planned()),
            Err(_) => tally.failed += 1,
        }
        tell(&outcome, &tally);
        Ok(())
    };
    let mut live = JoinSet::new();
    'rings: for planned in plan {
        let rings = began + world.stage.time(planned.rings);
        loop {
            tokio::select! {
                biased;
                // An error means that nobody is left who could say stop; then the plan decides.
                Ok(_) = stop.wait_for(|stop| *stop) => break 'rings,
                Some(done) = live.join_next() => count(done)?,
                () = tokio::time::sleep_until(rings), if live.len() < LIVE_MAX => break,
            }
        }
        live.spawn(chat::live(planned, world.clone(), stop.clone()));
    }
    while let Some(done) = live.join_next().await {
        count(done)?;
    }
    for desk in world.desks.values() {
        desk.close().await;
    }
    Ok(tally)
}
