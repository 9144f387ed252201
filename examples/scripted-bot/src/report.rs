//! How a script went, for people: the line, what it expects, what came.

use std::fmt;

/// How a script went, if nothing failed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a script that was skipped has not passed"]
pub enum Outcome {
    /// Every line held.
    Passed,
    /// It was not played.
    Skipped {
        /// Why.
        why: String,
    },
}

/// The line at which a script and the broker differ.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Failure {
    /// The script.
    pub file: String,
    /// What the script claims.
    pub title: String,
    /// From 1; the last line's if the end of the script is what fails.
    pub line: usize,
    /// The line as written.
    pub text: String,
    /// What should have been.
    pub expected: String,
    /// What was, in the words of a script where it has some.
    pub came: Vec<String>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}\n    {}", self.file, self.line, self.title, self.text)?;
        write!(f, "\n  expected  {}", self.expected)?;
        match self.came.split_first() {
            None => write!(f, "\n  came      nothing"),
            Some((first, rest)) => {
                write!(f, "\n  came      {first}")?;
                rest.iter().try_for_each(|line| write!(f, "\n            {line}"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_tells_the_line_what_it_expects_and_all_that_came() {
        let failure = Failure {
            file: "claim.chat".to_owned(),
            title: "A claim has one winner".to_owned(),
            line: 9,
            text: "Ines sees: claimed by Maya".to_owned(),
            expected: "Ines sees: claimed by Maya".to_owned(),
            came: vec!["Sam: hello".to_owned(), "Sam: still there?".to_owned()],
        };
        let told = "claim.chat:9: A claim has one winner\n    Ines sees: claimed by Maya\n  \
            expected  Ines sees: claimed by Maya\n  came      Sam: hello\n            \
            Sam: still there?";
        assert_eq!(failure.to_string(), told);
    }
}
