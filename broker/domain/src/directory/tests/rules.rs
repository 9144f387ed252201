//! Sentences about the rules: what is asked, and what happens or why not.

use super::super::command::{Thing, Wait};
use super::super::{CoopLevel, LocalLevel, User};
use super::*;

fn maya() -> User {
    filled(CONVERSATIONS).users[&id("maya")].clone()
}

fn set_widget(change: impl FnOnce(&mut super::super::Widget)) -> When {
    let directory = filled(CONVERSATIONS);
    let mut widget = directory.widgets[&id("birch-desk")].clone();
    change(&mut widget);
    Given(directory).when(Command::SetWidget(id("birch-desk"), widget))
}

#[test]
fn asking_for_what_is_so_already_is_no_error_and_no_event() {
    given(CONVERSATIONS).when(Command::SetUser(id("maya"), maya())).then(&[]);
    given(CONVERSATIONS).when(Command::ActivateUser(id("maya"))).then(&[]);
    given(CONVERSATIONS)
        .when(Command::RevokeCoopAccess(id("tri-county"), id("birch-admin")))
        .then(&[]);
}

#[test]
fn a_person_of_an_unknown_institution_is_refused() {
    let user = User { institution: id("yew"), ..maya() };
    given(CONVERSATIONS)
        .when(Command::SetUser(id("maya"), user))
        .refused("user maya names institution yew, which does not exist");
}

#[test]
fn a_deactivated_person_may_not_monitor_until_activated_again() {
    let off = given(CONVERSATIONS)
        .when(Command::DeactivateUser(id("maya")))
        .then(&[DirectoryEvent::UserDeactivated(id("maya"))]);
    assert_eq!(off.monitorable(&id("maya")), []);
    let on = Given(off)
        .when(Command::ActivateUser(id("maya")))
        .then(&[DirectoryEvent::UserActivated(id("maya"))]);
    assert_eq!(on.monitorable(&id("maya")).len(), 2);
}

#[test]
fn revoked_access_to_a_co_op_stops_monitoring_it_and_nothing_else() {
    let revoked = given(CONVERSATIONS)
        .when(Command::RevokeCoopAccess(id("tri-county"), id("maya")))
        .then(&[DirectoryEvent::CoopAccessRevoked(id("tri-county"), id("maya"))]);
    assert_eq!(revoked.monitorable(&id("maya")), [id("department/birch-reference")]);
    let level = CoopLevel::CoopAdmin;
    let granted = Given(revoked)
        .when(Command::GrantCoopAccess(id("tri-county"), id("maya"), level))
        .then(&[DirectoryEvent::CoopAccessGranted(id("tri-county"), id("maya"), level)]);
    assert_eq!(granted.monitorable(&id("maya")).len(), 2);
}

#[test]
fn access_to_a_co_op_is_for_people_of_its_members() {
    let mut directory = filled(CONVERSATIONS);
    let mut coop = directory.coops[&id("tri-county")].clone();
    coop.members.remove(&id("elm"));
    coop.users.remove(&id("lou"));
    directory = applied(&directory, vec![Command::SetCoop(id("tri-county"), coop)]);
    Given(directory)
        .when(Command::GrantCoopAccess(id("tri-county"), id("lou"), CoopLevel::Regular))
        .refused("institution elm is not a member");
}

#[test]
fn a_member_library_cannot_leave_a_co_op_before_its_people_do() {
    let directory = filled(CONVERSATIONS);
    let mut coop = directory.coops[&id("tri-county")].clone();
    coop.members.remove(&id("elm"));
    Given(directory)
        .when(Command::SetCoop(id("tri-county"), coop))
        .refused("co-op tri-county lists user lou, whose institution elm is not a member");
}

#[test]
fn a_co_op_without_members_is_refused() {
    let directory = filled(CONVERSATIONS);
    let mut coop = directory.coops[&id("tri-county")].clone();
    coop.members.clear();
    coop.users.clear();
    Given(directory)
        .when(Command::SetCoop(id("tri-county"), coop))
        .refused("co-op tri-county has no member institution");
}

#[test]
fn a_widget_offers_departments_of_its_own_library_only() {
    set_widget(|it| it.options.push(id("department/elm-information")))
        .refused("offers department elm-information, which belongs to elm");
}

#[test]
fn a_widget_offers_nothing_unknown_and_nothing_twice() {
    set_widget(|it| it.options.push(id("operator/nobody")))
        .refused("widget birch-desk names user nobody, which does not exist");
    set_widget(|it| it.options.push(id("coop/tri-county")))
        .refused("offers coop/tri-county more than once");
}

