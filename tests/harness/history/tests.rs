//! Each rule, shown to fail on a run that breaks it and nothing else.

use deskbell_client::protocol::event::{ChatEvent as Seen, Person, Position, Sequenced};
use deskbell_client::protocol::ids::{ChatId, ClientId, Cmid, Eid, Target, UserId};
use deskbell_client::protocol::to_broker::ToBroker;
use deskbell_client::protocol::to_client::{Refused, ToClient};
use deskbell_client::{Event, Ring, Write, Written};
use deskbell_domain::chat::ChatEvent;
use deskbell_domain::chat::event::{Opened, Ring as Rings};
use deskbell_domain::person::Author;
use deskbell_protocol::codes::ErrorCode;
use jiff::Timestamp;
use uuid::Uuid;

use super::recorder::Recorder;
use super::stored::{Stored, StoredEvent};
use super::streams::was_out;
use super::{History, Op, Outcome, Process, Rule, Step, judge};

const CHAT: ChatId = ChatId(7);

fn patron() -> Process {
    Process::named("patron")
}

fn maya() -> UserId {
    "maya".parse().unwrap()
}

fn cmid(number: u128) -> Cmid {
    Cmid(Uuid::from_u128(number))
}

fn post(text: &str) -> Write {
    Write::Post { chat: CHAT, text: text.into(), lang: None }
}

fn opened() -> ChatEvent {
    ChatEvent::Opened(Box::new(Opened {
        widget: "birch-home".parse().unwrap(),
        home: "birch".parse().unwrap(),
        session: [0; 32],
        secret: [0; 32],
        question: "where".into(),
        name: None,
        contact: None,
        answers: vec![],
        page: None,
        lang: None,
        continues: None,
        ticket_at: None,
        ring: Rings { tiers: vec![], skipped: vec![], rolls_at: None, directory: 1 },
    }))
}

fn posted(text: &str) -> ChatEvent {
    ChatEvent::Posted { by: Author::Patron, text: text.into(), lang: None }
}

fn claimed(transfer: bool) -> ChatEvent {
    ChatEvent::Claimed { by: maya(), transfer, idle: None }
}

/// A run and the log it left. Places and identities are the same number; so are write and `cmid`.
#[derive(Default)]
struct Run {
    history: History,
    stored: Stored,
}

impl Run {
    /// A ring, a claim and two posts, all answered, all told to the patron.
    fn good() -> Self {
        let mut run = Self::default();
        run.says(ToBroker::Hello { id: 1, token: String::new(), client: client(), app: None });
        run.writes(1, Author::Patron, Write::Open(Ring::new("where")), opened());
        run.step(Step::Said(patron(), subscribe(1)));
        run.writes(2, Author::Operator(maya()), Write::Claim(CHAT), claimed(false));
        run.hears(2, Seen::Claimed { by: Person::System, transfer: false });
        for (place, text) in [(3, "one"), (4, "two")] {
            run.writes(place, Author::Patron, post(text), posted(text));
            run.hears(place, seen(text));
        }
        run
    }

    fn step(&mut self, step: Step) {
        self.history.steps.push(step);
    }

    fn says(&mut self, frame: ToBroker) {
        self.step(Step::Said(patron(), Box::new(frame)));
    }

    fn hears(&mut self, seq: u64, event: Seen) {
        let (eid, at) = (Eid(seq), Timestamp::UNIX_EPOCH);
        let frame = ToClient::ChatEvent { chat: CHAT, seq, eid, at, event };
        self.step(Step::Heard(patron(), Box::new(frame)));
    }

    fn invokes(&mut self, number: u64, author: Author, write: Write) {
        let (op, cmid) = (Op(usize::try_from(number).unwrap()), cmid(number.into()));
        let process = Process::named(author.to_string());
        self.step(Step::Invoked { op, process, author, cmid, write });
    }

    fn answers(&mut self, number: u64, seq: u64) {
        let written = Written { chat: CHAT, seq, eid: Eid(seq) };
        let op = Op(usize::try_from(number).unwrap());
        self.step(Step::Answered { op, outcome: Outcome::Acknowledged(written) });
    }

