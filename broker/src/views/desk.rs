//! The desk: all live chats of the node at a glance, and what follows from several of them at once:
//! what stands in which queue, who comes next, how long one waits, what falls due.
//!
//! Pure. Loaded from the live summaries, fed with each change; of two summaries of one chat the one
//! with the higher `changed_at_seq` holds.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use deskbell_domain::chat::Summary;
use deskbell_domain::chat::event::Digest;
use deskbell_protocol::ids::{ChatId, Target, UserId};
use jiff::Timestamp;

/// All live chats.
#[derive(Debug, Default)]
pub struct DeskView {
    live: BTreeMap<ChatId, Arc<Summary>>,
    /// Where each chat can be claimed, longest waiting first.
    claimable: BTreeMap<Target, BTreeSet<(Timestamp, ChatId)>>,
    due: BTreeSet<(Timestamp, ChatId)>,
    /// Chats that were taken out as due, and when they are again if nothing comes of it.
    armed: BTreeMap<ChatId, Timestamp>,
    /// When chats asked to be looked at, beside what is due by their summaries.
    wakes: BTreeSet<(Timestamp, ChatId)>,
    of_patron: BTreeMap<Digest, BTreeSet<ChatId>>,
    of_operator: BTreeMap<UserId, BTreeSet<ChatId>>,
    /// Chats that were over lately, and at which version: what is told of them late is old.
    over: BTreeMap<ChatId, u64>,
    /// The same, oldest first.
    over_in_order: VecDeque<ChatId>,
}

/// Chats that are remembered as over.
const OVER_MAX: usize = 1_024;

/// What one change of a chat did to the queues.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Moved {
    /// Queues it stood in and no longer does.
    pub left: Vec<Target>,
    /// Queues it stands in now, new or not.
    pub stands: Vec<Target>,
    /// Whether the chat was not known before.
    pub is_new: bool,
}

/// A waiting chat, how many are before it, and since when the longest waiting of all waits.
pub type Stand = (ChatId, (u32, Timestamp));

impl DeskView {
    /// Takes in a change that a chat knew at version `at`; `None` if what is known is newer.
    /// `summary` is `None` once it is over.
    pub fn put(&mut self, chat: ChatId, at: u64, summary: Option<Arc<Summary>>) -> Option<Moved> {
        let known = self.live.get(&chat).map(|known| known.changed_at_seq);
        let told = summary.as_ref().map_or(at, |told| told.changed_at_seq);
        let over = self.over.get(&chat).is_some_and(|over| *over >= told);
        if known.is_some_and(|known| known > told) || (over && summary.is_some()) {
            return None;
        }
        Some(self.replace(chat, at, summary))
    }

    /// The same, also by what is older: the store itself went back.
    pub fn replace(&mut self, chat: ChatId, at: u64, summary: Option<Arc<Summary>>) -> Moved {
        let before = self.live.get(&chat).cloned();
        if summary.is_none() {
            self.note_over(chat, at);
        } else {
            self.over.remove(&chat);
        }
        let is_new = before.is_none();
        let stood = before.map(|known| self.remove(&known)).unwrap_or_default();
        let stands = summary.map(|told| self.insert(told)).unwrap_or_default();
        let left = stood.into_iter().filter(|target| !stands.contains(target)).collect();
        Moved { left, stands, is_new }
    }

    fn note_over(&mut self, chat: ChatId, at: u64) {
        if self.over.insert(chat, at).is_none() {
            self.over_in_order.push_back(chat);
        }
        if self.over_in_order.len() > OVER_MAX
            && let Some(oldest) = self.over_in_order.pop_front()
        {
            self.over.remove(&oldest);
        }
    }

    fn insert(&mut self, summary: Arc<Summary>) -> Vec<Target> {
        let chat = summary.chat;
        let targets = summary.claimable_at();
        for target in &targets {
            self.claimable.entry(target.clone()).or_default().insert((summary.since, chat));
        }
        if let Some(at) = summary.deadline {
            self.due.insert((at, chat));
        }
        self.of_patron.entry(summary.session).or_default().insert(chat);
        for user in operators(&summary) {
            self.of_operator.entry(user.clone()).or_default().insert(chat);
        }
        self.live.insert(chat, summary);
        targets
    }

    fn remove(&mut self, summary: &Summary) -> Vec<Target> {
        let chat = summary.chat;
        let targets = summary.claimable_at();
        for target in &targets {
            drop_from(&mut self.claimable, target, &(summary.since, chat));
        }
        if let Some(at) = summary.deadline {
            self.due.remove(&(at, chat));
        }
        if let Some(at) = self.armed.remove(&chat) {
            self.due.remove(&(at, chat));
        }
        drop_from(&mut self.of_patron, &summary.session, &chat);
        for user in operators(summary) {
            drop_from(&mut self.of_operator, user, &chat);
        }
        self.live.remove(&chat);
        targets
    }

