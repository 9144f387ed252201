//! ADAPTER: the log in a Redis server, for several brokers on one store.
//!
//! A chat is a Redis stream whose ids are its places; a counter beside it is its version. One
//! script for each append compares the counter, writes the records, the journal for `scan` and the
//! live summary, and tells whoever listens: in one step, so that the server's order decides every
//! race. What an acknowledgement means depends on how the server keeps its file; here it is never
//! more than `redis-async`. An erasure leaves the server's memory at once, and its file with the
//! next rewrite.
//!
//! Its own thread holds the connection, so that no shard waits on it and any thread may ask. Not
//! here: listening to hints, verifying the server's settings; no broker is started on it so far.

mod place;
mod row;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use ::redis::aio::{ConnectionManager, ConnectionManagerConfig};
use ::redis::{Client, FromRedisValue, Pipeline, RedisError, RedisResult, Script, cmd, pipe};
use deskbell_protocol::ids::Eid;
use futures_util::future::{BoxFuture, FutureExt};
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use self::place::{Keys, PARTITIONS, Places};
use super::{
    Append, Done, Durability, Erasure, EventLog, Heads, Live, LiveChange, LogError, Outcome, Page,
    Position, Record, ScanPage, StreamId, record,
};

/// Most records that a conflict shows; as the other adapters do.
const TAIL_MAX: usize = 256;
/// Most records asked for at once.
const PAGE_MAX: usize = 1 << 20;
const CONNECT_PATIENCE: Duration = Duration::from_secs(2);
const ANSWER_PATIENCE: Duration = Duration::from_secs(5);
/// How often a chat that goes on meanwhile is read again to be erased.
const ERASE_TRIES: usize = 8;
/// How often one call tries to connect anew before it says that nobody is there.
const RETRIES: usize = 2;
const RETRY_DELAY_MAX: Duration = Duration::from_millis(200);

/// A handle on the server.
pub struct RedisLog {
    store: Store,
    thread: Handle,
    closed: CancellationToken,
}

/// What every task of the thread works with.
#[derive(Clone)]
struct Store {
    server: ConnectionManager,
    append: Script,
    erase: Script,
}

/// What `append.lua` answers.
type Answer = (u8, u64, Entries);

/// Entries of a Redis stream: each with its id and fields.
type Entries = Vec<(String, HashMap<String, String>)>;

impl RedisLog {
    /// Connects to `redis://…`.
    pub fn open(url: &str) -> Result<Self, LogError> {
        let client = Client::open(url).map_err(unavailable)?;
        let closed = CancellationToken::new();
        let (answer, opened) = mpsc::sync_channel(1);
        let until = closed.clone();
        thread::Builder::new()
            .name("redis".into())
            .spawn(move || run(&client, &answer, &until))
            .map_err(|error| LogError::Unavailable(error.to_string()))?;
        let ended = || LogError::Unavailable("the thread of Redis ended".into());
        let (server, thread) = opened.recv().map_err(|_| ended())??;
        let append = Script::new(include_str!("redis/append.lua"));
        let erase = Script::new(include_str!("redis/erase.lua"));
        Ok(Self { store: Store { server, append, erase }, thread, closed })
    }

    /// Does `work` on the log's own thread.
    fn on_thread<T: Send + 'static>(
        &self,
        work: impl FnOnce(Store) -> BoxFuture<'static, Result<T, LogError>>,
    ) -> BoxFuture<'static, Result<T, LogError>> {
        let task = self.thread.spawn(work(self.store.clone()));
        async move { task.await.map_err(|error| LogError::Unavailable(error.to_string()))? }.boxed()
    }
}

impl Drop for RedisLog {
    fn drop(&mut self) {
        self.closed.cancel();
    }
}

type Opened = Result<(ConnectionManager, Handle), LogError>;

