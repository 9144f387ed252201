//! What others' appends tell: `NODE STREAM VERSION CHANGE SUMMARY`, published by the append script
//! on the channel of the stream's partition. One's own are known already.
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
    let mut parts = text.splitn(5, ' ');
    if parts.next()? == own {
        return Some(Told::Own);
    }
    let stream: StreamId = parts.next()?.parse().ok()?;
    let seq = parts.next()?.parse().ok()?;
    let live = match (parts.next()?, parts.next()?) {
        ("keep", _) => LiveChange::Keep,
        ("put", summary) => LiveChange::Put(row::read_live(stream, summary).ok()?.summary),
        ("remove", _) => LiveChange::Remove,
        _ => return None,
    };
    Some(Told::Other(Hint { stream, seq, live }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_tells_who_appended_what_and_nothing_damaged() {
        let directory = StreamId::Directory;
        let summary = row::write_live(directory, "a summary of three words");
        let put = format!("other directory 7 put {summary}");
        let live = LiveChange::Put("a summary of three words".into());
        let hint = Hint { stream: directory, seq: 7, live };
        assert_eq!(read(&put, "own"), Some(Told::Other(hint)));
        assert_eq!(read(&put, "other"), Some(Told::Own));
        let keep = Hint { stream: directory, seq: 8, live: LiveChange::Keep };
        assert_eq!(read("other directory 8 keep ", "own"), Some(Told::Other(keep)));
        for damaged in [put.replace("three", "tree").as_str(), "other nowhere 7 keep ", ""] {
            assert_eq!(read(damaged, "own"), None, "{damaged}");
        }
    }
}
