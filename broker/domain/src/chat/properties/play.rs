//! Made-up chats for the properties: people who ask anything at any time while staff come and go,
//! and a count of how far the runs came. Not here: what must hold of them.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;

use deskbell_protocol::ids::{Target, UserId};
use jiff::Timestamp;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestError, TestRunner};

use crate::chat::event::{Rating, ReturnReason};
use crate::chat::state::{Attendance, ChatState, Phase};
use crate::chat::{ChatEvent, Command, Context, Refusal, Waits, decide};
use crate::person::{Author, Standing, Status};
use crate::spec::{OPTIONS, asked, online, second, target, user};

pub(super) const STAFF: [&str; 4] = ["maya", "ines", "lou", "zoe"];
const RUNS: u32 = 256;
/// Of a hundred runs, so many reach each state at least. About eight reach the rarest: far enough
/// above this that chance alone fails nothing (Poisson: less than one in a million).
const REACHED_MIN_PERCENT: u32 = 1;

/// Who acts, found in the chat as it then is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Who {
    Owner,
    Participant,
    Anyone(usize),
    /// The colleague to whom the chat is on offer.
    Offered,
}

#[derive(Debug, Clone)]
pub(super) enum Act {
    Claim(Who),
    PatronPosts,
    Posts(Who),
    Notes(Who),
    Offers(Who, usize, bool),
    Cancels(Who),
    Declines(Who),
    Leaves(Who),
    Ends(Who),
    PatronEnds,
    PatronGoes,
    PatronComes,
    Goes(Who),
    Comes(Who),
    Ticks,
    TicksWhenDue,
    Replans,
    Erases(u64),
    HandsOver(Who, usize),
    Dismisses(Who),
    AsksForTicket,
    Corrects(Who, bool),
    Reveals(Who),
    Tags(Who),
    Rates,
    LosesRight(Who, ReturnReason),
}

/// One thing that happens, and how the world stands then.
#[derive(Debug, Clone)]
pub(super) struct Step {
    pub(super) act: Act,
    pub(super) seconds: u64,
    pub(super) standing: Standing,
    pub(super) online: Vec<&'static str>,
    pub(super) target_online: bool,
}

fn who() -> impl Strategy<Value = Who> {
    prop_oneof![
        4 => Just(Who::Owner),
        2 => Just(Who::Participant),
        3 => (0..STAFF.len()).prop_map(Who::Anyone),
        2 => Just(Who::Offered),
    ]
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        10 => who().prop_map(Act::Claim),
        4 => Just(Act::PatronPosts),
        4 => who().prop_map(Act::Posts),
        3 => who().prop_map(Act::Notes),
        8 => (who(), 0..6_usize, any::<bool>())
            .prop_map(|(who, to, tell)| Act::Offers(who, to, tell)),
        2 => who().prop_map(Act::Cancels),
        2 => who().prop_map(Act::Declines),
        2 => who().prop_map(Act::Leaves),
        1 => who().prop_map(Act::Ends),
        1 => Just(Act::PatronEnds),
        2 => Just(Act::PatronGoes),
        3 => Just(Act::PatronComes),
        6 => who().prop_map(Act::Goes),
        2 => who().prop_map(Act::Comes),
        4 => Just(Act::Ticks),
        6 => Just(Act::TicksWhenDue),
        3 => Just(Act::Replans),
        1 => (1..30_u64).prop_map(Act::Erases),
        4 => (who(), 0..6_usize).prop_map(|(who, to)| Act::HandsOver(who, to)),
        1 => who().prop_map(Act::Dismisses),
        1 => Just(Act::AsksForTicket),
        2 => (who(), any::<bool>()).prop_map(|(who, name)| Act::Corrects(who, name)),
        1 => who().prop_map(Act::Reveals),
        1 => who().prop_map(Act::Tags),
        1 => Just(Act::Rates),
        1 => (who(), prop_oneof![Just(ReturnReason::SignedOut), Just(ReturnReason::NoRight)])
            .prop_map(|(who, why)| Act::LosesRight(who, why)),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let status = prop_oneof![
        6 => Just(Status::Online),
        1 => Just(Status::Away),
        1 => Just(Status::Internal),
        1 => Just(Status::Offline),
    ];
    let queues = proptest::sample::subsequence(vec!["department/ref", "coop/tri"], 0..=2);
    let online = proptest::sample::subsequence(OPTIONS.to_vec(), 0..=3);
    (act(), 0..20_u64, status, queues, online, prop::bool::weighted(0.9)).prop_map(
        |(act, seconds, status, queues, online, target_online)| Step {
            act,
            seconds,
            standing: Standing { status, monitoring: queues.into_iter().map(target).collect() },
            online,
            target_online,
        },
    )
}

