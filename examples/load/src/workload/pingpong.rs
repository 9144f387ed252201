//! Closed loop: one message in flight per chat, as fast as the server takes them.
//!
//! For CPU per message and throughput. Its latency says how deep the server's queue is, not how
//! long a person waits: that is what `paced` is for.

use std::rc::Rc;

use anyhow::Result;

use super::{Run, unasked};
use crate::frame::{self, Post, Side};
use crate::measure::{Outcome, measure};
use crate::server::Server;
use crate::socket::Socket;

pub(super) async fn run(
    run: &mut Run,
    server: &Server,
    name: String,
    chats: usize,
    idle: usize,
) -> Result<Outcome> {
    run.seat_idle(server, chats, idle).await?;
    for pair in run.seat_pairs(server, chats).await? {
        let operator = Post::new(&pair.chat, Side::Operator);
        answer(run, pair.operator, operator, Side::Patron);
        let mut patron = Post::new(&pair.chat, Side::Patron);
        pair.patron.writer().queue(patron.next(run.tally.now_us()));
        answer(run, pair.patron, patron, Side::Operator);
    }
    let measured = measure(server, run.window, &run.tally, name, 2 * chats + idle).await?;
    measured.with_latency(&run.tally)
}

/// Answers each message of `other` with one of its own.
fn answer(run: &mut Run, socket: Socket, mut post: Post, other: Side) {
    let tally = Rc::clone(&run.tally);
    run.drive(socket, move |text, writer| match frame::stamp(text, other) {
        Some(sent_us) => {
            tally.delivered(sent_us);
            writer.queue(post.next(tally.now_us()));
            Ok(())
        }
        None => unasked(text, writer),
    });
}
