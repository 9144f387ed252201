//! Connections that only stand by: what one costs the server in memory.
//!
//! The first connection is opened before memory is first read, so that what the server allocates
//! once is not charged to the others.

use anyhow::Result;

use super::Run;
use crate::measure::{Outcome, measure};
use crate::process;
use crate::server::Server;

#[expect(clippy::cast_precision_loss, reason = "sizes stay far below 2^53")]
pub(super) async fn run(
    run: &mut Run,
    server: &Server,
    name: String,
    connections: usize,
) -> Result<Outcome> {
    run.seat_idle(server, 0, 1).await?;
    let (before, _) = process::memory_bytes(server.pid)?;
    run.seat_idle(server, 1, connections).await?;
    let mut measured = measure(server, run.window, &run.tally, name, connections + 1).await?;
    let (after, _) = process::memory_bytes(server.pid)?;
    let growth = after.saturating_sub(before) as f64;
    measured.bytes_per_idle_connection = Some(growth / connections as f64);
    Ok(measured)
}
