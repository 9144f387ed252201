//! Reads a `.chat` script: plain text, one step a line, `# ` begins a comment.
//!
//! Strict: a line that is no step is refused with the words that do not fit and the nearest shapes
//! that would; a name that nobody introduced is refused too (`cast.rs`). The first line is a
//! comment and says what the script claims. Not here: the steps themselves (`forms.rs`,
//! `sights.rs`).

mod forms;
mod shape;
mod sights;
mod words;

use std::fmt;

use deskbell_client::protocol::codes::ErrorCode;

pub use forms::{CHECKS, Form, STEPS};
pub use sights::{SIGHTS, SightForm};

use crate::cast::Cast;
use crate::script::{Answer, Line, Name, Next, Script, Sight, Step, Who};
use shape::{Mismatch, Slots};
use words::{OpenQuote, Word};

/// Shapes shown beside a line that is of none.
const NEAREST_MAX: usize = 3;

/// What is wrong with a script.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ScriptError {
    /// The script.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// The line as written.
    pub text: String,
    /// What is wrong, and what would be right.
    pub what: String,
    /// The shapes nearest to what was written.
    pub nearest: Vec<String>,
}

impl fmt::Display for ScriptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}\n    {}", self.file, self.line, self.what, self.text)?;
        for (at, shape) in self.nearest.iter().enumerate() {
            let lead = if at == 0 { "write it as" } else { "         or" };
            write!(f, "\n  {lead}  {shape}")?;
        }
        Ok(())
    }
}

/// Why one line is no step.
struct Wrong {
    what: String,
    nearest: Vec<String>,
}

impl From<String> for Wrong {
    fn from(what: String) -> Self {
        Self { what, nearest: Vec::new() }
    }
}

impl Script {
    /// Reads a script; `file` is its name in messages.
    pub fn read(file: &str, text: &str) -> Result<Self, ScriptError> {
        let refuse = |line: usize, wrong: Wrong| ScriptError {
            file: file.to_owned(),
            line,
            text: text.lines().nth(line - 1).unwrap_or_default().trim().to_owned(),
            what: wrong.what,
            nearest: wrong.nearest,
        };
        let title = text.lines().next().and_then(|line| line.strip_prefix("# "));
        let title = title.map(str::trim).filter(|title| !title.is_empty()).ok_or_else(|| {
            let what = "a script begins with what it claims: `# A claim has one winner`";
            refuse(1, what.to_owned().into())
        })?;
        let mut lines = Vec::new();
        for (at, line) in text.lines().enumerate() {
            let number = at + 1;
            let words = words::words(line).map_err(|OpenQuote(rest)| {
                refuse(number, format!("{rest} is never closed").into())
            })?;
            if let (Some(first), Some(last)) = (words.first(), words.last()) {
                let step = step(line, &words).map_err(|wrong| refuse(number, wrong))?;
                let text = line[first.start..last.end].to_owned();
                lines.push(Line { number, text, step });
            }
        }
        let cast = Cast::of(&mut lines).map_err(|(line, what)| refuse(line, what.into()))?;
        Ok(Self { file: file.to_owned(), title: title.to_owned(), lines, cast })
    }
}

