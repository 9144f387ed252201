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

/// What was not said after this will not be said.
const PATIENCE: Duration = Duration::from_mins(1);

/// Runs a script of `tests/browser` or of the SDK, with the broker's URL and everybody's password,
/// and does what it asks for; tells all that it said.
async fn run(script: &str, more: &[&str]) -> Vec<String> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(script);
    assert!(script.exists(), "{} is not there: run `make typescript`", script.display());
    let store = store::fresh();
    let options = Options { listen: broker::lasting_address(), ..Options::new(store.path()) };
    let mut running = Some(Broker::start_apart(&options).await);
    let url = format!("http://{}", options.listen);
    let mut node = Command::new("node")
        .arg(script)
        .args([&url, PASSWORD])
        .args(more)
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("node can be run");
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

#[tokio::test]
async fn a_patron_is_helped_on_the_plain_page_by_keyboard() {
    let screenshots = broker::binary().with_file_name("screenshots");
    std::fs::create_dir_all(&screenshots).expect("a folder for screenshots");
    let screenshots = screenshots.display().to_string();
    let said = run("tests/browser/plain-page.mjs", &[&screenshots]).await;
    assert_eq!(said, ["done"]);
}
