//! What is stored of the directory reads back, and bodies written by version 1 stay readable.

use deskbell_domain::directory::{Directory, decide, file};

use super::super::{blank as blank_any, known};
use super::*;

const DEMO: &str = include_str!("../../../../../examples/demo/directory.toml");

/// A body of every kind and variant, as version 1 wrote it. Lines are only ever added.
const VERSION_1: &[(&str, &str)] = &[
    (
        "directory.institution_set",
        r#"{"id":"birch","name":"Birch","time_zone":"America/New_York"}"#,
    ),
    (
        "directory.coop_set",
        r#"{"id":"c","name":"C","members":{"birch":{"contributing":true},"elm":{"contributing":false}},"users":{"a":"regular","b":"institution_admin","c":"coop_admin"}}"#,
    ),
    (
        "directory.department_set",
        r#"{"id":"d","institution":"birch","name":"D","members":["lou","maya"]}"#,
    ),
    ("directory.ticket_queue_set", r#"{"id":"q","institution":"birch","name":"Q"}"#),
    (
        "directory.widget_set",
        r#"{"id":"w","institution":"birch","name":"W","options":["department/d","coop/c","operator/maya"],"roll_up_seconds":15,"patron_grace_seconds":600,"origins":["https://www.birch.example"]}"#,
    ),
    (
        "directory.user_set",
        r#"{"id":"maya","institution":"birch","name":"Maya","level":"regular","active":true}"#,
    ),
    (
        "directory.user_set",
        r#"{"id":"lou","institution":"elm","name":"Lou","level":"reader","active":false}"#,
    ),
    (
        "directory.user_set",
        r#"{"id":"ada","institution":"elm","name":"Ada","level":"admin","active":true}"#,
    ),
    ("directory.removed", r#"{"of":"institution","id":"x"}"#),
    ("directory.removed", r#"{"of":"coop","id":"x"}"#),
    ("directory.removed", r#"{"of":"department","id":"x"}"#),
    ("directory.removed", r#"{"of":"ticket_queue","id":"x"}"#),
    ("directory.removed", r#"{"of":"widget","id":"x"}"#),
    ("directory.removed", r#"{"of":"user","id":"x"}"#),
    ("directory.coop_access_granted", r#"{"coop":"c","user":"maya","level":"coop_admin"}"#),
    ("directory.coop_access_revoked", r#"{"coop":"c","user":"maya"}"#),
    ("directory.user_activated", r#"{"user":"maya"}"#),
    ("directory.user_deactivated", r#"{"user":"maya"}"#),
    (
        "directory.institution_set",
        r#"{"id":"b","name":"B","time_zone":"UTC","site":"https://b.example","hours":{"mon":["09:00-12:00"],"2026-12-25":[]},"idle":{"seconds":60,"text":"Soon."}}"#,
    ),
    (
        "directory.coop_set",
        r#"{"id":"c","name":"C","members":{"birch":{"contributing":true,"coverage":{"sat":["10:00-14:00"]},"contribution":{}}},"users":{"a":"regular"}}"#,
    ),
    (
        "directory.department_set",
        r#"{"id":"d","institution":"birch","name":"D","members":[],"queue":"q","away_text":"At the desk.","sign_off":[{"days":["fri"],"at":"17:00"}]}"#,
    ),
    (
        "directory.ticket_queue_set",
        r#"{"id":"q","institution":"birch","name":"Q","members":["maya"]}"#,
    ),
    (
        "directory.user_set",
        r#"{"id":"m","institution":"birch","name":"M","level":"regular","active":true,"starts":{"status":"away","monitoring":["coop/c"]},"idle":{"seconds":0,"text":""}}"#,
    ),
    (
        "directory.widget_set",
        r#"{"id":"w","institution":"birch","name":"W","options":[],"roll_up_seconds":15,"wait_limit_seconds":90,"patron_grace_seconds":600,"origins":[],"texts":{"greeting":"g","away":"a","offline":"o","coop":"c","privacy":"p"},"ask":{"name":"required","contact":"off","questions":[{"text":"Card?","required":true}]},"ticket_queue":"q","keep_page_query":true,"rating":false}"#,
    ),
    (
        "directory.patron_banned",
        r#"{"session":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1],"ban":{"institution":"birch","chat":"01jnb0cag0fgysygbbw84df98k","until":"2026-12-01T00:00:00Z","reason":"rude","by":"maya"}}"#,
    ),
    (
        "directory.ban_lifted",
        r#"{"session":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]}"#,
    ),
];

fn stored(kind: &'static str, body: &str) -> StoredEvent {
    StoredEvent { kind, version: 1, body: body.to_owned() }
}

#[test]
fn every_body_of_version_1_reads_and_what_is_written_of_it_today_means_the_same() {
    for (kind, body) in VERSION_1 {
        let event = stored(kind, body);
        let read = decode(&event).unwrap_or_else(|error| panic!("{kind}: {error}"));
        let today = encode(&read);
        assert_eq!(decode(&today).unwrap(), read);
        // Levels were written with an underscore at first.
        if !body.contains("_admin") {
            assert_eq!(today, event);
        }
    }
}

#[test]
fn every_kind_has_a_fixture_and_is_known() {
    for (kind, _) in KINDS {
        assert!(VERSION_1.iter().any(|(fixture, _)| fixture == kind), "{kind} has no fixture");
        assert_eq!(known(kind), Some(*kind));
    }
}

#[test]
fn a_directory_folds_the_same_from_what_was_stored() {
    let wanted = file::parse(DEMO, &|_| true).unwrap();
    let commands = file::difference(&Directory::default(), &wanted, false);
    let events = decide::decide_all(&Directory::default(), commands).unwrap();
    let mut folded = Directory::default();
    for event in &events {
        folded.evolve(&decode(&encode(event)).unwrap());
    }
    assert_eq!(folded.version, events.len() as u64);
    assert_eq!(Directory { version: 0, ..folded }, *wanted.directory());
}

#[test]
fn erasure_leaves_directory_events_as_they_are() {
    for (kind, body) in VERSION_1 {
        let event = stored(kind, body);
        assert_eq!(decode(&blank_any(&event).unwrap()).unwrap(), decode(&event).unwrap());
    }
}

#[test]
fn a_body_that_does_not_fit_and_a_newer_version_are_told_apart() {
    let torn = stored("directory.user_set", r#"{"id":"maya"}"#);
    assert!(matches!(decode(&torn), Err(LogError::Damaged { .. })));
    let newer = StoredEvent { version: 2, ..stored("directory.user_activated", "{}") };
    assert!(matches!(decode(&newer), Err(LogError::Newer { .. })));
}
