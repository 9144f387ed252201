use super::*;
use crate::clock::ClockControl;
use fake_broker::{FakeBroker, Lapse};

mod fake_broker;

const TALK: &str = "\
Sam rings birch-home: Hello?
Sam finds the chat waiting
Sam says: Anybody there?
Sam sees nothing
";

async fn played(steps: &str, lapse: Lapse) -> Result<Outcome, Failure> {
    let script = Script::read("talk.chat", &format!("# A claim\n{steps}"));
    let script = script.unwrap_or_else(|error| panic!("{error}"));
    let origin = |_: &WidgetId| Some("https://www.birch.example".to_owned());
    let password = |_: &UserId| Some("a password".to_owned());
    let mut stage = Stage::at("http://broker:1", password, origin);
    stage.connector = Arc::new(FakeBroker { lapse });
    play(&script, &stage).await
}

async fn failure(steps: &str, lapse: Lapse) -> Failure {
    played(steps, lapse).await.expect_err("the broker and the script differ")
}

#[tokio::test(start_paused = true)]
async fn a_conversation_that_goes_as_written_passes() {
    assert_eq!(played(TALK, Lapse::None).await, Ok(Outcome::Passed));
    let again = format!("{TALK}Sam retries the last message\nSam sees nothing");
    assert_eq!(played(&again, Lapse::None).await, Ok(Outcome::Passed));
}

#[tokio::test(start_paused = true)]
async fn what_no_line_names_fails_the_line_that_asks_and_the_end_of_the_script() {
    let asked = failure(TALK, Lapse::StrayMessage).await;
    assert_eq!((asked.line, asked.text.as_str()), (5, "Sam sees nothing"));
    assert_eq!(asked.came, ["Maya: Hello"]);
    let ended = failure(&TALK.replace("Sam sees nothing\n", ""), Lapse::StrayMessage).await;
    assert_eq!((ended.line, ended.text.as_str()), (4, "(the end of the script)"));
}

#[tokio::test(start_paused = true)]
async fn whatever_else_takes_what_no_line_names() {
    let stray = "Sam sees: Maya: Hello and whatever else\n";
    let steps = TALK.replace("Maya", "Sam").replace("Sam sees nothing\n", stray);
    let steps = format!("Maya of Birch monitors nothing\n{steps}Sam sees nothing");
    assert_eq!(played(&steps, Lapse::StrayMessage).await, Ok(Outcome::Passed));
}

#[tokio::test(start_paused = true)]
async fn what_never_comes_fails_the_line_that_waits_for_it() {
    let steps = format!("{TALK}Sam sees: ended as missed");
    let failure = failure(&steps, Lapse::None).await;
    assert_eq!(failure.line, 6);
    assert!(failure.expected.contains("waited 10s for it"), "{failure}");
    assert!(failure.to_string().ends_with("came      nothing"), "{failure}");
}

#[tokio::test(start_paused = true)]
async fn a_second_copy_of_her_own_message_fails() {
    let steps = format!("{TALK}Sam retries the last message");
    let failure = failure(&steps, Lapse::StoresRetries).await;
    assert_eq!(failure.text, "Sam retries the last message");
    assert!(failure.expected.starts_with("the first answer again: place 2"), "{failure}");
    assert!(failure.came[0].starts_with("place 3"), "{failure}");
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_the_one_that_the_line_names() {
    let refused = TALK.replace("there?", "there? -> chat_ended");
    assert_eq!(played(&refused, Lapse::Refuses).await, Ok(Outcome::Passed));
    let other = failure(&TALK.replace("there?", "there? -> not_found"), Lapse::Refuses).await;
    assert_eq!(other.expected, "Sam -> not_found");
    assert_eq!(other.came, ["-> chat_ended   (the chat is over)"]);
    let done = failure(&refused, Lapse::None).await;
    assert_eq!(done.came, ["it was done"]);
    let unforeseen = failure(TALK, Lapse::Refuses).await;
    assert_eq!(unforeseen.came, ["chat_ended: the chat is over"]);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_for_now_is_an_answer_although_the_sdk_would_try_again() {
    let steps = "Sam rings birch-home: Hello? -> offline";
    assert_eq!(played(steps, Lapse::NobodyThere).await, Ok(Outcome::Passed));
    let unforeseen = failure(TALK, Lapse::NobodyThere).await;
    assert_eq!(unforeseen.came, ["offline: nobody is there"]);
}

#[tokio::test(start_paused = true)]
async fn a_script_that_moves_the_clock_is_skipped_where_that_cannot_be() {
    let steps = format!("{TALK}10 minutes pass");
    let outcome = played(&steps, Lapse::None).await;
    assert!(matches!(outcome, Ok(Outcome::Skipped { .. })), "{outcome:?}");
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_does_not_move_fails_the_line() {
    let script = Script::read("talk.chat", "# A claim\n10 minutes pass").expect("a script");
    let mut stage = Stage::at("http://broker:1", |_| None, |_| None);
    stage.connector = Arc::new(FakeBroker { lapse: Lapse::None });
    stage.clock = ClockControl::at("broker:2", stage.connector.clone()).ok();
    let failure = play(&script, &stage).await.expect_err("the fake broker has no clock");
    assert!(failure.came[0].contains("--clock manual"), "{failure}");
}

#[tokio::test(start_paused = true)]
async fn a_person_without_a_password_is_named() {
    let script = "# A claim\nMaya of Birch monitors nothing";
    let script = Script::read("talk.chat", script).expect("a script");
    let stage = Stage::at("http://broker:1", |_| None, |_| None);
    let failure = play(&script, &stage).await.expect_err("nobody knows the password");
    assert!(failure.came[0].contains("no password of maya"), "{failure}");
}