fn offer_target(place: usize) -> Target {
    match place {
        0 => target("department/ref"),
        1 => target("coop/tri"),
        _ => Target::Operator(user(STAFF[place - 2])),
    }
}

fn person(who: Who, chat: &ChatState) -> UserId {
    let found = match who {
        Who::Owner => chat.owner().cloned(),
        Who::Participant => chat.participants.keys().next().cloned(),
        Who::Anyone(place) => Some(user(STAFF[place])),
        Who::Offered => chat.transfer.as_ref().and_then(|offer| match &offer.to {
            Target::Operator(id) => Some(id.clone()),
            Target::Department(_) | Target::Coop(_) => None,
        }),
    };
    found.unwrap_or_else(|| user(STAFF[0]))
}

fn command(act: &Act, chat: &ChatState) -> Command {
    let by = |who: &Who| person(*who, chat);
    let text = || "word".to_owned();
    match act {
        Act::Claim(who) => Command::Claim { by: by(who) },
        Act::PatronPosts => Command::Post { by: Author::Patron, text: text(), lang: None },
        Act::Posts(who) => {
            Command::Post { by: Author::Operator(by(who)), text: text(), lang: None }
        }
        Act::Notes(who) => Command::Note { by: by(who), text: text() },
        Act::Offers(who, to, tell_patron) => Command::Transfer {
            by: by(who),
            to: offer_target(*to),
            note: Some(text()),
            tell_patron: *tell_patron,
            hand_over: false,
        },
        Act::HandsOver(who, to) => Command::Transfer {
            by: by(who),
            to: offer_target(*to),
            note: Some(text()),
            tell_patron: false,
            hand_over: true,
        },
        Act::Dismisses(who) => Command::Dismiss { by: by(who), note: Some(text()) },
        Act::AsksForTicket => Command::RequestTicket { name: "Sam".into(), email: text() },
        Act::Corrects(who, name) => Command::SetPatron {
            by: Author::Operator(by(who)),
            name: name.then(|| "Sam II".into()),
            contact: (!name).then(text),
        },
        Act::Reveals(who) => Command::Reveal { by: by(who) },
        Act::Tags(who) => Command::Tag { by: by(who), tags: ["maps".into()].into() },
        Act::Rates => Command::Rate { rating: Rating::new(4).unwrap(), comment: Some(text()) },
        Act::LosesRight(who, why) => Command::Return { who: by(who), why: *why },
        Act::Cancels(who) => Command::CancelTransfer { by: by(who) },
        Act::Declines(who) => Command::DeclineTransfer { by: by(who), reason: text() },
        Act::Leaves(who) => Command::Leave { by: by(who) },
        Act::Ends(who) => Command::End { by: Author::Operator(by(who)) },
        Act::PatronEnds => Command::End { by: Author::Patron },
        Act::PatronGoes => Command::PatronLost,
        Act::PatronComes => Command::PatronFound,
        Act::Goes(who) => Command::OperatorLost { who: by(who) },
        Act::Comes(who) => Command::OperatorFound { who: by(who) },
        Act::Ticks | Act::TicksWhenDue => Command::Tick,
        Act::Replans => Command::Replan,
        Act::Erases(seq) => Command::MarkErased { seqs: vec![*seq] },
    }
}

pub(super) fn context(step: &Step, now: Timestamp) -> Context {
    Context {
        now,
        directory: 7,
        plan: online(&step.online),
        standing: step.standing.clone(),
        target_online: step.target_online,
        ticket_queue: None,
        idle_text: "Still here.".into(),
        waits: Waits { idle: Some(Duration::from_secs(90)), ..Waits::default() },
    }
}

/// One decision, with what was true before it and after it.
pub(super) struct Turn<'a> {
    pub(super) before: &'a ChatState,
    pub(super) asked: &'a Command,
    pub(super) context: &'a Context,
    pub(super) decision: &'a Result<Vec<ChatEvent>, Refusal>,
    pub(super) after: &'a ChatState,
}

/// A chat as it was played.
pub(super) struct Played {
    pub(super) state: ChatState,
    pub(super) history: Vec<(ChatEvent, Timestamp)>,
}

pub(super) fn fold<'a>(history: impl IntoIterator<Item = &'a (ChatEvent, Timestamp)>) -> ChatState {
    let mut state = ChatState::default();
    for (event, at) in history {
        state.evolve(event, *at);
    }
    state
}

