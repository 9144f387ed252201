//! A broker as a process: started on free ports of loopback, stopped by its process id, killed when
//! dropped.

use std::fs::File;
use std::io::{BufRead, BufReader, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use jiff::Timestamp;
use rand::RngExt;
use tokio::time::timeout;

use crate::raw;
use crate::store;

/// How long a broker may take to get ready; only a broken one takes so long.
const READY_WITHIN: Duration = Duration::from_mins(1);

/// How a broker is started.
#[derive(Debug, Clone)]
pub struct Options {
    /// Its store's directory.
    pub store: PathBuf,
    /// Where it listens; port 0 for any.
    pub listen: SocketAddr,
    /// Whether its clock moves only when told.
    pub manual_clock: bool,
    /// Where such a clock begins, if not now.
    pub clock_from: Option<Timestamp>,
    /// Further settings, `KEY=VALUE`.
    pub set: Vec<String>,
}

impl Options {
    /// On any port, with the machine's clock.
    pub fn new(store: &Path) -> Self {
        Self {
            store: store.to_owned(),
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            manual_clock: false,
            clock_from: None,
            set: Vec::new(),
        }
    }
}

/// A running broker.
#[derive(Debug)]
pub struct Broker {
    /// Where clients connect.
    pub address: SocketAddr,
    /// Where health, metrics and the manual clock are.
    pub admin_address: SocketAddr,
    child: Child,
}

/// The binary that `cargo` built next to the tests.
pub fn binary() -> PathBuf {
    let tests = std::env::current_exe().expect("the tests know where they are");
    let target = tests.parent().and_then(Path::parent).expect("tests lie in target/PROFILE/deps");
    let binary = target.join("deskbell");
    assert!(binary.exists(), "{} is missing: run `cargo build -p deskbell`", binary.display());
    binary
}

/// Where brokers of one test listen, one after the other: a port that is free now, and below those
/// that outgoing connections are given, so that none takes it while no broker listens there.
pub fn lasting_address() -> SocketAddr {
    let range = std::fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range");
    let low = range.ok().and_then(|range| range.split_whitespace().next()?.parse().ok());
    let below: u16 = low.unwrap_or(32_768);
    let mut chance = rand::rng();
    let free = std::iter::repeat_with(|| chance.random_range(10_000..below.max(10_001)))
        .take(1_000)
        .map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
        .find(|address| TcpListener::bind(address).is_ok());
    free.expect("one of a thousand ports is free")
}

/// Runs another command of the binary on a store.
pub async fn command(store: &Path, arguments: &[&str]) -> Output {
    let setting = format!("store.directory={}", store.display());
    let mut command = Command::new(binary());
    command.args(arguments).args(["--set", &setting]).stdin(Stdio::null());
    apart(move || command.output()).await.expect("the command can be run")
}

/// Does what blocks without holding up who else runs here.
pub(crate) async fn apart<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.expect("it does not panic")
}

impl Broker {
    /// Starts one as [`Self::start`] does, while clients of this thread go on.
    pub async fn start_apart(options: &Options) -> Self {
        let options = options.clone();
        apart(move || Self::start(&options)).await
    }

    /// Stops one as [`Self::terminate`] does, while clients of this thread go on.
    pub async fn terminate_apart(self) -> ExitStatus {
        apart(move || self.terminate()).await
    }

    /// Starts one and waits until it is ready. Its log lines go to `STORE/broker.log`.
    pub fn start(options: &Options) -> Self {
        let file = store::directory_file();
        let mut command = Command::new(binary());
        command.arg("serve");
        if options.manual_clock {
            command.args(["--clock", "manual"]);
            if let Some(from) = options.clock_from {
                command.args(["--clock-from", &from.to_string()]);
            }
        }
        let standard = [
            format!("store.directory={}", options.store.display()),
            format!("store.directory_file={}", file.display()),
            format!("server.listen={}", options.listen),
            "server.admin_listen=127.0.0.1:0".to_owned(),
            "server.dev=true".to_owned(),
            "log.format=json".to_owned(),
        ];
        for setting in standard.iter().chain(&options.set) {
            command.args(["--set", setting]);
        }
        let log = File::options().create(true).append(true).open(options.store.join("broker.log"));
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the broker's binary can be run");
        let lines = child.stderr.take().expect("its log lines are piped");
        let (told, ready) = mpsc::sync_channel(1);
        let mut log = log.expect("a file for log lines");
        std::thread::spawn(move || {
            for line in BufReader::new(lines).lines().map_while(Result::ok) {
                writeln!(log, "{line}").expect("log lines can be kept");
                if let Some(addresses) = addresses_in(&line) {
                    // Said once; who waited may have given up.
                    if told.try_send(addresses).is_err() {
                        return;
                    }
                }
            }
        });
        if let Ok((address, admin_address)) = ready.recv_timeout(READY_WITHIN) {
            return Self { address, admin_address, child };
        }
        drop(child.kill());
        drop(child.wait());
        let log = std::fs::read_to_string(options.store.join("broker.log"));
        panic!("the broker did not get ready:\n{}", log.unwrap_or_default());
    }

    /// `http://HOST:PORT`
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Whether it is ready, as a front would ask.
    pub async fn is_ready(&self) -> bool {
        let (status, _) = raw::http(self.admin_address, "GET /readyz", &[], "").await;
        status == 200
    }

    /// Waits until it says that it is not ready; it takes as long to say so as its server does.
    pub async fn not_ready(&self) {
        let refusing = async { while self.is_ready().await {} };
        timeout(READY_WITHIN, refusing).await.expect("it says so in time");
    }

    /// Waits until it says that it is ready.
    pub async fn ready(&self) {
        let getting_ready = async { while !self.is_ready().await {} };
        timeout(READY_WITHIN, getting_ready).await.expect("it gets ready in time");
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// SIGKILL: nothing of it gets another turn.
    pub fn kill(mut self) {
        self.child.kill().expect("the broker still runs");
        self.child.wait().expect("the broker is gone");
    }

    /// SIGTERM, and waits until it is gone.
    pub fn terminate(mut self) -> ExitStatus {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args(["-TERM", &pid]).status().expect("kill can be run");
        assert!(sent.success(), "the broker still runs");
        self.child.wait().expect("the broker is gone")
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        // It may have been stopped already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn addresses_in(line: &str) -> Option<(SocketAddr, SocketAddr)> {
    let line: serde_json::Value = serde_json::from_str(line).ok()?;
    let field = |name: &str| {
        let fields = line.get("fields").unwrap_or(&line);
        fields.get(name)?.as_str()?.parse().ok()
    };
    Some((field("address")?, field("admin_address")?))
}
