//! The plan: from a seed, every chat that will ring, with all that is drawn for it.
//!
//! Pure and endless: the same seed and repertoire give the same chats in the same order, and what
//! each should come to. Not here: living it (`player.rs`).

use std::time::Duration;

use crate::cast::{self, Colleague, Door};
use crate::chance::Chance;
use crate::compose::{Names, compose};
use crate::deal::{Deal, Deck};
use crate::lived::{Ending, Lived};
use crate::spread;
use crate::talk::{Repertoire, Side};

/// A chat that will ring.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedChat {
    /// Its place in the plan, from 1.
    pub number: u32,
    /// When it rings, from the beginning of the plan.
    pub rings: Duration,
    /// Where.
    pub door: &'static Door,
    /// What it is about.
    pub title: String,
    /// The patron's name, if she gives one.
    pub name: Option<String>,
    /// What she rings with.
    pub question: String,
    /// How long she waits if nobody comes.
    pub patience: Duration,
    /// Who claims it, and when; `None`: nobody does.
    pub claim: Option<Claim>,
    /// What is said, in this order, once somebody has claimed.
    pub steps: Vec<Step>,
    /// An offer to somebody else.
    pub transfer: Option<Transfer>,
    /// The patron's connection is lost.
    pub drop: Option<Drop>,
    /// Who ends it.
    pub ended_by: Side,
    /// Where to answer, if it ends with a ticket.
    pub ticket: Option<String>,
}

/// That a colleague claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    /// Who.
    pub by: &'static Colleague,
    /// After this, if nobody else did.
    pub after: Duration,
}

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Since what was before it.
    pub gap: Duration,
    /// Whose.
    pub side: Side,
    /// Whether the others see somebody typing before.
    pub typed: bool,
    /// What is said.
    pub text: String,
}

/// An offer of the chat, which is claimed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfer {
    /// Before which step.
    pub before: usize,
    /// A colleague, or the co-op: its login name or id as a target.
    pub to: String,
    /// Who claims it, and when.
    pub claim: Claim,
    /// For that colleague.
    pub note: String,
    /// Whether the patron is told.
    pub told: bool,
}

/// A loss of the patron's connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drop {
    /// Before which step.
    pub before: usize,
    /// How long she is away; `None`: she does not come back.
    pub away: Option<Duration>,
}

/// After so long without her patron an owner ends the chat, as the desk suggests.
pub(crate) const OWNER_WAITS: Duration = Duration::from_mins(2);
/// An offer lapses after two minutes: nobody takes longer to claim one.
const OFFER_CLAIMED_WITHIN: Duration = Duration::from_secs(90);
/// No message comes faster after another.
const GAP_LEAST_SECONDS: f64 = 0.5;
/// Characters that take as long to type as a message takes to think of.
const THINKING_CHARACTERS: f64 = 40.0;

/// All chats of a seed, in the order of their rings; endless.
#[derive(Debug)]
pub struct Plan<'a> {
    seed: u64,
    repertoire: &'a Repertoire,
    rings: Chance,
    /// When the last one rang, in seconds.
    now: f64,
    number: u32,
}

impl<'a> Plan<'a> {
    /// The plan of a seed.
    pub fn new(seed: u64, repertoire: &'a Repertoire) -> Self {
        Self { seed, repertoire, rings: Chance::new(seed, 0), now: 0.0, number: 0 }
    }
}

impl Iterator for Plan<'_> {
    type Item = PlannedChat;

    fn next(&mut self) -> Option<PlannedChat> {
        self.number = self.number.checked_add(1)?;
        self.now = spread::next_ring(&mut self.rings, self.now);
        let mut chance = Chance::new(self.seed, u64::from(self.number));
        let rings = Duration::from_secs_f64(self.now);
        let deal = Deal::new(self.seed, self.number);
        Some(chat(&mut chance, deal, self.repertoire, self.number, rings))
    }
}

fn chat(
    chance: &mut Chance,
    deal: Deal,
    from: &Repertoire,
    number: u32,
    rings: Duration,
) -> PlannedChat {
    let (door, by) = cast::ring(chance, deal.card(Deck::Door));
    let is_named = chance.happens(spread::NAMED);
    let called = chance.pick(&from.phrases.names).clone();
    let (count, lasts) = spread::size(chance);
    let names = Names {
        patron: is_named.then_some(called.as_str()),
        operator: by.name,
        library: door.library,
    };
    let words = compose(chance, from, count, names);
    let missed = deal.card(Deck::Missed) < spread::MISSED;
    let (patience, after) = (spread::patience(chance), spread::until_claim(chance));
    // Shares are of all chats, and these can only befall those that somebody claims.
    let of_claimed = |share: f64| share / (1.0 - spread::MISSED);
    let dropped = of_claimed(spread::DROPPED);
    let drop = drop_out(chance, deal.card(Deck::Dropped) / dropped, words.messages.len());
    let gone = drop.is_some_and(|drop| drop.away.is_none());
    let gone_share = dropped * (1.0 - spread::BACK);
    let of_stayers = |share: f64| of_claimed(share) / (1.0 - gone_share);
    let mut messages = words.messages;
    let offered = deal.card(Deck::Offered) / of_stayers(spread::TRANSFERRED);
    let transfer = transfer(chance, offered, from, &messages, by).filter(|_| !gone && !missed);
    if let Some(transfer) = &transfer {
        let second = Names { operator: transfer.claim.by.name, ..names };
        messages[transfer.before].1 = second.fill(chance.pick(&from.phrases.takeovers).as_str());
    }
    let waits = transfer.as_ref().map_or(Duration::ZERO, |it| it.claim.after)
        + drop.and_then(|it| it.away).unwrap_or(Duration::ZERO);
    let steps = paced(chance, messages, lasts.saturating_sub(waits));
    let by_patron = chance.happens(spread::ENDED_BY_PATRON);
    let asks = deal.card(Deck::Ticket) < of_stayers(spread::TICKETS);
    PlannedChat {
        number,
        rings,
        door,
        title: words.title,
        name: is_named.then(|| called.clone()),
        question: words.question,
        patience,
        claim: (!missed).then_some(Claim { by, after }),
        steps,
        transfer,
        drop: drop.filter(|_| !missed),
        ended_by: if by_patron && !gone { Side::Patron } else { Side::Operator },
        ticket: (asks && !gone && !missed)
            .then(|| format!("{}@example.org", called.to_lowercase())),
    }
}

