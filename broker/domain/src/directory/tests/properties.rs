//! Properties of the directory, over random commands and random directories.

use proptest::collection::{btree_map, btree_set, vec};
use proptest::prelude::*;

use super::super::command::Thing;
use super::super::file::export;
use super::super::{
    Coop, CoopLevel, Department, Institution, LocalLevel, Membership, TicketQueue, User, Widget,
    check,
};
use super::*;

/// Few ids, one with a dot, so that random entries meet.
fn some_id<Id: std::str::FromStr<Err: std::fmt::Debug> + std::fmt::Debug>()
-> impl Strategy<Value = Id> {
    prop_oneof![Just("a"), Just("b.2"), Just("c-3")].prop_map(id)
}

/// Names that a writer of TOML may trip over.
fn name() -> impl Strategy<Value = String> {
    "[a-zA-Z\"'\\\\#=ä€ .]{0,11}[a-z]"
}

fn coop_level() -> impl Strategy<Value = CoopLevel> {
    prop_oneof![
        Just(CoopLevel::Regular),
        Just(CoopLevel::InstitutionAdmin),
        Just(CoopLevel::CoopAdmin)
    ]
}

fn user() -> impl Strategy<Value = User> {
    let level =
        prop_oneof![Just(LocalLevel::Reader), Just(LocalLevel::Regular), Just(LocalLevel::Admin)];
    (some_id(), name(), level, any::<bool>()).prop_map(|(institution, name, level, active)| User {
        institution,
        name,
        level,
        active,
    })
}

fn coop() -> impl Strategy<Value = Coop> {
    let member = any::<bool>().prop_map(|contributing| Membership { contributing });
    let members = btree_map(some_id(), member, 0..4);
    (name(), members, btree_map(some_id(), coop_level(), 0..3))
        .prop_map(|(name, members, users)| Coop { name, members, users })
}

fn department() -> impl Strategy<Value = Department> {
    (some_id(), name(), btree_set(some_id(), 0..3))
        .prop_map(|(institution, name, members)| Department { institution, name, members })
}

fn widget() -> impl Strategy<Value = Widget> {
    let option = prop_oneof!["department/", "coop/", "operator/"];
    let option =
        (option, prop_oneof!["a", "b\\.2", "c-3"]).prop_map(|(kind, it)| id(&(kind + &it)));
    let origin = prop_oneof!["https://www\\.[a-z]{3}\\.example", "http://localhost:[1-9]0"];
    (some_id(), name(), vec(option, 0..3), 0..700_u32, 50..3700_u32, btree_set(origin, 0..3))
        .prop_map(|(institution, name, options, roll_up_seconds, grace, origins)| Widget {
            institution,
            name,
            options,
            roll_up_seconds,
            patron_grace_seconds: grace,
            origins,
        })
}

fn thing() -> impl Strategy<Value = Thing> {
    prop_oneof![
        some_id().prop_map(Thing::Institution),
        some_id().prop_map(Thing::Coop),
        some_id().prop_map(Thing::Department),
        some_id().prop_map(Thing::TicketQueue),
        some_id().prop_map(Thing::Widget),
        some_id().prop_map(Thing::User),
    ]
}

fn command() -> impl Strategy<Value = Command> {
    let institution = name().prop_map(|name| Institution { name, time_zone: "Area/Place".into() });
    let queue =
        (some_id(), name()).prop_map(|(institution, name)| TicketQueue { institution, name });
    prop_oneof![
        3 => (some_id(), institution).prop_map(|(id, it)| Command::SetInstitution(id, it)),
        4 => (some_id(), user()).prop_map(|(id, it)| Command::SetUser(id, it)),
        4 => (some_id(), coop()).prop_map(|(id, it)| Command::SetCoop(id, it)),
        4 => (some_id(), department()).prop_map(|(id, it)| Command::SetDepartment(id, it)),
        2 => (some_id(), queue).prop_map(|(id, it)| Command::SetTicketQueue(id, it)),
        4 => (some_id(), widget()).prop_map(|(id, it)| Command::SetWidget(id, it)),
        1 => thing().prop_map(Command::Remove),
        2 => (some_id(), some_id(), coop_level())
            .prop_map(|(coop, user, level)| Command::GrantCoopAccess(coop, user, level)),
        1 => (some_id(), some_id()).prop_map(|(coop, user)| Command::RevokeCoopAccess(coop, user)),
        1 => some_id().prop_map(Command::ActivateUser),
        1 => some_id().prop_map(Command::DeactivateUser),
    ]
}

/// What is true after those of the commands that are accepted.
fn after(commands: Vec<Command>) -> Directory {
    let mut directory = Directory::default();
    for command in commands {
        if let Ok(events) = decide(&directory, command) {
            directory.evolve_all(&events);
        }
    }
    directory
}

fn directory() -> impl Strategy<Value = Directory> {
    vec(command(), 0..80).prop_map(after)
}

fn same_entries(left: &Directory, right: &Directory) -> bool {
    Directory { version: 0, ..left.clone() } == Directory { version: 0, ..right.clone() }
}

proptest! {
    #[test]
    fn what_decide_emits_evolve_makes_true_and_the_same_command_is_then_done(
        before in directory(),
        command in command(),
    ) {
        if let Ok(events) = decide(&before, command.clone()) {
            let mut next = before.clone();
            next.evolve_all(&events);
            prop_assert_eq!(next.version, before.version + events.len() as u64);
            match decide(&next, command) {
                Ok(again) => prop_assert_eq!(again, []),
                Err(refusal) => {
                    prop_assert!(matches!(refusal, Refusal::NotThere(_)), "{}", refusal);
                }
            }
        }
    }

    #[test]
    fn no_accepted_command_ever_leaves_a_fault(directory in directory()) {
        prop_assert_eq!(check::everything(&directory), []);
    }

    #[test]
    fn export_reads_back_without_a_difference(directory in directory()) {
        let wanted = read(&export(&directory));
        prop_assert!(same_entries(wanted.directory(), &directory));
        prop_assert_eq!(difference(&directory, &wanted, true), []);
    }

    #[test]
    fn a_pruned_difference_applies_in_order_and_leaves_exactly_the_file(
        before in directory(),
        file in directory(),
    ) {
        let wanted = read(&export(&file));
        let next = applied(&before, difference(&before, &wanted, true));
        prop_assert!(same_entries(&next, wanted.directory()));
    }

    #[test]
    fn a_difference_never_removes_what_the_file_does_not_mention(
        before in directory(),
        file in directory(),
    ) {
        let wanted = read(&export(&file));
        for command in difference(&before, &wanted, false) {
            prop_assert!(!matches!(command, Command::Remove(_)));
        }
    }
}

#[test]
fn random_directories_hold_entries_of_every_kind_often_enough() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let mut met = [0; 6];
    for _ in 0..200 {
        let it = directory().new_tree(&mut runner).unwrap().current();
        let named = [
            !it.institutions.is_empty(),
            !it.users.is_empty(),
            it.coops.values().any(|coop| !coop.users.is_empty()),
            it.departments.values().any(|department| !department.members.is_empty()),
            !it.ticket_queues.is_empty(),
            it.widgets.values().any(|widget| !widget.options.is_empty()),
        ];
        for (count, named) in met.iter_mut().zip(named) {
            *count += usize::from(named);
        }
    }
    assert!(met.iter().all(|count| *count >= 10), "of 200: {met:?}");
}
