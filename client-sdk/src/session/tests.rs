//! The state machine at chosen moments, without sockets: phases, delays, heartbeat, renewal.

use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::*;
use crate::client::Monitoring;
use crate::protocol::http::Granted;
use crate::protocol::ids::{Eid, SessionId};
use crate::protocol::to_client::ToClient;
use crate::write::Write;

const SECOND: Duration = Duration::from_secs(1);

fn frame(value: Value) -> ToClient {
    serde_json::from_value(value).expect("the test's frame is one")
}

fn welcome(limits: Value, presence_at: &str) -> ToClient {
    let presence = json!({"status": "offline", "monitoring": [], "at": presence_at});
    let person = json!({"kind": "operator", "id": "maya", "name": "Maya", "library": "birch"});
    frame(json!({
        "type": "welcome", "re": 1, "session": SessionId(1), "ping_ms": 25_000,
        "you": {"role": "operator", "person": person, "presence": presence},
        "limits": limits, "durability": "memory", "features": [],
        "server_time": "2026-11-24T10:00:00Z", "token_expires": "2026-11-24T11:00:00Z",
    }))
}

fn session(now: Instant) -> Session {
    let mut options = Options::new("http://127.0.0.1:1", Token::fixed("t"));
    options.backoff = Backoff::seeded(1);
    Session::new(&options, now)
}

fn renewable(now: Instant) -> Session {
    let mut options = Options::new("http://127.0.0.1:1", Token::fixed("t"));
    options.token = options.token.renewed_by(Arc::new(|| Box::pin(std::future::pending())));
    Session::new(&options, now)
}

/// Brings a session to `Open` and forgets what it said on the way.
fn open(session: &mut Session, now: Instant) {
    session.connected(now);
    session.hear(now, welcome(json!({}), "2026-11-24T09:00:00Z"));
    assert!(matches!(session.status(), Status::Open(_)));
    settle(session);
    session.frames.clear();
}

fn settle(session: &mut Session) -> Vec<Event> {
    while session.next_effect().is_some() {}
    let mut events = Vec::new();
    while let Some(delivery) = session.next_delivery(true) {
        match delivery {
            Delivery::Event(event) => events.push(event),
            Delivery::Answer(answer) => answer.send(),
        }
    }
    events
}

fn said(session: &mut Session) -> Vec<Value> {
    session.frames.drain(..).map(|text| serde_json::from_str(&text).expect("JSON")).collect()
}

fn delay(session: &Session) -> Duration {
    let Status::Waiting { delay, .. } = session.status() else { panic!("not waiting") };
    *delay
}

fn close_code(code: u16) -> Loss {
    Loss { code: Some(CloseCode::from(code)), ..Loss::default() }
}

fn post(session: &mut Session, now: Instant, text: &str) -> oneshot::Receiver<Outcome> {
    let (reply, outcome) = oneshot::channel();
    let write = Write::Post { chat: ChatId(1), text: text.to_owned(), lang: None };
    session.ask(now, Command::Write { cmid: None, write, reply });
    outcome
}

type Outcome = Result<Written, ClientError>;

#[test]
fn hello_is_the_first_frame_and_names_token_and_client() {
    let now = Instant::now();
    let mut session = session(now);
    assert_eq!(session.next_effect(), Some(Effect::Connect));
    session.connected(now);
    let hello = said(&mut session);
    assert_eq!(hello.len(), 1);
    assert_eq!((&hello[0]["type"], &hello[0]["token"]), (&json!("hello"), &json!("t")));
    assert_eq!(hello[0]["client"], json!(session.client));
}

#[test]
fn the_close_code_decides_whether_and_how_soon_to_connect_again() {
    for code in [4000, 4001, 4003, 4005, 4099, 1002, 1003, 1007, 1008, 1009] {
        let now = Instant::now();
        let mut session = session(now);
        open(&mut session, now);
        session.lost(now, close_code(code));
        assert!(session.closed(), "{code} is terminal");
        assert!(session.deadline(now).is_none());
    }
    for code in [4100, 4104, 4199, 1000, 1001, 1006, 1011, 1012, 3000, 4300] {
        let now = Instant::now();
        let mut session = session(now);
        open(&mut session, now);
        session.lost(now, close_code(code));
        assert!(delay(&session) <= SECOND / 2, "{code} backs off from the start");
    }
    let now = Instant::now();
    let longest = (0..60).map(|seed| {
        let mut session = session(now);
        session.backoff = Backoff::seeded(seed);
        open(&mut session, now);
        session.lost(now, close_code(4200));
        delay(&session)
    });
    let longest = longest.max().expect("sixty of them");
    assert!(longest > SECOND && longest <= 2 * SECOND, "42xx spreads over two seconds");
}

