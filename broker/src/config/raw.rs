//! Every setting, once: its name, its type, its default and what it means. The structs that a file
//! is read into, the names in the environment, `deskbell config docs` and `deskbell.example.toml`
//! all come from this table.
//!
//! Nothing is judged here but the form of a value; see `Config` for what must hold between them.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use deskbell_domain::chat::Waits;
use deskbell_protocol::limits::Limits;
use serde::Deserialize;

use super::written::{Engine, LogFormat, LogLevel, RedisDurability, Written};

/// One row of the table.
#[derive(Debug)]
pub struct Setting {
    /// `section.name`
    pub key: &'static str,
    /// Its lines of explanation.
    pub doc: Vec<&'static str>,
    /// As TOML.
    pub default: String,
}

impl Setting {
    /// Its name in the environment.
    pub fn environment(&self) -> String {
        environment_name(self.key)
    }
}

/// A group of settings.
#[derive(Debug)]
pub struct Section {
    /// As it stands in brackets.
    pub name: &'static str,
    /// Its lines of explanation.
    pub doc: Vec<&'static str>,
    /// Its rows.
    pub settings: Vec<Setting>,
}

/// `DESKBELL_` and the key in capitals, with `_` for `.`.
pub(super) fn environment_name(key: &str) -> String {
    format!("DESKBELL_{}", key.to_uppercase().replace('.', "_"))
}

