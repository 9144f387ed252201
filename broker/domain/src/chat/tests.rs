//! The rules of a chat as sentences: claiming, talking, leaving, ending and erasing. Where it
//! rings, its offers and absences stand in files of their own; the words they share stand here.

mod absence;
mod offers;
mod ringing;
mod service;

use jiff::Timestamp;

use super::event::{EndCause, LapseReason};
use super::state::{Attendance, EVENTS_MAX, Phase, TEXTS_MAX};
use super::{ChatEvent, ChatState, Command, Refusal, Summary};
use crate::person::{Author, Status};
use crate::spec::{
    asked, claimed, given, offered, opened, operator, rang, ring, second, taken_over, target, user,
};
use deskbell_protocol::ids::ChatId;

fn claim(by: &str) -> Command {
    Command::Claim { by: user(by) }
}

fn transfer(by: &str, to: &str) -> Command {
    let (by, to) = (user(by), target(to));
    Command::Transfer { by, to, note: None, tell_patron: false, hand_over: false }
}

fn post(by: Author) -> Command {
    Command::Post { by, text: "On floor 3.".into(), lang: None }
}

fn posted(by: Author) -> ChatEvent {
    ChatEvent::Posted { by, text: "On floor 3.".into(), lang: None }
}

fn note(by: &str) -> Command {
    Command::Note { by: user(by), text: "Check the plan.".into() }
}

fn decline(by: &str) -> Command {
    Command::DeclineTransfer { by: user(by), reason: "Lunch.".into() }
}

fn leave(by: &str) -> Command {
    Command::Leave { by: user(by) }
}

fn lost(who: &str) -> Command {
    Command::OperatorLost { who: user(who) }
}

fn found(who: &str) -> Command {
    Command::OperatorFound { who: user(who) }
}

fn away(who: &str, until: i64) -> ChatEvent {
    ChatEvent::OperatorAway { who: user(who), until: second(until) }
}

fn owner_lost(who: &str) -> ChatEvent {
    ChatEvent::OwnerLost { who: user(who) }
}

fn left(by: &str) -> ChatEvent {
    ChatEvent::Left { by: user(by) }
}

fn ended(cause: EndCause, by: Author) -> ChatEvent {
    ChatEvent::Ended { cause, by }
}

fn over() -> ChatEvent {
    ended(EndCause::Operator, operator("maya"))
}

fn lapsed(reason: LapseReason) -> ChatEvent {
    ChatEvent::TransferLapsed { reason }
}

fn patron_away() -> ChatEvent {
    ChatEvent::PatronAway { until: second(600) }
}

/// Ines was helped by Maya, who stays.
fn with_a_participant() -> [ChatEvent; 4] {
    [rang(), claimed("maya"), offered("maya", "operator/ines"), taken_over("ines")]
}

fn returned() -> [ChatEvent; 4] {
    [rang(), claimed("maya"), away("maya", 60), owner_lost("maya")]
}

#[test]
fn an_operator_claims_what_rings_at_a_queue_she_monitors() {
    given([rang()]).monitoring(&["department/ref"]).when(claim("maya")).then([claimed("maya")]);
}

#[test]
fn an_away_operator_may_claim() {
    given([rang()])
        .monitoring(&["department/ref"])
        .status(Status::Away)
        .when(claim("maya"))
        .then([claimed("maya")]);
}

#[test]
fn who_is_offline_or_internal_claims_nothing() {
    for status in [Status::Internal, Status::Offline] {
        given([rang()])
            .monitoring(&["department/ref"])
            .status(status)
            .when(claim("maya"))
            .refused(Refusal::NotMonitoring);
    }
}

#[test]
fn who_monitors_another_queue_claims_nothing_until_it_rings_there() {
    let chat = given([rang()]).monitoring(&["coop/tri"]);
    chat.clone().when(claim("ines")).refused(Refusal::NotMonitoring);
    chat.at(15)
        .when(Command::Tick)
        .then([ChatEvent::Rung(ring(&["coop/tri"], &[], Some(30)))])
        .when(claim("ines"))
        .then([claimed("ines")]);
}

#[test]
fn an_option_that_is_an_operator_rings_for_her_alone() {
    let chat = given([opened(ring(&["operator/zoe"], &[], None))]);
    chat.clone().when(claim("maya")).refused(Refusal::NotMonitoring);
    chat.when(claim("zoe")).then([claimed("zoe")]);
}

