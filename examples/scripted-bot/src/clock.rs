//! Moves the clock of a broker that was started with `--clock manual`, over its admin listener:
//! `POST /clock/advance {"ms": …}`.
//!
//! Such brokers exist in test builds only. Not here: waiting; what falls due is waited for like
//! anything else that reaches somebody.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use deskbell_client::Connector;
use jiff::Timestamp;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Longest answer that is read.
const ANSWER_BYTES_MAX: u64 = 16 * 1024;

/// A broker's clock, or those of several that show the same, within reach.
#[derive(Clone)]
pub struct ClockControl {
    connector: Arc<dyn Connector>,
    places: Vec<Place>,
}

/// An admin listener.
#[derive(Clone)]
struct Place {
    host: String,
    port: u16,
}

/// Why the clock did not move.
#[derive(Debug, thiserror::Error)]
pub enum ClockError {
    /// Nobody answers there.
    #[error("the admin listener at {address} does not answer; is it the broker's --admin address?")]
    Unreachable {
        /// Where.
        address: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The broker will not.
    #[error("the broker does not move its clock ({status}); start it with --clock manual")]
    Refused {
        /// The status line of its answer.
        status: String,
    },
    /// The address cannot be read.
    #[error("{0:?} is not an address: write HOST:PORT")]
    Address(String),
}

impl ClockControl {
    /// The clock behind the admin listener at `address`, as `HOST:PORT` or `http://HOST:PORT`.
    pub fn at(address: &str, connector: Arc<dyn Connector>) -> Result<Self, ClockError> {
        let wrong = || ClockError::Address(address.to_owned());
        let plain = address.strip_prefix("http://").unwrap_or(address).trim_end_matches('/');
        let (host, port) = plain.rsplit_once(':').ok_or_else(wrong)?;
        let port = port.parse().map_err(|_| wrong())?;
        let place = Place { host: host.trim_matches(['[', ']']).to_owned(), port };
        Ok(Self { connector, places: vec![place] })
    }

    /// Both clocks, moved together.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.places.extend(other.places);
        self
    }

    /// What the broker's clock shows; of several, the one that is ahead.
    pub async fn now(&self) -> Result<Timestamp, ClockError> {
        let mut ahead = Timestamp::MIN;
        for place in &self.places {
            ahead = ahead.max(self.told(place, Duration::ZERO).await?);
        }
        Ok(ahead)
    }

    /// Moves the broker's clock on; several show the same afterwards.
    pub async fn advance(&self, by: Duration) -> Result<(), ClockError> {
        let then = match &self.places[..] {
            [only] => return self.told(only, by).await.map(drop),
            _ => self.now().await?.checked_add(by).unwrap_or(Timestamp::MAX),
        };
        for place in &self.places {
            let now = self.told(place, Duration::ZERO).await?;
            self.told(place, then.duration_since(now).unsigned_abs()).await?;
        }
        Ok(())
    }

    /// What the clock shows once it was moved.
    async fn told(&self, place: &Place, by: Duration) -> Result<Timestamp, ClockError> {
        let source = |source| ClockError::Unreachable { address: place.address(), source };
        let answer = self.post(place, by).await.map_err(source)?;
        let status = answer.lines().next().unwrap_or_default().trim().to_owned();
        let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        let told: Option<serde_json::Value> = serde_json::from_str(body).ok();
        let now = told.as_ref().and_then(|it| it.get("now")?.as_str()?.parse().ok());
        match status.split(' ').nth(1) {
            Some(code) if code.starts_with('2') => {
                now.ok_or_else(|| ClockError::Refused { status: "no time in its answer".into() })
            }
            _ => Err(ClockError::Refused { status }),
        }
    }

    async fn post(&self, place: &Place, by: Duration) -> io::Result<String> {
        let mut stream = self.connector.connect(&place.host, place.port, false).await?;
        let body = format!("{{\"ms\":{}}}", by.as_millis());
        let request = format!(
            "POST /clock/advance HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\n\
             content-length: {}\r\nconnection: close\r\n\r\n{body}",
            place.address(),
            body.len()
        );
        stream.write_all(request.as_bytes()).await?;
        let mut answer = Vec::new();
        stream.take(ANSWER_BYTES_MAX).read_to_end(&mut answer).await?;
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }
}

impl Place {
    fn address(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }
}

#[cfg(test)]
mod tests {
    use deskbell_client::TcpConnector;
    use tokio::net::TcpListener;

    use super::*;

    async fn told(answer: &'static str) -> (Result<(), ClockError>, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let broker = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            while !request.ends_with(b"}") {
                stream.read_buf(&mut request).await.unwrap();
            }
            stream.write_all(answer.as_bytes()).await.unwrap();
            String::from_utf8(request).unwrap()
        };
        let clock = ClockControl::at(&address, Arc::new(TcpConnector::new())).unwrap();
        tokio::join!(clock.advance(Duration::from_mins(10)), broker)
    }

    #[tokio::test]
    async fn ten_minutes_are_told_in_milliseconds() {
        let (outcome, request) =
            told("HTTP/1.1 200 OK\r\n\r\n{\"now\":\"2026-01-01T00:00:00Z\"}").await;
        outcome.unwrap();
        assert!(request.starts_with("POST /clock/advance HTTP/1.1\r\n"), "{request}");
        assert!(request.ends_with("\r\n\r\n{\"ms\":600000}"), "{request}");
    }

    #[tokio::test]
    async fn a_broker_on_real_time_is_told_apart() {
        let (outcome, _) = told("HTTP/1.1 404 Not Found\r\n\r\n").await;
        let error = outcome.unwrap_err().to_string();
        assert!(error.contains("404") && error.contains("--clock manual"), "{error}");
    }

    #[test]
    fn an_address_has_a_host_and_a_port() {
        let at = |address: &str| ClockControl::at(address, Arc::new(TcpConnector::new()));
        assert_eq!(at("http://127.0.0.1:7311/").unwrap().places[0].address(), "127.0.0.1:7311");
        assert!(matches!(at("nowhere"), Err(ClockError::Address(_))));
    }
}
