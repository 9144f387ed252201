//! The rules of the business, and nothing else.
//!
//! Each noun is a *decider*: `decide(&state, command, context) -> Result<Vec<Event>, Refusal>` says
//! what happens or why not, `evolve(state, &event)` says what is true afterwards. Both are
//! synchronous and total. Time, chance and identity are arguments: nothing here reads a clock,
//! draws a number, awaits, logs or does IO, and the crate's dependencies keep it so.
//!
//! Map: [`chat`] from ring to end · [`routing`] who rings and why · [`directory`] institutions,
//! co-ops, people and their levels · [`access`] who may do what · [`audience`] who may see what ·
//! [`hours`] when something is open ·
//! [`coverage`] which hours nobody promised · [`staffing`] who stood where.

pub mod access;
pub mod audience;
pub mod chat;
pub mod coverage;
pub mod directory;
pub mod hours;
pub mod person;
pub mod routing;
pub mod staffing;

#[cfg(test)]
mod spec;
