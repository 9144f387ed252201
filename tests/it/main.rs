//! The system tests: one binary, so that it is linked once. Each module is a kind of proof.
//!
//! Not here: tests of one module, which stand beside it in its crate.

mod backup;
mod bans;
mod cluster;
mod codegen;
mod codes;
mod crash;
mod desk;
mod drain;
mod full_disk;
mod metrics;
mod privacy;
mod scripted;
mod simulation;
mod tidy;
mod tls;
mod traffic;
mod typescript;
