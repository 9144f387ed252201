//! A simulated patron's visit: her connection, its loss, her return, and what she heard.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use deskbell_client::protocol::http::Granted;
use deskbell_client::{Client, Options, TcpConnector, patron_session, return_to_chat};
use tokio::sync::watch;
use tokio::time::timeout;

use super::Stage;
use super::heard::Heard;

/// What was stored and did not reach her after this will not reach her.
const HEARS_WITHIN: Duration = Duration::from_secs(30);

/// A patron.
pub(super) struct Patron {
    url: String,
    origin: String,
    secret: Option<String>,
    /// `None` while she is away.
    client: Option<Client>,
    tell: watch::Sender<Heard>,
}

impl Patron {
    /// Opens the page.
    pub(super) async fn arrive(stage: &Stage, widget: &str) -> Result<Self> {
        let (url, origin) = (stage.url.clone(), stage.origin(widget));
        let connector = TcpConnector::new();
        let granted = patron_session(&connector, &url, &origin, widget.parse()?).await?;
        let (tell, _) = watch::channel(Heard::default());
        let secret = granted.secret.clone();
        let mut patron = Self { url, origin, secret, client: None, tell };
        patron.connect(granted);
        Ok(patron)
    }

    fn connect(&mut self, granted: Granted) {
        let mut options = Options::new(&self.url, granted.into());
        options.origin = Some(self.origin.clone());
        let (client, mut events) = Client::connect(options);
        let tell = self.tell.clone();
        // Ends with the connection, whose events it reads.
        tokio::spawn(async move {
            while let Some(event) = events.next().await {
                tell.send_if_modified(|heard| heard.take(event));
            }
        });
        self.client = Some(client);
    }

    /// Her connection, while she has one.
    pub(super) fn client(&self) -> Result<&Client> {
        self.client.as_ref().context("the patron is away")
    }

    /// What she heard, now and as it comes.
    pub(super) fn heard(&self) -> watch::Receiver<Heard> {
        self.tell.subscribe()
    }

    /// Waits until all up to a place has reached her.
    pub(super) async fn hears(&self, seq: u64) -> Result<()> {
        let mut heard = self.heard();
        let reached = timeout(HEARS_WITHIN, heard.wait_for(|heard| heard.seq() >= seq)).await;
        match reached {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(_)) | Err(_) => bail!("event {seq} is stored and did not reach the patron"),
        }
    }

    /// Waits until the end has reached her.
    pub(super) async fn hears_the_end(&self) -> Result<()> {
        let mut heard = self.heard();
        let reached = timeout(HEARS_WITHIN, heard.wait_for(|heard| heard.ended.is_some())).await;
        match reached {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(_)) | Err(_) => bail!("the chat is over, and its end did not reach the patron"),
        }
    }

    /// Her connection is lost.
    pub(super) async fn drop_out(&mut self) {
        if let Some(client) = self.client.take() {
            client.close().await;
        }
    }

    /// She opens the page again, and goes on from the last that she heard.
    pub(super) async fn come_back(&mut self) -> Result<()> {
        let (chat, last) = {
            let heard = self.tell.borrow();
            (heard.chat.context("no chat rang")?, heard.last.context("nothing was heard")?)
        };
        let secret = self.secret.clone().context("the broker gave no secret to return with")?;
        let connector = TcpConnector::new();
        let granted = return_to_chat(&connector, &self.url, &self.origin, chat, secret).await?;
        self.connect(granted);
        self.client()?.resume(chat, last).await?;
        Ok(())
    }
}
