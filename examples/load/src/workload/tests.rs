//! Every workload, small, against the real relay and against a fake broker that speaks the
//! protocol's own types: what is tested is this tool, not either server.

mod fake_broker;

use std::time::Duration;

use super::*;
use crate::relay;
use crate::server::Desk;
use fake_broker::FakeBroker;

const SMALL: [Workload; 4] = [
    Workload::Pingpong { chats: 5, idle: 3 },
    Workload::Paced { chats: 20 },
    Workload::Idle { connections: 10 },
    Workload::Watchers { watchers: 7, rings_per_second: 50 },
];

const WINDOW: Window =
    Window { warm_up: Duration::from_millis(50), measured: Duration::from_millis(800) };

fn on_one_thread(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build_local(tokio::runtime::LocalOptions::default())
        .unwrap()
        .block_on(test);
}

fn relay_here() -> Server {
    let listener = relay::bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = listener.local_addr().unwrap();
    tokio::task::spawn_local(relay::serve(listener));
    Server { address, pid: std::process::id(), cluster: None, desk: None }
}

async fn broker_here(broker: FakeBroker) -> Server {
    let desk = Desk {
        admin: None,
        origin: crate::bench::ORIGIN.to_owned(),
        widget: crate::bench::WIDGET.to_owned(),
        queue: crate::bench::QUEUE.to_owned(),
        tokens: (0..4).map(|number| format!("token-{number}")).collect(),
    };
    let (address, pid) = (broker.start().await, std::process::id());
    Server { address, pid, cluster: None, desk: Some(desk) }
}

fn judge(workload: Workload, outcome: &Outcome) {
    assert_eq!(outcome.workload, workload.to_string());
    assert_eq!(outcome.connections, workload.connections());
    if matches!(workload, Workload::Idle { .. }) {
        assert!(outcome.bytes_per_idle_connection.is_some());
        assert_eq!((outcome.delivered, outcome.p50_ms), (0, None));
        return;
    }
    assert!(outcome.delivered > 0, "{outcome:?}");
    let quantiles = [outcome.p50_ms, outcome.p99_ms, outcome.p999_ms].map(Option::unwrap);
    assert!(quantiles.is_sorted(), "{outcome:?}");
}

#[test]
fn every_workload_measures_the_relay() {
    on_one_thread(async {
        let server = relay_here();
        for workload in SMALL {
            judge(workload, &workload.run(&server, WINDOW).await.unwrap());
        }
    });
}

#[test]
fn every_workload_measures_a_server_that_speaks_the_protocol() {
    on_one_thread(async {
        for workload in SMALL {
            let server = broker_here(FakeBroker::default()).await;
            judge(workload, &workload.run(&server, WINDOW).await.unwrap());
        }
    });
}

#[test]
fn a_paced_run_delivers_what_was_due_and_no_more() {
    on_one_thread(async {
        let window = Window { measured: Duration::from_secs(1), ..WINDOW };
        let outcome = SMALL[1].run(&relay_here(), window).await.unwrap();
        // 40 a second; a stall of this machine may move a few over the window's edge.
        assert!((20..60).contains(&outcome.delivered), "{outcome:?}");
    });
}

#[test]
fn a_refused_request_voids_the_run_and_says_why() {
    on_one_thread(async {
        let server = broker_here(FakeBroker::taking(20)).await;
        let error = SMALL[0].run(&server, WINDOW).await.unwrap_err().to_string();
        assert!(error.contains("rate_limited"), "{error}");
    });
}

#[test]
fn a_lost_message_voids_a_paced_run() {
    on_one_thread(async {
        let server = broker_here(FakeBroker::losing()).await;
        let error = SMALL[1].run(&server, WINDOW).await.unwrap_err().to_string();
        assert!(error.contains("arrived"), "{error}");
    });
}

#[test]
fn a_server_that_is_not_there_is_named() {
    on_one_thread(async {
        let server = Server { address: "127.0.0.1:1".parse().unwrap(), ..relay_here() };
        let error = SMALL[0].run(&server, WINDOW).await.unwrap_err().to_string();
        assert!(error.contains("no server at 127.0.0.1:1"), "{error}");
    });
}
