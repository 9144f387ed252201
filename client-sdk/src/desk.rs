//! What an operator's app asks of the desk as a whole, and what it answers: queues and who stands
//! there, explanations, forecasts, access, signing out.

use jiff::Timestamp;

use crate::client::{Client, Command};
use crate::error::ClientError;
use crate::protocol::desk::{BanView, Explained, Queues, Targets};
use crate::protocol::ids::{ChatId, CoopId, UserId, WidgetId};
use crate::protocol::to_broker::ToBroker;
use crate::protocol::to_client::ToClient;
use crate::protocol::view::CoopLevel;

/// One thing to ask of the desk.
#[derive(Debug, Clone)]
pub(crate) enum Call {
    Queues,
    Grant { coop: CoopId, user: UserId, level: CoopLevel },
    Revoke { coop: CoopId, user: UserId },
    Explain { widget: WidgetId, at: Option<Timestamp> },
    Forecast { coop: CoopId, zone: Option<String> },
    Ban { chat: ChatId, hours: Option<u32>, reason: Option<String> },
    LiftBan { chat: ChatId },
    Bans,
    Targets { chat: ChatId },
    SignOut { anyway: bool },
    SignOutOther { user: UserId },
}

/// Hours of a co-op in which some member is covered and nobody contributes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forecast {
    /// The time zone whose clock the hours follow.
    pub zone: String,
    /// When each begins.
    pub hours: Vec<Timestamp>,
}

/// What the desk answers.
#[derive(Debug)]
pub(crate) enum Said {
    Done,
    Queues(Box<Queues>),
    Explained(Box<Explained>),
    Forecast(Forecast),
    Bans(Vec<BanView>),
    Targets(Box<Targets>),
}

impl Call {
    pub(crate) fn frame(self, id: u32) -> ToBroker {
        match self {
            Self::Queues => ToBroker::DeskQueues { id },
            Self::Grant { coop, user, level } => ToBroker::AccessGrant { id, coop, user, level },
            Self::Revoke { coop, user } => ToBroker::AccessRevoke { id, coop, user },
            Self::Explain { widget, at } => ToBroker::Explain { id, widget, at },
            Self::Forecast { coop, zone } => ToBroker::Forecast { id, coop, zone },
            Self::Ban { chat, hours, reason } => ToBroker::BanSet { id, chat, hours, reason },
            Self::LiftBan { chat } => ToBroker::BanLift { id, chat },
            Self::Bans => ToBroker::BanList { id },
            Self::Targets { chat } => ToBroker::ChatTargets { id, chat },
            Self::SignOut { anyway } => ToBroker::SignOut { id, anyway },
            Self::SignOutOther { user } => ToBroker::OperatorSignOut { id, user },
        }
    }
}

impl Said {
    /// The request's id and what was said, if the frame answers one of these calls.
    pub(crate) fn of(frame: ToClient) -> Option<(u32, Self)> {
        match frame {
            ToClient::Queues(queues) => Some((queues.re, Self::Queues(queues))),
            ToClient::Explained(explained) => Some((explained.re, Self::Explained(explained))),
            ToClient::Forecast { re, zone, hours, .. } => {
                Some((re, Self::Forecast(Forecast { zone, hours })))
            }
            ToClient::Targets(targets) => Some((targets.re, Self::Targets(targets))),
            ToClient::Bans { re, bans } => Some((re, Self::Bans(bans))),
            _ => None,
        }
    }
}

fn unexpected<T>(said: &Said) -> Result<T, ClientError> {
    Err(ClientError::Protocol(format!("another answer than was asked for: {said:?}")))
}

impl Client {
    /// What one may monitor, and who stands there.
    pub async fn queues(&self) -> Result<Queues, ClientError> {
        match self.call(Call::Queues).await? {
            Said::Queues(queues) => Ok(*queues),
            other => unexpected(&other),
        }
    }

    /// Who would be rung, in which order, and why each other would not.
    pub async fn explain(
        &self,
        widget: WidgetId,
        at: Option<Timestamp>,
    ) -> Result<Explained, ClientError> {
        match self.call(Call::Explain { widget, at }).await? {
            Said::Explained(explained) => Ok(*explained),
            other => unexpected(&other),
        }
    }

    /// Hours of the next 14 days in which some member is covered and nobody contributes.
    pub async fn forecast(
        &self,
        coop: CoopId,
        zone: Option<String>,
    ) -> Result<Forecast, ClientError> {
        match self.call(Call::Forecast { coop, zone }).await? {
            Said::Forecast(forecast) => Ok(forecast),
            other => unexpected(&other),
        }
    }

    /// Lets a person monitor a co-op, or changes her level there.
    pub async fn grant_access(
        &self,
        coop: CoopId,
        user: UserId,
        level: CoopLevel,
    ) -> Result<(), ClientError> {
        self.do_call(Call::Grant { coop, user, level }).await
    }

    /// Takes that back.
    pub async fn revoke_access(&self, coop: CoopId, user: UserId) -> Result<(), ClientError> {
        self.do_call(Call::Revoke { coop, user }).await
    }

    /// Where a chat may be transferred to, and who is there.
    pub async fn transfer_targets(&self, chat: ChatId) -> Result<Targets, ClientError> {
        match self.call(Call::Targets { chat }).await? {
            Said::Targets(targets) => Ok(*targets),
            other => unexpected(&other),
        }
    }

    /// Keeps the patron of a chat from ringing at her library again, for these hours (1 to 8,760,
    /// or else 24). The chat goes on.
    pub async fn ban(
        &self,
        chat: ChatId,
        hours: Option<u32>,
        reason: Option<String>,
    ) -> Result<(), ClientError> {
        self.do_call(Call::Ban { chat, hours, reason }).await
    }

    /// Lets the patron of that chat ring again, as an administrator of her library.
    pub async fn lift_ban(&self, chat: ChatId) -> Result<(), ClientError> {
        self.do_call(Call::LiftBan { chat }).await
    }

    /// Who may not ring at one's library, for its administrators.
    pub async fn bans(&self) -> Result<Vec<BanView>, ClientError> {
        match self.call(Call::Bans).await? {
            Said::Bans(bans) => Ok(bans),
            other => unexpected(&other),
        }
    }

    /// Ends this sign-in. `owns_chats` names the chats that would wait again; `anyway` lets them.
    pub async fn sign_out(&self, anyway: bool) -> Result<(), ClientError> {
        self.do_call(Call::SignOut { anyway }).await
    }

    /// Signs a colleague out everywhere, as an administrator of her library.
    pub async fn sign_out_other(&self, user: UserId) -> Result<(), ClientError> {
        self.do_call(Call::SignOutOther { user }).await
    }

    async fn call(&self, call: Call) -> Result<Said, ClientError> {
        self.ask(|reply| Command::Desk { call, reply }).await
    }

    async fn do_call(&self, call: Call) -> Result<(), ClientError> {
        match self.call(call).await? {
            Said::Done => Ok(()),
            other => unexpected(&other),
        }
    }
}
