//! Sentences about what counts: fed with events as the SDK tells them, without a connection.

use deskbell_client::Event;
use deskbell_client::protocol::ids::{Eid, InstitutionId};
use deskbell_client::protocol::to_client::SnapshotReason;
use deskbell_client::protocol::view::{Audience, PatronView, Phase};

use super::*;
use crate::script::{Script, Step};

const SAM: ChatId = ChatId(1);
const TESS: ChatId = ChatId(2);
const AT: &str = "2026-01-05T10:00:00Z";

fn roles() -> Roles {
    let mut roles = Roles::default();
    roles.rang(name("Sam"), SAM);
    roles
}

fn two_chats() -> Roles {
    let mut roles = roles();
    roles.rang(name("Tess"), TESS);
    roles
}

fn name(word: &str) -> Name {
    Name::read(word).expect("a name")
}

/// A sight, read as a script writes it.
fn sight(text: &str) -> Sight {
    let scene = "# A claim\nMaya of Birch monitors nothing\nInes of Cedar monitors nothing\n\
        Sam rings birch-home: hi\nTess rings birch-home: hi";
    let script = Script::read("sight", &format!("{scene}\nInes {text}"));
    match script.expect("a sight").lines.pop().expect("lines").step {
        Step::See { sight, .. } => sight,
        other => panic!("{other:?}"),
    }
}

fn operator(id: &str) -> Person {
    let name = format!("{}{} Quill", id[..1].to_uppercase(), &id[1..]);
    Person::Operator { id: id.parse().ok(), name, library: Some(birch()) }
}

fn birch() -> InstitutionId {
    "birch".parse().expect("an id")
}

fn ines() -> Watch {
    Watch::new(Me::Operator("ines".parse().expect("an id")))
}

fn sequenced(seq: u64, event: ChatEvent) -> Sequenced {
    Sequenced { seq, eid: Eid(seq), at: AT.parse().expect("a time"), event }
}

fn live(chat: ChatId, seq: u64, event: ChatEvent) -> Event {
    Event::Chat { chat, sequenced: sequenced(seq, event) }
}

fn says(by: Person, text: &str) -> ChatEvent {
    ChatEvent::Posted { by, text: text.to_owned(), lang: None }
}

fn sam_says(text: &str) -> ChatEvent {
    says(Person::Patron { name: None }, text)
}

fn asks() -> ChatEvent {
    ChatEvent::Opened {
        widget: "birch-home".parse().expect("an id"),
        home: birch(),
        question: "hi".to_owned(),
        name: None,
        contact: None,
        answers: Vec::new(),
        page: None,
        lang: None,
        continues: None,
        tiers: Vec::new(),
    }
}

fn snapshot(chat: ChatId, events: Vec<Sequenced>) -> Event {
    let last = events.last().expect("a snapshot has events").seq;
    Event::Snapshot(Box::new(Snapshot {
        chat,
        seq: last,
        eid: Eid(last),
        reason: SnapshotReason::Subscribed,
        audience: Audience::Previewer,
        state: ChatView {
            phase: Phase::Waiting,
            home: birch(),
            widget: "birch-home".parse().expect("an id"),
            opened_at: AT.parse().expect("a time"),
            tiers: Vec::new(),
            owner: None,
            participants: Vec::new(),
            transfer: None,
            patron_away_since: None,
            patron: PatronView::default(),
            library: None,
            tags: Vec::new(),
            continues: None,
            ended: None,
        },
        events,
    }))
}

fn row(chat: ChatId, previewing: u32, transfer_from: Option<Person>) -> ListRow {
    ListRow {
        chat,
        since: AT.parse().expect("a time"),
        home: birch(),
        home_name: "Birch".to_owned(),
        widget: "birch-home".parse().expect("an id"),
        tiers: Vec::new(),
        question: "hi".to_owned(),
        transfer_from,
        patron_here: true,
        name: None,
        returned: None,
        previewing,
        previewers: Vec::new(),
    }
}

fn all_named(watch: &Watch) -> bool {
    watch.unexpected(&two_chats()).is_empty()
}

