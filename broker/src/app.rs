//! The composition root: picks the log, starts the actors, serves, drains.

use crate::config::Config;

/// Which clock conversations go by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockChoice {
    /// The machine's.
    System,
    /// One that tests move.
    Manual,
}

/// Why the broker did not start, or stopped by itself.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// Nothing to serve with.
    #[error("this build has no desk to serve")]
    NotBuilt,
}

/// Runs the broker until it is told to stop.
pub fn serve(config: Config, clock: ClockChoice) -> Result<(), AppError> {
    tracing::debug!(?config, ?clock, "asked to serve");
    Err(AppError::NotBuilt)
}
