//! Open loop: each connection sends one message a second, whatever the server does.
//!
//! Latency counts from the moment a message was due, so that a server which stalls is charged for
//! every message that it held up, also for those that this tool could only send later. Messages are
//! spread evenly over the second.

use std::cell::Cell;
use std::rc::Rc;

use anyhow::Result;
use tokio::task::yield_now;

use super::{Run, unasked};
use crate::frame::{self, Post, Side};
use crate::measure::{Outcome, Tally, measure};
use crate::server::Server;
use crate::socket::Writer;

const SECOND_US: u64 = 1_000_000;

pub(super) async fn run(
    run: &mut Run,
    server: &Server,
    name: String,
    chats: usize,
) -> Result<Outcome> {
    let mut seats = Vec::with_capacity(2 * chats);
    for pair in run.seat_pairs(server, chats).await? {
        let ends = [
            (pair.patron, Side::Patron, Side::Operator),
            (pair.operator, Side::Operator, Side::Patron),
        ];
        for (socket, side, other) in ends {
            seats.push((socket.writer(), Post::new(&pair.chat, side)));
            let tally = Rc::clone(&run.tally);
            run.drive(socket, move |text, writer| match frame::stamp(text, other) {
                Some(due_us) => {
                    tally.delivered(due_us);
                    Ok(())
                }
                None => unasked(text, writer),
            });
        }
    }
    let (tally, due) = (Rc::clone(&run.tally), Rc::new(Cell::new(0)));
    let counted = Rc::clone(&due);
    run.tasks.spawn_local(async move {
        if let Err(lost) = pace(&tally, seats, &counted).await {
            tally.fail(lost);
        }
    });
    let measured = measure(server, run.window, &run.tally, name, 2 * chats).await?;
    run.all_arrived(|| due.get()).await?;
    measured.with_latency(&run.tally)
}

async fn pace(
    tally: &Tally,
    mut seats: Vec<(Rc<Writer>, Post)>,
    counted: &Cell<u64>,
) -> Result<()> {
    let (start_us, count) = (tally.now_us(), seats.len() as u64);
    for second in 0_u64.. {
        for (place, (writer, post)) in (0_u64..).zip(&mut seats) {
            let due_us = start_us + second * SECOND_US + place * SECOND_US / count;
            wait_until(tally, due_us).await;
            writer.queue(post.next(due_us));
            writer.flush()?;
            tally.paced(due_us);
            let (from_us, to_us) = tally.window_us();
            if (from_us..to_us).contains(&due_us) {
                counted.set(counted.get() + 1);
            }
        }
    }
    Ok(())
}

/// Spins, polling the sockets at each turn: a timer is a millisecond late, and that would be most
/// of what is measured. This tool has a core of its own.
pub(super) async fn wait_until(tally: &Tally, due_us: u64) {
    while tally.now_us() < due_us {
        yield_now().await;
    }
}
