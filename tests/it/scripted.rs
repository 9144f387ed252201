//! Every conversation of `scripts/` and the demo's, each against a broker of its own with a clock
//! that the script moves, through the SDK for Rust and through the one for TypeScript.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use deskbell_client::TcpConnector;
use deskbell_client::protocol::codes::ErrorCode;
use deskbell_client::protocol::ids::WidgetId;
use deskbell_scripted_bot::{ClockControl, Outcome, Player, Script, Sdk, Stage, play};
use deskbell_tests::broker::{self, Broker, Options};
use deskbell_tests::store::{self, PASSWORD};
use jiff::Timestamp;

/// What did not come after this will not come; nothing waits for it that passes.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) fn scripts() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let directory = root.join("scripts");
    let entries = fs::read_dir(directory).expect("there are scripts");
    let paths = entries.map(|entry| entry.expect("scripts can be listed").path());
    let mut scripts: Vec<_> =
        paths.filter(|path| path.extension().is_some_and(|it| it == "chat")).collect();
    scripts.sort();
    scripts.push(root.join("../examples/demo/demo.chat"));
    scripts
}

/// The page that a widget stands on.
pub(crate) fn origin_of(widget: &WidgetId) -> String {
    let library = widget.as_str().split('-').next().unwrap_or_default();
    format!("https://www.{library}.example")
}

fn clock_of(broker: &Broker) -> Result<ClockControl, String> {
    let connector = Arc::new(TcpConnector::new());
    ClockControl::at(&broker.admin_address.to_string(), connector).map_err(|it| it.to_string())
}

/// Kills the broker and starts it again, on the same store and port, when it is `from`.
async fn restart(
    running: Arc<Mutex<Option<Broker>>>,
    options: Options,
    from: Timestamp,
) -> Result<ClockControl, String> {
    let options = Options { clock_from: Some(from), ..options };
    let before = running.lock().map_err(|error| error.to_string())?.take();
    let killed = tokio::task::spawn_blocking(move || before.map(Broker::kill));
    killed.await.map_err(|error| error.to_string())?;
    let broker = Broker::start_apart(&options).await;
    let clock = clock_of(&broker)?;
    *running.lock().map_err(|error| error.to_string())? = Some(broker);
    Ok(clock)
}

async fn verdict(path: &Path, sdk: Sdk) -> Result<(), String> {
    let text = fs::read_to_string(path).map_err(|error| error.to_string())?;
    let script = Script::read(&path.display().to_string(), &text).map_err(|it| it.to_string())?;
    let store = store::fresh();
    let listen = broker::lasting_address();
    let options = Options { manual_clock: true, listen, ..Options::new(store.path()) };
    let broker = Broker::start_apart(&options).await;
    let url = broker.url();
    let clock = clock_of(&broker)?;
    let running = Arc::new(Mutex::new(Some(broker)));
    let stage = Stage {
        url: Arc::new(move |_| url.clone()),
        sdk,
        connector: Arc::new(TcpConnector::new()),
        password_of: Arc::new(|_| Some(PASSWORD.to_owned())),
        origin_of: Arc::new(|widget| Some(origin_of(widget))),
        clock: Some(clock),
        several_nodes: false,
        restart: Some(Arc::new(move |from| {
            Box::pin(restart(running.clone(), options.clone(), from))
        })),
        patience: PATIENCE,
        pace: Duration::ZERO,
        narrator: None,
    };
    match play(&script, &stage).await {
        Ok(Outcome::Passed) => Ok(()),
        Ok(Outcome::Skipped { why }) => Err(format!("skipped: {why}")),
        Err(failure) => Err(failure.to_string()),
    }
}

#[tokio::test]
async fn every_script_plays_as_it_is_written() {
    play_all(&Sdk::Rust).await;
}

#[tokio::test]
async fn every_script_plays_as_it_is_written_through_the_typescript_sdk() {
    let player = "../client-sdk/typescript/dist/test/player.js";
    let player = Path::new(env!("CARGO_MANIFEST_DIR")).join(player);
    assert!(player.exists(), "{} is not there: run `make typescript`", player.display());
    let player = Player::start(&player).expect("node can be run");
    play_all(&Sdk::TypeScript(Arc::new(player))).await;
}

async fn play_all(sdk: &Sdk) {
    let scripts = scripts();
    assert!(scripts.len() >= 36, "scripts are missing: only {} are here", scripts.len());
    let mut failed = Vec::new();
    for path in &scripts {
        if let Err(why) = verdict(path, sdk.clone()).await {
            failed.push(format!("{}\n{why}", path.display()));
        }
    }
    assert!(failed.is_empty(), "{} scripts failed:\n{}", failed.len(), failed.join("\n\n"));
}

/// Refusals of the protocol itself or of a broker in trouble: `codes` provokes those.
const NOT_OF_THE_SERVICE: [ErrorCode; 14] = [
    ErrorCode::BadFrame,
    ErrorCode::BadRequest,
    ErrorCode::UnknownType,
    ErrorCode::Unauthorized,
    ErrorCode::TokenExpired,
    ErrorCode::OriginRequired,
    ErrorCode::OriginDenied,
    ErrorCode::CmidReused,
    ErrorCode::ChatFull,
    ErrorCode::RateLimited,
    ErrorCode::Busy,
    ErrorCode::Unavailable,
    ErrorCode::Internal,
    ErrorCode::Quarantined,
];

#[test]
fn every_refusal_of_the_service_is_shown_by_the_scripts_that_its_page_names() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("../docs/service.md")).expect("the page is there");
    let refusals = page.split("\n## ").find(|part| part.starts_with("Refusals"));
    let rows = refusals.expect("it lists refusals").lines().filter(|it| it.starts_with("| `"));
    let mut shown = Vec::new();
    for row in rows {
        let code = row.split('`').nth(1).expect("a row begins with a code");
        let scripts: Vec<_> = row.split("](../tests/").skip(1).collect();
        assert!(!scripts.is_empty(), "{code} names no script");
        for script in scripts {
            let path = script.split(')').next().expect("a link ends");
            let text = fs::read_to_string(root.join(path)).expect("the script is there");
            assert!(text.contains(&format!("-> {code}")), "{path} does not show {code}");
        }
        shown.push(code.to_owned());
    }
    let lacking: Vec<_> = ErrorCode::ALL
        .iter()
        .filter(|code| !NOT_OF_THE_SERVICE.contains(code))
        .map(|code| code.as_str())
        .filter(|code| !shown.iter().any(|it| it == code))
        .collect();
    assert_eq!(lacking, [""; 0], "each needs a row, and a script that shows it");
}
