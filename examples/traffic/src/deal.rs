//! Shares, dealt as from a shuffled deck: of every forty chats as many are missed, transferred, and
//! so on, as the share says, which of them by chance.
//!
//! Drawn each by itself, a short run would often show none of what is rare. Sizes, waits and times
//! are not dealt: they are spread enough by themselves (`chance.rs`).

use crate::chance::Chance;

/// Chats among which a share holds, to one more or less.
const DECK: u32 = 40;

/// What is dealt, each from a deck of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deck {
    /// Where the patron rings.
    Door,
    /// Whether nobody claims.
    Missed,
    /// Whether, and how, the patron drops out.
    Dropped,
    /// Whether, and where to, the chat is offered.
    Offered,
    /// Whether it ends with a ticket.
    Ticket,
}

/// The cards of one chat.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deal {
    seed: u64,
    /// The chat's, from 1.
    number: u32,
}

impl Deal {
    pub(crate) fn new(seed: u64, number: u32) -> Self {
        Self { seed, number }
    }

    /// From 0 up to, and never, 1; of any forty chats in a row from one deck, even.
    pub(crate) fn card(self, deck: Deck) -> f64 {
        let (round, place) = ((self.number - 1) / DECK, (self.number - 1) % DECK);
        // Beyond the streams of single chats, whose numbers take 32 bits.
        let stream = ((deck as u64 + 1) << 32) | u64::from(round);
        let mut chance = Chance::new(self.seed, stream);
        let offset = chance.unit();
        let mut cards: Vec<u32> = (0..DECK).collect();
        let mut card = 0;
        for _ in 0..=place {
            card = *chance.pick(&cards);
            cards.retain(|left| *left != card);
        }
        (f64::from(card) + offset) / f64::from(DECK)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_deck_holds_every_share_to_one_chat_more_or_less() {
        for first in [1, 41, 4_001] {
            let cards = (first..first + DECK).map(|number| Deal::new(9, number).card(Deck::Missed));
            let mut cards: Vec<f64> = cards.collect();
            let dealt = cards.clone();
            cards.sort_by(f64::total_cmp);
            assert_ne!(cards, dealt, "they are shuffled");
            for (at, card) in (0_u32..).zip(&cards) {
                let low = f64::from(at) / f64::from(DECK);
                assert!((low..low + 1.0 / f64::from(DECK)).contains(card), "{cards:?}");
            }
        }
    }

    #[test]
    fn decks_of_one_seed_differ() {
        let cards = |deck| (1..=DECK).map(|number| Deal::new(9, number).card(deck)).collect();
        let (missed, offered): (Vec<f64>, Vec<f64>) = (cards(Deck::Missed), cards(Deck::Offered));
        assert_ne!(missed, offered);
    }
}
