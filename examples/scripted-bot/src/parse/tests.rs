use super::*;
use crate::script::{Act, Happening};

fn read(steps: &str) -> Result<Script, ScriptError> {
    Script::read("story.chat", &format!("# A claim\n{steps}"))
}

fn refused(steps: &str) -> String {
    read(steps).expect_err("the script is wrong").to_string()
}

const SCENE: &str = "\
Maya of Birch monitors coop/tri-county
Ines of Cedar monitors coop/tri-county
Lou of Elm monitors nothing
Sam rings birch-home: Hello?
Tess rings birch-home: Hello?
Maya and Ines claim Sam's chat at once -> one wins, next: Tess
Lou claims Sam's chat
";

fn step_of(line: &str) -> Step {
    let script = read(&format!("{SCENE}{line}")).unwrap_or_else(|error| panic!("{error}"));
    script.lines.last().expect("the scene has lines").step.clone()
}

#[test]
fn every_shape_reads_its_own_example() {
    for form in STEPS.iter().chain(CHECKS) {
        // What an example needs beyond the scene.
        let before = match form.example {
            "Maya retries the last message" => "Maya says in Sam's chat: hi\n",
            "Sam returns" => "Sam drops\n",
            "Maya says: Good morning, Sam" | "Maya notes: patron is a student" | "Maya types" => {
                "Maya claims Sam's chat\n"
            }
            _ => "",
        };
        step_of(&format!("{before}{}", form.example));
    }
    for form in SIGHTS {
        step_of(&format!("Ines sees: {}", form.example));
        step_of(&format!("Ines and Maya see: {} and whatever else", form.example));
        step_of(&format!("Ines never sees: {}", form.example));
    }
}

#[test]
fn no_example_is_read_by_the_shape_of_another() {
    for (at, form) in STEPS.iter().chain(CHECKS).enumerate() {
        let said = form.example.split(" -> ").next().expect("split yields one at least");
        let words = words::words(said).expect("examples close their quotes");
        let fitting = |other: &&Form| shape::fill(other.shape, said, &words).is_ok();
        let found = STEPS.iter().chain(CHECKS).position(|other| fitting(&other));
        let found = found.expect("an example fits its shape");
        let first = STEPS.iter().chain(CHECKS).nth(found).expect("it was found there");
        assert_eq!(found, at, "{:?} is read as {:?}", form.example, first.shape);
    }
    for (at, form) in SIGHTS.iter().enumerate() {
        let words = words::words(form.example).expect("examples close their quotes");
        let found = SIGHTS.iter().position(|o| shape::fill(o.shape, form.example, &words).is_ok());
        assert_eq!(found, Some(at), "{:?} is read as another", form.example);
    }
}

#[test]
fn a_refusal_is_read_with_who_was_first_and_what_is_next() {
    let Step::Act { answer, .. } =
        step_of("Ines claims Sam's chat -> already_claimed by Maya, next: Tess")
    else {
        panic!("an act was expected");
    };
    let maya = Name::read("Maya").expect("Maya is a name");
    let tess = Name::read("Tess").expect("Tess is a name");
    assert_eq!(
        answer,
        Answer::Refused {
            code: ErrorCode::AlreadyClaimed,
            by: Some(Who::Named(maya)),
            next: Some(Next::ChatOf(tess)),
        }
    );
    let Step::Act { answer: Answer::Refused { next, .. }, .. } =
        step_of("Ines claims Sam's chat -> already_claimed by the winner, next: nobody")
    else {
        panic!("a refusal was expected");
    };
    assert_eq!(next, Some(Next::Nobody));
}

#[test]
fn a_text_runs_to_the_end_of_the_line_and_quotes_keep_what_would_end_it() {
    let said = |line: &str| match step_of(line) {
        Step::Act { act: Act::Say { text, .. }, .. } => text,
        other => panic!("{other:?}"),
    };
    assert_eq!(said("Sam says: well, (you know): #1  # aside"), "well, (you know): #1");
    assert_eq!(said("Sam says: \"a -> b # c\""), "a -> b # c");
}

#[test]
fn a_line_without_a_chat_means_the_one_that_the_person_named_last() {
    let chat = |line: &str| match step_of(line) {
        Step::Act { act: Act::Say { chat, .. }, .. } => chat.map(|name| name.to_string()),
        other => panic!("{other:?}"),
    };
    assert_eq!(chat("Tess says: me").as_deref(), Some("Tess"));
    assert_eq!(chat("Maya claims Tess's chat\nMaya says: hi").as_deref(), Some("Tess"));
    assert_eq!(chat("the winner says: hi").as_deref(), Some("Sam"));
}

