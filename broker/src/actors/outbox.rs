//! What a connection still has to send: bounded in bytes, filled by whichever actor has something
//! to tell it, on any shard, and emptied by its socket task.
//!
//! Filling it is the last hop of a message: no actor stands between a chat and the sockets of its
//! readers. What one actor pushes stays in order.
//!
//! Full means: the reader is too slow. Its connection is closed with a code that says so, and it
//! resumes from the log; nothing is ever dropped silently.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use deskbell_protocol::codes::CloseCode;
use futures_util::task::AtomicWaker;

use super::say::Frame;

/// Shared by everyone who tells the connection something and its socket task.
#[derive(Debug, Clone)]
pub struct Outbox(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    bytes_max: usize,
    state: Mutex<State>,
    socket: AtomicWaker,
}

#[derive(Debug, Default)]
struct State {
    /// Each with what it counts.
    frames: VecDeque<(Frame, usize)>,
    bytes: usize,
    /// How often something was taken out.
    leavings: u64,
    /// Requests without a reply yet.
    in_flight: u32,
    /// Set once; the socket task then sends `bye` and the close frame.
    closing: Option<CloseCode>,
    /// The session waits for the outbox to fall below half.
    wants_room: bool,
}

/// What the socket task finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Whether there is something to send.
    pub has_frames: bool,
    /// Requests without a reply yet.
    pub in_flight: u32,
    /// Why the connection is to be closed, if it is.
    pub closing: Option<CloseCode>,
}

/// Since when frames wait in an outbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting(u64);

impl Outbox {
    /// An empty one that holds at most `bytes_max`.
    pub fn new(bytes_max: usize) -> Self {
        let (state, socket) = (Mutex::default(), AtomicWaker::new());
        Self(Arc::new(Inner { bytes_max, state, socket }))
    }

    /// Nothing that runs under this lock leaves the state half done.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a frame. One too many closes the connection as too slow.
    pub fn push(&self, frame: Frame) {
        self.push_all([frame], 0, false);
    }

    /// Adds frames, of which `answers` are replies. What `is_bulk` was asked for and is bounded by
    /// itself (snapshots, replays, the whole list): it never counts as unread.
    pub fn push_all(&self, frames: impl IntoIterator<Item = Frame>, answers: u32, is_bulk: bool) {
        self.add(frames, answers, is_bulk);
        self.0.socket.wake();
    }

    /// Adds frames that may wait for company; if they are the first to wait here, tells by what to
    /// [hurry](Self::hurry) them.
    pub fn push_patiently(
        &self,
        frames: impl IntoIterator<Item = Frame>,
        answers: u32,
    ) -> Option<Waiting> {
        let first = self.add(frames, answers, false);
        if self.closing().is_some() {
            self.0.socket.wake();
        }
        first
    }

    /// Sends what waits since then, unless it has left. What came later waits for its own time.
    pub fn hurry(&self, Waiting(leavings): Waiting) {
        let waits = {
            let state = self.state();
            state.leavings == leavings && !state.frames.is_empty()
        };
        if waits {
            self.0.socket.wake();
        }
    }

    /// Adds frames; tells since when they wait, if there were none.
    fn add(
        &self,
        frames: impl IntoIterator<Item = Frame>,
        answers: u32,
        is_bulk: bool,
    ) -> Option<Waiting> {
        let mut state = self.state();
        let first = state.frames.is_empty().then_some(Waiting(state.leavings));
        state.in_flight = state.in_flight.saturating_sub(answers);
        for frame in frames {
            // One frame always fits: only a reader who leaves some unread is slow.
            if state.bytes > 0 && state.bytes + frame.len() > self.0.bytes_max && !is_bulk {
                state.close(CloseCode::SlowConsumer);
            }
            if state.closing != Some(CloseCode::SlowConsumer) {
                let counts = if is_bulk { 0 } else { frame.len() };
                state.bytes += counts;
                state.frames.push_back((frame, counts));
            }
        }
        first
    }

    /// Takes out the oldest frames, at most `max`; tells whether the session waited for the room.
    pub fn take(&self, into: &mut Vec<Frame>, max: usize) -> bool {
        let mut state = self.state();
        let count = state.frames.len().min(max);
        state.leavings += 1;
        let State { frames, bytes, .. } = &mut *state;
        for (frame, counts) in frames.drain(..count) {
            *bytes -= counts;
            into.push(frame);
        }
        let has_room = state.bytes <= self.0.bytes_max / 2;
        has_room && std::mem::take(&mut state.wants_room)
    }

    /// Whether a page of a replay may follow; if not, the socket task says when.
    pub fn has_room(&self) -> bool {
        let mut state = self.state();
        let has_room = state.bytes <= self.0.bytes_max / 2;
        state.wants_room = !has_room;
        has_room
    }

