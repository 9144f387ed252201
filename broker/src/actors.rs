//! The actors, and who tells whom.
//!
//! ```text
//!             ┌────────────── Ask ──────────────┐
//!             │                                 ▼
//!  socket → SessionActor ◄──── Notes ────── ChatActor ──► Appender ──► EventLog
//!    ▲        ▲      ▲                        │  │  ▲                      │
//!    │        │      │                  Moved │  │  │ Nudge        Settled │
//!    │        │      └──── rows ── DeskActor ◄┘  │  └──────────────────────┘
//!    │        │                        │ Put, Take
//!    │        └── RowPut, RowGone ── QueueActor  │
//!    └──────────── Outbox ◄──────── frames ──────┘
//! ```
//!
//! *Four steps.* A command is decided (pure, may be refused), appended (at the version it was
//! decided on), folded, and only then told: to the desk first, then to the readers, then to the
//! sender. One append is in flight per chat; what arrives meanwhile is decided together afterwards.
//!
//! *Order.* One receiver handles the messages of one sender in the order sent; nothing is promised
//! between two receivers. So an `ok` follows its event, and the list follows the chat's commit.
//!
//! *When one dies.* A panic in the core is caught at its boundary and the chat is rebuilt from the
//! log; three failed rebuilds quarantine it. A panic outside ends that actor alone; the registry
//! finds it dead and starts another, and who followed a chat of it is told to connect again. Nobody
//! holds state that the log cannot give back.
//!
//! Mailboxes are unbounded by nature of `do_send`, so whatever can be flooded is bounded before it:
//! requests in flight per connection, asks per chat, bytes per outbox.

pub mod appender;
pub mod audit;
pub mod chat;
pub mod desk;
pub mod directory;
pub mod elsewhere;
pub mod inbox;
pub mod node;
pub mod outbox;
pub mod queue;
pub mod receipts;
pub mod registry;
pub mod say;
pub mod session;
pub mod staffing;

#[cfg(test)]
mod tests;
