//! What is said in one chat: messages cut from talks, as many and as long as was drawn.
//!
//! Pure. A chat takes one talk, and another one after it if there is more to say; its last two
//! messages are farewells. Nobody's message is cut inside a piece. Not here: when anything is said.

use crate::chance::Chance;
use crate::spread;
use crate::talk::{Phrases, Repertoire, Side, Talk, Turn};

/// A message and who says it.
pub(crate) type Said = (Side, String);

/// What a chat is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Words {
    /// What the first talk is about.
    pub(crate) title: String,
    /// What the patron rings with.
    pub(crate) question: String,
    /// All messages after it.
    pub(crate) messages: Vec<Said>,
}

/// Who and where, for what is filled in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Names<'a> {
    /// The patron's name, if she gives one.
    pub(crate) patron: Option<&'a str>,
    /// Who answers.
    pub(crate) operator: &'a str,
    /// The patron's library.
    pub(crate) library: &'a str,
}

impl Names<'_> {
    /// The text with everybody's name in it.
    pub(crate) fn fill(self, text: &str) -> String {
        text.replace("{patron}", self.patron.unwrap_or("there"))
            .replace("{operator}", self.operator)
            .replace("{library}", self.library)
    }
}

/// A pasted answer stands for what no talk is long enough for.
const PASTE_FROM: usize = 180;
/// The last two messages.
const FAREWELLS: usize = 2;

/// Composes a chat of `count` messages.
pub(crate) fn compose(
    chance: &mut Chance,
    from: &Repertoire,
    count: usize,
    names: Names<'_>,
) -> Words {
    let talk = chance.pick(&from.talks);
    let phrases = &from.phrases;
    let (asks, rest) = talk.turns.split_first().expect("a talk begins with a question");
    let mut rest = rest.to_vec();
    // Whose first words an operator speaks twice are not hers: some talks greet by themselves.
    if rest.first().is_some_and(|turn| !greets(turn)) {
        rest.insert(0, turn(Side::Operator, chance.pick(&phrases.greetings).as_str()));
    }
    let mut mouth = Mouth { phrases, rest: rest.into_iter(), now: None };
    let mut messages = Vec::new();
    while messages.len() + FAREWELLS < count {
        if let Some(message) = mouth.next(chance) {
            messages.push(message);
        } else {
            let next = other_talk(chance, from, talk);
            mouth.go_on(chance, next);
        }
    }
    let leaving = if mouth.is_done() { &phrases.thanks } else { &phrases.hurries };
    messages.push((Side::Patron, chance.pick(leaving).clone()));
    messages.push((Side::Operator, chance.pick(&phrases.farewells).clone()));
    for (_, text) in &mut messages {
        *text = names.fill(text);
    }
    let question = names.fill(&asks.pieces.join(" "));
    Words { title: talk.title.clone(), question, messages }
}

fn other_talk<'a>(chance: &mut Chance, from: &'a Repertoire, than: &Talk) -> &'a Talk {
    loop {
        let talk = chance.pick(&from.talks);
        if talk.title != than.title {
            return talk;
        }
    }
}

fn turn(side: Side, text: &str) -> Turn {
    Turn { side, pieces: vec![text.to_owned()] }
}

fn greets(turn: &Turn) -> bool {
    let first = turn.pieces.first().map_or("", String::as_str);
    ["Hello", "Hi", "Welcome"].iter().any(|word| first.starts_with(word))
}

/// Takes messages out of turns.
struct Mouth<'a> {
    phrases: &'a Phrases,
    rest: std::vec::IntoIter<Turn>,
    /// The turn that is being said: whose, and what of it is left.
    now: Option<(Side, std::vec::IntoIter<String>)>,
}

impl Mouth<'_> {
    /// The next message, as long as is drawn for it; `None` once all is said.
    fn next(&mut self, chance: &mut Chance) -> Option<Said> {
        loop {
            if let Some((side, pieces)) = &mut self.now
                && !pieces.as_slice().is_empty()
            {
                let (side, median, pastes) = match side {
                    Side::Operator => (
                        Side::Operator,
                        spread::OPERATOR_CHARACTERS_MEDIAN,
                        &self.phrases.operator_pastes,
                    ),
                    Side::Patron => {
                        let pastes = &self.phrases.patron_pastes;
                        (Side::Patron, spread::PATRON_CHARACTERS_MEDIAN, pastes)
                    }
                };
                let wanted = spread::characters(chance, median);
                if wanted >= PASTE_FROM {
                    let mut paste = chance.pick(pastes).clone().into_iter();
                    return Some((side, take(&mut paste, wanted)));
                }
                return Some((side, take(pieces, wanted)));
            }
            let turn = self.rest.next()?;
            self.now = Some((turn.side, turn.pieces.into_iter()));
        }
    }

    fn is_done(&self) -> bool {
        self.rest.as_slice().is_empty()
            && self.now.as_ref().is_none_or(|(_, pieces)| pieces.as_slice().is_empty())
    }

    /// The patron has another question.
    fn go_on(&mut self, chance: &mut Chance, talk: &Talk) {
        let mut turns = talk.turns.clone();
        if let Some(asks) = turns.first_mut() {
            asks.pieces.insert(0, chance.pick(&self.phrases.more).clone());
        }
        self.rest = turns.into_iter();
    }
}

/// As many pieces as come closest to the length, at least one.
fn take(pieces: &mut std::vec::IntoIter<String>, wanted: usize) -> String {
    let mut text = pieces.next().unwrap_or_default();
    while let Some(next) = pieces.as_slice().first() {
        let (short, long) = (text.chars().count(), text.chars().count() + 1 + next.chars().count());
        if long.abs_diff(wanted) >= short.abs_diff(wanted) {
            break;
        }
        text.push(' ');
        text.push_str(next);
        pieces.next();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repertoire() -> Repertoire {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("talks");
        Repertoire::read(&folder).unwrap()
    }

    const NAMES: Names<'static> =
        Names { patron: Some("Kim"), operator: "Theo", library: "Elm Public Library" };

    #[test]
    fn a_chat_has_as_many_messages_as_were_drawn_and_ends_with_farewells() {
        let repertoire = repertoire();
        for count in [4, 5, 20, 37, 100] {
            let mut chance = Chance::new(7, 0);
            let words = compose(&mut chance, &repertoire, count, NAMES);
            assert_eq!(words.messages.len(), count);
            let last: Vec<_> = words.messages[count - 2..].iter().map(|(side, _)| *side).collect();
            assert_eq!(last, [Side::Patron, Side::Operator]);
            assert_eq!(words.messages[0].0, Side::Operator, "somebody answers first");
        }
    }

    #[test]
    fn no_name_is_left_to_fill_in_and_no_message_is_empty() {
        let repertoire = repertoire();
        for stream in 0..200 {
            let mut chance = Chance::new(7, stream);
            let words = compose(&mut chance, &repertoire, 60, NAMES);
            for (_, text) in &words.messages {
                assert!(!text.is_empty() && !text.contains(['{', '|']), "{text}");
                assert!(text.len() <= 4_096, "a broker takes no longer one: {text}");
            }
        }
    }

    #[test]
    fn pieces_are_taken_until_the_length_is_closest() {
        let taken = |wanted| {
            take(
                &mut ["ab", "cd", "efgh"]
                    .map(str::to_owned)
                    .into_iter()
                    .collect::<Vec<_>>()
                    .into_iter(),
                wanted,
            )
        };
        assert_eq!(taken(0), "ab");
        assert_eq!(taken(4), "ab cd");
        assert_eq!(taken(6), "ab cd");
        assert_eq!(taken(99), "ab cd efgh");
    }
}
