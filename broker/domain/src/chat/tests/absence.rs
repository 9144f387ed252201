//! Who is gone and what time does about it, as sentences.

use super::*;

#[test]
fn a_patron_is_marked_away_once_and_back_once() {
    given([rang()])
        .when(Command::PatronFound)
        .then_nothing()
        .when(Command::PatronLost)
        .then([patron_away()])
        .when(Command::PatronLost)
        .then_nothing()
        .when(Command::PatronFound)
        .then([ChatEvent::PatronBack])
        .when(Command::PatronFound)
        .then_nothing();
}

#[test]
fn a_patron_who_reloads_while_waiting_keeps_the_place() {
    let before = given([rang()]).state;
    let after = given([rang(), patron_away(), ChatEvent::PatronBack]).state;
    assert_eq!((&after.phase, &after.ring), (&before.phase, &before.ring));
}

#[test]
fn a_patron_who_stays_away_ends_the_chat() {
    let gone = |cause| ended(cause, Author::System);
    let chat = given([rang(), claimed("maya"), offered("maya", "coop/tri"), patron_away()]);
    chat.at(600).when(Command::Tick).then([gone(EndCause::PatronGone)]);
    given([rang(), patron_away()]).at(600).when(Command::Tick).then([gone(EndCause::Missed)]);
}

#[test]
fn operators_are_marked_away_once_and_back_once() {
    for who in ["ines", "maya"] {
        given(with_a_participant())
            .when(lost(who))
            .then([away(who, 60)])
            .when(lost(who))
            .then_nothing()
            .when(found(who))
            .then([ChatEvent::OperatorBack { who: user(who) }])
            .when(found(who))
            .then_nothing();
    }
    given(with_a_participant()).when(lost("lou")).then_nothing();
}

#[test]
fn an_owner_who_stays_away_returns_the_chat_to_its_place_and_is_a_participant() {
    let rung = ChatEvent::Rung(ring(&["coop/tri"], &[], Some(30)));
    let chat = given([rang(), rung, claimed("maya"), away("maya", 60)])
        .at(59)
        .when(Command::Tick)
        .then_nothing()
        .at(60)
        .when(Command::Tick)
        .then([owner_lost("maya")]);
    let place = chat.state.ring.clone().unwrap();
    assert_eq!(chat.state.phase, Phase::Waiting);
    assert_eq!(place.opened_at, second(0));
    assert_eq!(place.tiers, [target("department/ref"), target("coop/tri")]);
    let again = Attendance::Away { since: second(0), until: second(120) };
    assert_eq!(chat.state.participants[&user("maya")], again);
}

#[test]
fn a_returned_chat_rings_elsewhere_at_once_if_nobody_is_left_at_its_tiers() {
    given([rang(), claimed("maya"), away("maya", 60)])
        .at(60)
        .online(&["coop/tri"])
        .when(Command::Tick)
        .then([owner_lost("maya"), ChatEvent::Rung(ring(&["coop/tri"], &[], Some(75)))]);
}

#[test]
fn a_returned_chat_is_claimed_by_its_tiers_or_by_those_in_it() {
    given(returned()).monitoring(&["department/ref"]).when(claim("lou")).then([claimed("lou")]);
    given(returned()).monitoring(&["coop/tri"]).when(claim("lou")).refused(Refusal::NotMonitoring);
    let chat =
        given(returned()).status(Status::Internal).when(claim("maya")).then([claimed("maya")]);
    assert!(chat.state.participants.is_empty());
}

#[test]
fn an_offer_outlives_the_owners_loss_and_may_be_claimed_declined_or_lapse() {
    let offer = offered("maya", "operator/ines");
    let chat = given([rang(), claimed("maya"), offer, away("maya", 60), owner_lost("maya")]);
    chat.clone().when(claim("ines")).then([taken_over("ines")]);
    let declined = ChatEvent::TransferDeclined { by: user("ines"), reason: "Lunch.".into() };
    chat.clone().when(decline("ines")).then([declined]);
    chat.clone().when(Command::CancelTransfer { by: user("maya") }).refused(Refusal::NotOwner);
    let lapse = chat.clone().nobody_at_the_target().when(Command::Tick);
    lapse.then([lapsed(LapseReason::TargetGone)]);
    let taken = chat.monitoring(&["department/ref"]).when(claim("lou")).then([claimed("lou")]);
    assert_eq!(taken.state.transfer, None);
}

#[test]
fn a_participant_who_stays_away_is_out() {
    let gone = ChatEvent::ParticipantLost { who: user("maya") };
    let chat = given(with_a_participant()).when(lost("maya")).then([away("maya", 60)]);
    let chat = chat.at(60).when(Command::Tick).then([gone]);
    assert!(!chat.state.has(&user("maya")));
}
