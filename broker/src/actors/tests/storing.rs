//! What is stored, in which appends, and that nobody hears of it before.

use deskbell_protocol::ToClient;
use deskbell_protocol::codes::ErrorCode;

use super::stage::{CHAT, World, done, quiet, refused};
use crate::actors::session::Want;
use crate::log::memory::faults::Fault;

#[test]
fn what_arrives_while_an_append_is_in_flight_is_stored_with_one_more() {
    World::new().play(async |world| {
        let stage = world.broker().await;
        let mut patron = world.with_messages(&stage, 0).await;
        let before = stage.weather.submitted().len();
        stage.weather.hold();
        let mut asked = vec![patron.send_post(CHAT, 0, "first")];
        quiet().await;
        for number in 1..9 {
            asked.push(patron.send_post(CHAT, number, "meanwhile"));
            quiet().await;
        }
        assert_eq!(stage.weather.submitted()[before..], [1]);
        stage.weather.release();
        for re in asked {
            done(&patron.answer(re).await);
        }
        assert_eq!(stage.weather.submitted()[before..], [1, 8]);
        assert_eq!(patron.seqs(CHAT), (2..=10).collect::<Vec<_>>());
    });
}

#[test]
fn nobody_hears_of_what_is_not_stored_yet() {
    World::new().play(async |world| {
        let stage = world.broker().await;
        let mut patron = world.with_messages(&stage, 0).await;
        let mut maya = stage.operator("maya").await;
        maya.ask(Want::Watch).await;
        maya.follow(CHAT, None).await;
        let mut noor = stage.operator("noor").await;
        noor.ask(Want::Watch).await;
        quiet().await;
        let heard = [patron.heard().len(), maya.heard().len(), noor.heard().len()];

        stage.weather.hold();
        let want = noor.claim_want(CHAT);
        let claim = noor.send(want);
        let post = patron.send_post(CHAT, 1, "hello");
        quiet().await;
        assert_eq!(stage.weather.held(), 1);
        assert_eq!([patron.heard().len(), maya.heard().len(), noor.heard().len()], heard);

        stage.weather.release();
        done(&noor.answer(claim).await);
        done(&patron.answer(post).await);
        maya.until(|it| matches!(it, ToClient::ListGone { chat, .. } if *chat == CHAT)).await;
        maya.until(|it| matches!(it, ToClient::ChatClosed { .. })).await;
        assert_eq!(patron.seqs(CHAT), [2, 3]);
    });
}

#[test]
fn an_answer_follows_the_event_it_is_about() {
    World::new().play(async |world| {
        let stage = world.broker().await;
        let mut patron = world.with_messages(&stage, 3).await;
        let frames = patron.heard();
        let at = |like: &dyn Fn(&ToClient) -> bool| frames.iter().position(like).unwrap();
        for place in 2..5 {
            let event = at(&|it| matches!(it, ToClient::ChatEvent { seq, .. } if *seq == place));
            let ok = at(&|it| matches!(it, ToClient::Ok { seq: Some(seq), .. } if *seq == place));
            assert!(event < ok);
        }
    });
}

#[test]
fn an_unknown_outcome_ends_in_one_event_and_an_ok() {
    use Fault::{None, Unknown};
    let (lost, kept) = (Unknown { applied: false }, Unknown { applied: true });
    for plan in [vec![lost], vec![kept], vec![lost, lost, kept, lost], vec![kept, None]] {
        World::new().play(async |world| {
            let stage = world.broker().await;
            let mut patron = world.with_messages(&stage, 0).await;
            stage.weather.plan(&plan);
            let asked: Vec<_> = (0..3).map(|it| patron.send_post(CHAT, it, "once")).collect();
            for re in asked {
                done(&patron.answer(re).await);
            }
            assert_eq!(world.texts(CHAT).await.len(), 3, "{plan:?}");
            assert_eq!(patron.seqs(CHAT), [2, 3, 4], "{plan:?}");
        });
    }
}

#[test]
fn an_outcome_that_stays_unknown_is_refused_for_now_and_found_by_the_retry() {
    for applied in [false, true] {
        World::new().play(async |world| {
            let stage = world.broker().await;
            let mut patron = world.with_messages(&stage, 0).await;
            stage.weather.plan(&[Fault::Unknown { applied }; 5]);
            let answer = patron.post(CHAT, 1, "once").await;
            assert_eq!(refused(&answer), ErrorCode::Unavailable);
            let (seq, _) = done(&patron.post(CHAT, 1, "once").await);
            assert_eq!(seq, 2);
            assert_eq!(world.texts(CHAT).await, ["once"]);
            assert_eq!(patron.seqs(CHAT), [2]);
        });
    }
}

#[test]
fn a_store_that_is_away_refuses_for_now_and_changes_nothing() {
    World::new().play(async |world| {
        let stage = world.broker().await;
        let mut patron = world.with_messages(&stage, 1).await;
        let before = world.records(CHAT).await;
        stage.weather.plan(&[Fault::Unavailable]);
        match patron.post(CHAT, 9, "not now").await {
            ToClient::Error(refused) => {
                assert_eq!((refused.code, refused.temporary), (ErrorCode::Unavailable, true));
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(world.records(CHAT).await, before);
        assert_eq!(patron.seqs(CHAT), [2]);
        assert_eq!(done(&patron.post(CHAT, 9, "not now").await).0, 3);
    });
}

#[test]
fn eight_conflicts_in_a_row_are_answered_as_busy() {
    World::new().play(async |world| {
        let stage = world.broker().await;
        let mut patron = world.with_messages(&stage, 0).await;
        let (behind, mut times) = (world.clone(), 0);
        stage.weather.intrude(Box::new(move |batch| {
            times += 1;
            if times <= 8 {
                behind.intrude(CHAT, batch[0].expect, "faster");
            }
        }));
        assert_eq!(refused(&patron.post(CHAT, 1, "slow").await), ErrorCode::Busy);
        assert_eq!(world.texts(CHAT).await, ["faster"; 8]);
        done(&patron.post(CHAT, 1, "slow").await);
        assert_eq!(patron.seqs(CHAT), (2..=10).collect::<Vec<_>>(), "theirs and then hers");
    });
}

#[test]
fn seven_conflicts_in_a_row_are_no_refusal() {
    World::new().play(async |world| {
        let stage = world.broker().await;
        let mut patron = world.with_messages(&stage, 0).await;
        let (behind, mut times) = (world.clone(), 0);
        stage.weather.intrude(Box::new(move |batch| {
            times += 1;
            if times <= 7 {
                behind.intrude(CHAT, batch[0].expect, "faster");
            }
        }));
        assert_eq!(done(&patron.post(CHAT, 1, "slow").await).0, 9);
        assert_eq!(patron.seqs(CHAT), (2..=9).collect::<Vec<_>>());
    });
}