#[test]
fn what_came_and_was_not_named_is_told_in_the_words_of_a_script() {
    let mut watch = ines();
    watch.take(Event::Row(Box::new(row(SAM, 0, None))));
    watch.take(live(SAM, 2, says(operator("maya"), "hello")));
    let gone = Event::Gone { chat: SAM, claimed_by: Some(operator("maya")) };
    watch.take(gone);
    assert_eq!(
        watch.unexpected(&roles()),
        ["a row for Sam's chat", "Maya: hello", "Sam's chat gone from the list, claimed by Maya"]
    );
}

#[test]
fn what_is_told_can_be_copied_into_the_script() {
    let mut watch = ines();
    watch.take(Event::Row(Box::new(row(SAM, 0, Some(operator("maya"))))));
    watch.take(live(SAM, 1, ChatEvent::PatronBack));
    watch.take(live(SAM, 2, says(operator("maya"), "hello")));
    for told in watch.unexpected(&roles()) {
        let sight = sight(&format!("sees: {told}"));
        assert_eq!(watch.look_for(&sight, &roles(), false), Look::Met, "{told}");
    }
    assert!(all_named(&watch));
}

#[test]
fn what_is_named_is_accounted_for_once() {
    let mut watch = ines();
    watch.take(live(SAM, 2, sam_says("hello")));
    let hello = sight("sees: Sam: hello");
    assert_eq!(watch.look_for(&hello, &roles(), false), Look::Met);
    assert_eq!(watch.look_for(&hello, &roles(), false), Look::NotYet);
    assert!(all_named(&watch));
}

#[test]
fn within_a_chat_the_script_names_what_happens_in_its_order() {
    let mut watch = ines();
    watch.take(live(SAM, 2, sam_says("one")));
    watch.take(live(SAM, 3, sam_says("two")));
    let two = sight("sees: Sam: two");
    assert_eq!(watch.look_for(&two, &roles(), false), Look::Instead("Sam: one".to_owned()));
    assert_eq!(watch.look_for(&two, &roles(), true), Look::Met, "`and whatever else`");
}

#[test]
fn between_chats_no_order_is_asked_for() {
    let mut watch = ines();
    watch.take(live(SAM, 2, sam_says("one")));
    watch.take(live(TESS, 2, sam_says("two")));
    assert_eq!(watch.look_for(&sight("sees: Tess: two"), &two_chats(), false), Look::Met);
    assert_eq!(watch.look_for(&sight("sees: Sam: one"), &two_chats(), false), Look::Met);
}

#[test]
fn a_message_of_one_patron_is_not_taken_for_that_of_another() {
    let mut watch = ines();
    watch.take(live(TESS, 2, sam_says("hello")));
    assert_eq!(watch.look_for(&sight("sees: Sam: hello"), &two_chats(), false), Look::NotYet);
    let elsewhere = sight("sees in Sam's chat: Tess: hello");
    assert_eq!(watch.look_for(&elsewhere, &two_chats(), false), Look::NotYet);
}

#[test]
fn her_own_write_is_implied_by_her_line_and_a_second_copy_of_it_is_not() {
    let mut watch = ines();
    watch.take(live(SAM, 2, says(operator("ines"), "hello")));
    watch.own(SAM, 2);
    assert!(all_named(&watch));
    watch.take(live(SAM, 3, says(operator("ines"), "hello")));
    assert_eq!(watch.unexpected(&roles()), ["Ines: hello"]);
    watch.own(SAM, 4);
    assert_eq!(watch.unexpected(&roles()), ["Ines: hello"], "a later write excuses no copy");
}

#[test]
fn a_hidden_event_is_no_news() {
    let mut watch = ines();
    watch.take(live(SAM, 2, ChatEvent::Hidden));
    assert!(all_named(&watch));
}

#[test]
fn a_row_that_only_changes_is_no_news_and_one_that_goes_is() {
    let mut watch = ines();
    watch.take(Event::List(vec![row(SAM, 0, None)]));
    assert_eq!(watch.look_for(&sight("sees: a row for Sam's chat"), &roles(), false), Look::Met);
    watch.take(Event::Row(Box::new(row(SAM, 3, None))));
    assert!(all_named(&watch));
    watch.take(Event::List(Vec::new()));
    assert_eq!(watch.unexpected(&roles()), ["Sam's chat gone from the list"]);
    assert_eq!(watch.list(&roles()), Vec::<String>::new());
}