    fn stores(&mut self, seq: u64, author: Author, cmid: Option<Cmid>, event: ChatEvent) {
        let record = StoredEvent { seq, eid: Eid(seq), author, cmid, event };
        self.stored.chats.entry(CHAT).or_default().push(record);
    }

    fn writes(&mut self, place: u64, author: Author, write: Write, event: ChatEvent) {
        self.invokes(place, author.clone(), write);
        self.answers(place, place);
        self.stores(place, author, Some(cmid(place.into())), event);
    }

    fn records(&mut self) -> &mut Vec<StoredEvent> {
        self.stored.chats.get_mut(&CHAT).unwrap()
    }

    /// The rules that it breaks, each once.
    fn broken(&self) -> Vec<Rule> {
        let mut rules: Vec<_> =
            judge(&self.history, &self.stored).into_iter().map(|it| it.rule).collect();
        rules.sort();
        rules.dedup();
        rules
    }
}

fn client() -> ClientId {
    ClientId(Uuid::from_u128(1))
}

fn subscribe(from: u64) -> Box<ToBroker> {
    let from = Some(Position { seq: from, eid: Eid(from) });
    Box::new(ToBroker::ChatSubscribe { id: 2, chat: CHAT, from })
}

fn seen(text: &str) -> Seen {
    Seen::Posted { by: Person::Patron { name: None }, text: text.into(), lang: None }
}

fn told(seq: u64) -> Step {
    let (eid, at) = (Eid(seq), Timestamp::UNIX_EPOCH);
    let sequenced = Sequenced { seq, eid, at, event: Seen::Hidden };
    Step::Told(patron(), Box::new(Event::Chat { chat: CHAT, sequenced }))
}

#[test]
fn a_good_run_breaks_no_rule() {
    assert_eq!(Run::good().broken(), []);
}

#[test]
fn a_write_with_an_unknown_outcome_may_be_stored_or_not() {
    let mut run = Run::good();
    run.invokes(5, Author::Patron, post("lost"));
    assert_eq!(run.broken(), []);
    run.stores(5, Author::Patron, Some(cmid(5)), posted("lost"));
    assert_eq!(run.broken(), []);
}

#[test]
fn an_acknowledged_write_that_is_not_in_the_log_is_lost() {
    let mut run = Run::good();
    run.invokes(5, Author::Patron, post("three"));
    run.answers(5, 5);
    assert_eq!(run.broken(), [Rule::NothingLost]);
}

#[test]
fn an_acknowledged_write_whose_place_holds_another_is_lost() {
    let mut run = Run::good();
    run.invokes(5, Author::Patron, post("three"));
    run.answers(5, 5);
    run.stores(5, Author::System, None, ChatEvent::PatronBack);
    assert_eq!(run.broken(), [Rule::NothingLost]);
}

#[test]
fn a_write_that_is_stored_twice_is_a_duplicate() {
    let mut run = Run::good();
    run.stores(5, Author::Patron, Some(cmid(4)), posted("two"));
    assert_eq!(run.broken(), [Rule::NothingDuplicated]);
}

#[test]
fn an_identity_that_is_stored_twice_is_a_duplicate() {
    let mut run = Run::good();
    run.stores(5, Author::System, None, ChatEvent::PatronBack);
    run.records()[4].eid = Eid(4);
    assert_eq!(run.broken(), [Rule::NothingDuplicated]);
}

#[test]
fn what_nobody_wrote_is_from_nowhere() {
    let mut run = Run::good();
    run.stores(5, Author::Patron, Some(cmid(99)), posted("three"));
    assert_eq!(run.broken(), [Rule::NothingFromNowhere]);
}

#[test]
fn what_was_written_in_other_words_or_by_another_is_from_nowhere() {
    let mut run = Run::good();
    run.invokes(5, Author::Patron, post("three"));
    run.stores(5, Author::Patron, Some(cmid(5)), posted("thirty"));
    assert_eq!(run.broken(), [Rule::NothingFromNowhere]);
    run.records()[4].event = posted("three");
    assert_eq!(run.broken(), []);
    run.records()[4].author = Author::Operator(maya());
    assert_eq!(run.broken(), [Rule::NothingFromNowhere]);
}

