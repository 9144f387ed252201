//! Rebuilding a chat from the log: at the start of its actor, and after anything that put its state
//! in doubt. Three failures in a row set the chat aside.

use std::sync::Arc;

use actix::{AsyncContext, Context, Message};

use deskbell_domain::chat::ChatState;

use super::history::{History, Written};
use super::{ChatActor, Stage};
use crate::actors::say::{Committed, Refused};
use crate::log::{LogError, Page, Record, record};

/// Records read at once.
const PAGE: usize = 512;
/// Failed rebuilds in a row after which a chat is set aside.
const REBUILDS_MAX: u8 = 3;

/// A page of the actor's own stream.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(super) struct Loaded(Result<Page, LogError>);

impl ChatActor {
    /// Reads what comes after the state.
    pub(super) fn load(&mut self, ctx: &mut Context<Self>) {
        self.stage = Stage::Loading;
        let page = self.seat.node.log.read(self.stream(), self.state.version, PAGE);
        let me = ctx.address();
        tokio::task::spawn_local(async move { me.do_send(Loaded(page.await)) });
    }

    /// Throws away what is known and reads the stream anew.
    pub(super) fn rebuild(&mut self, ctx: &mut Context<Self>) {
        self.forget();
        self.rebuilt = true;
        self.load(ctx);
    }

    fn forget(&mut self) {
        self.stage = Stage::Unread;
        self.state = ChatState::default();
        self.history = History::default();
    }

    pub(super) fn take_in(&mut self, Loaded(page): Loaded, ctx: &mut Context<Self>) {
        match page {
            Ok(page) => {
                let more = page.more;
                match page.records.into_iter().try_for_each(|record| self.fold(record)) {
                    Ok(()) if more => self.load(ctx),
                    Ok(()) => self.ready(),
                    Err(why) => self.failed(&why, ctx),
                }
            }
            Err(LogError::Unavailable(why)) => {
                tracing::warn!(chat = %self.chat, why, "the store cannot be read");
                self.refuse_waiting(&Refused::Unavailable);
                self.forget();
            }
            Err(error) => self.failed(&error.to_string(), ctx),
        }
    }

    fn ready(&mut self) {
        self.failed_rebuilds = 0;
        self.stage = Stage::Ready;
        if std::mem::take(&mut self.rebuilt) {
            self.tell_desk(None);
        }
        self.catch_up_readers();
    }

    fn failed(&mut self, why: &str, ctx: &mut Context<Self>) {
        self.failed_rebuilds += 1;
        tracing::error!(chat = %self.chat, why, attempt = self.failed_rebuilds, "rebuild failed");
        if self.failed_rebuilds < REBUILDS_MAX {
            self.rebuild(ctx);
        } else {
            self.stage = Stage::Quarantined;
            metrics::counter!(crate::telemetry::QUARANTINED).increment(1);
            self.refuse_waiting(&Refused::Quarantined);
        }
    }

    /// Folds one record of the log into state and history; tells nobody.
    pub(super) fn fold(&mut self, stored: Record) -> Result<(), String> {
        let Record { seq, entry } = stored;
        if seq != self.state.version + 1 {
            return Err(format!("record {seq} follows {}", self.state.version));
        }
        let event = record::chat::decode(&entry.event).map_err(|error| error.to_string())?;
        let (at, eid) = (entry.at, entry.eid);
        let state = &mut self.state;
        super::flight::guarded(|| state.evolve(&event, at))?;
        if let Some(cmid) = entry.cmid {
            let written = Written { seq, eid };
            self.history.remember(&entry.author, cmid, entry.fingerprint, written);
        }
        self.history.push(Arc::new(Committed { seq, eid, at, event }));
        Ok(())
    }
}
