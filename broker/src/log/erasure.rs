//! What is to be erased, and the record of what was: an older copy of a log still holds the text,
//! and has to lose it again.
//!
//! On record stand place and identity of each event, so that nothing is blanked on another history
//! of its stream that was never meant. A file of such records lies beside a store ([`file`]).
//! Not here: taking the bytes out, which is each adapter's.

pub(crate) mod file;

use std::collections::{BTreeMap, BTreeSet};

use deskbell_protocol::ids::Eid;
use serde::{Deserialize, Serialize};

use super::{EventLog, LogError, Record, StreamId};

/// Where a record stands in its stream, and its identity.
pub type Place = (u64, Eid);

/// Which records to erase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Erasure {
    /// Those at these places.
    Seqs(Vec<u64>),
    /// All of the stream.
    All,
    /// Those that were erased elsewhere; on record in any case, whether they stand here or not.
    Again(Vec<Place>),
}

impl Erasure {
    /// Whether it names `record`.
    pub(crate) fn covers(&self, record: &Record) -> bool {
        match self {
            Self::Seqs(seqs) => seqs.contains(&record.seq),
            Self::All => true,
            Self::Again(places) => places.contains(&place(record)),
        }
    }

    /// What to put on record, given the records it names here; nothing if it names none.
    pub(crate) fn on_record(
        &self,
        stream: StreamId,
        found: Vec<Place>,
        reason: &str,
    ) -> Option<Erased> {
        let records = match self {
            Self::Seqs(_) | Self::All => found,
            Self::Again(places) => places.clone(),
        };
        let reason = reason.to_owned();
        (!records.is_empty()).then_some(Erased { stream, records, reason })
    }
}

/// Where `record` stands, and its identity.
pub(crate) fn place(record: &Record) -> Place {
    (record.seq, record.entry.eid)
}

/// One erasure, on record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erased {
    /// Of which stream.
    pub stream: StreamId,
    /// What.
    pub records: Vec<Place>,
    /// Why.
    pub reason: String,
}

/// All that some erasures name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Named(BTreeMap<StreamId, BTreeSet<Place>>);

impl Named {
    pub(crate) fn names(&self, stream: StreamId, record: &Record) -> bool {
        self.0.get(&stream).is_some_and(|places| places.contains(&place(record)))
    }

    /// Those of `erasures` that name something else, too.
    pub(crate) fn unknown<'a>(&self, erasures: &'a [Erased]) -> impl Iterator<Item = &'a Erased> {
        erasures.iter().filter(|it| {
            let known = self.0.get(&it.stream);
            it.records.iter().any(|place| known.is_none_or(|known| !known.contains(place)))
        })
    }
}

impl<'a> FromIterator<&'a Erased> for Named {
    fn from_iter<I: IntoIterator<Item = &'a Erased>>(erasures: I) -> Self {
        let mut all = Self::default();
        for Erased { stream, records, .. } in erasures {
            all.0.entry(*stream).or_default().extend(records);
        }
        all
    }
}

/// Erases from `log` what was `erased` elsewhere and is not on record in it.
pub(crate) async fn erase_again(log: &dyn EventLog, erased: &[Erased]) -> Result<(), LogError> {
    let known: Named = log.erased().await?.iter().collect();
    for Erased { stream, records, reason } in known.unknown(erased) {
        log.erase(*stream, Erasure::Again(records.clone()), reason.clone()).await?;
    }
    Ok(())
}
