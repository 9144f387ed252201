//! From an accepted stream to an answered request: HTTP/1.1 on the shard that got the connection,
//! and the upgrade to a WebSocket on the same thread.

use std::convert::Infallible;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, Response, StatusCode, header};
use deskbell_protocol::codes::ErrorCode;
use deskbell_protocol::{SUBPROTOCOL, WEBSOCKET_PATH};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::server::create_response_with_body;
use tokio_tungstenite::tungstenite::protocol::Role;
use tower::ServiceExt;

use super::admission::Page;
use super::websocket::Caller;
use super::{Doors, Edge, address, http, is_widget_origin, websocket};
use crate::actors::node::Seat;

/// How long a request may take, its body and its answer.
const BODY_PATIENCE: Duration = Duration::from_secs(15);
/// How long a client may take over the head of a request.
const HEAD_PATIENCE: Duration = Duration::from_secs(10);

/// Serves one connection from `end` to its close, on the shard of `seat`.
pub async fn serve<IO>(io: IO, end: IpAddr, edge: Arc<Edge>, seat: Arc<Seat>, router: Router)
where
    IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (connections, draining) = (edge.connections.clone(), edge.draining.clone());
    let service = service_fn(move |request: Request<Incoming>| {
        let (edge, seat, router) = (edge.clone(), seat.clone(), router.clone());
        async move {
            let answer = if request.uri().path() == WEBSOCKET_PATH {
                upgrade::<IO>(request, end, &edge, &seat)
            } else {
                match timeout(BODY_PATIENCE, router.oneshot(request.map(Body::new))).await {
                    Ok(Ok(response)) => response,
                    Ok(Err(never)) => match never {},
                    Err(_) => {
                        let message = "the request did not arrive in time: send it again";
                        let status = StatusCode::REQUEST_TIMEOUT;
                        http::refusal(status, ErrorCode::Unavailable, message)
                    }
                }
            };
            Ok::<_, Infallible>(answer)
        }
    });
    let mut connection = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_PATIENCE)
            .serve_connection(TokioIo::new(io), service)
            .with_upgrades()
    );
    let served = async {
        tokio::select! {
            ended = connection.as_mut() => ended,
            () = draining.cancelled() => {
                // A browser keeps its connection for a next request: it has its last answer now.
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        }
    };
    if let Err(error) = connections.track_future(served).await {
        tracing::debug!(%error, "a connection ended badly");
    }
}

/// Answers a request for a WebSocket, and serves it once the client has the answer.
fn upgrade<IO>(
    mut request: Request<Incoming>,
    end: IpAddr,
    edge: &Arc<Edge>,
    seat: &Arc<Seat>,
) -> Response<Body>
where
    IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    if edge.draining.is_cancelled() {
        let message = "the broker is going down for a restart: connect again in a moment";
        return http::refusal(StatusCode::SERVICE_UNAVAILABLE, ErrorCode::Unavailable, message);
    }
    let page = Page::of(request.headers());
    if let Some(origin) = page.no_desk(edge)
        && !is_widget_origin(&edge.node.directory.load(), origin)
    {
        let message = format!("pages of {origin} may not connect: ask the broker's administrator");
        return http::refusal(StatusCode::FORBIDDEN, ErrorCode::OriginDenied, &message);
    }
    if !offers_subprotocol(request.headers()) {
        let message = format!("offer the WebSocket subprotocol {SUBPROTOCOL}");
        return http::refusal(StatusCode::BAD_REQUEST, ErrorCode::BadRequest, &message);
    }
    let Doors { trusted_proxies, dev, .. } = &edge.doors;
    let address = address::client(end, request.headers(), trusted_proxies, *dev);
    let on_upgrade = hyper::upgrade::on(&mut request);
    match create_response_with_body(&request, Body::empty) {
        Ok(mut response) => {
            let name = header::HeaderValue::from_static(SUBPROTOCOL);
            response.headers_mut().insert(header::SEC_WEBSOCKET_PROTOCOL, name);
            let (edge, seat) = (edge.clone(), seat.clone());
            let connections = edge.connections.clone();
            let session =
                run_websocket::<IO>(on_upgrade, edge, seat, Box::new(Caller { page, address }));
            tokio::task::spawn_local(connections.track_future(session));
            response
        }
        Err(error) => {
            let message = format!("this path is a WebSocket: {error}");
            let mut response =
                http::refusal(StatusCode::UPGRADE_REQUIRED, ErrorCode::BadRequest, &message);
            let version = header::HeaderValue::from_static("13");
            response.headers_mut().insert(header::SEC_WEBSOCKET_VERSION, version);
            response
        }
    }
}

async fn run_websocket<IO>(
    on_upgrade: OnUpgrade,
    edge: Arc<Edge>,
    seat: Arc<Seat>,
    caller: Box<Caller>,
) where
    IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let upgraded: Upgraded = match on_upgrade.await {
        Ok(upgraded) => upgraded,
        Err(error) => return tracing::debug!(%error, "a client left before its upgrade"),
    };
    // The stream itself again, without the layer that HTTP put around it.
    let Ok(parts) = upgraded.downcast::<TokioIo<IO>>() else {
        return tracing::error!("an upgraded connection is not the one that was accepted");
    };
    let limits = &seat.node.settings.limits;
    let frame_bytes = usize::try_from(limits.frame_bytes).unwrap_or(usize::MAX);
    let config = websocket::configuration(frame_bytes);
    // HTTP's read buffer must not live as long as the connection.
    let (io, read) = (parts.io.into_inner(), parts.read_buf.to_vec());
    drop(parts.read_buf);
    let ws = WebSocketStream::from_partially_read(io, read, Role::Server, Some(config)).await;
    websocket::serve(ws, edge, seat, caller).await;
}

fn offers_subprotocol(headers: &HeaderMap) -> bool {
    let offered = headers.get_all(header::SEC_WEBSOCKET_PROTOCOL).iter();
    let texts = offered.filter_map(|value| value.to_str().ok());
    texts.flat_map(|text| text.split(',')).any(|name| name.trim() == SUBPROTOCOL)
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpStream;

    use super::*;

    /// What the future that `f` returns takes in memory.
    fn bytes_of<A, B, C, D, F>(_: fn(A, B, C, D) -> F) -> usize {
        size_of::<F>()
    }

    #[test]
    fn a_connection_s_task_is_small_because_thousands_of_them_stand_idle() {
        let task = bytes_of(run_websocket::<TcpStream>);
        assert!(task <= 1_280, "{task} bytes: box what is large and runs rarely");
    }
}
