//! Two brokers over one log: whatever the order, one wins, and both tell the same story.

use deskbell_protocol::ToClient;
use deskbell_protocol::codes::ErrorCode;

use super::stage::{CHAT, Client, World, done, refused};

const SEEDS: u64 = 300;

/// What she was told starts with a whole and goes on without a gap.
fn contiguous(client: &mut Client) -> u64 {
    let first = client.heard().iter().find_map(|frame| match frame {
        ToClient::ChatSnapshot(whole) => Some(whole.seq),
        _ => None,
    });
    let first = first.expect("she follows");
    let seqs = client.seqs(CHAT);
    let last = first + seqs.len() as u64;
    assert_eq!(seqs, (first + 1..=last).collect::<Vec<_>>());
    last
}

fn play(seed: u64) {
    World::new().play(async |world| {
        let stages = [world.broker().await, world.broker().await];
        let mut patrons = [stages[0].patron(1), stages[1].patron(1)];
        // Everybody is connected to both, so that neither broker thinks that somebody is gone.
        let mut people = Vec::new();
        for user in ["maya", "noor"] {
            for stage in &stages {
                people.push(stage.operator(user).await);
            }
        }
        patrons[0].open(CHAT).await;
        patrons[1].follow(CHAT, None).await;
        for (stage, seed) in stages.iter().zip([seed, !seed]) {
            stage.weather.delay(seed);
        }
        let (maya, noor) = (people.remove(0), people.remove(2));
        let mut claims = [maya, noor];
        let mut asked = Vec::new();
        for client in &mut claims {
            let want = client.claim_want(CHAT);
            asked.push(client.send(want));
        }
        let mut posts = Vec::new();
        for number in 0..4 {
            for (place, patron) in patrons.iter_mut().enumerate() {
                let number = number * 2 + place as u64;
                posts.push((place, patron.send_post(CHAT, number, &format!("text {number}"))));
            }
        }
        let mut won = 0;
        for (client, re) in claims.iter_mut().zip(asked) {
            match client.answer(re).await {
                ToClient::Ok { .. } => won += 1,
                lost => assert_eq!(refused(&lost), ErrorCode::AlreadyClaimed, "seed {seed}"),
            }
        }
        assert_eq!(won, 1, "seed {seed}");
        for (place, re) in posts {
            done(&patrons[place].answer(re).await);
        }
        for (patron, number) in patrons.iter_mut().zip([100, 101]) {
            done(&patron.post(CHAT, number, "last").await);
            contiguous(patron);
        }
        let version = world.records(CHAT).await.len() as u64;
        assert_eq!(contiguous(&mut patrons[1]), version, "seed {seed}");
        assert_eq!(world.texts(CHAT).await.len(), 10, "seed {seed}");
        let eids: Vec<_> = world.records(CHAT).await.iter().map(|it| it.entry.eid).collect();
        for (seq, eid, _) in patrons.iter_mut().flat_map(|it| it.events(CHAT)) {
            assert_eq!(eids[usize::try_from(seq).unwrap() - 1], eid, "seed {seed}");
        }
    });
}

#[test]
fn of_two_claims_through_two_brokers_one_wins_and_texts_of_both_interleave() {
    for seed in 0..SEEDS {
        play(seed);
    }
}

#[test]
fn a_preview_through_another_broker_ends_when_that_one_learns_of_the_claim() {
    World::new().play(async |world| {
        let stages = [world.broker().await, world.broker().await];
        let mut patrons = [stages[0].patron(1), stages[1].patron(1)];
        let mut maya = stages[0].operator("maya").await;
        let _maya_there_too = stages[1].operator("maya").await;
        let mut noor = stages[1].operator("noor").await;
        patrons[0].open(CHAT).await;
        patrons[1].follow(CHAT, None).await;
        noor.follow(CHAT, None).await;
        done(&maya.claim(CHAT).await);
        done(&patrons[0].post(CHAT, 1, "for maya alone").await);
        done(&patrons[1].post(CHAT, 2, "for maya alone").await);
        noor.until(|it| matches!(it, ToClient::ChatClosed { .. })).await;
        let told = format!("{:?}", noor.heard());
        assert!(!told.contains("for maya alone"), "{told}");
    });
}
