//! Asking the server: appends and reads, as it is told them.

use std::collections::{BTreeMap, HashMap, HashSet};

use ::redis::{Cmd, Pipeline, RedisError, RedisResult, Script, cmd, pipe};
use deskbell_protocol::ids::Eid;

use super::place::{self, Keys, PARTITIONS, Places};
use super::{Entries, erase, missing, row};
use crate::log::memory::TAIL_MAX;
use crate::log::{
    Append, Heads, Live, LiveChange, LogError, Outcome, Page, Position, Record, Report, ScanPage,
    StreamId, count_outcomes,
};
use crate::redis::{Line, ServerError};
use crate::telemetry;

const APPEND: &str = include_str!("append.lua");
/// Most records asked for at once.
pub(super) const PAGE_MAX: usize = 1 << 20;
/// Records verified at once.
const VERIFY_PAGE: usize = 1_000;
/// Answers of the server itself, which then did nothing.
const REFUSALS: [&str; 7] =
    ["LOADING", "READONLY", "OOM", "MISCONF", "BUSY", "NOSCRIPT", "MASTERDOWN"];

/// How many words an append has besides its records, and about how many bytes these and what
/// frames a record have: a command that never has to grow.
const ARGS: usize = 16;
const CALL: usize = 640;
const ROW: usize = 192;

/// What every task works with.
#[derive(Clone)]
pub(super) struct Store {
    pub(super) line: Line,
    append: Script,
    pub(super) erase: Script,
    /// Who appends, so that its own hints are known.
    node: String,
}

/// What `append.lua` answers.
type Answer = (u8, u64, Entries);

impl Store {
    pub(super) fn new(line: Line, node: u64) -> Self {
        let (append, erase) = (Script::new(APPEND), Script::new(erase::ERASE));
        Self { line, append, erase, node: format!("{node:016x}") }
    }

    pub(super) fn node(&self) -> &str {
        &self.node
    }

    /// Outcomes of a batch, each append by itself, in one round trip.
    pub(super) async fn append_all(&self, batch: Vec<Append>) -> Vec<Outcome> {
        if batch.is_empty() {
            return Vec::new();
        }
        let began = tokio::time::Instant::now();
        let connection = self.line.connected();
        let mut answers = self.send(batch.iter()).await;
        if let Ok(answers) = &mut answers
            && answers.iter().any(|it| it.as_ref().is_err_and(is_no_script))
        {
            // The server was started anew: told the script again, it is asked what it did not do.
            let missed = |at: &usize| answers[*at].as_ref().is_err_and(is_no_script);
            let missed: Vec<_> = (0..batch.len()).filter(missed).collect();
            if self.load(APPEND).await.is_ok()
                && let Ok(second) = self.send(missed.iter().map(|at| &batch[*at])).await
            {
                for (at, answer) in missed.into_iter().zip(second) {
                    answers[at] = answer;
                }
            }
        }
        let outcomes: Vec<_> = match answers {
            Ok(answers) => {
                let both = batch.iter().zip(answers);
                both.map(|(append, answer)| self.outcome(append, answer, connection)).collect()
            }
            Err(ServerError::Unknown(why)) => vec![Outcome::Unknown { why }; batch.len()],
            Err(error) => vec![Outcome::Unavailable { why: error.to_string() }; batch.len()],
        };
        metrics::histogram!(telemetry::COMMIT_SECONDS).record(began.elapsed());
        count_outcomes(batch.iter().map(|it| it.entries.len()).zip(&outcomes));
        outcomes
    }