fn step(line: &str, words: &[Word<'_>]) -> Result<Step, Wrong> {
    if let Some(sees) = sees(words) {
        return see(line, words, sees);
    }
    let arrow = words.iter().rposition(|word| word.is("->"));
    let (said, answer) = match arrow {
        Some(at) => (&words[..at], Some(&words[at + 1..])),
        None => (words, None),
    };
    let forms = STEPS.iter().chain(CHECKS).map(|form| (form.shape, form.read));
    let step = first_fitting(line, said, forms, "")?;
    match (step, answer) {
        (Step::Act { who, act, .. }, Some(words)) => {
            Ok(Step::Act { who, act, answer: refusal(line, words)? })
        }
        (Step::ClaimAtOnce { first, second, chat, .. }, words) => {
            let next = one_wins(line, words.unwrap_or_default())?;
            Ok(Step::ClaimAtOnce { first, second, chat, next })
        }
        (step, None) => Ok(step),
        (_, Some(_)) => Err("only what somebody does has an answer after `->`".to_owned().into()),
    }
}

/// The place of the verb in `Maya sees: …` and `Maya sees in Sam's chat: …`.
fn sees(words: &[Word<'_>]) -> Option<usize> {
    let colon = words.iter().position(|word| word.is(":"))?;
    words[..colon].iter().position(|word| word.is("sees") || word.is("see"))
}

fn see(line: &str, words: &[Word<'_>], verb: usize) -> Result<Step, Wrong> {
    let shapes = ["NAMES", "NAME never"];
    let who = |shape: &str| shape::fill(shape, line, &words[..verb]);
    let never = verb > 0 && words[verb - 1].is("never");
    let mut subject = who(shapes[usize::from(never)]).map_err(|mismatch| Wrong {
        what: mismatch.why.unwrap_or_else(|| format!("{:?} is nobody", subject_text(line, words))),
        nearest: vec!["NAMES see: SIGHT".to_owned(), "NAME never sees: SIGHT".to_owned()],
    })?;
    let (chat, mut seen) = sight_words(line, &words[verb + 1..])?;
    let whatever_else = !never && ends_with(seen, &["and", "whatever", "else"]);
    if whatever_else {
        seen = &seen[..seen.len() - 3];
    }
    let forms = SIGHTS.iter().map(|form| (form.shape, form.read));
    let mut sight = first_fitting(line, seen, forms, "NAME sees: ")?;
    match (&mut sight, chat) {
        (Sight::Happening { chat, .. } | Sight::Closed { chat, .. }, Some(named)) => {
            *chat = Some(named);
        }
        (
            Sight::Row { .. }
            | Sight::Gone { .. }
            | Sight::Typing { .. }
            | Sight::Marked { .. }
            | Sight::Previewing { .. }
            | Sight::Ahead(_)
            | Sight::Alarm(_)
            | Sight::AlarmOver(_),
            Some(_),
        ) => {
            return Err("only what happens in a chat is seen `in NAME's chat`".to_owned().into());
        }
        (_, None) => {}
    }
    Ok(if never {
        Step::NeverSee { who: subject.who(), sight }
    } else {
        Step::See { who: subject.everyone(), sight, whatever_else }
    })
}

fn subject_text<'a>(line: &'a str, words: &[Word<'_>]) -> &'a str {
    words.first().map_or("", |first| &line[first.start..first.end])
}

/// The chat of `in NAME's chat`, if it is there, and the words of the sight.
fn sight_words<'a, 'b>(
    line: &str,
    words: &'b [Word<'a>],
) -> Result<(Option<Name>, &'b [Word<'a>]), Wrong> {
    let colon = words.iter().position(|word| word.is(":")).unwrap_or_default();
    if colon == 0 {
        return Ok((None, words.get(1..).unwrap_or_default()));
    }
    let mut chat = shape::fill("in NAME's chat", line, &words[..colon]).map_err(|_| Wrong {
        what: format!("`{}` does not fit", &line[words[0].start..words[colon - 1].end]),
        nearest: vec!["NAME sees: SIGHT".to_owned(), "NAME sees in NAME's chat: SIGHT".to_owned()],
    })?;
    Ok((Some(forms::patron(chat.who())?), &words[colon + 1..]))
}

fn ends_with(words: &[Word<'_>], tail: &[&str]) -> bool {
    words.len() > tail.len()
        && words[words.len() - tail.len()..].iter().zip(tail).all(|(word, tail)| word.is(tail))
}

/// Reads by the first shape that fits; otherwise tells the nearest ones.
fn first_fitting<T>(
    line: &str,
    given: &[Word<'_>],
    forms: impl Iterator<Item = (&'static str, fn(&mut Slots) -> Result<T, String>)>,
    lead: &str,
) -> Result<T, Wrong> {
    let mut near: Vec<(Mismatch, usize, &str)> = Vec::new();
    for (shape, read) in forms {
        match shape::fill(shape, line, given) {
            Ok(mut slots) => return read(&mut slots).map_err(Wrong::from),
            Err(mismatch) => near.push((mismatch, shared_words(shape, given), shape)),
        }
    }
    near.sort_by_key(|(mismatch, shared, _)| std::cmp::Reverse(2 * mismatch.fitting + *shared));
    let best =
        near.iter().max_by_key(|(mismatch, _, _)| (mismatch.fitting, mismatch.why.is_some()));
    let what = match best {
        Some((Mismatch { why: Some(why), fitting }, ..)) if *fitting > 0 => why.clone(),
        Some((Mismatch { fitting, .. }, ..)) if *fitting < given.len() => {
            let from = given[*fitting].start;
            let end = given[given.len() - 1].end;
            format!("`{}` does not fit here", &line[from..end])
        }
        Some(_) | None => "the line stops too early".to_owned(),
    };
    let nearest = near.iter().take(NEAREST_MAX).map(|(_, _, shape)| format!("{lead}{shape}"));
    Err(Wrong { what, nearest: nearest.collect() })
}

/// How many of a shape's own words a line has.
fn shared_words(shape: &str, given: &[Word<'_>]) -> usize {
    let own = |word: &&str| word.chars().any(char::is_lowercase);
    shape.split([' ', ':', ',']).filter(own).filter(|own| given.iter().any(|w| w.is(own))).count()
}

/// `CODE`, `CODE by NAME`, and either with `, next: NAME`.
fn refusal(line: &str, words: &[Word<'_>]) -> Result<Answer, Wrong> {
    let wrong = || Wrong {
        what: "after `->` stands the code of a refusal".to_owned(),
        nearest: ["CODE", "CODE by NAME", "CODE by NAME, next: NAME", "CODE by NAME, next: nobody"]
            .map(|shape| format!("… -> {shape}"))
            .into(),
    };
    let (first, rest) = words.split_first().ok_or_else(wrong)?;
    let code = code(first.text)?;
    let (rest, next) = next(line, rest)?;
    let by = match rest {
        [] => None,
        _ => Some(shape::fill("by NAME", line, rest).map_err(|_| wrong())?.who()),
    };
    Ok(Answer::Refused { code, by, next })
}

fn code(text: &str) -> Result<ErrorCode, Wrong> {
    let known = ErrorCode::ALL.iter().copied().find(|code| code.as_str() == text);
    known.ok_or_else(|| {
        let shares = |code: &&ErrorCode| {
            let shared = |part: &str| part.len() > 2 && text.contains(part);
            code.as_str().split('_').any(shared) || code.as_str().starts_with(text)
        };
        let nearest = ErrorCode::ALL.iter().filter(shares).take(NEAREST_MAX);
        Wrong {
            what: format!(
                "{text:?} is no code of a refusal (`protocol/src/codes.rs` has them all)"
            ),
            nearest: nearest.map(|code| format!("… -> {}", code.as_str())).collect(),
        }
    })
}

fn one_wins(line: &str, words: &[Word<'_>]) -> Result<Option<Next>, Wrong> {
    let (rest, next) = next(line, words)?;
    if rest.len() == 2 && ends_with(&[&rest[..1], rest].concat(), &["one", "wins"]) {
        return Ok(next);
    }
    Err(Wrong {
        what: "who claims at once does not know who wins".to_owned(),
        nearest: vec![
            "NAME and NAME claim NAME's chat at once -> one wins".to_owned(),
            "NAME and NAME claim NAME's chat at once -> one wins, next: NAME".to_owned(),
        ],
    })
}

/// Splits `, next: NAME` off the end.
fn next<'a, 'b>(
    line: &str,
    words: &'b [Word<'a>],
) -> Result<(&'b [Word<'a>], Option<Next>), Wrong> {
    let Some(at) = words.iter().position(|word| word.is("next")) else {
        return Ok((words, None));
    };
    let before = &words[..at.saturating_sub(1)];
    if ends_with(&words[at - 1..], &["next", ":", "nobody"]) {
        return Ok((before, Some(Next::Nobody)));
    }
    let mut slots = shape::fill(", next: NAME", line, &words[at.saturating_sub(1)..])
        .map_err(|_| "write `, next: NAME` or `, next: nobody`".to_owned())?;
    let Who::Named(name) = slots.who() else {
        return Err("what is offered next is named by its patron".to_owned().into());
    };
    Ok((before, Some(Next::ChatOf(name))))
}

#[cfg(test)]
mod tests;
