//! `deskbell explain`, `deskbell forecast`

use clap::Args;
use deskbell_protocol::ids::{CoopId, WidgetId};
use jiff::Timestamp;

use super::desk::Desk;
use super::{CliError, Settings, terminal, wait_for};
use crate::admin::wire::Lines;

/// Say who would be rung through a widget, in which order, and why each other would not.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  deskbell explain birch-home
  deskbell explain birch-home --at 2026-12-24T18:00:00Z    hours then, people now")]
pub(super) struct Explain {
    /// The widget
    widget: WidgetId,
    /// When hours are judged (RFC 3339); who monitors is judged now
    #[arg(long, value_parser = moment)]
    at: Option<Timestamp>,
}

pub(super) fn moment(text: &str) -> Result<Timestamp, String> {
    text.parse().map_err(|_| "write a time and its zone, such as 2026-12-24T18:00:00Z".to_owned())
}

/// List the hours of the next 14 days in which a co-op promises answers and nobody is due.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  deskbell forecast tri-county
  deskbell forecast tri-county --zone America/Chicago")]
pub(super) struct Forecast {
    /// The co-op
    coop: CoopId,
    /// By this clock (IANA) [default: the first member's]
    #[arg(long)]
    zone: Option<String>,
}

impl Explain {
    pub(super) fn run(self, settings: &Settings) -> Result<(), CliError> {
        let at = self.at.map_or_else(String::new, |at| format!("?at={at}"));
        show(settings, format!("/explain/{}{at}", self.widget))
    }
}

impl Forecast {
    pub(super) fn run(self, settings: &Settings) -> Result<(), CliError> {
        let zone = self.zone.map_or_else(String::new, |zone| format!("?zone={zone}"));
        show(settings, format!("/forecast/{}{zone}", self.coop))
    }
}

fn show(settings: &Settings, path: String) -> Result<(), CliError> {
    let config = settings.load()?;
    wait_for(async {
        let answer: Lines = Desk::open(&config).await?.get(&path).await?;
        answer.lines.iter().try_for_each(terminal::say)
    })
}
