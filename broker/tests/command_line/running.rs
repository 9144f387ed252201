//! Commands while a broker has the store open: through the socket file.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::sync::Arc;

use arc_swap::ArcSwap;
use deskbell::admin::{AdminState, DirectoryFault, DirectoryPort, router, socket};
use deskbell::log::sqlite::SqliteLog;
use deskbell::secrets::sqlite::SqliteSecrets;
use deskbell::world::{SystemChance, SystemClock};
use deskbell_domain::directory::command::Command;
use deskbell_domain::directory::decide::decide_all;
use deskbell_domain::directory::{Directory, file};
use deskbell_protocol::ids::Target;
use futures_util::future::BoxFuture;
use serde_json::json;

use crate::shell::{CHAT, Desk, hold_a_chat};

/// A directory that is only in memory: what the broker's own is, is not at stake here.
struct InMemory(ArcSwap<Directory>);

impl DirectoryPort for InMemory {
    fn apply(&self, commands: Vec<Command>) -> BoxFuture<'static, Result<u64, DirectoryFault>> {
        let mut directory = Directory::clone(&self.0.load());
        let answer = decide_all(&directory, commands).map(|events| {
            directory.evolve_all(&events);
            let version = directory.version;
            self.0.store(Arc::new(directory));
            version
        });
        Box::pin(std::future::ready(answer.map_err(DirectoryFault::Refused)))
    }

    fn snapshot(&self) -> Arc<Directory> {
        self.0.load_full()
    }

    fn online(&self, _: &Target) -> bool {
        true
    }

    fn all_away(&self, target: &Target) -> bool {
        matches!(target, Target::Coop(_))
    }

    fn is_running(&self) -> bool {
        true
    }
}

/// Serves the desk's store from a thread of this test, as a broker would, for as long as it runs.
fn serve(desk: &Desk) {
    let text = desk.run(&["directory", "export"]).done();
    let wanted = file::parse(&text, &|_| true).unwrap();
    let log = Arc::new(SqliteLog::open(&desk.store()).unwrap());
    hold_a_chat(&log);
    let state = AdminState {
        secrets: Arc::new(SqliteSecrets::open(&desk.store()).unwrap()),
        directory: Arc::new(InMemory(ArcSwap::from_pointee(wanted.directory().clone()))),
        care: Arc::clone(&log) as _,
        log,
        clock: Arc::new(SystemClock::new()),
        chance: Arc::new(SystemChance),
    };
    let store = desk.store();
    let (bound, is_bound) = std::sync::mpsc::sync_channel(1);
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async move {
            let listener = socket::bind(&store).unwrap();
            bound.send(()).unwrap();
            socket::serve(listener, router(state)).await.unwrap();
        });
    });
    is_bound.recv().unwrap();
}

#[test]
fn every_command_works_through_a_running_broker() {
    let desk = Desk::initialized();
    serve(&desk);
    let out = desk.run(&["check"]).done();
    assert!(out.contains("open in a running broker"), "{out}");
    desk.run_with(&["user", "password", "maya"], "correct horse\n").done();
    assert_eq!(desk.run(&["token", "mint", "maya", "--count", "2"]).done().lines().count(), 2);
    assert_eq!(desk.run(&["log", "show", &CHAT.to_string()]).done().lines().count(), 2);
    assert!(desk.run(&["log", "verify"]).done().contains("are as written"));
    assert!(desk.run(&["backup", "desk.db"]).done().contains("all verified"));
    desk.write("cedar.toml", "[institutions.cedar]\nname = 'Cedar'\ntime_zone = 'UTC'\n");
    assert!(desk.run(&["directory", "apply", "cedar.toml"]).done().contains("applied"));
    assert!(desk.run(&["directory", "export"]).done().contains("[institutions.cedar]"));
    desk.write(
        "ask.toml",
        "[institutions.cedar]\nname = 'Cedar'\ntime_zone = 'UTC'\n[coops.tri]\nname = 'Tri'\n\
         [coops.tri.members.cedar]\ncontributing = true\n[widgets.ask]\n\
         institution = 'cedar'\nname = 'Ask'\noptions = ['coop/tri']\n",
    );
    desk.run(&["directory", "apply", "ask.toml"]).done();
    let told = desk.run(&["explain", "ask"]).done();
    assert!(told.contains("rings at once") && told.contains("everybody there is away"), "{told}");
}

#[test]
fn a_broker_serves_takes_commands_and_stops_when_told() {
    let desk = Desk::initialized();
    let mut broker = Broker::start(&desk);
    assert!(desk.run(&["check"]).done().contains("open in a running broker"));
    desk.write("cedar.toml", "[institutions.cedar]\nname = 'Cedar'\ntime_zone = 'UTC'\n");
    assert!(desk.run(&["directory", "apply", "cedar.toml"]).done().contains("applied"));
    assert!(desk.run(&["backup", "desk.db"]).done().contains("all verified"));
    let second = desk.run(&["serve"]);
    let told = second.refused(&format!("process {} has it open", broker.child.id()));
    assert!(told.contains("stop that process, or give the command to the"), "{told}");
    assert!(broker.stop());
    assert!(desk.run(&["check"]).done().contains("no broker runs"));
    assert!(desk.run(&["directory", "export"]).done().contains("[institutions.cedar]"));
}

