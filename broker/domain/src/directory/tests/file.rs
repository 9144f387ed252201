//! Sentences about the file: reading, comparing, telling and writing.

use super::super::file::{describe, difference, export, parse};
use super::*;

#[test]
fn the_shipped_files_are_read_and_hold_who_the_demo_and_the_conversations_need() {
    for text in [CONVERSATIONS, DEMO] {
        let directory = filled(text);
        for operator in ["maya", "ines", "lou"] {
            let coop = id("coop/tri-county");
            assert!(directory.may_monitor(&id(operator), &coop), "{operator}");
        }
        assert!(directory.widgets.contains_key(&id("birch-home")));
    }
}

#[test]
fn applying_a_file_twice_changes_nothing_the_second_time() {
    for text in [CONVERSATIONS, DEMO] {
        assert_eq!(difference(&filled(text), &read(text), true), []);
    }
}

#[test]
fn an_exported_directory_reads_back_as_itself() {
    for text in [CONVERSATIONS, DEMO] {
        let directory = filled(text);
        assert_eq!(difference(&directory, &read(&export(&directory)), true), []);
    }
}
