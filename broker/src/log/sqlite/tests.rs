//! The contract, and what only this adapter can get wrong.

use std::sync::Arc;

use super::*;
use crate::log::contract::{Subject, kept_promises, promises};

fn subject() -> Subject {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().to_path_buf();
    let reopen = move || SqliteLog::open(&path).map(|log| Arc::new(log) as Arc<dyn EventLog>);
    Subject { reopen: Box::new(reopen), files: Some(dir) }
}

promises!(subject());
kept_promises!(subject());
