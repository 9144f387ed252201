//! The golden frames as another program sees them: files that parse, one per variant and code, each
//! shown in `docs/protocol.md`.
//!
//! Not here: whether the files are up to date with the Rust types; `codegen --check` and the
//! protocol crate's own tests say that.

use std::collections::BTreeMap;

use deskbell_protocol::codes::{CloseCode, ErrorCode};
use deskbell_protocol::event::ChatEvent;
use deskbell_protocol::{ToBroker, ToClient};
use serde_json::Value;

use crate::tidy::{none, root};

fn golden() -> BTreeMap<String, Value> {
    let folder = std::fs::read_dir(root().join("protocol/golden")).expect("golden frames exist");
    folder
        .map(|entry| entry.expect("golden frames can be listed").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "json"))
        .map(|path| {
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let text = std::fs::read_to_string(&path).expect("a golden frame can be read");
            (name, serde_json::from_str(&text).expect("a golden frame is JSON"))
        })
        .collect()
}

fn docs() -> String {
    std::fs::read_to_string(root().join("docs/protocol.md")).expect("docs/protocol.md exists")
}

#[test]
fn every_golden_frame_is_known_to_the_types() {
    let mut found = Vec::new();
    for (name, value) in golden() {
        let known = match name.split('.').next() {
            Some("to_broker") => serde_json::from_value::<ToBroker>(value).is_ok(),
            Some("to_client" | "event" | "error" | "bye") => {
                let frame = serde_json::from_value::<ToClient>(value);
                let hidden_newer = |frame: &ToClient| {
                    matches!(frame, ToClient::ChatEvent { event: ChatEvent::Unknown, .. })
                };
                frame.is_ok_and(|frame| frame != ToClient::Unknown && !hidden_newer(&frame))
            }
            Some("http") => value.is_object(),
            _ => false,
        };
        if !known {
            found.push(name);
        }
    }
    none("these golden frames are not of this protocol; run `make codegen`:", &found);
}

#[test]
fn every_golden_frame_is_shown_in_the_protocol_document() {
    let docs = docs();
    // One `error` and one `bye` stand for all: the codes have tables of their own.
    let shown = |name: &str| docs.contains(&format!("<!-- golden: {name} -->"));
    let found: Vec<_> = golden()
        .into_keys()
        .filter(|name| !name.starts_with("error.") && !name.starts_with("bye."))
        .filter(|name| !shown(name))
        .collect();
    none("add `<!-- golden: NAME -->` under a section of its own in docs/protocol.md:", &found);
}

#[test]
fn every_type_has_a_section_of_its_own() {
    let docs = docs();
    let mut found = Vec::new();
    for (name, value) in golden() {
        let kind = match name.split('.').next() {
            Some("event") => &value["event"]["type"],
            Some("to_broker" | "to_client") => &value["type"],
            _ => continue,
        };
        let kind = kind.as_str().unwrap_or_default();
        if !docs.lines().any(|line| line.starts_with("###") && line.contains(&format!("`{kind}`")))
        {
            found.push(format!("`{kind}` ({name})"));
        }
    }
    none("write a heading `### `TYPE`` in docs/protocol.md for:", &found);
}

#[test]
fn every_code_has_a_row_in_its_table() {
    let docs = docs();
    let row = |start: String| docs.lines().any(|line| line.starts_with(&start));
    let errors = ErrorCode::ALL.iter().map(|code| format!("| `{}` |", code.as_str()));
    let closes = CloseCode::ALL.iter().map(|code| format!("| {} |", code.number()));
    let found: Vec<_> = errors.chain(closes).filter(|start| !row(start.clone())).collect();
    none("docs/protocol.md has no row that starts with:", &found);
}

#[test]
fn the_table_of_errors_says_which_are_temporary() {
    let docs = docs();
    let mut found = Vec::new();
    for code in ErrorCode::ALL {
        let word = if code.temporary() { "yes" } else { "no" };
        let start = format!("| `{}` | {word} |", code.as_str());
        if !docs.lines().any(|line| line.starts_with(&start)) {
            found.push(start);
        }
    }
    none("docs/protocol.md and the registry disagree about:", &found);
}
