//! A refusal for each error code and a `bye` for each close code, with the sentence that a person
//! might read.

use super::{chat, maya, row};
use crate::ToClient;
use crate::codes::{CloseCode, ErrorCode};
use crate::to_client::Refused;

pub(super) fn errors() -> Vec<(String, ToClient)> {
    ErrorCode::ALL
        .iter()
        .map(|code| (format!("error.{}", code.as_str()), ToClient::Error(Box::new(refused(*code)))))
        .collect()
}

fn refused(code: ErrorCode) -> Refused {
    let lost = code == ErrorCode::AlreadyClaimed;
    let taken = lost || code == ErrorCode::BeingAnswered;
    Refused {
        re: (code != ErrorCode::BadFrame).then_some(7),
        code,
        message: sentence(code).into(),
        temporary: code.temporary(),
        retry_after_ms: retry_after_ms(code),
        by: taken.then(maya),
        next: lost.then(row),
        chats: if code == ErrorCode::OwnsChats { vec![chat()] } else { Vec::new() },
    }
}

fn retry_after_ms(code: ErrorCode) -> Option<u64> {
    match code {
        ErrorCode::RateLimited => Some(350),
        ErrorCode::Unavailable => Some(1_000),
        _ => None,
    }
}

fn sentence(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::BadFrame => "this is not a JSON object with a `type` and an `id`",
        ErrorCode::BadRequest => "unknown field `txt`; `chat.post` has `chat`, `cmid` and `text`",
        ErrorCode::UnknownType => "this broker knows no `chat.poke`; see its features in `welcome`",
        ErrorCode::Unauthorized => "this token is not valid here; sign in again",
        ErrorCode::TokenExpired => "this token expired; get a new one and say `hello` again",
        ErrorCode::OriginRequired => "a patron's client must send the `Origin` of its page",
        ErrorCode::OriginDenied => "add https://birch.example to the widget's origins",
        ErrorCode::WrongRole => "only operators may claim a chat",
        ErrorCode::NotFound => "there is no such chat, or it is not yours to see",
        ErrorCode::NotOwner => "only the owner may do this; ask Maya to transfer the chat to you",
        ErrorCode::NotParticipant => "only those in the chat may do this; claim it first",
        ErrorCode::NotMonitoring => {
            "monitor department/birch-reference or coop/tri-county to claim it"
        }
        ErrorCode::AlreadyClaimed => "Maya was first; claim the next waiting chat instead",
        ErrorCode::OwnerMustStay => "you own this chat; end it or transfer it instead of leaving",
        ErrorCode::OwnsChats => "you own 1 chat; hand it over first, or let it wait again",
        ErrorCode::NotAdmin => "only administrators of Tri-County may do this; ask yours",
        ErrorCode::NoTransfer => "there is no transfer that you could answer",
        ErrorCode::TargetNotAllowed => "Birch takes part in no such target; choose another",
        ErrorCode::TargetOffline => "Lou is not there; choose another target or try later",
        ErrorCode::ChatEnded => "this chat is over; open a new one",
        ErrorCode::ChatFull => "this chat is full; end it and go on in a new one",
        ErrorCode::BeingAnswered => "Maya is answering; ask her for what you need",
        ErrorCode::NotRatable => "the chat goes on; rate it once it has ended",
        ErrorCode::CmidReused => "this cmid was used with another body; use a new one",
        ErrorCode::BadText => "`text` is 9120 bytes long; at most 8192 are allowed",
        ErrorCode::Banned => "Birch takes no chats from you until 4 March, 15:00; write to it",
        ErrorCode::TooManyChats => "you follow 128 chats; unsubscribe from one first",
        ErrorCode::Offline => "nobody is there to answer right now; try later",
        ErrorCode::RateLimited => "more than 20 requests a second; wait before the next one",
        ErrorCode::Busy => "the chat changes very fast right now; send the same request again",
        ErrorCode::Unavailable => "the store cannot be reached; send the same request again",
        ErrorCode::Internal => "the broker made a mistake and logged it; you may try again",
        ErrorCode::Quarantined => "this chat cannot be read; tell your administrator its id",
        ErrorCode::Unknown => "a code of a newer broker",
    }
}

pub(super) fn byes() -> Vec<(String, ToClient)> {
    CloseCode::ALL
        .iter()
        .map(|code| {
            let bye = ToClient::Bye {
                code: *code,
                message: farewell(*code).into(),
                retry_after_ms: (*code == CloseCode::Drain).then_some(1_500),
            };
            (format!("bye.{}", code.number()), bye)
        })
        .collect()
}

fn farewell(code: CloseCode) -> &'static str {
    match code {
        CloseCode::Unauthorized => "this token is not valid for this connection; sign in again",
        CloseCode::BadFrames => "ten malformed frames in a minute; repair the client",
        CloseCode::Superseded => "a newer connection of the same app took over",
        CloseCode::OriginDenied => "this page's origin may not connect with this token",
        CloseCode::SignedOut => "the session was ended; sign in again",
        CloseCode::HelloExpected => "the first frame must be `hello`",
        CloseCode::HelloTimeout => "no valid `hello` within 10 seconds",
        CloseCode::SlowConsumer => "output was not read in time; resume where you stopped",
        CloseCode::RateAbuse => "the rate limit was exceeded again and again; slow down",
        CloseCode::TokenExpired => "the token expired; get a new one and connect again",
        CloseCode::HeartbeatTimeout => "no `pong` within 10 seconds",
        CloseCode::Internal => "the broker made a mistake on this connection; connect again",
        CloseCode::Drain => "the broker restarts; connect again at once",
        CloseCode::Other(_) => "closed",
    }
}
