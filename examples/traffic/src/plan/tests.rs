//! What the plan promises: the same from the same seed, and the documented spread.

use std::path::Path;

use super::*;
use crate::measured::Measured;

fn repertoire() -> Repertoire {
    Repertoire::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("talks")).unwrap()
}

fn plan(seed: u64, count: usize) -> Vec<PlannedChat> {
    Plan::new(seed, &repertoire()).take(count).collect()
}

#[test]
fn a_seed_gives_the_same_plan_and_another_seed_another_one() {
    assert_eq!(plan(11, 50), plan(11, 50));
    assert_ne!(plan(11, 50), plan(12, 50));
}

#[test]
fn a_longer_plan_begins_as_the_shorter_one() {
    assert_eq!(plan(11, 50)[..20], plan(11, 20));
}

#[test]
fn a_long_plan_has_the_documented_spread() {
    for seed in [1, 11] {
        let measured = Measured::of(&plan(seed, 4_000));
        let off = measured.off();
        assert!(off.is_empty(), "seed {seed} is off in {off:#?}\n{measured}");
    }
}

#[test]
fn also_a_short_plan_has_its_shares() {
    for seed in 1..20 {
        let plan = plan(seed, 120);
        let count = |which: fn(&PlannedChat) -> bool| plan.iter().filter(|it| which(it)).count();
        let missed = count(|it| it.claim.is_none());
        let (dropped, moved) = (count(|it| it.drop.is_some()), count(|it| it.transfer.is_some()));
        let tickets = count(|it| it.ticket.is_some());
        assert!((3..=6).contains(&missed), "seed {seed}: {missed} missed");
        assert!((6..=13).contains(&dropped), "seed {seed}: {dropped} dropped");
        assert!((5..=13).contains(&moved), "seed {seed}: {moved} transferred");
        assert!((13..=22).contains(&tickets), "seed {seed}: {tickets} tickets");
    }
}

#[test]
fn chats_ring_in_the_order_of_their_numbers() {
    let plan = plan(3, 300);
    assert!(plan.iter().zip(1..).all(|(chat, number)| chat.number == number));
    assert!(plan.windows(2).all(|pair| pair[0].rings < pair[1].rings));
}

#[test]
fn a_library_s_own_chats_are_claimed_by_its_own_colleague() {
    for chat in plan(3, 300) {
        if let (Some(own), Some(claim)) = (chat.door.own, chat.claim) {
            assert_eq!(claim.by, own, "chat {}", chat.number);
        }
    }
}

#[test]
fn what_is_planned_of_a_chat_can_all_happen_to_it() {
    let plan = plan(5, 2_000);
    for chat in &plan {
        let at = chat.number;
        let gone = chat.drop.is_some_and(|drop| drop.away.is_none());
        if chat.claim.is_none() || gone {
            assert!(chat.transfer.is_none() && chat.ticket.is_none(), "chat {at}");
        }
        if chat.claim.is_none() {
            assert!(chat.drop.is_none(), "chat {at}: who waits does not drop");
        }
        if let (Some(transfer), Some(claim)) = (&chat.transfer, chat.claim) {
            assert_ne!(transfer.claim.by, claim.by, "chat {at}");
            assert_eq!(chat.steps[transfer.before].side, Side::Operator, "chat {at}");
            assert!(transfer.before > 0, "chat {at}: who never spoke transfers nothing");
        }
        if let Some(drop) = chat.drop {
            assert!(drop.before < chat.steps.len(), "chat {at}");
        }
    }
    assert!(plan.iter().any(|chat| chat.transfer.is_some() && chat.drop.is_some()));
}

#[test]
fn what_is_expected_names_the_second_operator_from_the_transfer_on() {
    let plan = plan(5, 400);
    let chat = plan.iter().find(|chat| chat.transfer.is_some() && chat.drop.is_none());
    let chat = chat.expect("some are transferred");
    let before = chat.transfer.as_ref().map_or(0, |it| it.before);
    let lived = chat.expected();
    assert_eq!(lived.said.len(), chat.steps.len());
    let speaks = |said: &[(Option<String>, String)], name: &str| {
        said.iter().any(|(by, _)| by.as_deref() == Some(name))
    };
    assert!(!speaks(&lived.said[..before], &lived.claims[1]));
    assert!(!speaks(&lived.said[before..], &lived.claims[0]));
}

#[test]
fn who_is_gone_hears_nothing_after_and_her_owner_ends_it() {
    let plan = plan(5, 400);
    let gone = |chat: &&PlannedChat| chat.drop.is_some_and(|drop| drop.away.is_none());
    let chat = plan.iter().find(gone).expect("some are gone");
    let lived = chat.expected();
    assert_eq!((lived.ending, lived.dropped), (Ending::Gone, true));
    assert_eq!(lived.said.len(), chat.drop.map_or(0, |drop| drop.before));
}
