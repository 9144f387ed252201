//! Deadlines: each fires once, none is lost with the store, and a restart gives people time.

use std::time::Duration;

use deskbell_domain::chat::{ChatEvent, Command};
use deskbell_protocol::ids::ChatId;

use super::stage::{CHAT, Stage, World, done, pass, quiet};
use crate::actors::chat::{Ask, Deed, Wish};
use crate::log::memory::faults::Fault;
use crate::log::record;

/// The wait of the widget in these tests.
const ROLL_UP: Duration = Duration::from_secs(15);
const SETTLING: Duration = Duration::from_secs(30);
const PATRON_GRACE: Duration = Duration::from_mins(10);

impl World {
    /// Moves the clock and lets everything happen that follows.
    pub(super) async fn moves(&self, by: Duration) {
        self.clock.advance(by);
        quiet().await;
    }

    async fn kinds(&self, chat: ChatId) -> Vec<&'static str> {
        self.records(chat).await.iter().map(|it| it.entry.event.kind).collect()
    }

    async fn last(&self, chat: ChatId) -> ChatEvent {
        let records = self.records(chat).await;
        record::chat::decode(&records.last().unwrap().entry.event).unwrap()
    }
}

fn tick(stage: &Stage) {
    let deed = Deed { cmid: None, fingerprint: 0, command: Command::Tick };
    let handle = stage.node().registry.chat(CHAT, &stage.seat);
    handle.addr.do_send(Ask { from: None, what: Wish::Do(Box::new(deed)) });
}

#[test]
fn a_deadline_fires_once_and_not_before_its_time() {
    World::new().play(async |world| {
        let stage = world.broker().await;
        drop(world.with_messages(&stage, 0).await);
        world.moves(Duration::from_secs(14)).await;
        // One that comes too early changes nothing, and the true one still comes.
        tick(&stage);
        quiet().await;
        assert_eq!(world.kinds(CHAT).await, ["chat.opened"]);
        world.moves(Duration::from_secs(2)).await;
        assert_eq!(world.kinds(CHAT).await, ["chat.opened", "chat.rung"]);
        tick(&stage);
        world.moves(ROLL_UP * 2).await;
        assert_eq!(world.kinds(CHAT).await, ["chat.opened", "chat.rung"]);
    });
}

#[test]
fn a_deadline_that_the_store_refuses_is_tried_again_a_little_later() {
    World::new().play(async |world| {
        let stage = world.broker().await;
        drop(world.with_messages(&stage, 0).await);
        let before = stage.weather.submitted().len();
        stage.weather.plan(&[Fault::Unavailable; 3]);
        world.moves(ROLL_UP).await;
        assert_eq!(stage.weather.submitted().len(), before + 1, "it is not hammered");
        for _ in 0..3 {
            assert_eq!(world.kinds(CHAT).await, ["chat.opened"]);
            world.moves(Duration::from_secs(6)).await;
        }
        assert_eq!(world.kinds(CHAT).await, ["chat.opened", "chat.rung"]);
        world.moves(ROLL_UP).await;
        assert_eq!(stage.weather.submitted().len(), before + 4);
    });
}

#[test]
fn a_deadline_that_falls_due_while_the_store_cannot_be_read_fires_afterwards() {
    World::new().play(async |world| {
        let stage = world.broker().await;
        let patron = world.with_messages(&stage, 0).await;
        world.moves(ROLL_UP).await;
        patron.leave();
        quiet().await;
        pass(Duration::from_mins(7)).await;
        assert_eq!(stage.node().registry.chats_len(), 0);
        stage.weather.fail_reads(true);
        world.moves(PATRON_GRACE).await;
        assert_eq!(world.kinds(CHAT).await.len(), 3);
        stage.weather.fail_reads(false);
        world.moves(Duration::from_secs(6)).await;
        assert!(matches!(world.last(CHAT).await, ChatEvent::Ended { .. }));
    });
}

/// A chat that waits; its patron went, and her grace ended while no broker ran.
fn left_and_forgotten() -> World {
    let world = World::new();
    world.play(async |world| {
        let stage = world.broker().await;
        let patron = world.with_messages(&stage, 0).await;
        world.moves(ROLL_UP).await;
        patron.leave();
        quiet().await;
    });
    world.clock.advance(PATRON_GRACE * 2);
    world
}

#[test]
fn a_deadline_of_before_a_restart_fires_when_the_desk_has_settled() {
    left_and_forgotten().play(async |world| {
        let _stage = world.broker().await;
        world.moves(Duration::from_secs(25)).await;
        let kinds = world.kinds(CHAT).await;
        assert_eq!(kinds, ["chat.opened", "chat.rung", "chat.patron_away"]);
        world.moves(Duration::from_secs(6)).await;
        assert!(matches!(world.last(CHAT).await, ChatEvent::Ended { .. }));
    });
}

#[test]
fn who_comes_back_while_the_desk_settles_finds_her_chat() {
    left_and_forgotten().play(async |world| {
        let stage = world.broker().await;
        let mut patron = stage.patron(1);
        patron.follow(CHAT, None).await;
        world.moves(SETTLING * 2).await;
        done(&patron.post(CHAT, 1, "still here").await);
    });
}

#[test]
fn what_others_do_while_the_desk_settles_lets_no_old_deadline_fire() {
    let world = World::new();
    world.play(async |world| {
        let stage = world.broker().await;
        let patron = world.with_messages(&stage, 0).await;
        let mut noor = stage.operator("noor").await;
        done(&noor.claim(CHAT).await);
        noor.leave();
        patron.leave();
        quiet().await;
    });
    world.clock.advance(PATRON_GRACE * 2);
    world.play(async |world| {
        let stage = world.broker().await;
        let _noor = stage.operator("noor").await;
        quiet().await;
        assert_eq!(world.kinds(CHAT).await.last(), Some(&"chat.operator_back"));
        world.moves(Duration::from_secs(5)).await;
        let mut patron = stage.patron(1);
        patron.follow(CHAT, None).await;
        done(&patron.post(CHAT, 1, "still here").await);
        world.moves(SETTLING * 2).await;
        done(&patron.post(CHAT, 2, "and later").await);
    });
}

#[test]
fn nobody_counts_as_gone_until_the_desk_has_settled_and_what_begins_later_runs() {
    let world = World::new();
    world.play(async |world| {
        let stage = world.broker().await;
        let _patron = world.with_messages(&stage, 0).await;
        let mut noor = stage.operator("noor").await;
        done(&noor.claim(CHAT).await);
    });
    world.play(async |world| {
        let stage = world.broker().await;
        let _maya = stage.operator("maya").await;
        let other = ChatId(8);
        let mut patron = stage.patron(2);
        patron.open(other).await;
        world.moves(ROLL_UP).await;
        assert_eq!(world.kinds(other).await, ["chat.opened", "chat.rung"]);
        assert_eq!(world.kinds(CHAT).await, ["chat.opened", "chat.claimed"]);
        world.moves(SETTLING).await;
        let mut kinds = world.kinds(CHAT).await.split_off(2);
        kinds.sort_unstable();
        assert_eq!(kinds, ["chat.operator_away", "chat.patron_away"]);
        assert_eq!(world.kinds(other).await.len(), 2);
    });
}