#[test]
fn a_write_that_was_refused_and_is_stored_is_from_nowhere() {
    let mut run = Run::good();
    run.invokes(5, Author::Patron, post("three"));
    run.step(Step::Answered { op: Op(5), outcome: Outcome::Refused(ErrorCode::ChatEnded) });
    assert_eq!(run.broken(), []);
    run.stores(5, Author::Patron, Some(cmid(5)), posted("three"));
    assert_eq!(run.broken(), [Rule::NothingFromNowhere]);
}

#[test]
fn a_chat_that_is_owned_or_over_has_no_second_winner() {
    let mut run = Run::good();
    run.invokes(5, Author::Operator(maya()), Write::Claim(CHAT));
    run.stores(5, Author::Operator(maya()), Some(cmid(5)), claimed(false));
    assert_eq!(run.broken(), [Rule::OneWinner]);
    run.records()[4].event = claimed(true);
    assert_eq!(run.broken(), [Rule::OneWinner], "nothing is offered");
}

#[test]
fn a_chat_that_waits_again_or_is_offered_has_one_winner_more() {
    let mut run = Run::good();
    run.stores(5, Author::System, None, ChatEvent::OwnerLost { who: maya() });
    run.writes(6, Author::Operator(maya()), Write::Claim(CHAT), claimed(false));
    let to: Target = "coop/tri-county".parse().unwrap();
    let (tell_patron, hand_over) = (false, false);
    let offer = to.clone();
    let write = Write::Transfer { chat: CHAT, to: offer, note: None, tell_patron, hand_over };
    let (note, until) = (None, Timestamp::UNIX_EPOCH);
    let offered =
        ChatEvent::TransferOffered { by: maya(), to, note, tell_patron, hand_over, until };
    run.writes(7, Author::Operator(maya()), write, offered);
    run.writes(8, Author::Operator(maya()), Write::Claim(CHAT), claimed(true));
    assert_eq!(run.broken(), []);
    run.writes(9, Author::Operator(maya()), Write::Claim(CHAT), claimed(true));
    assert_eq!(run.broken(), [Rule::OneWinner]);
}

#[test]
fn two_claims_that_are_both_told_they_won_are_one_too_many() {
    let mut run = Run::good();
    run.invokes(5, Author::Operator("ines".parse().unwrap()), Write::Claim(CHAT));
    run.answers(5, 2);
    assert_eq!(run.broken(), [Rule::NothingLost, Rule::OneWinner]);
}

#[test]
fn a_place_that_is_missing_from_the_log_is_a_gap() {
    let mut run = Run::good();
    run.stores(6, Author::System, None, ChatEvent::PatronBack);
    assert_eq!(run.broken(), [Rule::NoGap]);
}

#[test]
fn a_frame_that_skips_a_place_is_a_gap() {
    let mut run = Run::good();
    run.stores(5, Author::System, None, ChatEvent::PatronBack);
    run.stores(6, Author::System, None, ChatEvent::PatronBack);
    run.hears(6, Seen::PatronBack);
    assert_eq!(run.broken(), [Rule::NoGap]);
}

#[test]
fn a_frame_that_comes_twice_on_one_connection_is_a_duplicate_although_the_sdk_drops_it() {
    let mut run = Run::good();
    run.hears(4, seen("two"));
    assert_eq!(run.broken(), [Rule::NothingDuplicated]);
}

#[test]
fn a_new_connection_goes_on_from_the_place_it_asked_for_and_from_no_other() {
    for (from, rule) in [(3, None), (2, Some(Rule::NoGap)), (4, Some(Rule::NothingDuplicated))] {
        let mut run = Run::good();
        run.says(ToBroker::Hello { id: 1, token: String::new(), client: client(), app: None });
        run.step(Step::Said(patron(), subscribe(from)));
        let at = Timestamp::UNIX_EPOCH;
        let events = vec![Sequenced { seq: 4, eid: Eid(4), at, event: seen("two") }];
        let replay = ToClient::ChatReplay { chat: CHAT, events, more: false };
        run.step(Step::Heard(patron(), Box::new(replay)));
        assert_eq!(run.broken(), Vec::from_iter(rule), "from {from}");
    }
}

