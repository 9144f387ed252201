//! Whoever comes back gets everything after her place, in order, once; or the whole, and why.

use deskbell_protocol::ToClient;
use deskbell_protocol::codes::ErrorCode;
use deskbell_protocol::ids::Eid;
use deskbell_protocol::to_client::SnapshotReason;

use super::stage::{CHAT, Client, Stage, World, done, quiet, refused};
use super::tell_to_panic;
use crate::actors::session::Want;

/// A second page of the same patron, which comes back to `seq`.
async fn comes_back(world: &World, stage: &Stage, seq: u64) -> Client {
    let mut page = stage.patron(1);
    let eid = world.records(CHAT).await[usize::try_from(seq).unwrap() - 1].entry.eid;
    let answer = page.follow(CHAT, Some((seq, eid))).await;
    assert!(matches!(answer, ToClient::Ok { .. }), "{answer:?}");
    page
}

fn whole(client: &mut Client) -> Vec<SnapshotReason> {
    let frames = client.heard().iter();
    let reason = |frame: &ToClient| match frame {
        ToClient::ChatSnapshot(whole) => Some(whole.reason),
        _ => None,
    };
    frames.filter_map(reason).collect()
}

#[test]
fn a_recent_place_is_answered_from_memory() {
    World::new().play(async |world| {
        let stage = world.broker().await;
        let mut patron = world.with_messages(&stage, 30).await;
        stage.weather.fail_reads(true);
        let mut page = comes_back(world, &stage, 21).await;
        done(&patron.post(CHAT, 99, "live").await);
        quiet().await;
        assert_eq!(page.seqs(CHAT), (22..=32).collect::<Vec<_>>());
    });
}

#[test]
fn an_older_place_is_answered_in_pages_from_the_log_while_the_chat_goes_on() {
    World::new().play(async |world| {
        let stage = world.broker().await;
        let mut patron = world.with_messages(&stage, 250).await;
        stage.weather.delay(3);
        let mut page = comes_back(world, &stage, 5).await;
        for number in 500..520 {
            done(&patron.post(CHAT, number, "meanwhile").await);
        }
        quiet().await;
        let version = world.records(CHAT).await.len() as u64;
        page.until(|it| matches!(it, ToClient::ChatEvent { seq, .. } if *seq == version)).await;
        assert_eq!(page.seqs(CHAT), (6..=version).collect::<Vec<_>>());
        let pages = page.heard().iter().filter(|it| matches!(it, ToClient::ChatReplay { .. }));
        assert!(pages.count() >= 3);
    });
}

#[test]
fn a_place_more_than_300_events_back_is_too_old() {
    World::new().play(async |world| {
        let stage = world.broker().await;
        let mut patron = world.with_messages(&stage, 310).await;
        for seq in [5, 10] {
            let mut page = comes_back(world, &stage, seq).await;
            assert_eq!(whole(&mut page), [SnapshotReason::TooOld]);
            done(&patron.post(CHAT, 1000 + seq, "live").await);
            quiet().await;
            assert_eq!(page.seqs(CHAT).len(), 1, "live from there");
        }
        let mut page = stage.patron(1);
        page.follow(CHAT, Some((0, Eid(0)))).await;
        assert_eq!(whole(&mut page), [SnapshotReason::TooOld]);
    });
}

#[test]
fn a_place_that_is_not_in_this_history_has_diverged() {
    World::new().play(async |world| {
        let stage = world.broker().await;
        drop(world.with_messages(&stage, 150).await);
        for seq in [140, 20, 9_999] {
            let mut page = stage.patron(1);
            page.follow(CHAT, Some((seq, Eid(1)))).await;
            assert_eq!(whole(&mut page), [SnapshotReason::Diverged], "from {seq}");
            assert_eq!(page.seqs(CHAT), [0; 0]);
        }
    });
}

#[test]
fn asking_twice_to_follow_tells_each_event_once() {
    World::new().play(async |world| {
        let stage = world.broker().await;
        let mut patron = world.with_messages(&stage, 150).await;
        let eid = world.records(CHAT).await[19].entry.eid;
        let mut page = stage.patron(1);
        let asked = [(); 2].map(|()| page.send(Want::Follow { chat: CHAT, from: Some((20, eid)) }));
        for re in asked {
            page.answer(re).await;
        }
        done(&patron.post(CHAT, 999, "live").await);
        quiet().await;
        assert_eq!(page.seqs(CHAT), (21..=152).collect::<Vec<_>>());
    });
}

