//! Requests about the directory, and about the store at a glance.

use axum::Json;
use axum::extract::State;
use deskbell_domain::directory::file;

use super::wire::{ApplyDirectory, DirectoryApplied, Status};
use super::{AdminState, Problem};
use crate::log::StreamId;
use crate::world::time_zone;

pub(super) async fn status(State(state): State<AdminState>) -> Result<Json<Status>, Problem> {
    let directory = state.directory.snapshot();
    let before_last = directory.version.saturating_sub(1);
    let last = state.log.read(StreamId::Directory, before_last, 1).await?;
    Ok(Json(Status {
        directory_version: directory.version,
        institutions: directory.institutions.len(),
        active_users: directory.users.values().filter(|user| user.active).count(),
        durability: state.log.durability().as_str().to_owned(),
        live_chats: state.log.live().await?.len(),
        now: state.clock.now(),
        directory_changed_at: last.records.last().map(|record| record.entry.at),
    }))
}

pub(super) async fn export(State(state): State<AdminState>) -> String {
    file::export(&state.directory.snapshot())
}

pub(super) async fn apply(
    State(state): State<AdminState>,
    Json(asked): Json<ApplyDirectory>,
) -> Result<Json<DirectoryApplied>, Problem> {
    let wanted = file::parse(&asked.text, &zone_exists).map_err(|problems| {
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        Problem::refused(lines.join("\n"))
    })?;
    let directory = state.directory.snapshot();
    let commands = file::difference(&directory, &wanted, asked.prune);
    let lines = file::describe(&directory, &commands);
    let version = if asked.dry_run || commands.is_empty() {
        directory.version
    } else {
        state.directory.apply(commands).await?
    };
    Ok(Json(DirectoryApplied { lines, version }))
}

/// Whether this machine knows the time zone.
pub fn zone_exists(name: &str) -> bool {
    time_zone(name).is_some()
}
