//! What is asked of the desk as a whole, over raw sockets and plain HTTP: who may monitor what and
//! who is there, why a widget is online or not, hours that nobody promised, the button's stream.

use std::net::SocketAddr;

use deskbell_protocol::codes::ErrorCode;
use deskbell_tests::raw::{BIRCH_PAGE, Raw};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

use crate::codes::{desk, done, monitor, refused, ring};

async fn get(address: SocketAddr, path: &str, origin: Option<&str>) -> (u16, String) {
    let mut stream = TcpStream::connect(address).await.expect("the broker listens");
    let origin = origin.map_or_else(String::new, |it| format!("origin: {it}\r\n"));
    let head = format!("GET {path} HTTP/1.1\r\nhost: desk\r\nconnection: close\r\n{origin}\r\n");
    stream.write_all(head.as_bytes()).await.expect("the broker reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("the broker answers");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
    let status = head.split(' ').nth(1).and_then(|it| it.parse().ok()).expect("a status");
    (status, body.to_owned())
}

/// A page that follows a widget's button.
struct Button(BufReader<TcpStream>);

impl Button {
    async fn follow(address: SocketAddr, widget: &str) -> Self {
        let mut stream = TcpStream::connect(address).await.expect("the broker listens");
        let path = format!("/v1/widgets/{widget}/availability");
        let head = format!("GET {path} HTTP/1.1\r\nhost: desk\r\norigin: {BIRCH_PAGE}\r\n\r\n");
        stream.write_all(head.as_bytes()).await.expect("the broker reads");
        Self(BufReader::new(stream))
    }

    /// The next event; `None` once the stream has ended.
    async fn next(&mut self) -> Option<Value> {
        loop {
            let mut line = String::new();
            if self.0.read_line(&mut line).await.expect("the stream can be read") == 0 {
                return None;
            }
            if let Some(data) = line.strip_prefix("data: ") {
                return Some(serde_json::from_str(data).expect("an event is JSON"));
            }
        }
    }
}

#[tokio::test]
async fn a_button_follows_who_comes_goes_and_is_away_until_the_broker_goes_down() {
    // Less than an idle connection would be left alone for.
    let desk = desk(&["server.drain_seconds=8"]).await;
    let mut button = Button::follow(desk.broker.address, "birch-home").await;
    assert_eq!(button.next().await.expect("it goes on")["availability"], "offline");
    let mut maya = desk.monitoring("maya").await;
    assert_eq!(button.next().await.expect("it goes on")["availability"], "online");
    let away = json!({ "status": "away", "monitoring": ["coop/tri-county"] });
    maya.ask("presence.set", away).await;
    assert_eq!(button.next().await.expect("it goes on")["availability"], "away");
    drop(maya);
    assert_eq!(button.next().await.expect("it goes on")["availability"], "offline");
    let status = desk.broker.terminate_apart().await;
    assert!(status.success(), "{status}");
    assert_eq!(button.next().await, None);
    let log = std::fs::read_to_string(desk.store.path().join("broker.log")).expect("it logs");
    assert!(log.contains("draining"), "{log}");
    assert!(!log.contains("are cut"), "a page's idle connection held the broker back: {log}");
}

#[tokio::test]
async fn a_button_follows_a_toggle_and_a_sign_out() {
    let desk = desk(&[]).await;
    let mut button = Button::follow(desk.broker.address, "birch-home").await;
    assert_eq!(button.next().await.expect("it goes on")["availability"], "offline");
    let mut maya = desk.operator("maya").await;
    let coop: &[&str] = &["coop/tri-county"];
    for (toggled, told) in [(coop, "online"), (&[], "offline"), (coop, "online")] {
        let presence = json!({ "status": "online", "monitoring": toggled });
        assert_eq!(maya.ask("presence.set", presence).await["type"], "presence");
        assert_eq!(button.next().await.expect("it goes on")["availability"], told);
    }
    done(&maya.ask("sign_out", json!({})).await);
    assert_eq!(button.next().await.expect("it goes on")["availability"], "offline");
}

#[tokio::test]
async fn a_button_goes_offline_with_a_connection_that_falls_silent() {
    let desk = desk(&["limits.ping_ms=500", "limits.pong_ms=500"]).await;
    let mut button = Button::follow(desk.broker.address, "birch-home").await;
    assert_eq!(button.next().await.expect("it goes on")["availability"], "offline");
    let _nobody_reads_it = desk.monitoring("maya").await;
    assert_eq!(button.next().await.expect("it goes on")["availability"], "online");
    assert_eq!(button.next().await.expect("it goes on")["availability"], "offline");
}

#[tokio::test]
async fn a_widget_tells_what_its_window_shows_to_its_own_pages_and_to_nobody_s_browser_else() {
    let desk = desk(&[]).await;
    let address = desk.broker.address;
    let (status, body) = get(address, "/v1/widgets/birch-home", Some(BIRCH_PAGE)).await;
    assert_eq!(status, 200, "{body}");
    let widget: Value = serde_json::from_str(&body).expect("it is JSON");
    assert_eq!(widget["library"], "Birch Public Library");
    assert_eq!(widget["now"]["availability"], "offline");
    assert_eq!(get(address, "/v1/widgets/birch-home", None).await.0, 200);
    let elm = Some("https://www.elm.example");
    let (status, body) = get(address, "/v1/widgets/birch-home", elm).await;
    assert_eq!(status, 403, "{body}");
    for path in ["/v1/widgets/nowhere", "/v1/widgets/No%20Id/availability"] {
        assert_eq!(get(address, path, None).await.0, 404, "{path}");
    }
}

#[tokio::test]
async fn check_status_says_who_else_monitors_and_whom_to_ask_for_a_co_op() {
    let desk = desk(&[]).await;
    let (mut maya, mut ines) = (desk.monitoring("maya").await, desk.monitoring("ines").await);
    let queues = maya.ask("desk.queues", json!({})).await;
    assert_eq!(queues["departments"][0]["target"], "department/birch-reference", "{queues}");
    assert_eq!(queues["departments"][0]["others"], json!([]), "none is said, too");
    let coop = &queues["coops"][0];
    assert_eq!((&coop["target"], &coop["monitored"]), (&json!("coop/tri-county"), &json!(true)));
    assert_eq!(coop["others"][0]["who"]["id"], "ines", "{queues}");
    assert_eq!(coop["others"][0]["status"], "online");

    let mut olga = desk.operator("olga").await;
    let queues = olga.ask("desk.queues", json!({})).await;
    assert_eq!(queues["coops"], json!([]));
    assert_eq!(queues["ask"][0]["name"], "Cora", "{queues}");
    let mut patron = desk.patron().await;
    refused(&patron.ask("desk.queues", json!({})).await, ErrorCode::WrongRole);
    monitor(&mut ines).await;
}

#[tokio::test]
async fn transfer_targets_are_what_the_patron_s_library_takes_part_in_with_who_is_there() {
    let desk = desk(&[]).await;
    let (mut maya, mut ines) = (desk.monitoring("maya").await, desk.monitoring("ines").await);
    let (mut leo, mut patron) = (desk.operator("leo").await, desk.patron().await);
    let chat = ring(&mut patron).await;
    let it = json!({ "chat": chat });
    refused(&ines.ask("chat.targets", it.clone()).await, ErrorCode::NotParticipant);
    refused(&leo.ask("chat.targets", it.clone()).await, ErrorCode::NotFound);
    refused(&patron.ask("chat.targets", it.clone()).await, ErrorCode::WrongRole);
    done(&maya.write("chat.claim", it.clone()).await);
    let away = json!({ "status": "away", "monitoring": ["coop/tri-county"] });
    ines.ask("presence.set", away).await;

    let targets = maya.ask("chat.targets", it).await;
    let names = |kind: &str| -> Vec<String> {
        let all = targets[kind].as_array().expect("a list").iter();
        all.map(|at| at["target"].as_str().expect("a target").to_owned()).collect()
    };
    assert_eq!(names("departments"), ["department/birch-reference"], "{targets}");
    assert_eq!(names("coops"), ["coop/tri-county"], "{targets}");
    assert_eq!(targets["departments"][0]["others"], json!([]));
    assert_eq!(targets["coops"][0]["others"][0]["who"]["id"], "ines");
    // Leo is connected, and neither of this library nor of its co-op.
    let operators = targets["operators"].as_array().expect("a list");
    assert_eq!(operators.len(), 1, "{targets}");
    assert_eq!(
        (&operators[0]["who"]["id"], &operators[0]["status"]),
        (&json!("ines"), &json!("away"))
    );
}

#[tokio::test]
async fn ticket_queues_are_monitored_apart_and_stay_so_through_changes_of_the_rest() {
    let desk = desk(&[]).await;
    let (mut maya, mut admin) = (desk.operator("maya").await, desk.operator("birch-admin").await);
    let toggles = |tickets: Value| {
        let monitoring = json!(["coop/tri-county"]);
        json!({ "status": "online", "monitoring": monitoring, "ticket_queues": tickets })
    };
    let told = maya.ask("presence.set", toggles(json!(["birch-follow-up"]))).await;
    assert_eq!(told["presence"]["ticket_queues"], json!(["birch-follow-up"]), "{told}");
    let told = maya.ask("presence.set", toggles(Value::Null)).await;
    assert_eq!(told["presence"]["ticket_queues"], json!(["birch-follow-up"]), "{told}");

    let seen = admin.ask("desk.queues", json!({})).await;
    let queue = &seen["ticket_queues"][0];
    assert_eq!((&queue["name"], &queue["monitored"]), (&json!("Birch Follow-up"), &json!(false)));
    assert_eq!(queue["others"][0]["who"]["id"], "maya", "{seen}");
    let hers = maya.ask("desk.queues", json!({})).await;
    let queue = &hers["ticket_queues"][0];
    assert_eq!((&queue["monitored"], &queue["others"]), (&json!(true), &json!([])), "{hers}");

    refused(
        &maya.ask("presence.set", toggles(json!(["elm-follow-up"]))).await,
        ErrorCode::TargetNotAllowed,
    );
    let told = maya.ask("presence.set", toggles(json!([]))).await;
    assert_eq!(told["presence"].get("ticket_queues"), None, "{told}");
}

#[tokio::test]
async fn explain_says_who_would_be_rung_and_why_each_other_would_not() {
    let desk = desk(&[]).await;
    let mut maya = desk.operator("maya").await;
    let explain = |widget: &str| json!({ "widget": widget });
    let nobody = maya.ask("explain", explain("birch-desk")).await;
    assert_eq!(nobody["availability"], "offline", "{nobody}");
    let reasons = [&nobody["options"][0]["skipped"], &nobody["options"][1]["skipped"]];
    assert_eq!(reasons, ["nobody", "nobody"]);
    monitor(&mut maya).await;
    let co_op = maya.ask("explain", explain("birch-desk")).await;
    assert_eq!(co_op["availability"], "online", "{co_op}");
    assert_eq!(co_op["options"][0]["skipped"], "nobody");
    assert_eq!(co_op["options"][1].get("skipped"), None);
    refused(&maya.ask("explain", explain("oak-home")).await, ErrorCode::NotFound);
}

#[tokio::test]
async fn a_forecast_is_for_those_of_the_co_op_and_by_the_clock_that_they_name() {
    let desk = desk(&[]).await;
    let (mut maya, mut olga) = (desk.operator("maya").await, desk.operator("olga").await);
    let tri = json!({ "coop": "tri-county" });
    let forecast = maya.ask("forecast", tri.clone()).await;
    assert_eq!(forecast["zone"], "America/New_York", "{forecast}");
    assert_eq!(forecast["hours"], json!([]), "somebody contributes at every hour");
    let mars = json!({ "coop": "tri-county", "zone": "Mars/Olympus" });
    refused(&maya.ask("forecast", mars).await, ErrorCode::BadRequest);
    refused(&olga.ask("forecast", tri).await, ErrorCode::NotFound);
}

#[tokio::test]
async fn who_signed_out_does_not_come_back_with_the_same_token() {
    let desk = desk(&[]).await;
    let token = deskbell_tests::raw::operator_token(&desk.keys, "maya", 3600);
    let (mut maya, welcome) = Raw::greet(desk.broker.address, None, &token).await;
    assert_eq!(welcome["type"], "welcome");
    assert_eq!(maya.ask("sign_out", json!({})).await["type"], "ok");
    assert_eq!(maya.closed().await, 4005);
    let (_, answer) = Raw::greet(desk.broker.address, None, &token).await;
    refused(&answer, ErrorCode::Unauthorized);
}
