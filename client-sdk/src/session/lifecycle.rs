//! Connecting, losing, waiting and time: the session's phases.
//!
//! Not here: what is said on an open connection (`asked.rs`, `heard.rs`).

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::{
    Asked, CONNECT_TIMEOUT, Effect, GREETING_TIMEOUT, Loss, Phase, RENEWAL_RETRY, RENEWAL_TIMEOUT,
    RETRY_AFTER_MAX, SILENCE_GRACE, STABLE_AFTER, Session,
};
use crate::error::ClientError;
use crate::event::{CloseReason, Status};
use crate::protocol::codes::{CloseCode, ErrorCode, Reconnect};
use crate::protocol::http::Granted;
use crate::protocol::to_broker::ToBroker;

/// Statuses of a refused upgrade that another try cannot mend: no common subprotocol, and an
/// origin in no list.
const UPGRADE_TERMINAL: [u16; 2] = [400, 403];

impl Session {
    pub(super) fn connect(&mut self, now: Instant) {
        let stale = self.token_stale_at.is_some_and(|at| at <= now);
        if stale && self.token.renew.is_some() {
            self.phase = Phase::Renewing { deadline: now + RENEWAL_TIMEOUT };
            self.renew();
        } else {
            self.open_socket(now);
        }
        self.set_status(Status::Connecting);
    }

    fn open_socket(&mut self, now: Instant) {
        self.phase = Phase::Connecting { deadline: now + CONNECT_TIMEOUT };
        self.effects.push_back(Effect::Connect);
    }

    fn renew(&mut self) {
        if !self.renewing {
            self.renewing = true;
            self.effects.push_back(Effect::Renew);
        }
    }

    /// The socket is upgraded: greet.
    pub(crate) fn connected(&mut self, now: Instant) {
        self.phase = Phase::Greeting { deadline: now + GREETING_TIMEOUT };
        self.heard_at = now;
        self.next_id = 1;
        self.requests.insert(1, Asked::Hello);
        let hello = ToBroker::Hello {
            id: 1,
            token: self.token.text.clone(),
            client: self.client,
            app: Some(self.app.clone()),
        };
        self.send_now(&hello);
    }

    /// The socket, or the attempt at one, is gone.
    pub(crate) fn lost(&mut self, now: Instant, loss: Loss) {
        let welcomed_at = match self.phase {
            Phase::Open { since } => Some(since),
            Phase::Renewing { .. } | Phase::Connecting { .. } | Phase::Greeting { .. } => None,
            // Nothing was open: an echo of a connection that is forgotten already.
            Phase::Waiting { .. } | Phase::Closed => return,
        };
        self.forget_connection();
        self.marks.disconnected(now);
        if let Some(reason) = self.terminal(&loss) {
            return self.close(reason);
        }
        if loss.code == Some(CloseCode::TokenExpired) {
            self.token_stale_at = Some(now);
        }
        if welcomed_at.is_some_and(|since| now >= since + STABLE_AFTER) {
            self.backoff.reset();
        }
        let at_once = loss.code.map(CloseCode::reconnect) == Some(Reconnect::AtOnce);
        // A broker that sends everyone away before greeting them is not hurried.
        let jitter = if at_once && welcomed_at.is_some() {
            self.backoff.at_once()
        } else {
            self.backoff.next_delay()
        };
        let delay = loss.retry_after.unwrap_or_default().min(RETRY_AFTER_MAX) + jitter;
        self.phase = Phase::Waiting { until: now + delay };
        self.set_status(Status::Waiting { delay, reason: loss.message });
    }

    fn terminal(&self, loss: &Loss) -> Option<CloseReason> {
        if let Some(status) = loss.upgrade.filter(|status| UPGRADE_TERMINAL.contains(status)) {
            return Some(CloseReason::ByUpgrade { status, message: loss.message.clone() });
        }
        let code = loss.code?;
        let expired = code == CloseCode::TokenExpired && self.token.renew.is_none();
        let never = expired || code.reconnect() == Reconnect::Never;
        never.then(|| CloseReason::ByBroker { code, message: loss.message.clone() })
    }

    /// Reads that were sent fail; writes, presence, list and chats go on with the next connection.
    fn forget_connection(&mut self) {
        self.frames.clear();
        self.queued.clear();
        self.resume_later.clear();
        self.presence_retry_at = None;
        self.list_retry_at = None;
        self.outbox.disconnected();
        self.streams.disconnected();
        for asked in std::mem::take(&mut self.requests).into_values() {
            self.fail(asked, || ClientError::Disconnected);
        }
    }

    /// Drops a connection of our own accord.
    pub(super) fn drop_connection(&mut self, now: Instant, code: u16, loss: Loss) {
        self.effects.push_back(Effect::Disconnect { code });
        self.lost(now, loss);
    }

