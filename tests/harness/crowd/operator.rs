//! An operator: claims whatever rings, as all others do, answers what she won, and now and then
//! offers it to all others, who claim it again.

use std::collections::BTreeSet;

use deskbell_client::protocol::event::ChatEvent;
use deskbell_client::protocol::ids::ChatId;
use deskbell_client::protocol::view::{ListRow, Status};
use deskbell_client::{ClientError, Event, Write};
use deskbell_protocol::codes::ErrorCode;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::player::{Player, Stage};

/// What all of them monitor.
const QUEUE: &str = "coop/tri-county";
/// Rings not looked at yet; one that is left out shows again when its row changes.
const NEWS_MAX: usize = 4_096;
/// One in so many of her texts is a note.
const NOTE_EVERY: usize = 10;
/// One in so many of her writes is an offer.
const OFFER_EVERY: usize = 15;
/// Why a claim may come to nothing: someone was first, or it is over, or gone from her queues.
const LOST: &[ErrorCode] = &[
    ErrorCode::AlreadyClaimed,
    ErrorCode::ChatEnded,
    ErrorCode::NotFound,
    ErrorCode::NotMonitoring,
];
/// Why an offer or a farewell may come to nothing: it is over, nobody else is there yet, or it is
/// not hers, or hers still, whatever she thinks.
const IN_VAIN: &[ErrorCode] = &[
    ErrorCode::ChatEnded,
    ErrorCode::TargetOffline,
    ErrorCode::NotOwner,
    ErrorCode::OwnerMustStay,
];

/// What of the events she acts on.
enum News {
    Rings(ChatId),
    Over(ChatId),
}

pub(super) async fn play(player: Player, stage: Stage) {
    let (tell, news) = mpsc::channel(NEWS_MAX);
    let act = act(player.clone(), stage.clone(), news);
    let hear = move |event: &Event| {
        for it in news_in(event) {
            // When full, she has more to do than she can.
            drop(tell.try_send(it));
        }
    };
    player.play(stage, hear, act).await;
}

fn news_in(event: &Event) -> Vec<News> {
    let rings = |row: &ListRow| News::Rings(row.chat);
    match event {
        Event::List(rows) => rows.iter().map(rings).collect(),
        Event::Row(row) => vec![rings(row)],
        Event::Chat { chat, sequenced } if matches!(sequenced.event, ChatEvent::Ended { .. }) => {
            vec![News::Over(*chat)]
        }
        _ => vec![],
    }
}

async fn act(player: Player, stage: Stage, mut news: mpsc::Receiver<News>) {
    let queue = QUEUE.parse().expect("a target");
    player.client.set_presence(Status::Online, vec![queue]).await.expect("presence is told");
    player.client.list_subscribe().await.expect("the list is granted");
    let mut stopped = stage.stopped.clone();
    let mut at_work = BTreeSet::new();
    let mut work = JoinSet::new();
    loop {
        tokio::select! {
            biased;
            _ = stopped.wait_for(|stopped| *stopped) => break,
            Some(done) = work.join_next() => {
                if let Some(chat) = done.expect("her work does not fail") {
                    at_work.remove(&chat);
                }
            }
            Some(it) = news.recv() => match it {
                News::Rings(chat) => if at_work.insert(chat) {
                    work.spawn(answer(player.clone(), stage.clone(), chat));
                },
                News::Over(chat) => {
                    work.spawn(forget(player.clone(), chat));
                }
            },
        }
    }
    while let Some(done) = work.join_next().await {
        done.expect("her work does not fail");
    }
}

/// Claims a chat and, if she won, talks until it is over or someone else took it from her.
async fn answer(player: Player, stage: Stage, chat: ChatId) -> Option<ChatId> {
    if player.write_unless(Write::Claim(chat), LOST).await.is_none() {
        return Some(chat);
    }
    while !stage.stopped() {
        if player.between(1, OFFER_EVERY) == 1 {
            let to = QUEUE.parse().expect("a target");
            let (tell_patron, hand_over) = (false, false);
            let offer = Write::Transfer { chat, to, note: None, tell_patron, hand_over };
            player.write_unless(offer, IN_VAIN).await;
            continue;
        }
        let text = player.text();
        let write = if player.between(1, NOTE_EVERY) == 1 {
            Write::Note { chat, text }
        } else {
            Write::Post { chat, text, lang: None }
        };
        if player.write_unless(write, &[ErrorCode::ChatEnded]).await.is_none() {
            break;
        }
        let left = player.between(1, OFFER_EVERY) == 1
            && player.write_unless(Write::Leave(chat), IN_VAIN).await.is_some();
        if left {
            break;
        }
    }
    Some(chat)
}

async fn forget(player: Player, chat: ChatId) -> Option<ChatId> {
    match player.client.unsubscribe(chat).await {
        Ok(()) | Err(ClientError::Disconnected) => None,
        Err(error) => panic!("leaving {chat}: {error}"),
    }
}
