//! Disposable read models: derived from the log, never stored, rebuilt at every start.

pub mod desk;
