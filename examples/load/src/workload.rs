//! The workloads: what the connections do while the server is measured.
//!
//! Each seats its connections, runs one task for each, lets [`measure`](crate::measure) watch, and
//! fails rather than report a figure if one connection is lost or one request refused.

mod idle;
mod paced;
mod pingpong;
#[cfg(test)]
mod tests;
mod watchers;

use std::fmt;
use std::rc::Rc;

use anyhow::{Result, bail, ensure};
use clap::Subcommand;
use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::task::JoinSet;
use tokio::time::{Duration, sleep};

use crate::frame;
use crate::measure::{Outcome, Tally, Window};
use crate::process;
use crate::server::{Pair, Server};
use crate::socket::{PONG, Socket, Writer};

/// Connections that are being opened at any one time.
const CONNECTING: usize = 64;

/// What to do, and how much of it.
#[derive(Debug, Clone, Copy, Subcommand)]
pub(crate) enum Workload {
    /// Two-party chats, closed loop: each side answers the other at once, ~120 bytes of text.
    Pingpong {
        /// Chats, of two connections each.
        #[arg(long, default_value_t = 500)]
        chats: usize,
        /// Connections that only stand by.
        #[arg(long, default_value_t = 0)]
        idle: usize,
    },
    /// Two-party chats, open loop: each connection sends one message a second, and latency counts
    /// from the moment a message was due, sent or not.
    Paced {
        /// Chats, of two connections each.
        #[arg(long, default_value_t = 500)]
        chats: usize,
    },
    /// Connections that do nothing; at a broker, operators who follow their list.
    Idle {
        /// How many.
        #[arg(long, default_value_t = 10_000)]
        connections: usize,
    },
    /// One queue with many watching operators: chats ring and go again.
    Watchers {
        /// Watching operators.
        #[arg(long, default_value_t = 200)]
        watchers: usize,
        /// Rings per second; each is followed by its end half an interval later.
        #[arg(long, default_value_t = 50)]
        rings_per_second: u32,
    },
}

impl fmt::Display for Workload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pingpong { chats, idle: 0 } => write!(f, "pingpong, {chats} chats"),
            Self::Pingpong { chats, idle } => write!(f, "pingpong, {chats} chats, {idle} idle"),
            Self::Paced { chats } => write!(f, "paced, {chats} chats"),
            Self::Idle { connections } => write!(f, "idle, {connections}"),
            Self::Watchers { watchers, rings_per_second } => {
                write!(f, "watchers, {watchers} at {rings_per_second} rings/s")
            }
        }
    }
}

impl Workload {
    /// Connections that it opens.
    pub(crate) fn connections(self) -> usize {
        match self {
            Self::Pingpong { chats, idle } => 2 * chats + idle,
            Self::Paced { chats } => 2 * chats,
            Self::Idle { connections } => connections + 1,
            Self::Watchers { watchers, .. } => watchers + 1,
        }
    }

    /// Whether it tells something of two brokers on one store.
    pub(crate) fn is_played_on_two_nodes(self) -> bool {
        matches!(self, Self::Pingpong { chats: 500, idle: 0 } | Self::Paced { .. })
    }

    /// Distinct operators that it would like to have.
    pub(crate) fn operators(self) -> usize {
        match self {
            Self::Pingpong { chats, idle } => chats + idle,
            Self::Paced { chats } => chats,
            Self::Idle { connections } => connections,
            Self::Watchers { watchers, .. } => watchers,
        }
    }

    /// One run against `server`. Needs a `LocalRuntime`.
    pub(crate) async fn run(self, server: &Server, window: Window) -> Result<Outcome> {
        process::check_open_files(self.connections())?;
        let mut run = Run { tally: Rc::new(Tally::new()), tasks: JoinSet::new(), window };
        let name = self.to_string();
        match self {
            Self::Pingpong { chats, idle } => {
                pingpong::run(&mut run, server, name, chats, idle).await
            }
            Self::Paced { chats } => paced::run(&mut run, server, name, chats).await,
            Self::Idle { connections } => idle::run(&mut run, server, name, connections).await,
            Self::Watchers { watchers, rings_per_second } => {
                watchers::run(&mut run, server, name, watchers, rings_per_second).await
            }
        }
    }
}

/// One run: its tasks end with it.
struct Run {
    tally: Rc<Tally>,
    tasks: JoinSet<()>,
    window: Window,
}

impl Run {
    /// Drives one connection to the end of the run; losing it makes the run void.
    fn drive(
        &mut self,
        socket: Socket,
        on_text: impl FnMut(&[u8], &Writer) -> Result<()> + 'static,
    ) {
        let tally = Rc::clone(&self.tally);
        self.tasks.spawn_local(async move {
            if let Err(lost) = socket.run(on_text).await {
                tally.fail(lost);
            }
        });
    }

    /// Seats `count` chats: first every operator, then patron by patron.
    async fn seat_pairs(&self, server: &Server, count: usize) -> Result<Vec<Pair>> {
        let operators: Vec<Socket> = stream::iter(0..count)
            .map(|number| server.operator(number))
            .buffered(CONNECTING)
            .try_collect()
            .await?;
        stream::iter(operators.into_iter().enumerate())
            .map(|(number, operator)| server.pair(number, operator))
            .buffered(CONNECTING)
            .try_collect()
            .await
    }

    /// Seats `count` idle connections, each with a task of its own from the start, so that it
    /// answers heartbeats while the others still connect.
    async fn seat_idle(&mut self, server: &Server, from: usize, count: usize) -> Result<()> {
        let mut seats =
            stream::iter(from..from + count).map(|n| server.idle(n)).buffered(CONNECTING);
        while let Some(socket) = seats.next().await {
            self.drive(socket?, unasked);
        }
        self.tally.check()
    }

    /// Waits until all `expected` messages of the window have arrived.
    async fn all_arrived(&self, expected: impl Fn() -> u64) -> Result<()> {
        const PATIENCE: u32 = 500;
        for _ in 0..PATIENCE {
            self.tally.check()?;
            let over = self.tally.paced_to_us() >= self.tally.window_us().1;
            if over && self.tally.recorded() >= expected() {
                break;
            }
            sleep(Duration::from_millis(10)).await;
        }
        let (expected, arrived) = (expected(), self.tally.recorded());
        ensure!(arrived == expected, "of {expected} messages {arrived} arrived within 5 s");
        Ok(())
    }
}

/// What a connection does with a frame that the run does not count.
fn unasked(text: &[u8], writer: &Writer) -> Result<()> {
    match frame::kind(text) {
        b"ping" => writer.queue_text(PONG),
        b"error" | b"bye" => bail!("the server says {}", String::from_utf8_lossy(text)),
        _ => {}
    }
    Ok(())
}
