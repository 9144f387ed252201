//! A frame for each thing that a client may say.

use super::{at, chat, cmid, eid, id, target};
use crate::ToBroker;
use crate::event::{Answer, Position};
use crate::ids::ClientId;
use crate::view::{CoopLevel, Status};

/// The name of a frame's file. A new request does not compile until it stands here; then give it a
/// frame below.
pub(super) fn name(frame: &ToBroker) -> &'static str {
    match frame {
        ToBroker::Hello { .. } => "to_broker.hello",
        ToBroker::Auth { .. } => "to_broker.auth",
        ToBroker::Pong => "to_broker.pong",
        ToBroker::Sync { .. } => "to_broker.sync",
        ToBroker::PresenceSet { .. } => "to_broker.presence.set",
        ToBroker::ListSubscribe { .. } => "to_broker.list.subscribe",
        ToBroker::ListUnsubscribe { .. } => "to_broker.list.unsubscribe",
        ToBroker::DeskQueues { .. } => "to_broker.desk.queues",
        ToBroker::AccessGrant { .. } => "to_broker.access.grant",
        ToBroker::AccessRevoke { .. } => "to_broker.access.revoke",
        ToBroker::Explain { .. } => "to_broker.explain",
        ToBroker::Forecast { .. } => "to_broker.forecast",
        ToBroker::SignOut { .. } => "to_broker.sign_out",
        ToBroker::OperatorSignOut { .. } => "to_broker.operator.sign_out",
        ToBroker::BanSet { .. } => "to_broker.ban.set",
        ToBroker::BanLift { .. } => "to_broker.ban.lift",
        ToBroker::BanList { .. } => "to_broker.ban.list",
        ToBroker::ChatOpen { .. } => "to_broker.chat.open",
        ToBroker::ChatSubscribe { .. } => "to_broker.chat.subscribe",
        ToBroker::ChatUnsubscribe { .. } => "to_broker.chat.unsubscribe",
        ToBroker::ChatHistory { .. } => "to_broker.chat.history",
        ToBroker::ChatClaim { .. } => "to_broker.chat.claim",
        ToBroker::ChatPost { .. } => "to_broker.chat.post",
        ToBroker::ChatNote { .. } => "to_broker.chat.note",
        ToBroker::ChatTargets { .. } => "to_broker.chat.targets",
        ToBroker::ChatTransfer { .. } => "to_broker.chat.transfer",
        ToBroker::ChatTransferCancel { .. } => "to_broker.chat.transfer_cancel",
        ToBroker::ChatTransferDecline { .. } => "to_broker.chat.transfer_decline",
        ToBroker::ChatLeave { .. } => "to_broker.chat.leave",
        ToBroker::ChatEnd { .. } => "to_broker.chat.end",
        ToBroker::ChatDismiss { .. } => "to_broker.chat.dismiss",
        ToBroker::ChatTicket { .. } => "to_broker.chat.ticket",
        ToBroker::ChatPatron { .. } => "to_broker.chat.patron",
        ToBroker::ChatReveal { .. } => "to_broker.chat.reveal",
        ToBroker::ChatTag { .. } => "to_broker.chat.tag",
        ToBroker::ChatRate { .. } => "to_broker.chat.rate",
        ToBroker::ChatMark { .. } => "to_broker.chat.mark",
        ToBroker::ChatTyping { .. } => "to_broker.chat.typing",
    }
}

pub(super) fn frames() -> Vec<ToBroker> {
    connection()
        .into_iter()
        .chain(reading())
        .chain(writing())
        .chain(service())
        .chain(desk())
        .collect()
}

fn connection() -> Vec<ToBroker> {
    let client = ClientId(uuid::Uuid::from_u128(0x6f1c_9a52_0b77_4e0e_9d5a_3c1f_8e42_71b6));
    vec![
        ToBroker::Hello {
            id: 1,
            token: "dskb1.eyJ…".into(),
            client,
            app: Some("birch-desk/1.4".into()),
        },
        ToBroker::Auth { id: 2, token: "dskb1.eyK…".into() },
        ToBroker::Pong,
        ToBroker::Sync { id: 3 },
        ToBroker::PresenceSet {
            id: 4,
            status: Status::Online,
            monitoring: vec![target("department/birch-reference"), target("coop/tri-county")],
            ticket_queues: Some(vec![id("birch-follow-up")]),
            at: Some(at("02:11")),
        },
        ToBroker::ListSubscribe { id: 5 },
        ToBroker::ListUnsubscribe { id: 6 },
    ]
}

