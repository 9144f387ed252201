//! What a desk offers beside answers, as sentences: tickets, dismissals, hand-overs, the idle text,
//! who the patron is, tags and ratings.

use super::*;
use crate::chat::event::{OfferReason, Rating, ReturnReason};

fn waits_for_a_ticket() -> ChatEvent {
    opened(ring(&["department/ref"], &[], None))
}

fn ticket_offered(why: OfferReason) -> ChatEvent {
    ChatEvent::TicketOffered { why }
}

fn returned(who: &str, why: ReturnReason, note: Option<&str>) -> ChatEvent {
    ChatEvent::Returned { who: user(who), why, note: note.map(Into::into) }
}

fn ended(cause: EndCause, by: Author) -> ChatEvent {
    ChatEvent::Ended { cause, by }
}

#[test]
fn a_patron_who_waited_her_time_is_offered_a_ticket_once_and_can_still_be_claimed() {
    given([waits_for_a_ticket()])
        .at(59)
        .when(Command::Tick)
        .then_nothing()
        .at(60)
        .when(Command::Tick)
        .then([ticket_offered(OfferReason::Waited)])
        .at(600)
        .when(Command::Tick)
        .then_nothing()
        .monitoring(&["department/ref"])
        .when(Command::Claim { by: user("maya") })
        .then([claimed("maya")]);
}

#[test]
fn when_nobody_is_left_anywhere_the_ticket_is_offered_at_once() {
    given([waits_for_a_ticket()])
        .at(3)
        .online(&[])
        .when(Command::Replan)
        .then([ticket_offered(OfferReason::Nobody)])
        .when(Command::Replan)
        .then_nothing();
}

#[test]
fn a_ticket_ends_the_wait_and_is_asked_for_once() {
    let ask = || Command::RequestTicket { name: "Sam".into(), email: "s@x.org".into() };
    let requested = ChatEvent::TicketRequested {
        name: "Sam".into(),
        email: "s@x.org".into(),
        queue: Some("desk".parse().unwrap()),
    };
    given([waits_for_a_ticket()])
        .when(ask())
        .then([requested.clone(), ended(EndCause::Ticket, Author::Patron)])
        .when(ask())
        .then_nothing();
    given([rang(), claimed("maya")]).when(ask()).refused(Refusal::BeingAnswered(user("maya")));
    given([rang(), ended(EndCause::Missed, Author::System)]).when(ask()).then([requested]);
}

#[test]
fn who_could_claim_a_chat_may_dismiss_it_for_everybody() {
    let dismiss = |by: &str| Command::Dismiss { by: user(by), note: Some("wrong number".into()) };
    let dismissed = ChatEvent::Dismissed { by: user("ines"), note: Some("wrong number".into()) };
    given([rang()])
        .monitoring(&["department/ref"])
        .when(dismiss("ines"))
        .then([dismissed, ended(EndCause::Dismissed, operator("ines"))]);
    given([rang()]).when(dismiss("ines")).refused(Refusal::NotMonitoring);
    given([rang(), claimed("maya")])
        .monitoring(&["department/ref"])
        .when(dismiss("ines"))
        .refused(Refusal::AlreadyClaimed(user("maya")));
}

#[test]
fn what_nobody_takes_over_waits_again_at_its_place_with_the_note() {
    let (by, to) = (user("maya"), target("coop/tri"));
    let note = Some("needs the map room".to_owned());
    let hand_over =
        Command::Transfer { by, to, note: note.clone(), tell_patron: false, hand_over: true };
    let (by, to, until) = (user("maya"), target("coop/tri"), second(120));
    let offered =
        ChatEvent::TransferOffered { by, to, note, tell_patron: false, hand_over: true, until };
    let later = given([rang(), claimed("maya")])
        .when(hand_over)
        .then([offered])
        .at(120)
        .when(Command::Tick)
        .then([
            ChatEvent::TransferLapsed { reason: LapseReason::Time },
            returned("maya", ReturnReason::HandOver, Some("needs the map room")),
        ]);
    let ring = later.state.ring.as_ref().unwrap();
    assert_eq!(ring.opened_at, second(0));
    assert_eq!(ring.preview.returned.as_ref().unwrap().note.as_deref(), Some("needs the map room"));
    assert!(later.state.has(&user("maya")), "she reads it until she goes");
    let claimed_again = later
        .monitoring(&["department/ref"])
        .when(Command::Claim { by: user("ines") })
        .then([claimed("ines")]);
    assert_eq!(claimed_again.state.ring.as_ref().unwrap().preview.returned, None);
}

