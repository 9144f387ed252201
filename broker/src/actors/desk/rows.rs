//! What stands in which queue, and who hears of it: rows for the lists, the next chat for who came
//! second, the place for who waits.

use std::collections::BTreeSet;
use std::sync::Arc;

use deskbell_domain::chat::Summary;
use deskbell_domain::chat::event::Digest;
use deskbell_protocol::ids::{ChatId, Target, UserId};

use super::DeskActor;
use crate::actors::chat::Nudge;
use crate::actors::queue::{Put, Take};
use crate::actors::say::{Place, Row, Say};
use crate::actors::session::{Deliver, Peer, QueueRows, RowGone, RowPut, Watching};
use crate::presence::{ConnectionId, NodeId, Told};
use crate::views::desk::Moved;

impl DeskActor {
    /// Takes a change into the view and into the count of the patron's live chats.
    pub(super) fn put(
        &mut self,
        chat: ChatId,
        at: u64,
        summary: Option<Arc<Summary>>,
        is_anew: bool,
    ) -> Option<Moved> {
        let known = self.view.get(chat).map(|it| it.session);
        let session = summary.as_ref().map(|it| it.session).or(known);
        let is_over = summary.is_none();
        let change = if is_anew {
            self.view.replace(chat, at, summary)
        } else {
            self.view.put(chat, at, summary)?
        };
        if is_over {
            self.previewing.remove(&chat);
        }
        if let Some(session) = session {
            let live = u32::try_from(self.view.of_patron(&session).len()).unwrap_or(u32::MAX);
            if live == 0 {
                self.seat.node.patron_chats.remove(&session);
            } else {
                self.seat.node.patron_chats.insert(session, live);
            }
        }
        Some(change)
    }

    fn row(&mut self, summary: &Arc<Summary>) -> Arc<Row> {
        self.row_version += 1;
        let nodes = self.previewing.get(&summary.chat);
        let mut by = nodes.into_iter().flat_map(|nodes| nodes.values());
        let previewers = match (by.next(), by.next()) {
            (None, _) => Arc::default(),
            (Some(one), None) => one.clone(),
            (Some(one), Some(other)) => {
                let all = [one, other].into_iter().chain(by).flat_map(|it| it.iter().cloned());
                Arc::new(all.collect())
            }
        };
        Arc::new(Row { summary: summary.clone(), previewers, version: self.row_version })
    }

    /// Others preview a chat through `node` than before.
    pub(super) fn previewed(&mut self, node: NodeId, chat: ChatId, by: Arc<BTreeSet<UserId>>) {
        let nodes = self.previewing.entry(chat).or_default();
        if by.is_empty() {
            nodes.remove(&node);
        } else {
            nodes.insert(node, by);
        }
        if nodes.is_empty() {
            self.previewing.remove(&chat);
        }
        let stands = self.view.get(chat).map(|summary| summary.claimable_at());
        self.put_row(chat, &stands.unwrap_or_default());
    }

    /// Tells the queues where the chat stands.
    pub(super) fn put_row(&mut self, chat: ChatId, stands: &[Target]) {
        let Some(summary) = self.view.get(chat).cloned().filter(|_| !stands.is_empty()) else {
            return;
        };
        let row = self.row(&summary);
        for target in stands {
            match target {
                Target::Operator(user) => self.put_personal(user, target, &row),
                Target::Department(_) | Target::Coop(_) => {
                    let queue = self.seat.node.registry.queue(target, &self.seat);
                    queue.do_send(Put(row.clone()));
                }
            }
        }
    }

    fn put_personal(&self, user: &UserId, target: &Target, row: &Arc<Row>) {
        let node = &self.seat.node;
        for peer in self.connections.get(user).into_iter().flat_map(|it| it.values()) {
            let frame = node.encode.encode(&Say::Row(row), &node.directory.load());
            peer.addr.do_send(RowPut { target: target.clone(), row: row.clone(), frame });
        }
    }

