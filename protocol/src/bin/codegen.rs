//! Writes what other languages read, or (`--check`) fails if it is not up to date.
//!
//! Not here: what is written (`deskbell_protocol::generated`).

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use deskbell_protocol::generated::{DOCUMENT, GOLDEN_FOLDER, Generated, files, fill};
use deskbell_protocol::golden;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let check = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => false,
        ["--check"] => true,
        _ => return failure("usage: codegen [--check]"),
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a crate has a workspace");
    match run(root, check) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => failure(&message),
    }
}

fn failure(message: &str) -> ExitCode {
    eprintln!("codegen: {message}");
    ExitCode::FAILURE
}

fn run(root: &Path, check: bool) -> Result<(), String> {
    let mut wanted = files();
    let document = root.join(DOCUMENT);
    let text = fs::read_to_string(&document).map_err(|e| format!("{DOCUMENT}: {e}"))?;
    let text = fill(&text, &golden::all()).map_err(|e| format!("{DOCUMENT}: {e}"))?;
    wanted.push(Generated { path: DOCUMENT.into(), text });
    let extra = extra_golden_files(root, &wanted)?;
    if check { compare(root, &wanted, &extra) } else { write(root, &wanted, &extra) }
}

fn extra_golden_files(root: &Path, wanted: &[Generated]) -> Result<Vec<PathBuf>, String> {
    let Ok(entries) = fs::read_dir(root.join(GOLDEN_FOLDER)) else { return Ok(Vec::new()) };
    let mut extra = Vec::new();
    for entry in entries {
        let path = entry.map_err(|e| format!("{GOLDEN_FOLDER}: {e}"))?.path();
        if !wanted.iter().any(|file| root.join(&file.path) == path) {
            extra.push(path);
        }
    }
    extra.sort();
    Ok(extra)
}

fn compare(root: &Path, wanted: &[Generated], extra: &[PathBuf]) -> Result<(), String> {
    let mut stale: Vec<String> =
        extra.iter().map(|path| format!("{}: of no variant any more", path.display())).collect();
    for file in wanted {
        let there = fs::read_to_string(root.join(&file.path)).unwrap_or_default();
        if let Some(difference) = first_difference(&there, &file.text) {
            stale.push(format!("{}{difference}", file.path));
        }
    }
    if stale.is_empty() {
        return Ok(());
    }
    Err(format!("not up to date; run `make codegen` and commit:\n  {}", stale.join("\n  ")))
}

fn first_difference(there: &str, wanted: &str) -> Option<String> {
    if there == wanted {
        return None;
    }
    if there.is_empty() {
        return Some(": missing".to_owned());
    }
    let (mut old, mut new) = (there.lines(), wanted.lines());
    let mut number = 0;
    loop {
        number += 1;
        match (old.next(), new.next()) {
            (None, None) => return Some(": line ends differ".to_owned()),
            (old, new) if old != new => {
                let show = |line: Option<&str>| line.unwrap_or("(end of file)").to_owned();
                return Some(format!(":{number}\n    - {}\n    + {}", show(old), show(new)));
            }
            _ => {}
        }
    }
}

fn write(root: &Path, wanted: &[Generated], extra: &[PathBuf]) -> Result<(), String> {
    for path in extra {
        fs::remove_file(path).map_err(|e| format!("{}: {e}", path.display()))?;
    }
    for file in wanted {
        let path = root.join(&file.path);
        let told = |e: std::io::Error| format!("{}: {e}", file.path);
        if fs::read_to_string(&path).is_ok_and(|there| there == file.text) {
            continue;
        }
        fs::create_dir_all(path.parent().expect("a file stands in a folder")).map_err(told)?;
        fs::write(&path, &file.text).map_err(told)?;
    }
    Ok(())
}
