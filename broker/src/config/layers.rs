//! The three layers, merged and judged: file, environment, flags.
//!
//! What came from where is remembered, so that every message names the place that somebody has to
//! change.

use std::fmt;
use std::num::NonZeroUsize;
use std::path::Path;
use std::time::Duration;

use deskbell_domain::chat::Waits;
use deskbell_protocol::limits::Limits;

use super::raw::{LimitsRaw, RawConfig, environment_name};
use super::written::AddressRange;
use super::{Config, ConfigError, RedisSettings, TlsFiles};

/// See the module.
pub(super) struct Layers<'a> {
    raw: RawConfig,
    file: &'a str,
    text: &'a str,
    /// Keys set by the environment or a flag, with the name of what set them.
    overrides: Vec<(String, String)>,
}

impl<'a> Layers<'a> {
    pub(super) fn read(
        file: &'a str,
        text: &'a str,
        environment: impl Fn(&str) -> Option<String>,
        flags: &[(String, String)],
    ) -> Result<Self, ConfigError> {
        let raw = toml::from_str(text).map_err(|error: toml::de::Error| {
            let before = error.span().map(|span| &text[..span.start.min(text.len())]);
            let line = before.map_or(1, |before| before.matches('\n').count() + 1);
            let what = error.message().replace('\n', " ");
            let remedy = "`deskbell config docs` lists every setting";
            ConfigError { place: format!("{file}:{line}"), what: format!("{what}: {remedy}") }
        })?;
        let mut layers = Self { raw, file, text, overrides: Vec::new() };
        for setting in RawConfig::sections().iter().flat_map(|section| &section.settings) {
            if let Some(value) = environment(&environment_name(setting.key)) {
                layers.set(setting.key, &value, setting.environment())?;
            }
        }
        for (key, value) in flags {
            layers.set(key, value, format!("flag for {key}"))?;
        }
        Ok(layers)
    }

    fn set(&mut self, key: &str, value: &str, place: String) -> Result<(), ConfigError> {
        let outcome = self.raw.set(key, value).unwrap_or_else(|| {
            Err(format!("there is no setting {key:?}: `deskbell config docs` lists every one"))
        });
        outcome.map_err(|what| ConfigError { place: place.clone(), what })?;
        self.overrides.push((key.to_owned(), place));
        Ok(())
    }

    /// An error about `key`, with the place that set it.
    fn wrong(&self, key: &str, what: impl fmt::Display) -> ConfigError {
        let overridden = self.overrides.iter().rev().find(|(it, _)| it == key);
        let place = match (overridden, line_of(self.text, key)) {
            (Some((_, place)), _) => place.clone(),
            (None, Some(line)) => format!("{}:{line}", self.file),
            (None, None) => self.file.to_owned(),
        };
        ConfigError { place, what: format!("{key}: {what}") }
    }

    pub(super) fn check(&self, base: &Path) -> Result<Config, ConfigError> {
        let RawConfig { server, tls, store, redis: _, waits, limits: _, log } = &self.raw;
        let desk_origins = server.desk_origins();
        for origin in &desk_origins {
            exact_origin(origin).map_err(|what| self.wrong("server.desk_origins", what))?;
        }
        let proxies = server.trusted_proxies();
        let proxies: Result<Vec<AddressRange>, String> =
            proxies.iter().map(|it| it.parse()).collect();
        let trusted_proxies = proxies.map_err(|what| self.wrong("server.trusted_proxies", what))?;
        let tls = tls.enabled().then(|| TlsFiles {
            certificate: base.join(tls.certificate()),
            key: base.join(tls.key()),
        });
        if !server.listen().ip().is_loopback()
            && tls.is_none()
            && trusted_proxies.is_empty()
            && !server.insecure_off_loopback()
        {
            let what = "others can reach this address, and nothing encrypts it: set up [tls], name \
                        the proxy that ends TLS in server.trusted_proxies, or say \
                        server.insecure_off_loopback = true";
            return Err(self.wrong("server.listen", what));
        }
        if server.listen() == server.admin_listen() && server.listen().port() != 0 {
            let what = "is the same as server.listen: give it a port of its own";
            return Err(self.wrong("server.admin_listen", what));
        }
        let directory_file = store.directory_file();
        Ok(Config {
            listen: server.listen(),
            admin_listen: server.admin_listen(),
            desk_origins: desk_origins.into_iter().collect(),
            dev: server.dev(),
            trusted_proxies,
            tls,
            shards: shards(server.shards()),
            drain: Duration::from_secs(server.drain_seconds().into()),
            store_directory: base.join(store.directory()),
            engine: store.engine(),
            redis: self.redis(base)?,
            directory_file: Some(directory_file)
                .filter(|file| !file.as_os_str().is_empty())
                .map(|file| base.join(file)),
            waits: Waits {
                transfer_lapse: self
                    .wait("waits.transfer_lapse_seconds", waits.transfer_lapse_seconds())?,
                hand_over: self.wait("waits.hand_over_seconds", waits.hand_over_seconds())?,
                owner_grace: self.wait("waits.owner_grace_seconds", waits.owner_grace_seconds())?,
                ..Waits::default()
            },
            settling: self.settling()?,
            limits: self.limits()?,
            ping: self.ping()?,
            log_format: log.format(),
            log_level: log.level(),
        })
    }

