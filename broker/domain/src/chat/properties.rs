//! What holds of every chat, whatever people, networks and clocks do to it. Each property plays many
//! made-up chats and fails if too few of them came far enough to mean anything.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;

use deskbell_protocol::ids::{Target, UserId};
use jiff::Timestamp;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestError, TestRunner};

use super::erasure::blank;
use super::event::EndCause;
use super::state::{Attendance, ChatState, EVENTS_MAX, Phase, TEXTS_MAX};
use super::{ChatEvent, Command, Context, Refusal, Summary, Waits, decide};
use crate::audience::{Audience, sees};
use crate::person::{Author, Standing, Status};
use crate::spec::{OPTIONS, asked, online, second, target, user};
use deskbell_protocol::ids::ChatId;

const STAFF: [&str; 4] = ["maya", "ines", "lou", "zoe"];
const RUNS: u32 = 256;
/// Of a hundred runs, so many reach each state at least.
const REACHED_MIN_PERCENT: u32 = 5;

/// Who acts, found in the chat as it then is.
#[derive(Debug, Clone, Copy)]
enum Who {
    Owner,
    Participant,
    Anyone(usize),
    /// The colleague to whom the chat is on offer.
    Offered,
}

#[derive(Debug, Clone)]
enum Act {
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
}

/// One thing that happens, and how the world stands then.
#[derive(Debug, Clone)]
struct Step {
    act: Act,
    seconds: u64,
    standing: Standing,
    online: Vec<&'static str>,
    target_online: bool,
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
        8 => (who(), 0..6_usize, any::<bool>()).prop_map(|(who, to, tell)| Act::Offers(who, to, tell)),
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
        },
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

fn context(step: &Step, now: Timestamp) -> Context {
    Context {
        now,
        directory: 7,
        plan: online(&step.online),
        standing: step.standing.clone(),
        target_online: step.target_online,
        waits: Waits::default(),
    }
}

/// One decision, with what was true before it and after it.
struct Turn<'a> {
    before: &'a ChatState,
    asked: &'a Command,
    context: &'a Context,
    decision: &'a Result<Vec<ChatEvent>, Refusal>,
    after: &'a ChatState,
}

/// A chat as it was played.
struct Played {
    state: ChatState,
    history: Vec<(ChatEvent, Timestamp)>,
}

