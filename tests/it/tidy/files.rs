//! How a file looks: its size, its first line, its name, and what never stands in one.

use super::source::{code, lines_with};
use super::{File, files, files_ending, none};

const LINES_MAX: usize = 500;
const COLUMNS_MAX: usize = 100;

/// Names that say nothing about what a file holds.
const EMPTY_NAMES: &[&str] = &["utils", "util", "helpers", "helper", "common", "types", "manager"];

/// Test files that may wait by the clock, with the reason. May only shrink.
const SLEEPERS: &[&str] = &[];

/// Written by a tool, or holding nothing but tests.
fn exempt_from_size(path: &str) -> bool {
    path.contains(".gen.") || path.starts_with("protocol/golden/") || is_test(path)
}

fn is_test(path: &str) -> bool {
    path.starts_with("tests/") || path.contains("/tests/") || path.ends_with("/tests.rs")
}

fn sources() -> Vec<File> {
    files_ending(&[".rs", ".ts"])
}

#[test]
fn a_file_fits_a_reader() {
    let found: Vec<_> = sources()
        .iter()
        .filter(|file| !exempt_from_size(&file.path))
        .map(|file| (file.text.lines().count(), &file.path))
        .filter(|(lines, _)| *lines > LINES_MAX)
        .map(|(lines, path)| format!("{path}: {lines} lines"))
        .collect();
    none(&format!("at most {LINES_MAX} lines a file; split by noun, move tests out:"), &found);
}

#[test]
fn every_rust_file_introduces_itself() {
    let found: Vec<_> = files_ending(&[".rs"])
        .into_iter()
        .filter(|file| !file.text.starts_with("//! "))
        .map(|file| file.path)
        .collect();
    none("open with `//!`: what it is, what it promises, what it is not:", &found);
}

#[test]
fn a_file_is_named_after_what_it_holds() {
    let mut found = Vec::new();
    for file in sources() {
        let name = file.path.rsplit('/').next().unwrap_or(&file.path);
        let stem = name.split('.').next().unwrap_or(name);
        if name == "mod.rs" {
            found.push(format!("{}: write the module as {}.rs", file.path, "NAME"));
        }
        if file.path.split('/').any(|part| EMPTY_NAMES.contains(&part))
            || EMPTY_NAMES.contains(&stem)
        {
            found.push(format!("{}: name the thing that it holds", file.path));
        }
    }
    none("these names say nothing:", &found);
}

#[test]
fn lines_are_at_most_a_hundred_wide() {
    let mut found = Vec::new();
    for file in files_ending(&[".rs", ".ts", ".sh", "Makefile"]) {
        if file.path.contains(".gen.") {
            continue;
        }
        for (number, line) in file.text.lines().enumerate() {
            let columns = line.chars().count();
            // A raw string on a line of its own is data, which nothing can break.
            let data = line.contains("https://") || line.trim_start().starts_with("r#\"");
            if columns > COLUMNS_MAX && !data {
                found.push(format!("{}:{}: {columns} columns", file.path, number + 1));
            }
        }
    }
    none("break these lines:", &found);
}

#[test]
fn every_crate_takes_the_lints_of_the_workspace() {
    let found: Vec<_> = files_ending(&["/Cargo.toml"])
        .into_iter()
        .filter(|file| !file.text.contains("[lints]\nworkspace = true"))
        .map(|file| file.path)
        .collect();
    none("add `[lints]` with `workspace = true`:", &found);
}

#[test]
fn a_lint_is_expected_with_a_reason_and_never_just_allowed() {
    let mut found = Vec::new();
    for file in files_ending(&[".rs"]) {
        let code = code(&file.text);
        for (at, _) in code.match_indices("allow(") {
            let before = code[..at].trim_end();
            if before.ends_with("#[") || before.ends_with("#![") {
                found.push(format!("{}:{}", file.path, code[..at].matches('\n').count() + 1));
            }
        }
    }
    none("write `#[expect(LINT, reason = \"…\")]`, so that a stale one is found:", &found);
}

#[test]
fn nothing_is_left_for_later_in_a_comment() {
    let words = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];
    let mut found = Vec::new();
    for file in files_ending(&[".rs", ".ts", ".sh", ".toml", ".chat", "Makefile"]) {
        for word in words {
            let lines = lines_with(&file.text, word);
            found.extend(lines.iter().map(|line| format!("{}:{line}: {word}", file.path)));
        }
    }
    none("do it now, or open an issue and say nothing here:", &found);
}

#[test]
fn tests_wait_for_conditions_and_never_for_time() {
    let mut found = Vec::new();
    for file in files_ending(&[".rs"]) {
        if SLEEPERS.contains(&file.path.as_str()) {
            continue;
        }
        let code = code(&file.text);
        let tests_from = if is_test(&file.path) { Some(0) } else { inline_tests(&code) };
        let Some(tests_from) = tests_from else { continue };
        let line_before = code[..tests_from].matches('\n').count();
        let lines = lines_with(&code[tests_from..], concat!("sleep", "("));
        found.extend(lines.iter().map(|line| format!("{}:{}", file.path, line + line_before)));
    }
    none(
        "wait for what should happen, with a bound; a sleep is either too short or too long:",
        &found,
    );
}

/// Where a module of tests begins that stands in the file itself.
fn inline_tests(code: &str) -> Option<usize> {
    let attribute = "#[cfg(test)]";
    code.match_indices(attribute).map(|(at, _)| at).find(|at| {
        let item = code[at + attribute.len()..].trim_start();
        let opens = item.find('{').unwrap_or(usize::MAX);
        item.starts_with("mod ") && opens < item.find(';').unwrap_or(usize::MAX)
    })
}

#[test]
fn no_file_names_a_package_registry() {
    let hosts = [
        concat!("index.", "crates.io"),
        concat!("static.", "crates.io"),
        concat!("registry.", "npmjs.org"),
        concat!("registry.", "yarnpkg.com"),
        concat!("files.", "pythonhosted.org"),
        concat!("pypi", ".org/simple"),
    ];
    let mut found = Vec::new();
    for file in files().iter().filter(|file| !file.path.ends_with("Cargo.lock")) {
        for host in hosts.iter().filter(|host| file.text.contains(**host)) {
            found.push(format!("{}: {host}", file.path));
        }
    }
    none("a mirror must be able to stand in; which one is the machine's business:", &found);
}