#[test]
fn a_chat_claimed_by_one_operator_is_refused_to_the_next() {
    let chat = given([rang(), claimed("maya")]).monitoring(&["department/ref"]);
    chat.clone().when(claim("ines")).refused(Refusal::AlreadyClaimed(user("maya")));
    chat.when(claim("maya")).refused(Refusal::AlreadyClaimed(user("maya")));
}

#[test]
fn a_participant_does_not_take_a_chat_that_has_an_owner() {
    given(with_a_participant()).when(claim("maya")).refused(Refusal::AlreadyClaimed(user("ines")));
}

#[test]
fn the_patron_writes_while_waiting_and_while_talking() {
    for chat in [vec![rang()], vec![rang(), claimed("maya")]] {
        given(chat).when(post(Author::Patron)).then([posted(Author::Patron)]);
    }
}

#[test]
fn owner_and_participants_write_and_note() {
    for who in ["ines", "maya"] {
        given(with_a_participant()).when(post(operator(who))).then([posted(operator(who))]);
        let noted = ChatEvent::Noted { by: user(who), text: "Check the plan.".into() };
        given(with_a_participant()).when(note(who)).then([noted]);
    }
}

#[test]
fn who_is_not_in_the_chat_neither_writes_nor_notes() {
    let chat = given([rang(), claimed("maya")]).monitoring(&["department/ref"]);
    chat.clone().when(post(operator("ines"))).refused(Refusal::NotParticipant);
    chat.clone().when(post(Author::System)).refused(Refusal::NotParticipant);
    chat.when(note("ines")).refused(Refusal::NotParticipant);
}

#[test]
fn writing_does_not_claim_a_returned_chat() {
    let chat = given(returned()).when(post(operator("maya"))).then([posted(operator("maya"))]);
    assert_eq!(chat.state.phase, Phase::Waiting);
}

#[test]
fn a_full_chat_takes_no_texts_and_is_still_offered_claimed_left_and_ended() {
    let full = given(with_a_participant()).holding(TEXTS_MAX);
    full.clone().when(post(Author::Patron)).refused(Refusal::Full);
    full.clone().when(note("ines")).refused(Refusal::Full);
    full.clone().when(leave("maya")).then([left("maya")]);
    full.when(transfer("ines", "operator/maya"))
        .then([offered("ines", "operator/maya")])
        .when(claim("maya"))
        .then([taken_over("maya")])
        .when(Command::End { by: operator("maya") })
        .then([over()]);
}

#[test]
fn whatever_a_nearly_full_chat_still_takes_leaves_room_for_what_must_follow() {
    let asks = [
        post(Author::Patron),
        transfer("ines", "coop/tri"),
        Command::PatronLost,
        lost("ines"),
        lost("maya"),
        Command::MarkErased { seqs: vec![1] },
    ];
    for room in 0..8 {
        for command in &asks {
            let owed = given(with_a_participant()).state.owed();
            let chat = given(with_a_participant()).holding(EVENTS_MAX - owed - room);
            let mut state = chat.state.clone();
            for event in chat.when(command.clone()).events() {
                state.evolve(&event, second(0));
            }
            assert!(state.version + state.owed() <= EVENTS_MAX, "{command:?} with room for {room}");
        }
    }
}

#[test]
fn a_chat_full_to_the_brim_takes_no_offer_and_no_mark_and_ends_when_the_patron_goes() {
    let brim = given([rang(), claimed("maya")]).holding(EVENTS_MAX - 1);
    brim.clone().when(transfer("maya", "coop/tri")).refused(Refusal::Full);
    brim.clone().when(Command::MarkErased { seqs: vec![1] }).refused(Refusal::Full);
    brim.clone().when(lost("maya")).then_nothing();
    brim.clone().when(Command::PatronLost).then([ended(EndCause::PatronGone, Author::System)]);
    brim.when(Command::End { by: operator("maya") }).then([over()]);
}

#[test]
fn a_participant_leaves_and_the_chat_goes_on() {
    let chat = given(with_a_participant()).when(leave("maya")).then([left("maya")]);
    assert_eq!(chat.state.owner(), Some(&user("ines")));
    chat.when(leave("maya")).refused(Refusal::NotParticipant);
}

#[test]
fn an_owner_must_stay() {
    given([rang(), claimed("maya")]).when(leave("maya")).refused(Refusal::OwnerMustStay);
}

#[test]
fn the_owner_ends_the_chat_and_goes_on_reading_it() {
    let chat = given([rang(), claimed("maya"), offered("maya", "coop/tri")])
        .when(Command::End { by: operator("maya") })
        .then([over()]);
    assert_eq!(chat.state.transfer, None);
    assert!(chat.state.has(&user("maya")));
    assert_eq!(chat.state.deadline(), None);
}

