//! Who wrote in a crowd hears of it a moment later; everybody else at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Wake, Waker};
use std::time::Duration;

use deskbell_protocol::ids::ChatId;

use super::stage::{Client, World, done, pass, quiet};

#[derive(Default)]
struct Woken(AtomicU32);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl Woken {
    /// Tells whether what `client` still has to send wakes its socket from now on.
    fn watch(client: &Client) -> Arc<Self> {
        let woken = Arc::<Self>::default();
        client.outbox().look(&Waker::from(woken.clone()));
        woken
    }

    fn is(&self) -> bool {
        self.0.load(Ordering::Relaxed) > 0
    }
}

/// Patrons who all write at once, and an operator who follows the first of them: whether the first
/// author and her reader are woken before any time passed.
async fn crowd(world: &World, size: u8) -> (bool, bool) {
    let stage = world.broker().await;
    let mut maya = stage.operator("maya").await;
    let mut patrons = Vec::new();
    for session in 1..=size {
        let mut patron = stage.patron(session);
        patron.open(ChatId(session.into())).await;
        patrons.push(patron);
    }
    maya.follow(ChatId(1), None).await;
    maya.heard();
    let (author, reader) = (Woken::watch(&patrons[0]), Woken::watch(&maya));
    let mut asked = Vec::new();
    for (chat, patron) in (1..).zip(&mut patrons) {
        asked.push(patron.send_post(ChatId(chat), 1, "all at once"));
    }
    quiet().await;
    let at_once = (author.is(), reader.is());
    pass(Duration::from_millis(30)).await;
    assert!(author.is());
    for (patron, re) in patrons.iter_mut().zip(asked) {
        done(&patron.answer(re).await);
    }
    at_once
}

#[test]
fn in_a_crowd_an_author_waits_for_her_receipt_and_her_reader_for_nothing() {
    World::new().play(async |world| assert_eq!(crowd(world, 40).await, (false, true)));
}

#[test]
fn without_a_crowd_nobody_waits() {
    World::new().play(async |world| assert_eq!(crowd(world, 3).await, (true, true)));
}
