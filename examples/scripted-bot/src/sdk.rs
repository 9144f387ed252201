//! The SDK that people of a script use: the Rust one in this process, or the TypeScript one in a
//! Node process beside it. A script says the same of both, and is judged by the same eyes.
//!
//! Not here: what people do with it (`play/person.rs`).

mod node;

use std::sync::Arc;

use deskbell_client::protocol::event::Position;
use deskbell_client::protocol::http::Granted;
use deskbell_client::protocol::ids::{ChatId, ClientId, Cmid, CoopId, Target, UserId, WidgetId};
use deskbell_client::protocol::to_client::Welcome;
use deskbell_client::protocol::view::{CoopLevel, Status};
use deskbell_client::{
    Client, ClientError, Connector, Event, Events, Options, Token, Write, Written, patron_session,
    return_to_chat, sign_in,
};
use serde::Serialize;

pub use node::Player;

/// Which SDK.
#[derive(Clone, Default)]
pub enum Sdk {
    /// `deskbell-client`.
    #[default]
    Rust,
    /// `@deskbell/client`.
    TypeScript(Arc<Player>),
}

/// What somebody shows at the door for a token.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "with", rename_all = "snake_case")]
pub(crate) enum Door {
    SignIn { user: UserId, password: String },
    Visit { widget: WidgetId, origin: String },
    Return { chat: ChatId, secret: String, origin: String },
}

/// How somebody connects.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Connecting {
    pub(crate) url: String,
    pub(crate) token: String,
    pub(crate) origin: Option<String>,
    pub(crate) client: ClientId,
    pub(crate) app: &'static str,
}

/// Everything that a script asks for and that is no write.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub(crate) enum Ask {
    Sync,
    SubscribeList,
    Subscribe { chat: ChatId, from: Option<Position> },
    Unsubscribe { chat: ChatId },
    SetPresence { status: Status, targets: Vec<Target> },
    Typing { chat: ChatId },
    Read { chat: ChatId, seq: u64 },
    Ban { chat: ChatId, hours: Option<u32>, reason: Option<String> },
    LiftBan { chat: ChatId },
    SignOut { anyway: bool },
    SignOutOther { user: UserId },
    GrantAccess { coop: CoopId, user: UserId, level: CoopLevel },
    RevokeAccess { coop: CoopId, user: UserId },
}

impl Sdk {
    pub(crate) async fn grant(
        &self,
        connector: &dyn Connector,
        url: &str,
        door: Door,
    ) -> Result<Granted, ClientError> {
        match (self, door) {
            (Self::TypeScript(player), door) => player.grant(url, door).await,
            (Self::Rust, Door::SignIn { user, password }) => {
                sign_in(connector, url, user, password).await
            }
            (Self::Rust, Door::Visit { widget, origin }) => {
                patron_session(connector, url, &origin, widget).await
            }
            (Self::Rust, Door::Return { chat, secret, origin }) => {
                return_to_chat(connector, url, &origin, chat, secret).await
            }
        }
    }

    pub(crate) async fn connect(
        &self,
        connector: Arc<dyn Connector>,
        how: Connecting,
    ) -> Result<(Handle, Inbox), ClientError> {
        match self {
            Self::Rust => {
                let mut options = Options::new(&how.url, Token::fixed(&how.token));
                options.origin = how.origin;
                options.client = how.client;
                how.app.clone_into(&mut options.app);
                options.connector = connector;
                let (client, events) = Client::connect(options);
                Ok((Handle::Rust(client), Inbox::Rust(events)))
            }
            Self::TypeScript(player) => {
                let (device, events) = player.connect(how).await?;
                Ok((Handle::TypeScript(device), Inbox::TypeScript(events)))
            }
        }
    }
}

/// Somebody's connection, to ask of it.
#[derive(Clone)]
pub(crate) enum Handle {
    Rust(Client),
    TypeScript(node::Device),
}

impl Handle {
    pub(crate) async fn submit(&self, cmid: Cmid, write: Write) -> Result<Written, ClientError> {
        match self {
            Self::Rust(client) => client.submit_as(cmid, write).await?.await,
            Self::TypeScript(device) => device.submit(cmid, &write).await,
        }
    }

    pub(crate) async fn ask(&self, ask: Ask) -> Result<(), ClientError> {
        let client = match self {
            Self::Rust(client) => client,
            Self::TypeScript(device) => return device.ask(&ask).await,
        };
        match ask {
            Ask::Sync => client.sync().await,
            Ask::SubscribeList => client.list_subscribe().await,
            Ask::Subscribe { chat, from: None } => client.subscribe(chat).await,
            Ask::Subscribe { chat, from: Some(from) } => client.resume(chat, from).await,
            Ask::Unsubscribe { chat } => client.unsubscribe(chat).await,
            Ask::SetPresence { status, targets } => {
                client.set_presence(status, targets).await.map(|_| ())
            }
            Ask::Typing { chat } => client.typing(chat, true).await,
            Ask::Read { chat, seq } => client.read(chat, seq).await,
            Ask::Ban { chat, hours, reason } => client.ban(chat, hours, reason).await,
            Ask::LiftBan { chat } => client.lift_ban(chat).await,
            Ask::SignOut { anyway } => client.sign_out(anyway).await,
            Ask::SignOutOther { user } => client.sign_out_other(user).await,
            Ask::GrantAccess { coop, user, level } => client.grant_access(coop, user, level).await,
            Ask::RevokeAccess { coop, user } => client.revoke_access(coop, user).await,
        }
    }

    /// What the broker said when it greeted; nothing before.
    pub(crate) fn welcome(&self) -> Option<Box<Welcome>> {
        match self {
            Self::Rust(client) => match client.status() {
                deskbell_client::Status::Open(welcome) => Some(welcome),
                _ => None,
            },
            Self::TypeScript(device) => device.welcome(),
        }
    }

    pub(crate) async fn close(&self) {
        match self {
            Self::Rust(client) => client.close().await,
            Self::TypeScript(device) => device.close().await,
        }
    }
}

/// What reaches somebody at her connection.
pub(crate) enum Inbox {
    Rust(Events),
    TypeScript(node::Events),
}

impl Inbox {
    /// One that has come already.
    pub(crate) fn try_next(&mut self) -> Option<Event> {
        match self {
            Self::Rust(events) => events.try_next(),
            Self::TypeScript(events) => events.try_recv().ok(),
        }
    }

    /// The next one; `None` when none can come any more.
    pub(crate) async fn next(&mut self) -> Option<Event> {
        match self {
            Self::Rust(events) => events.next().await,
            Self::TypeScript(events) => events.recv().await,
        }
    }
}
