//! Whether a socket may have something to read. A connection's task is woken twice for each
//! message only to write; it then leaves the socket alone, because a look at it costs a cleared
//! read buffer.
//!
//! Not here: what is read, and when reading has to wait (`websocket`).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use futures_util::task::AtomicWaker;
use futures_util::{Stream, StreamExt};

/// See the module. Starts out as readable: nobody has looked yet.
pub(super) struct Readable {
    signal: Arc<Signal>,
    /// What the socket wakes: `signal`.
    waker: Waker,
}

struct Signal {
    /// Set by the socket, taken by who looks; stays set until nothing was found.
    raised: AtomicBool,
    task: AtomicWaker,
}

impl Wake for Signal {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.raised.store(true, Ordering::Release);
        self.task.wake();
    }
}

impl Default for Readable {
    fn default() -> Self {
        let signal = Arc::new(Signal { raised: true.into(), task: AtomicWaker::new() });
        Self { waker: signal.clone().into(), signal }
    }
}

impl Readable {
    /// Names the task that is to be woken when there is something to read.
    pub(super) fn wakes(&self, task: &Waker) {
        self.signal.task.register(task);
    }

    /// The next item, if one may be there; else the task will be woken.
    pub(super) fn poll_next<S: Stream + Unpin>(&self, stream: &mut S) -> Poll<Option<S::Item>> {
        if !self.signal.raised.swap(false, Ordering::Acquire) {
            return Poll::Pending;
        }
        let found = stream.poll_next_unpin(&mut Context::from_waker(&self.waker));
        if found.is_ready() {
            self.signal.raised.store(true, Ordering::Release);
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use futures_util::stream;

    use super::*;

    #[test]
    fn a_socket_is_looked_at_until_it_has_nothing_and_again_only_once_it_woke() {
        let (mut items, mut looks, mut asleep) = (vec![1, 2], 0, None);
        let readable = Readable::default();
        readable.wakes(Waker::noop());
        for (woken, found) in [(false, 2), (false, 1), (false, 0), (false, 0), (true, 3), (true, 0)]
        {
            if woken && let Some(waker) = asleep.take() {
                Waker::wake(waker);
                items.push(3);
            }
            let mut socket = stream::poll_fn(|cx| {
                looks += 1;
                match items.pop() {
                    None => {
                        asleep = Some(cx.waker().clone());
                        Poll::Pending
                    }
                    item => Poll::Ready(item),
                }
            });
            let item = match readable.poll_next(&mut socket) {
                Poll::Ready(item) => item.unwrap(),
                Poll::Pending => 0,
            };
            assert_eq!(item, found);
        }
        assert_eq!(looks, 5, "not at the one that found nothing and was not woken");
    }
}
