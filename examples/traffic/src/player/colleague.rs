//! A simulated operator at her desk: signed in, monitoring, with the list of what rings.
//!
//! Not here: what she says (`chat.rs` speaks for both sides of a chat, in the plan's order).

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use deskbell_client::protocol::codes::ErrorCode;
use deskbell_client::protocol::ids::{ChatId, Target, UserId};
use deskbell_client::protocol::view;
use deskbell_client::{Client, ClientError, Event, Events, Options, TcpConnector, Token, sign_in};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::Stage;
use crate::cast::Colleague;

/// A chat that rings shows at her desk within this, roll-up to the co-op included.
const SHOWS_WITHIN: Duration = Duration::from_mins(15);

/// Between two tries of what came too fast.
const TOO_FAST: Duration = Duration::from_millis(100);

/// Why a claim may come to nothing: somebody else was first, or it is over.
const LOST: [ErrorCode; 3] = [ErrorCode::AlreadyClaimed, ErrorCode::ChatEnded, ErrorCode::NotFound];

/// Her desk.
#[derive(Debug)]
pub(super) struct Desk {
    pub(super) client: Client,
    /// What rings for her.
    rows: watch::Receiver<BTreeSet<ChatId>>,
}

impl Desk {
    /// She signs in, looks at the list and monitors.
    pub(super) async fn open(stage: &Stage, colleague: &Colleague) -> Result<Self> {
        let user: UserId = colleague.user.parse()?;
        let password = stage.passwords.get(colleague.user);
        let password = password.with_context(|| format!("no password for {user}"))?.clone();
        let url = stage.url.clone();
        let granted = sign_in(&TcpConnector::new(), &url, user.clone(), &password).await?;
        let again = move || {
            let (url, user, password) = (url.clone(), user.clone(), password.clone());
            let again = async move { sign_in(&TcpConnector::new(), &url, user, password).await };
            Box::pin(again) as _
        };
        let token = Token::from(granted).renewed_by(Arc::new(again));
        let (client, events) = Client::connect(Options::new(&stage.url, token));
        let (tell, rows) = watch::channel(BTreeSet::new());
        // Ends with the connection, whose events it reads.
        tokio::spawn(read(events, tell));
        client.list_subscribe().await?;
        let monitors = colleague.monitors.map(str::parse::<Target>);
        let monitors = monitors.into_iter().collect::<Result<Vec<_>, _>>()?;
        client.set_presence(view::Status::Online, monitors).await?;
        Ok(Self { client, rows })
    }

    /// Once the chat rings for her she previews it, and claims when her time has come. Whether she
    /// got it the chat tells: somebody else may have been first.
    pub(super) async fn reach_for(&self, chat: ChatId, after: Duration) -> Result<()> {
        sleep(after / 2).await;
        let mut rows = self.rows.clone();
        match timeout(SHOWS_WITHIN, rows.wait_for(|rows| rows.contains(&chat))).await {
            Ok(Ok(_)) => {}
            Ok(Err(_)) => bail!("the list is no longer read"),
            Err(_) => bail!("the chat never showed in the list"),
        }
        lost_or(paced(|| self.client.subscribe(chat)).await)?;
        sleep(after / 2).await;
        lost_or(self.client.claim(chat).await.map(drop))
    }

    /// She no longer looks at a chat that is over for her.
    pub(super) async fn forget(&self, chat: ChatId) -> Result<()> {
        match paced(|| self.client.unsubscribe(chat)).await {
            // Whatever is not followed when the connection comes back stays so.
            Ok(()) | Err(ClientError::Disconnected) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// She goes.
    pub(super) async fn close(&self) {
        self.client.close().await;
    }
}

/// Asks again while the broker says that it is too fast: at many times the speed of life it may be.
/// Writes need no such care, since the SDK sends those again by itself.
async fn paced<F: Future<Output = Result<(), ClientError>>>(
    ask: impl Fn() -> F,
) -> Result<(), ClientError> {
    loop {
        match ask().await {
            Err(error) if error.code() == Some(ErrorCode::RateLimited) => sleep(TOO_FAST).await,
            asked => return asked,
        }
    }
}

fn lost_or(asked: Result<(), ClientError>) -> Result<()> {
    match asked {
        // A preview that was cut off with the connection is not worth another try.
        Ok(()) | Err(ClientError::Disconnected) => Ok(()),
        Err(error) if error.code().is_some_and(|code| LOST.contains(&code)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

async fn read(mut events: Events, tell: watch::Sender<BTreeSet<ChatId>>) {
    while let Some(event) = events.next().await {
        tell.send_if_modified(|rows| match event {
            Event::List(all) => {
                *rows = all.into_iter().map(|row| row.chat).collect();
                true
            }
            Event::Row(row) => rows.insert(row.chat),
            Event::Gone { chat, .. } => rows.remove(&chat),
            _ => false,
        });
    }
}
