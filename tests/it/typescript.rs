//! The TypeScript SDK at a real broker, killed in the middle: `client-sdk/typescript/test/live.ts`
//! says what two people do, and this starts, kills and starts the broker for them.

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

#[tokio::test]
async fn a_page_and_a_desk_talk_through_a_kill_of_the_broker() {
    let page =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../client-sdk/typescript/dist/test/live.js");
    assert!(page.exists(), "it is not compiled: run `make typescript`");
    let store = store::fresh();
    let options = Options { listen: broker::lasting_address(), ..Options::new(store.path()) };
    let mut running = Some(Broker::start_apart(&options).await);
    let url = format!("http://{}", options.listen);
    let mut node = Command::new("node")
        .arg(page)
        .args([&url, PASSWORD])
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
    assert_eq!(said, ["kill it", "start it", "done"], "the rest stands in standard error");
    assert!(node.wait().await.expect("it ends").success());
}
