//! Who rings and why the others do not, as sentences.

use std::collections::BTreeMap;

use super::*;
use crate::directory::{Coop, Department, Institution, Membership};
use crate::spec::{second, target};

fn desk() -> (Directory, Widget) {
    let department = |home: &str| Department {
        institution: home.parse().unwrap(),
        name: "Reference".into(),
        members: [].into(),
    };
    let coop = |members: &[&str]| Coop {
        name: "Tri".into(),
        members: members
            .iter()
            .map(|id| (id.parse().unwrap(), Membership { contributing: false }))
            .collect(),
        users: BTreeMap::new(),
    };
    let birch = Institution { name: "Birch".into(), time_zone: "Europe/Oslo".into() };
    let directory = Directory {
        institutions: [("birch".parse().unwrap(), birch)].into(),
        departments: [
            ("ref".parse().unwrap(), department("birch")),
            ("far".parse().unwrap(), department("cedar")),
        ]
        .into(),
        coops: [
            ("tri".parse().unwrap(), coop(&["birch", "cedar"])),
            ("other".parse().unwrap(), coop(&["cedar"])),
        ]
        .into(),
        ..Directory::default()
    };
    let options = ["department/ref", "coop/tri", "coop/other", "department/far", "coop/gone"];
    let widget = Widget {
        institution: "birch".parse().unwrap(),
        name: "Ask us".into(),
        options: options.iter().map(|option| target(option)).collect(),
        roll_up_seconds: 15,
        patron_grace_seconds: 600,
        origins: [].into(),
    };
    (directory, widget)
}

fn verdicts(online: &[&str]) -> Vec<Verdict> {
    let (directory, widget) = desk();
    let is_online = |option: &Target| online.iter().any(|it| target(it) == *option);
    let plan = plan(&widget, &directory, &is_online, second(0), second(9));
    let options: Vec<_> = plan.options.iter().map(|(option, _)| option.clone()).collect();
    assert_eq!(options, widget.options, "every option stands in the plan, in the widget's order");
    plan.options.into_iter().map(|(_, verdict)| verdict).collect()
}

#[test]
fn an_option_rings_where_somebody_is() {
    let verdicts = verdicts(&["coop/tri"]);
    assert_eq!(verdicts[..2], [Verdict::Offline(Reason::Nobody), Verdict::Online]);
}

#[test]
fn a_co_op_or_department_that_does_not_serve_the_library_never_rings() {
    let verdicts = verdicts(&["coop/other", "department/far"]);
    assert_eq!(verdicts[2..4], [Verdict::Offline(Reason::NotMember); 2]);
}

#[test]
fn an_option_that_the_directory_lost_does_not_ring() {
    assert_eq!(verdicts(&["coop/gone"])[4], Verdict::Offline(Reason::Unknown));
}
