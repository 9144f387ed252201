//! A setting's value as people write it: in the file it is TOML, in the environment and in a flag
//! it is bare text. Both forms stand here, side by side, for each type that a setting may have.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use serde::Deserialize;

/// A value that a setting can have.
pub trait Written: Sized {
    /// From bare text; the error says what it should have been.
    fn from_text(text: &str) -> Result<Self, String>;
    /// As TOML.
    fn to_toml(&self) -> String;
}

/// What stores the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Engine {
    /// A database file in the store's directory, flushed before anything is acknowledged.
    Sqlite,
    /// Nothing survives the process.
    Memory,
    /// A Redis server that several brokers share.
    Redis,
}

/// What an acknowledgement means with a Redis server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum RedisDurability {
    /// The server has taken it, and writes it to its disk within about a second.
    #[serde(rename = "redis-async")]
    Async,
    /// It is on the server's disk, flushed.
    #[serde(rename = "redis-disk")]
    Disk,
}

/// How the broker's own log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// For people.
    Text,
}

/// How much the broker says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogLevel {
    /// What needs somebody.
    Error,
    /// What may need somebody.
    Warn,
    /// What happens to the broker.
    Info,
    /// What happens to each connection and chat.
    Debug,
    /// Everything.
    Trace,
}

macro_rules! written_as_words {
    ($($name:ident { $($variant:ident = $word:literal),+ })+) => {$(
        impl $name {
            /// As it is written.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }
        impl Written for $name {
            fn from_text(text: &str) -> Result<Self, String> {
                match text {
                    $($word => Ok(Self::$variant),)+
                    _ => Err(format!("{text:?} is none of {}", [$($word),+].join(", "))),
                }
            }
            fn to_toml(&self) -> String {
                format!("{:?}", self.as_str())
            }
        }
    )+};
}

written_as_words! {
    Engine { Sqlite = "sqlite", Memory = "memory", Redis = "redis" }
    RedisDurability { Async = "redis-async", Disk = "redis-disk" }
    LogFormat { Json = "json", Text = "text" }
    LogLevel {
        Error = "error", Warn = "warn", Info = "info", Debug = "debug", Trace = "trace"
    }
}

macro_rules! written_plainly {
    ($($type:ty: $what:literal, $quoted:literal;)+) => {$(
        impl Written for $type {
            fn from_text(text: &str) -> Result<Self, String> {
                text.trim().parse().map_err(|_| format!("{text:?} is not {}", $what))
            }
            fn to_toml(&self) -> String {
                if $quoted { format!("\"{self}\"") } else { self.to_string() }
            }
        }
    )+};
}

written_plainly! {
    bool: "true or false", false;
    u32: "a whole number", false;
    SocketAddr: "an address with a port, such as 127.0.0.1:8080", true;
}

impl Written for PathBuf {
    fn from_text(text: &str) -> Result<Self, String> {
        Ok(text.into())
    }
    fn to_toml(&self) -> String {
        format!("{:?}", self.display().to_string())
    }
}

impl Written for String {
    fn from_text(text: &str) -> Result<Self, String> {
        Ok(text.trim().to_owned())
    }
    fn to_toml(&self) -> String {
        format!("{self:?}")
    }
}

impl Written for Vec<String> {
    fn from_text(text: &str) -> Result<Self, String> {
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        Ok(parts.map(str::to_owned).collect())
    }
    fn to_toml(&self) -> String {
        format!("{self:?}")
    }
}

/// A range of addresses: one address, or `ADDRESS/BITS`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AddressRange {
    first: IpAddr,
    bits: u8,
}

impl AddressRange {
    /// Whether `address` is in it; an IPv4 address that came in IPv6 clothes counts as itself.
    pub fn contains(self, address: IpAddr) -> bool {
        match (self.first, address.to_canonical()) {
            (IpAddr::V4(first), IpAddr::V4(it)) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.bits)).unwrap_or(0);
                first.to_bits() & mask == it.to_bits() & mask
            }
            (IpAddr::V6(first), IpAddr::V6(it)) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(self.bits)).unwrap_or(0);
                first.to_bits() & mask == it.to_bits() & mask
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

impl std::str::FromStr for AddressRange {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let refused =
            || format!("{text:?} is neither an address nor a range such as 10.0.0.0/8 or fd00::/8");
        let (first, bits) = text.split_once('/').map_or((text, None), |(a, b)| (a, Some(b)));
        let first: IpAddr = first.parse().map_err(|_| refused())?;
        let bits_max = if first.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(bits_max), str::parse).map_err(|_| refused())?;
        if bits <= bits_max { Ok(Self { first, bits }) } else { Err(refused()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_holds_its_addresses_and_no_others() {
        for (range, address, inside) in [
            ("10.0.0.0/8", "10.9.9.9", true),
            ("10.0.0.0/8", "11.0.0.1", false),
            ("10.0.0.7", "10.0.0.7", true),
            ("10.0.0.7", "10.0.0.8", false),
            ("0.0.0.0/0", "8.8.8.8", true),
            ("fd00::/8", "fd12::1", true),
            ("::/0", "fe80::1", true),
            ("fd00::/8", "10.0.0.1", false),
            ("10.0.0.0/8", "::ffff:10.0.0.1", true),
        ] {
            let range: AddressRange = range.parse().unwrap();
            assert_eq!(range.contains(address.parse().unwrap()), inside, "{range:?} {address}");
        }
        for wrong in ["10.0.0.0/33", "proxy", "10.0.0.0/", ""] {
            assert!(wrong.parse::<AddressRange>().is_err(), "{wrong}");
        }
    }
}
