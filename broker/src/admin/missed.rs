//! Missed chats, apart from transcripts: patrons whom nobody answered, or answered any longer, and
//! who went. A line for each, without a name and without a word of theirs.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Query, State};
use deskbell_domain::chat::ChatEvent;
use deskbell_domain::chat::event::EndCause;
use deskbell_domain::person::Author;
use deskbell_protocol::ids::{ChatId, InstitutionId, WidgetId};
use jiff::Timestamp;

use super::wire::{Lines, Since};
use super::{AdminState, Problem};
use crate::log::{LogError, Position, Record, StreamId, record};

/// Records read at once.
const PAGE: usize = 512;
/// What of a chat matters here; messages, which are most of it, are not even decoded.
const MATTERS: [&str; 4] = ["chat.opened", "chat.claimed", "chat.ticket_offered", "chat.ended"];

pub(super) async fn list(
    State(state): State<AdminState>,
    Query(asked): Query<Since>,
) -> Result<Json<Lines>, Problem> {
    let mut missed = Missed { since: asked.since, open: BTreeMap::new(), lines: Vec::new() };
    let mut after = Position::default();
    loop {
        let page = state.log.scan(after.clone(), PAGE).await?;
        for (position, stream, record) in page.records {
            missed.take(stream, &record)?;
            after = position;
        }
        if !page.more {
            return Ok(Json(Lines { lines: missed.lines }));
        }
        // Whoever shares this thread gets her turn.
        tokio::task::yield_now().await;
    }
}

/// A chat that has not ended yet, as far as the log has been read.
struct Open {
    at: Timestamp,
    home: InstitutionId,
    widget: WidgetId,
    claimed: bool,
    ticket_offered: bool,
}

struct Missed {
    since: Timestamp,
    open: BTreeMap<ChatId, Open>,
    lines: Vec<String>,
}

impl Missed {
    fn take(&mut self, stream: StreamId, record: &Record) -> Result<(), LogError> {
        let StreamId::Chat(chat) = stream else { return Ok(()) };
        if !MATTERS.contains(&record.entry.event.kind) {
            return Ok(());
        }
        match record::chat::decode(&record.entry.event)? {
            ChatEvent::Opened(it) => {
                let (claimed, ticket_offered) = (false, false);
                let (at, home, widget) = (record.entry.at, it.home, it.widget);
                self.open.insert(chat, Open { at, home, widget, claimed, ticket_offered });
            }
            ChatEvent::Claimed { .. } => {
                if let Some(open) = self.open.get_mut(&chat) {
                    open.claimed = true;
                }
            }
            ChatEvent::TicketOffered { .. } => {
                if let Some(open) = self.open.get_mut(&chat) {
                    open.ticket_offered = true;
                }
            }
            ChatEvent::Ended { cause, by } => {
                let ended = record.entry.at;
                if let Some(open) = self.open.remove(&chat)
                    && cause == EndCause::Missed
                    && ended >= self.since
                {
                    self.lines.push(line(chat, &open, ended, &by));
                }
            }
            _ => {}
        }
        Ok(())
    }
}

fn line(chat: ChatId, open: &Open, ended: Timestamp, by: &Author) -> String {
    let waited = ended.duration_since(open.at).as_secs();
    let how = if *by == Author::Patron { "gave up" } else { "stayed away" };
    let ticket = if open.ticket_offered { ", a ticket was offered" } else { "" };
    let claimed = if open.claimed { ", somebody had claimed it before" } else { "" };
    let Open { home, widget, .. } = open;
    format!("{ended:.0}  {home}  {widget}  {chat}  {how} after {waited} s{ticket}{claimed}")
}
