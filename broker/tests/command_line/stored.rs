//! What is stored, through commands that open the store themselves.

use std::os::unix::fs::PermissionsExt as _;

use deskbell::log::sqlite::SqliteLog;
use deskbell::secrets::Secrets as _;
use deskbell::secrets::password::Passwords;
use deskbell::secrets::sqlite::SqliteSecrets;
use deskbell::secrets::token::{self, Claims};
use deskbell::world::{Clock as _, SystemClock};
use deskbell_domain::chat::ChatEvent;
use deskbell_domain::chat::event::{EndCause, OfferReason};
use deskbell_domain::person::Author;

use crate::shell::{CHAT, Desk, QUESTION, append, hold_a_chat};

const CEDAR: &str = "
[institutions.cedar]
name = 'Cedar Library'
time_zone = 'UTC'
[users.ines]
institution = 'cedar'
name = 'Ines'
";

#[test]
fn a_directory_file_is_shown_applied_and_exported() {
    let desk = Desk::initialized();
    desk.write("cedar.toml", CEDAR);
    assert!(desk.run(&["directory", "check", "cedar.toml"]).done().contains("cedar.toml ok"));
    let out = desk.run(&["directory", "apply", "cedar.toml", "--dry-run"]).done();
    assert!(out.contains("cedar") && out.contains("nothing is stored"), "{out}");
    assert!(!desk.run(&["directory", "export"]).done().contains("cedar"));

    let out = desk.run(&["directory", "apply", "cedar.toml"]).done();
    assert!(out.contains("applied: the directory is at 4"), "{out}");
    let out = desk.run(&["directory", "apply", "cedar.toml"]).done();
    assert!(out.contains("nothing to change: the directory is at 4"), "{out}");
    let export = desk.run(&["directory", "export"]).done();
    assert!(export.contains("[users.ines]") && export.contains("[users.maya]"), "{export}");

    desk.run(&["directory", "apply", "cedar.toml", "--prune"]).done();
    let export = desk.run(&["directory", "export"]).done();
    assert!(export.contains("[users.ines]") && !export.contains("maya"), "{export}");
}

#[test]
fn a_broken_directory_file_names_file_line_and_remedy() {
    let desk = Desk::initialized();
    desk.write("broken.toml", "[users.ines]\ninstitution = 'cedar'\nname = 'Ines'\n");
    for command in ["check", "apply"] {
        let error = desk.run(&["directory", command, "broken.toml"]).refused("broken.toml:2:");
        assert!(error.contains("cedar"), "{error}");
    }
    desk.run(&["directory", "check", "nowhere.toml"]).refused("nowhere.toml: ");
}

#[tokio::test]
async fn a_piped_password_is_hashed_and_kept() {
    let desk = Desk::initialized();
    let out = desk.run_with(&["user", "password", "maya"], "correct horse\n").done();
    assert!(out.contains("the password of maya is set"), "{out}");
    let secrets = SqliteSecrets::open(&desk.store()).unwrap();
    let hash = secrets.password_hash("maya".parse().unwrap()).await.unwrap();
    assert_eq!(Passwords::default().verify(hash, "correct horse".into()).await, Ok(true));

    desk.run_with(&["user", "password", "maya"], "short\n").refused("at least 10 characters");
    desk.run_with(&["user", "password", "nobody"], "correct horse\n").refused("no user nobody");
    desk.run_with(&["user", "password", "maya"], "").refused("standard input ended");
}

#[tokio::test]
async fn minted_tokens_sign_in_and_are_recorded() {
    let desk = Desk::initialized();
    let args = ["token", "mint", "maya", "--hours", "4", "--count", "3", "--note", "bench"];
    let out = desk.run(&args).done();
    let secrets = SqliteSecrets::open(&desk.store()).unwrap();
    let now = SystemClock::new().now();
    let recorded = secrets.minted_tokens(now).await.unwrap();
    let sessions: Vec<_> = out
        .lines()
        .map(|token| match token::verify(&secrets.keys(), token, now).unwrap() {
            Claims::Operator(claims) => claims.session,
            Claims::Patron(claims) => panic!("{claims:?}"),
        })
        .collect();
    assert_eq!(sessions.len(), 3);
    assert_eq!(recorded.iter().map(|it| it.session).collect::<Vec<_>>(), sessions);
    assert!(recorded.iter().all(|it| it.note == "bench" && it.user.as_str() == "maya"));

    desk.run(&["token", "mint", "nobody"]).refused("there is no user nobody");
    desk.run(&["token", "mint", "maya", "--hours", "9999"]).refused("--hours takes 1 to 720");
}

#[test]
fn a_chat_is_shown_without_what_people_wrote_unless_asked() {
    let desk = Desk::initialized();
    hold_a_chat(&SqliteLog::open(&desk.store()).unwrap());
    let chat = CHAT.to_string();
    let out = desk.run(&["log", "show", &chat]).done();
    assert_eq!(out.lines().count(), 2, "{out}");
    assert!(out.contains("opened through home of birch") && out.contains("maya wrote"), "{out}");
    assert!(!out.to_lowercase().contains("canary"), "{out}");
    let out = desk.run(&["log", "show", &chat, "--text"]).done();
    assert!(out.contains(QUESTION) && out.contains("canary cage"), "{out}");
    desk.run(&["log", "show", &chat.replace('0', "1")]).refused("there is no chat");
}

