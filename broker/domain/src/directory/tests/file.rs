//! Sentences about the file: reading, comparing, telling and writing.

use super::super::file::{describe, export};
use super::super::{CoopLevel, LocalLevel};
use super::*;

/// The problems of a file, one per line.
fn problems(text: &str) -> String {
    let problems = parse(text, &zone_exists).unwrap_err();
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

fn edited(from: &str, to: &str) -> String {
    assert!(CONVERSATIONS.contains(from), "{from:?} is not in the file");
    CONVERSATIONS.replacen(from, to, 1)
}

/// The difference between the conversations' directory and an edited file, as told to people.
fn told(text: &str, prune: bool) -> (Directory, Vec<String>) {
    let directory = filled(CONVERSATIONS);
    let commands = difference(&directory, &read(text), prune);
    let lines = describe(&directory, &commands);
    (applied(&directory, commands), lines)
}

#[test]
fn the_shipped_files_hold_whom_the_demo_and_the_conversations_need() {
    for text in [CONVERSATIONS, DEMO] {
        let directory = filled(text);
        for operator in ["maya", "ines", "lou"] {
            assert!(directory.may_monitor(&id(operator), &id("coop/tri-county")), "{operator}");
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

#[test]
fn what_is_omitted_has_a_documented_meaning() {
    let directory = filled(
        "[institutions.birch]\nname = 'Birch'\ntime_zone = 'America/New_York'\n\
         [users.maya]\ninstitution = 'birch'\nname = 'Maya'\n\
         [coops.c]\nname = 'C'\nmembers.birch = {}\nusers.maya = 'institution-admin'\n\
         [widgets.w]\ninstitution = 'birch'\nname = 'W'\n",
    );
    let user = &directory.users[&id("maya")];
    assert_eq!((user.level, user.active), (LocalLevel::Regular, true));
    let coop = &directory.coops[&id("c")];
    assert!(coop.members[&id("birch")].contributing);
    assert_eq!(coop.users[&id("maya")], CoopLevel::InstitutionAdmin);
    let widget = &directory.widgets[&id("w")];
    assert_eq!((widget.roll_up_seconds, widget.patron_grace_seconds), (15, 600));
    assert!(widget.options.is_empty() && widget.origins.is_empty());
}

#[test]
fn a_misspelt_key_or_section_is_named_with_its_place_and_what_is_right() {
    let text = "[widgets.w]\ninstitution = 'b'\nname = 'W'\n  rollup_seconds = 9\n\n[widget.x]\n";
    let problems = problems(text);
    let [first, second] = problems.lines().collect::<Vec<_>>()[..] else { panic!("{problems}") };
    assert!(first.starts_with("4:3: widget w: unknown field `rollup_seconds`"), "{first}");
    assert!(first.contains("`roll_up_seconds`"), "{first}");
    assert!(
        second.starts_with("6:2: there is no section \"widget\": use institutions"),
        "{second}"
    );
}

#[test]
fn broken_toml_is_named_with_its_place() {
    let problems = problems("[institutions.birch]\nname = \"Birch\ntime_zone = 'UTC'\n");
    assert!(problems.starts_with("2:"), "{problems}");
}

#[test]
fn one_bad_entry_does_not_hide_the_next() {
    let text = "[institutions.birch]\nname = 7\ntime_zone = 'A/B'\n\
                [institutions.Elm]\nname = 'Elm'\ntime_zone = 'A/B'\n\
                [users.maya]\nname = 'Maya'\ninstitution = 'birch'\nlevel = 'boss'\n";
    let problems = problems(text);
    let lines: Vec<_> = problems.lines().collect();
    assert_eq!(lines.len(), 3, "{problems}");
    assert!(lines[0].starts_with("2:8: institution birch:"), "{problems}");
    assert!(lines[1].starts_with("4:15: \"Elm\" is not an id: use 1 to 64"), "{problems}");
    assert!(lines[2].starts_with("10:9: user maya:") && lines[2].contains("regular"), "{problems}");
}

#[test]
fn a_reference_to_nothing_is_named_where_it_is_written() {
    let text = edited("options = [\"coop/tri-county\"]", "options = [\"coop/tricounty\"]");
    let line = text.lines().position(|it| it.contains("coop/tricounty")).unwrap() + 1;
    let expected = format!("{line}:12: widget birch-home names co-op tricounty, which does not");
    assert!(problems(&text).starts_with(&expected), "{}", problems(&text));
}

#[test]
fn every_broken_rule_is_told_at_once_in_the_order_of_the_file() {
    let text = edited("America/Chicago", "Chicago")
        .replacen("members = [\"lou\"]", "members = [\"lou\", \"maya\"]", 1)
        .replacen("https://www.elm.example", "https://www.elm.example/", 1);
    let problems = problems(&text);
    let lines: Vec<_> = problems.lines().collect();
    assert_eq!(lines.len(), 3, "{problems}");
    assert!(
        lines[0].contains("\"Chicago\" is no known time zone: write an IANA name"),
        "{problems}"
    );
    assert!(
        lines[1].contains(":19: department elm-information of elm lists user maya"),
        "{problems}"
    );
    assert!(lines[2].contains(":12: widget elm-home allows the origin"), "{problems}");
}

#[test]
fn a_difference_is_told_entry_by_entry_and_field_by_field() {
    let text = edited(
        "origins = [\"https://www.elm",
        "roll_up_seconds = 20\norigins = [\"https://www.elm",
    ) + "\n[users.omar]\ninstitution = \"elm\"\nname = \"Omar\"\n";
    let (_, lines) = told(&text, false);
    assert_eq!(
        lines,
        [
            "+ user omar: active true, institution \"elm\", level \"regular\", name \"Omar\"",
            "~ widget elm-home: roll_up_seconds 15 -> 20",
        ]
    );
}

#[test]
fn what_the_file_does_not_mention_goes_only_when_pruned() {
    let text = edited("members = [\"maya\", \"noor\"]", "members = [\"maya\"]")
        .replacen("users.noor = \"regular\"\n", "", 1)
        .replacen("[users.noor]\ninstitution = \"birch\"\nname = \"Noor\"\n", "", 1);
    let (kept, lines) = told(&text, false);
    assert!(kept.users.contains_key(&id("noor")));
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[0].ends_with("users.noor \"regular\" -> none"), "{lines:?}");
    let (pruned, lines) = told(&text, true);
    assert!(!pruned.users.contains_key(&id("noor")));
    assert_eq!(lines[2..], ["- user noor"]);
}

#[test]
fn a_person_can_move_to_another_library_in_one_file() {
    let text = edited(
        "institution = \"birch\"\nname = \"Noor\"",
        "institution = \"elm\"\nname = \"Noor\"",
    )
    .replacen("members = [\"maya\", \"noor\"]", "members = [\"maya\"]", 1)
    .replacen("members = [\"lou\"]", "members = [\"lou\", \"noor\"]", 1);
    let (moved, _) = told(&text, false);
    assert_eq!(difference(&moved, &read(&text), true), []);
    assert!(moved.departments[&id("elm-information")].members.contains(&id("noor")));
}

#[test]
fn a_change_that_an_unmentioned_entry_blocks_is_told_with_the_reason() {
    let text = "[institutions.elm]\nname = 'Elm Public Library'\ntime_zone = 'America/Denver'\n\
                [users.maya]\ninstitution = 'elm'\nname = 'Maya'\n";
    let directory = filled(CONVERSATIONS);
    let commands = difference(&directory, &read(text), false);
    let lines = describe(&directory, &commands);
    assert_eq!(lines.len(), 1);
    assert!(lines[0].starts_with("! user maya: department birch-reference of birch"), "{lines:?}");
}

/// The warnings of a file without mistakes, one per line.
fn warnings(text: &str) -> String {
    let wanted = read(text);
    wanted.warnings().iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[test]
fn what_can_never_be_staffed_is_told_where_it_is_written_and_may_be_stored() {
    assert_eq!(warnings(CONVERSATIONS), "");
    assert_eq!(warnings(DEMO), "");
    let text = edited("members = [\"lou\"]", "members = []").replacen(
        "options = [\"coop/tri-county\"]",
        "options = [\"department/birch-night\"]",
        1,
    ) + "\n[departments.birch-night]\ninstitution = 'birch'\nname = 'Night'\n";
    let line = text.lines().position(|it| it.contains("[\"department/birch-night")).unwrap() + 1;
    let told = warnings(&text);
    assert!(told.contains(&format!("{line}:1: widget birch-home can never be online")), "{told}");
    let partly =
        text.replacen("[\"department/birch-n", "[\"coop/tri-county\", \"department/birch-n", 1);
    assert!(warnings(&partly).contains("nobody may ever monitor it"), "{}", warnings(&partly));
}

#[test]
fn whom_a_start_would_let_monitor_what_she_may_not_is_told() {
    let started = "name = \"Lou\"\nstarts = { monitoring = [\"department/birch-reference\"] }";
    let told = warnings(&edited("name = \"Lou\"", started));
    assert!(told.contains("user lou starts with department/birch-reference"), "{told}");
}

#[test]
fn hours_that_overlap_and_ticket_queues_of_others_are_named_with_their_place() {
    let member = "members.birch = { contributing = true }";
    let hours = "members.birch = { coverage = { mon = [\"09:00-12:00\", \"11:00-13:00\"] } }";
    let text = edited(member, hours);
    let line = text.lines().position(|it| it.contains("11:00-13:00")).unwrap() + 1;
    let told = problems(&text);
    assert!(told.starts_with(&format!("{line}:")) && told.contains("of mon overlap"), "{told}");
    let foreign =
        edited("name = \"Ask Elm\"", "name = \"Ask Elm\"\nticket_queue = \"birch-follow-up\"");
    assert!(
        problems(&foreign).contains("belongs to birch: name one of elm"),
        "{}",
        problems(&foreign)
    );
}