    fn wait(&self, key: &str, seconds: u32) -> Result<Duration, ConfigError> {
        match seconds {
            1..=86_400 => Ok(Duration::from_secs(seconds.into())),
            _ => Err(self.wrong(key, "takes 1 to 86400 seconds")),
        }
    }

    fn redis(&self, base: &Path) -> Result<RedisSettings, ConfigError> {
        let redis = &self.raw.redis;
        let url = redis.url();
        let place = ["redis://", "redis+unix://"].iter().find_map(|it| url.strip_prefix(it));
        let Some(place) = place else {
            let what = format!("{url:?} is neither redis://HOST:PORT nor redis+unix:///FILE");
            return Err(self.wrong("redis.url", what));
        };
        if place.contains('@') {
            let what = "names a user or password: set redis.user, put the password into a file, \
                        and name that with redis.password_file";
            return Err(self.wrong("redis.url", what));
        }
        let password_file = Some(redis.password_file()).filter(|it| !it.as_os_str().is_empty());
        let user = Some(redis.user()).filter(|it| !it.is_empty());
        if user.is_some() && password_file.is_none() {
            let what = "needs a password: put it into a file, and name that with \
                        redis.password_file";
            return Err(self.wrong("redis.user", what));
        }
        Ok(RedisSettings {
            url,
            user,
            password_file: password_file.map(|file| base.join(file)),
            durability: redis.durability(),
        })
    }

    fn settling(&self) -> Result<Duration, ConfigError> {
        match self.raw.waits.settling_seconds() {
            seconds @ 0..=3_600 => Ok(Duration::from_secs(seconds.into())),
            _ => Err(self.wrong("waits.settling_seconds", "takes 0 to 3600 seconds")),
        }
    }

    fn ping(&self) -> Result<Duration, ConfigError> {
        match self.raw.limits.ping_ms() {
            ms @ 100..=120_000 => Ok(Duration::from_millis(ms.into())),
            _ => Err(self.wrong("limits.ping_ms", "takes 100 to 120000 milliseconds")),
        }
    }

    fn limits(&self) -> Result<Limits, ConfigError> {
        let raw: &LimitsRaw = &self.raw.limits;
        let limits = Limits {
            frame_bytes: raw.frame_bytes(),
            text_bytes: raw.text_bytes(),
            field_bytes: raw.field_bytes(),
            requests_in_flight: raw.requests_in_flight(),
            requests_per_second: raw.requests_per_second(),
            requests_burst: raw.requests_burst(),
            operator_chats: raw.operator_chats(),
            patron_chats: raw.patron_chats(),
            hello_ms: raw.hello_ms(),
            pong_ms: raw.pong_ms(),
            outbox_bytes: raw.outbox_bytes(),
            outbox_ms: raw.outbox_ms(),
        };
        for (key, value, least) in [
            ("limits.frame_bytes", limits.frame_bytes, 1024),
            ("limits.text_bytes", limits.text_bytes, 1),
            ("limits.field_bytes", limits.field_bytes, 1),
            ("limits.requests_in_flight", limits.requests_in_flight, 1),
            ("limits.requests_per_second", limits.requests_per_second, 1),
            ("limits.requests_burst", limits.requests_burst, 1),
            ("limits.operator_chats", limits.operator_chats, 1),
            ("limits.patron_chats", limits.patron_chats, 1),
            ("limits.hello_ms", limits.hello_ms, 100),
            ("limits.pong_ms", limits.pong_ms, 100),
            ("limits.outbox_bytes", limits.outbox_bytes, 64 * 1024),
            ("limits.outbox_ms", limits.outbox_ms, 100),
        ] {
            if value < least {
                return Err(self.wrong(key, format!("is {value}, and must be at least {least}")));
            }
        }
        for (key, value) in
            [("limits.text_bytes", limits.text_bytes), ("limits.field_bytes", limits.field_bytes)]
        {
            if value > limits.frame_bytes {
                let what = "does not fit into limits.frame_bytes: lower it, or raise that";
                return Err(self.wrong(key, what));
            }
        }
        Ok(limits)
    }
}

/// The line on which the file sets `key`, from 1.
fn line_of(text: &str, key: &str) -> Option<usize> {
    let (section, name) = key.split_once('.')?;
    let mut inside = String::new();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if let Some(header) = line.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
            header.trim().clone_into(&mut inside);
        }
        let written = line.split('=').next().unwrap_or_default().trim();
        if (inside == section && written == name) || (inside.is_empty() && written == key) {
            return Some(number);
        }
    }
    None
}

/// Refuses what no browser would ever send as an `Origin`.
fn exact_origin(origin: &str) -> Result<(), String> {
    let rest = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
    let host =
        rest.filter(|host| !host.is_empty() && !host.contains(['/', '*', '?', '#', '@', ' ']));
    match host {
        Some(host) if host.chars().all(|character| !character.is_ascii_uppercase()) => Ok(()),
        _ => Err(format!(
            "{origin:?} is not an exact origin: write scheme and host in lower case, and the port \
             unless it is the usual one, such as \"https://desk.example.org\""
        )),
    }
}

fn shards(asked: u32) -> NonZeroUsize {
    let asked = usize::try_from(asked).ok().and_then(NonZeroUsize::new);
    asked.or_else(|| std::thread::available_parallelism().ok()).unwrap_or(NonZeroUsize::MIN)
}
