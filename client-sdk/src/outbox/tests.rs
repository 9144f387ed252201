//! The order of writes through refusals and lost connections.

use std::time::Duration;

use tokio::sync::oneshot;

use super::*;

const A: ChatId = ChatId(1);
const B: ChatId = ChatId(2);

fn post(chat: ChatId, text: &str) -> Entry {
    let write = Write::Post { chat, text: text.to_owned(), lang: None };
    Entry { cmid: Cmid(uuid::Uuid::from_u128(7)), write, reply: oneshot::channel().0 }
}

/// Sends all that may be sent and tells the texts.
fn sendable(outbox: &mut Outbox, now: Instant) -> Vec<String> {
    let mut texts = Vec::new();
    while let Some((_, entry)) = outbox.send_next(now, |_| false) {
        let Write::Post { text, .. } = &entry.write else { panic!("only posts here") };
        texts.push(text.clone());
    }
    texts
}

fn filled() -> Outbox {
    let mut outbox = Outbox::default();
    for (chat, text) in [(A, "a1"), (A, "a2"), (B, "b1")] {
        outbox.push(post(chat, text));
    }
    outbox
}

#[test]
fn one_write_per_chat_is_on_the_wire_and_the_next_follows_its_answer() {
    let (mut outbox, now) = (filled(), Instant::now());
    assert_eq!(sendable(&mut outbox, now), ["a1", "b1"]);
    assert!(outbox.answered(Lane::Chat(A)).is_some());
    assert_eq!(sendable(&mut outbox, now), ["a2"]);
    assert_eq!(outbox.len(), 2);
}

#[test]
fn a_write_put_off_stays_first_and_holds_up_its_own_chat_only() {
    let (mut outbox, now) = (filled(), Instant::now());
    let later = now + Duration::from_secs(3);
    sendable(&mut outbox, now);
    outbox.put_off(Lane::Chat(A), later);
    outbox.answered(Lane::Chat(B));
    outbox.push(post(B, "b2"));
    assert_eq!(sendable(&mut outbox, now), ["b2"]);
    assert_eq!(outbox.deadline(), Some(later));
    assert_eq!(sendable(&mut outbox, later), ["a1"]);
    assert_eq!(outbox.pauses(Lane::Chat(A)), 1);
}

#[test]
fn what_was_on_the_wire_is_sent_again_first_with_the_same_cmid() {
    let (mut outbox, now) = (filled(), Instant::now());
    let first = outbox.send_next(now, |_| false).map(|(_, entry)| entry.cmid);
    outbox.disconnected();
    let again = outbox.send_next(now, |_| false).map(|(_, entry)| entry.cmid);
    assert!(first.is_some());
    assert_eq!(first, again);
}

#[test]
fn a_held_lane_waits_and_the_others_do_not() {
    let (mut outbox, now) = (filled(), Instant::now());
    let sent = outbox.send_next(now, |lane| lane == Lane::Chat(A)).map(|(lane, _)| lane);
    assert_eq!(sent, Some(Lane::Chat(B)));
    assert!(outbox.send_next(now, |lane| lane == Lane::Chat(A)).is_none());
}
