//! Dependencies point one way, between crates and between the broker's layers.
//!
//! The edges below are those that ARCHITECTURE.md draws; any other fails.

use cargo_metadata::{MetadataCommand, Package};

use super::source::{code, lines_with, named_after};
use super::{File, files_ending, none, root};

/// Which crates of this workspace a crate may name, whether for building or for testing.
fn allowed(package: &str, folder: &str) -> Option<&'static [&'static str]> {
    Some(match package {
        "deskbell-protocol" => &[],
        "deskbell-domain" | "deskbell-client" => &["deskbell-protocol"],
        "deskbell" => &["deskbell-domain", "deskbell-protocol"],
        "deskbell-load" => &["deskbell-client", "deskbell-protocol"],
        "deskbell-tests" => &[
            "deskbell",
            "deskbell-client",
            "deskbell-domain",
            "deskbell-protocol",
            "deskbell-scripted-bot",
            "deskbell-traffic",
        ],
        _ if folder.starts_with("examples/") => &["deskbell-client"],
        _ => return None,
    })
}

/// All that the core may build on: nothing here does IO, reads a clock or draws a number.
const CORE_MAY_USE: &[&str] =
    &["deskbell-protocol", "jiff", "proptest", "serde", "serde_json", "thiserror", "toml"];

/// What each layer of the broker may name. Modules in no row (`config`, `telemetry`, `world`) are
/// used by all.
const LAYERS: &[(&str, &[&str])] = &[
    ("cli", &["actors", "admin", "app", "edge", "log", "secrets"]),
    ("app", &["actors", "admin", "edge", "log", "presence", "redis", "secrets", "shard"]),
    ("admin", &["actors", "log", "secrets"]),
    ("edge", &["actors", "log", "presence", "secrets", "views"]),
    ("shard", &[]),
    ("actors", &["log", "presence", "secrets", "views"]),
    ("views", &["log", "presence"]),
    ("log", &["redis"]),
    ("presence", &["redis"]),
    ("secrets", &["redis"]),
    ("redis", &[]),
];

fn packages() -> Vec<Package> {
    let command = MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .other_options(["--offline".to_owned(), "--no-deps".to_owned()])
        .exec();
    command.expect("`cargo metadata` reads the workspace").packages
}

fn folder(package: &Package) -> String {
    let manifest = package.manifest_path.as_std_path();
    let folder = manifest.parent().expect("a manifest stands in a folder");
    folder.strip_prefix(root()).expect("a member stands below the root").display().to_string()
}

#[test]
fn crates_depend_on_each_other_in_one_direction_only() {
    let packages = packages();
    let mut found = Vec::new();
    for package in &packages {
        let Some(allowed) = allowed(&package.name, &folder(package)) else {
            found.push(format!("{}: no rule; say in tidy/direction.rs what it uses", package.name));
            continue;
        };
        for dependency in package.dependencies.iter().filter(|d| d.path.is_some()) {
            if !allowed.contains(&dependency.name.as_str()) {
                found.push(format!("{} -> {}", package.name, dependency.name));
            }
        }
    }
    none("these dependencies are drawn nowhere in ARCHITECTURE.md; turn them round:", &found);
}

#[test]
fn the_core_is_built_on_nothing_that_could_do_io() {
    let packages = packages();
    let core = packages.iter().find(|p| *p.name == "deskbell-domain").expect("the core exists");
    let names = core.dependencies.iter().map(|dependency| dependency.name.clone());
    let found: Vec<_> = names.filter(|name| !CORE_MAY_USE.contains(&name.as_str())).collect();
    none("the core (broker/domain) is pure; move what needs these to the shell:", &found);
}

