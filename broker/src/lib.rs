//! The broker: everything that touches the world, around a core that does not.
//!
//! Direction inside: `edge` → `actors`, `views`; `actors` → `log`, `presence`, `secrets`, `views`.
//! Nothing is told to anyone before it is stored.

pub mod actors;
pub mod admin;
pub mod app;
pub mod cli;
pub mod config;
pub mod edge;
pub mod json;
pub mod log;
pub mod presence;
pub mod redis;
pub mod secrets;
pub mod shard;
pub mod telemetry;
pub mod views;
pub mod world;
