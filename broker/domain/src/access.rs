//! Who may do what: a pure function of who asks, how she stands, the directory, the chat and the
//! command. "No such chat" and "not yours" are the same refusal.
//!
//! Not here: what the chat's own state forbids (`chat::decide`), and which fields are shown
//! (`audience`).

use deskbell_protocol::ids::{UserId, WidgetId};

use crate::audience::Audience;
use crate::chat::event::Digest;
use crate::chat::{ChatState, Command};
use crate::directory::Directory;
use crate::person::Standing;

/// Who asks, as authentication proved it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principal {
    /// A patron, by the session that her widget gave her.
    Patron {
        /// Digest of the session id.
        session: Digest,
        /// The widget the session was made for.
        widget: WidgetId,
    },
    /// An operator who signed in.
    Operator(UserId),
}

/// Why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// There is none, or none for you.
    #[error("there is no such chat, or it is not yours to see")]
    NotFound,
    /// Patrons do not claim, operators do not ring.
    #[error("this request is not for your role")]
    WrongRole,
    /// The patron's library takes part in no such target.
    #[error(
        "the patron's library takes part in no such department or co-op, and no such colleague"
    )]
    TargetNotAllowed,
}

/// As whom `principal` may read the chat right now, if at all.
pub fn reader(
    principal: &Principal,
    standing: &Standing,
    directory: &Directory,
    chat: &ChatState,
) -> Option<Audience> {
    let _ = (principal, standing, directory, chat);
    todo!()
}

/// Whether `principal` may ask `command` of the chat at all.
pub fn may(
    principal: &Principal,
    standing: &Standing,
    directory: &Directory,
    chat: &ChatState,
    command: &Command,
) -> Result<(), Denied> {
    let _ = (principal, standing, directory, chat, command);
    todo!()
}
