//! A broker of two is killed under everybody: how long it takes until each of its clients has
//! resumed at the other, without a gap. A client that gets anything but what it lacks, in order,
//! fails the run.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use deskbell_protocol::ToClient;
use deskbell_protocol::ids::Eid;
use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::time::Instant;

use crate::bench::{Broker, Level};
use crate::latency::Histogram;
use crate::server::{Desk, Seat, Server};
use crate::{frame, process, report};

/// Connections that are being opened at any one time.
const CONNECTING: usize = 200;
/// Messages in each chat before the kill.
const MESSAGES: u64 = 5;

/// How many.
#[derive(Debug, Args)]
pub(crate) struct ResumeArgs {
    /// A release build of `deskbell`.
    #[arg(long)]
    broker: PathBuf,
    /// Chats, of two connections each, all at the broker that is killed.
    #[arg(long, default_value_t = 500)]
    chats: usize,
    /// Where the brokers' configuration and stores go.
    #[arg(long, default_value = "target/bench")]
    directory: PathBuf,
    /// Set on the second start, once the process has its core.
    #[arg(long, hide = true)]
    pub(crate) pinned: bool,
}

/// A client that comes back.
struct Client {
    token: String,
    chat: String,
    /// What it has seen last.
    seen: (u64, Eid),
    /// Where the chat ends.
    end: u64,
}

/// Runs it. Needs a `LocalRuntime`.
pub(crate) async fn run(arguments: &ResumeArgs) -> Result<()> {
    let ResumeArgs { broker, chats, directory, pinned: _ } = arguments;
    process::check_open_files(4 * chats)?;
    std::fs::create_dir_all(directory)?;
    let mut broker = Broker::prepare(broker, &directory.canonicalize()?, *chats).await?;
    let (mut nodes, server) = broker.start_cluster(Level::Disk).await?;
    let other = server.cluster.as_ref().context("two brokers")?.operators_at;
    let here = Server { cluster: None, ..server };
    let desk = here.desk.clone().context("a broker")?;
    let mut seats: Vec<(Seat, Seat)> = Vec::new();
    let mut clients = Vec::new();
    for number in 0..*chats {
        let (patron, operator, two) = sit_down(&here, number).await?;
        seats.push((patron, operator));
        clients.extend(two);
    }
    let began = Instant::now();
    nodes.kill_first();
    let all = clients.into_iter().enumerate();
    let all = all.map(|(number, client)| come_back(other, &desk, number, client, began));
    let mut back = stream::iter(all).buffer_unordered(CONNECTING);
    let (mut after, mut last) = (Histogram::default(), Duration::ZERO);
    while let Some(took) = back.try_next().await? {
        after.record(u64::try_from(took.as_micros())?);
        last = last.max(took);
    }
    report::say(&format!(
        "resume: {} clients of a killed broker resumed at the other without a gap: p50 {:.0} ms, \
         p99 {:.0} ms, the last after {:.0} ms",
        2 * chats,
        after.quantile_ms(0.5),
        after.quantile_ms(0.99),
        last.as_secs_f64() * 1e3,
    ))?;
    drop(seats);
    nodes.terminate().await
}

/// A chat with a few messages; its patron has seen all, its operator all but these.
async fn sit_down(here: &Server, number: usize) -> Result<(Seat, Seat, [Client; 2])> {
    let (mut patron, operator, chat) = here.seats(number).await?;
    let mut places = Vec::new();
    for message in 1..=MESSAGES {
        let cmid = frame::cmid(message);
        let post = format!(r#","chat":"{chat}","cmid":"{cmid}","text":"message {message}""#);
        let ToClient::Ok { seq: Some(seq), eid: Some(eid), .. } =
            patron.socket.request("chat.post", &post).await?
        else {
            bail!("the reply to chat.post names no place");
        };
        places.push((seq, eid));
    }
    let (first, last) = (places[0], places[places.len() - 1]);
    let client = |seat: &Seat, seen| Client {
        token: seat.token.clone(),
        chat: chat.clone(),
        seen,
        end: last.0,
    };
    let two = [client(&patron, last), client(&operator, first)];
    Ok((patron, operator, two))
}

/// Connects to the other broker and resumes; how long that was after the kill.
async fn come_back(
    other: SocketAddr,
    desk: &Desk,
    number: usize,
    client: Client,
    killed: Instant,
) -> Result<Duration> {
    let Client { token, chat, seen: (seq, eid), end } = client;
    let mut socket = crate::server::greet(other, desk, &token, number).await?;
    let from = format!(r#","chat":"{chat}","from":{{"seq":{seq},"eid":"{eid}"}}"#);
    let mut heard = Vec::new();
    socket.ask_hearing("chat.subscribe", &from, &mut heard).await?;
    let took = killed.elapsed();
    let mut next = seq + 1;
    for frame in heard {
        match frame {
            ToClient::ChatReplay { events, .. } => {
                for event in events {
                    ensure!(event.seq == next, "{chat}: {} came where {next} was due", event.seq);
                    next += 1;
                }
            }
            ToClient::ChatSnapshot(_) => bail!("{chat}: shown anew instead of resumed"),
            _ => {}
        }
    }
    ensure!(next > end, "{chat}: resumed up to {}, and {end} were told", next - 1);
    Ok(took)
}
