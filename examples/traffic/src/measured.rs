//! The spread of a plan, measured, beside what is documented: for tests, and for whoever doubts.
//!
//! Not here: the documented numbers themselves (`spread.rs`).

use std::fmt;
use std::time::Duration;

use crate::plan::PlannedChat;
use crate::spread;
use crate::talk::Side;

/// One number of the spread.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// What it is.
    pub name: &'static str,
    /// As documented.
    pub documented: f64,
    /// In this plan.
    pub measured: f64,
    /// How far it may be away in a long plan, as a share of what is documented.
    pub tolerance: f64,
}

/// The figures of a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured(pub Vec<Figure>);

impl Measured {
    /// Of these chats, of which there must be some that are claimed.
    pub fn of(chats: &[PlannedChat]) -> Self {
        let claimed: Vec<&PlannedChat> = chats.iter().filter(|chat| chat.claim.is_some()).collect();
        let of_all = |which: &dyn Fn(&PlannedChat) -> bool| share(chats.iter().map(which));
        let waits = Sorted::of(claimed.iter().filter_map(|it| Some(seconds(it.claim?.after))));
        let counts = Sorted::of(claimed.iter().map(|it| count(it.steps.len())));
        let lasts = Sorted::of(claimed.iter().map(|it| seconds(it.lasts()) / 60.0));
        let steps = || claimed.iter().flat_map(|it| &it.steps);
        let lengths = |side: Side| {
            let of_side = steps().filter(|step| step.side == side);
            Sorted::of(of_side.map(|step| count(step.text.chars().count())))
        };
        let (operator, patron) = (lengths(Side::Operator), lengths(Side::Patron));
        let last = chats.last().map_or(0.0, |chat| seconds(chat.rings));
        let figure = |name, documented, measured, tolerance| Figure {
            name,
            documented,
            measured,
            tolerance,
        };
        Self(vec![
            figure("seconds between rings, mean", 143.0, last / count(chats.len()), 0.1),
            figure("rings in a burst, times the calm rate", 4.0, burst(chats), 0.15),
            figure("seconds until claimed, median", 12.0, waits.at(0.5), 0.1),
            figure("seconds until claimed, p90", 40.0, waits.at(0.9), 0.1),
            figure("messages, median", 20.0, counts.at(0.5), 0.06),
            figure("messages, p90", 36.0, counts.at(0.9), 0.06),
            figure("share of operators' messages", 0.6, share(steps().map(is_operators)), 0.1),
            figure("minutes, median", 7.0, lasts.at(0.5), 0.1),
            figure("minutes, mean", 8.5, lasts.mean(), 0.1),
            figure("characters of an operator, median", 40.0, operator.at(0.5), 0.15),
            figure("characters of a patron, median", 25.0, patron.at(0.5), 0.15),
            // What is pasted, one in a hundred, stands above the one in a hundred of all others.
            figure("characters of an operator, p98", 400.0, operator.at(0.98), 0.35),
            figure("characters of a patron, p98", 400.0, patron.at(0.98), 0.35),
            figure("share transferred", 0.075, of_all(&|it| it.transfer.is_some()), 0.25),
            figure("share with a ticket", 0.15, of_all(&|it| it.ticket.is_some()), 0.15),
            figure("share dropped", 0.08, of_all(&|it| it.drop.is_some()), 0.2),
            figure("share of dropped who return", 2.0 / 3.0, returned(chats), 0.1),
            figure("share missed", 0.03, of_all(&|it| it.claim.is_none()), 0.25),
            figure("share answered by own staff", 0.64, of_all(&|it| it.door.own.is_some()), 0.05),
        ])
    }

    /// Those that are further away than they may be.
    pub fn off(&self) -> Vec<&Figure> {
        let far = |it: &&Figure| (it.measured / it.documented - 1.0).abs() > it.tolerance;
        self.0.iter().filter(far).collect()
    }
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:40}{:>12}{:>12}", "", "documented", "measured")?;
        for Figure { name, documented, measured, .. } in &self.0 {
            writeln!(f, "{name:40}{documented:>12.3}{measured:>12.3}")?;
        }
        Ok(())
    }
}

fn is_operators(step: &crate::plan::Step) -> bool {
    step.side == Side::Operator
}

fn seconds(duration: Duration) -> f64 {
    duration.as_secs_f64()
}

fn count(of: usize) -> f64 {
    f64::from(u32::try_from(of).expect("counts of a plan are small"))
}

fn share(of: impl Iterator<Item = bool>) -> f64 {
    let (mut yes, mut all) = (0, 0);
    for it in of {
        yes += usize::from(it);
        all += 1;
    }
    if all == 0 { 0.0 } else { count(yes) / count(all) }
}

fn returned(chats: &[PlannedChat]) -> f64 {
    share(chats.iter().filter_map(|chat| chat.drop).map(|drop| drop.away.is_some()))
}

/// How much denser rings are in bursts.
fn burst(chats: &[PlannedChat]) -> f64 {
    let in_burst =
        |chat: &PlannedChat| seconds(chat.rings) % spread::HOUR_SECONDS < spread::BURST_SECONDS;
    let share = share(chats.iter().map(in_burst));
    let calm_seconds = spread::HOUR_SECONDS - spread::BURST_SECONDS;
    (share / spread::BURST_SECONDS) / ((1.0 - share) / calm_seconds)
}

struct Sorted(Vec<f64>);

impl Sorted {
    fn of(values: impl Iterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = values.collect();
        values.sort_by(f64::total_cmp);
        Self(values)
    }

    /// The value that this share stays below; 0 of none.
    fn at(&self, share: f64) -> f64 {
        let below = |at: &usize| count(*at) >= share * count(self.0.len());
        let at = (0..self.0.len()).find(below).unwrap_or(0);
        self.0.get(at).copied().unwrap_or(0.0)
    }

    fn mean(&self) -> f64 {
        self.0.iter().sum::<f64>() / count(self.0.len().max(1))
    }
}
