//! The Rust SDK of Deskbell: connect once, then ask and listen; the SDK comes back after a lost
//! connection, asks for what was missed and sends again what was not answered.
//!
//! `behavior.md` beside this crate is the specification, shared with the TypeScript SDK.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use deskbell_client::{Client, Event, Options, Ring, TcpConnector, patron_session};
//!
//! let url = "http://127.0.0.1:7310";
//! let origin = "https://birch.example";
//! let granted =
//!     patron_session(&TcpConnector::new(), url, origin, "birch-main".parse()?).await?;
//! let mut options = Options::new(url, granted.into());
//! options.origin = Some(origin.to_owned());
//! let (client, mut events) = Client::connect(options);
//! client.open(Ring::new("Where do I renew my card?")).await?;
//! while let Some(event) = events.next().await {
//!     if let Event::Chat { sequenced, .. } = event {
//!         println!("{sequenced:?}");
//!     }
//! }
//! # Ok(()) }
//! ```
//!
//! Pure, without IO: `session` (what to do next), `outbox` (writes in order), `streams` (places in
//! chats), `backoff`. With IO: `connection`, `http`, `connector`. Not here: any user interface, any
//! rule of the business, any storage (an app that must survive its own restart keeps positions and
//! `cmid`s itself: [`Client::resume`], [`Client::submit_as`]).

mod backoff;
mod client;
mod connection;
mod connector;
mod desk;
mod error;
mod event;
mod http;
mod marks;
pub mod my_chats;
mod options;
mod outbox;
mod pace;
mod presence;
mod session;
mod socket;
mod streams;
mod write;

pub use deskbell_protocol as protocol;

pub use backoff::{AT_ONCE_SPREAD, Backoff};
pub use client::{Client, Events, History, Monitoring};
pub use connection::Driver;
pub use connector::{AsyncStream, BoxFuture, Connector, TcpConnector};
pub use desk::Forecast;
pub use error::ClientError;
pub use event::{CloseReason, Event, Status};
pub use http::{patron_session, return_to_chat, sign_in};
pub use options::{Direction, IdSource, Options, RandomIds, Renew, Tap, Token};
pub use write::{Pending, Ring, Write, Written};

#[cfg(test)]
mod tests;
