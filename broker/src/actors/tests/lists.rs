//! The operator's one list: each chat once, from its first queue to its last.

use std::time::Duration;

use deskbell_domain::chat::Command;
use deskbell_domain::person::Author;
use deskbell_protocol::ToClient;
use deskbell_protocol::event::Person;
use deskbell_protocol::ids::{ChatId, Cmid, Target};
use uuid::Uuid;

use super::stage::{CHAT, Client, World, done, quiet};
use crate::actors::session::Want;

fn rows(frames: &[ToClient]) -> Vec<ChatId> {
    let snapshots = frames.iter().rev().find_map(|frame| match frame {
        ToClient::ListSnapshot { rows } => Some(rows.iter().map(|row| row.chat).collect()),
        _ => None,
    });
    snapshots.expect("she subscribed")
}

/// How often each chat appeared and went, by single frames.
fn moves(client: &mut Client, of: ChatId) -> (usize, usize) {
    let frames = client.heard();
    let put = |it: &&ToClient| matches!(it, ToClient::ListRow { row } if row.chat == of);
    let gone = |it: &&ToClient| matches!(it, ToClient::ListGone { chat, .. } if *chat == of);
    (frames.iter().filter(put).count(), frames.iter().filter(gone).count())
}

#[test]
fn a_chat_in_two_queues_is_one_row_and_goes_with_the_last() {
    World::new().play(async |world| {
        let stage = world.broker().await;
        drop(world.with_messages(&stage, 0).await);
        world.clock.advance(Duration::from_secs(16));
        quiet().await;
        let mut noor = stage.operator("noor").await;
        noor.ask(Want::Watch).await;
        assert_eq!(rows(noor.heard()), [CHAT], "it stands in both, and is shown once");

        noor.tell(&["coop/tri"]).await;
        noor.sync().await;
        assert_eq!(moves(&mut noor, CHAT), (0, 0), "one queue less is no change");
        noor.tell(&[]).await;
        noor.sync().await;
        assert_eq!(moves(&mut noor, CHAT), (0, 1));
        noor.tell(&["department/ref", "coop/tri"]).await;
        noor.sync().await;
        assert_eq!(moves(&mut noor, CHAT), (1, 1));

        let mut maya = stage.operator("maya").await;
        done(&maya.claim(CHAT).await);
        quiet().await;
        assert_eq!(moves(&mut noor, CHAT), (1, 2), "a claim takes it out of both, once");
    });
}

#[test]
fn a_row_that_rolls_up_is_not_a_second_one() {
    World::new().play(async |world| {
        let stage = world.broker().await;
        let mut noor = stage.operator("noor").await;
        noor.ask(Want::Watch).await;
        drop(world.with_messages(&stage, 0).await);
        world.clock.advance(Duration::from_secs(16));
        quiet().await;
        let tiers: Vec<Vec<Target>> = noor
            .heard()
            .iter()
            .filter_map(|frame| match frame {
                ToClient::ListRow { row } => Some(row.tiers.clone()),
                _ => None,
            })
            .collect();
        assert_eq!(tiers.iter().map(Vec::len).collect::<Vec<_>>(), [1, 2], "it changed once");
        assert_eq!(moves(&mut noor, CHAT).1, 0);
    });
}

#[test]
fn who_subscribes_late_sees_exactly_what_waits_longest_first() {
    World::new().play(async |world| {
        let stage = world.broker().await;
        let mut maya = stage.operator("maya").await;
        for number in 1..=6 {
            let mut patron = stage.patron(number);
            patron.open(ChatId(100 - u128::from(number))).await;
        }
        done(&maya.claim(ChatId(98)).await);
        let mut noor = stage.operator("noor").await;
        noor.ask(Want::Watch).await;
        let expected = [99, 97, 96, 95, 94].map(ChatId);
        assert_eq!(rows(noor.heard()), expected);
        quiet().await;
        assert!(!noor.heard().iter().any(|it| matches!(it, ToClient::ListRow { .. })));
    });
}

#[test]
fn a_sync_is_answered_behind_everything_that_was_asked_before() {
    World::new().play(async |world| {
        let stage = world.broker().await;
        let mut noor = stage.operator("noor").await;
        noor.ask(Want::Watch).await;
        for number in 1..=5 {
            let mut patron = stage.patron(number);
            let chat = ChatId(number.into());
            patron.open(chat).await;
            // The patron has her answer: what follows from it is on its way already.
            noor.sync().await;
            assert_eq!(moves(&mut noor, chat), (1, 0));
            let mut maya = stage.operator("maya").await;
            done(&maya.claim(chat).await);
            noor.sync().await;
            assert_eq!(moves(&mut noor, chat), (1, 1));
        }
    });
}

/// How many preview, and who of them is named, each time the row of [`CHAT`] came.
fn previews(client: &mut Client) -> Vec<(u32, Vec<String>)> {
    let rows = client.heard().iter().filter_map(|frame| match frame {
        ToClient::ListRow { row } if row.chat == CHAT => Some(row),
        _ => None,
    });
    let named = |person: &Person| match person {
        Person::Operator { name, .. } => name.clone(),
        other => panic!("{other:?} previews"),
    };
    rows.map(|row| (row.previewing, row.previewers.iter().map(named).collect())).collect()
}

#[test]
fn who_previews_on_two_devices_is_one_person_until_the_last_of_them_goes() {
    World::new().play(async |world| {
        let stage = world.broker().await;
        let mut maya = stage.operator("maya").await;
        maya.ask(Want::Watch).await;
        drop(world.with_messages(&stage, 0).await);
        let mut desk = stage.operator("noor").await;
        let mut tablet = stage.operator("noor").await;
        let none = (0, Vec::new());
        let noor = (1, vec!["Noor".to_owned()]);

        desk.follow(CHAT, None).await;
        tablet.follow(CHAT, None).await;
        quiet().await;
        assert_eq!(previews(&mut maya), [none.clone(), noor.clone()]);
        desk.leave();
        quiet().await;
        assert_eq!(previews(&mut maya).len(), 2, "she still looks, on the other");
        tablet.leave();
        quiet().await;
        assert_eq!(previews(&mut maya), [none.clone(), noor, none]);
    });
}

#[test]
fn a_patron_is_told_an_estimate_once_twenty_claims_of_the_last_hour_allow_one() {
    World::new().play(async |world| {
        let stage = world.broker().await;
        let mut maya = stage.operator("maya").await;
        let mut last = stage.patron(99);
        let estimate = |told: &[ToClient]| {
            told.iter().rev().find_map(|frame| match frame {
                ToClient::Wait { estimate_minutes, .. } => Some(*estimate_minutes),
                _ => None,
            })
        };
        for number in 0..20 {
            let mut patron = stage.patron(number);
            let chat = ChatId(100 + u128::from(number));
            patron.open(chat).await;
            world.clock.advance(Duration::from_secs(90));
            if number == 19 {
                last.open(CHAT).await;
                last.sync().await;
                assert_eq!(estimate(last.heard()), Some(None), "nineteen are too few");
            }
            done(&maya.claim(chat).await);
            let by = Author::Operator("maya".parse().unwrap());
            let end = Command::End { by };
            done(&maya.ask(Want::write(chat, Cmid(Uuid::from_u128(7)), 3, end)).await);
        }
        last.until(|it| matches!(it, ToClient::Wait { estimate_minutes: Some(2), .. })).await;
        // An hour after the first of them they are too few again.
        world.clock.advance(Duration::from_secs(3_600 - 19 * 90));
        quiet().await;
        assert_eq!(estimate(last.heard()), Some(None));
    });
}
