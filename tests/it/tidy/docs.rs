//! What is promised in prose: links lead somewhere, decisions are listed, codes have a test.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use deskbell_protocol::codes::{CloseCode, ErrorCode};

use super::{files, files_ending, none, root};

#[test]
fn every_relative_link_leads_to_a_file() {
    let mut found = Vec::new();
    for file in files_ending(&[".md"]) {
        let folder = Path::new(&file.path).parent().unwrap_or(Path::new(""));
        for link in links(&file.text) {
            let target = link.split('#').next().unwrap_or_default();
            if target.is_empty() || link.contains("://") || link.starts_with("mailto:") {
                continue;
            }
            if !root().join(normal(&folder.join(target))).exists() {
                found.push(format!("{}: {link}", file.path));
            }
        }
    }
    none("these links lead nowhere:", &found);
}

fn links(text: &str) -> impl Iterator<Item = &str> {
    text.split("](").skip(1).filter_map(|rest| rest.split([')', ' ', '\n']).next())
}

fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                normal.pop();
            }
            Component::CurDir => {}
            Component::Normal(_) | Component::RootDir | Component::Prefix(_) => normal.push(part),
        }
    }
    normal
}

#[test]
fn every_decision_is_listed_numbered_and_has_a_status() {
    let index = std::fs::read_to_string(root().join("docs/adr/README.md")).unwrap_or_default();
    let mut found = Vec::new();
    let mut next = 1;
    for file in files_ending(&[".md"]).iter().filter(|f| f.path.starts_with("docs/adr/0")) {
        let name = file.path.trim_start_matches("docs/adr/");
        if !name.starts_with(&format!("{next:04}-")) {
            found.push(format!("{}: expected number {next:04}", file.path));
        }
        next += 1;
        if !index.contains(&format!("({name})")) {
            found.push(format!("{}: not listed in docs/adr/README.md", file.path));
        }
        if !file.text.contains("\nStatus: ") {
            found.push(format!("{}: no line `Status: …`", file.path));
        }
    }
    none("a decision nobody finds is made again:", &found);
    assert!(next > 1, "docs/adr holds no decision");
}

#[test]
fn the_map_stays_short_enough_to_read() {
    let map = std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap_or_default();
    let lines = map.lines().count();
    assert!((20..=200).contains(&lines), "ARCHITECTURE.md has {lines} lines; keep it to 200");
}

#[test]
fn every_metric_is_told_to_whoever_runs_a_broker_and_no_other() {
    let read = |path: &str| std::fs::read_to_string(root().join(path)).unwrap_or_default();
    let (table, page) = (read("broker/src/telemetry.rs"), read("docs/operating.md"));
    let table = table.split("#[cfg(test)]").next().unwrap_or_default();
    let (counted, told) = (metric_names(table), metric_names(&page));
    let untold = counted.difference(&told).map(|name| format!("{name}: not in the document"));
    let uncounted = told.difference(&counted).map(|name| format!("{name}: not counted"));
    none("docs/operating.md lists the metrics:", &untold.chain(uncounted).collect::<Vec<_>>());
    assert!(!counted.is_empty(), "no metric was found");
}

fn metric_names(text: &str) -> BTreeSet<String> {
    let names = text.split("deskbell_").skip(1).map(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_lowercase() && c != '_').unwrap_or(rest.len());
        rest[..end].to_owned()
    });
    names.filter(|name| !name.is_empty()).collect()
}

#[test]
fn every_make_target_says_what_it_does() {
    let makefile = std::fs::read_to_string(root().join("Makefile")).unwrap_or_default();
    let found: Vec<_> = makefile
        .lines()
        .filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase()) && line.contains(':'))
        .filter(|line| !line.contains(":=") && !line.contains(" ## "))
        .map(str::to_owned)
        .collect();
    none("add `## what it does`:", &found);
}

/// The error codes that no `.chat` script and no test provokes.
fn codes_without_a_test() -> Vec<&'static str> {
    let tests: Vec<_> = files()
        .into_iter()
        .filter(|file| {
            // The protocol's own tests and these rules name every code without provoking one.
            let names_all = ["protocol/", "tests/it/tidy", "tests/it/codegen"];
            !names_all.iter().any(|start| file.path.starts_with(start))
        })
        .filter_map(|file| match file.path.rsplit('.').next() {
            Some("chat") => Some(file.text),
            Some("rs") if file.path.starts_with("tests/") || file.path.ends_with("/tests.rs") => {
                Some(file.text)
            }
            Some("rs") => file.text.find("#[cfg(test)]").map(|at| file.text[at..].to_owned()),
            _ => None,
        })
        .collect();
    let provoked = |code: &ErrorCode| {
        let (name, text) = (format!("ErrorCode::{code:?}"), code.as_str());
        let forms = [name, format!("\"{text}\"")];
        let arrow = format!("-> {text}");
        tests.iter().any(|test| {
            forms.iter().any(|form| test.contains(form))
                || test.match_indices(&arrow).any(|(at, _)| {
                    let after = test[at + arrow.len()..].chars().next();
                    !after.is_some_and(|c| c.is_alphanumeric() || c == '_')
                })
        })
    };
    ErrorCode::ALL.iter().filter(|code| !provoked(code)).map(|code| code.as_str()).collect()
}

#[test]
fn every_error_code_is_provoked_by_a_test() {
    let missing: Vec<_> = codes_without_a_test().into_iter().map(str::to_owned).collect();
    none("write a script (`-> CODE`) or a test that provokes:", &missing);
}

#[test]
fn every_close_code_is_provoked_over_a_socket() {
    let tests = files_ending(&[".rs"]);
    let tests: Vec<_> = tests.iter().filter(|it| it.path.starts_with("tests/it/codes")).collect();
    let names = CloseCode::ALL.iter().map(|code| format!("CloseCode::{code:?}"));
    let missing = names.filter(|name| !tests.iter().any(|test| test.text.contains(name.as_str())));
    none("end a connection with these in tests/it/codes:", &missing.collect::<Vec<_>>());
}
