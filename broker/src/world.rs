//! Time, chance and identity, as arguments: the one place where the broker asks the machine for
//! them. A simulation brings its own.

use deskbell_protocol::ids::{Eid, SessionId};
use futures_util::future::BoxFuture;
use jiff::Timestamp;

/// What time it is, and when it will be another.
pub trait Clock: Send + Sync + 'static {
    /// Now, in whole milliseconds.
    fn now(&self) -> Timestamp;
    /// Ready once `now` has reached `at`.
    fn sleep_until(&self, at: Timestamp) -> BoxFuture<'static, ()>;
}

/// Where random bits come from.
pub trait Chance: Send + Sync + 'static {
    /// Fills `bytes`, unpredictably outside simulations.
    fn fill(&self, bytes: &mut [u8]);

    /// A fresh event identity.
    fn eid(&self) -> Eid {
        let mut bytes = [0; 8];
        self.fill(&mut bytes);
        Eid(u64::from_le_bytes(bytes))
    }

    /// A fresh session id.
    fn session(&self) -> SessionId {
        let mut bytes = [0; 16];
        self.fill(&mut bytes);
        SessionId(u128::from_le_bytes(bytes))
    }
}