    fn call(&self, append: &Append) -> Cmd {
        let keys = Keys::of(append.stream);
        let (what, summary) = match &append.live {
            LiveChange::Keep => ("keep", String::new()),
            LiveChange::Put(summary) => ("put", row::write_live(append.stream, summary)),
            LiveChange::Remove => ("remove", String::new()),
        };
        let after = append.after.map(|eid| eid.to_string()).unwrap_or_default();
        let last = append.entries.last().map(|it| it.eid.to_string()).unwrap_or_default();
        let size: usize = append.entries.iter().map(|it| it.event.body.len() + ROW).sum();
        let mut call = Cmd::with_capacity(ARGS + append.entries.len(), CALL + summary.len() + size);
        call.arg("EVALSHA").arg(self.append.get_hash()).arg(5);
        call.arg(keys.head).arg(keys.log).arg(keys.journal).arg(keys.live).arg(keys.hints);
        call.arg(append.expect).arg(after).arg(append.stream.to_string()).arg(what).arg(summary);
        // What stands at the expected version comes along, and one more than is shown.
        call.arg(TAIL_MAX + 2).arg(&self.node).arg(last);
        for (seq, entry) in (append.expect + 1..).zip(&append.entries) {
            call.arg(row::write(append.stream, seq, entry));
        }
        call
    }

    async fn send(
        &self,
        batch: impl ExactSizeIterator<Item = &Append>,
    ) -> Result<Vec<RedisResult<Answer>>, ServerError> {
        let mut together = Pipeline::with_capacity(batch.len());
        together.ignore_errors();
        for append in batch {
            together.add_command(self.call(append));
        }
        self.line.ask(&together).await
    }

    pub(super) async fn load(&self, script: &str) -> Result<String, ServerError> {
        let mut load = cmd("SCRIPT");
        load.arg("LOAD").arg(script);
        self.line.ask_one(&load).await
    }

    fn outcome(&self, append: &Append, answer: RedisResult<Answer>, connection: u64) -> Outcome {
        match answer {
            Ok((1, version, _)) => {
                Outcome::Appended { first_seq: version + 1 - append.entries.len() as u64 }
            }
            Ok((_, _, found)) => match conflict(append, found) {
                Ok(Page { records, more }) => Outcome::Conflict { tail: records, more },
                Err(error) => Outcome::Unavailable { why: error.to_string() },
            },
            Err(error) => {
                self.line.failed(&error, connection);
                let why = error.to_string();
                if error.code().is_some_and(|code| REFUSALS.contains(&code)) {
                    Outcome::Unavailable { why }
                } else {
                    Outcome::Unknown { why }
                }
            }
        }
    }

    pub(super) async fn read(
        &self,
        stream: StreamId,
        after: u64,
        max: usize,
    ) -> Result<Page, LogError> {
        let max = max.min(PAGE_MAX);
        let mut range = cmd("XRANGE");
        range.arg(place::log(stream)).arg(format!("({after}-0")).arg("+");
        range.arg("COUNT").arg(max + 1);
        page(stream, after, max, self.line.ask_one(&range).await?)
    }

    pub(super) async fn heads(&self, streams: &[StreamId]) -> Result<Heads, LogError> {
        if streams.is_empty() {
            return Ok(Vec::new());
        }
        let mut all = pipe();
        for stream in streams {
            all.cmd("GET").arg(place::head(*stream));
        }
        let found: Vec<Option<String>> = self.line.ask(&all).await?;
        let both = streams.iter().zip(found);
        both.map(|(stream, text)| text.map(|text| head(*stream, &text)).transpose()).collect()
    }

    pub(super) async fn scan(&self, after: &Position, max: usize) -> Result<ScanPage, LogError> {
        let mut places = Places::read(after)?;
        let (mut records, mut more) = (Vec::new(), false);
        for partition in 0..PARTITIONS {
            let mut range = cmd("XRANGE");
            range.arg(place::journal(partition)).arg(places.after(partition)).arg("+");
            range.arg("COUNT").arg((max - records.len()).min(PAGE_MAX) + 1);
            let mut entries: Entries = self.line.ask_one(&range).await?;
            more |= entries.len() > max - records.len();
            entries.truncate(max - records.len());
            let mut noted_here = Vec::with_capacity(entries.len());
            let mut all = pipe();
            for (id, fields) in entries {
                let (stream, seq) = noted(&id, &fields)?;
                let at = format!("{seq}-0");
                all.cmd("XRANGE").arg(place::log(stream)).arg(&at).arg(&at);
                noted_here.push((id, stream, seq));
            }
            if !noted_here.is_empty() {
                let found: Vec<Entries> = self.line.ask(&all).await?;
                for ((id, stream, seq), found) in noted_here.into_iter().zip(found) {
                    let entry = found.first().ok_or_else(|| missing(stream, seq))?;
                    let record = one(stream, seq, entry)?;
                    records.push((places.pass(partition, id), stream, record));
                }
            }
            if more {
                break;
            }
        }
        Ok(ScanPage { records, more })
    }