#[test]
fn an_upgrade_refused_for_good_is_terminal_and_any_other_backs_off() {
    for (status, terminal) in [(400, true), (403, true), (429, false), (502, false), (503, false)] {
        let now = Instant::now();
        let mut session = session(now);
        session.lost(now, Loss { upgrade: Some(status), ..Loss::default() });
        assert_eq!(session.closed(), terminal, "{status}");
    }
}

#[test]
fn delays_grow_until_a_connection_held_for_half_a_minute() {
    let now = Instant::now();
    let mut session = session(now);
    for _ in 0..10 {
        open(&mut session, now);
        session.lost(now + 29 * SECOND, close_code(1006));
        session.tick(now + 60 * SECOND);
    }
    let grown = (0..20).map(|_| session.backoff.clone().next_delay()).max();
    assert!(grown > Some(SECOND / 2), "not reset yet: {grown:?}");
    open(&mut session, now);
    session.lost(now + 30 * SECOND, close_code(1006));
    assert!(delay(&session) <= SECOND / 2);
}

#[test]
fn the_broker_s_wish_to_stay_away_is_honored_and_jittered_on_top() {
    let now = Instant::now();
    let mut session = session(now);
    open(&mut session, now);
    let bye = json!({"type": "bye", "code": 4200, "message": "restart", "retry_after_ms": 7000});
    session.hear(now, frame(bye));
    assert_eq!(session.next_effect(), Some(Effect::Disconnect { code: 1000 }));
    assert!(delay(&session) >= 7 * SECOND && delay(&session) <= 9 * SECOND);
    let until = now + delay(&session);
    assert_eq!(session.deadline(now), Some(until));
    session.tick(until);
    assert_eq!(session.next_effect(), Some(Effect::Connect));
}

#[test]
fn a_drain_before_the_welcome_backs_off_like_any_other_loss() {
    let now = Instant::now();
    let mut session = session(now);
    for _ in 0..12 {
        session.connected(now);
        session.lost(now, close_code(4200));
        session.tick(now + 60 * SECOND);
    }
    let later: Vec<_> = (0..20).map(|_| session.backoff.next_delay()).collect();
    assert!(later.iter().any(|delay| *delay > 4 * SECOND), "{later:?}");
}

#[test]
fn connecting_and_greeting_end_by_themselves() {
    let now = Instant::now();
    let mut session = session(now);
    settle(&mut session);
    session.tick(now + CONNECT_TIMEOUT);
    assert_eq!(session.next_effect(), Some(Effect::Disconnect { code: 1000 }));
    assert!(matches!(session.status(), Status::Waiting { .. }));
    session.tick(now + 60 * SECOND);
    session.connected(now + 60 * SECOND);
    session.tick(now + 60 * SECOND + GREETING_TIMEOUT);
    assert!(matches!(session.status(), Status::Waiting { .. }));
}

#[test]
fn silence_for_a_ping_interval_and_ten_seconds_ends_the_connection_and_any_frame_counts() {
    let now = Instant::now();
    let mut session = session(now);
    open(&mut session, now);
    session.tick(now + 34 * SECOND);
    assert!(matches!(session.status(), Status::Open(_)));
    session.hear(now + 34 * SECOND, frame(json!({"type": "of a newer broker"})));
    session.tick(now + 68 * SECOND);
    assert!(matches!(session.status(), Status::Open(_)));
    session.tick(now + 69 * SECOND);
    assert!(matches!(session.status(), Status::Waiting { .. }));
}

#[test]
fn a_ping_is_answered() {
    let now = Instant::now();
    let mut session = session(now);
    open(&mut session, now);
    session.hear(now, frame(json!({"type": "ping"})));
    assert_eq!(said(&mut session), [json!({"type": "pong"})]);
}