fn fold<'a>(history: impl IntoIterator<Item = &'a (ChatEvent, Timestamp)>) -> ChatState {
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
    const STATES: [&str; 6] =
        ["waiting", "active", "transfer pending", "patron away", "owner lost", "ended"];

    fn note(&self, state: &ChatState, event: &ChatEvent) {
        let seen = [
            ("waiting", state.phase == Phase::Waiting),
            ("active", state.owner().is_some()),
            ("transfer pending", state.transfer.is_some()),
            ("patron away", state.patron != Attendance::Here),
            ("owner lost", matches!(event, ChatEvent::OwnerLost { .. })),
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
fn in_every_chat(each_turn: impl Fn(&Turn), at_the_end: impl Fn(&Played)) {
    in_every_chat_filled(Just(0), each_turn, at_the_end);
}

fn in_every_chat_filled(
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

fn whole(_: &Played) {}

fn any_turn(_: &Turn) {}

#[test]
fn an_operator_has_one_role_and_the_owner_changes_only_by_claim_loss_and_end() {
    in_every_chat(
        |turn| {
            if let Some(owner) = turn.after.owner() {
                assert!(!turn.after.participants.contains_key(owner), "{owner} has two roles");
            }
            if turn.before.owner() != turn.after.owner() {
                let moves = |event: &ChatEvent| {
                    matches!(
                        event,
                        ChatEvent::Claimed { .. }
                            | ChatEvent::OwnerLost { .. }
                            | ChatEvent::Ended { .. }
                    )
                };
                assert!(turn.decision.as_ref().unwrap().iter().any(moves));
            }
        },
        whole,
    );
}

#[test]
fn a_claim_succeeds_once_and_everybody_else_is_told_who_was_first() {
    in_every_chat(
        |turn| {
            let Ok([ChatEvent::Claimed { by, .. }]) = turn.decision.as_deref() else { return };
            let queues = ["department/ref", "coop/tri"].into_iter().map(target);
            let standing = Standing { status: Status::Online, monitoring: queues.collect() };
            let context = Context { standing, ..turn.context.clone() };
            for rival in STAFF {
                let late = decide(turn.after, Command::Claim { by: user(rival) }, &context);
                assert_eq!(late, Err(Refusal::AlreadyClaimed(by.clone())));
            }
        },
        whole,
    );
}

#[test]
fn only_the_owner_the_patron_or_the_patrons_absence_ends_a_chat() {
    in_every_chat(
        |turn| {
            let Some(ChatEvent::Ended { cause, by }) = turn.decision.iter().flatten().last() else {
                return;
            };
            match by {
                Author::Operator(user) => {
                    assert_eq!((turn.before.owner(), *cause), (Some(user), EndCause::Operator));
                }
                Author::Patron => assert_eq!(*turn.asked, Command::End { by: Author::Patron }),
                Author::System => assert!(turn.before.patron.is_due(turn.context.now)),
            }
        },
        whole,
    );
}

#[test]
fn leaving_never_ends_a_chat_and_never_changes_its_owner() {
    in_every_chat(
        |turn| {
            if let (Command::Leave { .. }, Ok(_)) = (turn.asked, turn.decision) {
                assert_eq!(turn.before.phase, turn.after.phase);
            }
        },
        whole,
    );
}

#[test]
fn an_offer_changes_nobodys_role_until_it_is_claimed() {
    in_every_chat(
        |turn| {
            let about_an_offer = matches!(
                turn.asked,
                Command::Transfer { .. }
                    | Command::CancelTransfer { .. }
                    | Command::DeclineTransfer { .. }
            );
            if about_an_offer {
                assert_eq!(turn.before.phase, turn.after.phase);
                assert_eq!(turn.before.participants, turn.after.participants);
            }
            if let Ok([ChatEvent::Claimed { transfer: true, .. }]) = turn.decision.as_deref() {
                assert!(turn.before.transfer.is_some());
            }
        },
        whole,
    );
}

#[test]
fn a_patron_never_sees_notes_nor_what_staff_settle_among_themselves() {
    in_every_chat(any_turn, |played| {
        for (event, _) in &played.history {
            let internal = matches!(
                event,
                ChatEvent::Noted { .. }
                    | ChatEvent::TransferDeclined { .. }
                    | ChatEvent::TransferOffered { tell_patron: false, .. }
            );
            assert!(!(internal && sees(Audience::Patron, event)), "{event:?}");
            let staffs = matches!(event, ChatEvent::Posted { by: Author::Operator(_), .. });
            let hidden = internal || staffs;
            assert!(!(hidden && sees(Audience::Previewer, event)), "{event:?}");
        }
    });
}

#[test]
fn every_reader_sees_the_same_order_without_gaps() {
    in_every_chat(any_turn, |played| {
        let views = Audience::ALL.map(|audience| {
            let events = played.history.iter().map(|(event, _)| event);
            let view = events.zip(1_u64..).map(|(event, seq)| (seq, event, sees(audience, event)));
            view.map(|(seq, event, seen)| (seq, seen.then_some(event))).collect::<Vec<_>>()
        });
        let [patron, previewer, staff, home] = views;
        for view in [&patron, &previewer, &home] {
            assert_eq!(view.len(), staff.len());
            for ((seq, seen), (place, all)) in view.iter().zip(&staff) {
                assert_eq!(seq, place);
                assert!(seen.is_none() || seen == all);
            }
        }
        assert!(staff.iter().all(|(_, seen)| seen.is_some()));
    });
}

#[test]
fn folding_the_history_gives_the_state_and_counts_the_events() {
    in_every_chat(
        |turn| {
            let added = turn.decision.iter().flatten().count() as u64;
            assert_eq!(turn.after.version, turn.before.version + added);
        },
        |played| {
            assert_eq!(fold(&played.history), played.state);
            assert_eq!(played.state.version, played.history.len() as u64);
        },
    );
}

#[test]
fn a_blanked_history_folds_to_the_state_of_the_original_once_its_erasure_is_marked() {
    in_every_chat(any_turn, |played| {
        let seqs: Vec<u64> = (1..=played.history.len() as u64).collect();
        let last = played.history.last().unwrap().1;
        let marked = decide(
            &played.state,
            Command::MarkErased { seqs },
            &context(&Step { online: vec![], ..idle() }, last),
        );
        let marks = marked.unwrap().into_iter().map(|event| (event, last));
        let mut original = played.history.clone();
        original.extend(marks);
        let mut blanked = original.clone();
        for (event, _) in &mut blanked {
            blank(event);
        }
        assert_eq!(fold(&blanked), fold(&original));
        assert!(!format!("{blanked:?}").contains("word"));
        assert!(!format!("{:?}", fold(&original)).contains("Sam"));
    });
}

fn idle() -> Step {
    Step {
        act: Act::Ticks,
        seconds: 0,
        standing: Standing::default(),
        online: OPTIONS.to_vec(),
        target_online: true,
    }
}

/// More consequences than one chat of these tests can have due at once.
const TICKS_MAX: usize = 20;

#[test]
fn ticking_at_the_deadline_gets_past_it_and_ticking_before_it_says_nothing() {
    let check = |turn: &Turn| {
        let Some(due) = turn.after.deadline() else { return };
        let now = turn.context.now;
        if now < due {
            let early = Context { target_online: true, ..turn.context.clone() };
            assert_eq!(decide(turn.after, Command::Tick, &early), Ok(vec![]));
        }
        let context = Context { now: now.max(due), ..turn.context.clone() };
        let mut state = turn.after.clone();
        let mut ticks = 0;
        while state.deadline().is_some_and(|due| due <= context.now) {
            let events = decide(&state, Command::Tick, &context).unwrap();
            assert!(!events.is_empty(), "nothing happens at the deadline");
            for event in events {
                state.evolve(&event, context.now);
            }
            ticks += 1;
            assert!(ticks < TICKS_MAX, "the deadline does not move on");
        }
    };
    in_every_chat(check, whole);
    in_every_chat_filled(TEXTS_MAX - 100..EVENTS_MAX - 3, check, whole);
}

#[test]
fn a_chat_never_holds_more_than_it_may_and_can_always_be_claimed_left_and_ended() {
    let check = |turn: &Turn| {
        let chat = turn.after;
        assert!(chat.version + chat.owed() <= EVENTS_MAX, "{} + {}", chat.version, chat.owed());
        if !chat.is_live() {
            return;
        }
        assert!(chat.version < EVENTS_MAX);
        let end = decide(chat, Command::End { by: Author::Patron }, turn.context);
        assert_eq!(end.map(|events| events.len()), Ok(1));
        for who in chat.participants.keys() {
            let left = decide(chat, Command::Leave { by: who.clone() }, turn.context);
            assert_eq!(left.map(|events| events.len()), Ok(1));
        }
        if chat.phase == Phase::Waiting {
            let queues = ["department/ref", "coop/tri"].into_iter().map(target);
            let standing = Standing { status: Status::Online, monitoring: queues.collect() };
            let context = Context { standing, ..turn.context.clone() };
            let claimed = decide(chat, Command::Claim { by: user("lou") }, &context);
            assert_eq!(claimed.map(|events| events.len()), Ok(1));
        }
    };
    in_every_chat_filled(TEXTS_MAX - 100..EVENTS_MAX - 3, check, whole);
}

#[test]
fn an_event_that_does_not_change_the_summary_leaves_it_as_it_was() {
    in_every_chat(
        |turn| {
            let Ok([event]) = turn.decision.as_deref() else { return };
            if Summary::changed_by(event) {
                return;
            }
            let of = |state: &ChatState| {
                let summary = Summary::of(ChatId(1), state);
                summary.map(|summary| Summary { changed_at_seq: 0, ..summary })
            };
            assert_eq!(of(turn.before), of(turn.after));
        },
        whole,
    );
}
