//! Talks: what patrons and operators say, from text files. Reading only; which message takes how
//! much of it is drawn elsewhere (`compose.rs`).
//!
//! A `.talk` file is a conversation. Its first line is a comment and says what it is about; each
//! further line is a turn, `patron:` or `operator:` and what is said; the patron begins. `|` marks
//! where a message may end, for who writes short ones; `{patron}`, `{operator}` and `{library}` are
//! filled in. `everyday.phrases` has the same form and what belongs to no subject, by kind.

use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};

/// Who says something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// Who asks.
    Patron,
    /// Who answers.
    Operator,
}

/// What one person says before the other has the word: pieces, none of them empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// Who.
    pub side: Side,
    /// A message takes one or more.
    pub pieces: Vec<String>,
}

/// A conversation about one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Talk {
    /// What it is about.
    pub title: String,
    /// The first is the patron's question.
    pub turns: Vec<Turn>,
}

/// What is said whatever the subject is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Phrases {
    /// An operator's first words.
    pub greetings: Vec<String>,
    /// The first words of an operator who took over.
    pub takeovers: Vec<String>,
    /// A patron goes on to something else.
    pub more: Vec<String>,
    /// A patron is content.
    pub thanks: Vec<String>,
    /// A patron has to go.
    pub hurries: Vec<String>,
    /// An operator's last words.
    pub farewells: Vec<String>,
    /// For who is asked to take over.
    pub notes: Vec<String>,
    /// Patrons' names.
    pub names: Vec<String>,
    /// What operators paste, in pieces.
    pub operator_pastes: Vec<Vec<String>>,
    /// What patrons paste.
    pub patron_pastes: Vec<Vec<String>>,
}

/// All that can be said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repertoire {
    /// In the order of their files' names.
    pub talks: Vec<Talk>,
    /// Between and around them.
    pub phrases: Phrases,
}

impl Repertoire {
    /// Reads a folder of `*.talk` with its `everyday.phrases`.
    pub fn read(folder: &Path) -> Result<Self> {
        let entries = std::fs::read_dir(folder)
            .with_context(|| format!("{} holds no talks", folder.display()))?;
        let mut files = Vec::new();
        for entry in entries {
            files.push(entry?.path());
        }
        files.retain(|file| file.extension().is_some_and(|ending| ending == "talk"));
        // The order of a folder is the machine's; that of names is everybody's.
        files.sort();
        let mut talks = Vec::new();
        for file in files {
            let text = std::fs::read_to_string(&file)?;
            talks.push(Talk::parse(&text).with_context(|| file.display().to_string())?);
        }
        ensure!(talks.len() >= 2, "{}: at least two talks are needed", folder.display());
        let file = folder.join("everyday.phrases");
        let text = std::fs::read_to_string(&file).with_context(|| file.display().to_string())?;
        let phrases = Phrases::parse(&text).with_context(|| file.display().to_string())?;
        Ok(Self { talks, phrases })
    }
}

impl Talk {
    /// Reads one.
    pub fn parse(text: &str) -> Result<Self> {
        let title = text.lines().next().and_then(|line| line.strip_prefix("# "));
        let title = title.context("line 1: begin with `# ` and what the talk is about")?.to_owned();
        let mut turns = Vec::new();
        for (line, key, said) in lines(text)? {
            let side = match key {
                "patron" => Side::Patron,
                "operator" => Side::Operator,
                _ => bail!("line {line}: `{key}` says nothing here: write patron or operator"),
            };
            turns.push(Turn { side, pieces: pieces(said) });
        }
        let first = turns.first().map(|turn: &Turn| turn.side);
        ensure!(first == Some(Side::Patron), "the patron begins, with her question");
        let answered = turns.iter().any(|turn| turn.side == Side::Operator);
        ensure!(answered, "nobody answers");
        Ok(Self { title, turns })
    }
}

