//! One client connection: tungstenite for the handshake, our own few lines for the frames.
//!
//! Cheap, so that one core of load drives one core of server: a read per wake-up, all frames of it
//! handled before anything is written, one write. Not a general client: no fragments, no limits.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;

use anyhow::{Context, Result, bail, ensure};
use deskbell_protocol::{SUBPROTOCOL, ToClient};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

use crate::frame::{self, Arrived};

const READ_BYTES: usize = 4 * 1024;
/// More unsent output than this means that the server no longer reads.
const UNSENT_BYTES: usize = 256 * 1024;

/// The answer to the broker's own heartbeat.
pub(crate) const PONG: &str = r#"{"type":"pong"}"#;

/// A connected client.
pub(crate) struct Socket {
    reader: OwnedReadHalf,
    writer: Rc<Writer>,
    buffer: Vec<u8>,
    /// What of `buffer` is still to be handled.
    from: usize,
    to: usize,
    next_id: u32,
}

/// The writing half, for whoever paces the connection.
pub(crate) struct Writer {
    half: OwnedWriteHalf,
    unsent: RefCell<Vec<u8>>,
}

impl Writer {
    /// Keeps a whole frame until [`Self::flush`].
    pub(crate) fn queue(&self, frame: &[u8]) {
        self.unsent.borrow_mut().extend_from_slice(frame);
    }

    /// Keeps a text until [`Self::flush`].
    pub(crate) fn queue_text(&self, text: &str) {
        frame::push_text(&mut self.unsent.borrow_mut(), text);
    }

    /// Writes what the kernel takes; the rest goes with the next flush.
    pub(crate) fn flush(&self) -> Result<()> {
        let mut unsent = self.unsent.borrow_mut();
        while !unsent.is_empty() {
            match self.half.try_write(&unsent) {
                Ok(written) => drop(unsent.drain(..written)),
                Err(full) if full.kind() == std::io::ErrorKind::WouldBlock => break,
                Err(lost) => return Err(lost).context("the server closed the connection"),
            }
        }
        ensure!(unsent.len() < UNSENT_BYTES, "the server no longer reads");
        Ok(())
    }

    async fn flush_all(&self) -> Result<()> {
        self.flush()?;
        while !self.unsent.borrow().is_empty() {
            self.half.writable().await?;
            self.flush()?;
        }
        Ok(())
    }
}

impl Socket {
    /// Connects to `path`, as a page of `origin` would if there is one.
    pub(crate) async fn connect(
        server: SocketAddr,
        path: &str,
        origin: Option<&str>,
    ) -> Result<Self> {
        let stream = TcpStream::connect(server).await.with_context(|| {
            format!("no server at {server}: start it, or raise its open file limit")
        })?;
        stream.set_nodelay(true)?;
        let mut request = format!("ws://{server}{path}").into_client_request()?;
        if let Some(origin) = origin {
            let headers = request.headers_mut();
            headers.insert("Origin", HeaderValue::from_str(origin)?);
            headers.insert("Sec-WebSocket-Protocol", HeaderValue::from_static(SUBPROTOCOL));
        }
        let config = WebSocketConfig::default().read_buffer_size(READ_BYTES);
        let handshake =
            tokio_tungstenite::client_async_with_config(request, stream, Some(config)).await;
        let (socket, _) = handshake.with_context(|| format!("{server}{path} refuses"))?;
        // Both servers speak only when spoken to, so nothing is left in tungstenite's buffer.
        let (reader, half) = socket.into_inner().into_split();
        let writer = Rc::new(Writer { half, unsent: RefCell::default() });
        Ok(Self { reader, writer, buffer: vec![0; READ_BYTES], from: 0, to: 0, next_id: 0 })
    }

    /// The half to write to, which outlives the reading task's borrow.
    pub(crate) fn writer(&self) -> Rc<Writer> {
        Rc::clone(&self.writer)
    }

