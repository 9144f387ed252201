//! The whole SDK inside a simulated network, where time is virtual and hosts crash.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use tokio_tungstenite::accept_hdr_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};

use super::fake_broker::welcome;
use crate::connector::{AsyncStream, BoxFuture, Connector};
use crate::protocol::ids::ClientId;
use crate::{Backoff, Client, Event, Options, Status, Token};

struct SimulatedConnector;

impl Connector for SimulatedConnector {
    fn connect<'a>(
        &'a self,
        host: &'a str,
        port: u16,
        _tls: bool,
    ) -> BoxFuture<'a, io::Result<Box<dyn AsyncStream>>> {
        Box::pin(async move {
            let stream = turmoil::net::TcpStream::connect((host, port)).await?;
            Ok(Box::new(stream) as Box<dyn AsyncStream>)
        })
    }
}

/// Greets everyone who connects and answers nothing else.
async fn greeter(greeted: Arc<AtomicU32>) -> turmoil::Result {
    let listener = turmoil::net::TcpListener::bind(("0.0.0.0", 80)).await?;
    loop {
        let (stream, _) = listener.accept().await?;
        let greeted = Arc::clone(&greeted);
        tokio::spawn(async move {
            let Ok(mut socket) = accept_hdr_async(stream, echo_subprotocol).await else { return };
            while let Some(Ok(Message::Text(text))) = socket.next().await {
                let frame: Value = serde_json::from_str(text.as_str()).unwrap();
                if frame["type"] == "hello" {
                    greeted.fetch_add(1, Ordering::Relaxed);
                    if socket.send(Message::text(welcome().to_string())).await.is_err() {
                        return;
                    }
                }
            }
        });
    }
}

#[expect(
    clippy::result_large_err,
    clippy::unnecessary_wraps,
    reason = "the callback's type is tungstenite's"
)]
fn echo_subprotocol(request: &Request, mut response: Response) -> Result<Response, ErrorResponse> {
    let protocol = request.headers()["sec-websocket-protocol"].clone();
    response.headers_mut().insert("sec-websocket-protocol", protocol);
    Ok(response)
}

#[test]
fn the_client_comes_back_through_a_simulated_network() {
    let mut simulation =
        turmoil::Builder::new().rng_seed(7).simulation_duration(Duration::from_mins(3)).build();
    let greeted = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&greeted);
    simulation.host("broker", move || greeter(Arc::clone(&count)));
    simulation.client("app", async {
        let mut options = Options::new("http://broker:80", Token::fixed("t"));
        options.connector = Arc::new(SimulatedConnector);
        options.backoff = Backoff::seeded(7);
        options.client = ClientId(uuid::Uuid::from_u128(7));
        let (client, mut events) = Client::connect(options);
        let mut opened = 0;
        while opened < 2 {
            match events.next().await.expect("not closed") {
                Event::Status(Status::Open(_)) => {
                    opened += 1;
                    // From here on nothing arrives, and nothing says so: only silence tells.
                    if opened == 1 {
                        turmoil::partition("app", "broker");
                    }
                }
                Event::Status(Status::Waiting { .. }) => turmoil::repair("app", "broker"),
                _ => {}
            }
        }
        client.close().await;
        Ok(())
    });
    simulation.run().unwrap();
    assert_eq!(greeted.load(Ordering::Relaxed), 2);
}
