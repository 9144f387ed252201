//! A server of a test's own, on a socket file: no port is taken. Stopped by its process id.

use std::ffi::OsString;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::{Server, ServerError};
use crate::config::RedisSettings;
use crate::config::written::RedisDurability;

pub(crate) struct TestServer {
    process: Option<Child>,
    folder: tempfile::TempDir,
}

impl TestServer {
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let process = Some(run(folder.path()));
        Self { process, folder }
    }

    /// Starts it again, with what it kept.
    pub(crate) fn start_again(&mut self) {
        self.process = Some(run(self.folder.path()));
    }

    pub(crate) fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    /// What it has written so far.
    pub(crate) fn written(&self) -> Vec<(OsString, Vec<u8>)> {
        let files = std::fs::read_dir(self.folder.path().join("appendonlydir")).unwrap();
        let files = files.map(|file| {
            let file = file.unwrap();
            (file.file_name(), std::fs::read(file.path()).unwrap())
        });
        files.collect()
    }

    /// Puts an earlier state in the place of what it has written, while it does not run.
    pub(crate) fn put_back(&self, earlier: &[(OsString, Vec<u8>)]) {
        assert!(self.process.is_none(), "it runs");
        let folder = self.folder.path().join("appendonlydir");
        std::fs::remove_dir_all(&folder).unwrap();
        std::fs::create_dir(&folder).unwrap();
        for (name, bytes) in earlier {
            std::fs::write(folder.join(name), bytes).unwrap();
        }
    }

    fn url(&self) -> String {
        format!("redis+unix://{}", self.folder.path().join("redis.sock").display())
    }

    /// A broker's way to it.
    pub(crate) fn open(&self, node: u64) -> Result<Server, ServerError> {
        self.open_as(node, RedisDurability::Async)
    }

    pub(crate) fn open_as(
        &self,
        node: u64,
        durability: RedisDurability,
    ) -> Result<Server, ServerError> {
        let settings =
            RedisSettings { url: self.url(), user: None, password_file: None, durability };
        Server::open(&settings, node)
    }

    /// Whether any of its files holds these bytes.
    pub(crate) fn files_hold(&self, needle: &[u8]) -> bool {
        let files = std::fs::read_dir(self.folder.path().join("appendonlydir")).unwrap();
        files
            .map(|file| std::fs::read(file.unwrap().path()).unwrap_or_default())
            .any(|bytes| bytes.windows(needle.len()).any(|it| it == needle))
    }

    /// A plain client.
    pub(crate) fn client(&self) -> ::redis::Connection {
        ::redis::Client::open(self.url()).unwrap().get_connection().unwrap()
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.kill();
    }
}

fn run(folder: &Path) -> Child {
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
    std::thread::spawn(move || said.for_each(drop));
    process
}
