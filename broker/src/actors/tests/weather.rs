//! What befalls the log in these tests: a plan of faults, answers held back, delays from a seed;
//! and a record of what was submitted.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Duration;

use crate::log::memory::faults::{Fault, Faults, Later};
use crate::log::{Append, StreamId};

/// The same numbers for the same seed (splitmix64).
#[derive(Debug)]
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % sides
    }
}

/// Somebody who is always a little faster.
pub(super) type Intruder = Box<dyn FnMut(&[Append]) + Send>;

#[derive(Default)]
pub(super) struct Weather(Mutex<Sky>);

#[derive(Default)]
struct Sky {
    /// What befalls the next batches; nothing once it is empty.
    plan: VecDeque<Fault>,
    /// The same for batches without a chat.
    elsewhere: VecDeque<Fault>,
    holds: bool,
    holds_reads: bool,
    held: VecDeque<Later>,
    delays: Option<Dice>,
    reads_fail: bool,
    /// Called with each batch before it is done.
    intruder: Option<Intruder>,
    /// How many entries each append to a chat had, in the order submitted.
    submitted: Vec<usize>,
}

impl Weather {
    /// What befalls the next batches without a chat.
    pub(super) fn plan_elsewhere(&self, faults: &[Fault]) {
        self.0.lock().unwrap().elsewhere.extend(faults);
    }

    /// What befalls the next batches.
    pub(super) fn plan(&self, faults: &[Fault]) {
        self.0.lock().unwrap().plan.extend(faults);
    }

    /// Appends are done only when [`Weather::release`] says so.
    pub(super) fn hold(&self) {
        self.0.lock().unwrap().holds = true;
    }

    /// Reads are done only when [`Weather::release`] says so.
    pub(super) fn hold_reads(&self) {
        self.0.lock().unwrap().holds_reads = true;
    }

    /// Does what was held back, and holds back no longer.
    pub(super) fn release(&self) {
        {
            let mut sky = self.0.lock().unwrap();
            (sky.holds, sky.holds_reads) = (false, false);
        }
        loop {
            let Some(then) = self.0.lock().unwrap().held.pop_front() else { return };
            then();
        }
    }

    pub(super) fn held(&self) -> usize {
        self.0.lock().unwrap().held.len()
    }

    /// Every append and read takes 0 to 3 milliseconds, as the seed says.
    pub(super) fn delay(&self, seed: u64) {
        self.0.lock().unwrap().delays = Some(Dice(seed));
    }

    pub(super) fn fail_reads(&self, fail: bool) {
        self.0.lock().unwrap().reads_fail = fail;
    }

    /// Calls `intruder` with each batch before it is done.
    pub(super) fn intrude(&self, intruder: Intruder) {
        self.0.lock().unwrap().intruder = Some(intruder);
    }

    /// The sizes of the appends to chats so far.
    pub(super) fn submitted(&self) -> Vec<usize> {
        self.0.lock().unwrap().submitted.clone()
    }
}

impl Faults for Weather {
    fn next(&self, batch: Option<&[Append]>) -> (Duration, Fault) {
        let mut sky = self.0.lock().unwrap();
        let delay = sky.delays.as_mut().map_or(0, |dice| dice.roll(4));
        let mut delay = Duration::from_millis(delay);
        let Some(batch) = batch else {
            if sky.holds_reads {
                delay = Duration::from_millis(1);
            }
            return (delay, if sky.reads_fail { Fault::Unavailable } else { Fault::None });
        };
        let chats = batch.iter().filter(|it| matches!(it.stream, StreamId::Chat(_)));
        let sizes: Vec<_> = chats.map(|it| it.entries.len()).collect();
        if sizes.is_empty() {
            return (Duration::ZERO, sky.elsewhere.pop_front().unwrap_or(Fault::None));
        }
        sky.submitted.extend(sizes);
        if sky.holds {
            delay = Duration::from_millis(1);
        }
        if let Some(intruder) = &mut sky.intruder {
            intruder(batch);
        }
        (delay, sky.plan.pop_front().unwrap_or(Fault::None))
    }

    fn later(&self, delay: Duration, then: Later) {
        let mut sky = self.0.lock().unwrap();
        if sky.holds || sky.holds_reads {
            sky.held.push_back(then);
        } else {
            tokio::task::spawn_local(async move {
                drop(tokio::time::timeout(delay, std::future::pending::<()>()).await);
                then();
            });
        }
    }
}
