//! The command line as people use it: the real program, its output and its exit code, on a store of
//! its own, with and without a broker that has it open.
#![expect(clippy::unwrap_used, reason = "a test that cannot set its stage has failed")]

#[path = "command_line/shell.rs"]
mod shell;

#[path = "command_line/refusing.rs"]
mod refusing;
#[path = "command_line/running.rs"]
mod running;
#[path = "command_line/setup.rs"]
mod setup;
#[path = "command_line/stored.rs"]
mod stored;
