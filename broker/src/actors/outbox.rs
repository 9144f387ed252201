//! What a connection still has to send: bounded in bytes and in age, shared between its
//! SessionActor, which fills it, and its socket task, which empties it. Both live on one thread.
//!
//! Full means: the reader is too slow. Its connection is closed with a code that says so, and it
//! resumes from the log; nothing is ever dropped silently.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use deskbell_protocol::codes::CloseCode;
use tokio::sync::Notify;

use super::say::Frame;

/// Shared by the two halves of a connection.
#[derive(Debug, Clone)]
pub struct Outbox(Rc<Inner>);

#[derive(Debug)]
struct Inner {
    frames: RefCell<VecDeque<Frame>>,
    bytes: Cell<usize>,
    bytes_max: usize,
    /// Requests without a reply yet.
    in_flight: Cell<u32>,
    /// Set once; the socket task sends what is left before it, then `bye` and the close frame.
    closing: Cell<Option<CloseCode>>,
    wake: Notify,
}

impl Outbox {
    /// An empty one that holds at most `bytes_max`.
    pub fn new(bytes_max: usize) -> Self {
        Self(Rc::new(Inner {
            frames: RefCell::default(),
            bytes: Cell::new(0),
            bytes_max,
            in_flight: Cell::new(0),
            closing: Cell::new(None),
            wake: Notify::new(),
        }))
    }

    /// Adds a frame. One too many closes the connection as too slow.
    pub fn push(&self, frame: Frame) {
        let bytes = self.0.bytes.get() + frame.len();
        if bytes > self.0.bytes_max {
            self.close(CloseCode::SlowConsumer);
            return;
        }
        self.0.bytes.set(bytes);
        self.0.frames.borrow_mut().push_back(frame);
        self.0.wake.notify_one();
    }

    /// Takes the oldest frame.
    pub fn pop(&self) -> Option<Frame> {
        let frame = self.0.frames.borrow_mut().pop_front()?;
        self.0.bytes.set(self.0.bytes.get() - frame.len());
        Some(frame)
    }

    /// Whether a page of a replay may follow.
    pub fn is_below_half(&self) -> bool {
        self.0.bytes.get() <= self.0.bytes_max / 2
    }

    /// Bytes that wait.
    pub fn bytes(&self) -> usize {
        self.0.bytes.get()
    }

    /// Ends the connection after what is already there. The first reason counts.
    pub fn close(&self, code: CloseCode) {
        if self.0.closing.get().is_none() {
            self.0.closing.set(Some(code));
            if code == CloseCode::SlowConsumer {
                self.0.frames.borrow_mut().clear();
                self.0.bytes.set(0);
            }
        }
        self.0.wake.notify_one();
    }

    /// Why the connection is to be closed, if it is.
    pub fn closing(&self) -> Option<CloseCode> {
        self.0.closing.get()
    }

    /// Counts a request in.
    pub fn request_began(&self) {
        self.0.in_flight.set(self.0.in_flight.get() + 1);
    }

    /// Counts replies out, and lets the socket be read again.
    pub fn requests_answered(&self, count: u32) {
        if count > 0 {
            self.0.in_flight.set(self.0.in_flight.get().saturating_sub(count));
            self.0.wake.notify_one();
        }
    }

    /// Requests without a reply yet.
    pub fn in_flight(&self) -> u32 {
        self.0.in_flight.get()
    }

    /// Ready when there may be something to send, or to read again.
    pub async fn changed(&self) {
        self.0.wake.notified().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_who_falls_behind_by_more_than_the_limit_is_closed_as_slow() {
        let outbox = Outbox::new(10);
        outbox.push(Frame::from("12345678"));
        assert_eq!((outbox.bytes(), outbox.closing()), (8, None));
        outbox.push(Frame::from("345"));
        assert_eq!((outbox.bytes(), outbox.closing()), (0, Some(CloseCode::SlowConsumer)));
        assert!(outbox.pop().is_none());
    }

    #[test]
    fn what_is_taken_out_makes_room() {
        let outbox = Outbox::new(10);
        outbox.push(Frame::from("12345678"));
        assert!(!outbox.is_below_half());
        assert_eq!(outbox.pop().unwrap().as_str(), "12345678");
        outbox.push(Frame::from("1234567890"));
        assert_eq!(outbox.closing(), None);
    }
}
