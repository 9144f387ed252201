//! A line as words: what is between spaces, a quoted text as one word, and the marks `:` `,` `(`
//! `)` at a word's edge on their own. Shapes of steps are cut into words in the same way.
//!
//! Not here: what the words mean.

/// A word and where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Word<'a> {
    /// The word; of a quoted text what is between the quotes.
    pub(crate) text: &'a str,
    /// Whether it stood in quotes.
    pub(crate) quoted: bool,
    /// Where it starts in the line, its quote included.
    pub(crate) start: usize,
    /// Where it ends, its quote included.
    pub(crate) end: usize,
}

impl Word<'_> {
    /// Whether it is this very word, outside quotes.
    pub(crate) fn is(&self, literal: &str) -> bool {
        !self.quoted && self.text == literal
    }
}

/// A quote that is opened and never closed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct OpenQuote<'a>(pub(crate) &'a str);

/// Cuts a line into words; what follows a lone `#` is a comment and left out.
pub(crate) fn words(line: &str) -> Result<Vec<Word<'_>>, OpenQuote<'_>> {
    let mut words = Vec::new();
    let mut at = 0;
    while at < line.len() {
        let rest = &line[at..];
        let first = rest.chars().next().expect("`at` stays on a character's edge");
        if first.is_whitespace() {
            at += first.len_utf8();
        } else if first == '"' {
            let end = rest[1..].find('"').ok_or(OpenQuote(rest))?;
            words.push(Word { text: &rest[1..=end], quoted: true, start: at, end: at + end + 2 });
            at += end + 2;
        } else if "(),:".contains(first) {
            words.push(Word { text: &rest[..1], quoted: false, start: at, end: at + 1 });
            at += 1;
        } else {
            let text = plain_word(rest);
            if text == "#" {
                break;
            }
            words.push(Word { text, quoted: false, start: at, end: at + text.len() });
            at += text.len();
        }
    }
    Ok(words)
}

/// Up to the next space, without the marks at its end.
fn plain_word(rest: &str) -> &str {
    let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
    let trimmed = rest[..end].trim_end_matches(['(', ')', ',', ':']);
    if trimmed.is_empty() { &rest[..end] } else { trimmed }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(line: &str) -> Vec<&str> {
        words(line).unwrap().iter().map(|word| word.text).collect()
    }

    #[test]
    fn marks_at_the_edge_of_a_word_stand_alone_and_inside_it_do_not() {
        assert_eq!(texts("Sam: hi"), ["Sam", ":", "hi"]);
        assert_eq!(texts("(note: \"a, b\")"), ["(", "note", ":", "a, b", ")"]);
        assert_eq!(texts("at 10:30, then"), ["at", "10:30", ",", "then"]);
    }

    #[test]
    fn a_lone_hash_starts_a_comment_and_one_in_a_word_or_in_quotes_does_not() {
        assert_eq!(texts("Sam reloads  # again"), ["Sam", "reloads"]);
        assert_eq!(texts("room #5"), ["room", "#5"]);
        assert_eq!(texts("\"a # b\" # c"), ["a # b"]);
    }

    #[test]
    fn a_quote_that_is_never_closed_is_named() {
        assert_eq!(words("Sam says: \"oh"), Err(OpenQuote("\"oh")));
    }
}
