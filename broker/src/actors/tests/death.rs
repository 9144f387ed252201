//! A bug in the core costs one chat a rebuild, and its neighbors nothing.

use std::sync::atomic::Ordering;

use deskbell_protocol::codes::{CloseCode, ErrorCode};
use deskbell_protocol::ids::ChatId;

use super::stage::{CHAT, World, done, quiet, refused};
use super::tell_to_panic;

const NEIGHBOR: ChatId = ChatId(8);

#[test]
fn a_panic_rebuilds_one_chat_and_the_next_ask_works() {
    World::new().play(async |world| {
        let stage = world.broker().await;
        let mut patron = world.with_messages(&stage, 2).await;
        let mut neighbor = stage.patron(2);
        neighbor.open(NEIGHBOR).await;
        let version = world.records(CHAT).await.len() as u64;

        tell_to_panic(1);
        let broken = patron.send_post(CHAT, 50, "broken");
        let other = neighbor.send_post(NEIGHBOR, 1, "untouched");
        assert_eq!(refused(&patron.answer(broken).await), ErrorCode::Internal);
        done(&neighbor.answer(other).await);

        let (seq, _) = done(&patron.post(CHAT, 50, "broken").await);
        assert_eq!(seq, version + 1);
        let seqs = patron.seqs(CHAT);
        assert_eq!(seqs, (2..=seq).collect::<Vec<_>>(), "each once, without a gap");
    });
}

#[test]
fn who_asked_together_with_a_panic_is_answered_after_the_rebuild() {
    World::new().play(async |world| {
        let stage = world.broker().await;
        let mut patron = world.with_messages(&stage, 0).await;
        stage.weather.hold();
        let first = patron.send_post(CHAT, 1, "first");
        quiet().await;
        let asked: Vec<_> = (2..5).map(|it| patron.send_post(CHAT, it, "waits")).collect();
        quiet().await;
        tell_to_panic(2);
        // The first of them to be folded, and the first to be decided.
        stage.weather.release();
        done(&patron.answer(first).await);
        let mut answers = Vec::new();
        for re in asked {
            answers.push(patron.answer(re).await);
        }
        assert_eq!(refused(&answers[0]), ErrorCode::Internal);
        done(&answers[1]);
        done(&answers[2]);
        assert_eq!(world.texts(CHAT).await, ["first", "waits", "waits"]);
    });
}

#[test]
fn three_failed_rebuilds_set_a_chat_aside_and_no_other() {
    World::new().play(async |world| {
        let stage = world.broker().await;
        let mut patron = world.with_messages(&stage, 2).await;
        let mut neighbor = stage.patron(2);
        neighbor.open(NEIGHBOR).await;

        tell_to_panic(1 + 3);
        assert_eq!(refused(&patron.post(CHAT, 50, "x").await), ErrorCode::Internal);
        quiet().await;
        assert_eq!(refused(&patron.post(CHAT, 51, "x").await), ErrorCode::Quarantined);
        assert_eq!(refused(&patron.follow(CHAT, None).await), ErrorCode::Quarantined);
        done(&neighbor.post(NEIGHBOR, 1, "untouched").await);
    });
}

#[test]
fn two_failed_rebuilds_are_forgotten_by_one_that_works() {
    World::new().play(async |world| {
        let stage = world.broker().await;
        let mut patron = world.with_messages(&stage, 2).await;
        for number in 50..55 {
            tell_to_panic(1 + 2);
            assert_eq!(refused(&patron.post(CHAT, number, "x").await), ErrorCode::Internal);
            quiet().await;
        }
        done(&patron.post(CHAT, 60, "x").await);
    });
}

#[test]
fn who_follows_a_chat_whose_actor_dies_connects_again_and_misses_nothing() {
    World::new().play(async |world| {
        let stage = world.broker().await;
        let mut patron = world.with_messages(&stage, 2).await;
        let mut neighbor = stage.patron(2);
        neighbor.open(NEIGHBOR).await;
        let (seq, eid, _) = patron.events(CHAT).pop().unwrap();

        world.chance.broken.store(true, Ordering::Relaxed);
        patron.send_post(CHAT, 50, "lost on its way");
        assert_eq!(patron.closed().await, CloseCode::Internal);
        patron.leave();

        let mut again = stage.patron(1);
        again.follow(CHAT, Some((seq, eid))).await;
        done(&again.post(CHAT, 50, "lost on its way").await);
        quiet().await;
        let version = world.records(CHAT).await.len() as u64;
        assert_eq!(again.seqs(CHAT), (seq + 1..=version).collect::<Vec<_>>());
        done(&neighbor.post(NEIGHBOR, 1, "untouched").await);
    });
}