#[test]
fn an_event_of_a_chat_that_is_not_followed_has_no_place_to_stand() {
    let mut run = Run::good();
    run.says(ToBroker::Hello { id: 1, token: String::new(), client: client(), app: None });
    run.hears(4, seen("two"));
    assert_eq!(run.broken(), [Rule::NoGap]);
}

#[test]
fn an_app_is_told_each_place_once_and_in_order() {
    let mut run = Run::good();
    run.step(told(2));
    assert_eq!(run.broken(), [Rule::NoGap], "the first has no snapshot before it");
    run.history.steps.pop();
    run.history.steps.push(told(2));
    run.history.steps.push(told(2));
    assert_eq!(run.broken(), [Rule::NothingDuplicated, Rule::NoGap]);
}

#[test]
fn a_reader_who_sees_what_the_log_does_not_hold_is_on_another_history() {
    let mut run = Run::good();
    run.hears(5, seen("three"));
    assert_eq!(run.broken(), [Rule::OneOrder], "told and not stored");
    run.stores(5, Author::Patron, Some(cmid(5)), posted("tree"));
    run.invokes(5, Author::Patron, post("tree"));
    assert_eq!(run.broken(), [Rule::OneOrder], "told in other words");
}

#[test]
fn answers_that_come_in_another_order_than_the_log_are_out_of_order() {
    let mut run = Run::good();
    for (place, text) in [(5, "three"), (6, "four")] {
        run.invokes(place, Author::Patron, post(text));
        run.stores(place, Author::Patron, Some(cmid(place.into())), posted(text));
    }
    run.answers(6, 6);
    run.answers(5, 5);
    assert_eq!(run.broken(), [Rule::WritesInOrder]);
}

#[test]
fn a_write_that_stands_before_one_that_its_author_made_earlier_is_out_of_order() {
    let mut run = Run::good();
    run.invokes(6, Author::Patron, post("three"));
    run.invokes(5, Author::Patron, post("four"));
    run.stores(5, Author::Patron, Some(cmid(6)), posted("three"));
    run.stores(6, Author::Patron, Some(cmid(5)), posted("four"));
    let order: Vec<_> = judge(&run.history, &run.stored);
    assert!(order.iter().all(|it| it.rule == Rule::WritesInOrder), "{order:?}");
    assert_eq!(order.len(), 1, "{order:?}");
}

#[test]
fn a_write_that_stands_before_what_was_acknowledged_when_it_was_made_is_out_of_order() {
    let mut run = Run::good();
    run.invokes(6, Author::Operator(maya()), post("first"));
    run.answers(6, 6);
    run.invokes(5, Author::Patron, post("second"));
    run.stores(5, Author::Patron, Some(cmid(5)), posted("second"));
    run.stores(6, Author::Operator(maya()), Some(cmid(6)), posted("first"));
    assert_eq!(run.broken(), [Rule::WritesInOrder]);
}

#[test]
fn an_answer_before_its_event_is_one_too_early() {
    let mut run = Run::good();
    let (chat, eid) = (Some(CHAT), Some(Eid(4)));
    let ok = |seq| ToClient::Ok { re: 9, chat, seq: Some(seq), eid };
    run.step(Step::Heard(patron(), Box::new(ok(4))));
    assert_eq!(run.broken(), []);
    run.step(Step::Heard(patron(), Box::new(ok(5))));
    assert_eq!(run.broken(), [Rule::ReadYourWrites]);
}

#[test]
fn who_left_need_not_see_how_and_may_find_the_chat_no_longer_hers() {
    let operator = Author::Operator(maya());
    let mut run = Run::good();
    assert!(!was_out(&run.stored, CHAT, &operator, 4), "she owns it");
    run.writes(5, operator.clone(), Write::Leave(CHAT), ChatEvent::Left { by: maya() });
    let ok = ToClient::Ok { re: 9, chat: Some(CHAT), seq: Some(5), eid: Some(Eid(5)) };
    run.step(Step::Heard(Process::named(operator.to_string()), Box::new(ok)));
    assert_eq!(run.broken(), []);
    assert!(was_out(&run.stored, CHAT, &operator, 4), "she left");
    assert!(!was_out(&run.stored, CHAT, &Author::Patron, 4), "a patron is always in it");
}