/// Plays the steps on a chat that rang, already `filled` with as many events.
fn play(steps: &[Step], filled: u64, reached: &Reached, mut check: impl FnMut(&Turn)) -> Played {
    let mut now = second(0);
    let mut played = Played { state: ChatState::default(), history: vec![] };
    let first = Command::Open(asked());
    let rings = Step { online: vec![OPTIONS[0]], ..steps[0].clone() };
    for place in 0..=steps.len() {
        let step = if place == 0 { &rings } else { &steps[place - 1] };
        now = now.checked_add(Duration::from_secs(step.seconds)).unwrap();
        if let (Act::TicksWhenDue, Some(due)) = (&step.act, played.state.deadline()) {
            now = now.max(due);
        }
        let asked = if place == 0 { first.clone() } else { command(&step.act, &played.state) };
        let context = context(step, now);
        let before = played.state.clone();
        let decision = decide(&before, asked.clone(), &context);
        for event in decision.iter().flatten() {
            played.state.evolve(event, now);
            played.history.push((event.clone(), now));
            reached.note(&played.state, event);
        }
        let after = &played.state;
        let turn =
            Turn { before: &before, asked: &asked, context: &context, decision: &decision, after };
        check(&turn);
        if place == 0 && filled > 0 {
            played.state.version = filled;
        }
    }
    played
}

/// Which states the runs of one property came through.
#[derive(Default)]
struct Reached {
    runs: RefCell<u32>,
    now: RefCell<BTreeMap<&'static str, bool>>,
    in_runs: RefCell<BTreeMap<&'static str, u32>>,
}

impl Reached {
    const STATES: [&str; 9] = [
        "waiting",
        "active",
        "transfer pending",
        "patron away",
        "owner lost",
        "returned",
        "ticket offered",
        "idle",
        "ended",
    ];

    fn note(&self, state: &ChatState, event: &ChatEvent) {
        let seen = [
            ("waiting", state.phase == Phase::Waiting),
            ("active", state.owner().is_some()),
            ("transfer pending", state.transfer.is_some()),
            ("patron away", state.patron != Attendance::Here),
            ("owner lost", matches!(event, ChatEvent::OwnerLost { .. })),
            ("returned", matches!(event, ChatEvent::Returned { .. })),
            ("ticket offered", matches!(event, ChatEvent::TicketOffered { .. })),
            ("idle", matches!(event, ChatEvent::Idled { .. })),
            ("ended", matches!(state.phase, Phase::Ended { .. })),
        ];
        let mut now = self.now.borrow_mut();
        for (name, _) in seen.into_iter().filter(|(_, holds)| *holds) {
            now.insert(name, true);
        }
    }

    fn next_run(&self) {
        *self.runs.borrow_mut() += 1;
        for name in std::mem::take(&mut *self.now.borrow_mut()).into_keys() {
            *self.in_runs.borrow_mut().entry(name).or_default() += 1;
        }
    }

    fn enough(&self) {
        let (runs, in_runs) = (*self.runs.borrow(), self.in_runs.borrow());
        eprintln!("of {runs} runs reached: {in_runs:?}");
        for name in Self::STATES {
            let count = in_runs.get(name).copied().unwrap_or_default();
            assert!(
                count * 100 >= runs * REACHED_MIN_PERCENT,
                "only {count} of {runs} runs reached {name:?}"
            );
        }
    }
}

/// Plays many chats, checks each turn and each whole chat, and that the runs reached every state.
pub(super) fn in_every_chat(each_turn: impl Fn(&Turn), at_the_end: impl Fn(&Played)) {
    in_every_chat_filled(Just(0), each_turn, at_the_end);
}

pub(super) fn in_every_chat_filled(
    filled: impl Strategy<Value = u64>,
    each_turn: impl Fn(&Turn),
    at_the_end: impl Fn(&Played),
) {
    let reached = Reached::default();
    let config = Config { cases: RUNS, failure_persistence: None, ..Config::default() };
    let chats = (proptest::collection::vec(step(), 8..60), filled);
    let outcome = TestRunner::new(config).run(&chats, |(steps, filled)| {
        let played = play(&steps, filled, &reached, &each_turn);
        at_the_end(&played);
        reached.next_run();
        Ok(())
    });
    match outcome {
        Ok(()) => reached.enough(),
        Err(TestError::Fail(why, chat)) => panic!("{why}, in the chat {chat:#?}"),
        Err(TestError::Abort(why)) => panic!("{why}"),
    }
}
