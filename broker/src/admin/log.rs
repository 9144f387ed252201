//! Requests about what is stored. Long work happens on the store's own threads, never on those that
//! serve connections.

use axum::Json;
use axum::extract::{Path, Query, State};
use deskbell_protocol::ids::ChatId;

use super::wire::{BackUp, ChatPage, Lines, ShowChat, Verified};
use super::{AdminState, Problem, transcript};
use crate::log::StreamId;
use crate::log::record::audit::{HistoryChanged, decode};

const SHOW_RECORDS: usize = 500;

pub(super) async fn show(
    State(state): State<AdminState>,
    Path(chat): Path<String>,
    Query(asked): Query<ShowChat>,
) -> Result<Json<ChatPage>, Problem> {
    let id: ChatId = chat.parse().map_err(Problem::refused)?;
    let page = state.log.read(StreamId::Chat(id), asked.after, SHOW_RECORDS).await?;
    if asked.after == 0 && page.records.is_empty() {
        return Err(Problem::not_found(format!("there is no chat {id} in this store")));
    }
    let next = page.records.last().filter(|_| page.more).map(|record| record.seq);
    let lines = page.records.iter().map(|record| transcript::line(record, asked.text));
    Ok(Json(ChatPage { lines: lines.collect::<Result<_, _>>()?, next }))
}

pub(super) async fn audit(State(state): State<AdminState>) -> Result<Json<Lines>, Problem> {
    let (mut lines, mut after) = (Vec::new(), 0);
    loop {
        let page = state.log.read(StreamId::Audit, after, SHOW_RECORDS).await?;
        for stored in &page.records {
            let HistoryChanged { chat, version, lost } = decode(&stored.entry.event)?;
            let at = stored.entry.at;
            let lost: Vec<_> = lost.iter().map(|(seq, eid)| format!("{seq}:{eid}")).collect();
            let lost = lost.join(" ");
            lines.push(format!("{at:.0}  {chat}  the store lost {lost}; {version} are left"));
            after = stored.seq;
        }
        if !page.more {
            return Ok(Json(Lines { lines }));
        }
    }
}

pub(super) async fn verify(State(state): State<AdminState>) -> Result<Json<Verified>, Problem> {
    Ok(Json(state.care.verify().await?))
}

pub(super) async fn backup(
    State(state): State<AdminState>,
    Json(asked): Json<BackUp>,
) -> Result<Json<Verified>, Problem> {
    if !asked.file.is_absolute() {
        return Err(Problem::refused("the file of a backup is given with its whole path"));
    }
    if asked.file.exists() {
        let file = asked.file.display();
        return Err(Problem::refused(format!("{file} exists: name a file that does not")));
    }
    Ok(Json(state.care.backup(asked.file).await?))
}
