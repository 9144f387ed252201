//! Where a client is: the socket's other end, or what a trusted proxy says of it.
//!
//! A proxy appends whom it forwards for to `X-Forwarded-For`. Read from the right, the first
//! address that is no trusted proxy's is the client's; what stands left of it the client may have
//! made up.

use std::net::IpAddr;

use axum::http::HeaderMap;

use crate::config::written::AddressRange;
use crate::secrets::address::Address;

const FORWARDED_FOR: &str = "x-forwarded-for";

/// The client behind a connection from `end`.
pub(super) fn client(end: IpAddr, headers: &HeaderMap, trusted: &[AddressRange]) -> Address {
    let is_trusted = |address: IpAddr| trusted.iter().any(|range| range.contains(address));
    if !is_trusted(end) {
        return end.into();
    }
    let lines = headers.get_all(FORWARDED_FOR).iter().filter_map(|it| it.to_str().ok());
    let named: Vec<&str> = lines.flat_map(|line| line.split(',')).map(str::trim).collect();
    let mut client = end;
    for text in named.into_iter().rev() {
        let Ok(address) = text.parse() else { break };
        client = address;
        if !is_trusted(address) {
            break;
        }
    }
    client.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn behind(end: &str, forwarded: &[&str]) -> Address {
        let trusted = ["10.0.0.0/8".parse().unwrap(), "::1".parse().unwrap()];
        let headers =
            forwarded.iter().map(|line| (FORWARDED_FOR.parse().unwrap(), line.parse().unwrap()));
        client(end.parse().unwrap(), &headers.collect(), &trusted)
    }

    fn address(text: &str) -> Address {
        text.parse::<IpAddr>().unwrap().into()
    }

    #[test]
    fn only_a_trusted_proxy_is_asked_whom_it_forwards_for() {
        assert_eq!(behind("192.0.2.1", &["198.51.100.7"]), address("192.0.2.1"));
        assert_eq!(behind("10.0.0.1", &["198.51.100.7"]), address("198.51.100.7"));
        assert_eq!(behind("::1", &["198.51.100.7"]), address("198.51.100.7"));
        assert_eq!(behind("10.0.0.1", &[]), address("10.0.0.1"));
    }

    #[test]
    fn what_a_client_wrote_itself_is_not_believed() {
        let lines = ["203.0.113.9", "198.51.100.7, 10.0.0.2"];
        assert_eq!(behind("10.0.0.1", &lines), address("198.51.100.7"));
        assert_eq!(behind("10.0.0.1", &["203.0.113.9, junk"]), address("10.0.0.1"));
    }
}
