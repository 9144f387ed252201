//! The connection that listens: hands on what is published, and probes itself, since one that is
//! silently dead looks like a quiet one.
//!
//! Each second a probe goes out through the connection for commands and has to come back here. How
//! long it took is the lag; without any for five seconds this connection is given up. Whoever
//! listens hears of a gap with each new connection.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use ::redis::{Msg, RedisError};
use foldhash::fast::RandomState;
use futures_util::StreamExt as _;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout};

use super::{CONNECT_AGAIN, CONNECT_AGAIN_MAX, CONNECT_PATIENCE};
use super::{Heard, Line, Link, Listener, lock};
use crate::telemetry;

const PROBE_EVERY: Duration = Duration::from_secs(1);
/// Without a probe of its own for so long, the connection is given up.
const SILENT_AFTER: Duration = Duration::from_secs(5);

/// Who listens to which channel, for as long as a connection: looked at for each message.
type Listeners = HashMap<String, Listener, RandomState>;

impl Link {
    /// Listens, for ever, once there is something to listen to.
    pub(super) async fn listen(self: &Arc<Self>) {
        let (mut pause, mut is_said) = (CONNECT_AGAIN, false);
        self.more_listeners.notified().await;
        loop {
            let began = Instant::now();
            let ended = self.listen_once().await;
            // Who waits for a probe would wait in vain.
            lock(&self.waiting).clear();
            if let Err(error) = ended {
                if began.elapsed() > SILENT_AFTER {
                    (pause, is_said) = (CONNECT_AGAIN, false);
                }
                if !is_said {
                    tracing::warn!(%error, "what others tell through Redis is not heard");
                    is_said = true;
                }
                sleep(pause).await;
                pause = (pause * 2).min(CONNECT_AGAIN_MAX);
            }
        }
    }

    /// One connection, until it is lost, or until more is to be listened to.
    async fn listen_once(self: &Arc<Self>) -> Result<(), Lost> {
        let connecting = timeout(CONNECT_PATIENCE, self.client.get_async_pubsub());
        let (mut sink, mut messages) = connecting.await.map_err(|_| Lost::Silent)??.split();
        let listening = lock(&self.listeners).clone();
        let mut channels: Vec<String> = listening.keys().cloned().collect();
        let listeners = listening.into_iter().collect();
        channels.push(self.probe_channel.clone());
        timeout(CONNECT_PATIENCE, sink.subscribe(&channels)).await.map_err(|_| Lost::Silent)??;
        self.tell_gap(false);
        let mut heard = Instant::now();
        let mut probes = interval(PROBE_EVERY);
        probes.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                message = messages.next() => match message {
                    Some(message) => {
                        if self.hand_on(&listeners, &message)? {
                            heard = Instant::now();
                        }
                    }
                    None => return Err(Lost::Ended),
                },
                _ = probes.tick() => {
                    if heard.elapsed() > SILENT_AFTER {
                        return Err(Lost::Silent);
                    }
                    self.probe();
                }
                () = self.more_listeners.notified() => return Ok(()),
            }
        }
    }

    /// Sends a probe, off the path of what is heard.
    fn probe(self: &Arc<Self>) {
        let server = Line { link: self.clone() };
        let channel = self.probe_channel.clone();
        let sent = self.began.elapsed().as_micros();
        tokio::spawn(async move {
            if let Err(error) = server.publish(&channel, &format!("at {sent}")).await {
                tracing::debug!(%error, "a probe was not sent");
            }
        });
    }

    /// Hands a message to who listens; tells whether it was a probe of one's own.
    fn hand_on(&self, listeners: &Listeners, message: &Msg) -> Result<bool, Lost> {
        let text = std::str::from_utf8(message.get_payload_bytes()).map_err(|_| Lost::NoText)?;
        let channel = message.get_channel_name();
        if let Some(listener) = listeners.get(channel) {
            listener(Heard::Message(text));
        }
        if channel != self.probe_channel {
            return Ok(false);
        }
        *lock(&self.last_heard) = Instant::now();
        match text.split_once(' ') {
            Some(("all", number)) => {
                let number = number.parse().ok();
                if let Some(waits) = number.and_then(|it| lock(&self.waiting).remove(&it)) {
                    // Who waited may have given up.
                    waits.send(()).ok();
                }
            }
            Some(("at", sent)) => {
                let sent: u128 = sent.parse().unwrap_or_default();
                let lag = self.began.elapsed().as_micros().saturating_sub(sent);
                let lag = Duration::from_micros(u64::try_from(lag).unwrap_or(u64::MAX));
                metrics::gauge!(telemetry::REDIS_LAG).set(lag.as_secs_f64());
            }
            _ => {}
        }
        Ok(true)
    }

    pub(super) fn tell_gap(&self, was_away: bool) {
        let mut told = Vec::new();
        for listener in lock(&self.listeners).values() {
            if !told.iter().any(|it| Arc::ptr_eq(it, listener)) {
                told.push(listener.clone());
            }
        }
        for listener in told {
            listener(Heard::Gap { was_away });
        }
    }
}

/// Why listening ended.
#[derive(Debug, thiserror::Error)]
enum Lost {
    #[error("{0}")]
    Server(#[from] RedisError),
    #[error("the connection ended")]
    Ended,
    #[error("nothing was heard in time")]
    Silent,
    #[error("what was heard is no text")]
    NoText,
}
