//! What commands and broker say to each other over the socket. Both are the same binary, so nothing
//! here promises to stay as it is.

use deskbell_protocol::ids::UserId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The body of every answer that is not a success.
#[derive(Debug, Serialize, Deserialize)]
pub struct Failure {
    /// A sentence that says what to do.
    pub error: String,
}

/// `GET /status`
#[derive(Debug, Serialize, Deserialize)]
pub struct Status {
    /// The directory's version.
    pub directory_version: u64,
    /// How many libraries it has.
    pub institutions: usize,
    /// How many people may sign in.
    pub active_users: usize,
    /// What an acknowledgement means.
    pub durability: String,
    /// How many chats go on.
    pub live_chats: usize,
    /// The broker's time.
    pub now: Timestamp,
    /// When the directory last changed.
    pub directory_changed_at: Option<Timestamp>,
}

/// `POST /directory`
#[derive(Debug, Serialize, Deserialize)]
pub struct ApplyDirectory {
    /// The file's text.
    pub text: String,
    /// Whether what the file does not mention goes.
    pub prune: bool,
    /// Whether nothing is stored.
    pub dry_run: bool,
}

/// And its answer.
#[derive(Debug, Serialize, Deserialize)]
pub struct DirectoryApplied {
    /// What differed, for people.
    pub lines: Vec<String>,
    /// The directory's version from now on.
    pub version: u64,
}

/// `PUT /users/{user}/password`
#[derive(Debug, Serialize, Deserialize)]
pub struct SetPasswordHash {
    /// The password itself never travels.
    pub phc: String,
}

/// `POST /users/{user}/link`: a single-use link to set a password.
#[derive(Serialize, Deserialize)]
pub struct LinkCreated {
    /// To stand behind `#`.
    pub secret: String,
    /// Until when it works.
    pub expires: Timestamp,
}

/// `POST /users/{user}/tokens`
#[derive(Debug, Serialize, Deserialize)]
pub struct MintTokens {
    /// For whom and what.
    pub note: String,
    /// How long they are good.
    pub hours: u32,
    /// How many, each a sign-in of its own.
    pub count: u32,
}

/// And its answer.
#[derive(Serialize, Deserialize)]
pub struct TokensMinted {
    /// Whom they sign in.
    pub user: UserId,
    /// In the order in which they were recorded.
    pub tokens: Vec<String>,
}

/// `GET /log/chats/{chat}`
#[derive(Debug, Serialize, Deserialize)]
pub struct ShowChat {
    /// Whether texts are shown.
    #[serde(default)]
    pub text: bool,
    /// Where the last page ended.
    #[serde(default)]
    pub after: u64,
}

/// And its answer.
#[derive(Debug, Serialize, Deserialize)]
pub struct ChatPage {
    /// A line for each event.
    pub lines: Vec<String>,
    /// Where the next page begins, if there is one.
    pub next: Option<u64>,
}

/// `GET /log/missed`
#[derive(Debug, Serialize, Deserialize)]
pub struct Since {
    /// Only what ended from then on.
    pub since: Timestamp,
}

/// What a look at every record found: the answer to `POST /log/verify` and `POST /backup`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verified {
    /// Records that are as they were written.
    pub records: u64,
    /// Streams.
    pub streams: u64,
    /// Each damage with its place.
    pub damage: Vec<String>,
}

/// `POST /backup`
#[derive(Debug, Serialize, Deserialize)]
pub struct BackUp {
    /// Absolute.
    pub file: std::path::PathBuf,
}

/// `GET /explain/{widget}`
#[derive(Debug, Serialize, Deserialize)]
pub struct At {
    /// When hours are judged.
    pub at: Option<Timestamp>,
}

/// `GET /forecast/{coop}`
#[derive(Debug, Serialize, Deserialize)]
pub struct Zone {
    /// By whose clock.
    pub zone: Option<String>,
}

/// The answer to both.
#[derive(Debug, Serialize, Deserialize)]
pub struct Lines {
    /// For people.
    pub lines: Vec<String>,
}
