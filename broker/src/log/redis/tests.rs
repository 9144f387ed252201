//! The contract against a real server, and what only this adapter can get wrong.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use super::*;
use crate::log::contract::events::{chat, filled};
use crate::log::contract::{Subject, all, append, promises, read, scan};

/// A server of this test's own, on a socket file: no port is taken. Stopped by its process id.
struct Server {
    process: Child,
    url: String,
    folder: tempfile::TempDir,
}

impl Server {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let process = Self::run(folder.path());
        let url = format!("redis+unix://{}", folder.path().join("redis.sock").display());
        Self { process, url, folder }
    }

    fn run(folder: &std::path::Path) -> Child {
        let mut process = Command::new("redis-server")
            .args(["--port", "0", "--unixsocket", "redis.sock", "--dir", "."])
            .args(["--appendonly", "yes", "--appendfsync", "everysec", "--save", ""])
            .current_dir(folder)
            .stdout(Stdio::piped())
            .spawn()
            .expect("redis-server is there: run `make setup`");
        let mut said = BufReader::new(process.stdout.take().unwrap()).lines();
        let ready = said.any(|line| line.unwrap().contains("eady to accept connections"));
        assert!(ready, "the server ended before it was ready");
        // It is listened to until it ends, or a full pipe would stop it.
        thread::spawn(move || said.for_each(drop));
        process
    }

    fn open(&self) -> Result<Arc<dyn EventLog>, LogError> {
        RedisLog::open(&self.url).map(|log| Arc::new(log) as Arc<dyn EventLog>)
    }

    fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    fn client(&self) -> ::redis::Connection {
        Client::open(self.url.as_str()).unwrap().get_connection().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

fn subject() -> Subject {
    let server = Server::start();
    Subject { reopen: Box::new(move || server.open()), files: None }
}

promises!(subject());

#[tokio::test]
async fn a_log_says_no_more_of_an_acknowledgement_than_the_server_keeps() {
    let server = Server::start();
    assert_eq!(server.open().unwrap().durability().as_str(), "redis-async");
}

#[tokio::test]
async fn two_brokers_on_one_server_see_each_other_s_records() {
    let server = Server::start();
    let (one, other) = (server.open().unwrap(), server.open().unwrap());
    append(&*one, filled(chat(1), 0, 3)).await;
    let lost = append(&*other, filled(chat(1), 0, 1)).await;
    let Outcome::Conflict { tail, more: false } = lost else { panic!("{lost:?}") };
    assert_eq!(tail, read(&*one, chat(1)).await);
    assert_eq!(append(&*other, filled(chat(1), 3, 1)).await, Outcome::Appended { first_seq: 4 });
}

#[tokio::test]
async fn a_server_that_was_started_anew_is_told_its_scripts_again() {
    let mut server = Server::start();
    let log = server.open().unwrap();
    append(&*log, filled(chat(1), 0, 3)).await;
    let before = scan(&*log, 100).await.unwrap();
    server.kill();
    server.process = Server::run(server.folder.path());
    // The first to ask may find the old connection broken, and then nobody knows what became of
    // it: the same append is asked again, as the port says.
    let mut outcome = append(&*log, filled(chat(2), 0, 2)).await;
    while matches!(outcome, Outcome::Unknown { .. } | Outcome::Unavailable { .. }) {
        outcome = append(&*log, filled(chat(2), 0, 2)).await;
    }
    let landed = matches!(outcome, Outcome::Appended { first_seq: 1 } | Outcome::Conflict { .. });
    assert!(landed, "{outcome:?}");
    assert_eq!(read(&*log, chat(2)).await.len(), 2);
    assert_eq!(read(&*log, chat(1)).await, before[&chat(1)]);
}

#[tokio::test]
async fn without_a_server_every_answer_says_so() {
    let mut server = Server::start();
    let log = server.open().unwrap();
    append(&*log, filled(chat(1), 0, 1)).await;
    server.kill();
    let outcomes = all(&*log, vec![filled(chat(1), 1, 1), filled(chat(2), 0, 1)]).await;
    let open = |it: &Outcome| matches!(it, Outcome::Unknown { .. } | Outcome::Unavailable { .. });
    assert!(outcomes.iter().all(open), "{outcomes:?}");
    let error = log.read(chat(1), 0, 10).await.unwrap_err();
    assert!(matches!(error, LogError::Unavailable(_)), "{error}");
    assert!(server.open().is_err());
    // For the server's own end, there has to be one.
    server.process = Server::run(server.folder.path());
}

#[tokio::test]
async fn a_damaged_record_is_named_and_never_served() {
    let server = Server::start();
    let log = server.open().unwrap();
    append(&*log, filled(chat(1), 0, 3)).await;
    let mut client = server.client();
    let key = place::log(chat(1));
    let found: Entries = cmd("XRANGE").arg(&key).arg("-").arg("+").query(&mut client).unwrap();
    cmd("DEL").arg(&key).exec(&mut client).unwrap();
    for (id, fields) in found {
        let text = fields["r"].replace("message 1", "massage 1");
        cmd("XADD").arg(&key).arg(id).arg("r").arg(text).exec(&mut client).unwrap();
    }
    let error = log.read(chat(1), 0, 10).await.unwrap_err();
    assert!(matches!(error, LogError::Damaged { .. }), "{error}");
    assert!(error.to_string().contains("record 2"), "{error}");
    assert!(scan(&*log, 100).await.is_err());
}

#[tokio::test]
async fn a_record_that_was_taken_out_is_missed() {
    let server = Server::start();
    let log = server.open().unwrap();
    append(&*log, filled(chat(1), 0, 3)).await;
    let key = place::log(chat(1));
    cmd("XDEL").arg(&key).arg("2-0").exec(&mut server.client()).unwrap();
    let error = log.read(chat(1), 0, 10).await.unwrap_err();
    assert!(error.to_string().contains("record 2"), "{error}");
}
