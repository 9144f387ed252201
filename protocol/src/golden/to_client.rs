//! A frame for each thing that the broker may say; events and codes have files of their own.

use super::{at, chat, eid, events, id, ines, lou, maya, presence, row, session, target};
use crate::ToClient;
use crate::codes::{CloseCode, ErrorCode};
use crate::desk::{
    Availability, BanView, Colleague, Explained, OptionView, QueueView, Queues, SkipReason,
    Targets, TicketQueueView,
};
use crate::event::{ChatEvent, EndCause, Sequenced};
use crate::ids::Target;
use crate::limits::Limits;
use crate::to_client::{ClosedReason, GapReason, Refused, Snapshot, SnapshotReason, Welcome, You};
use crate::view::{
    Audience, ChatView, LibraryView, MyChat, PatronView, Phase, Status, TransferView,
};

/// The name of a frame's file: its type, and what tells it from the others of that type.
pub(super) fn name(frame: &ToClient) -> String {
    let kind = match frame {
        ToClient::Welcome(_) => "welcome",
        ToClient::Ok { .. } => "ok",
        ToClient::Error(_) => "error",
        ToClient::History { .. } => "history",
        ToClient::Presence { .. } => "presence",
        ToClient::ChatEvent { .. } => "chat.event",
        ToClient::ChatReplay { .. } => "chat.replay",
        ToClient::ChatSnapshot(_) => "chat.snapshot",
        ToClient::ChatClosed { .. } => "chat.closed",
        ToClient::ChatTyping { .. } => "chat.typing",
        ToClient::ChatMark { .. } => "chat.mark",
        ToClient::Wait { .. } => "wait",
        ToClient::ListSnapshot { .. } => "list.snapshot",
        ToClient::ListRow { .. } => "list.row",
        ToClient::ListMine { .. } => "list.mine",
        ToClient::ListGone { .. } => "list.gone",
        ToClient::Queues(_) => "queues",
        ToClient::Explained(_) => "explained",
        ToClient::Forecast { .. } => "forecast",
        ToClient::Targets(_) => "targets",
        ToClient::Bans { .. } => "bans",
        ToClient::GapAlarm { .. } => "gap.alarm",
        ToClient::GapOver { .. } => "gap.over",
        ToClient::Ping => "ping",
        ToClient::Bye { .. } => "bye",
        ToClient::Unknown => "unknown",
    };
    match detail(frame) {
        Some(detail) => format!("to_client.{kind}.{detail}"),
        None => format!("to_client.{kind}"),
    }
}

fn detail(frame: &ToClient) -> Option<&'static str> {
    match frame {
        ToClient::Welcome(welcome) => match welcome.you {
            You::Patron { .. } => Some("patron"),
            You::Operator { .. } => None,
        },
        ToClient::Ok { seq: None, .. } => Some("plain"),
        ToClient::ChatSnapshot(snapshot) => match snapshot.reason {
            SnapshotReason::Subscribed => None,
            SnapshotReason::Audience => Some("audience"),
            SnapshotReason::Diverged => Some("diverged"),
            SnapshotReason::TooOld => Some("too_old"),
        },
        ToClient::ChatClosed { reason, .. } => match reason {
            ClosedReason::Claimed => None,
            ClosedReason::Withdrawn => Some("withdrawn"),
            ClosedReason::Left => Some("left"),
            ClosedReason::Ended => Some("ended"),
        },
        _ => None,
    }
}

pub(super) fn frames() -> Vec<ToClient> {
    replies().into_iter().chain(stream()).chain(closed()).chain(list()).collect()
}

fn welcome(you: You, features: Vec<String>) -> ToClient {
    ToClient::Welcome(Box::new(Welcome {
        re: 1,
        session: session(),
        you,
        ping_ms: 25_000,
        limits: Limits::default(),
        durability: "disk".into(),
        features,
        server_time: at("14:58"),
        token_expires: at("59:00"),
    }))
}

