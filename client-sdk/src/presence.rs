//! What the app last told about its person, and when: told again after every reconnect. Pure.
//!
//! The later change wins, on whatever device it was made: a restatement carries the time of its
//! change, and what the broker answers replaces what stood here. An app that never told anything
//! restates nothing.

use jiff::Timestamp;
use tokio::time::Instant;

use crate::client::Reply;
use crate::protocol::ids::{Target, TicketQueueId};
use crate::protocol::view::{PresenceView, Status};

/// A status and monitoring with the time of the change, if the broker's clock was known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wish {
    pub(crate) status: Status,
    pub(crate) monitoring: Vec<Target>,
    /// `None`: as before.
    pub(crate) ticket_queues: Option<Vec<TicketQueueId>>,
    pub(crate) at: Option<Timestamp>,
    /// The same by our own clock, for a change made before the broker's was known.
    pub(crate) made: Option<Instant>,
}

/// The person's presence as this app knows it.
#[derive(Debug, Default)]
pub(crate) struct Presence {
    /// What the broker confirmed last; `None` until the app first told something.
    held: Option<Wish>,
    /// Told by the app and not answered yet.
    wished: Option<Wish>,
    /// Which wish an answer belongs to.
    generation: u32,
    /// Calls whose own request was lost: the restatement's answer is theirs.
    waiters: Vec<Reply<PresenceView>>,
}

impl Presence {
    /// The broker's clock is known now: a change made before gets its time, by `made_at`.
    pub(crate) fn date(&mut self, made_at: impl FnOnce(Instant) -> Option<Timestamp>) {
        if let Some(wish) = self.wished.as_mut().filter(|wish| wish.at.is_none()) {
            wish.at = wish.made.and_then(made_at);
        }
    }

    /// The app tells something new.
    pub(crate) fn wish(&mut self, wish: Wish) -> u32 {
        self.wished = Some(wish);
        self.generation += 1;
        self.generation
    }

    pub(crate) fn generation(&self) -> u32 {
        self.generation
    }

    /// What to tell on a new connection.
    pub(crate) fn to_restate(&self) -> Option<&Wish> {
        self.wished.as_ref().or(self.held.as_ref())
    }

    /// A call has to wait for the next answer.
    pub(crate) fn wait(&mut self, reply: Reply<PresenceView>) {
        self.waiters.push(reply);
    }

    /// Calls that the present answer settles.
    pub(crate) fn take_waiters(&mut self) -> Vec<Reply<PresenceView>> {
        std::mem::take(&mut self.waiters)
    }

    /// The broker says what holds: in answer to wish `answers`, or because another device told it.
    pub(crate) fn heard(&mut self, view: &PresenceView, answers: Option<u32>) {
        if answers == Some(self.generation) {
            self.wished = None;
            self.held = Some(wish_of(view));
        } else if self.held.is_some() {
            self.held = Some(wish_of(view));
        }
    }

    /// The wish was refused for good: what held before holds.
    pub(crate) fn refused(&mut self, generation: u32) {
        if generation == self.generation {
            self.wished = None;
        }
    }

    /// `welcome` says what holds. Tells whether that is newer than what would be restated.
    pub(crate) fn overtaken(&mut self, view: &PresenceView) -> bool {
        let ours = self.to_restate().map(|wish| wish.at);
        let overtaken = matches!(ours, Some(Some(at)) if view.at > at);
        if overtaken {
            self.wished = None;
            self.held = Some(wish_of(view));
        }
        overtaken
    }
}

fn wish_of(view: &PresenceView) -> Wish {
    Wish {
        status: view.status,
        monitoring: view.monitoring.clone(),
        ticket_queues: Some(view.ticket_queues.clone()),
        at: Some(view.at),
        made: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(status: Status, second: i64) -> PresenceView {
        PresenceView {
            status,
            monitoring: vec![],
            ticket_queues: vec![],
            at: Timestamp::from_second(second).unwrap(),
        }
    }

    fn wish(status: Status, second: i64) -> Wish {
        wish_of(&view(status, second))
    }

    #[test]
    fn an_app_that_told_nothing_restates_nothing() {
        let mut presence = Presence::default();
        presence.heard(&view(Status::Online, 1), None);
        assert_eq!(presence.to_restate(), None);
        assert!(!presence.overtaken(&view(Status::Online, 2)));
    }

    #[test]
    fn an_unanswered_change_is_restated_with_the_time_it_was_made() {
        let mut presence = Presence::default();
        presence.wish(wish(Status::Online, 5));
        assert!(!presence.overtaken(&view(Status::Offline, 4)));
        assert_eq!(presence.to_restate(), Some(&wish(Status::Online, 5)));
    }

    #[test]
    fn a_change_made_before_the_broker_s_clock_was_known_is_dated_once_it_is() {
        let mut presence = Presence::default();
        presence.wish(Wish { at: None, made: Some(Instant::now()), ..wish(Status::Online, 0) });
        presence.date(|_| Timestamp::from_second(5).ok());
        presence.date(|_| unreachable!("it has its time"));
        assert_eq!(presence.to_restate().and_then(|wish| wish.at), Timestamp::from_second(5).ok());
    }

    #[test]
    fn a_later_change_on_another_device_replaces_ours() {
        let mut presence = Presence::default();
        presence.wish(wish(Status::Online, 5));
        assert!(presence.overtaken(&view(Status::Away, 6)));
        assert_eq!(presence.to_restate(), Some(&wish(Status::Away, 6)));
    }

    #[test]
    fn an_answer_to_an_earlier_wish_does_not_settle_the_later_one() {
        let mut presence = Presence::default();
        let first = presence.wish(wish(Status::Online, 5));
        presence.wish(wish(Status::Away, 6));
        presence.heard(&view(Status::Online, 5), Some(first));
        assert_eq!(presence.to_restate(), Some(&wish(Status::Away, 6)));
    }

    #[test]
    fn a_refused_change_leaves_what_held_before() {
        let mut presence = Presence::default();
        let first = presence.wish(wish(Status::Online, 5));
        presence.heard(&view(Status::Online, 5), Some(first));
        let second = presence.wish(wish(Status::Away, 6));
        presence.refused(second);
        assert_eq!(presence.to_restate(), Some(&wish(Status::Online, 5)));
    }
}
