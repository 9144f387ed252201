//! The world of a simulation: time that the simulated network moves, chance and ids from a seed,
//! and streams over the simulated network. The same seed gives the same world.
//!
//! Not here: what goes wrong in it, and who lives in it (`it/simulation`).

use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use deskbell::world::{Chance, Clock};
use deskbell_client::{AsyncStream, BoxFuture, Connector, IdSource};
use jiff::Timestamp;
use rand::rngs::SmallRng;
use rand::{Rng, RngExt, SeedableRng};
use tokio::time::Instant;
use uuid::{Builder, Uuid};

/// When every simulation begins, in seconds since 1970.
const BEGINNING_SECONDS: i64 = 1_800_000_000;

/// The simulated network's time, the same on every host and across restarts.
#[derive(Debug, Clone, Copy, Default)]
pub struct SimClock;

/// How long the simulation has run; on simulated hosts only.
pub fn elapsed() -> Duration {
    turmoil::sim_elapsed().expect("only simulated hosts ask for the time")
}

/// Ready once `after` has passed on this host.
pub async fn pass(after: Duration) {
    tokio::time::sleep_until(Instant::now() + after).await;
}

impl SimClock {
    /// When every simulation begins.
    pub fn beginning() -> Timestamp {
        Timestamp::from_second(BEGINNING_SECONDS).expect("a moment in jiff's range")
    }
}

impl Clock for SimClock {
    fn now(&self) -> Timestamp {
        let elapsed_ms = u64::try_from(elapsed().as_millis()).expect("simulations end");
        Self::beginning() + Duration::from_millis(elapsed_ms)
    }

    fn sleep_until(&self, at: Timestamp) -> BoxFuture<'static, ()> {
        let wait_ms = at.as_millisecond().saturating_sub(self.now().as_millisecond()).max(0);
        Box::pin(pass(Duration::from_millis(wait_ms.unsigned_abs())))
    }
}

/// Bits that follow from a seed.
#[derive(Debug)]
pub struct SeededChance(Mutex<SmallRng>);

impl SeededChance {
    /// The same seed gives the same bits.
    pub fn new(seed: u64) -> Self {
        Self(Mutex::new(SmallRng::seed_from_u64(seed)))
    }

    /// Evenly between `low` and `high`, both included.
    pub fn between(&self, low: u64, high: u64) -> u64 {
        self.bits().random_range(low..=high)
    }

    /// Whether something happens that does so `percent` times in a hundred.
    pub fn happens(&self, percent: u64) -> bool {
        self.between(1, 100) <= percent
    }

    /// One of `choices`, which are not empty.
    pub fn one_of<'a, T>(&self, choices: &'a [T]) -> &'a T {
        &choices[self.bits().random_range(0..choices.len())]
    }

    /// A seed for something else.
    pub fn seed(&self) -> u64 {
        self.bits().random()
    }

    fn bits(&self) -> MutexGuard<'_, SmallRng> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Chance for SeededChance {
    fn fill(&self, bytes: &mut [u8]) {
        self.bits().fill_bytes(bytes);
    }
}

impl IdSource for SeededChance {
    fn uuid(&self) -> Uuid {
        Builder::from_random_bytes(self.bits().random()).into_uuid()
    }
}

/// Streams over the simulated network.
#[derive(Debug, Clone, Copy, Default)]
pub struct SimConnector;

impl Connector for SimConnector {
    fn connect<'a>(
        &'a self,
        host: &'a str,
        port: u16,
        _tls: bool,
    ) -> BoxFuture<'a, io::Result<Box<dyn AsyncStream>>> {
        Box::pin(async move {
            let stream = turmoil::net::TcpStream::connect((host, port)).await?;
            Ok(Box::new(stream) as Box<dyn AsyncStream>)
        })
    }
}