#[test]
fn history_is_read_in_pages_to_the_beginning() {
    World::new().play(async |world| {
        let stage = world.broker().await;
        let mut patron = world.with_messages(&stage, 150).await;
        let (mut before, mut seqs) = (120, Vec::new());
        loop {
            let answer = patron.ask(Want::History { chat: CHAT, before, max: 50 }).await;
            let ToClient::History { events, more, .. } = answer else { panic!("{answer:?}") };
            assert!(!events.is_empty());
            before = events[0].seq;
            seqs.splice(0..0, events.iter().map(|it| it.seq));
            if !more {
                break;
            }
        }
        assert_eq!(seqs, (1..120).collect::<Vec<_>>());
    });
}

#[test]
fn a_page_that_arrives_during_a_rebuild_waits_for_it() {
    World::new().play(async |world| {
        let stage = world.broker().await;
        let mut patron = world.with_messages(&stage, 150).await;
        let eid = world.records(CHAT).await[19].entry.eid;
        let mut page = stage.patron(1);
        stage.weather.hold_reads();
        let follow = page.send(Want::Follow { chat: CHAT, from: Some((20, eid)) });
        let history = page.send(Want::History { chat: CHAT, before: 50, max: 10 });
        quiet().await;
        tell_to_panic(1);
        assert_eq!(refused(&patron.post(CHAT, 999, "broken").await), ErrorCode::Internal);
        quiet().await;
        stage.weather.release();
        page.answer(follow).await;
        assert!(matches!(page.answer(history).await, ToClient::History { .. }));
        done(&patron.post(CHAT, 999, "live").await);
        quiet().await;
        assert_eq!(page.seqs(CHAT), (21..=152).collect::<Vec<_>>());
        assert_eq!(whole(&mut page), []);
    });
}

#[test]
fn a_request_whose_right_ended_while_the_log_was_read_is_answered() {
    World::new().play(async |world| {
        let stage = world.broker().await;
        drop(world.with_messages(&stage, 150).await);
        let mut maya = stage.operator("maya").await;
        let mut noor = stage.operator("noor").await;
        let eid = world.records(CHAT).await[19].entry.eid;
        stage.weather.hold_reads();
        let follow = noor.send(Want::Follow { chat: CHAT, from: Some((20, eid)) });
        let history = noor.send(Want::History { chat: CHAT, before: 50, max: 10 });
        quiet().await;
        done(&maya.claim(CHAT).await);
        stage.weather.release();
        assert_eq!(refused(&noor.answer(history).await), ErrorCode::NotFound);
        noor.answer(follow).await;
        assert_eq!(noor.seqs(CHAT), [0; 0], "she may not read any more");
    });
}

#[test]
fn who_writes_while_older_pages_are_on_their_way_is_answered_behind_her_own_event() {
    World::new().play(async |world| {
        let stage = world.broker().await;
        drop(world.with_messages(&stage, 250).await);
        let eid = world.records(CHAT).await[4].entry.eid;
        let mut page = stage.patron(1);
        stage.weather.hold_reads();
        let follow = page.send(Want::Follow { chat: CHAT, from: Some((5, eid)) });
        let post = page.send_post(CHAT, 999, "I am back");
        quiet().await;
        let stored = world.records(CHAT).await.len() as u64;
        assert_eq!(stored, 252, "it is stored at once");
        stage.weather.release();
        page.answer(follow).await;
        assert_eq!(done(&page.answer(post).await).0, stored);
        let told = |frame: &ToClient| match frame {
            ToClient::ChatReplay { events, .. } => events.iter().any(|it| it.seq == stored),
            ToClient::ChatEvent { seq, .. } => *seq == stored,
            _ => false,
        };
        let answered = |frame: &ToClient| matches!(frame, ToClient::Ok { re, .. } if *re == post);
        let heard = page.heard();
        assert!(heard.iter().position(told) < heard.iter().position(answered), "{heard:?}");
        assert_eq!(page.seqs(CHAT), (6..=stored).collect::<Vec<_>>());
    });
}
