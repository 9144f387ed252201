//! Conversation scripts: `.chat` files, played against a running broker through the SDK.
//!
//! A script tells who does what and what reaches whom. It is strict: what reaches a named person
//! and is not in the script fails it. `docs/scripts.md` is the language.
//!
//! `script` (what a script says) <- `parse`, `cast` (reading it) <- `watch` (pure: what reached one
//! person, against what the script says) <- `play` (the only part with connections, through either
//! `sdk`), `clock`, `report`. Not here: any rule of the broker's business, any test of ours.

mod cast;
mod clock;
mod parse;
mod play;
mod report;
mod script;
mod sdk;
mod watch;

pub use cast::{Cast, Role};
pub use clock::{ClockControl, ClockError};
pub use parse::{CHECKS, Form, SIGHTS, STEPS, ScriptError, SightForm};
pub use play::{Lookup, Narrator, Progress, Restart, Stage, play};
pub use report::{Failure, Outcome};
pub use script::{
    Act, Answer, Closing, Ending, Happening, Line, ListOf, Name, Next, Offered, Script, Sight,
    Step, Who,
};
pub use sdk::{Player, Sdk};
