//! Who may not go on: signed out, by herself or by an administrator, or without the right to answer
//! a library's patrons. Her chats wait again at their original place.

use std::collections::BTreeSet;
use std::sync::Arc;

use deskbell_domain::chat::Command;
use deskbell_domain::chat::event::ReturnReason;
use deskbell_protocol::codes::CloseCode;
use deskbell_protocol::ids::{ChatId, SessionId, Target, UserId};
use jiff::SignedDuration;

use super::DeskActor;
use crate::actors::node::Node;
use crate::actors::say::{Refused, Say};
use crate::actors::session::Peer;
use crate::presence::Signal;
use crate::secrets::token::TOKEN_HOURS_MAX;

/// An ended session is remembered as long as any token of it may be good.
const LONGEST_TOKEN: SignedDuration = SignedDuration::from_hours(TOKEN_HOURS_MAX as i64);

impl DeskActor {
    /// An operator signs out. Who owns chats is told so first, unless she is still there on another
    /// sign-in, or says that they may wait again.
    pub(super) fn sign_out(&mut self, peer: &Arc<Peer>, re: u32, anyway: bool) {
        let Some(user) = peer.operator().cloned() else { return };
        let session = peer.session;
        let sessions = self.seat.node.presence.sessions(&user);
        let elsewhere = sessions.iter().any(|other| *other != session);
        let owned = if elsewhere { Vec::new() } else { self.owned_by(&user) };
        let node = &self.seat.node;
        if !owned.is_empty() && !anyway {
            return peer.refuse(re, &Refused::OwnsChats(owned), node);
        }
        if !elsewhere {
            self.return_chats(&user, ReturnReason::SignedOut);
        }
        self.end_sessions(user, BTreeSet::from([session]), peer.clone(), re);
    }

    /// An administrator, `by`, signs somebody out wherever she is connected.
    pub(super) fn sign_out_everywhere(&mut self, user: UserId, by: Arc<Peer>, re: u32) {
        let sessions = self.seat.node.presence.sessions(&user);
        self.return_chats(&user, ReturnReason::SignedOut);
        self.end_sessions(user, sessions, by, re);
    }

    fn owned_by(&self, user: &UserId) -> Vec<ChatId> {
        let owns = |chat: &ChatId| {
            let owner = self.view.get(*chat).and_then(|it| it.owner.as_ref());
            owner.is_some_and(|(owner, _)| owner == user)
        };
        self.view.of_operator(user).into_iter().filter(owns).collect()
    }

    fn return_chats(&self, user: &UserId, why: ReturnReason) {
        for chat in self.view.of_operator(user) {
            self.nudge(chat, Command::Return { who: user.clone(), why });
        }
    }

    /// Their tokens are good no longer. Once that is stored, `asker` is answered and the sessions'
    /// connections close; a store that refuses leaves them open, and who asked may ask again.
    fn end_sessions(&self, user: UserId, sessions: BTreeSet<SessionId>, asker: Arc<Peer>, re: u32) {
        let node = self.seat.node.clone();
        let now = node.clock.now();
        node.ended_sessions.retain(|_, until| *until > now);
        let until = now + LONGEST_TOKEN;
        let endings: Vec<_> = sessions
            .iter()
            .map(|session| {
                node.ended_sessions.insert(*session, until);
                node.secrets.end_session(*session, until)
            })
            .collect();
        tokio::task::spawn_local(async move {
            for ending in endings {
                if let Err(error) = ending.await {
                    tracing::warn!(%error, "the end of a session cannot be stored");
                    return asker.refuse(re, &Refused::Unavailable, &node);
                }
            }
            let (whose, theirs) = (user.clone(), sessions.clone());
            let signal = Signal::SessionsEnded { user: whose, sessions: theirs, until };
            node.presence.signal(signal);
            asker.answer(&Say::Done { re, at: None }, &node);
            show_out(&node, &user, &sessions);
        });
    }

    /// After a change of the directory: nobody stays in a chat whose library she may not serve.
    pub(super) fn return_what_is_no_longer_theirs(&self) {
        let directory = self.seat.node.directory.load();
        for summary in self.view.all() {
            let owner = summary.owner.iter().map(|(user, _)| user);
            for user in owner.chain(summary.participants.iter().map(|(user, _)| user)) {
                if !directory.serves(&summary.home, &Target::Operator(user.clone())) {
                    let (who, why) = (user.clone(), ReturnReason::NoRight);
                    self.nudge(summary.chat, Command::Return { who, why });
                }
            }
        }
    }
}

/// Closes the connections of ended sign-ins on this node.
pub(super) fn show_out(node: &Node, user: &UserId, sessions: &BTreeSet<SessionId>) {
    let theirs = |peer: &Peer| peer.operator() == Some(user) && sessions.contains(&peer.session);
    node.registry.close_those(theirs, CloseCode::SignedOut);
}
