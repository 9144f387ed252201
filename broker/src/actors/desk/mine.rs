//! *My Chats*: which live chats each operator is in. Told whole to every list of hers, whenever one
//! comes, goes or changes hands; so what she sees on one device she sees on all.

use std::collections::BTreeSet;
use std::sync::Arc;

use deskbell_domain::chat::Summary;
use deskbell_protocol::ids::{ChatId, UserId};

use super::DeskActor;
use crate::actors::session::{Mine, Peer};

/// Who is in a chat, and whether she owns it.
fn people(summary: Option<&Arc<Summary>>) -> BTreeSet<(&UserId, bool)> {
    let owner = summary.iter().flat_map(|it| &it.owner).map(|(user, _)| (user, true));
    let others = summary.iter().flat_map(|it| &it.participants).map(|(user, _)| (user, false));
    owner.chain(others).collect()
}

/// Who is in a chat otherwise than before.
pub(super) fn changed(
    before: Option<&Arc<Summary>>,
    after: Option<&Arc<Summary>>,
) -> BTreeSet<UserId> {
    let (before, after) = (people(before), people(after));
    before.symmetric_difference(&after).map(|(user, _)| (*user).clone()).collect()
}

impl DeskActor {
    fn mine(&self, user: &UserId) -> Arc<[(ChatId, bool)]> {
        let chats = self.view.of_operator(user);
        let mut mine: Vec<_> = chats.into_iter().filter_map(|chat| self.view.get(chat)).collect();
        mine.sort_by_key(|it| (it.since, it.chat));
        let owns = |it: &Summary| it.owner.as_ref().is_some_and(|(owner, _)| owner == user);
        mine.into_iter().map(|it| (it.chat, owns(it))).collect()
    }

    pub(super) fn tell_mine(&self, users: BTreeSet<UserId>) {
        for user in users {
            let Some(connections) = self.connections.get(&user) else { continue };
            let mine = self.mine(&user);
            for peer in connections.values() {
                peer.addr.do_send(Mine(mine.clone()));
            }
        }
    }

    /// The same for one list, when it starts.
    pub(super) fn show_mine(&self, user: &UserId, peer: &Peer) {
        peer.addr.do_send(Mine(self.mine(user)));
    }
}
