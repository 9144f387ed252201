//! Version 1 of every chat event's body. Frozen: a change is a new version beside these.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::time::Duration;

use deskbell_domain::chat::ChatEvent;
use deskbell_domain::chat::event::{self, Digest};
use deskbell_domain::person::Author;
use deskbell_domain::routing;
use deskbell_protocol::ids::{ChatId, InstitutionId, Target, TicketQueueId, UserId, WidgetId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::log::record::{author, digest};

macro_rules! stored {
    ($($name:ident $(<$life:lifetime>)? { $($(#[$meta:meta])* $field:ident: $type:ty,)* })+) => {$(
        #[derive(Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(super) struct $name $(<$life>)? {
            $($(#[$meta])* pub(super) $field: $type,)*
        }
    )+};
}

stored! {
    Nothing {}
    By { by: UserId, }
    Who { who: UserId, }
    Until { until: Timestamp, }
    Claimed {
        by: UserId,
        transfer: bool,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        idle_seconds: Option<u64>,
    }
    Posted<'a> {
        #[serde(with = "author")]
        by: Author,
        #[serde(borrow)]
        text: Cow<'a, str>,
        #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
        lang: Option<Cow<'a, str>>,
    }
    Noted<'a> {
        by: UserId,
        #[serde(borrow)]
        text: Cow<'a, str>,
    }
    TransferOffered<'a> {
        by: UserId,
        to: Target,
        #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
        note: Option<Cow<'a, str>>,
        tell_patron: bool,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        hand_over: bool,
        until: Timestamp,
    }
    TransferDeclined<'a> {
        by: UserId,
        #[serde(borrow)]
        reason: Cow<'a, str>,
    }
    TransferLapsed { reason: LapseReason, }
    OperatorAway { who: UserId, until: Timestamp, }
    Ended {
        cause: EndCause,
        #[serde(with = "author")]
        by: Author,
    }
    Erased<'a> { seqs: Cow<'a, [u64]>, }
    Returned<'a> {
        who: UserId,
        why: ReturnReason,
        #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
        note: Option<Cow<'a, str>>,
    }
    TicketOffered { why: OfferReason, }
    TicketRequested<'a> {
        #[serde(borrow)]
        name: Cow<'a, str>,
        #[serde(borrow)]
        email: Cow<'a, str>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        queue: Option<TicketQueueId>,
    }
    Dismissed<'a> {
        by: UserId,
        #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
        note: Option<Cow<'a, str>>,
    }
    Idled<'a> {
        #[serde(borrow)]
        text: Cow<'a, str>,
    }
    PatronChanged<'a> {
        #[serde(with = "author")]
        by: Author,
        #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
        name: Option<Cow<'a, str>>,
        #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
        contact: Option<Cow<'a, str>>,
    }
    Tagged<'a> { by: UserId, tags: Cow<'a, BTreeSet<String>>, }
    Rated<'a> {
        rating: u8,
        #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
        comment: Option<Cow<'a, str>>,
    }
    Opened<'a> {
        widget: WidgetId,
        home: InstitutionId,
        #[serde(with = "digest")]
        session: Digest,
        #[serde(with = "digest")]
        secret: Digest,
        #[serde(borrow)]
        question: Cow<'a, str>,
        #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
        name: Option<Cow<'a, str>>,
        #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
        contact: Option<Cow<'a, str>>,
        #[serde(borrow)]
        answers: Vec<(Cow<'a, str>, Cow<'a, str>)>,
        #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
        page: Option<Cow<'a, str>>,
        #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
        lang: Option<Cow<'a, str>>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        continues: Option<ChatId>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ticket_at: Option<Timestamp>,
        ring: Ring,
    }
    Ring {
        tiers: Vec<Target>,
        skipped: Vec<Skipped>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rolls_at: Option<Timestamp>,
        directory: u64,
    }
    Skipped { option: Target, reason: Reason, }
}

macro_rules! stored_words {
    ($($name:ident = $domain:path { $($word:ident,)+ })+) => {$(
        #[derive(Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub(super) enum $name { $($word,)+ }

        impl From<$domain> for $name {
            fn from(it: $domain) -> Self {
                match it { $(<$domain>::$word => Self::$word,)+ }
            }
        }
        impl From<$name> for $domain {
            fn from(it: $name) -> Self {
                match it { $($name::$word => Self::$word,)+ }
            }
        }
    )+};
}