/// The thread: connects, tells so, and works until nobody holds the log any more.
fn run(client: &Client, answer: &mpsc::SyncSender<Opened>, until: &CancellationToken) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            // Whoever opens the log waits for it.
            answer.send(Err(LogError::Unavailable(error.to_string()))).ok();
            return;
        }
    };
    runtime.block_on(async {
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(CONNECT_PATIENCE))
            .set_response_timeout(Some(ANSWER_PATIENCE))
            .set_number_of_retries(RETRIES)
            .set_max_delay(RETRY_DELAY_MAX);
        let server = ConnectionManager::new_with_config(client.clone(), config).await;
        let opened = server.map(|server| (server, Handle::current())).map_err(unavailable);
        answer.send(opened).ok();
        until.cancelled().await;
    });
}

fn unavailable(error: impl std::fmt::Display) -> LogError {
    LogError::Unavailable(format!("Redis: {error}"))
}

impl Store {
    /// Outcomes of a batch, each append by itself, in one round trip.
    async fn append_all(mut self, batch: Vec<Append>) -> Vec<Outcome> {
        let calls: Vec<_> = batch.iter().map(|append| self.call(append)).collect();
        let mut answers = self.send(&calls).await;
        if answers.iter().any(|it| it.as_ref().is_err_and(is_no_script)) {
            // The server was started anew: told the script again, it is asked what it did not do.
            let missed = |at: &usize| answers[*at].as_ref().is_err_and(is_no_script);
            let missed: Vec<_> = (0..calls.len()).filter(missed).collect();
            if self.append.prepare_invoke().load_async(&mut self.server).await.is_ok() {
                let again: Vec<_> = missed.iter().map(|at| calls[*at].clone()).collect();
                for (at, answer) in missed.into_iter().zip(self.send(&again).await) {
                    answers[at] = answer;
                }
            }
        }
        let mut outcomes = Vec::with_capacity(batch.len());
        for (append, answer) in batch.iter().zip(answers) {
            outcomes.push(outcome(append, answer));
        }
        outcomes
    }

    fn call(&self, append: &Append) -> ::redis::Cmd {
        let keys = Keys::of(append.stream);
        let (what, summary) = match &append.live {
            LiveChange::Keep => ("keep", String::new()),
            LiveChange::Put(summary) => ("put", row::write_live(append.stream, summary)),
            LiveChange::Remove => ("remove", String::new()),
        };
        let mut call = cmd("EVALSHA");
        call.arg(self.append.get_hash()).arg(5);
        call.arg(keys.head).arg(keys.log).arg(keys.journal).arg(keys.live).arg(keys.hints);
        call.arg(append.expect).arg(append.stream.to_string()).arg(what).arg(summary);
        call.arg(TAIL_MAX + 1);
        for (seq, entry) in (append.expect + 1..).zip(&append.entries) {
            call.arg(row::write(append.stream, seq, entry));
        }
        call
    }

    async fn send(&mut self, calls: &[::redis::Cmd]) -> Vec<RedisResult<Answer>> {
        let mut together = Pipeline::with_capacity(calls.len());
        together.ignore_errors();
        for call in calls {
            together.add_command(call.clone());
        }
        match together.query_async::<Vec<RedisResult<Answer>>>(&mut self.server).await {
            Ok(answers) => answers,
            Err(error) => calls.iter().map(|_| Err(error.clone())).collect(),
        }
    }

    async fn read(mut self, stream: StreamId, after: u64, max: usize) -> Result<Page, LogError> {
        let max = max.min(PAGE_MAX);
        let mut range = cmd("XRANGE");
        range.arg(place::log(stream)).arg(format!("({after}-0")).arg("+");
        range.arg("COUNT").arg(max + 1);
        page(stream, after, max, self.ask(&range).await?)
    }

    async fn heads(mut self, streams: Vec<StreamId>) -> Result<Heads, LogError> {
        let mut all = pipe();
        for stream in &streams {
            all.cmd("XREVRANGE").arg(place::log(*stream)).arg("+").arg("-").arg("COUNT").arg(1);
        }
        let last: Vec<Entries> = all.query_async(&mut self.server).await.map_err(unavailable)?;
        let head =
            |(stream, entries): (StreamId, Entries)| -> Result<Option<(u64, Eid)>, LogError> {
                let Some(entry) = entries.first() else { return Ok(None) };
                let record = one(stream, seq_of(stream, &entry.0)?, entry)?;
                Ok(Some((record.seq, record.entry.eid)))
            };
        streams.into_iter().zip(last).map(head).collect()
    }

