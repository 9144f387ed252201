//! Hours in which a co-op promises answers and nobody has promised to give them: some member's
//! patrons are covered, and no contributing member's staff are due.
//!
//! Not here: who is there right now (presence), and whether a ring is admitted (`routing`).

use deskbell_protocol::ids::CoopId;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::directory::{Directory, Membership};
use crate::hours::Hours;

/// A stretch of time, its end excluded.
pub type Stretch = (Timestamp, Timestamp);

/// When a co-op is covered and nobody contributes, from `from` to `to`, in order.
pub fn uncovered(
    directory: &Directory,
    coop: &CoopId,
    zone: &dyn Fn(&str) -> Option<TimeZone>,
    within: Stretch,
) -> Vec<Stretch> {
    let members = directory.coops.get(coop).into_iter().flat_map(|coop| &coop.members);
    let (mut covered, mut staffed) = (Vec::new(), Vec::new());
    for (id, member) in members {
        let home = directory.institutions.get(id);
        let Some(zone) = home.and_then(|home| zone(&home.time_zone)) else { continue };
        covered.extend(open_within(&member.coverage, &zone, within));
        if member.contributing {
            staffed.extend(open_within(&member.contribution, &zone, within));
        }
    }
    without(&union(covered), &union(staffed))
}

/// The full hours, as the clocks of `zone` show them, that any of `stretches` touches.
pub fn hours_of(stretches: &[Stretch], zone: &TimeZone, within: Stretch) -> Vec<Timestamp> {
    let mut hours = Vec::new();
    let shown = zone.to_datetime(within.0);
    let past = i64::from(shown.minute()) * 60 + i64::from(shown.second());
    let mut hour = within.0 - SignedDuration::new(past, shown.subsec_nanosecond());
    while hour < within.1 {
        let next = hour + SignedDuration::from_hours(1);
        if stretches.iter().any(|(from, to)| *from < next && *to > hour) {
            hours.push(hour);
        }
        hour = next;
    }
    hours
}

/// Whether some member's patrons are covered, and whether some member's staff are due.
pub fn stands(
    directory: &Directory,
    coop: &CoopId,
    zone: &dyn Fn(&str) -> Option<TimeZone>,
    at: Timestamp,
) -> (bool, bool) {
    let members = directory.coops.get(coop).into_iter().flat_map(|coop| &coop.members);
    let known = members.filter_map(|(id, member)| {
        let home = directory.institutions.get(id)?;
        Some((member, zone(&home.time_zone)?))
    });
    known.fold((false, false), |(covered, staffed), (member, zone)| {
        let due = member.contributing && member.contribution.is_open(&zone, at);
        (covered || member.coverage.is_open(&zone, at), staffed || due)
    })
}

/// When coverage or contribution of any member of any co-op changes next.
pub fn next_change(
    directory: &Directory,
    zone: &dyn Fn(&str) -> Option<TimeZone>,
    at: Timestamp,
) -> Option<Timestamp> {
    let members = directory.coops.values().flat_map(|coop| &coop.members);
    let changes = members.filter_map(|(id, member)| {
        let zone = zone(&directory.institutions.get(id)?.time_zone)?;
        let Membership { coverage, contribution, .. } = member;
        [coverage, contribution].into_iter().filter_map(|it| it.changes_after(&zone, at)).min()
    });
    changes.min()
}

fn open_within(hours: &Hours, zone: &TimeZone, (from, to): Stretch) -> Vec<Stretch> {
    let mut stretches = Vec::new();
    let mut at = from;
    while at < to {
        let until = hours.changes_after(zone, at).unwrap_or(to).min(to);
        if hours.is_open(zone, at) {
            stretches.push((at, until));
        }
        at = until;
    }
    stretches
}

fn union(mut stretches: Vec<Stretch>) -> Vec<Stretch> {
    stretches.sort_unstable();
    let mut joined: Vec<Stretch> = Vec::new();
    for (from, to) in stretches {
        match joined.last_mut() {
            Some((_, end)) if *end >= from => *end = to.max(*end),
            _ => joined.push((from, to)),
        }
    }
    joined
}

/// What of `all` is in none of `taken`; both are in order and overlap nowhere.
fn without(all: &[Stretch], taken: &[Stretch]) -> Vec<Stretch> {
    let mut rest = Vec::new();
    for (begins, to) in all.iter().copied() {
        let mut from = begins;
        let touching = taken.iter().copied().filter(|(begin, end)| *begin < to && *end > begins);
        for (begin, end) in touching {
            if begin > from {
                rest.push((from, begin));
            }
            from = end;
        }
        if from < to {
            rest.push((from, to));
        }
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::file;

    #[expect(clippy::unnecessary_wraps, reason = "the shape of a look-up of time zones")]
    fn utc(_: &str) -> Option<TimeZone> {
        Some(TimeZone::UTC)
    }

    fn at(text: &str) -> Timestamp {
        // The week of Monday, 2 February 2026.
        format!("2026-02-{text}:00Z").parse().unwrap()
    }

    /// Birch is covered on Mondays from 8 to 20 and contributes until 12; Cedar contributes from 12
    /// to 16, with a pause; Elm promises nothing, whatever its hours say.
    fn directory() -> Directory {
        let text = "
            [institutions]
            birch = { name = 'Birch', time_zone = 'A/B' }
            cedar = { name = 'Cedar', time_zone = 'A/B' }
            elm = { name = 'Elm', time_zone = 'A/B' }
            [coops.tri]
            name = 'Tri'
            [coops.tri.members.birch]
            coverage = { mon = ['08:00-20:00'] }
            contribution = { mon = ['08:00-12:00'] }
            [coops.tri.members.cedar]
            coverage = {}
            contribution = { mon = ['12:00-13:30', '14:15-16:00'] }
            [coops.tri.members.elm]
            contributing = false
            coverage = {}";
        file::parse(text, &|_| true).unwrap().directory().clone()
    }

    #[test]
    fn what_is_covered_and_promised_by_nobody_is_a_gap() {
        let week = (at("02T00:00"), at("09T00:00"));
        let gaps = uncovered(&directory(), &"tri".parse().unwrap(), &utc, week);
        let expected = [(at("02T13:30"), at("02T14:15")), (at("02T16:00"), at("02T20:00"))];
        assert_eq!(gaps, expected);
        let hours = hours_of(&gaps, &TimeZone::UTC, week);
        let expected =
            ["13", "14", "16", "17", "18", "19"].map(|hour| at(&format!("02T{hour}:00")));
        assert_eq!(hours, expected);
    }

    #[test]
    fn hours_are_those_of_the_reader_s_clock() {
        let india = TimeZone::posix("<+0530>-5:30").unwrap();
        let gap = [(at("02T16:00"), at("02T16:10"))];
        let hours = hours_of(&gap, &india, (at("02T00:00"), at("03T00:00")));
        assert_eq!(hours, [at("02T15:30")]);
    }

    #[test]
    fn coverage_and_contribution_stand_or_not_at_a_moment_and_change_next() {
        let (all, tri) = (directory(), "tri".parse().unwrap());
        let now = |text| stands(&all, &tri, &utc, at(text));
        assert_eq!(now("02T07:59"), (false, false));
        assert_eq!(now("02T08:00"), (true, true));
        assert_eq!(now("02T17:00"), (true, false));
        assert_eq!(next_change(&all, &utc, at("02T08:00")), Some(at("02T12:00")));
    }
}
