//! Disposable read models: derived from the log, never stored, rebuilt at every start.

pub mod claims;
pub mod desk;
