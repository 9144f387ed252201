//! Who left, and which chats that matters to. The chat marks it; the first append wins.

use deskbell_domain::chat::Command;
use deskbell_domain::chat::event::Digest;
use deskbell_domain::chat::state::Attendance;
use deskbell_domain::person::Status;
use deskbell_protocol::ids::{ChatId, UserId};

use super::DeskActor;

impl DeskActor {
    pub(super) fn operator_departed(&self, user: &UserId) {
        for chat in self.view.of_operator(user) {
            self.nudge(chat, Command::OperatorLost { who: user.clone() });
        }
    }

    pub(super) fn patron_departed(&self, session: &Digest) {
        for chat in self.view.of_patron(session) {
            self.nudge(chat, Command::PatronLost);
        }
    }

    /// Compares the chat's parties with who is there: someone may have gone, or come, while the
    /// change was on its way. While the desk settles, nobody counts as gone.
    pub(super) fn reconcile(&self, chat: ChatId) {
        let Some(summary) = self.view.get(chat) else { return };
        let settling = self.settling.until().is_some();
        let presence = &self.seat.node.presence;
        match (summary.patron, presence.patron_here(&summary.session)) {
            (Attendance::Here, false) if !settling => self.nudge(chat, Command::PatronLost),
            (Attendance::Away { .. }, true) => self.nudge(chat, Command::PatronFound),
            (Attendance::Here | Attendance::Away { .. }, _) => {}
        }
        let parties = summary.owner.iter().chain(&summary.participants);
        for (user, attendance) in parties {
            let here = presence.standing(user).status != Status::Offline;
            match (attendance, here) {
                (Attendance::Here, false) if !settling => {
                    self.nudge(chat, Command::OperatorLost { who: user.clone() });
                }
                (Attendance::Away { .. }, true) => {
                    self.nudge(chat, Command::OperatorFound { who: user.clone() });
                }
                (Attendance::Here | Attendance::Away { .. }, _) => {}
            }
        }
    }
}
