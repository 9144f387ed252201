//! Who may do what, as sentences.

use super::*;
use crate::chat::ChatEvent;
use crate::chat::event::EndCause;
use crate::directory::{CoopLevel, Department, Institution, User};
use crate::person::Status;
use crate::spec::{asked, claimed, given, offered, operator, rang, taken_over, target, user};

/// Birch is the patron's library: Maya, its administrator Ada and the reader Rea work there. Ines
/// works at Cedar, Lou has left.
pub(in crate::access) fn directory() -> Directory {
    let person = |home: &str, level, active| User {
        level,
        active,
        ..User::new(home.parse().unwrap(), "Name")
    };
    let birch = Institution::new("Birch", "Europe/Oslo");
    let reference = Department {
        members: [user("maya")].into(),
        ..Department::new("birch".parse().unwrap(), "Reference")
    };
    Directory {
        institutions: [("birch".parse().unwrap(), birch)].into(),
        departments: [("ref".parse().unwrap(), reference)].into(),
        users: [
            (user("maya"), person("birch", LocalLevel::Regular, true)),
            (user("ada"), person("birch", LocalLevel::Admin, true)),
            (user("rea"), person("birch", LocalLevel::Reader, true)),
            (user("ines"), person("cedar", LocalLevel::Admin, true)),
            (user("lou"), person("birch", LocalLevel::Admin, false)),
        ]
        .into(),
        ..Directory::default()
    }
}

fn patron(session: u8) -> Principal {
    Principal::Patron { session: [session; 32], widget: "birch-web".parse().unwrap() }
}

fn signed_in(id: &str) -> Principal {
    Principal::Operator(user(id))
}

fn at(places: &[&str]) -> Standing {
    let monitoring = places.iter().map(|place| target(place)).collect();
    Standing { status: Status::Online, monitoring }
}

fn reads(who: &Principal, standing: &Standing, history: &[ChatEvent]) -> Option<Audience> {
    reader(who, standing, &directory(), &given(history.to_vec()).state)
}

fn asks(
    who: &Principal,
    standing: &Standing,
    history: &[ChatEvent],
    command: &Command,
) -> Result<(), Denied> {
    may(who, standing, &directory(), &given(history.to_vec()).state, command)
}

fn claim(by: &str) -> Command {
    Command::Claim { by: user(by) }
}

fn over() -> ChatEvent {
    ChatEvent::Ended { cause: EndCause::Operator, by: operator("ines") }
}

#[test]
fn a_chats_patron_reads_it_and_no_other_patron_does() {
    for history in [vec![rang()], vec![rang(), claimed("ines"), over()]] {
        assert_eq!(reads(&patron(1), &at(&[]), &history), Some(Audience::Patron));
        assert_eq!(reads(&patron(9), &at(&[]), &history), None);
    }
}

#[test]
fn who_monitors_a_queue_previews_what_waits_there_until_it_is_claimed() {
    let ines = signed_in("ines");
    let there = at(&["department/ref"]);
    assert_eq!(reads(&ines, &there, &[rang()]), Some(Audience::Previewer));
    assert_eq!(reads(&ines, &at(&["coop/tri"]), &[rang()]), None);
    let inside = Standing { status: Status::Internal, ..there.clone() };
    assert_eq!(reads(&ines, &inside, &[rang()]), None);
    assert_eq!(reads(&ines, &there, &[rang(), claimed("maya")]), None);
}

#[test]
fn those_in_the_chat_read_it_after_the_end_too_and_see_contact_data_only_at_home() {
    let mut history = vec![rang(), claimed("ines"), offered("ines", "operator/maya")];
    history.push(taken_over("maya"));
    for _ in 0..2 {
        let staff = reads(&signed_in("ines"), &at(&[]), &history);
        assert_eq!(staff, Some(Audience::Staff));
        let home = reads(&signed_in("maya"), &at(&[]), &history);
        assert_eq!(home, Some(Audience::HomeStaff));
        history.push(over());
    }
}

