//! Properties of the directory, over random commands and random directories.

use std::collections::BTreeMap;

use proptest::collection::{btree_map, btree_set, vec};
use proptest::prelude::*;

use deskbell_protocol::ids::Target;

use super::super::command::Thing;
use super::super::entry::{Ask, Field, Idle, Question, SignOff, Starts, Texts};
use super::super::file::export;
use super::super::{
    Coop, CoopLevel, Department, Institution, LocalLevel, Membership, TicketQueue, User, Widget,
    check,
};
use super::*;
use crate::hours::{Day, Hours};
use crate::person::Status;

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

fn idle() -> impl Strategy<Value = Idle> {
    (0..4000_u32, name()).prop_map(|(seconds, text)| Idle { seconds, text })
}

fn hours() -> impl Strategy<Value = Hours> {
    let written = |text: &str| {
        let table = format!("hours = {text}");
        let mut document: BTreeMap<String, Hours> = toml::from_str(&table).unwrap();
        document.remove("hours").unwrap()
    };
    let texts = [
        "'always'",
        "{}",
        "{ mon = ['09:00-12:00', '13:00-24:00'], 2026-12-25 = [], 2026-12-24 = ['10:00-12:00'] }",
    ];
    proptest::sample::select(texts.map(written).to_vec())
}

fn user() -> impl Strategy<Value = User> {
    let level =
        prop_oneof![Just(LocalLevel::Reader), Just(LocalLevel::Regular), Just(LocalLevel::Admin)];
    let status = prop_oneof![Just(Status::Online), Just(Status::Internal)];
    let tickets = btree_set(some_id(), 0..2);
    let starts = (status, btree_set(target(), 0..2), tickets).prop_map(
        |(status, monitoring, ticket_queues)| Starts { status, monitoring, ticket_queues },
    );
    let idle = proptest::option::of(idle());
    (some_id(), name(), level, any::<bool>(), starts, idle).prop_map(
        |(institution, name, level, active, starts, idle)| User {
            institution,
            name,
            level,
            active,
            starts,
            idle,
        },
    )
}

fn coop() -> impl Strategy<Value = Coop> {
    let member =
        (any::<bool>(), hours(), hours()).prop_map(|(contributing, coverage, contribution)| {
            Membership { contributing, coverage, contribution }
        });
    let members = btree_map(some_id(), member, 0..4);
    (name(), members, btree_map(some_id(), coop_level(), 0..3))
        .prop_map(|(name, members, users)| Coop { name, members, users })
}

fn department() -> impl Strategy<Value = Department> {
    let queue = proptest::option::weighted(0.6, some_id());
    let text = proptest::option::of(name());
    let days = vec(proptest::sample::select(Day::ALL.to_vec()), 1..3);
    let rule = days.prop_map(|days| SignOff { days, at: "17:30".parse().unwrap() });
    (some_id(), name(), btree_set(some_id(), 0..3), queue, text, vec(rule, 0..2)).prop_map(
        |(institution, name, members, queue, away_text, sign_off)| Department {
            institution,
            name,
            members,
            queue,
            away_text,
            sign_off,
        },
    )
}

fn queue() -> impl Strategy<Value = TicketQueue> {
    (some_id(), name(), btree_set(some_id(), 0..2))
        .prop_map(|(institution, name, members)| TicketQueue { institution, name, members })
}

fn target() -> impl Strategy<Value = Target> {
    let kind = prop_oneof!["department/", "coop/", "operator/"];
    (kind, prop_oneof!["a", "b\\.2", "c-3"]).prop_map(|(kind, it)| id(&(kind + &it)))
}

fn ask() -> impl Strategy<Value = Ask> {
    let question = (name(), any::<bool>()).prop_map(|(text, required)| Question { text, required });
    let field = prop_oneof![Just(Field::Off), Just(Field::Optional), Just(Field::Required)];
    (field, vec(question, 0..3)).prop_map(|(name, questions)| Ask {
        name,
        contact: Field::Off,
        questions,
    })
}

fn widget() -> impl Strategy<Value = Widget> {
    let origin = prop_oneof!["https://www\\.[a-z]{3}\\.example", "http://localhost:[1-9]0"];
    let waits = (0..700_u32, 0..2000_u32, 50..3700_u32);
    let queue = proptest::option::weighted(0.6, some_id());
    let more = (proptest::option::of(name()), ask(), queue, any::<bool>());
    (some_id(), name(), vec(target(), 0..3), waits, btree_set(origin, 0..3), more).prop_map(
        |(institution, name, options, waits, origins, (text, ask, ticket_queue, yes))| Widget {
            options,
            roll_up_seconds: waits.0,
            wait_limit_seconds: waits.1,
            patron_grace_seconds: waits.2,
            origins,
            texts: Texts { greeting: text, ..Texts::default() },
            ask,
            ticket_queue,
            keep_page_query: yes,
            rating: yes,
            ..Widget::new(institution, &name)
        },
    )
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
    let institution = (name(), hours(), idle()).prop_map(|(name, hours, idle)| Institution {
        hours,
        idle,
        ..Institution::new(&name, "Area/Place")
    });
    prop_oneof![
        3 => (some_id(), institution).prop_map(|(id, it)| Command::SetInstitution(id, it)),
        4 => (some_id(), user()).prop_map(|(id, it)| Command::SetUser(id, it)),
        4 => (some_id(), coop()).prop_map(|(id, it)| Command::SetCoop(id, it)),
        4 => (some_id(), department()).prop_map(|(id, it)| Command::SetDepartment(id, it)),
        4 => (some_id(), queue()).prop_map(|(id, it)| Command::SetTicketQueue(id, it)),
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
    let mut met = [0; 10];
    for _ in 0..200 {
        let it = directory().new_tree(&mut runner).unwrap().current();
        let named = [
            !it.institutions.is_empty(),
            !it.users.is_empty(),
            it.coops.values().any(|coop| !coop.users.is_empty()),
            it.departments.values().any(|department| !department.members.is_empty()),
            it.ticket_queues.values().any(|queue| !queue.members.is_empty()),
            it.widgets.values().any(|widget| !widget.options.is_empty()),
            it.widgets.values().any(|widget| widget.ticket_queue.is_some()),
            it.departments.values().any(|department| department.queue.is_some()),
            it.users.values().any(|user| !user.starts.monitoring.is_empty()),
            it.users.values().any(|user| !user.starts.ticket_queues.is_empty()),
        ];
        for (count, named) in met.iter_mut().zip(named) {
            *count += usize::from(named);
        }
    }
    assert!(met.iter().all(|count| *count >= 10), "of 200: {met:?}");
}
