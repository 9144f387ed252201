//! Sentences about a chat, for tests: `given(events).when(command).then(events)` or
//! `.refused(why)`.
//!
//! What is given happened at second 0, and the question comes at second 0 unless the sentence says
//! when. By default everybody is online, the target of a transfer is there, and who asks monitors
//! nothing. Not here: the directory's sentences.

use std::time::Duration;

use deskbell_protocol::ids::{Target, UserId};
use jiff::Timestamp;

use crate::chat::event::{Opened, Ring};
use crate::chat::{ChatEvent, ChatState, Command, Context, Refusal, Waits, decide};
use crate::person::{Author, Standing, Status};
use crate::routing::{Plan, Reason, Skipped, Verdict};

/// The options of the widget in these sentences, in its order.
pub(crate) const OPTIONS: [&str; 3] = ["department/ref", "coop/tri", "operator/zoe"];

pub(crate) fn user(id: &str) -> UserId {
    id.parse().unwrap()
}

pub(crate) fn operator(id: &str) -> Author {
    Author::Operator(user(id))
}

pub(crate) fn target(id: &str) -> Target {
    id.parse().unwrap()
}

pub(crate) fn second(n: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + n).unwrap()
}

/// A plan over [`OPTIONS`] in which only these are online.
pub(crate) fn online(options: &[&str]) -> Plan {
    let verdict = |option: &&str| {
        if options.contains(option) { Verdict::Online } else { Verdict::Offline(Reason::Nobody) }
    };
    Plan { options: OPTIONS.iter().map(|option| (target(option), verdict(option))).collect() }
}

pub(crate) fn nobody_at(options: &[&str]) -> Vec<Skipped> {
    let skipped = |option: &&str| Skipped { option: target(option), reason: Reason::Nobody };
    options.iter().map(skipped).collect()
}

pub(crate) fn ring(tiers: &[&str], skipped: &[&str], rolls_at: Option<i64>) -> Ring {
    Ring {
        tiers: tiers.iter().map(|tier| target(tier)).collect(),
        skipped: nobody_at(skipped),
        rolls_at: rolls_at.map(second),
        directory: 7,
    }
}

/// The patron's words, still without a ring.
pub(crate) fn asked() -> Box<Opened> {
    Box::new(Opened {
        widget: "birch-web".parse().unwrap(),
        home: "birch".parse().unwrap(),
        session: [1; 32],
        secret: [2; 32],
        question: "Where do I find maps?".into(),
        name: Some("Sam".into()),
        contact: Some("sam@example.org".into()),
        answers: vec![("Card?".into(), "1234".into())],
        page: Some("https://birch.example/maps".into()),
        lang: None,
        continues: None,
        ticket_at: None,
        ring: ring(&[], &[], None),
    })
}

/// The patron is offered a ticket at second 60.
pub(crate) fn opened(ring: Ring) -> ChatEvent {
    ChatEvent::Opened(Box::new(Opened { ring, ticket_at: Some(second(60)), ..*asked() }))
}

/// A chat that rings at the department, rolls up at second 15, and offers no ticket.
pub(crate) fn rang() -> ChatEvent {
    let ring = ring(&["department/ref"], &[], Some(15));
    ChatEvent::Opened(Box::new(Opened { ring, ..*asked() }))
}

pub(crate) fn claimed(by: &str) -> ChatEvent {
    ChatEvent::Claimed { by: user(by), transfer: false, idle: None }
}

pub(crate) fn taken_over(by: &str) -> ChatEvent {
    ChatEvent::Claimed { by: user(by), transfer: true, idle: None }
}

pub(crate) fn offered(by: &str, to: &str) -> ChatEvent {
    ChatEvent::TransferOffered {
        by: user(by),
        to: target(to),
        note: None,
        tell_patron: false,
        hand_over: false,
        until: second(120),
    }
}

/// A sentence's beginning.
#[derive(Debug, Clone)]
pub(crate) struct Given {
    pub(crate) state: ChatState,
    context: Context,
}

/// A sentence up to its verb.
#[derive(Debug)]
pub(crate) struct Decided {
    given: Given,
    decision: Result<Vec<ChatEvent>, Refusal>,
}

pub(crate) fn given(history: impl IntoIterator<Item = ChatEvent>) -> Given {
    let mut state = ChatState::default();
    for event in history {
        state.evolve(&event, second(0));
    }
    let context = Context {
        now: second(0),
        directory: 7,
        plan: online(&OPTIONS),
        standing: Standing { status: Status::Online, ..Standing::default() },
        target_online: true,
        ticket_queue: Some("desk".parse().unwrap()),
        idle_text: "Still here.".into(),
        waits: Waits { roll_up: Duration::from_secs(15), ..Waits::default() },
    };
    Given { state, context }
}

impl Given {
    pub(crate) fn at(mut self, n: i64) -> Self {
        self.context.now = second(n);
        self
    }

    pub(crate) fn online(mut self, options: &[&str]) -> Self {
        self.context.plan = online(options);
        self
    }

    pub(crate) fn monitoring(mut self, places: &[&str]) -> Self {
        self.context.standing.monitoring = places.iter().map(|place| target(place)).collect();
        self
    }

    pub(crate) fn status(mut self, status: Status) -> Self {
        self.context.standing.status = status;
        self
    }

    pub(crate) fn nobody_at_the_target(mut self) -> Self {
        self.context.target_online = false;
        self
    }

    pub(crate) fn idle_after(mut self, seconds: u64) -> Self {
        self.context.waits.idle = Some(Duration::from_secs(seconds));
        self
    }

    /// As many events later, none of which says anything.
    pub(crate) fn holding(mut self, events: u64) -> Self {
        self.state.version = events;
        self
    }

    pub(crate) fn when(self, command: Command) -> Decided {
        let decision = decide(&self.state, command, &self.context);
        Decided { given: self, decision }
    }
}

impl Decided {
    /// Exactly these events; the sentence may go on from there.
    #[track_caller]
    pub(crate) fn then(self, events: impl IntoIterator<Item = ChatEvent>) -> Given {
        let expected: Vec<_> = events.into_iter().collect();
        assert_eq!(self.decision.as_ref(), Ok(&expected));
        let mut given = self.given;
        for event in &expected {
            given.state.evolve(event, given.context.now);
        }
        given
    }

    /// What happened, if anything did.
    pub(crate) fn events(self) -> Vec<ChatEvent> {
        self.decision.unwrap_or_default()
    }

    #[track_caller]
    pub(crate) fn then_nothing(self) -> Given {
        self.then([])
    }

    #[track_caller]
    pub(crate) fn refused(self, why: Refusal) {
        assert_eq!(self.decision, Err(why));
    }
}