#[test]
fn the_patron_ends_it_and_a_patron_who_goes_unanswered_is_missed() {
    let end = Command::End { by: Author::Patron };
    given([rang(), claimed("maya")])
        .when(end.clone())
        .then([ended(EndCause::Patron, Author::Patron)]);
    given([rang()]).when(end).then([ended(EndCause::Missed, Author::Patron)]);
}

#[test]
fn nobody_else_ends_it() {
    for by in [operator("maya"), operator("lou"), Author::System] {
        given(with_a_participant()).when(Command::End { by }).refused(Refusal::NotOwner);
    }
    given([rang()]).when(Command::End { by: operator("maya") }).refused(Refusal::NotOwner);
}

fn what_people_ask() -> [Command; 8] {
    [
        claim("maya"),
        post(Author::Patron),
        note("maya"),
        transfer("maya", "coop/tri"),
        Command::CancelTransfer { by: user("maya") },
        decline("maya"),
        leave("maya"),
        Command::End { by: Author::Patron },
    ]
}

fn what_the_broker_asks() -> [Command; 6] {
    let (gone, back) = (Command::PatronLost, Command::PatronFound);
    [gone, back, lost("maya"), found("maya"), Command::Tick, Command::Replan]
}

#[test]
fn after_the_end_people_are_refused_and_time_says_nothing() {
    let chat = given([rang(), claimed("maya"), patron_away(), away("maya", 60), over()]).at(9_999);
    for command in what_people_ask() {
        chat.clone().when(command).refused(Refusal::Ended);
    }
    for command in what_the_broker_asks() {
        chat.clone().when(command).then_nothing();
    }
}

#[test]
fn before_the_ring_there_is_no_chat() {
    for command in what_people_ask() {
        given([]).when(command).refused(Refusal::NotFound);
    }
    for command in what_the_broker_asks() {
        given([]).when(command).then_nothing();
    }
    given([]).when(Command::MarkErased { seqs: vec![1] }).refused(Refusal::NotFound);
}

fn summary(state: &ChatState) -> Option<Summary> {
    Summary::of(ChatId(1), state)
}

#[test]
fn a_chat_can_be_claimed_at_its_tiers_while_it_waits_and_at_its_offers_target() {
    let at = |state: &ChatState| summary(state).unwrap().claimable_at();
    assert_eq!(at(&given([rang()]).state), [target("department/ref")]);
    assert_eq!(at(&given([rang(), claimed("maya")]).state), []);
    let offer = offered("maya", "coop/tri");
    assert_eq!(at(&given([rang(), claimed("maya"), offer]).state), [target("coop/tri")]);
    let back = [rang(), claimed("maya"), offered("maya", "department/ref"), owner_lost("maya")];
    assert_eq!(at(&given(back).state), [target("department/ref")]);
}

#[test]
fn a_chat_that_is_over_has_no_summary() {
    assert_eq!(summary(&given([]).state), None);
    assert_eq!(summary(&given([rang(), claimed("maya"), over()]).state), None);
}

#[test]
fn the_deadline_is_the_first_thing_due() {
    let due = |events: Vec<ChatEvent>| given(events).state.deadline();
    assert_eq!(due(vec![]), None);
    assert_eq!(due(vec![rang()]), Some(second(15)));
    assert_eq!(due(vec![rang(), claimed("maya")]), None);
    let mut events = vec![rang(), claimed("maya"), patron_away()];
    for (event, at) in [(offered("maya", "coop/tri"), 120), (away("maya", 60), 60)] {
        events.push(event);
        assert_eq!(due(events.clone()), Some::<Timestamp>(second(at)));
    }
}

#[test]
fn an_erasure_of_the_ring_blanks_what_lists_show_and_is_marked_after_the_end_too() {
    let erased = ChatEvent::Erased { seqs: vec![1] };
    let mark = Command::MarkErased { seqs: vec![1] };
    let chat = given([rang(), claimed("maya"), over()]).when(mark.clone()).then([erased.clone()]);
    assert_eq!(chat.state.ring.unwrap().preview.question, "");
    let chat = given([rang()]).when(mark).then([erased]);
    assert_eq!(summary(&chat.state).unwrap().preview.name, None);
    chat.when(Command::MarkErased { seqs: vec![] }).then_nothing();
}

#[test]
fn lists_show_the_first_200_characters_of_the_question() {
    let mut asked = asked();
    asked.question = "ä".repeat(500);
    let chat = given([ChatEvent::Opened(asked)]);
    assert_eq!(chat.state.ring.unwrap().preview.question, "ä".repeat(200));
}