#[test]
fn the_target_of_an_offer_reads_the_chat_while_it_is_on_offer() {
    let offer = |to| [rang(), claimed("maya"), offered("maya", to)];
    let ines = signed_in("ines");
    assert_eq!(reads(&ines, &at(&[]), &offer("operator/ines")), Some(Audience::Staff));
    assert_eq!(reads(&ines, &at(&["coop/tri"]), &offer("coop/tri")), Some(Audience::Staff));
    assert_eq!(reads(&ines, &at(&[]), &offer("coop/tri")), None);
    let away = ChatEvent::TransferCanceled { by: user("maya") };
    let withdrawn = [&offer("operator/ines")[..], &[away]].concat();
    assert_eq!(reads(&ines, &at(&[]), &withdrawn), None);
}

#[test]
fn administrators_of_the_home_library_read_it_and_those_of_others_do_not() {
    for history in [vec![rang()], vec![rang(), claimed("maya")], vec![rang(), over()]] {
        assert_eq!(reads(&signed_in("ada"), &at(&[]), &history), Some(Audience::HomeStaff));
        assert_eq!(reads(&signed_in("ines"), &at(&[]), &history), None);
    }
}

#[test]
fn who_may_no_longer_sign_in_reads_nothing() {
    let there = at(&["department/ref"]);
    assert_eq!(reads(&signed_in("lou"), &there, &[rang(), claimed("lou")]), None);
    assert_eq!(reads(&signed_in("nobody"), &there, &[rang()]), None);
}

#[test]
fn a_chat_that_is_not_yours_is_denied_like_one_that_does_not_exist() {
    let end = Command::End { by: Author::Patron };
    assert_eq!(asks(&patron(1), &at(&[]), &[rang()], &end), Ok(()));
    assert_eq!(asks(&patron(9), &at(&[]), &[rang()], &end), Err(Denied::NotFound));
    assert_eq!(asks(&patron(1), &at(&[]), &[], &end), Err(Denied::NotFound));
    let leave = Command::Leave { by: user("ines") };
    let denied = asks(&signed_in("ines"), &at(&[]), &[rang(), claimed("maya")], &leave);
    assert_eq!(denied, Err(Denied::NotFound));
}

#[test]
fn a_patron_opens_with_her_own_session_and_widget_only() {
    let open = Command::Open(asked());
    assert_eq!(asks(&patron(1), &at(&[]), &[], &open), Ok(()));
    assert_eq!(asks(&patron(9), &at(&[]), &[], &open), Err(Denied::NotFound));
    let elsewhere = Principal::Patron { session: [1; 32], widget: "cedar-web".parse().unwrap() };
    assert_eq!(asks(&elsewhere, &at(&[]), &[], &open), Err(Denied::NotFound));
}

#[test]
fn patrons_do_not_claim_operators_do_not_ring_and_nobody_speaks_for_another() {
    let wrong = Err(Denied::WrongRole);
    let (here, history) = (at(&["department/ref"]), [rang()]);
    assert_eq!(asks(&patron(1), &here, &history, &claim("maya")), wrong);
    assert_eq!(asks(&signed_in("maya"), &here, &[], &Command::Open(asked())), wrong);
    assert_eq!(asks(&signed_in("maya"), &here, &history, &claim("ines")), wrong);
    let end = Command::End { by: Author::Patron };
    assert_eq!(asks(&signed_in("maya"), &here, &history, &end), wrong);
    let as_staff = Command::Post { by: operator("maya"), text: "Hi".into(), lang: None };
    assert_eq!(asks(&patron(1), &here, &history, &as_staff), wrong);
}

#[test]
fn what_the_broker_asks_itself_nobody_else_may_ask() {
    let mine = [
        Command::PatronLost,
        Command::PatronFound,
        Command::OperatorLost { who: user("maya") },
        Command::OperatorFound { who: user("maya") },
        Command::Tick,
        Command::Replan,
        Command::MarkErased { seqs: vec![1] },
        Command::End { by: Author::System },
    ];
    for command in mine {
        for who in [patron(1), signed_in("maya"), signed_in("ada")] {
            let denied = asks(&who, &at(&["department/ref"]), &[rang()], &command);
            assert_eq!(denied, Err(Denied::WrongRole), "{command:?}");
        }
    }
}

