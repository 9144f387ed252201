//! Rust source seen as code only: comments and the insides of strings blanked, lines kept.
//!
//! Good enough to find paths and words; not a parser.

/// The source with comments and string contents replaced by spaces.
pub(crate) fn code(source: &str) -> String {
    let bytes = source.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let end = match bytes[at] {
            b'/' if bytes[at..].starts_with(b"//") => line_end(bytes, at),
            b'/' if bytes[at..].starts_with(b"/*") => block_end(bytes, at),
            b'"' => string_end(bytes, at),
            b'r' if !follows_word(&out) => raw_end(bytes, at),
            b'\'' => char_end(bytes, at),
            _ => at,
        };
        if end == at {
            out.push(bytes[at]);
            at += 1;
        } else {
            out.extend(bytes[at..end].iter().map(|b| if *b == b'\n' { b'\n' } else { b' ' }));
            at = end;
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn follows_word(before: &[u8]) -> bool {
    before.last().is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_')
}

fn line_end(bytes: &[u8], at: usize) -> usize {
    bytes[at..].iter().position(|b| *b == b'\n').map_or(bytes.len(), |n| at + n)
}

fn block_end(bytes: &[u8], at: usize) -> usize {
    let close = bytes[at + 2..].windows(2).position(|pair| pair == b"*/");
    close.map_or(bytes.len(), |n| at + n + 4)
}

fn string_end(bytes: &[u8], at: usize) -> usize {
    let mut next = at + 1;
    while next < bytes.len() {
        match bytes[next] {
            b'\\' => next += 2,
            b'"' => return next + 1,
            _ => next += 1,
        }
    }
    bytes.len()
}

fn raw_end(bytes: &[u8], at: usize) -> usize {
    let hashes = bytes[at + 1..].iter().take_while(|b| **b == b'#').count();
    if bytes.get(at + 1 + hashes) != Some(&b'"') {
        return at;
    }
    let close: Vec<u8> = std::iter::once(b'"').chain(vec![b'#'; hashes]).collect();
    let body = at + 2 + hashes;
    let end = bytes[body..].windows(close.len()).position(|part| part == close);
    end.map_or(bytes.len(), |n| body + n + close.len())
}

/// A character literal; a lifetime ends where it starts.
fn char_end(bytes: &[u8], at: usize) -> usize {
    match bytes.get(at + 1) {
        Some(b'\\') => bytes[at + 3..].iter().position(|b| *b == b'\'').map_or(at, |n| at + n + 4),
        Some(_) if bytes.get(at + 2) == Some(&b'\'') => at + 3,
        _ => at,
    }
}

/// The first names after each `PREFIX::`, groups included: `crate::{a::b, c}` gives `a` and `c`.
pub(crate) fn named_after(code: &str, prefix: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices(prefix) {
        let before = code[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':') {
            continue;
        }
        let Some(rest) = code[at + prefix.len()..].strip_prefix("::") else { continue };
        let line = code[..at].matches('\n').count() + 1;
        found.extend(first_names(rest).into_iter().map(|name| (line, name)));
    }
    found
}

fn first_names(rest: &str) -> Vec<String> {
    let word = |text: &str| -> String {
        text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
    };
    let Some(group) = rest.trim_start().strip_prefix('{') else { return vec![word(rest)] };
    let (mut names, mut depth, mut start) = (Vec::new(), 0_i32, 0);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                names.push(word(&group[start..at]));
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                names.push(word(&group[start..at]));
                start = at + 1;
            }
            _ => {}
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

/// The lines on which `word` stands as a word of its own.
pub(crate) fn lines_with(code: &str, word: &str) -> Vec<usize> {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(word)
        .filter(|(at, _)| {
            let after = code[at + word.len()..].chars().next();
            let ends = !word.ends_with(part) || !after.is_some_and(part);
            ends && !code[..*at].chars().next_back().is_some_and(part)
        })
        .map(|(at, _)| code[..at].matches('\n').count() + 1)
        .collect()
}

#[test]
fn comments_and_strings_are_not_code() {
    let source = "use a; // b\n/* c */ let d = \"e\\\"f\"; let g = r#\"h\"#; 'i' <'j>";
    let code = code(source);
    for word in ["b", "c", "e", "f", "h", "i"] {
        assert_eq!(lines_with(&code, word), Vec::<usize>::new(), "{word}");
    }
    assert_eq!(lines_with(&code, "d"), [2]);
    assert_eq!(lines_with(&code, "j"), [2]);
}

#[test]
fn a_group_names_each_of_its_members() {
    let code = "use crate::{log::{a, b}, views};\nuse crate::edge::c; my_crate::x";
    let names: Vec<_> = named_after(code, "crate").into_iter().map(|(_, name)| name).collect();
    assert_eq!(names, ["log", "views", "edge"]);
}