    /// The broker sent what this version cannot read: the connection is not to be trusted.
    pub(crate) fn unreadable(&mut self, now: Instant, code: u16, message: String) {
        self.drop_connection(now, code, Loss::of(message));
    }

    /// The app is done.
    pub(crate) fn stop(&mut self) {
        self.effects.push_back(Effect::Disconnect { code: 1000 });
        self.close(CloseReason::ByApp);
    }

    /// The URL turned out to be unusable.
    pub(crate) fn bad_url(&mut self, message: String) {
        self.close(CloseReason::BadUrl(message));
    }

    /// The token source answered.
    pub(crate) fn renewed(&mut self, now: Instant, outcome: Result<Granted, ClientError>) {
        self.renewing = false;
        let before_connecting = matches!(self.phase, Phase::Renewing { .. });
        match outcome {
            Ok(granted) => {
                self.token.text = granted.token;
                self.token_expires(granted.expires, now);
                if before_connecting {
                    self.open_socket(now);
                } else if matches!(self.phase, Phase::Open { .. }) {
                    let token = self.token.text.clone();
                    self.request(Asked::Auth, |id| ToBroker::Auth { id, token });
                    self.flow(now);
                }
            }
            Err(error) if before_connecting => {
                let code = error.code().filter(|code| *code != ErrorCode::Unknown);
                if code.is_some_and(|code| !code.temporary()) {
                    self.close(CloseReason::RenewalRefused(error.to_string()));
                } else {
                    self.lost(now, Loss::of(format!("no new token: {error}")));
                }
            }
            // The old token still lives; if it ends first, the broker says so.
            Err(_) => self.token_stale_at = Some(now + RENEWAL_RETRY),
        }
    }

    /// Plans the next renewal after four fifths of the token's remaining life.
    pub(super) fn token_expires(&mut self, expires: Timestamp, now: Instant) {
        let left = self.server_now(now).map(|server| expires.duration_since(server));
        let left = left.and_then(|left| Duration::try_from(left).ok()).unwrap_or_default();
        self.token_stale_at = Some(now + (left * 4 / 5).max(Duration::from_secs(1)));
    }

    /// Does what is due.
    pub(crate) fn tick(&mut self, now: Instant) {
        match self.phase {
            Phase::Renewing { deadline } if deadline <= now => {
                self.renewing = false;
                self.lost(now, Loss::of("the token source did not answer in time"));
            }
            Phase::Connecting { deadline } if deadline <= now => {
                self.drop_connection(now, 1000, Loss::of("connecting took too long"));
            }
            Phase::Greeting { deadline } if deadline <= now => {
                self.drop_connection(now, 1000, Loss::of("the broker did not greet in time"));
            }
            Phase::Waiting { until } if until <= now => self.connect(now),
            Phase::Open { .. } => self.tick_open(now),
            Phase::Renewing { .. }
            | Phase::Connecting { .. }
            | Phase::Greeting { .. }
            | Phase::Waiting { .. }
            | Phase::Closed => {}
        }
    }

    fn tick_open(&mut self, now: Instant) {
        if !self.may_read() {
            // Nothing was read, so silence means nothing.
            self.heard_at = now;
        } else if self.silent_at() <= now {
            return self.drop_connection(now, 1000, Loss::of("the broker has gone silent"));
        }
        if self.token.renew.is_some() && self.token_stale_at.is_some_and(|at| at <= now) {
            self.token_stale_at = None;
            self.renew();
        }
        self.retry_resumes(now);
        self.flow(now);
    }

    fn silent_at(&self) -> Instant {
        self.heard_at + self.ping_every + SILENCE_GRACE
    }

    /// When [`Self::tick`] is next due.
    pub(crate) fn deadline(&self, now: Instant) -> Option<Instant> {
        match self.phase {
            Phase::Renewing { deadline }
            | Phase::Connecting { deadline }
            | Phase::Greeting { deadline }
            | Phase::Waiting { until: deadline } => Some(deadline),
            Phase::Closed => None,
            Phase::Open { .. } => {
                let silent_at = self.may_read().then(|| self.silent_at());
                let renew_at = self.token_stale_at.filter(|_| self.token.renew.is_some());
                let resume_at = self.resume_later.values().min().copied();
                let release_at = (!self.queued.is_empty() && self.room_in_flight())
                    .then(|| self.pace.next_at(now));
                [silent_at, renew_at, resume_at, release_at, self.list_retry_at]
                    .into_iter()
                    .chain([self.presence_retry_at, self.outbox_deadline(now)])
                    .chain([self.mark_deadline(now)])
                    .flatten()
                    .min()
            }
        }
    }
}
