//! Who is flooded does not keep the others of its thread from their turns.

use std::cell::Cell;
use std::rc::Rc;

use deskbell_protocol::ids::ChatId;

use super::stage::{CHAT, World, done};
use crate::actors::chat::{Ask, Wish};

const NEIGHBOR: ChatId = ChatId(8);
const FLOOD: u32 = 20_000;

#[test]
fn a_flood_on_one_chat_leaves_the_others_of_its_thread_their_turns() {
    World::new().play(async |world| {
        let stage = world.broker().await;
        let mut patron = world.with_messages(&stage, 0).await;
        let mut neighbor = stage.patron(2);
        neighbor.open(NEIGHBOR).await;

        let turns = Rc::new(Cell::new(0_u32));
        let counted = turns.clone();
        let ticking = tokio::task::spawn_local(async move {
            loop {
                counted.set(counted.get() + 1);
                tokio::task::yield_now().await;
            }
        });
        let handle = stage.node().registry.chat(CHAT, &stage.seat);
        for _ in 0..FLOOD {
            handle.addr.do_send(Ask { from: None, what: Wish::Typing { on: true } });
        }
        let last = patron.send_post(CHAT, 1, "behind the flood");
        let others = neighbor.post(NEIGHBOR, 1, "beside the flood").await;
        done(&others);
        let at_the_neighbors_answer = turns.get();
        done(&patron.answer(last).await);
        ticking.abort();
        assert!(turns.get() > FLOOD / 64, "only {} turns", turns.get());
        assert!(at_the_neighbors_answer < 32, "answered after {at_the_neighbors_answer} turns");
    });
}

#[test]
fn a_message_never_overtakes_the_claim_that_was_sent_before_it() {
    World::new().play(async |world| {
        let stage = world.broker().await;
        let mut maya = stage.operator("maya").await;
        stage.patron(1).open(CHAT).await;
        let claim = maya.claim_want(CHAT);
        let claim = maya.send(claim);
        let post = maya.send_post(CHAT, 1, "Hello, I am Maya.");
        done(&maya.answer(claim).await);
        done(&maya.answer(post).await);
    });
}
