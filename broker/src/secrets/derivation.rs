//! What is derived from keys and secrets, always the same way: ids that make retries safe, digests
//! that prove without revealing, and fingerprints of requests.
//!
//! Each use of a key is separated by a label, so that no derivation can stand for another.

use std::fmt;
use std::hash::Hasher as _;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use deskbell_domain::chat::event::Digest;
use deskbell_protocol::ids::{ChatId, Cmid, SessionId};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use siphasher::sip::SipHasher13;

use super::Keys;
use crate::world::Chance;

/// 256 random bits, as text, that prove a right: a patron's to return, a link's to set a password.
/// Handed out once; only its digest is ever kept.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// A fresh one.
    pub fn generate(chance: &dyn Chance) -> Self {
        let mut bytes = [0; 32];
        chance.fill(&mut bytes);
        Self(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// For its holder, and nobody else.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is kept of it.
    pub fn digest(&self) -> Digest {
        secret_digest(&self.0)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(not shown)")
    }
}

/// The digest of a secret as its holder shows it.
pub fn secret_digest(secret: &str) -> Digest {
    Sha256::digest(secret.as_bytes()).into()
}

/// The digest of a session id: who may act as a chat's patron, without naming the session.
pub fn session_digest(session: SessionId) -> Digest {
    let hash = Sha256::new().chain_update(b"session").chain_update(session.0.to_be_bytes());
    hash.finalize().into()
}

/// The id of the chat that this session opens by this request. The same request opens the same
/// chat, so that a retry finds it; nobody without the key can aim at another's.
pub fn chat_id(keys: &Keys, session: SessionId, cmid: Cmid) -> ChatId {
    let tag = keyed(&keys.store, &[b"chat", &session.0.to_be_bytes(), cmid.0.as_bytes()]);
    let (first, _) = tag.split_first_chunk::<16>().expect("a tag has 32 bytes");
    ChatId(u128::from_be_bytes(*first))
}

/// Fingerprints requests, so that another body under a used `cmid` is noticed.
#[derive(Clone)]
pub struct Fingerprints([u8; 16]);

impl Fingerprints {
    /// Those of this store.
    pub fn new(keys: &Keys) -> Self {
        let tag = keyed(&keys.store, &[b"fingerprint"]);
        Self(*tag.split_first_chunk::<16>().expect("a tag has 32 bytes").0)
    }

    /// The fingerprint of a request, to be fed with what a retry repeats: its kind and its fields,
    /// not its `id`.
    pub fn begin(&self) -> Fingerprint {
        Fingerprint(SipHasher13::new_with_key(&self.0))
    }
}

/// A fingerprint under way. Fields are kept apart by a byte that no text contains.
pub struct Fingerprint(SipHasher13);

impl Fingerprint {
    /// Takes in a field.
    pub fn add(&mut self, field: &str) -> &mut Self {
        self.0.write(field.as_bytes());
        self.0.write(&[0xFF]);
        self
    }

    /// Takes in a field that may be missing.
    pub fn add_some(&mut self, field: Option<&str>) -> &mut Self {
        if let Some(field) = field {
            return self.add(field);
        }
        self.0.write(&[0xFE]);
        self
    }

    /// The fingerprint. Never 0, which stands for none.
    pub fn finish(&self) -> u64 {
        self.0.finish().max(1)
    }
}

impl fmt::Debug for Fingerprints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fingerprints(not shown)")
    }
}

/// HMAC-SHA-256 over `parts`, of which at most the last may vary in length.
pub(super) fn keyed(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = mac_of(key);
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// A MAC ready to be fed.
pub(super) fn mac_of(key: &[u8; 32]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("HMAC takes keys of any length")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(byte: u8) -> Keys {
        Keys { signing: [byte; 32], store: [byte; 32] }
    }

    #[test]
    fn a_retried_ring_names_the_same_chat_and_any_other_ring_another() {
        let (session, cmid) = (SessionId(7), Cmid(uuid::Uuid::from_u128(9)));
        let chat = chat_id(&keys(1), session, cmid);
        assert_eq!(chat, chat_id(&keys(1), session, cmid));
        assert_ne!(chat, chat_id(&keys(2), session, cmid));
        assert_ne!(chat, chat_id(&keys(1), SessionId(8), cmid));
        assert_ne!(chat, chat_id(&keys(1), session, Cmid(uuid::Uuid::from_u128(10))));
    }

    #[test]
    fn fingerprints_tell_bodies_apart_and_are_never_zero() {
        let of = |key: u8, fields: &[&str]| {
            let mut print = Fingerprints::new(&keys(key)).begin();
            for field in fields {
                print.add(field);
            }
            print.finish()
        };
        assert_eq!(of(1, &["post", "hello"]), of(1, &["post", "hello"]));
        assert_ne!(of(1, &["post", "hello"]), of(1, &["posth", "ello"]));
        assert_ne!(of(1, &["post", "hello"]), of(2, &["post", "hello"]));
        assert_ne!(of(1, &[]), 0);
    }

    #[test]
    fn neither_keys_nor_secrets_show_themselves() {
        let secret = Secret("the-secret".into());
        let shown = format!("{secret:?} {:?} {:?}", keys(1), Fingerprints::new(&keys(1)));
        assert!(!shown.contains("the-secret") && !shown.contains('1'), "{shown}");
    }
}
