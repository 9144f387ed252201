//! Offers, as sentences.

use super::*;

#[test]
fn the_owner_offers_to_a_department_a_co_op_or_a_colleague_until_it_lapses() {
    for to in ["department/ref", "coop/tri", "operator/ines"] {
        given([rang(), claimed("maya")]).when(transfer("maya", to)).then([offered("maya", to)]);
    }
}

#[test]
fn only_the_owner_offers_and_takes_back() {
    let chat = given(with_a_participant());
    chat.clone().when(transfer("maya", "coop/tri")).refused(Refusal::NotOwner);
    chat.when(Command::CancelTransfer { by: user("maya") }).refused(Refusal::NotOwner);
}

#[test]
fn nothing_is_offered_to_the_owner_herself_or_to_nobody() {
    let chat = given([rang(), claimed("maya")]);
    chat.clone().when(transfer("maya", "operator/maya")).refused(Refusal::TargetIsOwner);
    chat.nobody_at_the_target().when(transfer("maya", "coop/tri")).refused(Refusal::TargetOffline);
}

#[test]
fn an_offer_changes_the_owner_only_when_it_is_claimed() {
    let chat = given([rang(), claimed("maya"), offered("maya", "coop/tri")]);
    assert_eq!(chat.state.owner(), Some(&user("maya")));
    let chat = chat.monitoring(&["coop/tri"]).when(claim("ines")).then([taken_over("ines")]);
    assert_eq!(chat.state.owner(), Some(&user("ines")));
    assert!(chat.state.participants.contains_key(&user("maya")));
    assert_eq!(chat.state.transfer, None);
}

#[test]
fn an_offer_to_a_colleague_is_hers_alone() {
    let chat = given([rang(), claimed("maya"), offered("maya", "operator/ines")]);
    let lou = chat.clone().monitoring(&["department/ref", "coop/tri"]);
    lou.when(claim("lou")).refused(Refusal::AlreadyClaimed(user("maya")));
    let inside = chat.clone().status(Status::Internal);
    inside.when(claim("ines")).refused(Refusal::NotMonitoring);
    chat.status(Status::Away).when(claim("ines")).then([taken_over("ines")]);
}

#[test]
fn an_owner_does_not_claim_her_own_offer() {
    given([rang(), claimed("maya"), offered("maya", "department/ref")])
        .monitoring(&["department/ref"])
        .when(claim("maya"))
        .refused(Refusal::AlreadyClaimed(user("maya")));
}

#[test]
fn a_participant_who_takes_the_chat_back_is_its_owner_and_nothing_else() {
    let chat = given(with_a_participant())
        .when(transfer("ines", "operator/maya"))
        .then([offered("ines", "operator/maya")])
        .when(claim("maya"))
        .then([taken_over("maya")]);
    assert_eq!(chat.state.owner(), Some(&user("maya")));
    assert_eq!(chat.state.participants.keys().collect::<Vec<_>>(), [&user("ines")]);
}

#[test]
fn a_later_offer_replaces_the_earlier() {
    given([rang(), claimed("maya"), offered("maya", "operator/ines")])
        .when(transfer("maya", "coop/tri"))
        .then([offered("maya", "coop/tri")])
        .when(claim("ines"))
        .refused(Refusal::AlreadyClaimed(user("maya")));
}

#[test]
fn the_owner_takes_an_offer_back_if_there_is_one() {
    let cancel = Command::CancelTransfer { by: user("maya") };
    let chat = given([rang(), claimed("maya")]);
    chat.when(cancel.clone()).refused(Refusal::NoTransfer);
    let chat = given([rang(), claimed("maya"), offered("maya", "coop/tri")])
        .when(cancel)
        .then([ChatEvent::TransferCanceled { by: user("maya") }]);
    assert_eq!(chat.state.transfer, None);
}

#[test]
fn a_colleague_declines_with_a_reason_and_nobody_declines_for_a_queue() {
    let declined = ChatEvent::TransferDeclined { by: user("ines"), reason: "Lunch.".into() };
    let chat = given([rang(), claimed("maya"), offered("maya", "operator/ines")]);
    chat.clone().when(decline("lou")).refused(Refusal::NoTransfer);
    chat.when(decline("ines")).then([declined]).when(decline("ines")).refused(Refusal::NoTransfer);
    given([rang(), claimed("maya"), offered("maya", "coop/tri")])
        .monitoring(&["coop/tri"])
        .when(decline("ines"))
        .refused(Refusal::NoTransfer);
}

#[test]
fn an_offer_lapses_by_time() {
    let chat = given([rang(), claimed("maya"), offered("maya", "coop/tri")]);
    chat.at(119)
        .when(Command::Tick)
        .then_nothing()
        .at(120)
        .when(Command::Tick)
        .then([lapsed(LapseReason::Time)])
        .when(Command::Tick)
        .then_nothing();
}

#[test]
fn an_offer_lapses_when_its_target_is_gone() {
    given([rang(), claimed("maya"), offered("maya", "coop/tri")])
        .nobody_at_the_target()
        .when(Command::Tick)
        .then([lapsed(LapseReason::TargetGone)])
        .when(Command::Tick)
        .then_nothing();
}
