//! Golden frames inside a document: a line `<!-- golden: NAME -->`, then a block that is kept.

use std::collections::BTreeMap;

use crate::golden::Golden;

const START: &str = "<!-- golden: ";
const END: &str = " -->";
const FENCE: &str = "```";

/// The document with the block after each marker replaced by its frame.
///
/// An unknown name is an error with its line. What stands between a marker and the next fence is
/// left alone unless it is that block.
pub fn fill(document: &str, frames: &[Golden]) -> Result<String, String> {
    let frames: BTreeMap<_, _> =
        frames.iter().map(|f| (f.name.as_str(), f.text.as_str())).collect();
    let mut out = String::with_capacity(document.len());
    let mut lines = document.lines().enumerate().peekable();
    while let Some((number, line)) = lines.next() {
        out.push_str(line);
        out.push('\n');
        let Some(name) = line.strip_prefix(START).and_then(|rest| rest.strip_suffix(END)) else {
            continue;
        };
        let Some(frame) = frames.get(name) else {
            return Err(format!("line {}: there is no golden frame {name:?}", number + 1));
        };
        if lines.peek().is_some_and(|(_, next)| next.starts_with(FENCE)) {
            lines.next();
            while lines.next().is_some_and(|(_, next)| next != FENCE) {}
        }
        out.push_str("```json\n");
        out.push_str(frame);
        out.push_str("```\n");
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames() -> Vec<Golden> {
        vec![Golden { name: "a".into(), text: "{}\n".into() }]
    }

    #[test]
    fn a_marker_gets_its_frame_and_an_old_block_is_replaced() {
        let empty = "x\n<!-- golden: a -->\ny\n";
        let filled = fill(empty, &frames()).unwrap();
        assert_eq!(filled, "x\n<!-- golden: a -->\n```json\n{}\n```\ny\n");
        assert_eq!(fill(&filled, &frames()).unwrap(), filled);
        let stale = filled.replace("{}", "{\"old\": 1}");
        assert_eq!(fill(&stale, &frames()).unwrap(), filled);
    }

    #[test]
    fn an_unknown_name_is_told_with_its_line() {
        let error = fill("x\n<!-- golden: b -->\n", &frames()).unwrap_err();
        assert!(error.contains("line 2") && error.contains("\"b\""), "{error}");
    }
}