fn replies() -> Vec<ToClient> {
    let refused = Refused {
        re: Some(11),
        code: ErrorCode::AlreadyClaimed,
        message: "Maya was first; claim the next waiting chat instead".into(),
        temporary: false,
        retry_after_ms: None,
        by: Some(maya()),
        next: Some(row()),
        chats: Vec::new(),
    };
    vec![
        welcome(You::Operator { person: maya(), presence: presence() }, Vec::new()),
        welcome(You::Patron { widget: id("birch-home") }, Vec::new()),
        ToClient::Ok { re: 12, chat: Some(chat()), seq: Some(4), eid: Some(eid(4)) },
        ToClient::Ok { re: 3, chat: None, seq: None, eid: None },
        ToClient::Error(Box::new(refused)),
        ToClient::History { re: 10, chat: chat(), events: story(1..3), more: false },
        ToClient::Presence { re: Some(4), presence: presence() },
    ]
}

/// The first events of Sam's chat.
fn story(seqs: std::ops::Range<usize>) -> Vec<Sequenced> {
    let told = [events::opened(), events::rung(), events::claimed(), events::posted()];
    told.into_iter()
        .zip(1_u64..)
        .map(|(event, seq)| Sequenced {
            seq,
            eid: eid(seq),
            at: at(&format!("15:{seq:02}")),
            event,
        })
        .skip(seqs.start - 1)
        .take(seqs.len())
        .collect()
}

fn state() -> ChatView {
    let tiers: Vec<Target> = vec![target("department/birch-reference"), target("coop/tri-county")];
    ChatView {
        phase: Phase::Waiting,
        home: id("birch"),
        widget: id("birch-home"),
        opened_at: at("15:01"),
        tiers,
        owner: None,
        participants: Vec::new(),
        transfer: None,
        patron_away_since: None,
        patron: PatronView { name: Some("Sam".into()), contact: Some("sam@example.org".into()) },
        library: Some(LibraryView {
            name: "Birch Public Library".into(),
            widget_name: "Ask Birch".into(),
            site: Some("https://www.birch.example".into()),
            time_zone: "America/New_York".into(),
            open: false,
            until: Some(at("30:00")),
        }),
        tags: Vec::new(),
        continues: None,
        ended: None,
    }
}

fn snapshot(reason: SnapshotReason, state: ChatView, upto: usize) -> ToClient {
    let events = story(1..upto + 1);
    let last = events.last().expect("the story has begun");
    ToClient::ChatSnapshot(Box::new(Snapshot {
        chat: chat(),
        seq: last.seq,
        eid: last.eid,
        reason,
        audience: Audience::HomeStaff,
        state,
        events,
    }))
}

fn stream() -> Vec<ToClient> {
    let active = ChatView { phase: Phase::Active, owner: Some(maya()), ..state() };
    let until = at("21:30");
    let transfer = TransferView { to: Some(target("operator/lou")), to_name: "Lou".into(), until };
    let offered = ChatView {
        participants: vec![ines()],
        transfer: Some(transfer),
        patron_away_since: Some(at("20:12")),
        ..active.clone()
    };
    vec![
        ToClient::ChatEvent {
            chat: chat(),
            seq: 4,
            eid: eid(4),
            at: at("15:04"),
            event: events::posted(),
        },
        ToClient::ChatReplay { chat: chat(), events: story(3..5), more: false },
        snapshot(SnapshotReason::Subscribed, state(), 2),
        snapshot(SnapshotReason::Audience, active.clone(), 3),
        snapshot(SnapshotReason::Diverged, active, 4),
        snapshot(SnapshotReason::TooOld, offered, 4),
        ToClient::ChatTyping { chat: chat(), who: maya(), on: true },
        ToClient::ChatMark { chat: chat(), who: maya(), delivered: 4, read: 3 },
        ToClient::Wait {
            chat: chat(),
            ahead: 2,
            longest_now: at("11:40"),
            estimate_minutes: Some(4),
        },
    ]
}

