//! A retry gets the answer that the first try got, and happens once.

use std::time::Duration;

use deskbell_protocol::ToClient;
use deskbell_protocol::codes::ErrorCode;

use super::stage::{CHAT, World, done, pass, quiet, refused};
use super::tell_to_panic;
use crate::actors::chat::{Ask, Wish};
use crate::actors::session::Want;

#[test]
fn a_retry_gets_the_original_place_also_after_a_restart() {
    let world = World::new();
    let first = world.play(async |world| {
        let stage = world.broker().await;
        let mut patron = world.with_messages(&stage, 3).await;
        let first = done(&patron.post(CHAT, 50, "once").await);
        patron.post(CHAT, 51, "more").await;
        assert_eq!(done(&patron.post(CHAT, 50, "once").await), first);
        // After a rebuild in place, too.
        tell_to_panic(1);
        patron.post(CHAT, 52, "broken").await;
        assert_eq!(done(&patron.post(CHAT, 50, "once").await), first);
        first
    });
    world.play(async |world| {
        let stage = world.broker().await;
        let mut patron = stage.patron(1);
        assert_eq!(done(&patron.post(CHAT, 50, "once").await), first);
        let texts = world.texts(CHAT).await;
        assert_eq!(texts.iter().filter(|text| *text == "once").count(), 1);
    });
}

#[test]
fn a_retry_within_the_same_batch_happens_once() {
    World::new().play(async |world| {
        let stage = world.broker().await;
        let mut patron = world.with_messages(&stage, 0).await;
        stage.weather.hold();
        patron.send_post(CHAT, 1, "in flight");
        quiet().await;
        let tries = [(); 3].map(|()| patron.send_post(CHAT, 2, "once"));
        let other = patron.send_post(CHAT, 2, "another body");
        quiet().await;
        stage.weather.release();
        let mut places = Vec::new();
        for re in tries {
            places.push(done(&patron.answer(re).await));
        }
        assert!(places.iter().all(|place| *place == places[0]), "{places:?}");
        assert_eq!(refused(&patron.answer(other).await), ErrorCode::CmidReused);
        assert_eq!(world.texts(CHAT).await, ["in flight", "once"]);
    });
}

#[test]
fn a_retry_with_another_body_is_refused_and_another_person_may_use_the_same_cmid() {
    World::new().play(async |world| {
        let stage = world.broker().await;
        let mut patron = world.with_messages(&stage, 0).await;
        let mut maya = stage.operator("maya").await;
        done(&maya.claim(CHAT).await);
        done(&patron.post(CHAT, 1, "mine").await);
        assert_eq!(refused(&patron.post(CHAT, 1, "other").await), ErrorCode::CmidReused);
        done(&maya.post(CHAT, 1, "hers").await);
        assert_eq!(world.texts(CHAT).await, ["mine", "hers"]);
    });
}

#[test]
fn an_actor_that_left_memory_is_there_again_when_asked() {
    World::new().play(async |world| {
        let stage = world.broker().await;
        let mut patron = world.with_messages(&stage, 3).await;
        let first = done(&patron.post(CHAT, 50, "once").await);
        patron.leave();
        quiet().await;
        assert_eq!(stage.node().registry.chats_len(), 1);
        pass(Duration::from_mins(7)).await;
        assert_eq!(stage.node().registry.chats_len(), 0, "nobody needs it");
        let mut again = stage.patron(1);
        assert_eq!(done(&again.post(CHAT, 50, "once").await), first);
        done(&again.post(CHAT, 51, "more").await);
    });
}

#[test]
fn who_found_an_actor_just_before_it_left_memory_follows_the_next_one() {
    World::new().play(async |world| {
        let stage = world.broker().await;
        let mut patron = world.with_messages(&stage, 3).await;
        let found = stage.node().registry.chat(CHAT, &stage.seat);
        patron.ask(Want::Unfollow { chat: CHAT }).await;
        while stage.node().registry.chats_len() > 0 {
            pass(Duration::from_secs(1)).await;
        }
        let ask = Ask { from: Some((patron.peer.clone(), 77)), what: Wish::Follow { from: None } };
        found.addr.do_send(ask);
        patron.answer(77).await;
        pass(Duration::from_secs(30)).await;
        let (seq, _) = done(&patron.post(CHAT, 50, "heard").await);
        let heard = patron.seqs(CHAT);
        assert_eq!(heard.last(), Some(&seq), "{heard:?}");
    });
}

#[test]
fn a_patron_who_comes_back_is_told_her_place() {
    World::new().play(async |world| {
        let stage = world.broker().await;
        let patron = world.with_messages(&stage, 0).await;
        patron.leave();
        quiet().await;
        pass(Duration::from_mins(7)).await;
        let mut again = stage.patron(1);
        again.follow(CHAT, None).await;
        again.until(|it| matches!(it, ToClient::Wait { ahead: 0, .. })).await;
    });
}