    async fn scan(mut self, after: Position, max: usize) -> Result<ScanPage, LogError> {
        let mut places = Places::read(&after)?;
        let (mut records, mut more) = (Vec::new(), false);
        for partition in 0..PARTITIONS {
            let mut range = cmd("XRANGE");
            range.arg(place::journal(partition)).arg(places.after(partition)).arg("+");
            range.arg("COUNT").arg((max - records.len()).min(PAGE_MAX) + 1);
            let entries: Entries = self.ask(&range).await?;
            for (id, fields) in entries {
                if records.len() == max {
                    more = true;
                    break;
                }
                let (stream, seq) = noted(&id, &fields)?;
                let mut get = cmd("XRANGE");
                let place = format!("{seq}-0");
                get.arg(place::log(stream)).arg(&place).arg(&place);
                let found: Entries = self.ask(&get).await?;
                let entry = found.first().ok_or_else(|| missing(stream, seq))?;
                let record = one(stream, seq, entry)?;
                records.push((places.pass(partition, id), stream, record));
            }
            if more {
                break;
            }
        }
        Ok(ScanPage { records, more })
    }

    async fn live(mut self) -> Result<Vec<Live>, LogError> {
        let mut all = pipe();
        for partition in 0..PARTITIONS {
            all.cmd("HGETALL").arg(place::live(partition));
        }
        let found: Vec<HashMap<String, String>> =
            all.query_async(&mut self.server).await.map_err(unavailable)?;
        let mut live = found.into_iter().flatten().map(|(stream, text)| {
            let stream = stream
                .parse()
                .map_err(|what| LogError::Damaged { place: "the live summaries".into(), what })?;
            row::read_live(stream, &text)
        });
        let mut live = live.by_ref().collect::<Result<Vec<_>, _>>()?;
        live.sort_by_key(|it| it.stream);
        Ok(live)
    }

    async fn erase(mut self, stream: StreamId, what: Erasure) -> Result<Vec<u64>, LogError> {
        let keys = Keys::of(stream);
        for _ in 0..ERASE_TRIES {
            let Page { mut records, more } = self.clone().read(stream, 0, PAGE_MAX).await?;
            if more {
                let what = format!("{stream} has more than {PAGE_MAX} records");
                return Err(LogError::Unavailable(what));
            }
            let mut blanked = Vec::new();
            for Record { seq, entry } in records.iter_mut().filter(|it| what.covers(it.seq)) {
                entry.event = record::blank(&entry.event)?;
                entry.fingerprint = 0;
                blanked.push(*seq);
            }
            if blanked.is_empty() {
                return Ok(blanked);
            }
            let mut get = cmd("HGET");
            get.arg(&keys.live).arg(stream.to_string());
            let summary: Option<String> = self.ask(&get).await?;
            let summary = match summary {
                Some(text) => {
                    let blank = record::summary::blank(&row::read_live(stream, &text)?.summary)?;
                    row::write_live(stream, &blank)
                }
                None => String::new(),
            };
            let mut call = self.erase.key(&keys.head);
            call.key(&keys.log).key(&keys.live);
            call.arg(records.len()).arg(stream.to_string()).arg(summary);
            for record in &records {
                call.arg(row::write(stream, record.seq, &record.entry));
            }
            let done: u8 = call.invoke_async(&mut self.server).await.map_err(unavailable)?;
            // Otherwise the chat went on meanwhile: it is read again.
            if done == 1 {
                return Ok(blanked);
            }
        }
        Err(LogError::Unavailable(format!("{stream} goes on too fast to be erased: ask again")))
    }

    async fn ask<T: FromRedisValue>(&mut self, command: &::redis::Cmd) -> Result<T, LogError> {
        command.query_async(&mut self.server).await.map_err(unavailable)
    }
}

