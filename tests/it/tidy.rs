//! The repository's own rules, each a test: a rule that no machine checks is a wish.
//!
//! `direction` reads who depends on whom, `files` reads what each file looks like, `docs` reads
//! what is promised in prose. A failure lists every place, with what to do about it. Exceptions are
//! named lists beside the rule, which may only shrink.

mod direction;
mod docs;
mod files;
mod source;

use std::path::{Path, PathBuf};

/// The workspace's root folder.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate stands in the workspace")
}

/// A file of the repository: its path from the root with `/`, and what it holds.
pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) text: String,
}

/// Every text file that belongs to the repository, in the order of their paths.
pub(crate) fn files() -> Vec<File> {
    let mut found = Vec::new();
    walk(root(), &mut found);
    found.sort();
    found
        .into_iter()
        .filter_map(|path| {
            let text = std::fs::read_to_string(&path).ok()?;
            let path = path.strip_prefix(root()).expect("walked from the root");
            Some(File { path: path.to_string_lossy().replace('\\', "/"), text })
        })
        .collect()
}

/// The files whose path ends with one of `endings`.
pub(crate) fn files_ending(endings: &[&str]) -> Vec<File> {
    let wanted = |file: &File| endings.iter().any(|ending| file.path.ends_with(ending));
    files().into_iter().filter(wanted).collect()
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    const SKIPPED: &[&str] = &["target", "node_modules", "dist", "demo-store", "__pycache__"];
    for entry in std::fs::read_dir(folder).expect("the repository can be read") {
        let path = entry.expect("the repository can be read").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let hidden = name.starts_with('.') && ![".ci", ".config", ".npmrc"].contains(&&*name);
        // The demos' stores stand in `/demo*`; the demos themselves in `examples/demo`.
        let store = folder == root() && name.starts_with("demo");
        if hidden || store || SKIPPED.contains(&&*name) {
            continue;
        }
        if path.is_dir() {
            walk(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// Fails with every place at once, each on a line of its own.
pub(crate) fn none(rule: &str, found: &[String]) {
    assert!(found.is_empty(), "{rule}\n  {}\n", found.join("\n  "));
}
