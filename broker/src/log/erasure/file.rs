//! The record of erasures in a file beside a store: one line of JSON each, flushed before anything
//! is erased. Lines are only ever added: whoever brings an older store back keeps this file.
//!
//! A line that a crash cut off was never relied upon: it does not count, and the next one takes
//! its place.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::path::Path;

use super::Erased;
use crate::log::LogError;

/// Its name.
pub(crate) const FILE: &str = "erasures.jsonl";

/// All that is on record in the file in `dir`, oldest first.
pub(crate) fn read(dir: &Path) -> Result<Vec<Erased>, LogError> {
    let text = match std::fs::read_to_string(dir.join(FILE)) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(unusable(dir, &error)),
    };
    let whole = &text[..whole(text.as_bytes())];
    let lines = (1..).zip(whole.lines()).map(|(line, text)| {
        serde_json::from_str(text).map_err(|error| LogError::Damaged {
            place: format!("{} line {line}", dir.join(FILE).display()),
            what: format!("{error}: correct it, so that nothing erased comes back"),
        })
    });
    lines.collect()
}

/// Adds to the file in `dir`, and flushes it.
pub(crate) fn add<'a>(
    dir: &Path,
    erased: impl IntoIterator<Item = &'a Erased>,
) -> Result<(), LogError> {
    let mut lines = String::new();
    for erased in erased {
        lines.push_str(&serde_json::to_string(erased).expect("text and numbers only"));
        lines.push('\n');
    }
    if lines.is_empty() {
        return Ok(());
    }
    write(dir, &lines).map_err(|error| unusable(dir, &error))
}

fn write(dir: &Path, lines: &str) -> io::Result<()> {
    let path = dir.join(FILE);
    let is_new = !path.exists();
    let mut file = OpenOptions::new().create(true).append(true).open(&path)?;
    file.set_len(whole(&std::fs::read(&path)?) as u64)?;
    file.write_all(lines.as_bytes())?;
    file.sync_all()?;
    if is_new { File::open(dir)?.sync_all() } else { Ok(()) }
}

/// How many bytes are whole lines.
fn whole(bytes: &[u8]) -> usize {
    bytes.iter().rposition(|it| *it == b'\n').map_or(0, |end| end + 1)
}

fn unusable(dir: &Path, error: &io::Error) -> LogError {
    LogError::Unavailable(format!("{}: {error}", dir.join(FILE).display()))
}

#[cfg(test)]
mod tests {
    use deskbell_protocol::ids::Eid;

    use super::*;
    use crate::log::StreamId;
    use crate::log::contract::events::chat;

    fn erased(stream: StreamId) -> Erased {
        Erased { stream, records: vec![(1, Eid(7)), (2, Eid(8))], reason: "asked".into() }
    }

    #[test]
    fn what_was_added_is_read_and_a_line_that_was_cut_off_does_not_count() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(read(dir.path()).unwrap(), []);
        let all = [erased(chat(1)), erased(StreamId::Directory), erased(chat(2))];
        add(dir.path(), &all[..1]).unwrap();
        let mut file = OpenOptions::new().append(true).open(dir.path().join(FILE)).unwrap();
        file.write_all(b"{\"stream\":\"chat/").unwrap();
        assert_eq!(read(dir.path()).unwrap(), all[..1]);
        add(dir.path(), &all[1..]).unwrap();
        assert_eq!(read(dir.path()).unwrap(), all);
    }

    #[test]
    fn a_line_that_cannot_be_read_is_named() {
        let dir = tempfile::tempdir().unwrap();
        add(dir.path(), [&erased(chat(1))]).unwrap();
        let mut file = OpenOptions::new().append(true).open(dir.path().join(FILE)).unwrap();
        file.write_all(b"{\"stream\":\"nothing\",\"records\":[],\"reason\":\"\"}\n").unwrap();
        let error = read(dir.path()).unwrap_err().to_string();
        assert!(error.contains("erasures.jsonl line 2"), "{error}");
        assert!(error.contains("names no stream"), "{error}");
    }
}
