//! How real traffic is spread, as numbers: what was published about library chats, and what was
//! measured on stand-ins where nothing was.
//!
//! Each number stands here once, with where it comes from; draws of it follow. An *assumption* is
//! ours. Not here: which chat gets which draw (`plan.rs`).

use std::time::Duration;

use crate::chance::Chance;

/// Between two rings on average, in seconds. All libraries on one large vendor's platform rang
/// 0.07 times a second (spring 2020); a co-op, by assumption, a tenth of that.
pub(crate) const BETWEEN_RINGS_SECONDS: f64 = 143.0;
/// How much denser a burst is: a class lets out (assumption).
pub(crate) const BURST: f64 = 4.0;
/// How long it lasts, at the beginning of each hour (assumption).
pub(crate) const BURST_SECONDS: f64 = 600.0;
/// From one burst to the next.
pub(crate) const HOUR_SECONDS: f64 = 3_600.0;

/// Half of all patrons wait at most so long for a claim: a staffed provider's median.
pub(crate) const CLAIM_MEDIAN_SECONDS: f64 = 12.0;
/// Nine of ten wait at most so long (assumption; 29 s is a college's mean).
pub(crate) const CLAIM_P90_SECONDS: f64 = 40.0;
/// Messages in a chat after its question: median and nine of ten, from stand-ins.
pub(crate) const MESSAGES_MEDIAN: f64 = 20.0;
/// See [`MESSAGES_MEDIAN`].
pub(crate) const MESSAGES_P90: f64 = 36.0;
/// No chat has more.
pub(crate) const MESSAGES_MAX: usize = 100;
/// A greeting, an answer and two farewells: no chat has fewer.
pub(crate) const MESSAGES_MIN: usize = 4;
/// From claim to end, median; with [`DURATION_MEAN_SECONDS`] a college's mean of about 8 minutes.
pub(crate) const DURATION_MEDIAN_SECONDS: f64 = 420.0;
/// See [`DURATION_MEDIAN_SECONDS`].
pub(crate) const DURATION_MEAN_SECONDS: f64 = 510.0;
/// How far a long talk is also one of many messages (assumption).
const DURATION_FOLLOWS_MESSAGES: f64 = 0.7;
/// Characters of an operator's message, median, from stand-ins.
pub(crate) const OPERATOR_CHARACTERS_MEDIAN: f64 = 40.0;
/// Characters of a patron's.
pub(crate) const PATRON_CHARACTERS_MEDIAN: f64 = 25.0;
/// One in a hundred messages is longer than this.
pub(crate) const CHARACTERS_P99: f64 = 400.0;
/// The share of messages that are pasted answers of one to two thousand characters.
pub(crate) const PASTED: f64 = 0.01;
/// The share of messages before which the others see somebody typing.
pub(crate) const TYPED: f64 = 0.8;

/// The share of chats that nobody claims.
pub(crate) const MISSED: f64 = 0.03;
/// The share of chats that are transferred: 5 to 10 in a hundred.
pub(crate) const TRANSFERRED: f64 = 0.075;
/// Of these, the share that goes to one operator; the others go to the whole co-op.
pub(crate) const TRANSFERRED_TO_OPERATOR: f64 = 0.5;
/// The share of chats that end with a ticket.
pub(crate) const TICKETS: f64 = 0.15;
/// The share of chats whose patron drops out.
pub(crate) const DROPPED: f64 = 0.08;
/// Of these, the share who are back within [`BACK_SECONDS`]; the others do not come back.
pub(crate) const BACK: f64 = 2.0 / 3.0;
/// See [`BACK`].
pub(crate) const BACK_SECONDS: f64 = 30.0;
/// The share of chats that the patron ends (assumption).
pub(crate) const ENDED_BY_PATRON: f64 = 0.5;
/// The share of patrons who give a name (assumption).
pub(crate) const NAMED: f64 = 0.6;

/// What 90 in 100 stay below, in deviations of the normal distribution.
const P90: f64 = 1.281_55;
/// What 99 in 100 stay below.
const P99: f64 = 2.326_35;

/// A draw of the log-normal distribution that has this median, and `above` at `deviations`.
fn log_normal(normal: f64, median: f64, above: f64, deviations: f64) -> f64 {
    median * (normal * (above / median).ln() / deviations).exp()
}

/// From a ring, or an offer, until somebody claims.
pub(crate) fn until_claim(chance: &mut Chance) -> Duration {
    let seconds = log_normal(chance.normal(), CLAIM_MEDIAN_SECONDS, CLAIM_P90_SECONDS, P90);
    Duration::from_secs_f64(seconds)
}

/// How many messages a chat has, and how long it lasts from its claim on.
pub(crate) fn size(chance: &mut Chance) -> (usize, Duration) {
    let normal = chance.normal();
    let messages = log_normal(normal, MESSAGES_MEDIAN, MESSAGES_P90, P90);
    let messages = whole(messages).clamp(MESSAGES_MIN, MESSAGES_MAX);
    let own = (1.0 - DURATION_FOLLOWS_MESSAGES.powi(2)).sqrt() * chance.normal();
    let deviation = (2.0 * (DURATION_MEAN_SECONDS / DURATION_MEDIAN_SECONDS).ln()).sqrt();
    let seconds =
        DURATION_MEDIAN_SECONDS * (deviation * (DURATION_FOLLOWS_MESSAGES * normal + own)).exp();
    (messages, Duration::from_secs_f64(seconds))
}

/// How many characters a message should have.
pub(crate) fn characters(chance: &mut Chance, median: f64) -> usize {
    if chance.happens(PASTED) {
        return whole(chance.between(1_000.0, 2_000.0));
    }
    whole(log_normal(chance.normal(), median, CHARACTERS_P99, P99).min(CHARACTERS_P99 * 2.0))
}

/// How long a patron waits for a claim that does not come: she is offered a ticket after a minute.
pub(crate) fn patience(chance: &mut Chance) -> Duration {
    Duration::from_secs_f64(chance.between(60.0, 180.0))
}

/// The time of the next ring after one at `now`, both in seconds: a Poisson process whose rate
/// changes at each burst. A gap that reaches past a change is drawn anew from there.
pub(crate) fn next_ring(chance: &mut Chance, now: f64) -> f64 {
    let burst = BURST_SECONDS / HOUR_SECONDS;
    let calm_mean = BETWEEN_RINGS_SECONDS * (1.0 + (BURST - 1.0) * burst);
    let mut now = now;
    loop {
        let hour = (now / HOUR_SECONDS).floor() * HOUR_SECONDS;
        let bursts = now < hour + BURST_SECONDS;
        let (mean, until) = if bursts {
            (calm_mean / BURST, hour + BURST_SECONDS)
        } else {
            (calm_mean, hour + HOUR_SECONDS)
        };
        let next = now + chance.exponential(mean);
        if next < until {
            return next;
        }
        now = until;
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "what is drawn is positive and far below the limit of a count"
)]
fn whole(drawn: f64) -> usize {
    drawn.round() as usize
}
