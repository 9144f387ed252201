//! Where a client is: the socket's other end, or what a trusted proxy says of it.
//!
//! A proxy appends whom it forwards for to `X-Forwarded-For`. Read from the right, the first
//! address that is no trusted proxy's is the client's; what stands left of it the client may have
//! made up. An address that stands for many is no address: a proxy that names nobody, and loopback,
//! where a proxy may stand that nobody named (but not in development). What is remembered of it
//! would bind everybody behind it.

use std::net::IpAddr;

use axum::http::HeaderMap;

use crate::config::written::AddressRange;
use crate::secrets::address::Address;

const FORWARDED_FOR: &str = "x-forwarded-for";

/// The client behind a connection from `end`, if that can be told.
pub(super) fn client(
    end: IpAddr,
    headers: &HeaderMap,
    trusted: &[AddressRange],
    dev: bool,
) -> Option<Address> {
    let is_trusted = |address: IpAddr| trusted.iter().any(|range| range.contains(address));
    if !is_trusted(end) {
        let stands_for_itself = dev || !end.to_canonical().is_loopback();
        return stands_for_itself.then(|| end.into());
    }
    let lines = headers.get_all(FORWARDED_FOR).iter().filter_map(|it| it.to_str().ok());
    let named: Vec<&str> = lines.flat_map(|line| line.split(',')).map(str::trim).collect();
    for text in named.into_iter().rev() {
        let address = text.parse().ok()?;
        if !is_trusted(address) {
            return Some(address.into());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn behind(end: &str, forwarded: &[&str]) -> Option<Address> {
        let trusted = ["10.0.0.0/8".parse().unwrap(), "::1".parse().unwrap()];
        let headers =
            forwarded.iter().map(|line| (FORWARDED_FOR.parse().unwrap(), line.parse().unwrap()));
        client(end.parse().unwrap(), &headers.collect(), &trusted, false)
    }

    fn is(found: Option<Address>, text: &str) -> bool {
        found == Some(text.parse::<IpAddr>().unwrap().into())
    }

    #[test]
    fn only_a_trusted_proxy_is_asked_whom_it_forwards_for() {
        assert!(is(behind("192.0.2.1", &["198.51.100.7"]), "192.0.2.1"));
        assert!(is(behind("10.0.0.1", &["198.51.100.7"]), "198.51.100.7"));
        assert!(is(behind("::1", &["198.51.100.7"]), "198.51.100.7"));
    }

    #[test]
    fn what_a_client_wrote_itself_is_not_believed() {
        let lines = ["203.0.113.9", "198.51.100.7, 10.0.0.2"];
        assert!(is(behind("10.0.0.1", &lines), "198.51.100.7"));
    }

    #[test]
    fn an_address_that_stands_for_many_is_none() {
        assert_eq!(behind("10.0.0.1", &[]), None);
        assert_eq!(behind("10.0.0.1", &["203.0.113.9, junk"]), None);
        assert_eq!(behind("10.0.0.1", &["10.0.0.2"]), None);
        assert_eq!(behind("127.0.0.1", &["203.0.113.9"]), None);
        let here = client("127.0.0.1".parse().unwrap(), &HeaderMap::new(), &[], true);
        assert!(is(here, "127.0.0.1"));
    }
}
