//! What the system tests share: brokers as real processes on free ports, over stores made ready in
//! advance.
//!
//! Not here: any test (`it/`), and any knowledge of what the broker should do.

pub mod broker;
pub mod cluster;
pub mod crowd;
pub mod front;
pub mod history;
pub mod raw;
pub mod redis;
pub mod seed;
pub mod sim_world;
pub mod store;
