//! A patron: rings, writes, ends, and rings again.

use deskbell_client::protocol::ids::ChatId;
use deskbell_client::{ClientError, Ring, Write};
use deskbell_protocol::codes::ErrorCode;

use super::player::{Player, Stage};

/// Messages of one chat.
const MESSAGES: (usize, usize) = (10, 80);

pub(super) async fn play(player: Player, stage: Stage) {
    let act = act(player.clone(), stage.clone());
    player.play(stage, |_| {}, act).await;
}

async fn act(player: Player, stage: Stage) {
    while !stage.stopped() {
        let open = Write::Open(Ring::new(player.text()));
        let Some(opened) = player.write_unless(open, &[ErrorCode::Offline]).await else {
            // Operators may still be on their way back: ask again after a word from the broker.
            match player.client.sync().await {
                Ok(()) | Err(ClientError::Disconnected) => continue,
                Err(error) => panic!("{error}"),
            }
        };
        chat(&player, &stage, opened.chat).await;
    }
}

async fn chat(player: &Player, stage: &Stage, chat: ChatId) {
    for _ in 0..player.between(MESSAGES.0, MESSAGES.1) {
        if stage.stopped() {
            return;
        }
        let post = Write::Post { chat, text: player.text(), lang: None };
        player.write_unless(post, &[]).await;
    }
    player.write_unless(Write::End(chat), &[]).await;
    match player.client.unsubscribe(chat).await {
        Ok(()) | Err(ClientError::Disconnected) => {}
        Err(error) => panic!("leaving {chat}: {error}"),
    }
}
