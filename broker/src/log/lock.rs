//! One process per store: an advisory lock on a file beside it, released with the process.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;

use crate::log::LogError;

/// Beside the store. It stays when the lock is released: only the lock counts.
const FILE: &str = "deskbell.lock";

/// Held as long as it lives.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the store in `dir`, or says who has it and what to do.
    pub(crate) fn take(dir: &Path) -> Result<Self, LogError> {
        let path = dir.join(FILE);
        let refused = |error: std::io::Error| {
            LogError::Unavailable(format!(
                "{}: {error}; the broker's user must be able to write the store's directory",
                path.display()
            ))
        };
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let mut file = options.open(&path).map_err(refused)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::Error(error)) => return Err(refused(error)),
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                file.read_to_string(&mut holder).map_err(refused)?;
                return Err(LogError::Unavailable(format!(
                    "process {} has it open: stop that process, or give the command to the \
                     running broker",
                    holder.trim()
                )));
            }
        }
        file.set_len(0).and_then(|()| file.rewind()).map_err(refused)?;
        writeln!(file, "{}", std::process::id()).map_err(refused)?;
        Ok(Self { _file: file })
    }
}
