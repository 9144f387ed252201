//! A chat, from its ring to its end: `Waiting` → `Active` → `Ended`, and `Active` → `Waiting` when an
//! owner stays lost.
//!
//! Read [`command`] for what can be asked, [`event`] for what can happen, [`state`] for what is
//! true, then [`decide`] for the rules. Not here: who may see a chat at all (`access`), which
//! options ring (`routing`), and retries, which the shell answers before it asks.

pub mod command;
mod decide;
pub mod event;
pub mod state;
pub mod summary;

pub use command::{Command, Context, Refusal, Waits};
pub use decide::decide;
pub use event::ChatEvent;
pub use state::ChatState;
pub use summary::Summary;
