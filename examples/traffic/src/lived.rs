//! What became of a chat, as its patron saw it, and the count of many.
//!
//! Free of times and ids, so that two runs of one seed can be compared word for word.

use std::fmt;

use crate::plan::PlannedChat;

/// What became of one chat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lived {
    /// Its place in the plan.
    pub number: u32,
    /// The widget it rang at.
    pub widget: &'static str,
    /// What it was about.
    pub title: String,
    /// Who claimed it, one after the other.
    pub claims: Vec<String>,
    /// Who said what; `None` is the patron.
    pub said: Vec<(Option<String>, String)>,
    /// How it ended.
    pub ending: Ending,
    /// Whether a ticket came of it.
    pub ticket: bool,
    /// Whether the patron's connection was lost on the way.
    pub dropped: bool,
}

/// How a chat ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Its owner ended it.
    ByOperator,
    /// The patron ended it.
    ByPatron,
    /// Nobody claimed it.
    Missed,
    /// The patron was gone, and its owner ended it.
    Gone,
    /// It was ended early, because the traffic was.
    CutShort,
}

impl Lived {
    /// What a planned chat became.
    pub fn of(
        plan: &PlannedChat,
        claims: Vec<String>,
        said: Vec<(Option<String>, String)>,
        ending: Ending,
        ticket: bool,
    ) -> Self {
        Self {
            number: plan.number,
            widget: plan.door.widget,
            title: plan.title.clone(),
            claims,
            said,
            ending,
            ticket,
            dropped: plan.drop.is_some(),
        }
    }
}

impl fmt::Display for Lived {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>4}  {}: {}; ", self.number, self.widget, self.title)?;
        match self.claims.as_slice() {
            [] => {}
            [one] => write!(f, "{one}, ")?,
            [one, others @ ..] => write!(f, "{one}, then {}, ", others.join(", "))?,
        }
        let said = self.said.len();
        write!(f, "{said} {}, ", if said == 1 { "message" } else { "messages" })?;
        f.write_str(match self.ending {
            Ending::ByOperator => "ended by the operator",
            Ending::ByPatron => "ended by the patron",
            Ending::Missed => "missed",
            Ending::Gone => "ended after the patron was gone",
            Ending::CutShort => "cut short",
        })?;
        f.write_str(if self.ticket { ", with a ticket" } else { "" })
    }
}

/// How many chats became what.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// All that are over.
    pub chats: u32,
    /// Somebody claimed them.
    pub claimed: u32,
    /// Nobody did.
    pub missed: u32,
    /// More than one claimed them.
    pub transferred: u32,
    /// Their patron's connection was lost.
    pub dropped: u32,
    /// A ticket came of them.
    pub tickets: u32,
    /// Messages in all of them.
    pub messages: usize,
    /// They went otherwise than planned: a person took part, or the traffic was ended.
    pub otherwise: u32,
    /// They could not be lived to their end; why was told.
    pub failed: u32,
}

impl Tally {
    /// Counts a chat that is over.
    pub fn count(&mut self, lived: &Lived, as_planned: bool) {
        self.chats += 1;
        // What was cut short while it still waited is neither.
        self.claimed += u32::from(!lived.claims.is_empty());
        self.missed += u32::from(lived.ending == Ending::Missed);
        self.transferred += u32::from(lived.claims.len() > 1);
        self.dropped += u32::from(lived.dropped);
        self.tickets += u32::from(lived.ticket);
        self.messages += lived.said.len();
        self.otherwise += u32::from(!as_planned);
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { chats, claimed, missed, transferred, dropped, .. } = self;
        let Self { tickets, messages, otherwise, failed, .. } = self;
        write!(
            f,
            "{chats} chats: {claimed} claimed, {missed} missed, {transferred} transferred, \
             {dropped} dropped, {tickets} tickets, {messages} messages; \
             {otherwise} otherwise than planned, {failed} failed"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lived(claims: &[&str], ending: Ending) -> Lived {
        Lived {
            number: 7,
            widget: "elm-home",
            title: "Fines".to_owned(),
            claims: claims.iter().map(|name| (*name).to_owned()).collect(),
            said: vec![(None, "Hi".to_owned())],
            ending,
            ticket: false,
            dropped: false,
        }
    }

    #[test]
    fn a_tally_counts_claimed_and_missed_apart_and_what_was_cut_short_as_neither() {
        let mut tally = Tally::default();
        tally.count(&lived(&["Theo", "Nadia"], Ending::ByPatron), true);
        tally.count(&lived(&[], Ending::Missed), true);
        tally.count(&lived(&[], Ending::CutShort), false);
        let line = tally.to_string();
        assert!(line.starts_with("3 chats: 1 claimed, 1 missed, 1 transferred, 0 dropped"));
        assert!(line.ends_with("1 otherwise than planned, 0 failed"), "{line}");
    }

    #[test]
    fn a_line_says_who_answered_and_how_it_ended() {
        let line = lived(&["Theo", "Nadia"], Ending::Gone).to_string();
        let words = "elm-home: Fines; Theo, then Nadia, 1 message, ended after the patron was gone";
        assert_eq!(line.trim_start(), format!("7  {words}"));
    }
}