macro_rules! sections {
    ($(
        $(#[doc = $about:literal])+
        $name:ident, $section:literal {
            $($(#[doc = $doc:literal])+ $field:ident: $type:ty = $default:expr;)+
        }
    )+) => {$(
        $(#[doc = $about])+
        #[derive(Debug, Clone, Default, PartialEq, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct $name {
            $($(#[doc = $doc])+ pub $field: Option<$type>,)+
        }

        impl $name {
            $($(#[doc = $doc])+ pub fn $field(&self) -> $type {
                self.$field.clone().unwrap_or_else(|| $default)
            })+

            /// Sets `name` from bare text; `None` if there is no such name.
            pub(super) fn set(&mut self, name: &str, text: &str) -> Option<Result<(), String>> {
                match name {
                    $(stringify!($field) => Some(
                        <$type>::from_text(text).map(|value| self.$field = Some(value)),
                    ),)+
                    _ => None,
                }
            }

            /// Its part of the table.
            pub(super) fn describe() -> Section {
                let settings = vec![$(Setting {
                    key: concat!($section, ".", stringify!($field)),
                    doc: vec![$($doc.trim()),+],
                    default: { let default: $type = $default; default.to_toml() },
                }),+];
                Section { name: $section, doc: vec![$($about.trim()),+], settings }
            }
        }
    )+};
}

sections! {
    /// Where the broker listens, and whom it trusts there.
    ServerRaw, "server" {
        /// The address for patrons and desks: HTTP and WebSocket.
        listen: SocketAddr = SocketAddr::from((Ipv4Addr::LOCALHOST, 8080));
        /// The address for whoever runs the broker: /livez, /readyz and /metrics. It asks for no
        /// password, so keep it on loopback or inside your network.
        admin_listen: SocketAddr = SocketAddr::from((Ipv4Addr::LOCALHOST, 8081));
        /// The pages that desks are served from, as exact origins: `["https://desk.example.org"]`.
        /// (The origins of patrons' pages stand with each widget in the directory.)
        desk_origins: Vec<String> = Vec::new();
        /// Also admit pages on localhost, for patrons and desks. For development only.
        dev: bool = false;
        /// Proxies that end TLS in front of the broker, as addresses or ranges:
        /// `["10.0.0.5", "fd00::/8"]`. With one named, the broker starts off loopback without TLS.
        /// Their `X-Forwarded-For` says where patrons are, which counts for bans; name a proxy on
        /// this machine, too, or a ban binds no address.
        trusted_proxies: Vec<String> = Vec::new();
        /// Start off loopback without TLS and without a trusted proxy. Passwords and chats then
        /// cross the network in clear.
        insecure_off_loopback: bool = false;
        /// Threads that serve connections; 0 is one for each core.
        shards: u32 = 0;
        /// How long a stopping broker lets work finish, in seconds.
        drain_seconds: u32 = 30;
    }

    /// TLS with the broker's own certificate. SIGHUP reads the files again.
    TlsRaw, "tls" {
        /// Whether the public address speaks TLS.
        enabled: bool = false;
        /// The certificate and its chain, PEM.
        certificate: PathBuf = "tls/certificate.pem".into();
        /// Its private key, PEM.
        key: PathBuf = "tls/key.pem".into();
    }

    /// Where everything is kept.
    StoreRaw, "store" {
        /// The store's directory. A relative path starts at the configuration file.
        directory: PathBuf = "store".into();
        /// "sqlite" keeps everything in that directory; "redis" on the server that [redis] names,
        /// which several brokers share; "memory" keeps nothing.
        engine: Engine = Engine::Sqlite;
        /// A directory file (institutions, people, widgets) that is read into an empty store at the
        /// first start; "" for none. Later changes go through `deskbell directory apply`.
        directory_file: PathBuf = PathBuf::new();
    }

    /// The Redis server that several brokers share, with `store.engine = "redis"`; see
    /// docs/operating.md. `deskbell serve --log redis://HOST:6379` is short for both.
    RedisRaw, "redis" {
        /// Where it is: "redis://HOST:PORT/DATABASE", or "redis+unix:///FILE". No password stands
        /// here.
        url: String = "redis://127.0.0.1:6379".into();
        /// The user to sign in as; "" for its default user.
        user: String = String::new();
        /// The file that holds the password; "" for none.
        password_file: PathBuf = PathBuf::new();
        /// What an acknowledgement means, which the server's own settings must bear out:
        /// "redis-disk" (flushed to its disk) or "redis-async" (within about a second).
        durability: RedisDurability = RedisDurability::Disk;
    }

    /// How long things may take. A widget's own waits stand with it in the directory.
    WaitsRaw, "waits" {
        /// Until a transfer that nobody claims lapses, in seconds.
        transfer_lapse_seconds: u32 = seconds(Waits::default().transfer_lapse);
        /// Until a chat that an owner hands over, and nobody takes, waits again, in seconds.
        hand_over_seconds: u32 = seconds(Waits::default().hand_over);
        /// Until a chat goes on without an owner who lost her connection, in seconds.
        owner_grace_seconds: u32 = seconds(Waits::default().owner_grace);
        /// After a start with live chats, how long nobody is counted as gone, in seconds.
        settling_seconds: u32 = 30;
    }

    /// What one connection may do. Clients are told these numbers.
    LimitsRaw, "limits" {
        /// The longest frame that a client may send.
        frame_bytes: u32 = Limits::default().frame_bytes;
        /// The longest message, note or first question.
        text_bytes: u32 = Limits::default().text_bytes;
        /// The longest of all other texts: a name, a contact, a reason, an answer.
        field_bytes: u32 = Limits::default().field_bytes;
        /// Requests without a reply yet.
        requests_in_flight: u32 = Limits::default().requests_in_flight;
        /// Sustained requests per second.
        requests_per_second: u32 = Limits::default().requests_per_second;
        /// Requests that may come at once on top.
        requests_burst: u32 = Limits::default().requests_burst;
        /// Chats that one operator's connection may follow.
        operator_chats: u32 = Limits::default().operator_chats;
        /// Live chats of one patron's visit.
        patron_chats: u32 = Limits::default().patron_chats;
        /// From connecting to a valid `hello`, in milliseconds.
        hello_ms: u32 = Limits::default().hello_ms;
        /// Between two `ping`s, in milliseconds. A session outlives its token by as much.
        ping_ms: u32 = 25_000;
        /// To answer a `ping`, in milliseconds.
        pong_ms: u32 = Limits::default().pong_ms;
        /// Unsent output at which a reader counts as too slow.
        outbox_bytes: u32 = Limits::default().outbox_bytes;
        /// Age of the oldest unsent output at which a reader counts as too slow, in milliseconds.
        outbox_ms: u32 = Limits::default().outbox_ms;
    }

    /// What the broker says about itself, on standard error. Never texts, names or addresses.
    LogRaw, "log" {
        /// "json" for machines, "text" for people.
        format: LogFormat = LogFormat::Json;
        /// "error", "warn", "info", "debug" or "trace".
        level: LogLevel = LogLevel::Info;
    }
}

/// A configuration as it is written: every setting may be missing.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RawConfig {
    /// `[server]`
    pub server: ServerRaw,
    /// `[tls]`
    pub tls: TlsRaw,
    /// `[store]`
    pub store: StoreRaw,
    /// `[redis]`
    pub redis: RedisRaw,
    /// `[waits]`
    pub waits: WaitsRaw,
    /// `[limits]`
    pub limits: LimitsRaw,
    /// `[log]`
    pub log: LogRaw,
}

impl RawConfig {
    /// Sets `key` from bare text, as the environment and flags give it.
    pub(super) fn set(&mut self, key: &str, text: &str) -> Option<Result<(), String>> {
        let (section, name) = key.split_once('.')?;
        match section {
            "server" => self.server.set(name, text),
            "tls" => self.tls.set(name, text),
            "store" => self.store.set(name, text),
            "redis" => self.redis.set(name, text),
            "waits" => self.waits.set(name, text),
            "limits" => self.limits.set(name, text),
            "log" => self.log.set(name, text),
            _ => None,
        }
    }

    /// The whole table.
    pub fn sections() -> Vec<Section> {
        vec![
            ServerRaw::describe(),
            TlsRaw::describe(),
            StoreRaw::describe(),
            RedisRaw::describe(),
            WaitsRaw::describe(),
            LimitsRaw::describe(),
            LogRaw::describe(),
        ]
    }
}

fn seconds(duration: std::time::Duration) -> u32 {
    u32::try_from(duration.as_secs()).expect("the defaults are minutes")
}
