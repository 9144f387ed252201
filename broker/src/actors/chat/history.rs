//! What a ChatActor remembers of its stream besides the state: the last events, for resumes and
//! snapshots, and every client message id, so that a retry is answered and not done again.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use deskbell_domain::chat::ChatEvent;
use deskbell_domain::person::Author;
use deskbell_protocol::ids::{Cmid, Eid};
use foldhash::fast::RandomState;

use crate::actors::say::{Committed, Refused};

/// Events kept in memory; older ones are read from the log.
const TAIL_MAX: usize = 64;

/// Where a write ended up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) seq: u64,
    pub(super) eid: Eid,
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct History {
    tail: VecDeque<Arc<Committed>>,
    /// Who ever wrote here; `written` names each by her place, and so stays small.
    authors: Vec<Author>,
    written: HashMap<(usize, Cmid), (u64, Written), RandomState>,
}

impl History {
    /// Takes in the next event.
    pub(super) fn push(&mut self, event: Arc<Committed>) {
        if let ChatEvent::Erased { .. } = &event.event {
            // What is remembered may be what was erased: the log shows it as it is now.
            self.tail.clear();
        }
        if self.tail.len() == TAIL_MAX {
            self.tail.pop_front();
        }
        self.tail.push_back(event);
    }

    /// Remembers a write; of several events under one `cmid` the last one counts.
    pub(super) fn remember(&mut self, author: &Author, cmid: Cmid, print: u64, written: Written) {
        let place = self.place_of(author).unwrap_or_else(|| {
            self.authors.push(author.clone());
            self.authors.len() - 1
        });
        self.written.insert((place, cmid), (print, written));
    }

    fn place_of(&self, author: &Author) -> Option<usize> {
        self.authors.iter().position(|known| known == author)
    }

    /// The answer that a retry gets; `None` if this is no retry. A `fingerprint` of 0 on record
    /// (the event was erased) matches any body.
    pub(super) fn answer(
        &self,
        author: &Author,
        cmid: Cmid,
        fingerprint: u64,
    ) -> Option<Result<Written, Refused>> {
        let (print, written) = self.written.get(&(self.place_of(author)?, cmid))?;
        let same = *print == fingerprint || *print == 0;
        Some(if same { Ok(*written) } else { Err(Refused::CmidReused) })
    }

    /// The last event.
    pub(super) fn last(&self) -> Option<&Arc<Committed>> {
        self.tail.back()
    }

    /// The last events, at most `max`.
    pub(super) fn last_events(&self, max: usize) -> Vec<Arc<Committed>> {
        self.tail.iter().skip(self.tail.len().saturating_sub(max)).cloned().collect()
    }

    /// Place and identity of what is remembered.
    pub(super) fn places(&self) -> Vec<(u64, Eid)> {
        self.tail.iter().map(|it| (it.seq, it.eid)).collect()
    }

    /// The event at `seq`, if it is still here.
    pub(super) fn at(&self, seq: u64) -> Option<&Arc<Committed>> {
        let first = self.tail.front()?.seq;
        self.tail.get(usize::try_from(seq.checked_sub(first)?).ok()?)
    }

    /// Everything after `seq`, if all of it is still here.
    pub(super) fn after(&self, seq: u64) -> Option<Vec<Arc<Committed>>> {
        let first = self.tail.front()?.seq;
        let skip = usize::try_from((seq + 1).checked_sub(first)?).ok()?;
        Some(self.tail.iter().skip(skip).cloned().collect())
    }
}
