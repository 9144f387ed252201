//! What this node tells of its own connections, and keeps beside its lease.
//!
//! Telling never blocks: changes wait in a bounded list for one task that writes and publishes them
//! together. If the server took none of it, or too many wait, all records are written anew.

use std::collections::BTreeMap;
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ::redis::{Pipeline, pipe};
use tokio::sync::Notify;
use tokio::time::{MissedTickBehavior, interval, sleep};

use super::wire::{self, Change, Whose};
use super::{CHANNEL, LEASE, NODES, RENEW_EVERY, records_of};
use crate::presence::{NodeId, Signal};
use crate::redis::{Line, ServerError};

/// Messages that may wait; beyond, single ones are given up.
const WAITING_MAX: usize = 10_000;
const TRY_AGAIN_AFTER: Duration = Duration::from_millis(200);

pub(super) struct Ours {
    node: NodeId,
    records: Mutex<Records>,
    more: Notify,
}

/// What is so, and what of it is not told yet.
#[derive(Default)]
struct Records {
    version: u64,
    fields: BTreeMap<String, String>,
    /// Fields that changed, with what to write; `None` takes one away.
    changed: BTreeMap<String, Option<String>>,
    messages: Vec<String>,
    /// Nothing of what the server has counts any more.
    anew: bool,
    rests: bool,
    /// The last that was written was all of it.
    wrote_whole: bool,
}

impl Records {
    fn put(&mut self, field: String, value: Option<String>) {
        match &value {
            Some(value) => drop(self.fields.insert(field.clone(), value.clone())),
            None => drop(self.fields.remove(&field)),
        }
        self.changed.insert(field, value);
    }

    /// After something was written where nothing stood: whether the rest has to follow.
    fn lacks_rest(&mut self) -> bool {
        self.anew |= !self.wrote_whole && !self.rests;
        self.anew
    }

    fn say(&mut self, message: String) {
        if self.messages.len() < WAITING_MAX {
            self.messages.push(message);
        } else {
            self.anew = true;
        }
    }

    /// Takes in a change of what is so.
    fn take_in(&mut self, change: &Change) {
        match change {
            Change::Came { connection, whose, told } => {
                self.put(format!("c:{connection}"), Some(wire::json(whose)));
                if let (Whose::Operator { user, .. }, Some((told, _))) = (whose, told) {
                    self.put(format!("t:{user}"), Some(wire::json(told)));
                }
            }
            Change::Went { connection } => self.put(format!("c:{connection}"), None),
            Change::Told { user, told } => self.put(format!("t:{user}"), Some(wire::json(told))),
        }
    }
}

impl Ours {
    pub(super) fn new(node: NodeId) -> Self {
        let records = Records { anew: true, ..Records::default() };
        Self { node, records: Mutex::new(records), more: Notify::new() }
    }

    fn records(&self) -> MutexGuard<'_, Records> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn tell(&self, change: Change) {
        let mut records = self.records();
        if records.rests {
            return;
        }
        records.take_in(&change);
        records.version += 1;
        let message = wire::change(self.node, records.version, &change);
        records.say(message);
        drop(records);
        self.more.notify_one();
    }

    pub(super) fn signal(&self, signal: Signal) {
        let message = wire::signal(self.node, signal);
        let mut records = self.records();
        // A signal may be lost.
        if records.messages.len() < WAITING_MAX {
            records.messages.push(message);
        }
        drop(records);
        self.more.notify_one();
    }

    pub(super) fn write_anew(&self) {
        self.records().anew = true;
        self.more.notify_one();
    }

    pub(super) fn rest(&self) {
        self.records().rests = true;
    }

    /// Writes and tells what changes, and renews the lease, for ever.
    pub(super) async fn keep(self: std::sync::Arc<Self>, line: Line) {
        let mut renewals = interval(RENEW_EVERY);
        renewals.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let outcome = tokio::select! {
                () = self.more.notified() => self.write(&line).await,
                _ = renewals.tick() => self.renew(&line).await,
            };
            if let Err(error) = outcome {
                tracing::debug!(%error, "others do not hear who is here");
                self.write_anew();
                sleep(TRY_AGAIN_AFTER).await;
            }
        }
    }

    /// A lease that ended is begun again with everything.
    async fn renew(&self, line: &Line) -> Result<(), ServerError> {
        let mut renew = ::redis::cmd("PEXPIRE");
        renew.arg(records_of(self.node)).arg(LEASE.as_millis());
        if self.records().rests || line.ask_one::<u8>(&renew).await? == 1 {
            return Ok(());
        }
        self.records().anew = true;
        self.write(line).await
    }

    /// Records that are gone, such as with a lease that ended unnoticed, are written whole.
    async fn write(&self, line: &Line) -> Result<(), ServerError> {
        while let Some(commands) = self.commands() {
            let (were_there,): (bool,) = line.ask(&commands).await?;
            if were_there || !self.records().lacks_rest() {
                return Ok(());
            }
        }
        Ok(())
    }

    /// What there is to write and to tell, in one step of the server.
    fn commands(&self) -> Option<Pipeline> {
        let mut records = self.records();
        let (key, mut commands) = (records_of(self.node), pipe());
        commands.atomic().cmd("EXISTS").arg(&key);
        let changed = mem::take(&mut records.changed);
        let mut messages = mem::take(&mut records.messages);
        if mem::take(&mut records.anew) {
            records.version += 1;
            records.wrote_whole = true;
            commands.cmd("DEL").arg(&key).ignore();
            let version = records.version.to_string();
            let mut set = commands.cmd("HSET").arg(&key).arg("v").arg(version);
            for (field, value) in &records.fields {
                set = set.arg(field).arg(value);
            }
            set.ignore();
            commands.cmd("PEXPIRE").arg(&key).arg(LEASE.as_millis()).ignore();
            commands.cmd("SADD").arg(NODES).arg(wire::node_text(self.node)).ignore();
            messages.retain(|message| message.starts_with('s'));
            messages.push(wire::whole(self.node, records.version));
        } else if changed.is_empty() && messages.is_empty() {
            return None;
        } else if !changed.is_empty() {
            records.wrote_whole = false;
            let version = records.version.to_string();
            let mut set = commands.cmd("HSET").arg(&key).arg("v").arg(version);
            for (field, value) in &changed {
                if let Some(value) = value {
                    set = set.arg(field).arg(value);
                }
            }
            set.ignore();
            // Records that are written where none stood any more have an end from the start.
            commands.cmd("PEXPIRE").arg(&key).arg(LEASE.as_millis()).ignore();
            let gone: Vec<_> =
                changed.iter().filter(|(_, value)| value.is_none()).map(|(it, _)| it).collect();
            if !gone.is_empty() {
                commands.cmd("HDEL").arg(&key).arg(gone).ignore();
            }
        }
        for message in messages {
            commands.cmd("PUBLISH").arg(CHANNEL).arg(message).ignore();
        }
        Some(commands)
    }
}