    pub(super) async fn verify(&self) -> Result<Report, LogError> {
        let (mut report, mut streams) = (Report::default(), HashSet::new());
        let mut after = Position::default();
        loop {
            match self.scan(&after, VERIFY_PAGE).await {
                Ok(page) => {
                    report.records += page.records.len() as u64;
                    for (position, stream, _) in page.records {
                        streams.insert(stream);
                        after = position;
                    }
                    if !page.more {
                        break;
                    }
                }
                Err(error @ LogError::Damaged { .. }) => {
                    report.damage.push(error.to_string());
                    break;
                }
                Err(error) => return Err(error),
            }
        }
        match self.live().await {
            Ok(live) => report.live = live.len() as u64,
            Err(error @ LogError::Damaged { .. }) => report.damage.push(error.to_string()),
            Err(error) => return Err(error),
        }
        report.streams = streams.len() as u64;
        Ok(report)
    }

    pub(super) async fn live(&self) -> Result<Vec<Live>, LogError> {
        let mut all = pipe();
        for partition in 0..PARTITIONS {
            all.cmd("HGETALL").arg(place::live(partition));
        }
        let found: Vec<BTreeMap<String, String>> = self.line.ask(&all).await?;
        let live = found.into_iter().flatten().map(|(stream, text)| {
            let stream = stream
                .parse()
                .map_err(|what| LogError::Damaged { place: "the live summaries".into(), what })?;
            row::read_live(stream, &text)
        });
        let mut live = live.collect::<Result<Vec<_>, _>>()?;
        live.sort_by_key(|it| it.stream);
        Ok(live)
    }
}

/// What a conflict found from the expected version on: the caller's own last record is taken off,
/// and if another one stands in its place, nothing of this history is shown.
fn conflict(append: &Append, mut found: Entries) -> Result<Page, LogError> {
    let (stream, expect) = (append.stream, append.expect);
    if expect > 0 {
        if found.is_empty() {
            return Ok(Page { records: Vec::new(), more: false });
        }
        let known = one(stream, expect, &found.remove(0))?;
        if append.after.is_some_and(|eid| eid != known.entry.eid) {
            return Ok(Page { records: Vec::new(), more: false });
        }
    }
    page(stream, expect, TAIL_MAX, found)
}

/// What was asked for, of which one entry more was got.
fn page(stream: StreamId, after: u64, max: usize, entries: Entries) -> Result<Page, LogError> {
    let more = entries.len() > max;
    let records = (after + 1..).zip(entries.into_iter().take(max));
    let records: Result<_, _> = records.map(|(seq, it)| one(stream, seq, &it)).collect();
    Ok(Page { records: records?, more })
}

fn is_no_script(error: &RedisError) -> bool {
    error.code() == Some("NOSCRIPT")
}

fn one(
    stream: StreamId,
    seq: u64,
    (id, fields): &(String, HashMap<String, String>),
) -> Result<Record, LogError> {
    // Places are gapless: whatever stands elsewhere was meddled with.
    if id.strip_suffix("-0").and_then(|it| it.parse().ok()) != Some(seq) {
        return Err(missing(stream, seq));
    }
    let text = fields.get("r").ok_or_else(|| missing(stream, seq))?;
    row::read(stream, seq, text)
}

fn head(stream: StreamId, text: &str) -> Result<(u64, Eid), LogError> {
    let parts = text.split_once(' ');
    let head = parts.and_then(|(seq, eid)| Some((seq.parse().ok()?, eid.parse().ok()?)));
    head.ok_or_else(|| LogError::Damaged {
        place: format!("the head of {stream}"),
        what: "it is no place and identity; restore a backup".into(),
    })
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
