//! ADAPTER: secrets in the Redis server that several brokers share, so that a token of one is good
//! at all of them. Whoever reads that server can sign in as anybody.
//!
//! Everything stands under one tag: `keys`, `passwords`, `links` with `link_of`, `minted`, `ended`.
//! What has to happen whole happens in a script. Not here: hearing of sessions that another broker
//! ends (`presence` tells).

use std::collections::BTreeMap;
use std::sync::Arc;

use ::redis::{Cmd, FromRedisValue, cmd, pipe};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use deskbell_domain::chat::event::Digest;
use deskbell_protocol::ids::{SessionId, UserId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Everything, Keys, MintedToken, Secrets, SecretsError, SecretsFuture};
use crate::redis::{Line, Server, ServerError};

const KEYS: &str = "{secrets}:keys";
const PASSWORDS: &str = "{secrets}:passwords";
const LINKS: &str = "{secrets}:links";
const LINK_OF: &str = "{secrets}:link_of";
const MINTED: &str = "{secrets}:minted";
const ENDED: &str = "{secrets}:ended";

/// KEYS: passwords, links, `link_of`. ARGV: user, hash.
const SET_PASSWORD: &str = "\
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
local link = redis.call('HGET', KEYS[3], ARGV[1])
if link then redis.call('HDEL', KEYS[2], link) redis.call('HDEL', KEYS[3], ARGV[1]) end
return 1";

/// KEYS: links, `link_of`. ARGV: user, digest, `USER EXPIRES`.
const CREATE_LINK: &str = "\
local link = redis.call('HGET', KEYS[2], ARGV[1])
if link then redis.call('HDEL', KEYS[1], link) end
redis.call('HSET', KEYS[1], ARGV[2], ARGV[3])
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
return 1";

/// KEYS: links. ARGV: digest. Answers `USER EXPIRES`, if there is such a link.
const TAKE_LINK: &str = "\
local link = redis.call('HGET', KEYS[1], ARGV[1])
redis.call('HDEL', KEYS[1], ARGV[1])
return link";

/// See the module.
pub struct RedisSecrets {
    server: Server,
    keys: Arc<Keys>,
}

#[derive(Serialize, Deserialize)]
struct Minted {
    user: UserId,
    issued_ms: i64,
    expires_ms: i64,
    note: String,
}

impl From<ServerError> for SecretsError {
    fn from(error: ServerError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

impl RedisSecrets {
    /// The secrets of the store on `server`; one that has none gets `fresh` keys. Of brokers that
    /// come first together, one wins.
    pub fn open(server: &Server, fresh: Option<&Keys>) -> Result<Self, SecretsError> {
        let line = server.line();
        let fresh = fresh.map(|it| format!("{} {}", text_of(&it.signing), text_of(&it.store)));
        let text = server.wait_for(async move {
            let mut ask = pipe();
            if let Some(fresh) = fresh {
                ask.cmd("HSETNX").arg(KEYS).arg("1").arg(fresh).ignore();
            }
            ask.cmd("HGET").arg(KEYS).arg("1");
            line.ask::<(Option<String>,)>(&ask).await.map(|(keys,)| keys)
        })?;
        let text = text.ok_or(SecretsError::NotInitialized)?;
        let halves = text.split_once(' ').and_then(|(signing, store)| {
            Some(Keys { signing: bytes_of(signing)?, store: bytes_of(store)? })
        });
        let keys = halves.ok_or_else(|| SecretsError::Damaged("no keys".into()))?;
        Ok(Self { server: server.clone(), keys: Arc::new(keys) })
    }

    /// Asks on the server's own thread.
    fn run<T: Send + 'static, F>(
        &self,
        work: impl FnOnce(Line) -> F + Send + 'static,
    ) -> SecretsFuture<T>
    where
        F: Future<Output = Result<T, SecretsError>> + Send + 'static,
    {
        let task = self.server.spawn(work(self.server.line()));
        Box::pin(async move {
            task.await.unwrap_or_else(|error| Err(SecretsError::Unavailable(error.to_string())))
        })
    }

    fn ask<T: FromRedisValue + Send + 'static>(&self, command: Cmd) -> SecretsFuture<T> {
        self.run(async move |line| Ok(line.ask_one(&command).await?))
    }
}

impl Secrets for RedisSecrets {
    fn keys(&self) -> Arc<Keys> {
        Arc::clone(&self.keys)
    }

    fn password_hash(&self, user: UserId) -> SecretsFuture<Option<String>> {
        let mut get = cmd("HGET");
        get.arg(PASSWORDS).arg(user.as_str());
        self.ask(get)
    }

    fn set_password_hash(&self, user: UserId, phc: String) -> SecretsFuture<()> {
        let mut set = cmd("EVAL");
        set.arg(SET_PASSWORD).arg(3).arg(PASSWORDS).arg(LINKS).arg(LINK_OF);
        set.arg(user.as_str()).arg(phc);
        self.ask(set)
    }

    fn create_link(&self, user: UserId, digest: Digest, expires: Timestamp) -> SecretsFuture<()> {
        let mut create = cmd("EVAL");
        create.arg(CREATE_LINK).arg(2).arg(LINKS).arg(LINK_OF);
        create.arg(user.as_str()).arg(text_of(&digest));
        create.arg(format!("{user} {}", expires.as_millisecond()));
        self.ask(create)
    }

