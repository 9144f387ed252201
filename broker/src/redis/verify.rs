//! Whether a server keeps what it acknowledges as the configuration says, asked of each new
//! connection. What does not hold is named with the setting to change; nothing is changed here.
//!
//! Sources: Redis persistence (AOF, fsync policies), key eviction, and `redis.conf` of 7.0.

use std::collections::HashMap;

use ::redis::aio::MultiplexedConnection;
use ::redis::{RedisError, cmd};

use super::ServerError;
use crate::config::written::RedisDurability;

/// Older ones lack what the scripts and the verification build on.
const VERSION_MIN: (u32, u32) = (7, 0);

/// What is looked at.
const SETTINGS: [&str; 4] =
    ["appendonly", "appendfsync", "maxmemory-policy", "no-appendfsync-on-rewrite"];

pub(super) async fn verify(
    connection: &mut MultiplexedConnection,
    durability: RedisDurability,
) -> Result<(), ServerError> {
    let asked = |error: RedisError| match error.code() {
        Some("NOAUTH") => ServerError::Unfit(
            "it asks for a password: put it into a file, and name that with redis.password_file"
                .into(),
        ),
        Some("NOPERM" | "ERR") => ServerError::Unfit(format!(
            "how it keeps what it is told cannot be verified ({error}): let this user INFO and \
             CONFIG GET"
        )),
        _ => ServerError::Away(error.to_string()),
    };
    let info: String = cmd("INFO").query_async(connection).await.map_err(asked)?;
    let mut get = cmd("CONFIG");
    get.arg("GET").arg(&SETTINGS);
    let settings = get.query_async(connection).await.map_err(asked)?;
    let problems = problems(&facts(&info), &settings, durability);
    if problems.is_empty() { Ok(()) } else { Err(ServerError::Unfit(problems.join("; "))) }
}

/// The `name:value` lines of `INFO`.
fn facts(info: &str) -> HashMap<&str, &str> {
    info.lines().filter_map(|line| line.trim_end().split_once(':')).collect()
}

/// Everything that does not hold, each with what to do.
fn problems(
    facts: &HashMap<&str, &str>,
    settings: &HashMap<String, String>,
    durability: RedisDurability,
) -> Vec<String> {
    let mut problems = Vec::new();
    let version = facts.get("redis_version").copied().unwrap_or("unknown");
    let mut numbers = version.split('.').map_while(|part| part.parse::<u32>().ok());
    if (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)) < VERSION_MIN {
        let (major, minor) = VERSION_MIN;
        problems.push(format!("it is version {version}: install Redis {major}.{minor} or later"));
    }
    if facts.get("role").is_some_and(|role| *role != "master") {
        problems.push("it is a replica: name its primary in redis.url".into());
    }
    let mut needs = |name: &str, allowed: &[&str], why: &str| {
        let found = settings.get(name).map_or("unknown", String::as_str);
        if !allowed.contains(&found) {
            let wanted = allowed[0];
            problems.push(format!(
                "{name} is {found}, {why}: set `{name} {wanted}` in redis.conf and with CONFIG SET"
            ));
        }
    };
    needs("appendonly", &["yes"], "and a restart would lose what was acknowledged");
    needs("maxmemory-policy", &["noeviction"], "and chats would vanish when memory is short");
    match durability {
        RedisDurability::Async => {
            needs("appendfsync", &["everysec", "always"], "so nothing says when it is on disk");
        }
        RedisDurability::Disk => {
            let why = "but redis.durability is \"redis-disk\"";
            needs("appendfsync", &["always"], why);
            needs("no-appendfsync-on-rewrite", &["no"], why);
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(durability: RedisDurability, with: &[(&str, &str)]) -> Vec<String> {
        let mut settings: HashMap<_, _> = [
            ("appendonly", "yes"),
            ("appendfsync", "always"),
            ("maxmemory-policy", "noeviction"),
            ("no-appendfsync-on-rewrite", "no"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        let info = "# Server\r\nredis_version:7.0.15\r\n# Replication\r\nrole:master\r\n";
        let mut facts = facts(info);
        for (name, value) in with {
            match settings.get_mut(*name) {
                Some(setting) => (*value).clone_into(setting),
                None => drop(facts.insert(name, value)),
            }
        }
        problems(&facts, &settings, durability)
    }

    #[test]
    fn a_server_that_is_set_up_as_told_is_fit() {
        assert_eq!(found(RedisDurability::Disk, &[]), [""; 0]);
        let everysec = [("appendfsync", "everysec"), ("no-appendfsync-on-rewrite", "yes")];
        assert_eq!(found(RedisDurability::Async, &everysec), [""; 0]);
    }

    #[test]
    fn what_does_not_hold_is_named_with_the_setting_to_change() {
        for (name, value, remedy) in [
            ("appendonly", "no", "set `appendonly yes`"),
            ("appendfsync", "everysec", "set `appendfsync always`"),
            ("maxmemory-policy", "allkeys-lru", "set `maxmemory-policy noeviction`"),
            ("no-appendfsync-on-rewrite", "yes", "set `no-appendfsync-on-rewrite no`"),
            ("redis_version", "6.2.14", "install Redis 7.0 or later"),
            ("role", "slave", "name its primary in redis.url"),
        ] {
            let found = found(RedisDurability::Disk, &[(name, value)]);
            assert_eq!(found.len(), 1, "{name}: {found:?}");
            assert!(found[0].contains(value) || name == "role", "{found:?}");
            assert!(found[0].contains(remedy), "{found:?}");
        }
        let lax = found(RedisDurability::Async, &[("appendfsync", "no")]);
        assert!(lax[0].contains("set `appendfsync everysec`"), "{lax:?}");
    }
}
