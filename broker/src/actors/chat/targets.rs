//! Where a chat may be transferred to: what its patron's library takes part in, and who is there
//! right now.

use std::sync::Arc;

use deskbell_domain::access::{Denied, takes_part};
use deskbell_domain::chat::Refusal;
use deskbell_domain::person::Status;
use deskbell_protocol::ids::{Target, UserId};

use super::ChatActor;
use crate::actors::say::{Refused, Say, Stand};
use crate::actors::session::Peer;

impl ChatActor {
    /// Answers who asks, if she is in the chat.
    pub(super) fn tell_targets(&mut self, peer: &Arc<Peer>, re: u32) {
        let frame = match self.targets(peer) {
            Ok((queues, operators)) => {
                let (chat, queues, operators) = (self.chat, &queues[..], &operators[..]);
                self.encode(&Say::Targets { re, chat, queues, operators })
            }
            Err(why) => self.encode(&Say::Refused { re, why: &why, next: None }),
        };
        self.reply(peer, frame);
    }

    fn targets(&self, peer: &Peer) -> Result<Found, Refused> {
        let user = peer.operator().ok_or(Denied::WrongRole)?;
        let ring = self.state.ring.as_ref().ok_or(Denied::NotFound)?;
        if !self.state.has(user) {
            return Err(Refusal::NotParticipant.into());
        }
        let node = &self.seat.node;
        let directory = node.directory.load();
        let told = node.presence.told(user);
        let stand = |at: Target| {
            let monitored = told.as_ref().is_some_and(|it| it.monitoring.contains(&at));
            let mut others = node.presence.colleagues(&at);
            others.retain(|(other, _)| other != user);
            Stand { at, monitored, others }
        };
        let departments = directory.departments.keys().cloned().map(Target::Department);
        let coops = directory.coops.keys().cloned().map(Target::Coop);
        let queues = departments.chain(coops).filter(|at| takes_part(&ring.home, at, &directory));
        let here = |other: &UserId| (other.clone(), node.presence.standing(other).status);
        let operators = directory.users.keys().filter(|other| *other != user).map(here);
        let operators = operators.filter(|(other, status)| {
            *status != Status::Offline
                && takes_part(&ring.home, &Target::Operator(other.clone()), &directory)
        });
        Ok((queues.map(stand).collect(), operators.collect()))
    }
}

/// Queues, and colleagues.
type Found = (Vec<Stand<Target>>, Vec<(UserId, Status)>);
