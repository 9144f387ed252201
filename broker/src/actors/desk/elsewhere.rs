//! What other nodes tell of who is there. The node on which something happens acts on it; here it
//! only counts, and is shown. When a node ends, nobody acts for it: then every other one does, and
//! the first append wins.

use std::sync::Arc;

use actix::{Context, Handler, Message};

use super::DeskActor;
use super::leaving::show_out;
use crate::presence::{Elsewhere, Shift, Signal};

/// What another node told of people.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(super) struct ToldElsewhere(pub(super) Elsewhere);

impl DeskActor {
    /// Somebody stands elsewhere than before, and another node acts on it.
    fn take_note(&mut self, shift: Shift) {
        self.staffing_shifted(&shift);
        self.seat.node.staffing().heard(shift.changes);
    }
}

impl Handler<ToldElsewhere> for DeskActor {
    type Result = ();

    fn handle(&mut self, ToldElsewhere(told): ToldElsewhere, _: &mut Context<Self>) {
        match told {
            Elsewhere::Shifted(shift) => self.take_note(shift),
            Elsewhere::Told { user, told, shift } => {
                self.tell_devices(&user, None, &told);
                self.take_note(shift);
            }
            Elsewhere::OperatorLost { user, shift } => {
                if shift.departed {
                    self.operator_departed(&user);
                }
                self.take_in(shift);
            }
            Elsewhere::PatronLost(session) => self.patron_departed(&session),
            Elsewhere::Signal(node, Signal::Previewing { chat, by }) => {
                self.previewed(node, chat, Arc::new(by));
            }
            Elsewhere::Signal(_, Signal::SessionsEnded { user, sessions, until }) => {
                let node = &self.seat.node;
                for session in &sessions {
                    node.ended_sessions.insert(*session, until);
                }
                show_out(node, &user, &sessions);
            }
            Elsewhere::NodeLost(node) => {
                let by = self.previewing.iter().filter(|(_, nodes)| nodes.contains_key(&node));
                let chats: Vec<_> = by.map(|(chat, _)| *chat).collect();
                for chat in chats {
                    self.previewed(node, chat, Arc::default());
                }
            }
            // Of chats, apps and addresses, which `actors::elsewhere` takes where they belong.
            Elsewhere::Signal(
                _,
                Signal::Typing { .. }
                | Signal::Mark { .. }
                | Signal::TookOver { .. }
                | Signal::Banned { .. },
            )
            | Elsewhere::Gap => {}
        }
    }
}
