//! The bare relay: the cheapest WebSocket server we can write, and the denominator of each ratio.
//!
//! A connection joins the room that its path names, and each of its text frames goes to everyone
//! else in that room. It parses nothing, stores nothing, acknowledges nothing. It shares with the
//! broker what is not the broker's merit: tungstenite with a 4 KiB read buffer, the listen backlog,
//! the allocator, the build profile, and reading all that is there before writing.
//!
//! Not a product: no limits but the outbox, no authentication, no heartbeat.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::future::poll_fn;
use std::io::Write as _;
use std::net::SocketAddr;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use anyhow::{Context as _, Result};
use futures_util::{Sink, Stream};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

const BACKLOG: u32 = 4_096;
const READ_BUFFER_BYTES: usize = 4 * 1024;
/// A member that leaves this many frames unread is disconnected.
const OUTBOX_FRAMES: usize = 4_096;

type Rooms = Rc<RefCell<HashMap<String, Room>>>;
type Room = Rc<RefCell<Vec<Rc<Member>>>>;

/// One connection as the others in its room see it.
#[derive(Default)]
struct Member {
    /// Filled by the others, emptied by the connection's own task.
    outbox: RefCell<VecDeque<Utf8Bytes>>,
    /// The connection's task, set each time it goes to sleep.
    waker: RefCell<Option<Waker>>,
    /// Set once the outbox overflowed; the task then ends.
    too_slow: Cell<bool>,
}

/// Binds, with a backlog that a storm of connections does not overflow.
pub(crate) fn bind(listen: SocketAddr) -> Result<TcpListener> {
    let socket = if listen.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_reuseaddr(true)?;
    socket.bind(listen).with_context(|| format!("{listen} is taken: choose another port"))?;
    Ok(socket.listen(BACKLOG)?)
}

/// Prints the address and serves until the process ends. Needs a `LocalRuntime`.
pub(crate) async fn serve(listener: TcpListener) -> Result<()> {
    writeln!(std::io::stdout(), "{}", listener.local_addr()?)?;
    let rooms = Rooms::default();
    loop {
        let (stream, _) = listener.accept().await.context("raise the open file limit")?;
        stream.set_nodelay(true)?;
        tokio::task::spawn_local(connection(stream, Rc::clone(&rooms)));
    }
}

/// One connection, from handshake to end. A peer that breaks the protocol just goes.
async fn connection(stream: TcpStream, rooms: Rooms) {
    // Boxed, so that the handshake's large future is freed before the connection's idle life.
    let Some((socket, path)) = Box::pin(accept(stream)).await else { return };
    let room = Rc::clone(rooms.borrow_mut().entry(path.clone()).or_default());
    let me = Rc::new(Member::default());
    room.borrow_mut().push(Rc::clone(&me));
    let mut line = Line { socket, me: Rc::clone(&me), room: Rc::clone(&room), unflushed: false };
    poll_fn(|cx| line.turn(cx)).await;
    room.borrow_mut().retain(|member| !Rc::ptr_eq(member, &me));
    if room.borrow().is_empty() {
        rooms.borrow_mut().remove(&path);
    }
}

#[expect(clippy::result_large_err, reason = "the shape of tungstenite's callback")]
async fn accept(stream: TcpStream) -> Option<(WebSocketStream<TcpStream>, String)> {
    let mut path = String::new();
    let note_path = |request: &Request, response: Response| -> Result<Response, ErrorResponse> {
        request.uri().path().clone_into(&mut path);
        Ok(response)
    };
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(READ_BUFFER_BYTES)
        .max_write_buffer_size(1024 * 1024)
        .max_message_size(Some(64 * 1024))
        .max_frame_size(Some(64 * 1024));
    let socket =
        tokio_tungstenite::accept_hdr_async_with_config(stream, note_path, Some(config)).await;
    socket.ok().map(|socket| (socket, path))
}

struct Line {
    socket: WebSocketStream<TcpStream>,
    me: Rc<Member>,
    room: Room,
    unflushed: bool,
}

impl Line {
    /// Reads all that is there, then writes all that there is; ready when the connection is over.
    fn turn(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            match Stream::poll_next(std::pin::pin!(&mut self.socket), cx) {
                Poll::Ready(Some(Ok(Message::Text(text)))) => self.forward(&text),
                Poll::Ready(Some(Ok(_))) => {}
                Poll::Ready(Some(Err(_)) | None) => return Poll::Ready(()),
                Poll::Pending => break,
            }
        }
        if self.me.too_slow.get() {
            return Poll::Ready(());
        }
        self.me.waker.replace(Some(cx.waker().clone()));
        self.write(cx)
    }

    fn forward(&self, text: &Utf8Bytes) {
        for member in self.room.borrow().iter().filter(|member| !Rc::ptr_eq(member, &self.me)) {
            let mut outbox = member.outbox.borrow_mut();
            if outbox.len() == OUTBOX_FRAMES {
                member.too_slow.set(true);
            } else {
                outbox.push_back(text.clone());
            }
            if outbox.len() == 1 || member.too_slow.get() {
                member.waker.take().inspect(Waker::wake_by_ref);
            }
        }
    }

    fn write(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let mut socket = std::pin::pin!(&mut self.socket);
        while !self.me.outbox.borrow().is_empty() {
            match socket.as_mut().poll_ready(cx) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(_)) => return Poll::Ready(()),
                Poll::Pending => return Poll::Pending,
            }
            let Some(text) = self.me.outbox.borrow_mut().pop_front() else { break };
            if socket.as_mut().start_send(Message::Text(text)).is_err() {
                return Poll::Ready(());
            }
            self.unflushed = true;
        }
        if self.unflushed {
            match socket.poll_flush(cx) {
                Poll::Ready(Ok(())) => self.unflushed = false,
                Poll::Ready(Err(_)) => return Poll::Ready(()),
                Poll::Pending => {}
            }
        }
        Poll::Pending
    }
}