/// A loss of the connection, if the patron's card is below 1; she returns by how far.
fn drop_out(chance: &mut Chance, card: f64, count: usize) -> Option<Drop> {
    let places: Vec<usize> = (1..count).collect();
    let before = *chance.pick(&places);
    let away = Duration::from_secs_f64(chance.between(2.0, spread::BACK_SECONDS));
    let back = card < spread::BACK;
    (card < 1.0).then_some(Drop { before, away: back.then_some(away) })
}

/// An offer, if the chat's card is below 1, and to whom by how far: before one of the operator's
/// messages that is neither the first nor the last.
fn transfer(
    chance: &mut Chance,
    card: f64,
    from: &Repertoire,
    messages: &[(Side, String)],
    by: &'static Colleague,
) -> Option<Transfer> {
    let places: Vec<usize> =
        (1..messages.len() - 1).filter(|at| messages[*at].0 == Side::Operator).collect();
    if places.is_empty() || card >= 1.0 {
        return None;
    }
    let other = by.other();
    let to = if card < spread::TRANSFERRED_TO_OPERATOR {
        format!("operator/{}", other.user)
    } else {
        cast::COOP.to_owned()
    };
    let after = spread::until_claim(chance).min(OFFER_CLAIMED_WITHIN);
    Some(Transfer {
        before: *chance.pick(&places),
        to,
        claim: Claim { by: other, after },
        note: chance.pick(&from.phrases.notes).clone(),
        told: chance.happens(0.5),
    })
}

/// Gives each message its gap, so that all of them take as long as was drawn.
fn paced(chance: &mut Chance, messages: Vec<(Side, String)>, lasts: Duration) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut weights = Vec::new();
    for (side, text) in messages {
        // What is pasted is not typed: beyond a few lines a message takes no longer.
        let characters = u32::try_from(text.chars().count().min(200)).expect("at most 200");
        weights.push((THINKING_CHARACTERS + f64::from(characters)) * chance.between(0.3, 1.7));
        let typed = chance.happens(spread::TYPED);
        steps.push(Step { gap: Duration::ZERO, side, typed, text });
    }
    let all: f64 = weights.iter().sum();
    for (step, weight) in steps.iter_mut().zip(weights) {
        let seconds = (lasts.as_secs_f64() * weight / all).max(GAP_LEAST_SECONDS);
        step.gap = Duration::from_secs_f64(seconds);
    }
    steps
}

impl PlannedChat {
    /// How many of its steps are said.
    pub fn said(&self) -> usize {
        match (self.claim, self.drop) {
            (None, _) => 0,
            (Some(_), Some(Drop { before, away: None })) => before,
            (Some(_), _) => self.steps.len(),
        }
    }

    /// What it should come to if nobody else takes part.
    pub fn expected(&self) -> Lived {
        let Some(claim) = self.claim else {
            return Lived::of(self, Vec::new(), Vec::new(), Ending::Missed, false);
        };
        let mut owner = claim.by;
        let mut claims = vec![owner.name.to_owned()];
        let mut said = Vec::new();
        for (at, step) in self.steps.iter().take(self.said()).enumerate() {
            if let Some(transfer) = self.transfer.as_ref().filter(|it| it.before == at) {
                owner = transfer.claim.by;
                claims.push(owner.name.to_owned());
            }
            let name = (step.side == Side::Operator).then(|| owner.name.to_owned());
            said.push((name, step.text.clone()));
        }
        let ending = match (self.drop, self.ended_by) {
            (Some(Drop { away: None, .. }), _) => Ending::Gone,
            (_, Side::Patron) => Ending::ByPatron,
            (_, Side::Operator) => Ending::ByOperator,
        };
        Lived::of(self, claims, said, ending, self.ticket.is_some())
    }

    /// From its claim to its end, if it goes as planned.
    pub fn lasts(&self) -> Duration {
        let gaps: Duration = self.steps.iter().take(self.said()).map(|step| step.gap).sum();
        let offered = self.transfer.as_ref().map_or(Duration::ZERO, |it| it.claim.after);
        let away = self.drop.map_or(Duration::ZERO, |it| it.away.unwrap_or(OWNER_WAITS));
        gaps + offered + away
    }
}

#[cfg(test)]
mod tests;
