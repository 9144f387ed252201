//! What holds of every chat, whatever people, networks and clocks do to it. Each property plays
//! many made-up chats and fails if too few of them came far enough to mean anything.

mod play;

use deskbell_protocol::ids::ChatId;
use proptest::prelude::*;

use self::play::{
    Act, Played, STAFF, Step, Turn, context, fold, in_every_chat, in_every_chat_filled,
};
use super::erasure::blank;
use super::event::EndCause;
use super::state::{ChatState, EVENTS_MAX, Phase, TEXTS_MAX};
use super::{ChatEvent, Command, Context, Refusal, Summary, decide};
use crate::audience::{Audience, sees};
use crate::person::{Author, Standing, Status};
use crate::spec::{OPTIONS, target, user};

fn whole(_: &Played) {}

fn any_turn(_: &Turn) {}

#[test]
fn an_operator_has_one_role_and_the_owner_changes_only_by_claim_loss_return_and_end() {
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
                            | ChatEvent::Returned { .. }
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
fn only_the_owner_the_patron_her_absence_or_a_dismissal_ends_a_chat() {
    in_every_chat(
        |turn| {
            let Some(ChatEvent::Ended { cause, by }) = turn.decision.iter().flatten().last() else {
                return;
            };
            match by {
                Author::Operator(user) if *cause == EndCause::Dismissed => {
                    assert_eq!(turn.before.phase, Phase::Waiting, "{user} dismissed it");
                }
                Author::Operator(user) => {
                    assert_eq!((turn.before.owner(), *cause), (Some(user), EndCause::Operator));
                }
                Author::Patron => assert!(matches!(
                    turn.asked,
                    Command::End { by: Author::Patron } | Command::RequestTicket { .. }
                )),
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
                    | ChatEvent::Dismissed { .. }
                    | ChatEvent::Tagged { .. }
                    | ChatEvent::ContactRevealed { .. }
                    | ChatEvent::TransferDeclined { .. }
                    | ChatEvent::TransferOffered { tell_patron: false, .. }
            );
            assert!(!(internal && sees(Audience::Patron, event)), "{event:?}");
            let staffs = matches!(event, ChatEvent::Posted { by: Author::Operator(_), .. });
            // Why it was dismissed is for whoever it rang for.
            let hidden = (internal || staffs) && !matches!(event, ChatEvent::Dismissed { .. });
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

/// About to refuse texts, or about to refuse everything that need not pass.
fn nearly_full() -> impl Strategy<Value = u64> {
    prop_oneof![TEXTS_MAX - 30..TEXTS_MAX, EVENTS_MAX - 40..EVENTS_MAX - 3]
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
    in_every_chat_filled(nearly_full(), check, whole);
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
    in_every_chat_filled(nearly_full(), check, whole);
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