    fn take_link(&self, digest: Digest, now: Timestamp) -> SecretsFuture<Option<UserId>> {
        let mut take = cmd("EVAL");
        take.arg(TAKE_LINK).arg(1).arg(LINKS).arg(text_of(&digest));
        self.run(async move |line| {
            let Some(link) = line.ask_one::<Option<String>>(&take).await? else { return Ok(None) };
            let (user, expires) = link_of(&link)?;
            Ok(Some(user).filter(|_| expires > now.as_millisecond()))
        })
    }

    fn hashes_and_links(&self, now: Timestamp) -> SecretsFuture<Everything> {
        self.run(async move |line| {
            let mut get = pipe();
            get.cmd("HGETALL").arg(PASSWORDS).cmd("HGETALL").arg(LINKS);
            let (hashes, kept): (BTreeMap<String, String>, BTreeMap<String, String>) =
                line.ask(&get).await?;
            let mut all = Everything::default();
            for (user, phc) in hashes {
                all.hashes.push((user_of(&user)?, phc));
            }
            for (digest, link) in kept {
                let (user, expires) = link_of(&link)?;
                let digest = bytes_of(&digest).ok_or_else(|| damaged("a link"))?;
                all.links.push((user, digest, millisecond(expires)?));
            }
            all.links.retain(|(_, _, expires)| *expires > now);
            Ok(all)
        })
    }

    fn record_tokens(&self, minted: Vec<MintedToken>) -> SecretsFuture<()> {
        if minted.is_empty() {
            return Box::pin(std::future::ready(Ok(())));
        }
        let mut record = pipe();
        record.atomic();
        for token in minted {
            let kept = Minted {
                user: token.user,
                issued_ms: token.issued.as_millisecond(),
                expires_ms: token.expires.as_millisecond(),
                note: token.note,
            };
            let kept = serde_json::to_string(&kept).expect("texts and numbers only");
            record.cmd("HSET").arg(MINTED).arg(token.session.to_string()).arg(kept).ignore();
        }
        self.run(async move |line| Ok(line.ask(&record).await?))
    }

    fn minted_tokens(&self, now: Timestamp) -> SecretsFuture<Vec<MintedToken>> {
        self.run(async move |line| {
            let mut get = cmd("HGETALL");
            get.arg(MINTED);
            let all: BTreeMap<String, String> = line.ask_one(&get).await?;
            let mut tokens = Vec::new();
            for (session, text) in all {
                let kept: Minted = serde_json::from_str(&text)
                    .map_err(|error| SecretsError::Damaged(error.to_string()))?;
                if kept.expires_ms > now.as_millisecond() {
                    tokens.push(MintedToken {
                        user: kept.user,
                        session: session_of(&session)?,
                        issued: millisecond(kept.issued_ms)?,
                        expires: millisecond(kept.expires_ms)?,
                        note: kept.note,
                    });
                }
            }
            tokens.sort_by_key(|it| (it.issued, it.session));
            Ok(tokens)
        })
    }

    fn end_session(&self, session: SessionId, until: Timestamp) -> SecretsFuture<()> {
        let mut end = cmd("HSET");
        end.arg(ENDED).arg(session.to_string()).arg(until.as_millisecond());
        self.ask(end)
    }

    fn ended_sessions(&self, now: Timestamp) -> SecretsFuture<Vec<(SessionId, Timestamp)>> {
        self.run(async move |line| {
            let mut get = cmd("HGETALL");
            get.arg(ENDED);
            let all: BTreeMap<String, i64> = line.ask_one(&get).await?;
            let (mut ended, mut over) = (Vec::new(), Vec::new());
            for (session, until) in all {
                if until > now.as_millisecond() {
                    ended.push((session_of(&session)?, millisecond(until)?));
                } else {
                    over.push(session);
                }
            }
            if !over.is_empty() {
                let mut forget = cmd("HDEL");
                forget.arg(ENDED).arg(over);
                line.ask_one::<u64>(&forget).await?;
            }
            ended.sort();
            Ok(ended)
        })
    }
}

fn damaged(what: &str) -> SecretsError {
    SecretsError::Damaged(what.into())
}

fn user_of(text: &str) -> Result<UserId, SecretsError> {
    text.parse().map_err(|_| damaged("a user"))
}

/// `USER EXPIRES`
fn link_of(text: &str) -> Result<(UserId, i64), SecretsError> {
    let parts = text.split_once(' ');
    let parts = parts.and_then(|(user, at)| Some((user.parse().ok()?, at.parse().ok()?)));
    parts.ok_or_else(|| damaged("a link"))
}

fn session_of(text: &str) -> Result<SessionId, SecretsError> {
    text.parse().map_err(|_| SecretsError::Damaged(format!("{text:?} is no session")))
}

fn millisecond(ms: i64) -> Result<Timestamp, SecretsError> {
    Timestamp::from_millisecond(ms).map_err(|error| SecretsError::Damaged(error.to_string()))
}

fn text_of(bytes: &[u8; 32]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn bytes_of(text: &str) -> Option<[u8; 32]> {
    URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()
}
