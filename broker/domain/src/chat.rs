//! A chat, from its ring to its end: `Waiting` → `Active` → `Ended`, and `Active` → `Waiting` when
//! an owner stays lost.
//!
//! Read [`command`] for what can be asked, [`event`] for what can happen, [`state`] for what is
//! true, `evolve` for what an event changes, then [`decide`] for the rules. `room` keeps a chat
//! within its size, [`erasure`] names what is personal. Not here: who may see a chat at all
//! (`access`), which options ring (`routing`), and retries, which the shell answers before it asks.

pub mod command;
mod decide;
pub mod erasure;
pub mod event;
mod evolve;
mod room;
pub mod state;
pub mod summary;

pub use command::{Command, Context, Refusal, Waits};
pub use decide::decide;
pub use event::ChatEvent;
pub use state::ChatState;
pub use summary::Summary;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