fn closed() -> Vec<ToClient> {
    let (chat, by, cause) = (chat(), None, None);
    vec![
        ToClient::ChatClosed { chat, reason: ClosedReason::Claimed, by: Some(maya()), cause },
        ToClient::ChatClosed { chat, reason: ClosedReason::Withdrawn, by: by.clone(), cause },
        ToClient::ChatClosed { chat, reason: ClosedReason::Left, by: by.clone(), cause },
        ToClient::ChatClosed {
            chat,
            reason: ClosedReason::Ended,
            by,
            cause: Some(EndCause::Missed),
        },
    ]
}

fn ban() -> BanView {
    BanView { chat: chat(), until: at("02:12"), by: maya(), reason: Some("insults".into()) }
}

fn list() -> Vec<ToClient> {
    let mut offered = row();
    offered.tiers = vec![target("operator/lou")];
    offered.transfer_from = Some(maya());
    vec![
        ToClient::ListSnapshot { rows: vec![row()] },
        ToClient::ListRow { row: offered },
        ToClient::ListGone { chat: chat(), claimed_by: Some(lou()) },
        ToClient::ListMine { chats: vec![MyChat { chat: chat(), owner: true }] },
        queues(),
        explained(),
        ToClient::Forecast {
            re: 34,
            coop: id("tri-county"),
            zone: "America/New_York".into(),
            hours: vec![at("00:00")],
        },
        targets(),
        ToClient::Bans { re: 39, bans: vec![ban()] },
        ToClient::GapAlarm {
            target: target("coop/tri-county"),
            name: "Tri-County Co-op".into(),
            why: GapReason::Left,
            at: at("21:40"),
        },
        ToClient::GapOver { target: target("coop/tri-county") },
        ToClient::Ping,
        ToClient::Bye {
            code: CloseCode::Drain,
            message: "the broker restarts; connect again at once".into(),
            retry_after_ms: Some(1_500),
        },
    ]
}

/// An event of Sam's chat, as it is pushed.
pub(super) fn pushed(seq: u64, event: ChatEvent) -> ToClient {
    ToClient::ChatEvent { chat: chat(), seq, eid: eid(seq), at: at(&format!("15:{seq:02}")), event }
}

fn queues() -> ToClient {
    let queue = |at: &str, name: &str, monitored, others| QueueView {
        target: target(at),
        name: name.into(),
        monitored,
        others,
    };
    let ines = Colleague { who: ines(), status: Status::Away };
    let reference = "department/birch-reference";
    ToClient::Queues(Box::new(Queues {
        re: 30,
        departments: vec![queue(reference, "Birch Reference Desk", false, Vec::new())],
        ticket_queues: vec![TicketQueueView {
            id: id("birch-follow-up"),
            name: "Birch Follow-up".into(),
            monitored: true,
            others: Vec::new(),
        }],
        coops: vec![queue("coop/tri-county", "Tri-County Co-op", true, vec![ines])],
        ask: Vec::new(),
    }))
}

fn targets() -> ToClient {
    let queue = |at: &str, name: &str, others| QueueView {
        target: target(at),
        name: name.into(),
        monitored: true,
        others,
    };
    let lou = || Colleague { who: lou(), status: Status::Online };
    let reference = "department/birch-reference";
    ToClient::Targets(Box::new(Targets {
        re: 41,
        chat: chat(),
        departments: vec![queue(reference, "Birch Reference Desk", Vec::new())],
        coops: vec![queue("coop/tri-county", "Tri-County Co-op", vec![lou()])],
        operators: vec![lou(), Colleague { who: ines(), status: Status::Away }],
    }))
}

fn explained() -> ToClient {
    let option = |at: &str, name: &str, skipped| OptionView {
        option: target(at),
        name: name.into(),
        skipped,
    };
    let nobody = Some(SkipReason::Nobody);
    ToClient::Explained(Box::new(Explained {
        re: 33,
        widget: id("birch-home"),
        at: at("15:00"),
        availability: Availability::Online,
        options: vec![
            option("department/birch-reference", "Birch Reference Desk", nobody),
            option("coop/tri-county", "Tri-County Co-op", None),
        ],
    }))
}
