//! Who rings and why the others do not, as sentences.

use super::*;
use crate::directory::file;
use crate::spec::target;

/// Birch is in New York: a member of `tri`, covered on weekdays but not on the 2nd of February.
fn desk() -> (Directory, Widget) {
    let text = "
        [institutions.birch]
        name = 'Birch'
        time_zone = 'America/New_York'
        [institutions.cedar]
        name = 'Cedar'
        time_zone = 'America/New_York'
        [departments.ref]
        institution = 'birch'
        name = 'Reference'
        [coops.tri]
        name = 'Tri'
        members.cedar = {}
        [coops.tri.members.birch.coverage]
        mon = ['09:00-17:00']
        fri = ['09:00-17:00']
        2026-02-02 = []
        [coops.other]
        name = 'Other'
        members.cedar = {}
        [widgets.w]
        institution = 'birch'
        name = 'Ask us'
        options = ['department/ref', 'coop/tri']";
    let directory = file::parse(text, &|_| true).unwrap().directory().clone();
    let mut widget = directory.widgets[&"w".parse().unwrap()].clone();
    // Such options no file may name, but the directory may lose what a widget names.
    widget.options.extend(["coop/other", "coop/gone"].map(target));
    (directory, widget)
}

fn new_york(_: &str) -> Option<TimeZone> {
    TimeZone::posix("EST5EDT,M3.2.0,M11.1.0").ok()
}

fn verdicts_at(online: &[&str], opened_at: Timestamp) -> Vec<Verdict> {
    let (directory, widget) = desk();
    let is_online = |option: &Target| online.iter().any(|it| target(it) == *option);
    let facts = Facts { directory: &directory, online: &is_online, zone: &new_york };
    let plan = facts.plan(&widget, opened_at);
    let options: Vec<_> = plan.options.iter().map(|(option, _)| option.clone()).collect();
    assert_eq!(options, widget.options, "every option stands in the plan, in the widget's order");
    plan.options.into_iter().map(|(_, verdict)| verdict).collect()
}

/// A Friday morning.
fn covered() -> Timestamp {
    "2026-01-30T10:00:00-05:00".parse().unwrap()
}

fn verdicts(online: &[&str]) -> Vec<Verdict> {
    verdicts_at(online, covered())
}

#[test]
fn an_option_rings_where_somebody_is() {
    let verdicts = verdicts(&["coop/tri"]);
    assert_eq!(verdicts[..2], [Verdict::Offline(Reason::Nobody), Verdict::Online]);
}

#[test]
fn a_co_op_or_department_that_does_not_serve_the_library_never_rings() {
    let verdicts = verdicts(&["coop/other"]);
    assert_eq!(verdicts[2], Verdict::Offline(Reason::NotMember));
}

#[test]
fn an_option_that_the_directory_lost_does_not_ring() {
    assert_eq!(verdicts(&["coop/gone"])[3], Verdict::Offline(Reason::Unknown));
}

#[test]
fn a_co_op_does_not_ring_for_a_library_outside_its_coverage_hours() {
    let uncovered = Verdict::Offline(Reason::NotCovered);
    for at in
        ["2026-01-30T08:59:00-05:00", "2026-01-31T10:00:00-05:00", "2026-02-02T10:00:00-05:00"]
    {
        assert_eq!(verdicts_at(&["coop/tri"], at.parse().unwrap())[1], uncovered, "{at}");
    }
    assert_eq!(verdicts(&["coop/tri"])[1], Verdict::Online);
}

#[test]
fn departments_have_no_coverage_hours() {
    let night = "2026-01-31T03:00:00-05:00".parse().unwrap();
    assert_eq!(verdicts_at(&["department/ref"], night)[0], Verdict::Online);
}
