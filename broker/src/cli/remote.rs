//! A command through the running broker: over the socket file in the store's directory.

use std::io::ErrorKind;
use std::path::Path;

use tokio::net::UnixStream;

use super::CliError;
use crate::admin::socket;

/// A connection to the broker that has `store` open; `None` if there is none.
pub(super) async fn connect(store: &Path) -> Result<Option<UnixStream>, CliError> {
    let file = socket::path(store);
    match UnixStream::connect(&file).await {
        Ok(stream) => Ok(Some(stream)),
        Err(error) => match error.kind() {
            // None was started here, or one was killed and left its file behind.
            ErrorKind::NotFound | ErrorKind::ConnectionRefused => Ok(None),
            _ => Err(CliError::io(file.display())(error)),
        },
    }
}