    /// Sends one request, `body` being all of it but the id, and waits for its reply. What comes in
    /// between is dropped: this is for setting a run up, not for measuring.
    pub(crate) async fn request(&mut self, kind: &str, body: &str) -> Result<ToClient> {
        match self.ask(kind, body).await? {
            ToClient::Error(refused) => {
                bail!("{kind} is refused: {} ({})", refused.message, refused.code.as_str())
            }
            answer => Ok(answer),
        }
    }

    /// The same where a refusal is an answer, too.
    pub(crate) async fn ask(&mut self, kind: &str, body: &str) -> Result<ToClient> {
        self.ask_hearing(kind, body, &mut Vec::new()).await
    }

    /// The same, with what comes in between.
    pub(crate) async fn ask_hearing(
        &mut self,
        kind: &str,
        body: &str,
        heard: &mut Vec<ToClient>,
    ) -> Result<ToClient> {
        self.next_id += 1;
        let id = self.next_id;
        self.writer.queue_text(&format!(r#"{{"type":"{kind}","id":{id}{body}}}"#));
        self.writer.flush_all().await?;
        loop {
            let text = self.next_text().await?;
            let arrived: ToClient = serde_json::from_slice(&text)
                .with_context(|| format!("{kind}: {}", String::from_utf8_lossy(&text)))?;
            match arrived {
                ToClient::Error(_) => return Ok(arrived),
                ToClient::Bye { message, .. } => bail!("the server says good-bye: {message}"),
                ToClient::Ok { re, .. } | ToClient::Presence { re: Some(re), .. } if re == id => {
                    return Ok(arrived);
                }
                ToClient::Welcome(ref welcome) if welcome.re == id => return Ok(arrived),
                ToClient::Ping => {
                    self.writer.queue_text(PONG);
                    self.writer.flush_all().await?;
                }
                other => heard.push(other),
            }
        }
    }

    async fn next_text(&mut self) -> Result<Vec<u8>> {
        loop {
            match self.take_frame()? {
                Some(Arrived::Text(at)) => return Ok(self.buffer[at].to_vec()),
                Some(_) => self.writer.flush_all().await?,
                None => self.read_more().await?,
            }
        }
    }

    /// Reads until the connection ends, which is an error. `on_text` sees each text and may queue
    /// frames on the writer; they are flushed once all that was read is handled.
    pub(crate) async fn run(
        mut self,
        mut on_text: impl FnMut(&[u8], &Writer) -> Result<()>,
    ) -> Result<()> {
        loop {
            while let Some(arrived) = self.take_frame()? {
                if let Arrived::Text(at) = arrived {
                    on_text(&self.buffer[at], &self.writer)?;
                }
            }
            self.writer.flush_all().await?;
            self.read_more().await?;
        }
    }

    fn take_frame(&mut self) -> Result<Option<Arrived>> {
        let Some((arrived, length)) = frame::next_frame(&self.buffer[self.from..self.to])? else {
            return Ok(None);
        };
        let shift = |at: &std::ops::Range<usize>| self.from + at.start..self.from + at.end;
        let arrived = match arrived {
            Arrived::Text(at) => Arrived::Text(shift(&at)),
            Arrived::Ping(at) => {
                let mut pong = Vec::new();
                frame::push_pong(&mut pong, &self.buffer[shift(&at)]);
                self.writer.queue(&pong);
                Arrived::Other
            }
            Arrived::Close(at) => {
                let payload = &self.buffer[shift(&at)];
                let (code, reason) = payload.split_at(payload.len().min(2));
                let code = code.iter().fold(0_u16, |code, byte| code << 8 | u16::from(*byte));
                bail!("the server closed with {code} {}", String::from_utf8_lossy(reason));
            }
            Arrived::Other => Arrived::Other,
        };
        self.from += length;
        Ok(Some(arrived))
    }

    async fn read_more(&mut self) -> Result<()> {
        self.buffer.copy_within(self.from..self.to, 0);
        self.to -= self.from;
        self.from = 0;
        if self.to == self.buffer.len() {
            self.buffer.resize(self.buffer.len() * 2, 0);
        }
        let read = self.reader.read(&mut self.buffer[self.to..]).await?;
        ensure!(read > 0, "the server closed the connection");
        self.to += read;
        Ok(())
    }
}