#[test]
fn who_is_out_when_her_answer_comes_again_need_not_have_seen_its_event() {
    let operator = Author::Operator(maya());
    let note = || Write::Note { chat: CHAT, text: "three".into() };
    let noted = ChatEvent::Noted { by: maya(), text: "three".into() };
    let mut run = Run::good();
    let process = Process::named(operator.to_string());
    let ok = ToClient::Ok { re: 9, chat: Some(CHAT), seq: Some(5), eid: Some(Eid(5)) };
    run.writes(5, operator.clone(), note(), noted);
    run.step(Step::Heard(process.clone(), Box::new(ok.clone())));
    assert_eq!(run.broken(), [], "she follows it no longer since she last connected");
    let follow = ToBroker::ChatSubscribe { id: 8, chat: CHAT, from: None };
    run.step(Step::Said(process.clone(), Box::new(follow)));
    run.step(Step::Heard(process, Box::new(ok)));
    assert_eq!(run.broken(), [Rule::ReadYourWrites], "she is in it, and follows it");
    run.stores(6, Author::System, None, ChatEvent::ParticipantLost { who: maya() });
    assert_eq!(run.broken(), [], "she was lost before she came back");
}

#[test]
fn a_chat_that_is_not_resumed_although_she_is_in_it_is_a_gap() {
    let mut run = Run::good();
    let refused = Box::new(Refused {
        re: None,
        code: ErrorCode::NotFound,
        message: String::new(),
        temporary: false,
        retry_after_ms: None,
        by: None,
        next: None,
        chats: Vec::new(),
    });
    run.step(Step::Told(patron(), Box::new(Event::ChatLost { chat: CHAT, refused })));
    assert_eq!(run.broken(), [Rule::NoGap]);
}

#[test]
fn a_reader_who_never_hears_what_was_acknowledged_has_not_caught_up() {
    let mut run = Run::good();
    run.step(Step::Settled(patron()));
    assert_eq!(run.broken(), [Rule::CaughtUp], "her app was told nothing");
}

#[test]
fn a_log_that_another_begins_with_is_its_prefix_and_one_that_differs_is_not() {
    let whole = Run::good();
    let mut part = Run::good();
    part.records().pop();
    assert!(part.stored.is_prefix_of(&whole.stored));
    assert!(!whole.stored.is_prefix_of(&part.stored));
    part.records()[2].event = posted("other");
    assert!(!part.stored.is_prefix_of(&whole.stored));
}

#[test]
fn a_recorder_counts_a_lost_write_as_unknown_and_never_as_failed() {
    let recorder = Recorder::default();
    let mut tap = recorder.tap(&patron());
    let say = |frame: &ToBroker| serde_json::to_string(frame).unwrap();
    let hello = ToBroker::Hello { id: 1, token: String::new(), client: client(), app: None };
    let write =
        ToBroker::ChatPost { id: 2, chat: CHAT, cmid: cmid(1), text: "one".into(), lang: None };
    let op = recorder.invoked(&patron(), &Author::Patron, cmid(1), &post("one"));
    for frame in [&hello, &write] {
        tap(deskbell_client::Direction::ToBroker, &say(frame));
    }
    assert_eq!(recorder.progress().borrow().on_the_wire, 1);
    tap(deskbell_client::Direction::ToBroker, &say(&hello));
    let progress = *recorder.progress().borrow();
    assert_eq!((progress.on_the_wire, progress.unknown, progress.answered), (0, 1, 0));
    recorder.answered(op, &Err(deskbell_client::ClientError::Disconnected));
    let last = recorder.history().steps.pop();
    assert!(matches!(last, Some(Step::Answered { outcome: Outcome::Unknown, .. })), "{last:?}");
}
