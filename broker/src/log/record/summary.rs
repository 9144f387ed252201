//! A live chat's summary at rest: one JSON text, replaced as a whole.
//!
//! It is a cache of the stream, so an old shape needs no upcaster: the shell makes it again from
//! the events if it does not decode. Version 1 stands in the text, so that a newer one is named.

use std::borrow::Cow;

use deskbell_domain::chat::Summary;
use deskbell_domain::chat::event::Digest;
use deskbell_domain::chat::state::{Attendance, HandOver, Preview, Returned, Transfer};
use deskbell_protocol::ids::{ChatId, InstitutionId, Target, UserId, WidgetId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::digest;
use crate::log::LogError;

/// The version that is written today.
const NEWEST: u16 = 1;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored<'a> {
    version: u16,
    chat: ChatId,
    changed_at_seq: u64,
    home: InstitutionId,
    widget: WidgetId,
    since: Timestamp,
    tiers: Cow<'a, [Target]>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    owner: Option<(UserId, Presence)>,
    participants: Vec<(UserId, Presence)>,
    #[serde(with = "digest")]
    session: Digest,
    patron: Presence,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    transfer: Option<Offer>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    deadline: Option<Timestamp>,
    #[serde(borrow)]
    question: Cow<'a, str>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    name: Option<Cow<'a, str>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    page: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    returned: Option<Left>,
}

/// `null` is here.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct Presence(Option<(Timestamp, Timestamp)>);

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Offer {
    by: UserId,
    to: Target,
    until: Timestamp,
    tell_patron: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hand_over: Option<Left>,
}

/// A note that somebody left, and the event that said so.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Left {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    seq: u64,
}

/// As it is stored today.
pub fn encode(it: &Summary) -> String {
    let presence = |(who, there): &(UserId, Attendance)| (who.clone(), (*there).into());
    let stored = Stored {
        version: NEWEST,
        chat: it.chat,
        changed_at_seq: it.changed_at_seq,
        home: it.home.clone(),
        widget: it.widget.clone(),
        since: it.since,
        tiers: (&it.tiers).into(),
        owner: it.owner.as_ref().map(presence),
        participants: it.participants.iter().map(presence).collect(),
        session: it.session,
        patron: it.patron.into(),
        transfer: it.transfer.as_ref().map(|it| Offer {
            by: it.by.clone(),
            to: it.to.clone(),
            until: it.until,
            tell_patron: it.tell_patron,
            hand_over: it.hand_over.clone().map(|HandOver { note, seq }| Left { note, seq }),
        }),
        deadline: it.deadline,
        question: it.preview.question.as_str().into(),
        name: it.preview.name.as_deref().map(Into::into),
        page: it.preview.page.as_deref().map(Into::into),
        returned: it.preview.returned.clone().map(|Returned { note, seq }| Left { note, seq }),
    };
    serde_json::to_string(&stored).expect("stored types have text keys and no failing part")
}

/// What was stored.
pub fn decode(text: &str) -> Result<Summary, LogError> {
    let it = read(text)?;
    let presence = |(who, there): (UserId, Presence)| (who, there.into());
    Ok(Summary {
        chat: it.chat,
        changed_at_seq: it.changed_at_seq,
        home: it.home,
        widget: it.widget,
        since: it.since,
        tiers: it.tiers.into_owned(),
        owner: it.owner.map(presence),
        participants: it.participants.into_iter().map(presence).collect(),
        session: it.session,
        patron: it.patron.into(),
        transfer: it.transfer.map(|it| Transfer {
            by: it.by,
            to: it.to,
            until: it.until,
            tell_patron: it.tell_patron,
            hand_over: it.hand_over.map(|Left { note, seq }| HandOver { note, seq }),
        }),
        deadline: it.deadline,
        preview: Preview {
            question: it.question.into_owned(),
            name: it.name.map(Cow::into_owned),
            page: it.page.map(Cow::into_owned),
            returned: it.returned.map(|Left { note, seq }| Returned { note, seq }),
        },
    })
}

/// Without what the patron told.
pub fn blank(text: &str) -> Result<String, LogError> {
    let mut summary = decode(text)?;
    let Preview { question, name, page, returned } = &mut summary.preview;
    question.clear();
    name.iter_mut().chain(page).for_each(String::clear);
    if let Some(hand_over) = summary.transfer.as_mut().and_then(|it| it.hand_over.as_mut()) {
        hand_over.note = None;
    }
    if let Some(returned) = returned {
        returned.note = None;
    }
    Ok(encode(&summary))
}

fn read(text: &str) -> Result<Stored<'_>, LogError> {
    #[derive(Deserialize)]
    struct Version {
        version: u16,
    }
    let damaged = |error: serde_json::Error| LogError::Damaged {
        place: "a live summary".into(),
        what: format!(
            "it does not fit its schema: line {} column {}",
            error.line(),
            error.column()
        ),
    };
    let Version { version } = serde_json::from_str(text).map_err(damaged)?;
    if version > NEWEST {
        return Err(LogError::Newer { what: format!("a live summary of version {version}") });
    }
    serde_json::from_str(text).map_err(damaged)
}

impl From<Attendance> for Presence {
    fn from(it: Attendance) -> Self {
        match it {
            Attendance::Here => Self(None),
            Attendance::Away { since, until } => Self(Some((since, until))),
        }
    }
}

impl From<Presence> for Attendance {
    fn from(Presence(away): Presence) -> Self {
        match away {
            None => Self::Here,
            Some((since, until)) => Self::Away { since, until },
        }
    }
}
