//! ADAPTER: secrets in memory, for simulations, tests and `engine = "memory"`: gone with the
//! process.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use deskbell_domain::chat::event::Digest;
use deskbell_protocol::ids::{SessionId, UserId};
use jiff::Timestamp;

use super::{Everything, Keys, MintedToken, Secrets, SecretsError, SecretsFuture};

/// See the module.
#[derive(Debug)]
pub struct MemorySecrets {
    keys: Arc<Keys>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    hashes: BTreeMap<UserId, String>,
    links: BTreeMap<Digest, (UserId, Timestamp)>,
    minted: Vec<MintedToken>,
    ended: BTreeMap<SessionId, Timestamp>,
    #[cfg(test)]
    refuses: bool,
}

impl MemorySecrets {
    /// Nothing but keys.
    pub fn new(keys: Keys) -> Self {
        Self { keys: Arc::new(keys), state: Mutex::default() }
    }

    /// Whether it takes the ends of sessions.
    #[cfg(test)]
    pub(crate) fn refuse(&self, refuses: bool) {
        self.state().refuses = refuses;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nothing panics while it holds the secrets")
    }
}

fn ready<T: Send + 'static>(value: T) -> SecretsFuture<T> {
    Box::pin(std::future::ready(Ok::<T, SecretsError>(value)))
}

impl Secrets for MemorySecrets {
    fn keys(&self) -> Arc<Keys> {
        Arc::clone(&self.keys)
    }

    fn password_hash(&self, user: UserId) -> SecretsFuture<Option<String>> {
        ready(self.state().hashes.get(&user).cloned())
    }

    fn set_password_hash(&self, user: UserId, phc: String) -> SecretsFuture<()> {
        let mut state = self.state();
        state.links.retain(|_, (owner, _)| *owner != user);
        state.hashes.insert(user, phc);
        ready(())
    }

    fn create_link(&self, user: UserId, digest: Digest, expires: Timestamp) -> SecretsFuture<()> {
        let mut state = self.state();
        state.links.retain(|_, (owner, _)| *owner != user);
        state.links.insert(digest, (user, expires));
        ready(())
    }

    fn take_link(&self, digest: Digest, now: Timestamp) -> SecretsFuture<Option<UserId>> {
        let link = self.state().links.remove(&digest);
        ready(link.filter(|(_, expires)| *expires > now).map(|(user, _)| user))
    }

    fn hashes_and_links(&self, now: Timestamp) -> SecretsFuture<Everything> {
        let state = self.state();
        let hashes = state.hashes.iter().map(|(user, phc)| (user.clone(), phc.clone())).collect();
        let open = state.links.iter().filter(|(_, (_, expires))| *expires > now);
        let links = open.map(|(digest, (user, expires))| (user.clone(), *digest, *expires));
        let links = links.collect();
        ready(Everything { hashes, links, ..Everything::default() })
    }

    fn record_tokens(&self, minted: Vec<MintedToken>) -> SecretsFuture<()> {
        self.state().minted.extend(minted);
        ready(())
    }

    fn minted_tokens(&self, now: Timestamp) -> SecretsFuture<Vec<MintedToken>> {
        let state = self.state();
        ready(state.minted.iter().filter(|token| token.expires > now).cloned().collect())
    }

    fn end_session(&self, session: SessionId, until: Timestamp) -> SecretsFuture<()> {
        #[cfg(test)]
        if self.state().refuses {
            let away = SecretsError::Unavailable("told to refuse".into());
            return Box::pin(std::future::ready(Err(away)));
        }
        self.state().ended.insert(session, until);
        ready(())
    }

    fn ended_sessions(&self, now: Timestamp) -> SecretsFuture<Vec<(SessionId, Timestamp)>> {
        let mut state = self.state();
        state.ended.retain(|_, until| *until > now);
        ready(state.ended.iter().map(|(session, until)| (*session, *until)).collect())
    }
}
