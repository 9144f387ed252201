//! A Redis server as a process of a test's own, on a socket file: no port is taken. Stopped by its
//! process id, killed when dropped.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use deskbell::config::RedisSettings;
use deskbell::config::written::RedisDurability;
use deskbell::log::redis::RedisLog;
use deskbell::redis::Server;
use deskbell::secrets::redis::RedisSecrets;
use deskbell::secrets::{Keys, Secrets as _};
use deskbell::world::SystemChance;
use tempfile::TempDir;

use crate::broker::apart;
use crate::history::stored::Stored;
use crate::store::{self, OPERATORS};

/// Among brokers, the tests themselves: numbers of brokers are random.
const TESTS: u64 = 0;

/// A running server.
#[derive(Debug)]
pub struct Redis {
    folder: TempDir,
    durability: RedisDurability,
    process: Option<Child>,
}

impl Redis {
    /// Starts one that keeps what it acknowledges as `durability` says, with everybody's password.
    pub async fn start(durability: RedisDurability) -> Self {
        let hash = store::password_hash().await;
        let redis = Self::start_empty(durability);
        let server = redis.open().await;
        let keys = Keys::generate(&SystemChance);
        let secrets = apart(move || RedisSecrets::open(&server, Some(&keys))).await;
        let secrets = secrets.expect("secrets of a fresh store");
        for user in OPERATORS {
            let user = user.parse().expect("a user's id");
            secrets.set_password_hash(user, hash.clone()).await.expect("a password is kept");
        }
        redis
    }

    /// The same with nothing in it.
    pub fn start_empty(durability: RedisDurability) -> Self {
        let folder = tempfile::tempdir().expect("a directory for a server");
        let mut redis = Self { folder, durability, process: None };
        redis.start_again();
        redis
    }

    /// Starts it with what it kept.
    pub fn start_again(&mut self) {
        let fsync = match self.durability {
            RedisDurability::Async => "everysec",
            RedisDurability::Disk => "always",
        };
        let mut process = Command::new("redis-server")
            .args(["--port", "0", "--unixsocket", "redis.sock", "--dir", "."])
            .args(["--appendonly", "yes", "--appendfsync", fsync, "--save", ""])
            .current_dir(self.folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .expect("redis-server is there: run `make setup`");
        let said = process.stdout.take().expect("its log lines are piped");
        let mut said = BufReader::new(said).lines().map_while(Result::ok);
        assert!(said.any(|line| line.contains("eady to accept connections")), "it gets ready");
        // It is listened to until it ends, or a full pipe would stop it.
        std::thread::spawn(move || said.for_each(drop));
        self.process = Some(process);
    }

    /// Keeps a copy of what the server has on its disk now.
    pub fn remember(&self) -> TempDir {
        let copy = tempfile::tempdir().expect("a directory for a copy");
        copy_files(&self.files(), copy.path());
        copy
    }

    /// Kills the server, puts an earlier copy in the place of what it had, and starts it again:
    /// what came since was never written, as after a loss of power.
    pub fn go_back_to(&mut self, copy: &TempDir) {
        self.kill();
        std::fs::remove_dir_all(self.files()).expect("the server's files");
        std::fs::create_dir(self.files()).expect("a directory for the server's files");
        copy_files(copy.path(), &self.files());
        self.start_again();
    }

    fn files(&self) -> PathBuf {
        self.folder.path().join("appendonlydir")
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().expect("the server still runs");
            process.wait().expect("the server is gone");
        }
    }

    /// Its process id, while it runs.
    pub fn pid(&self) -> Option<u32> {
        self.process.as_ref().map(Child::id)
    }

    /// The socket file that it listens on.
    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("redis.sock")
    }

    /// SIGTERM: it writes down what it has, and ends.
    pub fn terminate(&mut self) {
        if let Some(mut process) = self.process.take() {
            signal(process.id(), "TERM");
            process.wait().expect("the server is gone");
        }
    }

    /// What one of its commands answers.
    pub async fn command(&self, words: &[&str]) -> String {
        let mut command = Command::new("redis-cli");
        command.arg("-s").arg(self.socket()).args(words);
        let answer = apart(move || command.output()).await.expect("redis-cli can be run");
        String::from_utf8_lossy(&answer.stdout).trim().to_owned()
    }

    /// `redis+unix://…`
    pub fn url(&self) -> String {
        format!("redis+unix://{}", self.socket().display())
    }

    /// Settings of a broker on it.
    pub fn settings(&self) -> Vec<String> {
        vec![
            "store.engine=redis".to_owned(),
            format!("redis.url={}", self.url()),
            format!("redis.durability={}", self.durability.as_str()),
        ]
    }

    /// A way to it.
    pub async fn open(&self) -> Server {
        let (url, durability) = (self.url(), self.durability);
        let settings = RedisSettings { url, user: None, password_file: None, durability };
        let opened = apart(move || Server::open(&settings, TESTS)).await;
        opened.expect("the server can be used")
    }

    /// All chats that it holds.
    pub async fn read(&self) -> Stored {
        let log = RedisLog::on(self.open().await, TESTS);
        Stored::read(&log).await.expect("the store can be read")
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.kill();
    }
}

fn copy_files(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).expect("files to copy") {
        let entry = entry.expect("a file to copy");
        std::fs::copy(entry.path(), to.join(entry.file_name())).expect("a copy of a file");
    }
}

/// Sends a signal, such as `STOP`, to a process of one's own.
pub fn signal(pid: u32, name: &str) {
    let sent = Command::new("kill").args([format!("-{name}"), pid.to_string()]).status();
    assert!(sent.expect("kill can be run").success(), "the process still runs");
}
