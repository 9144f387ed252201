//! Who stood where is stored as it changes, and counts for a moment after a restart.

use std::time::Duration;

use deskbell_domain::staffing::{Staffing, StaffingEvent};
use deskbell_protocol::codes::ErrorCode;
use deskbell_protocol::ids::{ChatId, Target};

use super::stage::{CHAT, World, pass, quiet, refused};
use crate::actors::staffing;
use crate::log::memory::faults::Fault;
use crate::world::Clock as _;

fn coop() -> Target {
    "coop/tri".parse().unwrap()
}

impl World {
    /// Who stands where by what is stored.
    async fn stored(&self) -> Staffing {
        quiet().await;
        staffing::read(&self.log, self.clock.now()).await.unwrap()
    }
}

#[test]
fn going_on_and_off_is_stored_once_for_a_person() {
    World::new().play(async |world| {
        let stage = world.broker().await;
        let maya = stage.operator("maya").await;
        let again = stage.operator("maya").await;
        let mut other = Staffing::default();
        for at in ["coop/tri", "department/ref", "operator/maya"] {
            let (who, at) = ("maya".parse().unwrap(), at.parse().unwrap());
            other.evolve(&StaffingEvent::Began { who, at });
        }
        assert_eq!(world.stored().await, other);
        maya.leave();
        assert_eq!(world.stored().await, other, "she has another device");
        again.leave();
        assert_eq!(world.stored().await, Staffing::default());
    });
}

#[test]
fn what_two_shards_report_in_the_wrong_order_is_stored_as_it_is() {
    World::new().play(async |world| {
        let stage = world.broker().await;
        let maya = stage.operator("maya").await;
        let late = StaffingEvent::Ceased { who: "maya".parse().unwrap(), at: coop() };
        stage.node().staffing().note(vec![late]);
        assert!(world.stored().await.anybody_at(&coop()), "she stands there");
        maya.leave();
        assert!(!world.stored().await.anybody_at(&coop()));
    });
}

#[test]
fn right_after_a_restart_a_patron_may_ring_where_somebody_stood_just_before() {
    World::new().play(async |world| {
        let before = world.broker().await;
        let maya = before.operator("maya").await;
        before.patron(1).open(CHAT).await;
        assert!(world.stored().await.anybody_at(&coop()));

        let after = world.broker().await;
        after.patron(2).open(ChatId(8)).await;
        world.clock.advance(Duration::from_secs(31));
        quiet().await;
        let mut late = after.patron(3);
        let want = late.open_want(ChatId(9));
        assert_eq!(refused(&late.ask(want).await), ErrorCode::Offline, "nobody came back");
        assert!(!world.stored().await.anybody_at(&coop()), "and that is stored");
        drop(maya);
    });
}

#[test]
fn a_broker_that_goes_down_for_a_restart_stores_nobody_as_gone() {
    World::new().play(async |world| {
        let stage = world.broker().await;
        let maya = stage.operator("maya").await;
        assert!(world.stored().await.anybody_at(&coop()));
        stage.node().staffing().rest();
        maya.leave();
        assert!(world.stored().await.anybody_at(&coop()));
    });
}

#[test]
fn facts_wait_for_a_store_that_is_away_or_does_not_say() {
    World::new().play(async |world| {
        let stage = world.broker().await;
        let mut patron = stage.patron(1);
        let lost = Fault::Unknown { applied: false };
        let faults = [Fault::Unavailable, Fault::Unknown { applied: true }, lost];
        stage.weather.plan_elsewhere(&faults);
        let maya = stage.operator("maya").await;
        let noor = stage.operator("noor").await;
        pass(Duration::from_secs(4)).await;
        assert_eq!(world.stored().await.all().count(), 6);
        maya.leave();
        noor.leave();
        assert_eq!(world.stored().await, Staffing::default());
        let want = patron.open_want(CHAT);
        assert_eq!(refused(&patron.ask(want).await), ErrorCode::Offline);
    });
}