impl Phrases {
    /// Reads them; of each kind there must be one.
    pub fn parse(text: &str) -> Result<Self> {
        let mut phrases = Self::default();
        for (line, key, said) in lines(text)? {
            let whole = said.to_owned();
            match key {
                "greeting" => phrases.greetings.push(whole),
                "takeover" => phrases.takeovers.push(whole),
                "more" => phrases.more.push(whole),
                "thanks" => phrases.thanks.push(whole),
                "hurry" => phrases.hurries.push(whole),
                "farewell" => phrases.farewells.push(whole),
                "note" => phrases.notes.push(whole),
                "name" => phrases.names.push(whole),
                "operator pastes" => phrases.operator_pastes.push(pieces(said)),
                "patron pastes" => phrases.patron_pastes.push(pieces(said)),
                _ => bail!("line {line}: `{key}` is no kind of phrase"),
            }
        }
        let kinds = [
            ("greeting", phrases.greetings.len()),
            ("takeover", phrases.takeovers.len()),
            ("more", phrases.more.len()),
            ("thanks", phrases.thanks.len()),
            ("hurry", phrases.hurries.len()),
            ("farewell", phrases.farewells.len()),
            ("note", phrases.notes.len()),
            ("name", phrases.names.len()),
            ("operator pastes", phrases.operator_pastes.len()),
            ("patron pastes", phrases.patron_pastes.len()),
        ];
        for (kind, count) in kinds {
            ensure!(count > 0, "there is no `{kind}:`");
        }
        Ok(phrases)
    }
}

/// The lines that say something: their number, what stands before the colon, and what after it.
fn lines(text: &str) -> Result<Vec<(usize, &str, &str)>> {
    let mut found = Vec::new();
    for (at, line) in text.lines().enumerate() {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let number = at + 1;
        let (key, said) =
            line.split_once(':').with_context(|| format!("line {number}: no `KIND: TEXT`"))?;
        let (key, said) = (key.trim(), said.trim());
        ensure!(!pieces(said).is_empty(), "line {number}: nothing is said");
        found.push((number, key, said));
    }
    Ok(found)
}

fn pieces(said: &str) -> Vec<String> {
    let parts = said.split('|').map(str::trim).filter(|part| !part.is_empty());
    parts.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_talk_is_read_turn_by_turn_and_piece_by_piece() {
        let talk =
            Talk::parse("# Fines\n\npatron: Hi. | Do I owe: a fine?\noperator: No.").unwrap();
        assert_eq!(talk.title, "Fines");
        assert_eq!(talk.turns[0].pieces, ["Hi.", "Do I owe: a fine?"]);
        assert_eq!(talk.turns[1], Turn { side: Side::Operator, pieces: vec!["No.".to_owned()] });
    }

    #[test]
    fn what_is_no_talk_is_refused_with_its_line() {
        let why = |text: &str| Talk::parse(text).unwrap_err().to_string();
        assert!(why("patron: Hi").contains("line 1"));
        assert!(why("# A\nmaya: Hi").contains("line 2: `maya`"));
        assert!(why("# A\npatron Hi").contains("line 2: no `KIND: TEXT`"));
        assert!(why("# A\npatron: |").contains("line 2: nothing is said"));
        assert!(why("# A\noperator: Hi").contains("the patron begins"));
        assert!(why("# A\npatron: Hi").contains("nobody answers"));
    }

    #[test]
    fn every_kind_of_phrase_must_be_there() {
        let error = Phrases::parse("greeting: Hello").unwrap_err().to_string();
        assert_eq!(error, "there is no `takeover:`");
        assert!(Phrases::parse("joke: Knock").unwrap_err().to_string().contains("line 1"));
    }

    #[test]
    fn the_talks_of_this_folder_can_be_read_and_differ() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("talks");
        let repertoire = Repertoire::read(&folder).unwrap();
        assert!(repertoire.talks.len() >= 30, "{} talks", repertoire.talks.len());
        let mut titles: Vec<_> = repertoire.talks.iter().map(|talk| &talk.title).collect();
        titles.sort();
        titles.dedup();
        assert_eq!(titles.len(), repertoire.talks.len());
    }
}