#[test]
fn who_saw_it_ring_or_on_offer_may_come_too_late_and_is_told_who_was_first() {
    let (ines, there) = (signed_in("ines"), at(&["department/ref"]));
    assert_eq!(asks(&ines, &there, &[rang(), claimed("maya")], &claim("ines")), Ok(()));
    let mut history = vec![rang(), claimed("maya"), offered("maya", "coop/tri")];
    history.push(taken_over("ada"));
    assert_eq!(asks(&ines, &at(&["coop/tri"]), &history, &claim("ines")), Ok(()));
    assert_eq!(asks(&ines, &at(&[]), &history, &claim("ines")), Err(Denied::NotFound));
    assert_eq!(asks(&ines, &there, &[], &claim("ines")), Err(Denied::NotFound));
}

#[test]
fn readers_do_not_answer() {
    let rea = asks(&signed_in("rea"), &at(&["department/ref"]), &[rang()], &claim("rea"));
    assert_eq!(rea, Err(Denied::WrongRole));
}

#[test]
fn a_chat_is_offered_only_where_its_patrons_are_served_and_to_who_answers() {
    let offers = |to: &str| {
        let (by, to) = (user("maya"), target(to));
        let offer = Command::Transfer { by, to, note: None, tell_patron: false, hand_over: false };
        asks(&signed_in("maya"), &at(&[]), &[rang(), claimed("maya")], &offer)
    };
    assert_eq!(offers("department/ref"), Ok(()));
    assert_eq!(offers("operator/ada"), Ok(()));
    for to in ["coop/tri", "department/gone", "operator/ines", "operator/lou", "operator/rea"] {
        assert_eq!(offers(to), Err(Denied::TargetNotAllowed), "{to}");
    }
}

fn coop_of(levels: &[(&str, CoopLevel)]) -> Directory {
    let text = "
        [institutions]
        birch = { name = 'Birch', time_zone = 'A/B' }
        cedar = { name = 'Cedar', time_zone = 'A/B' }
        [users]
        maya = { institution = 'birch', name = 'Maya' }
        noor = { institution = 'birch', name = 'Noor' }
        ada = { institution = 'birch', name = 'Ada', level = 'admin' }
        ines = { institution = 'cedar', name = 'Ines' }
        [coops.tri]
        name = 'Tri'
        members = { birch = {}, cedar = {} }";
    let mut directory = crate::directory::file::parse(text, &|_| true).unwrap().directory().clone();
    let coop = directory.coops.get_mut(&"tri".parse().unwrap()).unwrap();
    coop.users.extend(levels.iter().map(|(id, level)| (user(id), *level)));
    directory
}

#[test]
fn access_to_a_co_op_is_given_and_taken_by_its_administrators_within_their_reach() {
    use CoopLevel::{CoopAdmin, InstitutionAdmin, Regular};
    let all = coop_of(&[("maya", InstitutionAdmin), ("ines", CoopAdmin), ("noor", Regular)]);
    let may = |by: &str, who: &str, level| {
        may_set_level(&user(by), &user(who), &"tri".parse().unwrap(), level, &all).is_ok()
    };
    assert!(may("maya", "noor", Some(Regular)) && may("maya", "ada", Some(InstitutionAdmin)));
    assert!(may("maya", "noor", None), "who may let in may take out");
    assert!(!may("maya", "noor", Some(CoopAdmin)), "only a co-op admin makes others");
    assert!(!may("maya", "ines", None), "another library's");
    assert!(may("ines", "noor", Some(CoopAdmin)) && may("ines", "maya", None));
    assert!(!may("noor", "ada", Some(Regular)) && !may("ada", "noor", Some(Regular)));
}

#[test]
fn who_has_no_co_op_is_told_whom_to_ask() {
    let all = coop_of(&[("noor", CoopLevel::InstitutionAdmin)]);
    assert_eq!(admins_of(&user("maya"), &all), [user("ada"), user("noor")]);
    assert_eq!(admins_of(&user("ines"), &all), [] as [UserId; 0]);
}

#[test]
fn queues_are_looked_after_by_the_administrators_of_library_and_co_op() {
    let all = coop_of(&[("noor", CoopLevel::InstitutionAdmin), ("ines", CoopLevel::Regular)]);
    assert!(looks_after(&user("noor"), &target("coop/tri"), &all));
    assert!(!looks_after(&user("ines"), &target("coop/tri"), &all));
    assert!(looks_after(&user("ada"), &target("department/ref"), &directory()));
    assert!(!looks_after(&user("ines"), &target("department/ref"), &directory()));
}
