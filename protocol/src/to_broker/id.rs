//! A request's id, of whatever kind it is.

use super::ToBroker;

impl ToBroker {
    /// The request's id; `None` for a `pong`.
    pub fn id(&self) -> Option<u32> {
        match self {
            Self::Pong => None,
            Self::Hello { id, .. }
            | Self::Auth { id, .. }
            | Self::Sync { id }
            | Self::PresenceSet { id, .. }
            | Self::ListSubscribe { id }
            | Self::ListUnsubscribe { id }
            | Self::DeskQueues { id }
            | Self::AccessGrant { id, .. }
            | Self::AccessRevoke { id, .. }
            | Self::Explain { id, .. }
            | Self::Forecast { id, .. }
            | Self::SignOut { id, .. }
            | Self::OperatorSignOut { id, .. }
            | Self::BanSet { id, .. }
            | Self::BanLift { id, .. }
            | Self::BanList { id }
            | Self::ChatOpen { id, .. }
            | Self::ChatSubscribe { id, .. }
            | Self::ChatUnsubscribe { id, .. }
            | Self::ChatHistory { id, .. }
            | Self::ChatClaim { id, .. }
            | Self::ChatPost { id, .. }
            | Self::ChatNote { id, .. }
            | Self::ChatTargets { id, .. }
            | Self::ChatTransfer { id, .. }
            | Self::ChatTransferCancel { id, .. }
            | Self::ChatTransferDecline { id, .. }
            | Self::ChatLeave { id, .. }
            | Self::ChatEnd { id, .. }
            | Self::ChatDismiss { id, .. }
            | Self::ChatTicket { id, .. }
            | Self::ChatPatron { id, .. }
            | Self::ChatReveal { id, .. }
            | Self::ChatTag { id, .. }
            | Self::ChatRate { id, .. }
            | Self::ChatMark { id, .. }
            | Self::ChatTyping { id, .. } => Some(*id),
        }
    }
}