fn reading() -> Vec<ToBroker> {
    let chat = chat();
    vec![
        ToBroker::ChatSubscribe { id: 8, chat, from: Some(Position { seq: 12, eid: eid(12) }) },
        ToBroker::ChatUnsubscribe { id: 9, chat },
        ToBroker::ChatHistory { id: 10, chat, before: 201, max: 100 },
        ToBroker::ChatTyping { id: 19, chat, on: true },
        ToBroker::ChatMark { id: 40, chat, delivered: Some(4), read: Some(3) },
    ]
}

fn writing() -> Vec<ToBroker> {
    let chat = chat();
    vec![
        ToBroker::ChatOpen {
            id: 7,
            cmid: cmid(7),
            question: "Can I renew a book that someone else has reserved?".into(),
            name: Some("Sam".into()),
            contact: Some("sam@example.org".into()),
            answers: vec![Answer { question: "Card number?".into(), answer: "none yet".into() }],
            page: Some("https://birch.example/catalog".into()),
            lang: Some("en".into()),
            continues: None,
        },
        ToBroker::ChatClaim { id: 11, chat, cmid: cmid(11) },
        ToBroker::ChatPost {
            id: 12,
            chat,
            cmid: cmid(12),
            text: "Hello Sam, let me look that up.".into(),
            lang: Some("en".into()),
        },
        ToBroker::ChatNote { id: 13, chat, cmid: cmid(13), text: "Three holds on it.".into() },
        ToBroker::ChatTransfer {
            id: 14,
            chat,
            cmid: cmid(14),
            to: target("operator/lou"),
            note: Some("Knows the lending rules of Elm.".into()),
            tell_patron: true,
            hand_over: false,
        },
        ToBroker::ChatTransferCancel { id: 15, chat, cmid: cmid(15) },
        ToBroker::ChatTransferDecline {
            id: 16,
            chat,
            cmid: cmid(16),
            reason: "On the phone until eleven.".into(),
        },
        ToBroker::ChatLeave { id: 17, chat, cmid: cmid(17) },
        ToBroker::ChatEnd { id: 18, chat, cmid: cmid(18) },
    ]
}

fn service() -> Vec<ToBroker> {
    let chat = chat();
    vec![
        ToBroker::ChatDismiss {
            id: 20,
            chat,
            cmid: cmid(20),
            note: Some("Rang by mistake.".into()),
        },
        ToBroker::ChatTicket {
            id: 21,
            chat,
            cmid: cmid(21),
            name: "Sam".into(),
            email: "sam@example.org".into(),
        },
        ToBroker::ChatPatron {
            id: 22,
            chat,
            cmid: cmid(22),
            name: Some("Samuel".into()),
            contact: None,
        },
        ToBroker::ChatReveal { id: 23, chat, cmid: cmid(23) },
        ToBroker::ChatTag {
            id: 24,
            chat,
            cmid: cmid(24),
            tags: vec!["holds".into(), "renewal".into()],
        },
        ToBroker::ChatRate {
            id: 25,
            chat,
            cmid: cmid(25),
            rating: 5,
            comment: Some("Quick and kind.".into()),
        },
    ]
}

fn desk() -> Vec<ToBroker> {
    let coop = || id("tri-county");
    vec![
        ToBroker::DeskQueues { id: 30 },
        ToBroker::AccessGrant { id: 31, coop: coop(), user: id("noor"), level: CoopLevel::Regular },
        ToBroker::AccessRevoke { id: 32, coop: coop(), user: id("noor") },
        ToBroker::Explain { id: 33, widget: id("birch-home"), at: Some(at("15:00")) },
        ToBroker::Forecast { id: 34, coop: coop(), zone: Some("America/New_York".into()) },
        ToBroker::SignOut { id: 35, anyway: false },
        ToBroker::OperatorSignOut { id: 36, user: id("noor") },
        ToBroker::BanSet { id: 37, chat: chat(), hours: Some(48), reason: Some("insults".into()) },
        ToBroker::ChatTargets { id: 41, chat: chat() },
        ToBroker::BanLift { id: 38, chat: chat() },
        ToBroker::BanList { id: 39 },
    ]
}
