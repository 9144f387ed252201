//! Bans on this node: a patron's session is banned in the directory, on record; the address she
//! came from is remembered here, as a keyed hash, in memory and for a day at most. A restarted
//! broker does not know it.

use std::sync::Arc;

use dashmap::DashMap;
use deskbell_domain::access::bans::{self, Sentence};
use deskbell_domain::chat::event::Digest;
use deskbell_domain::person::Author;
use deskbell_protocol::ids::InstitutionId;
use jiff::{SignedDuration, Timestamp};

use super::ChatActor;
use crate::actors::node::Node;
use crate::actors::say::Refused;
use crate::actors::session::Peer;
use crate::presence::Signal;
use crate::secrets::address::{Address, AddressHash};

/// How long an address is remembered.
const ADDRESS_KEPT: SignedDuration = SignedDuration::from_hours(24);

/// Addresses that banned patrons came from.
#[derive(Debug, Default)]
pub struct Addresses(DashMap<AddressHash, Vec<Kept>>);

#[derive(Debug, Clone, Copy)]
struct Kept {
    /// Whose ban it is: it ends with that.
    session: Digest,
    until: Timestamp,
}

impl Addresses {
    pub(in crate::actors) fn keep(&self, hash: AddressHash, session: Digest, now: Timestamp) {
        let kept = Kept { session, until: now.saturating_add(ADDRESS_KEPT).unwrap_or(now) };
        self.0.retain(|_, all| {
            all.retain(|it| now < it.until);
            !all.is_empty()
        });
        let mut here = self.0.entry(hash).or_default();
        here.retain(|it| it.session != session);
        here.push(kept);
    }

    fn of(&self, hash: &AddressHash, now: Timestamp) -> Vec<Kept> {
        let kept = self.0.get(hash);
        kept.iter().flat_map(|all| all.iter()).filter(|it| now < it.until).copied().collect()
    }
}

/// Until when a patron of `home` may not ring, if she may not: by her session, or by where she is.
pub(super) fn banned_until(
    node: &Node,
    session: &Digest,
    home: &InstitutionId,
    address: Option<Address>,
) -> Option<Timestamp> {
    let directory = node.directory.load();
    if directory.bans.is_empty() {
        return None;
    }
    let now = node.clock.now();
    let here = address.into_iter().flat_map(|it| it.hashes(&node.secrets.keys(), now));
    let by_address = here.flat_map(|hash| node.addresses.of(&hash, now));
    let herself = Kept { session: *session, until: Timestamp::MAX };
    let ends = by_address.chain([herself]).filter_map(|kept| {
        let ban = directory.ban_of(&kept.session, home, now)?;
        Some(ban.until.min(kept.until))
    });
    ends.max()
}

impl ChatActor {
    /// Keeps this chat's patron from ringing at her library again, if `sentence` may.
    pub(super) fn ban(&self, sentence: Sentence, peer: &Arc<Peer>, re: u32) {
        let node = self.seat.node.clone();
        let (by, now) = (sentence.by.clone(), node.clock.now());
        let decided = bans::ban(sentence, now, &node.directory.load(), &self.state);
        let (commands, session) = match (decided, &self.state.ring) {
            (Ok(commands), Some(ring)) => (commands, ring.session),
            (Err(denied), _) => return peer.refuse(re, &denied.into(), &node),
            (Ok(_), None) => return peer.refuse(re, &Refused::Internal, &node),
        };
        if !commands.is_empty() {
            for address in self.patron_addresses() {
                let hash = address.hash(&node.secrets.keys(), now);
                node.addresses.keep(hash, session, now);
                node.presence.signal(Signal::Banned { address: hash.bytes(), session });
            }
        }
        peer.apply(re, Author::Operator(by), commands, node);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secrets::Keys;

    #[test]
    fn whoever_is_banned_on_two_devices_is_known_at_both() {
        let keys = Keys { signing: [1; 32], store: [2; 32] };
        let hash = |last: u8| {
            let address = Address::from(std::net::IpAddr::from([192, 0, 2, last]));
            address.hash(&keys, Timestamp::UNIX_EPOCH)
        };
        let addresses = Addresses::default();
        for last in [1, 2, 2] {
            addresses.keep(hash(last), [1; 32], Timestamp::UNIX_EPOCH);
        }
        let known = |last| addresses.of(&hash(last), Timestamp::UNIX_EPOCH).len();
        assert_eq!([known(1), known(2), known(3)], [1, 1, 0]);
    }

    #[test]
    fn an_address_is_remembered_for_a_day_and_for_each_ban_by_itself() {
        let keys = Keys { signing: [1; 32], store: [2; 32] };
        let at = |hour: i64| Timestamp::from_second(1_700_000_000 + hour * 3600).unwrap();
        let here = Address::from(std::net::IpAddr::from([192, 0, 2, 1])).hash(&keys, at(0));
        let addresses = Addresses::default();
        addresses.keep(here, [1; 32], at(0));
        addresses.keep(here, [2; 32], at(12));
        let sessions = |hour| -> Vec<_> {
            addresses.of(&here, at(hour)).iter().map(|it| it.session).collect()
        };
        assert_eq!(sessions(23), [[1; 32], [2; 32]]);
        assert_eq!(sessions(24), [[2; 32]]);
        addresses.keep(here, [2; 32], at(30));
        assert_eq!(sessions(53), [[2; 32]]);
        addresses.keep(here, [3; 32], at(60));
        assert_eq!(addresses.0.get(&here).unwrap().len(), 1, "what is over is forgotten");
    }
}