#[test]
fn a_row_on_offer_is_not_taken_for_one_that_waits() {
    let mut watch = ines();
    watch.take(Event::Row(Box::new(row(SAM, 0, Some(operator("maya"))))));
    let waits = sight("sees: a row for Sam's chat");
    assert_eq!(watch.look_for(&waits, &roles(), false), Look::NotYet);
    let offered = sight("sees: a row for Sam's chat, offered by Maya");
    assert_eq!(watch.look_for(&offered, &roles(), false), Look::Met);
}

#[test]
fn the_row_of_her_own_offer_comes_and_goes_without_a_line() {
    let mut watch = ines();
    watch.take(Event::Row(Box::new(row(SAM, 0, Some(operator("ines"))))));
    assert!(all_named(&watch));
    watch.take(Event::Gone { chat: SAM, claimed_by: Some(operator("lou")) });
    assert!(all_named(&watch));
}

#[test]
fn her_own_claim_takes_the_row_and_the_preview_without_a_line() {
    let mut watch = ines();
    watch.take(Event::List(vec![row(SAM, 0, None)]));
    watch.look_for(&sight("sees: a row for Sam's chat"), &roles(), false);
    watch.take(Event::Gone { chat: SAM, claimed_by: Some(operator("ines")) });
    assert!(all_named(&watch));
}

#[test]
fn a_first_look_may_be_told_and_need_not_be() {
    let mut watch = ines();
    watch.take(snapshot(SAM, vec![sequenced(1, asks()), sequenced(2, sam_says("hello"))]));
    assert!(all_named(&watch));
    assert_eq!(watch.look_for(&sight("sees: Sam asks \"hi\""), &roles(), false), Look::Met);
}

#[test]
fn what_a_later_look_brings_anew_must_be_named() {
    let mut watch = ines();
    watch.take(snapshot(SAM, vec![sequenced(1, asks())]));
    watch.take(snapshot(SAM, vec![sequenced(1, asks()), sequenced(2, sam_says("missed"))]));
    assert_eq!(watch.unexpected(&roles()), ["Sam: missed"]);
}

#[test]
fn a_note_that_reaches_a_patron_fails_in_a_first_look_too_and_is_never_excused() {
    let noted = ChatEvent::Noted { by: operator("maya"), text: "a student".to_owned() };
    let mut watch = Watch::new(Me::Patron);
    watch.take(snapshot(SAM, vec![sequenced(1, asks()), sequenced(2, noted)]));
    watch.look_for(&sight("sees: Maya notes: a student"), &roles(), true);
    watch.forget();
    assert_eq!(watch.unexpected(&roles()).len(), 1);
}

#[test]
fn a_patron_knows_an_operator_by_her_public_name() {
    let maya = Person::Operator { id: None, name: "Maya Quill".to_owned(), library: Some(birch()) };
    let mut watch = Watch::new(Me::Patron);
    watch.take(live(SAM, 2, says(maya, "hello")));
    assert_eq!(watch.look_for(&sight("sees: Maya: hello"), &roles(), false), Look::Met);
}

#[test]
fn signals_are_no_news_and_can_be_named() {
    let mut watch = ines();
    let typing = Event::Typing { chat: SAM, who: operator("maya"), on: true };
    watch.take(typing);
    assert!(all_named(&watch));
    assert_eq!(watch.look_for(&sight("sees: Maya typing"), &roles(), false), Look::Met);
    assert_eq!(watch.look_for(&sight("sees: Maya typing"), &roles(), false), Look::NotYet);
}

#[test]
fn what_never_may_come_is_found_in_a_first_look_too() {
    let mut watch = ines();
    watch.take(snapshot(SAM, vec![sequenced(1, asks()), sequenced(2, sam_says("hello"))]));
    assert!(watch.ever_saw(&sight("sees: Sam: hello"), &roles()));
    assert!(!watch.ever_saw(&sight("sees: Sam: bye"), &roles()));
}

#[test]
fn coming_and_going_oneself_is_implied() {
    let mut watch = ines();
    let until = AT.parse().expect("a time");
    watch.take(live(SAM, 2, ChatEvent::OperatorAway { who: operator("ines"), until }));
    watch.take(live(SAM, 3, ChatEvent::OperatorBack { who: operator("ines") }));
    assert!(all_named(&watch));
    watch.take(live(SAM, 4, ChatEvent::OperatorAway { who: operator("maya"), until }));
    assert_eq!(watch.unexpected(&roles()), ["Maya is away"]);
}
