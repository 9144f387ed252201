//! `deskbell serve`

use clap::{Args, ValueEnum};
use jiff::Timestamp;

use super::hours::moment;
use super::{CliError, Settings};
use crate::app::{self, ClockChoice};
use crate::telemetry;

/// Run the broker until it is told to stop.
#[derive(Debug, Args)]
#[command(after_help = "\
SIGTERM or Ctrl-C drains: clients are told to come back, and everything said is kept.
SIGHUP reads the certificate again.

Examples:
  deskbell serve --config desk/deskbell.toml
  deskbell serve --set server.listen=127.0.0.1:9000 --set log.format=text")]
pub(super) struct Serve {
    /// Which clock conversations go by; `manual` moves only when told, and is for test builds
    #[arg(long, value_enum, default_value_t = ClockFlag::System, hide_default_value = true)]
    clock: ClockFlag,
    /// Where a manual clock begins (RFC 3339)
    #[arg(long, hide = true, value_parser = moment)]
    clock_from: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ClockFlag {
    /// The machine's
    System,
    /// One that tests move
    Manual,
}

impl Serve {
    pub(super) fn run(self, settings: &Settings) -> Result<(), CliError> {
        let config = settings.load()?;
        let clock = match self.clock {
            ClockFlag::System => ClockChoice::System,
            ClockFlag::Manual if cfg!(debug_assertions) => {
                ClockChoice::Manual { from: self.clock_from }
            }
            ClockFlag::Manual => {
                let what = "--clock manual is for test builds only: leave it out";
                return Err(CliError::Refused(what.into()));
            }
        };
        // Here and not in `app`: log lines are the process's, which in tests runs many brokers.
        telemetry::start_logging(config.log_format, config.log_level)?;
        Ok(app::serve(config, clock)?)
    }
}
