//! A network address as a key under which something may be remembered for a day, without the
//! address itself: a keyed hash, under a key that changes each day (UTC).
//!
//! Of an IPv6 address only the network counts (64 bits, what one household or desk is given); its
//! devices choose the rest anew every day.

use std::fmt;
use std::net::IpAddr;

use jiff::Timestamp;

use super::Keys;
use super::derivation::keyed;

const DAY_SECONDS: i64 = 24 * 60 * 60;

/// Where a connection comes from. Kept for as long as the connection and never shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Address(IpAddr);

/// The hash of an address on one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AddressHash([u8; 32]);

impl Address {
    /// The hash of today.
    pub fn hash(self, keys: &Keys, now: Timestamp) -> AddressHash {
        self.on_day(keys, day_of(now))
    }

    /// The hashes under which something may be remembered since less than a day.
    pub fn hashes(self, keys: &Keys, now: Timestamp) -> [AddressHash; 2] {
        let today = day_of(now);
        [self.on_day(keys, today), self.on_day(keys, today - 1)]
    }

    fn on_day(self, keys: &Keys, day: i64) -> AddressHash {
        let day_key = keyed(&keys.store, &[b"address", &day.to_be_bytes()]);
        AddressHash(match self.0 {
            IpAddr::V4(it) => keyed(&day_key, &[b"4", &it.octets()]),
            IpAddr::V6(it) => keyed(&day_key, &[b"6", &it.octets()[..8]]),
        })
    }
}

impl AddressHash {
    /// For other nodes on the same store.
    pub fn bytes(self) -> [u8; 32] {
        self.0
    }

    /// As another node hashed it.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl From<IpAddr> for Address {
    fn from(address: IpAddr) -> Self {
        Self(address.to_canonical())
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Address(not shown)")
    }
}

fn day_of(now: Timestamp) -> i64 {
    now.as_second().div_euclid(DAY_SECONDS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Address {
        text.parse::<IpAddr>().unwrap().into()
    }

    #[test]
    fn an_address_is_known_again_on_the_next_day_and_no_longer() {
        let keys = Keys { signing: [1; 32], store: [2; 32] };
        let other = Keys { signing: [1; 32], store: [3; 32] };
        let day = |n: i64| Timestamp::from_second(1_700_000_000 + n * DAY_SECONDS).unwrap();
        let kept = address("192.0.2.1").hash(&keys, day(0));
        let found = |text: &str, keys, n| address(text).hashes(keys, day(n)).contains(&kept);
        assert!(found("192.0.2.1", &keys, 0) && found("192.0.2.1", &keys, 1));
        assert!(found("::ffff:192.0.2.1", &keys, 0), "in IPv6 clothes");
        assert!(!found("192.0.2.1", &keys, 2), "the key is another one by then");
        assert!(!found("192.0.2.2", &keys, 0) && !found("192.0.2.1", &other, 0));
    }

    #[test]
    fn of_an_ipv6_address_the_network_counts() {
        let keys = Keys { signing: [1; 32], store: [2; 32] };
        let of = |text| address(text).hash(&keys, Timestamp::UNIX_EPOCH);
        assert_eq!(of("2001:db8:1:2:aaaa::1"), of("2001:db8:1:2:bbbb::2"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
    }

    #[test]
    fn an_address_does_not_show_itself() {
        assert!(!format!("{:?}", address("192.0.2.1")).contains("192"));
    }
}