stored_words! {
    LapseReason = event::LapseReason { Time, TargetGone, }
    EndCause = event::EndCause {
        Operator, Patron, Missed, PatronGone, Dismissed, Ticket,
    }
    ReturnReason = event::ReturnReason { HandOver, SignedOut, NoRight, }
    OfferReason = event::OfferReason { Waited, Nobody, }
    Reason = routing::Reason { Nobody, NotMember, NotCovered, Unknown, }
}

impl From<&event::Ring> for Ring {
    fn from(it: &event::Ring) -> Self {
        let skipped = it.skipped.iter();
        let skipped =
            skipped.map(|it| Skipped { option: it.option.clone(), reason: it.reason.into() });
        Self {
            tiers: it.tiers.clone(),
            skipped: skipped.collect(),
            rolls_at: it.rolls_at,
            directory: it.directory,
        }
    }
}

impl From<Ring> for event::Ring {
    fn from(it: Ring) -> Self {
        let skipped = it.skipped.into_iter();
        let skipped =
            skipped.map(|it| routing::Skipped { option: it.option, reason: it.reason.into() });
        Self {
            tiers: it.tiers,
            skipped: skipped.collect(),
            rolls_at: it.rolls_at,
            directory: it.directory,
        }
    }
}

impl<'a> From<&'a event::Opened> for Opened<'a> {
    fn from(it: &'a event::Opened) -> Self {
        let answers = it.answers.iter();
        Self {
            widget: it.widget.clone(),
            home: it.home.clone(),
            session: it.session,
            secret: it.secret,
            question: it.question.as_str().into(),
            name: it.name.as_deref().map(Into::into),
            contact: it.contact.as_deref().map(Into::into),
            answers: answers.map(|(q, a)| (q.as_str().into(), a.as_str().into())).collect(),
            page: it.page.as_deref().map(Into::into),
            lang: it.lang.as_deref().map(Into::into),
            continues: it.continues,
            ticket_at: it.ticket_at,
            ring: (&it.ring).into(),
        }
    }
}

impl From<Opened<'_>> for event::Opened {
    fn from(it: Opened<'_>) -> Self {
        let answers = it.answers.into_iter();
        Self {
            widget: it.widget,
            home: it.home,
            session: it.session,
            secret: it.secret,
            question: it.question.into_owned(),
            name: it.name.map(Cow::into_owned),
            contact: it.contact.map(Cow::into_owned),
            answers: answers.map(|(q, a)| (q.into_owned(), a.into_owned())).collect(),
            page: it.page.map(Cow::into_owned),
            lang: it.lang.map(Cow::into_owned),
            continues: it.continues,
            ticket_at: it.ticket_at,
            ring: it.ring.into(),
        }
    }
}

macro_rules! into_event {
    ($($stored:ident $(<$life:lifetime>)? => |$it:ident| $fields:expr;)+) => {$(
        impl From<$stored $(<$life>)?> for ChatEvent {
            fn from($it: $stored $(<$life>)?) -> Self {
                $fields
            }
        }
    )+};
}

into_event! {
    Claimed => |it| Self::Claimed {
        by: it.by,
        transfer: it.transfer,
        idle: it.idle_seconds.map(Duration::from_secs),
    };
    Posted<'_> => |it| Self::Posted {
        by: it.by,
        text: it.text.into_owned(),
        lang: it.lang.map(Cow::into_owned),
    };
    Noted<'_> => |it| Self::Noted { by: it.by, text: it.text.into_owned() };
    TransferOffered<'_> => |it| Self::TransferOffered {
        by: it.by,
        to: it.to,
        note: it.note.map(Cow::into_owned),
        tell_patron: it.tell_patron,
        hand_over: it.hand_over,
        until: it.until,
    };
    Returned<'_> => |it| Self::Returned {
        who: it.who,
        why: it.why.into(),
        note: it.note.map(Cow::into_owned),
    };
    TicketRequested<'_> => |it| Self::TicketRequested {
        name: it.name.into_owned(),
        email: it.email.into_owned(),
        queue: it.queue,
    };
    Dismissed<'_> => |it| Self::Dismissed { by: it.by, note: it.note.map(Cow::into_owned) };
    PatronChanged<'_> => |it| Self::PatronChanged {
        by: it.by,
        name: it.name.map(Cow::into_owned),
        contact: it.contact.map(Cow::into_owned),
    };
    Tagged<'_> => |it| Self::Tagged { by: it.by, tags: it.tags.into_owned() };
    TransferDeclined<'_> => |it| {
        Self::TransferDeclined { by: it.by, reason: it.reason.into_owned() }
    };
    OperatorAway => |it| Self::OperatorAway { who: it.who, until: it.until };
    Ended => |it| Self::Ended { cause: it.cause.into(), by: it.by };
}
