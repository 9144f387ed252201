//! PORT: what must not be an event: keys, password hashes, single-use links, minted tokens, ended
//! sessions. Part of `backup` and `restore`; never of an export.
//!
//! What every adapter promises, and `contract.rs` checks of each:
//!
//! 1. *Nothing that opens a door is stored in clear*: passwords as argon2id, links as digests,
//!    tokens not at all (only that one was minted, and for whom).
//! 2. *A link works once.* Of any number of takers at once, one gets the user.
//! 3. *What was answered `Ok` survives a restart*, as far as the log's durability goes.
//!
//! Not here: who may do what (`domain::access`), and signing (`token`), which needs no storage.

pub mod address;
pub mod derivation;
pub mod memory;
pub mod password;
pub mod redis;
pub mod sqlite;
pub mod token;

#[cfg(test)]
mod contract;

use std::fmt;
use std::sync::Arc;

use deskbell_domain::chat::event::Digest;
use deskbell_protocol::ids::{SessionId, UserId};
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use zeroize::Zeroize;

use crate::world::Chance;

/// The store's two keys, made by `deskbell init` and never shown.
///
/// Whoever has them can sign in as anybody: they live in the store, in its backups, and here.
#[derive(Clone, PartialEq, Eq)]
pub struct Keys {
    /// Signs tokens. May be replaced: everybody then signs in again.
    pub signing: [u8; 32],
    /// Derives ids from what clients send. Must never change: retries would open second chats.
    pub store: [u8; 32],
}

impl Keys {
    /// Fresh ones.
    pub fn generate(chance: &dyn Chance) -> Self {
        let mut keys = Self { signing: [0; 32], store: [0; 32] };
        chance.fill(&mut keys.signing);
        chance.fill(&mut keys.store);
        keys
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys(not shown)")
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        self.signing.zeroize();
        self.store.zeroize();
    }
}

/// That a token was handed out by a command rather than by a sign-in. The token itself is not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MintedToken {
    /// Whom it signs in.
    pub user: UserId,
    /// Its session, by which it can be ended.
    pub session: SessionId,
    /// When it was made.
    pub issued: Timestamp,
    /// When it ends by itself.
    pub expires: Timestamp,
    /// What for, in the words of whoever made it.
    pub note: String,
}

/// All that a store keeps beside its keys, for a move to another store.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Everything {
    /// Each user's argon2id hash as a PHC string.
    pub hashes: Vec<(UserId, String)>,
    /// Links that nobody has taken.
    pub links: Vec<(UserId, Digest, Timestamp)>,
    /// Tokens that a command made.
    pub minted: Vec<MintedToken>,
    /// Sessions ended before their time.
    pub ended: Vec<(SessionId, Timestamp)>,
}

impl fmt::Debug for Everything {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Everything(not shown)")
    }
}

/// Why a secret cannot be read or kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SecretsError {
    /// Try again later.
    #[error("the store's secrets cannot be used right now: {0}")]
    Unavailable(String),
    /// `deskbell init` has not been run here.
    #[error("the store has no keys yet: run `deskbell init`")]
    NotInitialized,
    /// Replacing the keys would orphan everything derived from them.
    #[error("the store has keys already: they are never replaced by `init`")]
    AlreadyInitialized,
    /// What is stored is not what was written.
    #[error("the store's secrets are damaged ({0}): restore the last backup")]
    Damaged(String),
    /// A newer broker wrote this.
    #[error(
        "the store's secrets have format {found}, and this broker knows up to {known}: \
         upgrade the broker"
    )]
    Newer {
        /// In the store.
        found: i64,
        /// To this broker.
        known: i64,
    },
}

/// What a port method answers, later.
pub type SecretsFuture<T> = BoxFuture<'static, Result<T, SecretsError>>;

/// Reads all that `from` keeps beside its keys and is good at `now`.
pub async fn everything(from: &dyn Secrets, now: Timestamp) -> Result<Everything, SecretsError> {
    let kept = from.hashes_and_links(now).await?;
    let minted = from.minted_tokens(now).await?;
    let ended = from.ended_sessions(now).await?;
    Ok(Everything { minted, ended, ..kept })
}

/// Keeps all of it in `to`, also what is there already.
pub async fn keep(to: &dyn Secrets, all: Everything) -> Result<(), SecretsError> {
    let now = Timestamp::MIN;
    let known: Vec<_> = to.minted_tokens(now).await?.into_iter().map(|it| it.session).collect();
    let Everything { hashes, links, minted, ended } = all;
    for (user, phc) in hashes {
        to.set_password_hash(user, phc).await?;
    }
    // After the passwords, which withdraw links.
    for (user, digest, expires) in links {
        to.create_link(user, digest, expires).await?;
    }
    let fresh = minted.into_iter().filter(|it| !known.contains(&it.session)).collect();
    to.record_tokens(fresh).await?;
    for (session, until) in ended {
        to.end_session(session, until).await?;
    }
    Ok(())
}

/// The port. See the module for what it promises.
pub trait Secrets: Send + Sync + 'static {
    /// Read once, when the store was opened.
    fn keys(&self) -> Arc<Keys>;

    /// The user's argon2id hash as a PHC string; `None` if she has no password (yet).
    fn password_hash(&self, user: UserId) -> SecretsFuture<Option<String>>;

    /// Sets or replaces it, and withdraws her open links.
    fn set_password_hash(&self, user: UserId, phc: String) -> SecretsFuture<()>;

    /// Keeps a link by the digest of its secret, until it is taken or `expires`. An earlier link of
    /// the same user stops working.
    fn create_link(&self, user: UserId, digest: Digest, expires: Timestamp) -> SecretsFuture<()>;

    /// Whose link this is, if it is good at `now`; it is used up by that.
    fn take_link(&self, digest: Digest, now: Timestamp) -> SecretsFuture<Option<UserId>>;

    /// Keeps a record of tokens that a command made, all or none.
    fn record_tokens(&self, minted: Vec<MintedToken>) -> SecretsFuture<()>;

    /// Every minted token that is good at `now`, oldest first.
    fn minted_tokens(&self, now: Timestamp) -> SecretsFuture<Vec<MintedToken>>;

    /// From now on the session's tokens are refused; forgotten once the last has expired, at
    /// `until`.
    fn end_session(&self, session: SessionId, until: Timestamp) -> SecretsFuture<()>;

    /// Sessions ended before their time, each with when it may be forgotten.
    fn ended_sessions(&self, now: Timestamp) -> SecretsFuture<Vec<(SessionId, Timestamp)>>;

    /// Users' hashes and open links that are good at `now`; the rest of [`Everything`] has calls of
    /// its own.
    fn hashes_and_links(&self, now: Timestamp) -> SecretsFuture<Everything>;
}