#[test]
fn a_department_cannot_move_away_under_a_widget() {
    let directory = filled(CONVERSATIONS);
    let mut department = directory.departments[&id("birch-reference")].clone();
    department.institution = id("elm");
    department.members.clear();
    Given(directory)
        .when(Command::SetDepartment(id("birch-reference"), department))
        .refused("widget birch-desk of birch offers department birch-reference");
}

#[test]
fn a_person_cannot_move_away_under_a_department() {
    let user = User { institution: id("elm"), ..maya() };
    given(CONVERSATIONS)
        .when(Command::SetUser(id("maya"), user))
        .refused("department birch-reference of birch lists user maya, who works at elm");
}

#[test]
fn what_is_still_named_cannot_be_removed_and_the_refusal_says_by_what() {
    given(CONVERSATIONS).when(Command::Remove(Thing::User(id("maya")))).refused(
        "still named by co-op tri-county, department birch-reference, \
             ticket queue birch-follow-up:",
    );
    given(CONVERSATIONS)
        .when(Command::Remove(Thing::Department(id("birch-reference"))))
        .refused("still named by widget birch-desk:");
    given(CONVERSATIONS)
        .when(Command::Remove(Thing::Institution(id("cedar"))))
        .refused("still named by co-op tri-county, user ines:");
}

#[test]
fn what_nothing_names_can_be_removed() {
    let thing = Thing::Widget(id("elm-home"));
    let next = given(CONVERSATIONS)
        .when(Command::Remove(thing.clone()))
        .then(&[DirectoryEvent::Removed(thing.clone())]);
    assert!(!next.has(&thing));
    Given(next).when(Command::Remove(thing)).refused("there is no widget elm-home");
}

#[test]
fn a_name_is_one_readable_line() {
    for name in ["", "  ", "two\nlines", &"x".repeat(201)] {
        let user = User { name: name.into(), ..maya() };
        given(CONVERSATIONS)
            .when(Command::SetUser(id("maya"), user))
            .refused("the name of user maya must be 1 to 200 characters");
    }
}

#[test]
fn a_wait_stays_in_its_range() {
    for seconds in [59, 3601] {
        set_widget(|it| it.patron_grace_seconds = seconds)
            .refused("write a number from 60 to 3600");
    }
    let (least, most) = Wait::RollUp.range_seconds();
    for seconds in [least, most] {
        assert!(set_widget(|it| it.roll_up_seconds = seconds).0.is_ok());
    }
    set_widget(|it| it.roll_up_seconds = 0).refused("sets roll_up_seconds to 0");
}

#[test]
fn an_origin_is_taken_exactly_as_browsers_send_it() {
    for good in [
        "https://www.birch.example",
        "https://birch.example:8443",
        "https://xn--bcher-kva.example",
        "http://localhost",
        "http://localhost:8080",
        "http://127.0.0.1:8080",
        "http://[::1]:8080",
    ] {
        assert!(set_widget(|it| it.origins = [good.into()].into()).0.is_ok(), "{good}");
    }
    for (bad, why) in [
        ("www.birch.example", "start with https://"),
        ("ftp://birch.example", "start with https://"),
        ("http://www.birch.example", "http is for localhost only"),
        ("https://www.birch.example/", "no final slash"),
        ("https://www.birch.example/ask", "no path"),
        ("https://*.birch.example", "instead of a wildcard"),
        ("https://Birch.example", "lower-case"),
        ("https://user@birch.example", "lower-case"),
        ("https://", "host"),
        ("https://birch..example", "host"),
        ("https://[::1", "host"),
        ("https://[::1]8080", "port"),
        ("https://birch.example:443", "leave out 443"),
        ("https://birch.example:", "port"),
        ("https://birch.example:080", "port"),
        ("https://birch.example:70000", "port"),
    ] {
        set_widget(|it| it.origins = [bad.into()].into()).refused(why);
    }
}

#[test]
fn every_event_moves_the_version_by_one() {
    let before = filled(CONVERSATIONS);
    let user = User { level: LocalLevel::Admin, ..maya() };
    let version = before.version;
    let commands = vec![Command::SetUser(id("maya"), user), Command::DeactivateUser(id("lou"))];
    assert_eq!(applied(&before, commands).version, version + 2);
}

#[test]
fn of_several_commands_all_hold_or_none() {
    let commands = vec![Command::DeactivateUser(id("maya")), Command::ActivateUser(id("nobody"))];
    let refusal = decide_all(&filled(CONVERSATIONS), commands).unwrap_err();
    assert_eq!(refusal, Refusal::NotThere(Thing::User(id("nobody"))));
}
