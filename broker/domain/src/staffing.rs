//! Staffing: who stood where, and when, so that coverage can be reported afterwards, and a restart
//! knows where somebody stood just before.
//!
//! A fact is stored when it changes; nothing is decided on it. Not here: who is connected (the
//! shell's presence), and who may stand there (`directory`).

use std::collections::BTreeSet;

use deskbell_protocol::ids::{Target, UserId};

/// A person began or ceased to stand where patrons ring.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StaffingEvent {
    /// What rings at `at` reaches `who` from now on.
    Began {
        /// Who.
        who: UserId,
        /// Where.
        at: Target,
    },
    /// It reaches her no longer.
    Ceased {
        /// Who.
        who: UserId,
        /// Where.
        at: Target,
    },
}

/// Who stands where, by the facts so far.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Staffing(BTreeSet<(Target, UserId)>);

impl Staffing {
    /// Takes in a fact; tells whether it is news.
    pub fn evolve(&mut self, event: &StaffingEvent) -> bool {
        match event {
            StaffingEvent::Began { who, at } => self.0.insert((at.clone(), who.clone())),
            StaffingEvent::Ceased { who, at } => self.0.remove(&(at.clone(), who.clone())),
        }
    }

    /// Whether anybody stands at `target`.
    pub fn anybody_at(&self, target: &Target) -> bool {
        self.0.iter().any(|(at, _)| at == target)
    }

    /// Everybody, and where.
    pub fn all(&self) -> impl Iterator<Item = (&Target, &UserId)> {
        self.0.iter().map(|(at, who)| (at, who))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn somebody_stands_where_the_last_fact_says_so() {
        let (maya, noor): (UserId, UserId) = ("maya".parse().unwrap(), "noor".parse().unwrap());
        let at: Target = "coop/tri".parse().unwrap();
        let began = |who: &UserId| StaffingEvent::Began { who: who.clone(), at: at.clone() };
        let ceased = |who: &UserId| StaffingEvent::Ceased { who: who.clone(), at: at.clone() };
        let mut staffing = Staffing::default();
        assert!(staffing.evolve(&began(&maya)) && staffing.evolve(&began(&noor)));
        assert!(!staffing.evolve(&began(&maya)), "what is so already is no news");
        assert!(staffing.evolve(&ceased(&maya)) && staffing.anybody_at(&at));
        assert!(staffing.evolve(&ceased(&noor)) && !staffing.anybody_at(&at));
        assert!(!staffing.evolve(&ceased(&noor)));
    }
}
