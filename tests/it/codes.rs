//! Every error code and every close code, provoked over a raw socket: what a client author may meet
//! is met here first.
//!
//! `requests` refuses requests · `closes` ends connections · `before` is HTTP and the upgrade ·
//! `faults` is what a broker in trouble says.

mod before;
mod closes;
mod faults;
mod requests;

use std::sync::Arc;

use deskbell::secrets::sqlite::SqliteSecrets;
use deskbell::secrets::{Keys, Secrets as _};
use deskbell_protocol::codes::ErrorCode;
use deskbell_tests::broker::{Broker, Options};
use deskbell_tests::raw::Raw;
use deskbell_tests::store;
use serde_json::{Value, json};
use tempfile::TempDir;

/// A broker process, and its keys.
pub(crate) struct Desk {
    pub(crate) broker: Broker,
    pub(crate) keys: Arc<Keys>,
    pub(crate) store: TempDir,
}

/// Starts one with these settings.
pub(crate) async fn desk(set: &[&str]) -> Desk {
    let set: Vec<String> = set.iter().map(ToString::to_string).collect();
    let start = move || {
        let store = store::fresh();
        let keys = SqliteSecrets::open(store.path()).expect("the store has keys").keys();
        let broker = Broker::start(&Options { set, ..Options::new(store.path()) });
        Desk { broker, keys, store }
    };
    tokio::task::spawn_blocking(start).await.expect("a broker starts")
}

impl Desk {
    pub(crate) async fn operator(&self, user: &str) -> Raw {
        Raw::operator(self.broker.address, &self.keys, user).await
    }

    /// An operator who is online and monitors the co-op.
    pub(crate) async fn monitoring(&self, user: &str) -> Raw {
        let mut raw = self.operator(user).await;
        monitor(&mut raw).await;
        raw
    }

    pub(crate) async fn patron(&self) -> Raw {
        Raw::patron(self.broker.address, &self.keys, "birch-home").await
    }
}

pub(crate) async fn monitor(raw: &mut Raw) {
    let fields = json!({ "status": "online", "monitoring": ["coop/tri-county"] });
    let answer = raw.ask("presence.set", fields).await;
    assert_eq!(answer["type"], "presence", "{answer}");
}

/// Opens a chat; tells its id.
pub(crate) async fn ring(patron: &mut Raw) -> Value {
    let answer = patron.write("chat.open", json!({ "question": "Can I renew a book?" })).await;
    assert_eq!(answer["type"], "ok", "{answer}");
    answer["chat"].clone()
}

#[track_caller]
pub(crate) fn refused(answer: &Value, code: ErrorCode) {
    assert_eq!(answer["type"], "error", "{answer}");
    assert_eq!(answer["code"], code.as_str(), "{answer}");
    assert_eq!(answer["temporary"], code.temporary(), "{answer}");
}

#[track_caller]
pub(crate) fn done(answer: &Value) {
    assert_eq!(answer["type"], "ok", "{answer}");
}
