//! Everybody claims one chat at the same moment, over sockets, round after round: exactly one wins,
//! and everybody else is told who. A round that goes otherwise fails the run.
//!
//! How long it takes until the winner knows, and until the last loser does, is measured beside it.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use deskbell_protocol::ToClient;
use deskbell_protocol::codes::ErrorCode;
use deskbell_protocol::event::Person;
use futures_util::{StreamExt, stream};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::bench::{Broker, user};
use crate::latency::Histogram;
use crate::server::Server;
use crate::socket::Socket;
use crate::{frame, process, report};

/// Operators who connect at any one time.
const CONNECTING: usize = 64;

/// How many, and how often.
#[derive(Debug, Args)]
pub(crate) struct RaceArgs {
    /// A release build of `deskbell`.
    #[arg(long)]
    broker: PathBuf,
    /// Signed-in operators, each at a connection of her own.
    #[arg(long, default_value_t = 1_000)]
    operators: usize,
    /// Chats that they claim, one after the other.
    #[arg(long, default_value_t = 200)]
    rounds: u64,
    /// Where the broker's configuration and store go.
    #[arg(long, default_value = "target/bench")]
    directory: PathBuf,
    /// Set on the second start, once the process has its core.
    #[arg(long, hide = true)]
    pub(crate) pinned: bool,
}

/// What one operator was told in one round.
enum Told {
    Won { after_us: u64 },
    Lost { to: Person, after_us: u64 },
}

/// A round: which, of which chat, and when it began.
#[derive(Clone)]
struct Round {
    number: u64,
    chat: Rc<str>,
    began: Instant,
}

/// Runs all rounds. Needs a `LocalRuntime`.
pub(crate) async fn run(arguments: &RaceArgs) -> Result<()> {
    let RaceArgs { broker, operators, rounds, directory, pinned: _ } = arguments;
    ensure!(*operators > 0, "a race takes operators: --operators 1 at least");
    process::check_open_files(*operators + 1)?;
    std::fs::create_dir_all(directory)?;
    let place: &Path = &directory.canonicalize()?;
    let mut broker = Broker::prepare(broker, place, *operators).await?;
    let (child, server) = broker.start().await?;
    let mut race = Race::seat(&server, *operators).await?;
    let cpu_before = process::cpu_time(server.pid)?;
    for number in 1..=*rounds {
        race.round(number).await.with_context(|| format!("round {number}"))?;
    }
    let cpu = process::cpu_time(server.pid)?.saturating_sub(cpu_before);
    let claims = u32::try_from(*rounds)?.saturating_mul(u32::try_from(*operators)?);
    report::say(&format!(
        "race: {rounds} rounds of {operators} operators, one winner each. The winner knows after \
         p50 {:.1} ms, p99 {:.1} ms; the last loser after p50 {:.1} ms, p99 {:.1} ms. Broker CPU \
         {:.1} µs a claim, the row's coming and going at each operator's list included.",
        race.won.quantile_ms(0.5),
        race.won.quantile_ms(0.99),
        race.over.quantile_ms(0.5),
        race.over.quantile_ms(0.99),
        cpu.as_secs_f64() * 1e6 / f64::from(claims),
    ))?;
    drop(race);
    child.terminate().await
}

struct Race {
    patron: Socket,
    start: watch::Sender<Option<Round>>,
    told: mpsc::Receiver<(usize, Told)>,
    operators: usize,
    won: Histogram,
    over: Histogram,
    /// Dropped with the race, which ends them.
    seats: JoinSet<Result<()>>,
}

impl Race {
    async fn seat(server: &Server, operators: usize) -> Result<Self> {
        let (start, _) = watch::channel(None);
        let (tell, told) = mpsc::channel(operators);
        let mut seats = JoinSet::new();
        let mut sockets =
            stream::iter(0..operators).map(|n| server.watcher(n)).buffered(CONNECTING);
        let mut number = 0;
        while let Some(socket) = sockets.next().await {
            seats.spawn_local(claim_all(socket?, number, start.subscribe(), tell.clone()));
            number += 1;
        }
        drop(sockets);
        let patron = server.ringer().await?;
        let (won, over) = (Histogram::default(), Histogram::default());
        Ok(Self { patron, start, told, operators, won, over, seats })
    }

    async fn round(&mut self, number: u64) -> Result<()> {
        let question = format!(r#","cmid":"{}","question":"Who is first?""#, frame::cmid(number));
        let ToClient::Ok { chat: Some(chat), .. } =
            self.patron.request("chat.open", &question).await?
        else {
            bail!("the reply to chat.open names no chat");
        };
        let chat = chat.to_string();
        let began = Instant::now();
        self.start.send_replace(Some(Round { number, chat: chat.as_str().into(), began }));
        let (mut winner, mut losers, mut last_us) = (None, Vec::new(), 0);
        for _ in 0..self.operators {
            let (operator, told) = tokio::select! {
                told = self.told.recv() => told.context("all operators went")?,
                Some(ended) = self.seats.join_next() => {
                    ended??;
                    bail!("an operator went");
                }
            };
            match told {
                Told::Won { after_us } => {
                    ensure!(winner.is_none(), "two operators were told that they won");
                    winner = Some(operator);
                    self.won.record(after_us);
                    last_us = last_us.max(after_us);
                }
                Told::Lost { to, after_us } => {
                    losers.push(to);
                    last_us = last_us.max(after_us);
                }
            }
        }
        self.over.record(last_us);
        let winner = user(1 + winner.context("nobody won")?);
        let is_winner = |to: &Person| match to {
            Person::Operator { id: Some(id), .. } => id.as_str() == winner,
            _ => false,
        };
        ensure!(losers.iter().all(is_winner), "a loser was told of somebody who did not win");
        let end = format!(r#","chat":"{chat}","cmid":"{}""#, frame::cmid(1_000_000 + number));
        self.patron.request("chat.end", &end).await?;
        Ok(())
    }
}

/// One operator: claims each chat as soon as she hears of it.
async fn claim_all(
    mut socket: Socket,
    operator: usize,
    mut start: watch::Receiver<Option<Round>>,
    tell: mpsc::Sender<(usize, Told)>,
) -> Result<()> {
    loop {
        // Who starts the races has gone: so do we.
        if start.changed().await.is_err() {
            return Ok(());
        }
        let Some(Round { number, chat, began }) = start.borrow_and_update().clone() else {
            continue;
        };
        let claim = format!(r#","chat":"{chat}","cmid":"{}""#, frame::cmid(number));
        let answer = socket.ask("chat.claim", &claim).await?;
        let after_us = u64::try_from(began.elapsed().as_micros())?;
        let told = match answer {
            ToClient::Ok { .. } => Told::Won { after_us },
            ToClient::Error(refused) if refused.code == ErrorCode::AlreadyClaimed => {
                let to = refused.by.context("a loser is not told who won")?;
                Told::Lost { to, after_us }
            }
            other => bail!("a claim is answered with {other:?}"),
        };
        if tell.send((operator, told)).await.is_err() {
            return Ok(());
        }
    }
}
