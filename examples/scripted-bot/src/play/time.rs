//! The broker's clock, as a script moves it, also over a restart.

use std::time::Duration;

use jiff::civil::{self, Weekday};
use jiff::tz::Offset;

use super::{Differs, Stage};
use crate::clock::{ClockControl, ClockError};

/// See the module.
pub(super) struct Time {
    /// None: real time, which nobody moves.
    clock: Option<ClockControl>,
}

fn stuck(error: &ClockError) -> Differs {
    Differs::new("the broker's clock moves", error.to_string())
}

impl Time {
    pub(super) fn of(stage: &Stage) -> Self {
        Self { clock: stage.clock.clone() }
    }

    pub(super) async fn advance(&self, by: Duration) -> Result<(), Differs> {
        let Some(clock) = &self.clock else { return Ok(()) };
        clock.advance(by).await.map_err(|error| stuck(&error))
    }

    /// On to the next moment that the week's clock shows so.
    pub(super) async fn advance_to(&self, day: Weekday, clock: civil::Time) -> Result<(), Differs> {
        let Some(control) = &self.clock else { return Ok(()) };
        let now = control.now().await.map_err(|error| stuck(&error))?;
        let now = Offset::UTC.to_datetime(now);
        let mut then = now.date().to_datetime(clock);
        while then < now || then.weekday() != day {
            then = then.tomorrow().map_err(|error| Differs::new("a day", error.to_string()))?;
        }
        self.advance(then.duration_since(now).unsigned_abs()).await
    }

    /// The broker is killed, and starts again when so much time has passed.
    pub(super) async fn restart(&mut self, stage: &Stage, away: Duration) -> Result<(), Differs> {
        let (Some(restart), Some(clock)) = (&stage.restart, &self.clock) else { return Ok(()) };
        let now = clock.now().await.map_err(|error| stuck(&error))?;
        let then = now.checked_add(away).map_err(|it| Differs::new("a time", it.to_string()))?;
        let clock = restart(then).await.map_err(|why| Differs::new("the broker starts", why))?;
        self.clock = Some(clock);
        Ok(())
    }
}