#[test]
fn while_the_app_does_not_read_silence_means_nothing() {
    let now = Instant::now();
    let mut session = session(now);
    open(&mut session, now);
    session.hear(now, frame(json!({"type": "list.snapshot", "rows": []})));
    assert!(!session.may_read());
    session.tick(now + 300 * SECOND);
    assert!(matches!(session.status(), Status::Open(_)));
    settle(&mut session);
    session.tick(now + 334 * SECOND);
    assert!(matches!(session.status(), Status::Open(_)));
}

#[test]
fn the_token_is_renewed_on_the_open_connection_before_it_expires() {
    let now = Instant::now();
    let mut session = renewable(now);
    open(&mut session, now);
    let due = now + 48 * 60 * SECOND;
    session.hear(due - SECOND, frame(json!({"type": "ping"})));
    session.tick(due - SECOND);
    assert_eq!(session.next_effect(), None);
    session.tick(due);
    assert_eq!(session.next_effect(), Some(Effect::Renew));
    said(&mut session);
    session.renewed(due, Ok(granted("t2", "2026-11-24T11:48:00Z")));
    let auth = said(&mut session);
    assert_eq!((&auth[0]["type"], &auth[0]["token"]), (&json!("auth"), &json!("t2")));
    assert_eq!(session.token_stale_at, Some(due + 48 * 60 * SECOND));
}

fn granted(token: &str, expires: &str) -> Granted {
    let expires = expires.parse().expect("a time");
    Granted { token: token.to_owned(), session: SessionId(1), expires, secret: None }
}

#[test]
fn an_expired_token_is_replaced_before_connecting_and_ends_a_client_that_cannot() {
    let now = Instant::now();
    let mut session = renewable(now);
    open(&mut session, now);
    session.lost(now, close_code(4103));
    session.tick(now + SECOND);
    assert_eq!(session.next_effect(), Some(Effect::Renew));
    session.renewed(now + SECOND, Ok(granted("t2", "2026-11-24T12:00:00Z")));
    assert_eq!(session.next_effect(), Some(Effect::Connect));
    session.connected(now + SECOND);
    assert_eq!(said(&mut session)[0]["token"], json!("t2"));

    let mut fixed = super::tests::session(now);
    open(&mut fixed, now);
    fixed.lost(now, close_code(4103));
    assert!(fixed.closed());
}

#[test]
fn a_refused_renewal_is_terminal_and_an_unreachable_one_backs_off() {
    let now = Instant::now();
    let start = || {
        let mut session = renewable(now);
        open(&mut session, now);
        session.lost(now, close_code(4103));
        session.tick(now + SECOND);
        session
    };
    let mut refused = start();
    let code = crate::protocol::codes::ErrorCode::Unauthorized;
    let error = ClientError::Http { status: 401, code, message: "who?".to_owned() };
    refused.renewed(now, Err(error));
    assert!(matches!(refused.status(), Status::Closed(CloseReason::RenewalRefused(_))));
    let mut unreachable = start();
    unreachable.renewed(now, Err(ClientError::Disconnected));
    assert!(matches!(unreachable.status(), Status::Waiting { .. }));
    let mut silent = start();
    silent.tick(now + SECOND + RENEWAL_TIMEOUT);
    assert!(matches!(silent.status(), Status::Waiting { .. }));
}

#[test]
fn requests_keep_within_the_rate_and_the_number_in_flight_that_welcome_told() {
    let now = Instant::now();
    let mut session = session(now);
    session.connected(now);
    let limits = json!({"requests_in_flight": 3, "requests_per_second": 10, "requests_burst": 2});
    session.hear(now, welcome(limits, "2026-11-24T09:00:00Z"));
    settle(&mut session);
    session.frames.clear();
    for _ in 0..5 {
        session.ask(now, Command::Sync { reply: oneshot::channel().0 });
    }
    assert_eq!(session.frames.len(), 2, "the burst");
    let next = now + SECOND / 10;
    assert_eq!(session.deadline(now), Some(next));
    session.tick(next);
    assert_eq!(session.frames.len(), 3);
    session.tick(now + SECOND);
    assert_eq!(session.frames.len(), 3, "three are in flight");
    session.hear(now + SECOND, frame(json!({"type": "ok", "re": 2})));
    assert_eq!(session.frames.len(), 4);
}

#[test]
fn more_than_may_wait_is_refused_at_once() {
    let now = Instant::now();
    let mut session = session(now);
    session.waiting_max = 2;
    let _kept = [post(&mut session, now, "1"), post(&mut session, now, "2")];
    let mut third = post(&mut session, now, "3");
    settle(&mut session);
    assert!(matches!(third.try_recv(), Ok(Err(ClientError::Full(2)))));
}