#[test]
fn missed_chats_are_listed_apart_without_a_word_of_theirs() {
    let desk = Desk::initialized();
    let log = SqliteLog::open(&desk.store()).unwrap();
    hold_a_chat(&log);
    let offered = ChatEvent::TicketOffered { why: OfferReason::Waited };
    append(&log, 2, 60, vec![(Author::System, offered)]);
    let ended = ChatEvent::Ended { cause: EndCause::Missed, by: Author::Patron };
    append(&log, 3, 75, vec![(Author::Patron, ended)]);
    drop(log);
    let out = desk.run(&["log", "missed", "--since", "2026-02-02T02:41:15Z"]).done();
    let line = format!("birch  home  {CHAT}  gave up after 75 s, a ticket was offered\n");
    assert!(out.starts_with("2026-02-02T02:41:15Z  ") && out.ends_with(&line), "{out}");
    assert!(!out.to_lowercase().contains("canary"), "{out}");
    assert_eq!(desk.run(&["log", "missed", "--since", "2026-02-02T02:41:16Z"]).done(), "");
}

#[test]
fn verify_reads_everything_and_names_damage() {
    let desk = Desk::initialized();
    hold_a_chat(&SqliteLog::open(&desk.store()).unwrap());
    let out = desk.run(&["log", "verify"]).done();
    assert!(out.contains("4 records of 2 streams are as written"), "{out}");

    let database = rusqlite::Connection::open(desk.store().join("deskbell.db")).unwrap();
    let damage = "UPDATE log SET body = replace(body, 'canary', 'parrot')";
    assert!(database.execute(damage, []).unwrap() > 0);
    drop(database);
    let ran = desk.run(&["log", "verify"]);
    assert!(ran.out.contains("damaged: ") && ran.out.contains(&CHAT.to_string()), "{ran:?}");
    ran.refused("restore the last backup");
}

#[test]
fn a_backup_restores_events_and_secrets() {
    let desk = Desk::initialized();
    hold_a_chat(&SqliteLog::open(&desk.store()).unwrap());
    desk.run_with(&["user", "password", "maya"], "correct horse\n").done();
    let token = desk.run(&["token", "mint", "maya"]).done();
    let out = desk.run(&["backup", "desk.db"]).done();
    assert!(out.contains("4 records, all verified"), "{out}");
    let mode = std::fs::metadata(desk.path().join("desk.db")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    desk.run(&["backup", "desk.db"]).refused("exists: name a file that does not");

    let other = Desk::empty();
    let backup = desk.path().join("desk.db");
    let backup = backup.to_str().unwrap();
    let out = other.run(&["restore", backup]).done();
    assert!(out.contains("4 records restored"), "{out}");
    let shown = other.run(&["log", "show", &CHAT.to_string(), "--text"]).done();
    assert!(shown.contains(QUESTION), "{shown}");
    let secrets = SqliteSecrets::open(&other.store()).unwrap();
    let now = SystemClock::new().now();
    assert!(token::verify(&secrets.keys(), token.trim(), now).is_ok());
    drop(secrets);
    let mode = std::fs::metadata(other.store().join("deskbell.db")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    other.run(&["restore", backup]).refused("holds a store already");
    other.run(&["restore", backup, "--force"]).done();
}

#[test]
fn a_command_without_a_store_says_how_to_make_one() {
    let desk = Desk::empty();
    for args in [&["directory", "export"][..], &["token", "mint", "maya"], &["backup", "x.db"]] {
        desk.run(args).refused("run `deskbell init`");
    }
    let memory = ["directory", "export", "--set", "store.engine=memory"];
    desk.run(&memory).refused("no broker runs");
}

#[test]
fn explain_and_forecast_judge_hours_without_a_broker_too() {
    let desk = Desk::initialized();
    let birch = desk.run(&["directory", "export"]).done();
    let id = birch.split("[institutions.").nth(1).unwrap().split(']').next().unwrap().to_owned();
    desk.write(
        "more.toml",
        &format!(
            "{birch}\n[coops.tri]\nname = 'Tri'\n[coops.tri.members.{id}]\n\
             coverage = {{ mon = ['09:00-11:30'] }}\ncontribution = {{ mon = ['10:00-11:00'] }}\n\
             [widgets.home]\ninstitution = '{id}'\nname = 'Ask'\noptions = ['coop/tri']\n"
        ),
    );
    desk.run(&["directory", "apply", "more.toml"]).done();
    // A Sunday, and then a Monday morning: nobody is there where no broker runs.
    let sunday = desk.run(&["explain", "home", "--at", "2026-02-01T12:00:00Z"]).done();
    assert!(sunday.contains("outside the library's coverage hours"), "{sunday}");
    let monday = desk.run(&["explain", "home", "--at", "2026-02-02T10:00:00Z"]).done();
    assert!(monday.contains("nobody monitors it"), "{monday}");
    let forecast = desk.run(&["forecast", "tri"]).done();
    assert_eq!(forecast.matches("09:00").count(), 2, "{forecast}");
    assert_eq!(forecast.matches("11:00").count(), 2, "{forecast}");
    assert!(forecast.contains("4 hours of the next 14 days"), "{forecast}");
    desk.run(&["explain", "nowhere"]).refused("there is no widget nowhere");
    desk.run(&["forecast", "tri", "--zone", "Mars/Olympus"]).refused("no known time zone");
}
