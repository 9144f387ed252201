//! The system tests: one binary, so that it is linked once. Each module is a kind of proof.
//!
//! Not here: tests of one module, which stand beside it in its crate.

mod codegen;
mod codes;
mod privacy;
mod scripted;
mod tidy;