fn outcome(append: &Append, answer: RedisResult<Answer>) -> Outcome {
    match answer {
        Ok((1, version, _)) => {
            Outcome::Appended { first_seq: version + 1 - append.entries.len() as u64 }
        }
        Ok((_, _, tail)) => match page(append.stream, append.expect, TAIL_MAX, tail) {
            Ok(Page { records, more }) => Outcome::Conflict { tail: records, more },
            Err(error) => Outcome::Unavailable { why: error.to_string() },
        },
        // The server itself said no, before the script did anything.
        Err(error) if error.code().is_some_and(|code| REFUSALS.contains(&code)) => {
            Outcome::Unavailable { why: error.to_string() }
        }
        Err(error) => Outcome::Unknown { why: error.to_string() },
    }
}

/// What was asked for, of which one entry more was got.
fn page(stream: StreamId, after: u64, max: usize, entries: Entries) -> Result<Page, LogError> {
    let more = entries.len() > max;
    let records = (after + 1..).zip(entries.into_iter().take(max));
    let records: Result<_, _> = records.map(|(seq, it)| one(stream, seq, &it)).collect();
    Ok(Page { records: records?, more })
}

/// With these the server says that it did nothing.
const REFUSALS: [&str; 6] = ["LOADING", "READONLY", "OOM", "MISCONF", "BUSY", "NOSCRIPT"];

fn is_no_script(error: &RedisError) -> bool {
    error.code() == Some("NOSCRIPT")
}

fn one(
    stream: StreamId,
    seq: u64,
    (id, fields): &(String, HashMap<String, String>),
) -> Result<Record, LogError> {
    // Places are gapless: whatever stands elsewhere was meddled with.
    if seq_of(stream, id)? != seq {
        return Err(missing(stream, seq));
    }
    let text = fields.get("r").ok_or_else(|| missing(stream, seq))?;
    row::read(stream, seq, text)
}

fn seq_of(stream: StreamId, id: &str) -> Result<u64, LogError> {
    let seq = id.strip_suffix("-0").and_then(|seq| seq.parse().ok());
    seq.ok_or_else(|| LogError::Damaged {
        place: format!("{stream} record {id}"),
        what: "no place of a chat".into(),
    })
}

fn missing(stream: StreamId, seq: u64) -> LogError {
    LogError::Damaged {
        place: format!("{stream} record {seq}"),
        what: "it is missing; restore a backup".into(),
    }
}

/// Which record an entry of the journal names.
fn noted(id: &str, fields: &HashMap<String, String>) -> Result<(StreamId, u64), LogError> {
    let stream = fields.get("s").and_then(|text| text.parse().ok());
    let seq = fields.get("n").and_then(|text| text.parse().ok());
    stream.zip(seq).ok_or_else(|| LogError::Damaged {
        place: format!("the journal at {id}"),
        what: "it names no record".into(),
    })
}

impl EventLog for RedisLog {
    fn append(&self, batch: Vec<Append>, done: Done) {
        let store = self.store.clone();
        self.thread.spawn(async move { done(store.append_all(batch).await) });
    }

    fn read(
        &self,
        stream: StreamId,
        after_seq: u64,
        max: usize,
    ) -> BoxFuture<'static, Result<Page, LogError>> {
        self.on_thread(move |store| store.read(stream, after_seq, max).boxed())
    }

    fn heads(&self, streams: Vec<StreamId>) -> BoxFuture<'static, Result<Heads, LogError>> {
        self.on_thread(move |store| store.heads(streams).boxed())
    }

    fn scan(&self, after: Position, max: usize) -> BoxFuture<'static, Result<ScanPage, LogError>> {
        self.on_thread(move |store| store.scan(after, max).boxed())
    }

    fn live(&self) -> BoxFuture<'static, Result<Vec<Live>, LogError>> {
        self.on_thread(move |store| store.live().boxed())
    }

    fn erase(
        &self,
        stream: StreamId,
        what: Erasure,
        _reason: String,
    ) -> BoxFuture<'static, Result<Vec<u64>, LogError>> {
        self.on_thread(move |store| store.erase(stream, what).boxed())
    }

    fn durability(&self) -> Durability {
        Durability::RedisAsync
    }
}