#[test]
fn what_a_person_is_said_to_see_may_contain_the_word_sees() {
    let Step::See { sight: Sight::Happening { happening, .. }, whatever_else, .. } =
        step_of("Maya sees: Sam: she sees nothing and whatever else")
    else {
        panic!("a sight was expected");
    };
    assert!(whatever_else);
    assert!(matches!(happening, Happening::Says(_, text) if text == "she sees nothing"));
}

#[test]
fn a_wrong_line_is_shown_with_its_number_the_words_that_do_not_fit_and_the_nearest_shapes() {
    let error = refused(&format!("{SCENE}Maya claims the chat of Sam"));
    assert!(error.starts_with("story.chat:9: "), "{error}");
    assert!(error.contains("Maya claims the chat of Sam"), "{error}");
    assert!(error.contains("`the chat of Sam` does not fit here"), "{error}");
    assert!(error.contains("write it as  NAME claims NAME's chat"), "{error}");
    assert!(error.matches("\n         or").count() <= 2, "{error}");
}

#[test]
fn a_wrong_sight_is_compared_with_sights() {
    let error = refused(&format!("{SCENE}Ines sees: a row of Sam"));
    assert!(error.contains("`of Sam` does not fit here"), "{error}");
    assert!(error.contains("NAME sees: a row for NAME's chat"), "{error}");
}

#[test]
fn a_wrong_target_or_code_is_told_with_what_is_right() {
    let error = refused("Maya of Birch monitors tri-county");
    assert!(error.contains("department/ID, coop/ID or operator/ID"), "{error}");
    let error = refused(&format!("{SCENE}Ines claims Sam's chat -> alredy_claimed"));
    assert!(error.contains("… -> already_claimed"), "{error}");
}

#[test]
fn a_quote_that_is_not_closed_is_named() {
    let error = refused("Sam rings birch-home: \"Hello");
    assert!(error.contains("\"Hello is never closed"), "{error}");
}

#[test]
fn a_script_that_claims_nothing_is_refused() {
    let error = Script::read("story.chat", "Sam rings birch-home: Hello?").unwrap_err();
    assert_eq!(error.line, 1);
    assert!(error.what.contains("begins with what it claims"), "{error}");
}

#[test]
fn nobody_acts_before_being_introduced() {
    let error = refused("Maya claims Sam's chat");
    assert!(error.contains("nobody introduced Maya: write `Maya of LIBRARY"), "{error}");
    let error = refused("Maya of Birch monitors nothing\nMaya claims Sam's chat");
    assert!(error.contains("there is no chat of Sam"), "{error}");
    let error = refused(
        &SCENE
            .replace(" at once -> one wins, next: Tess", "")
            .replace("Maya and Ines claim", "the winner claims"),
    );
    assert!(error.contains("the winner of what?"), "{error}");
}

#[test]
fn nobody_acts_or_sees_without_a_connection() {
    let error = refused(&format!("{SCENE}Sam drops\nSam says: hello"));
    assert!(error.contains("write `Sam returns` first"), "{error}");
    let error = refused(&format!("{SCENE}Sam drops\nSam sees nothing"));
    assert!(error.contains("write `Sam returns` first"), "{error}");
    let error = refused(&format!("{SCENE}Sam returns"));
    assert!(error.contains("write `Sam drops` before"), "{error}");
}

#[test]
fn a_race_without_an_open_outcome_is_refused() {
    let error = refused(&format!("{SCENE}Maya and Ines claim Sam's chat at once"));
    assert!(error.contains("-> one wins"), "{error}");
}

#[test]
fn a_check_has_no_answer() {
    let error = refused(&format!("{SCENE}Sam sees nothing -> not_found"));
    assert!(error.contains("only what somebody does has an answer"), "{error}");
}

#[test]
fn the_manual_shows_every_shape_with_its_example() {
    let manual = include_str!("../../../../docs/scripts.md");
    let steps = STEPS.iter().chain(CHECKS).map(|form| (form.shape, form.example));
    let sights = SIGHTS.iter().map(|form| (form.shape, form.example));
    for (shape, example) in steps.chain(sights) {
        let row = manual.lines().find(|line| line.starts_with(&format!("| `{shape}`")));
        let row = row.unwrap_or_else(|| panic!("docs/scripts.md has no row `{shape}`"));
        assert!(row.ends_with(&format!("| `{example}` |")), "{row}");
    }
}

#[test]
fn every_script_of_ours_can_be_read() {
    let scripts = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/scripts");
    let files = std::fs::read_dir(scripts).expect("the scripts are beside this crate");
    let mut read = 0;
    for file in files {
        let path = file.expect("the folder can be read").path();
        if path.extension().is_some_and(|ending| ending == "chat") {
            let text = std::fs::read_to_string(&path).expect("a script can be read");
            let script = Script::read(&path.display().to_string(), &text);
            script.unwrap_or_else(|error| panic!("{error}"));
            read += 1;
        }
    }
    assert!(read > 0, "no script in {scripts}");
}