    /// Ends the connection after what is already there. The first reason counts.
    pub fn close(&self, code: CloseCode) {
        self.state().close(code);
        self.0.socket.wake();
    }

    /// Counts a request in.
    pub fn request_began(&self) {
        self.state().in_flight += 1;
    }

    /// Looks, and wakes `socket` at the next change.
    pub fn look(&self, socket: &Waker) -> Look {
        self.0.socket.register(socket);
        let state = self.state();
        let has_frames = !state.frames.is_empty();
        Look { has_frames, in_flight: state.in_flight, closing: state.closing }
    }

    /// Why the connection is to be closed, if it is.
    pub fn closing(&self) -> Option<CloseCode> {
        self.state().closing
    }
}

impl State {
    fn close(&mut self, code: CloseCode) {
        if self.closing.is_none() {
            self.closing = Some(code);
            if code == CloseCode::SlowConsumer {
                self.frames.clear();
                self.bytes = 0;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

    use super::*;

    fn taken(outbox: &Outbox) -> Vec<Frame> {
        let mut frames = Vec::new();
        outbox.take(&mut frames, 10);
        frames
    }

    #[test]
    fn a_reader_who_falls_behind_by_more_than_the_limit_is_closed_as_slow() {
        let outbox = Outbox::new(10);
        outbox.push(Frame::from("12345678"));
        assert_eq!(outbox.closing(), None);
        outbox.push(Frame::from("345"));
        assert_eq!(outbox.closing(), Some(CloseCode::SlowConsumer));
        assert!(taken(&outbox).is_empty());
    }

    #[test]
    fn what_was_asked_for_never_makes_a_reader_look_slow() {
        let outbox = Outbox::new(10);
        outbox.push_all([Frame::from("a snapshot"), Frame::from("and a page")], 0, true);
        outbox.push(Frame::from("1234567890"));
        assert_eq!((taken(&outbox).len(), outbox.closing()), (3, None));
    }

    #[test]
    fn what_is_taken_out_makes_room_and_the_session_is_told_of_it_once() {
        let outbox = Outbox::new(10);
        outbox.push(Frame::from("12345678"));
        assert!(!outbox.has_room());
        let mut frames = Vec::new();
        assert!(outbox.take(&mut frames, 10));
        assert!(!outbox.take(&mut frames, 10));
        assert_eq!(frames, [Frame::from("12345678")]);
        outbox.push(Frame::from("1234567890"));
        assert_eq!(outbox.closing(), None);
    }

    #[test]
    fn what_is_patient_waits_until_it_is_hurried_or_something_else_leaves() {
        let outbox = Outbox::new(100);
        let woken = Arc::new(Woken::default());
        let waker = Waker::from(woken.clone());
        outbox.look(&waker);
        let first = outbox.push_patiently([Frame::from("a receipt")], 0).unwrap();
        assert_eq!(outbox.push_patiently([Frame::from("another")], 0), None);
        assert_eq!(woken.times(), 0);
        outbox.hurry(first);
        assert_eq!(woken.times(), 1);
        outbox.look(&waker);
        outbox.push(Frame::from("a message"));
        assert_eq!((woken.times(), taken(&outbox).len()), (2, 3));
        outbox.look(&waker);
        outbox.hurry(first);
        assert_eq!(woken.times(), 2, "nothing waits any more");
        let second = outbox.push_patiently([Frame::from("a receipt")], 0).unwrap();
        outbox.hurry(first);
        assert_eq!(woken.times(), 2, "what came later waits for its own time");
        outbox.hurry(second);
        assert_eq!(woken.times(), 3);
    }

    #[test]
    fn a_full_outbox_closes_at_once_also_by_what_is_patient() {
        let outbox = Outbox::new(10);
        let woken = Arc::new(Woken::default());
        outbox.look(&Waker::from(woken.clone()));
        outbox.push_patiently([Frame::from("12345678"), Frame::from("345")], 0);
        assert_eq!(outbox.closing(), Some(CloseCode::SlowConsumer));
        assert_eq!(woken.times(), 1);
    }

    #[derive(Default)]
    struct Woken(AtomicUsize);

    impl Woken {
        fn times(&self) -> usize {
            self.0.load(Ordering::Relaxed)
        }
    }

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn replies_count_requests_out() {
        let outbox = Outbox::new(100);
        outbox.request_began();
        outbox.request_began();
        outbox.push_all([Frame::from("event"), Frame::from("ok")], 1, false);
        assert_eq!(outbox.look(Waker::noop()).in_flight, 1);
    }
}
