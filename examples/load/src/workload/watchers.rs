//! One queue, many watchers: a patron rings and gives up, over and over, and every watching
//! operator sees the row appear and go.
//!
//! A ring is due at a fixed time and its latency counts from there. The row and its going are one
//! delivery each per watcher; the relay is sent two frames of the same sizes. Later changes of a
//! row are not counted.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use anyhow::{Context, Result, bail};
use deskbell_protocol::ToClient;
use deskbell_protocol::to_client::SnapshotReason;
use futures_util::{StreamExt, stream};

use super::paced::wait_until;
use super::{CONNECTING, Run, unasked};
use crate::frame::{self, Side};
use crate::measure::{Outcome, Tally, measure};
use crate::server::Server;
use crate::socket::Writer;

/// Rings after which a changed row of an earlier one is not looked for any more.
const SEEN: usize = 64;

pub(super) async fn run(
    run: &mut Run,
    server: &Server,
    name: String,
    watchers: usize,
    rings_per_second: u32,
) -> Result<Outcome> {
    let mut seats = stream::iter(0..watchers).map(|n| server.watcher(n)).buffered(CONNECTING);
    while let Some(socket) = seats.next().await {
        let (tally, mut seen) = (Rc::clone(&run.tally), VecDeque::new());
        run.drive(socket?, move |text, writer| {
            match (frame::kind(text), frame::stamp(text, Side::Patron)) {
                // Rings that were stored together may appear in any order.
                (b"list.row", Some(due_us)) if !seen.contains(&due_us) => {
                    if seen.len() == SEEN {
                        seen.pop_front();
                    }
                    seen.push_back(due_us);
                    tally.delivered(due_us);
                }
                (b"list.gone", _) => tally.delivered_untimed(),
                _ => return unasked(text, writer),
            }
            Ok(())
        });
    }
    let rings = Rc::new(Rings::new(server.desk.is_some()));
    let socket = server.ringer().await?;
    let (writer, heard) = (socket.writer(), Rc::clone(&rings));
    run.drive(socket, move |text, writer| heard.reply(text, writer));
    let (tally, rung) = (Rc::clone(&run.tally), Rc::clone(&rings));
    run.tasks.spawn_local(async move {
        if let Err(lost) = rung.pace(&tally, &writer, u64::from(rings_per_second)).await {
            tally.fail(lost);
        }
    });
    let measured = measure(server, run.window, &run.tally, name, watchers + 1).await?;
    let each = watchers as u64;
    run.all_arrived(|| rings.due_in_window.get() * each).await?;
    measured.with_latency(&run.tally)
}

/// The patron who rings.
struct Rings {
    broker: bool,
    /// Chats that ring, oldest first; the next end takes the first.
    open: RefCell<VecDeque<String>>,
    /// Ends that were due before their chat was open.
    owed: Cell<usize>,
    requests: Cell<u64>,
    due_in_window: Cell<u64>,
}

impl Rings {
    fn new(broker: bool) -> Self {
        Self {
            broker,
            open: RefCell::default(),
            owed: Cell::new(0),
            requests: Cell::new(0),
            due_in_window: Cell::new(0),
        }
    }

    async fn pace(&self, tally: &Tally, writer: &Writer, rings_per_second: u64) -> Result<()> {
        let start_us = tally.now_us();
        let interval_us = 1_000_000 / rings_per_second.max(1);
        for ring in 0_u64.. {
            let due_us = start_us + ring * interval_us;
            wait_until(tally, due_us).await;
            self.ring(due_us, writer);
            writer.flush()?;
            tally.paced(due_us);
            let (from_us, to_us) = tally.window_us();
            if (from_us..to_us).contains(&due_us) {
                self.due_in_window.set(self.due_in_window.get() + 1);
            }
            wait_until(tally, due_us + interval_us / 2).await;
            self.end(writer);
            writer.flush()?;
        }
        Ok(())
    }

    fn ring(&self, due_us: u64, writer: &Writer) {
        let question =
            format!("Where do I find the atlas? {}", frame::stamp_text(Side::Patron, due_us));
        if self.broker {
            let (id, cmid) = self.next_request();
            writer.queue_text(&format!(
                r#"{{"type":"chat.open","id":{id},"cmid":"{cmid}","question":"{question}"}}"#
            ));
        } else {
            writer.queue_text(&format!(
                r#"{{"type":"list.row","row":{{"chat":"{NO_CHAT}","since":"2026-01-01T10:00:00.123456789Z","home":"bench-library","home_name":"Bench Library","widget":"bench","tiers":["coop/bench"],"question":"{question}","patron_here":true,"previewing":0}}}}"#
            ));
        }
    }

    fn end(&self, writer: &Writer) {
        if !self.broker {
            writer.queue_text(&format!(r#"{{"type":"list.gone","chat":"{NO_CHAT}"}}"#));
            return;
        }
        match self.open.borrow_mut().pop_front() {
            Some(chat) => self.end_chat(&chat, writer),
            None => self.owed.set(self.owed.get() + 1),
        }
    }

    fn end_chat(&self, chat: &str, writer: &Writer) {
        let (id, cmid) = self.next_request();
        writer.queue_text(&format!(
            r#"{{"type":"chat.end","id":{id},"chat":"{chat}","cmid":"{cmid}"}}"#
        ));
    }

    fn next_request(&self) -> (u64, String) {
        self.requests.set(self.requests.get() + 1);
        (1_000_000 + self.requests.get(), frame::cmid(self.requests.get()))
    }

    /// Notes the chat of each opening. Parsing is fine here: it is one connection of many.
    fn reply(&self, text: &[u8], writer: &Writer) -> Result<()> {
        if frame::kind(text) != b"chat.snapshot" {
            return unasked(text, writer);
        }
        let snapshot: ToClient = serde_json::from_slice(text).context("an unknown snapshot")?;
        let ToClient::ChatSnapshot(snapshot) = snapshot else { bail!("not a snapshot") };
        if snapshot.reason != SnapshotReason::Subscribed {
            return Ok(());
        }
        let chat = snapshot.chat.to_string();
        if self.owed.get() > 0 {
            self.owed.set(self.owed.get() - 1);
            self.end_chat(&chat, writer);
        } else {
            self.open.borrow_mut().push_back(chat);
        }
        Ok(())
    }
}

/// As long as a chat's id.
const NO_CHAT: &str = "00000000000000000000000000";
