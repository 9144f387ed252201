//! From nothing to a desk: `init`, `config`, `check`, and what they refuse.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use deskbell::secrets::Secrets as _;
use deskbell::secrets::derivation::secret_digest;
use deskbell::secrets::sqlite::SqliteSecrets;
use jiff::Timestamp;

use crate::shell::Desk;

#[test]
fn init_makes_a_desk_whose_checks_pass() {
    let desk = Desk::empty();
    let args = ["init", "desk", "--institution", "Birch Library", "--user", "maya", "--time-zone"];
    let out = desk.run(&[&args[..], &["America/New_York"]].concat()).done();
    assert!(out.contains("Next: deskbell serve --config desk/deskbell.toml"), "{out}");
    let out = desk.run(&["check", "--config", "desk/deskbell.toml"]).done();
    for line in ["configuration  ok", "store          ok", "directory      ok", "clock          ok"]
    {
        assert!(out.contains(line), "{out}");
    }
    assert!(out.contains("people who may sign in: 1"), "{out}");
    let out = desk.run(&["directory", "export", "--config", "desk/deskbell.toml"]).done();
    assert!(out.contains("[users.maya]") && out.contains("America/New_York"), "{out}");
}

#[tokio::test]
async fn the_link_of_init_lets_the_administrator_in_once() {
    let desk = Desk::empty();
    let args = ["init", "--institution", "Birch", "--user", "maya", "--url", "https://d.example/"];
    let out = desk.run(&args).done();
    let secret = out.split("https://d.example/password#").nth(1).unwrap().lines().next().unwrap();
    let secrets = SqliteSecrets::open(&desk.store()).unwrap();
    let now: Timestamp = Timestamp::from_second(1_770_000_000).unwrap();
    let taken = secrets.take_link(secret_digest(secret), now).await.unwrap();
    assert_eq!(taken, Some("maya".parse().unwrap()));
    assert_eq!(secrets.take_link(secret_digest(secret), now).await, Ok(None));
}

#[test]
fn init_with_a_prompt_sets_the_password_and_no_file_holds_it() {
    let desk = Desk::empty();
    let args = ["init", "--institution", "Birch", "--user", "maya", "--prompt"];
    let out = desk.run_with(&args, "correct-horse-battery\n").done();
    assert!(out.contains("the password of maya is set") && !out.contains('#'), "{out}");
    let mut files = 0;
    each_file(desk.path(), &mut |file| {
        files += 1;
        let bytes = std::fs::read(file).unwrap();
        let found = bytes.windows(13).any(|window| window == b"correct-horse");
        assert!(!found, "{}", file.display());
    });
    assert!(files >= 2);
}

#[test]
fn what_init_makes_is_its_owners_only() {
    let desk = Desk::initialized();
    each_file(desk.path(), &mut |file| {
        let mode = std::fs::metadata(file).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{}", file.display());
    });
    let mode = std::fs::metadata(desk.store()).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o700);
}

#[test]
fn init_overwrites_nothing_and_asks_for_what_is_missing() {
    let desk = Desk::initialized();
    let again = desk.run(&["init", "--institution", "Cedar", "--user", "ines"]);
    again.refused("this store has a directory already");
    assert!(!desk.run(&["directory", "export"]).done().contains("Cedar"));
    Desk::empty().run(&["init"]).refused("say --institution NAME");
    Desk::empty().run(&["init", "--institution", "Cedar"]).refused("say --user NAME");
    let zone = ["init", "--institution", "C", "--user", "ines", "--time-zone", "Moon"];
    let nothing = Desk::empty();
    nothing.run(&zone).refused("Moon");
    assert_eq!(std::fs::read_dir(nothing.path()).unwrap().count(), 0);
}

#[test]
fn an_interrupted_init_is_completed_by_the_next() {
    let desk = Desk::empty();
    let args = ["init", "--institution", "Birch", "--user", "maya", "--prompt"];
    desk.run_with(&args[..5], "").done();
    let half = Desk::empty();
    std::fs::copy(desk.path().join("deskbell.toml"), half.path().join("deskbell.toml")).unwrap();
    let ran = half.run(&args[..5]);
    assert!(ran.err.contains("kept ./deskbell.toml"), "{ran:?}");
    ran.done();
}

#[test]
fn config_says_where_it_is_wrong_and_what_there_is() {
    let desk = Desk::empty();
    assert!(desk.run(&["config", "check"]).done().contains("127.0.0.1:8080"));
    desk.write("deskbell.toml", "[server]\nlissen = '127.0.0.1:80'\n");
    desk.run(&["config", "check"]).refused("deskbell.toml:2: unknown field `lissen`");
    desk.run(&["check"]).refused("1 check failed");
    assert!(desk.run(&["check"]).out.contains("configuration  FAIL  deskbell.toml:2"));
    let set = ["config", "check", "--config", "other.toml", "--set", "server.listen=0.0.0.0:80"];
    desk.write("other.toml", "");
    desk.run(&set).refused("flag for server.listen: server.listen: others can reach");
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deskbell.example.toml");
    let default = desk.run(&["config", "default"]).done();
    assert_eq!(default, std::fs::read_to_string(example).unwrap());
    assert!(desk.run(&["config", "docs"]).done().contains("`DESKBELL_LIMITS_TEXT_BYTES`"));
}

#[test]
fn check_names_what_is_missing_with_its_remedy() {
    let desk = Desk::empty();
    desk.write("deskbell.toml", "[tls]\nenabled = true\n[store]\ndirectory_file = 'people.toml'\n");
    let ran = desk.run(&["check"]);
    assert!(
        ran.out.contains("configuration  FAIL") && ran.out.contains("certificate.pem"),
        "{ran:?}"
    );
    assert!(ran.out.contains("directory file FAIL"), "{ran:?}");
    assert!(
        ran.out.contains("store          FAIL") && ran.out.contains("deskbell init"),
        "{ran:?}"
    );
    assert!(ran.out.contains("clock          ok"), "{ran:?}");
    ran.refused("3 checks failed");
}

#[test]
fn check_says_when_nobody_may_sign_in() {
    let desk = Desk::initialized();
    desk.write("empty.toml", "");
    desk.run(&["directory", "apply", "empty.toml", "--prune"]).done();
    let ran = desk.run(&["check"]);
    let line =
        "directory      FAIL  nobody may sign in: run `deskbell init` or `deskbell directory";
    assert!(ran.out.contains(line), "{ran:?}");
    ran.refused("1 check failed");
}

#[test]
fn every_command_explains_itself_with_examples() {
    let desk = Desk::empty();
    let commands = [
        "serve",
        "init",
        "config",
        "check",
        "directory",
        "user",
        "token",
        "log",
        "backup",
        "restore",
    ];
    for command in commands {
        let help = desk.run(&[command, "--help"]).done();
        assert!(help.contains("Example") && help.contains("deskbell "), "{command}: {help}");
    }
}

fn each_file(directory: &Path, visit: &mut dyn FnMut(&Path)) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { each_file(&path, visit) } else { visit(&path) }
    }
}
