//! What others' appends tell, published by the append script on the channel of the stream's
//! partition: `NODE STREAM VERSION CHANGE AFTER`, then a line with the summary, then the records,
//! a line each, if they are short. One's own are known already.
//!
//! A hint that cannot be read is as good as a lost one: everything is looked at.

use std::sync::Arc;

use super::place::{self, PARTITIONS};
use super::row;
use crate::log::{Follower, Hint, LiveChange, News, StreamId};
use crate::redis::{Heard, Listener, Server};

/// Tells `follower` of what all others append.
pub(super) fn follow(server: &Server, node: &str, follower: Follower) {
    let own = node.to_owned();
    let listener: Listener = Arc::new(move |heard| match heard {
        Heard::Gap { was_away } => follower(News::Gap { was_away }),
        Heard::Message(text) => match read(text, &own) {
            Some(Told::Other(hint)) => follower(News::Moved(hint)),
            Some(Told::Own) => {}
            None => {
                tracing::warn!("a hint cannot be read: everything is looked at");
                follower(News::Gap { was_away: false });
            }
        },
    });
    server.listen((0..PARTITIONS).map(place::hints), &listener);
}

#[derive(Debug, PartialEq, Eq)]
enum Told {
    Own,
    Other(Hint),
}

fn read(text: &str, own: &str) -> Option<Told> {
    let mut lines = text.split('\n');
    let mut parts = lines.next()?.split(' ');
    if parts.next()? == own {
        return Some(Told::Own);
    }
    let stream: StreamId = parts.next()?.parse().ok()?;
    let seq: u64 = parts.next()?.parse().ok()?;
    let change = parts.next()?;
    let after = match parts.next()? {
        "" => None,
        eid => Some(eid.parse().ok()?),
    };
    let summary = lines.next()?;
    let live = match change {
        "keep" => LiveChange::Keep,
        "put" => LiveChange::Put(row::read_live(stream, summary).ok()?.summary),
        "remove" => LiveChange::Remove,
        _ => return None,
    };
    let rows: Vec<_> = lines.collect();
    let first = (seq + 1).checked_sub(rows.len() as u64)?;
    let records = (first..).zip(rows).map(|(seq, text)| row::read(stream, seq, text));
    let records = records.collect::<Result<_, _>>().ok()?;
    Some(Told::Other(Hint { stream, seq, live, after, records }))
}

#[cfg(test)]
mod tests {
    use deskbell_protocol::ids::Eid;

    use super::*;
    use crate::log::Record;
    use crate::log::contract::events::{chat, entry, posted};

    #[test]
    fn a_hint_tells_who_appended_what_and_nothing_damaged() {
        let stream = chat(1);
        let summary = row::write_live(stream, "a summary of three words");
        let entries = ["one\nline", "and another"].map(|text| entry(posted(text)));
        let records: Vec<_> =
            (6..).zip(entries).map(|(seq, entry)| Record { seq, entry }).collect();
        let rows = records.iter().map(|it| row::write(stream, it.seq, &it.entry));
        let rows = rows.collect::<Vec<_>>().join("\n");
        let put = format!("other {stream} 7 put {}\n{summary}\n{rows}", Eid(5));
        let live = LiveChange::Put("a summary of three words".into());
        let hint = Hint { stream, seq: 7, live, after: Some(Eid(5)), records };
        assert_eq!(read(&put, "own"), Some(Told::Other(hint)));
        assert_eq!(read(&put, "other"), Some(Told::Own));
        let (live, records) = (LiveChange::Keep, Vec::new());
        let keep = Hint { stream, seq: 8, live, after: None, records };
        assert_eq!(read(&format!("other {stream} 8 keep \n"), "own"), Some(Told::Other(keep)));
        for damaged in [
            put.replace("three", "tree").as_str(),
            &put.replace("another", "an other"),
            "other nowhere 7 keep \n",
            "",
        ] {
            assert_eq!(read(damaged, "own"), None, "{damaged}");
        }
    }
}
