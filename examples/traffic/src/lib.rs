//! Living traffic for a desk: from a seed, patrons ring and two colleagues answer, with the spread
//! of real library chats, so that a demo shows a desk at work.
//!
//! Pure: `talk` (what people say, from text files), `spread` (how real traffic is spread), `cast`
//! (who is there), `chance`, `deal`, `compose`, `plan` (every chat with all that is drawn for it),
//! `measured` (the spread of a plan), `lived` (what became of chats). With connections: `player`,
//! on the SDK alone, as anybody's program would be.
//!
//! Not here: load beyond what a co-op sees (`examples/load`), and claims on chats that the traffic
//! did not ring itself: a person's chat waits for a person.

mod cast;
mod chance;
mod compose;
mod deal;
mod lived;
mod measured;
mod plan;
mod player;
mod spread;
mod talk;

pub use cast::{COLLEAGUES, COOP, Colleague, Door};
pub use lived::{Ending, Lived, Tally};
pub use measured::{Figure, Measured};
pub use plan::{Claim, Drop, Plan, PlannedChat, Step, Transfer};
pub use player::{Outcome, Stage, Stop, play};
pub use talk::{Phrases, Repertoire, Side, Talk, Turn};
