//! What each frame means at each place.

use super::*;
use crate::protocol::ids::Eid;

const CHAT: ChatId = ChatId(1);

fn at(seq: u64) -> Position {
    Position { seq, eid: Eid(seq) }
}

fn following(seq: u64) -> Streams {
    let mut streams = Streams::default();
    streams.ask(CHAT, None);
    assert!(streams.snapshot(CHAT, at(seq)));
    streams.granted(CHAT);
    streams
}

#[test]
fn the_next_place_is_delivered_and_an_earlier_one_is_not_delivered_again() {
    let mut streams = following(3);
    assert_eq!(streams.event(CHAT, at(4)), Verdict::Deliver);
    assert_eq!(streams.event(CHAT, at(4)), Verdict::Ignore);
    assert_eq!(streams.event(CHAT, at(2)), Verdict::Ignore);
    assert_eq!(streams.event(CHAT, at(5)), Verdict::Deliver);
}

#[test]
fn a_gap_is_repaired_once_from_the_last_place_and_the_rest_waits_for_the_answer() {
    let mut streams = following(3);
    assert_eq!(streams.event(CHAT, at(6)), Verdict::Repair(Some(at(3))));
    assert_eq!(streams.event(CHAT, at(7)), Verdict::Ignore);
    for seq in 4..=7 {
        assert_eq!(streams.event(CHAT, at(seq)), Verdict::Deliver);
    }
    streams.granted(CHAT);
    assert_eq!(streams.event(CHAT, at(8)), Verdict::Deliver);
}

#[test]
fn a_second_gap_at_the_same_place_asks_for_a_snapshot() {
    let mut streams = following(3);
    assert_eq!(streams.event(CHAT, at(6)), Verdict::Repair(Some(at(3))));
    streams.granted(CHAT);
    assert_eq!(streams.event(CHAT, at(7)), Verdict::Repair(None));
    assert!(streams.snapshot(CHAT, at(9)));
    streams.granted(CHAT);
    assert_eq!(streams.event(CHAT, at(10)), Verdict::Deliver);
}

#[test]
fn another_event_at_the_last_place_means_that_the_histories_differ() {
    let mut streams = following(3);
    let other = Position { seq: 3, eid: Eid(99) };
    assert_eq!(streams.event(CHAT, other), Verdict::Repair(Some(at(3))));
}

#[test]
fn a_snapshot_replaces_the_place_even_backwards() {
    let mut streams = following(9);
    assert!(streams.snapshot(CHAT, at(4)));
    assert_eq!(streams.event(CHAT, at(5)), Verdict::Deliver);
}

#[test]
fn nothing_of_a_chat_that_is_not_followed_is_delivered() {
    let mut streams = Streams::default();
    assert_eq!(streams.event(CHAT, at(1)), Verdict::Ignore);
    streams.ask(CHAT, None);
    assert_eq!(streams.event(CHAT, at(1)), Verdict::Ignore, "before its snapshot");
}

#[test]
fn what_comes_between_leaving_and_its_confirmation_is_not_delivered() {
    let mut streams = following(3);
    streams.leave(CHAT);
    assert_eq!(streams.event(CHAT, at(4)), Verdict::Ignore);
    assert!(!streams.snapshot(CHAT, at(4)));
    streams.left(CHAT);
    assert!(!streams.follows(CHAT));
    assert!(streams.resume().is_empty());
}

#[test]
fn a_chat_followed_again_while_leaving_survives_the_confirmation() {
    let mut streams = following(3);
    streams.leave(CHAT);
    streams.ask(CHAT, None);
    streams.left(CHAT);
    assert!(streams.follows(CHAT));
}

#[test]
fn a_reconnect_resumes_each_chat_from_its_last_place_but_not_what_was_never_granted() {
    let mut streams = following(3);
    streams.event(CHAT, at(4));
    streams.ask(ChatId(2), None);
    streams.disconnected();
    assert_eq!(streams.resume(), [(CHAT, Some(at(4)))]);
    assert!(streams.asking(CHAT), "its writes wait until the resume is answered");
}
