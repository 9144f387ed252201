//! Passwords: argon2id, off the message path.
//!
//! A hash takes tens of milliseconds on purpose, so it runs on the blocking threads, two at once,
//! with a bounded number waiting. Whether a user exists does not show in the time an answer takes.
//! Not here: how often one may try (the edge limits that).

use std::sync::Arc;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{Error as HashError, PasswordHasher as _, PasswordVerifier as _};
use tokio::sync::{Semaphore, TryAcquireError};

use crate::world::Chance;

/// Shortest password that is accepted, in characters.
pub const PASSWORD_CHARACTERS_MIN: usize = 10;
/// Longest, in bytes: the hash would take any, but a request need not carry a book.
pub const PASSWORD_BYTES_MAX: usize = 1024;

const HASHES_AT_ONCE: usize = 2;
const HASHES_WAITING_MAX: usize = 64;

/// Compared with where there is no hash, so that an unknown user costs the same time. It has
/// the parameters of every hash made here; what it is the hash of does not matter.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$ZGVza2JlbGwtbm9ib2R5IQ$\
                      2Q8kTWjMXGIxK3S1bq2YwX1JlbXvX2Z3YWJjZGVmZ2g";

/// Why a password was not taken, or not compared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// See [`PASSWORD_CHARACTERS_MIN`].
    #[error("a password has at least {PASSWORD_CHARACTERS_MIN} characters: choose a longer one")]
    TooShort,
    /// See [`PASSWORD_BYTES_MAX`].
    #[error("a password has at most {PASSWORD_BYTES_MAX} bytes: choose a shorter one")]
    TooLong,
    /// Too many at once.
    #[error("too many people sign in at this moment: try again in a second")]
    Busy,
    /// What is stored is no hash.
    #[error("the stored password hash cannot be read: set it anew with `deskbell user password`")]
    Damaged,
}

/// Hashes and compares, a few at a time.
#[derive(Debug, Clone)]
pub struct Passwords {
    /// Those being hashed.
    running: Arc<Semaphore>,
    /// Those, and the ones waiting for them.
    admitted: Arc<Semaphore>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self {
            running: Arc::new(Semaphore::new(HASHES_AT_ONCE)),
            admitted: Arc::new(Semaphore::new(HASHES_AT_ONCE + HASHES_WAITING_MAX)),
        }
    }
}

impl Passwords {
    /// The PHC string to keep for `password`.
    pub async fn hash(
        &self,
        password: String,
        chance: &dyn Chance,
    ) -> Result<String, PasswordError> {
        acceptable(&password)?;
        let mut salt = [0; 16];
        chance.fill(&mut salt);
        self.blocking(move || {
            let hash = Argon2::default().hash_password_with_salt(password.as_bytes(), &salt);
            hash.expect("the default parameters take any salt of 16 bytes").to_string()
        })
        .await
    }

    /// Whether `password` is the one that `stored` was made from; `None`, for somebody without one,
    /// takes as long and is no.
    pub async fn verify(
        &self,
        stored: Option<String>,
        password: String,
    ) -> Result<bool, PasswordError> {
        if password.len() > PASSWORD_BYTES_MAX {
            return Ok(false);
        }
        self.blocking(move || {
            let known = stored.is_some();
            let phc = stored.unwrap_or_else(|| NOBODY.into());
            let hash = PasswordHash::new(&phc).map_err(|_| PasswordError::Damaged)?;
            match Argon2::default().verify_password(password.as_bytes(), &hash) {
                Ok(()) => Ok(known),
                Err(HashError::PasswordInvalid) => Ok(false),
                Err(_) => Err(PasswordError::Damaged),
            }
        })
        .await?
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, PasswordError> {
        let admitted = Arc::clone(&self.admitted).try_acquire_owned().map_err(|error| {
            debug_assert_eq!(error, TryAcquireError::NoPermits);
            PasswordError::Busy
        })?;
        let running = Arc::clone(&self.running).acquire_owned().await;
        let running = running.expect("this semaphore is never closed");
        let work = move || {
            let done = work();
            drop((running, admitted)); // Here, so that a caller who gives up frees nothing early.
            done
        };
        Ok(tokio::task::spawn_blocking(work).await.expect("hashing does not panic"))
    }
}

/// Whether a password may be set at all.
pub fn acceptable(password: &str) -> Result<(), PasswordError> {
    if password.chars().count() < PASSWORD_CHARACTERS_MIN {
        Err(PasswordError::TooShort)
    } else if password.len() > PASSWORD_BYTES_MAX {
        Err(PasswordError::TooLong)
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Counting;
    impl Chance for Counting {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.iter_mut().zip(1..).for_each(|(byte, value)| *byte = value);
        }
    }

    #[tokio::test]
    async fn the_right_password_is_known_and_a_wrong_one_is_not() {
        let passwords = Passwords::default();
        let hash = passwords.hash("correct horse".into(), &Counting).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert_eq!(passwords.verify(Some(hash.clone()), "correct horse".into()).await, Ok(true));
        assert_eq!(passwords.verify(Some(hash), "correct house".into()).await, Ok(false));
    }

    #[tokio::test]
    async fn somebody_without_a_password_costs_the_same_hash_and_is_refused() {
        let nobody = PasswordHash::new(NOBODY).unwrap();
        let real = Passwords::default().hash("correct horse".into(), &Counting).await.unwrap();
        let real = PasswordHash::new(&real).unwrap();
        assert_eq!(nobody.params, real.params);
        assert_eq!(Passwords::default().verify(None, "correct horse".into()).await, Ok(false));
    }

    #[tokio::test]
    async fn a_damaged_hash_is_named_and_not_taken_for_a_wrong_password() {
        let answer = Passwords::default().verify(Some("$argon2id$?".into()), "x".into()).await;
        assert_eq!(answer, Err(PasswordError::Damaged));
    }

    #[tokio::test]
    async fn a_crowd_is_told_to_come_back_instead_of_waiting_without_bound() {
        let passwords = Passwords::default();
        let held = Arc::clone(&passwords.admitted).try_acquire_many_owned(66).unwrap();
        let answer = passwords.verify(None, "correct horse".into()).await;
        assert_eq!(answer, Err(PasswordError::Busy));
        drop(held);
        assert_eq!(passwords.verify(None, "correct horse".into()).await, Ok(false));
    }

    #[test]
    fn a_password_counts_characters_and_not_bytes() {
        assert_eq!(acceptable("пароль123"), Err(PasswordError::TooShort));
        assert_eq!(acceptable("пароль1234"), Ok(()));
        assert_eq!(acceptable(&"x".repeat(1025)), Err(PasswordError::TooLong));
    }
}
