//! Where a chat rings, as sentences.

use super::*;

#[test]
fn a_patron_rings_at_the_first_option_and_the_next_rolls_up_later() {
    given([]).when(Command::Open(asked())).then([opened(ring(&["department/ref"], &[], Some(15)))]);
}

#[test]
fn the_first_option_online_rings_and_those_before_it_are_skipped_with_the_reason() {
    given([])
        .online(&["coop/tri", "operator/zoe"])
        .when(Command::Open(asked()))
        .then([opened(ring(&["coop/tri"], &["department/ref"], Some(15)))]);
}

#[test]
fn a_ring_at_the_last_option_has_nothing_to_roll_up_to() {
    given([]).online(&["operator/zoe"]).when(Command::Open(asked())).then([opened(ring(
        &["operator/zoe"],
        &["department/ref", "coop/tri"],
        None,
    ))]);
}

#[test]
fn nobody_rings_where_nobody_is_online() {
    given([]).online(&[]).when(Command::Open(asked())).refused(Refusal::Offline);
}

#[test]
fn a_chat_opens_once() {
    given([rang()]).when(Command::Open(asked())).refused(Refusal::NotFound);
}

#[test]
fn the_next_option_rings_too_when_the_roll_up_is_over() {
    given([rang()])
        .at(14)
        .when(Command::Tick)
        .then_nothing()
        .at(15)
        .when(Command::Tick)
        .then([ChatEvent::Rung(ring(&["coop/tri"], &[], Some(30)))])
        .at(30)
        .when(Command::Tick)
        .then([ChatEvent::Rung(ring(&["operator/zoe"], &[], None))])
        .at(99)
        .when(Command::Tick)
        .then_nothing();
}

#[test]
fn a_roll_up_passes_over_an_option_where_nobody_is() {
    given([rang()])
        .at(15)
        .online(&["department/ref", "operator/zoe"])
        .when(Command::Tick)
        .then([ChatEvent::Rung(ring(&["operator/zoe"], &["coop/tri"], None))]);
}

#[test]
fn a_roll_up_that_finds_nobody_is_spent_and_who_comes_later_rings_at_once() {
    given([rang()])
        .at(15)
        .online(&["department/ref"])
        .when(Command::Tick)
        .then([ChatEvent::Rung(ring(&[], &["coop/tri", "operator/zoe"], None))])
        .at(20)
        .when(Command::Replan)
        .then_nothing()
        .online(&["department/ref", "coop/tri"])
        .when(Command::Replan)
        .then([ChatEvent::Rung(ring(&["coop/tri"], &[], Some(35)))]);
}

#[test]
fn the_next_option_rings_at_once_when_nobody_is_left_where_it_rings() {
    given([rang()])
        .at(3)
        .online(&["coop/tri"])
        .when(Command::Replan)
        .then([ChatEvent::Rung(ring(&["coop/tri"], &[], Some(18)))]);
}

#[test]
fn a_chat_goes_on_waiting_when_nobody_is_left_anywhere() {
    given([rang()]).at(3).online(&[]).when(Command::Replan).then_nothing();
}

#[test]
fn nothing_new_rings_while_somebody_is_left_where_it_rings() {
    given([rang()]).at(3).when(Command::Replan).then_nothing();
}

#[test]
fn an_own_department_that_signs_on_late_hears_it_too() {
    given([opened(ring(&["operator/zoe"], &["department/ref", "coop/tri"], None))])
        .online(&["department/ref", "operator/zoe"])
        .when(Command::Replan)
        .then([ChatEvent::Rung(ring(&["department/ref"], &[], None))]);
}

#[test]
fn a_chat_that_somebody_owns_rings_nowhere_new() {
    given([rang(), claimed("maya")])
        .at(99)
        .online(&["coop/tri"])
        .when(Command::Replan)
        .then_nothing();
    given([rang(), claimed("maya")]).at(99).when(Command::Tick).then_nothing();
}
