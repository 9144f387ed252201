//! Why a request is refused, in codes: every refusal of the core and the shell has exactly one.

use deskbell_domain::access::Denied;
use deskbell_domain::audience::Audience;
use deskbell_domain::chat;
use deskbell_domain::directory::Directory;
use deskbell_protocol::codes::ErrorCode;
use deskbell_protocol::to_client;
use deskbell_protocol::view::ListRow;

use super::operator;
use crate::actors::say::Refused;

/// How long to wait before a refused write is tried again, where only time helps.
const RETRY_AFTER_MS: u64 = 1_000;

pub(super) fn refused(
    re: u32,
    why: &Refused,
    next: Option<ListRow>,
    directory: &Directory,
) -> to_client::Refused {
    let code = code_of(why);
    let winner = match why {
        Refused::Chat(chat::Refusal::AlreadyClaimed(by) | chat::Refusal::BeingAnswered(by)) => {
            Some(by)
        }
        _ => None,
    };
    // Who asks for a ticket is a patron: she gets no login name.
    let audience = match code {
        ErrorCode::BeingAnswered => Audience::Patron,
        _ => Audience::Staff,
    };
    let by = winner.map(|by| operator(audience, by, directory));
    let waits = matches!(code, ErrorCode::Busy | ErrorCode::Unavailable | ErrorCode::Internal);
    to_client::Refused {
        re: Some(re),
        code,
        message: why.to_string(),
        temporary: code.temporary(),
        retry_after_ms: waits.then_some(RETRY_AFTER_MS),
        by,
        next,
        chats: match why {
            Refused::OwnsChats(chats) => chats.clone(),
            _ => Vec::new(),
        },
    }
}

pub(super) fn code_of(why: &Refused) -> ErrorCode {
    match why {
        Refused::Chat(refusal) => code_of_chat(refusal),
        Refused::Denied(Denied::NotFound) | Refused::NoSuch(_) => ErrorCode::NotFound,
        Refused::Denied(Denied::WrongRole) => ErrorCode::WrongRole,
        Refused::Denied(Denied::TargetNotAllowed) | Refused::MayNotMonitor(_) => {
            ErrorCode::TargetNotAllowed
        }
        Refused::OwnsChats(_) => ErrorCode::OwnsChats,
        Refused::NotAdmin(_) => ErrorCode::NotAdmin,
        Refused::Wrong(_) => ErrorCode::BadRequest,
        Refused::CmidReused => ErrorCode::CmidReused,
        Refused::TooManyChats(_) => ErrorCode::TooManyChats,
        Refused::Banned { .. } => ErrorCode::Banned,
        Refused::Busy => ErrorCode::Busy,
        Refused::Unavailable => ErrorCode::Unavailable,
        Refused::Internal => ErrorCode::Internal,
        Refused::Quarantined => ErrorCode::Quarantined,
    }
}

fn code_of_chat(refusal: &chat::Refusal) -> ErrorCode {
    use chat::Refusal;
    match refusal {
        Refusal::NotFound => ErrorCode::NotFound,
        Refusal::Offline => ErrorCode::Offline,
        Refusal::NotOwner => ErrorCode::NotOwner,
        Refusal::NotParticipant => ErrorCode::NotParticipant,
        Refusal::NotMonitoring => ErrorCode::NotMonitoring,
        Refusal::AlreadyClaimed(_) => ErrorCode::AlreadyClaimed,
        Refusal::OwnerMustStay => ErrorCode::OwnerMustStay,
        Refusal::NoTransfer => ErrorCode::NoTransfer,
        Refusal::TargetOffline => ErrorCode::TargetOffline,
        Refusal::TargetIsOwner => ErrorCode::TargetNotAllowed,
        Refusal::Ended => ErrorCode::ChatEnded,
        Refusal::BeingAnswered(_) => ErrorCode::BeingAnswered,
        Refusal::NotEnded | Refusal::NeverAnswered => ErrorCode::NotRatable,
        Refusal::Full => ErrorCode::ChatFull,
    }
}
