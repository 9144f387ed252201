//! What a broker does not start on: it says why and what to do, ends with a failure, and leaves
//! what it found as it was.

use std::process::Command;

use deskbell::log::sqlite::SqliteLog;
use rusqlite::Connection;

use crate::shell::{Desk, hold_a_chat};

/// On free ports, should it start after all.
const SERVE: [&str; 5] =
    ["serve", "--set", "server.listen=127.0.0.1:0", "--set", "server.admin_listen=127.0.0.1:0"];

fn meddle(desk: &Desk, with: &str) {
    let db = Connection::open(desk.store().join("deskbell.db")).unwrap();
    db.execute_batch(with).unwrap();
}

#[test]
fn a_store_of_a_newer_broker_is_refused_by_name() {
    let desk = Desk::initialized();
    meddle(&desk, "PRAGMA user_version = 99");
    let told = desk.run(&SERVE).refused("the store (format 99)");
    assert!(told.contains("newer"), "{told}");
    desk.run(&["check"]).refused("1 check failed");
}

#[test]
fn a_damaged_store_is_refused_with_the_place_of_the_damage() {
    let desk = Desk::initialized();
    hold_a_chat(&SqliteLog::open(&desk.store()).unwrap());
    meddle(&desk, "UPDATE log SET body = '{}' WHERE id = (SELECT max(id) FROM log)");
    let told = desk.run(&SERVE).refused("record 2");
    assert!(told.contains("restore a backup"), "{told}");

    let desk = Desk::initialized();
    meddle(&desk, "DROP TABLE runs");
    desk.run(&SERVE).refused("it has 3 of the log's 4 tables; restore a backup");

    let desk = Desk::initialized();
    desk.write("store/deskbell.db", "not a database, whatever its name says, and long enough");
    desk.run(&SERVE).refused("are damaged");
}

#[test]
fn a_store_that_cannot_be_written_to_is_refused() {
    let desk = Desk::initialized();
    let whole = std::fs::read(desk.store().join("deskbell.db")).unwrap();
    for file in std::fs::read_dir(desk.store()).unwrap() {
        let path = file.unwrap().path();
        let mut permissions = std::fs::metadata(&path).unwrap().permissions();
        permissions.set_readonly(true);
        std::fs::set_permissions(&path, permissions).unwrap();
    }
    // Permissions bind everybody but root, unless root gives that right away.
    let mut serve = if rustix::process::geteuid().is_root() {
        let mut command = Command::new("setpriv");
        command.args(["--bounding-set", "-dac_override", env!("CARGO_BIN_EXE_deskbell")]);
        command
    } else {
        Command::new(env!("CARGO_BIN_EXE_deskbell"))
    };
    let output = serve.args(SERVE).current_dir(desk.path()).output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success(), "{told}");
    assert!(told.contains("must be able to write"), "{told}");
    assert_eq!(std::fs::read(desk.store().join("deskbell.db")).unwrap(), whole);
}

#[test]
fn a_broken_configuration_is_refused_with_file_line_and_remedy() {
    let desk = Desk::initialized();
    desk.write("deskbell.toml", "[server]\n\nlissten = \"127.0.0.1:0\"\n");
    let told = desk.run(&["serve"]).refused("deskbell.toml:3");
    assert!(told.contains("listen"), "{told}");
}

#[test]
fn a_broken_directory_file_is_refused_with_file_line_and_remedy() {
    let desk = Desk::initialized();
    std::fs::remove_dir_all(desk.store()).unwrap();
    let file = "[institutions.cedar]\nname = 'Cedar'\ntime_zone = 'Mars/Olympus'\n";
    desk.write("cedar.toml", file);
    let with_file = [&SERVE[..], &["--set", "store.directory_file=cedar.toml"]].concat();
    let told = desk.run(&with_file).refused("cedar.toml");
    assert!(told.contains("line 3") || told.contains("3:"), "{told}");
    assert!(told.contains("IANA"), "{told}");
}
