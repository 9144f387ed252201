//! What whoever runs the broker may ask of it: HTTP and JSON over a socket file in the store's
//! directory, which only the broker's own user can open. `deskbell` commands speak it.
//!
//! The same router serves a command that opens the store itself because no broker runs: each
//! command exists once. There is no authentication beyond the file's permissions, so this router
//! must never be served on a network. Not here: health and metrics (`edge`).

pub mod socket;
pub mod transcript;
pub mod wire;

mod care;
mod directory;
mod hours;
mod log;
mod missed;
mod people;

pub use self::directory::zone_exists;

use std::path::PathBuf;
use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use deskbell_domain::directory::Directory;
use deskbell_domain::directory::command::{Command, Refusal};
use deskbell_protocol::ids::Target;
use futures_util::future::BoxFuture;

use self::wire::Verified;
use crate::actors::directory::ApplyError;
use crate::log::{EventLog, LogError};
use crate::secrets::{Secrets, SecretsError};
use crate::world::{Chance, Clock};

/// The directory as commands need it: whoever implements it owns the stream.
pub trait DirectoryPort: Send + Sync + 'static {
    /// Decides all of `commands` in order and stores what happens, all or nothing; answers with
    /// the version from then on.
    fn apply(&self, commands: Vec<Command>) -> BoxFuture<'static, Result<u64, DirectoryFault>>;
    /// As of now, or a moment ago.
    fn snapshot(&self) -> Arc<Directory>;
    /// Whether somebody would see a chat ring there; nobody, where no broker runs.
    fn online(&self, target: &Target) -> bool;
    /// Whether everybody who would see it is away.
    fn all_away(&self, target: &Target) -> bool;
    /// Whether a broker runs.
    fn is_running(&self) -> bool;
}

/// Why the directory was not changed.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryFault {
    /// A rule says no.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The log cannot take it.
    #[error(transparent)]
    Log(#[from] LogError),
    /// It may have happened.
    #[error("the change may or may not be stored ({0}): run the command again")]
    Unknown(String),
}

impl From<ApplyError> for DirectoryFault {
    fn from(error: ApplyError) -> Self {
        match error {
            ApplyError::Refused(refusal) => refusal.into(),
            ApplyError::Log(error) => error.into(),
            ApplyError::Unavailable(why) => LogError::Unavailable(why).into(),
        }
    }
}

/// The store as a whole, while it is in use.
pub trait StoreCare: Send + Sync + 'static {
    /// Copies it, secrets included, into `file`, which must not exist yet.
    fn backup(&self, file: PathBuf) -> BoxFuture<'static, Result<Verified, LogError>>;
    /// Reads all of it.
    fn verify(&self) -> BoxFuture<'static, Result<Verified, LogError>>;
}

/// What the commands work on.
#[derive(Clone)]
pub struct AdminState {
    /// The truth.
    pub log: Arc<dyn EventLog>,
    /// What must not be in it.
    pub secrets: Arc<dyn Secrets>,
    /// Who and what there is.
    pub directory: Arc<dyn DirectoryPort>,
    /// Both, as a whole.
    pub care: Arc<dyn StoreCare>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub chance: Arc<dyn Chance>,
}

/// Everything that may be asked.
pub fn router(state: AdminState) -> Router {
    Router::new()
        .route("/status", get(directory::status))
        .route("/directory", get(directory::export).post(directory::apply))
        .route("/explain/{widget}", get(hours::explain))
        .route("/forecast/{coop}", get(hours::forecast))
        .route("/users/{user}/password", put(people::set_password))
        .route("/users/{user}/link", post(people::create_link))
        .route("/users/{user}/tokens", post(people::mint))
        .route("/log/chats/{chat}", get(log::show))
        .route("/log/missed", get(missed::list))
        .route("/log/audit", get(log::audit))
        .route("/log/verify", post(log::verify))
        .route("/backup", post(log::backup))
        .with_state(state)
}

/// An answer that is not a success: a sentence for whoever gave the command.
#[derive(Debug)]
struct Problem(StatusCode, String);

impl Problem {
    fn not_found(what: impl Into<String>) -> Self {
        Self(StatusCode::NOT_FOUND, what.into())
    }
    fn refused(what: impl ToString) -> Self {
        Self(StatusCode::UNPROCESSABLE_ENTITY, what.to_string())
    }
}

impl From<LogError> for Problem {
    fn from(error: LogError) -> Self {
        let status = match error {
            LogError::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            LogError::Damaged { .. } | LogError::Newer { .. } => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self(status, error.to_string())
    }
}

impl From<SecretsError> for Problem {
    fn from(error: SecretsError) -> Self {
        Self(StatusCode::SERVICE_UNAVAILABLE, error.to_string())
    }
}

impl From<DirectoryFault> for Problem {
    fn from(fault: DirectoryFault) -> Self {
        match fault {
            DirectoryFault::Refused(refusal) => Self::refused(refusal),
            DirectoryFault::Log(error) => error.into(),
            DirectoryFault::Unknown(_) => Self(StatusCode::BAD_GATEWAY, fault.to_string()),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Self(status, error) = self;
        (status, Json(wire::Failure { error })).into_response()
    }
}