    /// Tells a queue that the chat no longer stands there.
    pub(super) fn take_row(&self, chat: ChatId, target: &Target, claimed_by: Option<&UserId>) {
        let node = &self.seat.node;
        match target {
            Target::Department(_) | Target::Coop(_) => {
                let queue = node.registry.queue(target, &self.seat);
                queue.do_send(Take { chat, claimed_by: claimed_by.cloned() });
            }
            Target::Operator(user) => {
                for peer in self.connections.get(user).into_iter().flat_map(|it| it.values()) {
                    let say = Say::Gone { chat, claimed_by };
                    let frame = node.encode.encode(&say, &node.directory.load());
                    peer.addr.do_send(RowGone { target: target.clone(), chat, frame });
                }
            }
        }
    }

    /// Shows what is offered to the operator herself, when her list starts.
    pub(super) fn show_personal(&mut self, user: UserId, peer: &Arc<Peer>) {
        self.show_alarms(&user, peer);
        self.show_mine(&user, peer);
        let target = Target::Operator(user);
        let standing: Vec<_> = self.view.at(&target).cloned().collect();
        let rows = standing.iter().map(|summary| self.row(summary)).collect();
        peer.addr.do_send(QueueRows { target, rows });
    }

    /// The longest waiting chat that `user` may claim.
    pub(super) fn next_for(&mut self, user: &UserId) -> Option<Arc<Row>> {
        let standing = self.seat.node.presence.standing(user);
        if !standing.status.rings() {
            return None;
        }
        let own = Target::Operator(user.clone());
        let targets = standing.monitoring.iter().chain([&own]);
        let next = self.view.next_at(targets, user).cloned()?;
        Some(self.row(&next))
    }

    /// Who owns the chat and did not before: she claimed it.
    pub(super) fn new_owner(&self, chat: ChatId, now: Option<&Arc<Summary>>) -> Option<UserId> {
        let before = self.view.get(chat).and_then(|it| it.owner.as_ref());
        let (owner, _) = now?.owner.as_ref()?;
        before.is_none_or(|(before, _)| before != owner).then(|| owner.clone())
    }

    /// Somebody claimed it: if nobody had owned it before, its wait tells how long others may wait.
    pub(super) fn count_claim(&mut self, rang: Option<Arc<Summary>>) {
        let now = self.seat.node.clock.now();
        if let Some(rang) = rang
            && rang.owner.is_none()
            && rang.preview.returned.is_none()
        {
            self.claims.claimed(rang.chat, rang.since, &rang.tiers, now);
        }
    }

    /// Tells each waiting patron her place, where it changed.
    pub(super) fn tell_places(&mut self) {
        self.places.retain(|chat, _| self.view.get(*chat).is_some_and(|it| it.owner.is_none()));
        for (tiers, places) in self.view.places() {
            let estimate_minutes = self.claims.estimate_minutes(&tiers);
            for (chat, (ahead, longest_now)) in places {
                let place = Place { ahead, longest_now, estimate_minutes };
                // Another node tells a patron who is connected there.
                let is_here = self.view.get(chat).is_some_and(|it| self.is_here(&it.session));
                if !is_here {
                    continue;
                }
                if self.places.insert(chat, place) == Some(place) {
                    continue;
                }
                let handle = self.seat.node.registry.chat(chat, &self.seat);
                handle.addr.do_send(Nudge::Wait(place));
            }
        }
    }

    /// Whether a patron is connected to this node.
    fn is_here(&self, session: &Digest) -> bool {
        self.patrons.contains_key(session)
    }

    /// Shows a person's devices what holds, but for the one that she told it on.
    pub(super) fn tell_devices(&self, user: &UserId, from: Option<ConnectionId>, told: &Told) {
        let node = &self.seat.node;
        for peer in self.connections.get(user).into_iter().flat_map(|it| it.values()) {
            if Some(peer.connection) != from {
                let say = Say::Presence { re: None, told };
                let frame = node.encode.encode(&say, &node.directory.load());
                peer.addr.do_send(Watching(told.clone()));
                peer.deliver(Deliver::frame(frame));
            }
        }
    }

    /// After a change of the directory: what each operator still monitors is what holds.
    pub(super) fn restate_monitoring(&self) {
        for (user, connections) in &self.connections {
            let Some(told) = self.seat.node.presence.told(user) else { continue };
            for peer in connections.values() {
                peer.addr.do_send(Watching(told.clone()));
            }
        }
    }
}