#[test]
fn a_write_longer_than_a_frame_is_refused_here_since_the_broker_would_close_for_good() {
    let now = Instant::now();
    let mut session = session(now);
    open(&mut session, now);
    let mut outcome = post(&mut session, now, &"x".repeat(70_000));
    settle(&mut session);
    assert!(matches!(outcome.try_recv(), Ok(Err(ClientError::Refused(_)))));
    assert!(session.frames.is_empty());
    post(&mut session, now, "short");
    assert_eq!(said(&mut session)[0]["text"], json!("short"));
}

#[test]
fn a_pause_without_a_time_backs_off_and_one_with_a_time_keeps_it() {
    let now = Instant::now();
    let mut session = session(now);
    open(&mut session, now);
    let _outcome = post(&mut session, now, "hi");
    let first = said(&mut session).remove(0);
    let refuse = |re: &Value, after: Value| {
        frame(json!({"type": "error", "re": re, "code": "busy", "message": "",
            "temporary": true, "retry_after_ms": after}))
    };
    session.hear(now, refuse(&first["id"], json!(1500)));
    assert_eq!(session.deadline(now), Some(now + 3 * SECOND / 2));
    session.tick(now + 3 * SECOND / 2);
    let second = said(&mut session).remove(0);
    assert_eq!(second["cmid"], first["cmid"]);
    session.hear(now + 2 * SECOND, refuse(&second["id"], Value::Null));
    assert!(session.deadline(now).is_some_and(|at| at <= now + 3 * SECOND));
}

#[test]
fn presence_is_restated_with_the_time_of_its_change_unless_overtaken() {
    let now = Instant::now();
    let mut session = session(now);
    open(&mut session, now);
    let (reply, _outcome) = oneshot::channel();
    let status = crate::protocol::view::Status::Online;
    let told = Monitoring { status, targets: vec![], ticket_queues: None };
    session.ask(now + 5 * SECOND, Command::SetPresence { told, reply });
    let told = said(&mut session).remove(0);
    assert_eq!(told.get("at"), None, "right now is the broker's to say");
    session.lost(now + 6 * SECOND, close_code(1006));
    session.tick(now + 60 * SECOND);
    session.connected(now + 60 * SECOND);
    session.hear(now + 60 * SECOND, welcome(json!({}), "2026-11-24T09:00:00Z"));
    let restated = said(&mut session).remove(1);
    assert_eq!(restated["type"], json!("presence.set"));
    assert_eq!(restated["at"], json!("2026-11-24T10:00:05Z"));

    session.lost(now + 61 * SECOND, close_code(1006));
    session.tick(now + 120 * SECOND);
    session.connected(now + 120 * SECOND);
    settle(&mut session);
    session.hear(now + 120 * SECOND, welcome(json!({}), "2026-11-24T10:00:07Z"));
    assert_eq!(said(&mut session).len(), 1, "only hello");
    assert!(settle(&mut session).iter().any(|event| matches!(event, Event::Presence(_))));
}

#[test]
fn nothing_is_asked_of_a_closed_session() {
    let now = Instant::now();
    let mut session = session(now);
    let mut before = post(&mut session, now, "before");
    session.ask(now, Command::Close);
    let mut after = post(&mut session, now, "after");
    settle(&mut session);
    for outcome in [&mut before, &mut after] {
        assert!(matches!(outcome.try_recv(), Ok(Err(ClientError::Closed(CloseReason::ByApp)))));
    }
}

#[test]
fn an_answer_comes_after_the_events_before_it_and_waits_for_them() {
    let now = Instant::now();
    let mut session = session(now);
    open(&mut session, now);
    let _outcome = post(&mut session, now, "hi");
    let id = said(&mut session).remove(0)["id"].clone();
    session.hear(now, frame(json!({"type": "list.snapshot", "rows": []})));
    session.hear(
        now,
        frame(json!({"type": "ok", "re": id, "chat": ChatId(1), "seq": 2, "eid": Eid(2)})),
    );
    assert!(session.next_delivery(false).is_none(), "no room for the event: no answer either");
    assert!(matches!(session.next_delivery(true), Some(Delivery::Event(_))));
    assert!(matches!(session.next_delivery(false), Some(Delivery::Answer(_))));
}
