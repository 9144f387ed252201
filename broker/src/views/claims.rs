//! The claims of the last hour, queue by queue: what an honest estimate of a patron's wait is made
//! of. Where there were too few there is none.
//!
//! Pure, and known to this node since its start only. At each queue the latest claims stand for
//! all, so that a busy hour costs no more than a quiet one.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use deskbell_protocol::ids::{ChatId, Target};
use jiff::{SignedDuration, Timestamp};

/// How long a claim says something about the next one.
const COUNTS_FOR: SignedDuration = SignedDuration::from_hours(1);
/// With fewer claims an estimate is a guess.
const CLAIMS_MIN: usize = 20;
/// Claims kept for each queue.
const CLAIMS_MAX: usize = 100;

/// A chat's first claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Claim {
    waited: SignedDuration,
    chat: ChatId,
    at: Timestamp,
}

/// See the module.
#[derive(Debug, Default)]
pub struct Claims(BTreeMap<Target, VecDeque<Claim>>);

impl Claims {
    /// Somebody claimed, at `now`, a chat that rang at `tiers` since `since`.
    pub fn claimed(&mut self, chat: ChatId, since: Timestamp, tiers: &[Target], now: Timestamp) {
        let claim = Claim { waited: now.duration_since(since), chat, at: now };
        for tier in tiers {
            let claims = self.0.entry(tier.clone()).or_default();
            if claims.len() == CLAIMS_MAX {
                claims.pop_front();
            }
            claims.push_back(claim);
        }
    }

    /// Forgets what is more than an hour ago; tells whether anything was.
    pub fn forget_old(&mut self, now: Timestamp) -> bool {
        let mut any = false;
        self.0.retain(|_, claims| {
            let before = claims.len();
            claims.retain(|claim| now < ends(claim));
            any |= claims.len() < before;
            !claims.is_empty()
        });
        any
    }

    /// When the next claim is more than an hour ago.
    pub fn next_end(&self) -> Option<Timestamp> {
        self.0.values().filter_map(|claims| claims.front().map(ends)).min()
    }

    /// In how many minutes half of the chats were claimed that rang at any of `tiers`, rounded up;
    /// `None` if they were too few to tell.
    pub fn estimate_minutes(&self, tiers: &[Target]) -> Option<u32> {
        let claims: BTreeSet<&Claim> =
            tiers.iter().filter_map(|tier| self.0.get(tier)).flatten().collect();
        if claims.len() < CLAIMS_MIN {
            return None;
        }
        let median = claims.iter().nth((claims.len() - 1) / 2)?;
        let millis = u64::try_from(median.waited.as_millis()).unwrap_or(0);
        Some(u32::try_from(millis.div_ceil(60_000)).unwrap_or(u32::MAX).max(1))
    }
}

fn ends(claim: &Claim) -> Timestamp {
    claim.at.saturating_add(COUNTS_FOR).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + second).unwrap()
    }

    fn tier(name: &str) -> Target {
        name.parse().unwrap()
    }

    /// A claim each second, of chats that had waited so long.
    fn claims(waits: impl IntoIterator<Item = i64>) -> Claims {
        let mut claims = Claims::default();
        for (second, waited) in (0..).zip(waits) {
            let chat = ChatId(u128::try_from(second).unwrap());
            claims.claimed(chat, at(second - waited), &[tier("coop/tri")], at(second));
        }
        claims
    }

    #[test]
    fn twenty_claims_say_how_long_half_of_them_waited_and_fewer_say_nothing() {
        let of = |claims: &Claims| claims.estimate_minutes(&[tier("coop/tri")]);
        assert_eq!(of(&claims((0..19).map(|_| 30))), None);
        assert_eq!(of(&claims((0..20).map(|_| 30))), Some(1));
        let half_and_half = (0..20).map(|n| if n < 10 { 100 } else { 3_000 });
        assert_eq!(of(&claims(half_and_half)), Some(2));
    }

    #[test]
    fn a_claim_counts_for_an_hour() {
        let mut claims = claims((0..20).map(|_| 30));
        assert_eq!(claims.next_end(), Some(at(3_600)));
        assert!(!claims.forget_old(at(3_599)));
        assert!(claims.forget_old(at(3_600)));
        assert_eq!(claims.estimate_minutes(&[tier("coop/tri")]), None);
        assert!(claims.forget_old(at(9_000)));
        assert_eq!(claims.next_end(), None);
    }

    #[test]
    fn a_chat_that_rang_at_two_queues_counts_once_and_other_queues_do_not_count() {
        let both = [tier("coop/tri"), tier("department/ref")];
        let mut claims = Claims::default();
        for n in 0..15 {
            claims.claimed(ChatId(n), at(0), &both, at(60));
        }
        assert_eq!(claims.estimate_minutes(&both), None);
        for n in 15..20 {
            claims.claimed(ChatId(n), at(0), &[tier("coop/else")], at(60));
        }
        assert_eq!(claims.estimate_minutes(&both), None);
        for n in 15..20 {
            claims.claimed(ChatId(n), at(0), &both[..1], at(60));
        }
        assert_eq!(claims.estimate_minutes(&both), Some(1));
    }
}
