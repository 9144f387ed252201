//! Signing out: stored before it is answered, and remembered as long as any token may be good.

use deskbell_protocol::ToClient;
use deskbell_protocol::codes::{CloseCode, ErrorCode};
use jiff::SignedDuration;

use super::stage::{Client, World, refused};
use crate::actors::session::{Desire, Want};
use crate::secrets::token::TOKEN_HOURS_MAX;

fn sign_out() -> Want {
    Want::Desk(Desire::SignOut { anyway: false })
}

/// The answers that came before the connection closes.
async fn signs_out(client: &mut Client) -> Vec<u32> {
    client.send(sign_out());
    assert_eq!(client.closed().await, CloseCode::SignedOut);
    let mut frames = Vec::new();
    client.outbox().take(&mut frames, usize::MAX);
    let heard = frames.iter().map(|frame| serde_json::from_str(frame.as_str()).unwrap());
    let answers = heard.filter_map(|frame| match frame {
        ToClient::Ok { re, .. } => Some(re),
        _ => None,
    });
    answers.collect()
}

#[test]
fn a_sign_out_is_remembered_as_long_as_a_minted_token_may_be_good() {
    World::new().play(async |world| {
        let stage = world.broker().await;
        let mut maya = stage.operator("maya").await;
        let (session, asked) = (maya.peer.session, maya.asked);
        assert_eq!(signs_out(&mut maya).await, [asked + 1]);

        let lasts = SignedDuration::from_hours(TOKEN_HOURS_MAX.into());
        let almost = stage.node().clock.now() + lasts - SignedDuration::from_secs(1);
        let ended = stage.node().secrets.ended_sessions(almost).await.unwrap();
        assert_eq!(ended.iter().map(|(it, _)| *it).collect::<Vec<_>>(), [session]);
    });
}

#[test]
fn a_sign_out_that_the_store_does_not_take_is_refused_and_may_be_asked_again() {
    World::new().play(async |world| {
        let stage = world.broker().await;
        let mut maya = stage.operator("maya").await;
        world.secrets.refuse(true);
        assert_eq!(refused(&maya.ask(sign_out()).await), ErrorCode::Unavailable);
        world.secrets.refuse(false);
        let asked = maya.asked;
        assert_eq!(signs_out(&mut maya).await, [asked + 1]);
    });
}