    /// One chat.
    pub fn get(&self, chat: ChatId) -> Option<&Arc<Summary>> {
        self.live.get(&chat)
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Summary>> {
        self.live.values()
    }

    /// What can be claimed at `target`, longest waiting first.
    pub fn at(&self, target: &Target) -> impl Iterator<Item = &Arc<Summary>> {
        let chats = self.claimable.get(target).into_iter().flatten();
        chats.filter_map(|(_, chat)| self.live.get(chat))
    }

    /// The longest waiting chat at any of `targets` that `user` does not own already.
    pub fn next_at<'a>(
        &self,
        targets: impl Iterator<Item = &'a Target>,
        user: &UserId,
    ) -> Option<&Arc<Summary>> {
        let other = |it: &&Arc<Summary>| it.owner.as_ref().is_none_or(|(owner, _)| owner != user);
        let first = targets.filter_map(|target| self.at(target).find(other));
        first.min_by_key(|it| (it.since, it.chat))
    }

    /// Live chats of a patron's session.
    pub fn of_patron(&self, session: &Digest) -> Vec<ChatId> {
        self.of_patron.get(session).into_iter().flatten().copied().collect()
    }

    /// Live chats that an operator is in, as owner or participant.
    pub fn of_operator(&self, user: &UserId) -> Vec<ChatId> {
        self.of_operator.get(user).into_iter().flatten().copied().collect()
    }

    /// Chats with a transfer pending to `target`.
    pub fn offered_to(&self, target: &Target) -> Vec<ChatId> {
        let offered = |it: &&Arc<Summary>| it.transfer.as_ref().is_some_and(|t| t.to == *target);
        self.at(target).filter(offered).map(|it| it.chat).collect()
    }

    /// Every chat that waits, by the tiers it rings at: with how many waiting chats that share a
    /// tier with it are before it, and since when the longest waiting of them, itself included,
    /// waits.
    ///
    /// One pass for each set of tiers there is: sets are few, also when very many wait.
    pub fn places(&self) -> Vec<(Vec<Target>, Vec<Stand>)> {
        let waits = |chat: &ChatId| self.live.get(chat).filter(|it| it.owner.is_none());
        let sets: BTreeSet<_> = self.live.keys().filter_map(waits).map(|it| &it.tiers).collect();
        let of_set = |tiers: &Vec<Target>| {
            let queues = tiers.iter().filter_map(|tier| self.claimable.get(tier)).flatten();
            let queue: BTreeSet<_> = queues.filter(|(_, chat)| waits(chat).is_some()).collect();
            let (longest_now, _) = **queue.first()?;
            let here = (0..)
                .zip(&queue)
                .filter(|(_, (_, chat))| waits(chat).is_some_and(|it| it.tiers == *tiers));
            let places = here.map(|(ahead, (_, chat))| (*chat, (ahead, longest_now))).collect();
            Some((tiers.clone(), places))
        };
        sets.into_iter().filter_map(of_set).collect()
    }

    /// Has a chat fall due once at `at`, whatever its summary says.
    pub fn wake(&mut self, chat: ChatId, at: Timestamp) {
        self.wakes.insert((at, chat));
    }

    /// When the next chat falls due.
    pub fn next_due(&self) -> Option<Timestamp> {
        let first = |set: &BTreeSet<(Timestamp, ChatId)>| set.first().map(|(at, _)| *at);
        first(&self.due).into_iter().chain(first(&self.wakes)).min()
    }

    /// Takes out what has fallen due. Until it is next put, each is due again at `again`: what was
    /// made of it may have been lost on the way.
    pub fn take_due(&mut self, now: Timestamp, again: Timestamp) -> Vec<ChatId> {
        let mut taken = Vec::new();
        while let Some((at, chat)) = self.due.first().copied().filter(|(at, _)| *at <= now) {
            self.due.remove(&(at, chat));
            taken.push(chat);
        }
        while let Some((at, chat)) = self.wakes.first().copied().filter(|(at, _)| *at <= now) {
            self.wakes.remove(&(at, chat));
            // It may be over, or due anyway.
            if self.live.contains_key(&chat) && !taken.contains(&chat) {
                taken.push(chat);
            }
        }
        for chat in &taken {
            if let Some(before) = self.armed.remove(chat) {
                self.due.remove(&(before, *chat));
            }
            self.armed.insert(*chat, again);
            self.due.insert((again, *chat));
        }
        taken
    }
}

fn operators(summary: &Summary) -> impl Iterator<Item = &UserId> {
    let owner = summary.owner.iter().map(|(user, _)| user);
    owner.chain(summary.participants.iter().map(|(user, _)| user))
}

fn drop_from<K: Ord, V: Ord>(index: &mut BTreeMap<K, BTreeSet<V>>, key: &K, value: &V) {
    if let Some(values) = index.get_mut(key) {
        values.remove(value);
        if values.is_empty() {
            index.remove(key);
        }
    }
}

#[cfg(test)]
mod tests;