#[test]
fn who_may_not_go_on_is_out_and_her_chat_waits_again() {
    for why in [ReturnReason::SignedOut, ReturnReason::NoRight] {
        let out = given([rang(), claimed("maya")])
            .when(Command::Return { who: user("maya"), why })
            .then([returned("maya", why, None)]);
        assert!(!out.state.has(&user("maya")));
        assert_eq!(out.state.phase, Phase::Waiting);
    }
    given([rang(), claimed("maya"), offered("maya", "coop/tri"), taken_over("ines")])
        .when(Command::Return { who: user("maya"), why: ReturnReason::NoRight })
        .then([ChatEvent::ParticipantLost { who: user("maya") }]);
    given([rang()])
        .when(Command::Return { who: user("maya"), why: ReturnReason::NoRight })
        .then_nothing();
}

#[test]
fn a_patron_without_an_answer_is_told_once_that_she_is_not_forgotten() {
    let idle = Some(std::time::Duration::from_mins(5));
    let taken = ChatEvent::Claimed { by: user("maya"), transfer: false, idle };
    let told = || ChatEvent::Idled { text: "Still here.".into() };
    let post = |by| Command::Post { by, text: "Hello".into(), lang: None };
    let said = |by| ChatEvent::Posted { by, text: "Hello".into(), lang: None };
    given([rang()])
        .monitoring(&["department/ref"])
        .idle_after(300)
        .when(Command::Claim { by: user("maya") })
        .then([taken])
        .at(299)
        .when(Command::Tick)
        .then_nothing()
        .at(300)
        .when(Command::Tick)
        .then([told()])
        .at(900)
        .when(Command::Tick)
        .then_nothing()
        .when(post(Author::Patron))
        .then([said(Author::Patron)])
        .at(1000)
        .when(post(operator("maya")))
        .then([said(operator("maya"))])
        .at(1300)
        .when(Command::Tick)
        .then_nothing();
}

#[test]
fn who_the_patron_is_is_corrected_by_who_is_in_the_chat_and_shown_from_then_on() {
    let set = |by| Command::SetPatron { by, name: Some("Samuel".into()), contact: None };
    let changed = |by| ChatEvent::PatronChanged { by, name: Some("Samuel".into()), contact: None };
    let known = given([rang(), claimed("maya")])
        .when(set(operator("maya")))
        .then([changed(operator("maya"))]);
    let ring = known.state.ring.as_ref().unwrap();
    assert_eq!(ring.preview.name.as_deref(), Some("Samuel"));
    assert_eq!(ring.contact.as_ref().map(|it| it.0.as_str()), Some("sam@example.org"));
    given([rang()]).when(set(Author::Patron)).then([changed(Author::Patron)]);
    given([rang(), claimed("maya")]).when(set(operator("lou"))).refused(Refusal::NotParticipant);
}

#[test]
fn a_look_at_the_contact_is_on_record_once_for_each_operator() {
    let look = || Command::Reveal { by: user("ines") };
    given([rang(), claimed("ines")])
        .when(look())
        .then([ChatEvent::ContactRevealed { by: user("ines") }])
        .when(look())
        .then_nothing();
    given([rang()]).when(look()).refused(Refusal::NotParticipant);
}

#[test]
fn tags_are_set_as_a_whole_also_after_the_end() {
    let tag = |tags: &[&str]| Command::Tag {
        by: user("maya"),
        tags: tags.iter().map(ToString::to_string).collect(),
    };
    given([rang(), claimed("maya"), ended(EndCause::Operator, operator("maya"))])
        .when(tag(&["maps"]))
        .then([ChatEvent::Tagged { by: user("maya"), tags: ["maps".to_owned()].into() }])
        .when(tag(&["maps"]))
        .then_nothing();
    given([rang()]).when(tag(&["maps"])).refused(Refusal::NotParticipant);
}

#[test]
fn a_chat_is_rated_after_its_end_if_somebody_answered() {
    let (rating, comment) = (Rating::new(5).unwrap(), Some("Thank you".to_owned()));
    let rate = || Command::Rate { rating, comment: comment.clone() };
    given([rang(), claimed("maya")]).when(rate()).refused(Refusal::NotEnded);
    given([rang(), ended(EndCause::Missed, Author::System)])
        .when(rate())
        .refused(Refusal::NeverAnswered);
    given([rang(), claimed("maya"), ended(EndCause::Operator, operator("maya"))])
        .when(rate())
        .then([ChatEvent::Rated { rating, comment: comment.clone() }]);
    assert_eq!([0, 6].map(Rating::new), [None; 2]);
}