#[test]
fn the_link_of_init_sets_the_password_that_signs_in_and_works_once() {
    let desk = Desk::empty();
    let out = desk.run(&["init", "--institution", "Birch", "--user", "maya"]).done();
    let secret = out.split("/password#").nth(1).unwrap().lines().next().unwrap();
    let broker = Broker::start(&desk);
    let (password, sign_in) = ("/v1/password", "/v1/sign-in");
    let short = json!({"secret": secret, "password": "short"});
    let (status, refused) = broker.post(password, &short);
    assert_eq!((status, &refused["code"]), (400, &json!("bad_text")), "{refused}");

    let wanted = json!({"secret": secret, "password": "correct horse"});
    let (status, granted) = broker.post(password, &wanted);
    assert_eq!(status, 200, "{granted}");
    let maya = json!({"user": "maya", "password": "correct horse"});
    let (status, granted) = broker.post(sign_in, &maya);
    assert!(status == 200 && granted["token"].is_string(), "{granted}");

    let (status, refused) = broker.post(password, &wanted);
    assert_eq!((status, &refused["code"]), (401, &json!("unauthorized")), "{refused}");
    assert!(refused["message"].as_str().unwrap().contains("ask for a new one"), "{refused}");
    let other = json!({"user": "maya", "password": "wrong horse"});
    assert_eq!(broker.post(sign_in, &other).0, 401);
}

#[test]
fn a_broker_that_others_could_listen_to_does_not_start() {
    let desk = Desk::initialized();
    let open = ["serve", "--set", "server.listen=0.0.0.0:0"];
    let told = desk.run(&open).refused("others can reach this address, and nothing encrypts it");
    for remedy in ["[tls]", "server.trusted_proxies", "server.insecure_off_loopback = true"] {
        assert!(told.contains(remedy), "{told}");
    }
    desk.run(&["check", "--set", "server.listen=0.0.0.0:0"]).refused("1 check failed");
}

#[test]
fn an_address_in_use_is_named_with_what_to_do() {
    let desk = Desk::initialized();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = format!("server.listen={}", taken.local_addr().unwrap());
    let told = desk.run(&["serve", "--set", &listen]).refused("cannot listen on 127.0.0.1:");
    assert!(told.contains("stop what uses it, or set another address"), "{told}");
}

/// The real thing, on free ports.
struct Broker {
    child: Child,
    address: String,
}

impl Broker {
    fn start(desk: &Desk) -> Self {
        let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_deskbell"))
            .args(["serve", "--set", "server.listen=127.0.0.1:0"])
            .args(["--set", "server.admin_listen=127.0.0.1:0"])
            .current_dir(desk.path())
            .env_clear()
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let ready = lines.by_ref().map(Result::unwrap).find(|line| line.contains("\"ready\""));
        let ready = ready.expect("it went away before it was ready");
        let ready: serde_json::Value = serde_json::from_str(&ready).unwrap();
        let address = ready["address"].as_str().unwrap().to_owned();
        // Read on, so that it never waits for somebody to listen.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, address }
    }

    /// Posts JSON; the status and the body.
    fn post(&self, path: &str, body: &serde_json::Value) -> (u16, serde_json::Value) {
        let body = body.to_string();
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: desk\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all((head + &body).as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, serde_json::from_str(body).unwrap())
    }

    /// Whether it stopped in order.
    fn stop(&mut self) -> bool {
        let process = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(process, rustix::process::Signal::TERM).unwrap();
        self.child.wait().unwrap().success()
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        // After `stop` there is nothing left to kill.
        let _: std::io::Result<()> = self.child.kill();
    }
}

#[test]
fn what_needs_the_store_for_itself_says_that_a_broker_runs() {
    let desk = Desk::initialized();
    serve(&desk);
    desk.run(&["backup", "desk.db"]).done();
    desk.run(&["restore", "desk.db", "--force"]).refused("a broker runs on this store: stop it");
    let init = ["init", "--institution", "Cedar", "--user", "ines"];
    desk.run(&init).refused("a broker runs on this store already");
}

#[test]
fn a_locked_store_without_a_socket_names_who_holds_it() {
    let desk = Desk::initialized();
    let _log = SqliteLog::open(&desk.store()).unwrap();
    let holder = format!("process {} has it open", std::process::id());
    desk.run(&["directory", "export"]).refused(&holder);
    desk.run(&["log", "verify"]).refused(&holder);
}