#[test]
fn the_core_names_no_clock_no_chance_and_no_io() {
    const IMPURE: &[&str] = &["env", "fs", "io", "os", "process", "thread"];
    // An address is a value; a socket is not.
    const WORDS: &[&str] = &[
        "Instant",
        "SystemTime",
        "TcpListener",
        "TcpStream",
        "ToSocketAddrs",
        "UdpSocket",
        "mpsc",
        "rand",
        "tokio",
        "tracing",
    ];
    let mut found = Vec::new();
    for file in files_ending(&[".rs"]).iter().filter(|f| f.path.starts_with("broker/domain/src")) {
        let code = code(&file.text);
        let std = named_after(&code, "std");
        for (line, name) in std.iter().filter(|(_, name)| IMPURE.contains(&name.as_str())) {
            found.push(format!("{}:{line}: std::{name}", file.path));
        }
        for word in WORDS {
            let lines = lines_with(&code, word);
            found.extend(lines.iter().map(|line| format!("{}:{line}: {word}", file.path)));
        }
    }
    none("time, chance and IO reach the core as arguments, never by itself:", &found);
}

#[test]
fn the_core_knows_the_ids_of_the_wire_and_nothing_else_of_it() {
    let mut found = Vec::new();
    for file in files_ending(&[".rs"]).iter().filter(|f| f.path.starts_with("broker/domain/")) {
        for (line, name) in named_after(&code(&file.text), "deskbell_protocol") {
            if name != "ids" {
                found.push(format!("{}:{line}: deskbell_protocol::{name}", file.path));
            }
        }
    }
    none("convert at the edge (broker/src/edge); the core may use deskbell_protocol::ids:", &found);
}

#[test]
fn the_layers_of_the_broker_call_in_one_direction_only() {
    let mut found = Vec::new();
    for file in broker_files() {
        if file.path.contains("/tests/") {
            // A test of a layer sets the stage with those above it.
            continue;
        }
        let (layer, depth) = place(&file.path);
        let Some((_, allowed)) = LAYERS.iter().find(|(name, _)| *name == layer) else { continue };
        let code = code(&file.text);
        let up = vec!["super"; depth].join("::");
        let names = named_after(&code, "crate").into_iter().chain(named_after(&code, &up));
        for (line, name) in names {
            let is_layer = LAYERS.iter().any(|(layer, _)| *layer == name);
            if is_layer && name != layer && !allowed.contains(&name.as_str()) {
                found.push(format!("{}:{line}: {layer} -> {name}", file.path));
            }
        }
    }
    none("a layer may call only those below it (ARCHITECTURE.md, code map):", &found);
}

#[test]
fn only_the_actors_know_the_actor_library() {
    let mut found = Vec::new();
    for file in files_ending(&[".rs"]) {
        if file.path.starts_with("broker/src/actors") || file.path.starts_with("tests/it/tidy") {
            continue;
        }
        let lines = lines_with(&code(&file.text), "actix");
        found.extend(lines.iter().map(|line| format!("{}:{line}", file.path)));
    }
    none(
        "`actix` is named under broker/src/actors only; give the rest a function to call:",
        &found,
    );
}

fn broker_files() -> Vec<File> {
    let mut files = files_ending(&[".rs"]);
    files.retain(|file| file.path.starts_with("broker/src/"));
    files
}

/// The layer that a file of the broker belongs to, and how many modules deep it stands.
fn place(path: &str) -> (&str, usize) {
    let inside = path.strip_prefix("broker/src/").unwrap_or(path);
    let inside = inside.strip_suffix(".rs").unwrap_or(inside);
    let layer = inside.split('/').next().unwrap_or(inside);
    (layer, inside.split('/').count())
}

#[test]
fn a_call_against_the_direction_is_seen_however_it_is_written() {
    let code = code("use crate::{world::Clock, actors::chat::Claim};\nlet x = super::edge::y();");
    let names: Vec<_> = named_after(&code, "crate").into_iter().map(|(_, name)| name).collect();
    assert!(names.contains(&"actors".to_owned()));
    assert_eq!(named_after(&code, "super"), [(2, "edge".to_owned())]);
    assert_eq!(place("broker/src/edge/http.rs"), ("edge", 2));
    assert_eq!(place("broker/src/log.rs"), ("log", 1));
}
