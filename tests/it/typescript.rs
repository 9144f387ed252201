//! Clients of TypeScript at a real broker: scripts for Node say what people do, on sockets or in a
//! browser, and this starts, kills and starts the broker for them.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use deskbell_tests::broker::{self, Broker, Options};
use deskbell_tests::store::{self, PASSWORD};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;
use tokio::time::timeout;

/// What was not said after this will not be said: a gallery is looked at for half of it.
const PATIENCE: Duration = Duration::from_mins(3);

/// Runs a script that needs no broker; tells all that it said.
async fn look(script: &str, arguments: &[&str]) -> Vec<String> {
    let mut node = node(script).args(arguments).spawn().expect("node can be run");
    let mut lines = BufReader::new(node.stdout.take().expect("it is piped")).lines();
    let mut said = Vec::new();
    while let Ok(Ok(Some(line))) = timeout(PATIENCE, lines.next_line()).await {
        said.push(line);
    }
    assert!(node.wait().await.expect("it ends").success(), "standard error says why");
    said
}

fn node(script: &str) -> Command {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(script);
    assert!(script.exists(), "{} is not there: run `make typescript`", script.display());
    let mut node = Command::new("node");
    node.arg(script).stdout(Stdio::piped()).kill_on_drop(true);
    node
}

/// Runs a script of `tests/browser` or of the SDK, with the broker's URL and everybody's password,
/// and does what it asks for; tells all that it said.
async fn run(script: &str, more: &[&str]) -> Vec<String> {
    let mut node = node(script);
    let store = store::fresh();
    let options = Options { listen: broker::lasting_address(), ..Options::new(store.path()) };
    let mut running = Some(Broker::start_apart(&options).await);
    let url = format!("http://{}", options.listen);
    let mut node = node.args([&url, PASSWORD]).args(more).spawn().expect("node can be run");
    let mut lines = BufReader::new(node.stdout.take().expect("it is piped")).lines();
    let mut said = Vec::new();
    while let Ok(Ok(Some(line))) = timeout(PATIENCE, lines.next_line()).await {
        match line.as_str() {
            "kill it" => {
                let broker = running.take();
                let killed = tokio::task::spawn_blocking(move || broker.map(Broker::kill));
                killed.await.expect("it is killed");
            }
            "start it" => running = Some(Broker::start_apart(&options).await),
            _ => {}
        }
        said.push(line);
    }
    assert!(node.wait().await.expect("it ends").success(), "standard error says why");
    said
}

#[tokio::test]
async fn a_page_and_a_desk_talk_through_a_kill_of_the_broker() {
    let said = run("client-sdk/typescript/dist/test/live.js", &[]).await;
    assert_eq!(said, ["kill it", "start it", "done"]);
}

/// Where what pages look like is kept, beside the broker's binary.
fn screenshots() -> String {
    let folder = broker::binary().with_file_name("screenshots");
    std::fs::create_dir_all(&folder).expect("a folder for screenshots");
    folder.display().to_string()
}

#[tokio::test]
async fn a_patron_is_helped_on_the_plain_page_by_keyboard() {
    let said = run("tests/browser/plain-page.mjs", &[&screenshots()]).await;
    assert_eq!(said, ["done"]);
}

#[tokio::test]
async fn an_operator_staffs_a_co_op_at_the_desk_by_keyboard() {
    let said = run("tests/browser/desk.mjs", &[&screenshots()]).await;
    assert_eq!(said, ["done"]);
}

#[tokio::test]
async fn a_patron_is_helped_with_the_widget_by_keyboard_through_whatever_happens() {
    let said = run("tests/browser/widget.mjs", &[&screenshots()]).await;
    assert_eq!(said, ["kill it", "start it", "done"]);
}

#[tokio::test]
async fn a_patron_whom_everybody_leaves_waiting_asks_for_an_answer_by_e_mail() {
    let said = run("tests/browser/widget-ticket.mjs", &[&screenshots()]).await;
    assert_eq!(said, ["done"]);
}

#[tokio::test]
async fn sam_and_two_librarians_live_the_story_of_the_demo_in_browsers_of_their_own() {
    let said = run("tests/browser/story.mjs", &[&screenshots()]).await;
    assert_eq!(said, ["kill it", "start it", "done"]);
}

#[tokio::test]
async fn every_state_of_the_widget_is_accessible_and_keeps_to_its_width() {
    let gallery = gallery("patron-widget");
    let said = look("tests/browser/gallery.mjs", &[&gallery, "widget", &screenshots()]).await;
    assert_eq!(said, ["done"]);
}

#[tokio::test]
async fn every_state_of_the_desk_is_accessible_and_keeps_to_its_width() {
    let gallery = gallery("operator-web");
    let said = look("tests/browser/gallery.mjs", &[&gallery, "desk", &screenshots()]).await;
    assert_eq!(said, ["done"]);
}

/// The gallery of an example, as `make pages` built it.
fn gallery(example: &str) -> String {
    let folder = format!("../examples/{example}/dist-gallery");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    assert!(folder.exists(), "{} is not there: run `make pages`", folder.display());
    folder.display().to_string()
}
