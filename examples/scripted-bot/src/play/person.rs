//! One person of a script at her own connection: does what her lines say and keeps what reaches
//! her in her [`Watch`].
//!
//! Each person has her own SDK client; losing the connection closes it for good, and coming back
//! makes a new one. Not here: what a script expects (`play.rs`).

use deskbell_client::protocol::http::Granted;
use deskbell_client::protocol::ids::{ChatId, ClientId, Cmid, Target, UserId, WidgetId};
use deskbell_client::protocol::to_client::You;
use deskbell_client::protocol::view::Status;
use deskbell_client::{ClientError, IdSource, RandomIds, Ring, Write, Written};

use super::Stage;
use crate::cast::Role;
use crate::script::Name;
use crate::sdk::{Ask, Connecting, Door, Handle, Inbox};
use crate::watch::{Me, Watch};

/// What the broker's operator reads of it.
const APP: &str = concat!("scripted-bot/", env!("CARGO_PKG_VERSION"));

/// Why an act could not be done.
#[derive(Debug, thiserror::Error)]
pub(super) enum Mishap {
    /// The broker or the connection says no.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The stage lacks something that the script needs.
    #[error("{0}")]
    Stage(String),
}

/// What she is, with what that takes.
enum Part {
    Operator { user: UserId, status: Status, monitoring: Vec<Target> },
    Patron { widget: WidgetId },
}

/// The last write, to be sent again as it was.
#[derive(Clone)]
pub(super) struct LastWrite {
    pub(super) cmid: Cmid,
    pub(super) write: Write,
    pub(super) written: Written,
}

/// Somebody.
pub(super) struct Person {
    pub(super) watch: Watch,
    /// Her last write that was stored.
    pub(super) last: Option<LastWrite>,
    name: Name,
    /// The node that she connects to.
    url: String,
    part: Part,
    /// The tab that she has open; a reload keeps it.
    tab: ClientId,
    granted: Option<Granted>,
    /// `None` while she has no connection.
    link: Option<(Handle, Inbox)>,
}

impl Person {
    pub(super) fn new(name: Name, role: &Role, url: String) -> Self {
        let (me, part) = match role {
            Role::Operator { .. } => {
                let user = name.user().expect("the cast checked the names of operators");
                let part = Part::Operator {
                    user: user.clone(),
                    status: Status::Online,
                    monitoring: Vec::new(),
                };
                (Me::Operator(user), part)
            }
            Role::Patron { widget } => (Me::Patron, Part::Patron { widget: widget.clone() }),
        };
        Self {
            watch: Watch::new(me),
            last: None,
            name,
            url,
            part,
            tab: ClientId(RandomIds.uuid()),
            granted: None,
            link: None,
        }
    }

    /// Her handle. The cast checked that she has a connection where her lines need one.
    pub(super) fn client(&self) -> Result<Handle, Mishap> {
        let link = self.link.as_ref().map(|(client, _)| client.clone());
        link.ok_or_else(|| Mishap::Stage(format!("{} has no connection", self.name)))
    }

    /// Takes everything that came so far.
    pub(super) fn drain(&mut self) {
        if let Some((_, events)) = &mut self.link {
            while let Some(event) = events.try_next() {
                self.watch.take(event);
            }
        }
    }

    /// Waits for one more event. `false` if none can come any more.
    pub(super) async fn wait(&mut self) -> bool {
        let Some((_, events)) = &mut self.link else { return false };
        let event = events.next().await;
        event.map(|event| self.watch.take(event)).is_some()
    }

    /// Everything committed before is in the watch afterwards.
    pub(super) async fn sync(&mut self) -> Result<(), Mishap> {
        self.ask(Ask::Sync).await?;
        self.drain();
        Ok(())
    }

    /// She reads all of a chat that has come.
    pub(super) async fn catch_up(&mut self, chat: ChatId) -> Result<(), Mishap> {
        self.sync().await?;
        let unseen = || Mishap::Stage(format!("{} follows no such chat", self.name));
        let last = self.watch.shown(chat).ok_or_else(unseen)?;
        self.ask(Ask::Read { chat, seq: last }).await
    }

    pub(super) async fn ask(&self, ask: Ask) -> Result<(), Mishap> {
        Ok(self.client()?.ask(ask).await?)
    }

    pub(super) async fn monitor(
        &mut self,
        stage: &Stage,
        role: &Role,
        queues: Vec<Target>,
    ) -> Result<(), Mishap> {
        let Part::Operator { status, monitoring, .. } = &mut self.part else {
            return Err(Mishap::Stage(format!("{} is a patron and monitors nothing", self.name)));
        };
        (*status, *monitoring) = (Status::Online, queues);
        if self.link.is_some() {
            return self.tell_presence().await;
        }
        self.connect(stage).await?;
        self.tell_presence().await?;
        self.check_library(role)?;
        self.ask(Ask::SubscribeList).await
    }

    pub(super) async fn set_status(&mut self, to: Status) -> Result<(), Mishap> {
        if let Part::Operator { status, .. } = &mut self.part {
            *status = to;
        }
        self.tell_presence().await
    }

    pub(super) async fn ring(
        &mut self,
        stage: &Stage,
        through: &WidgetId,
        question: &str,
        continues: Option<ChatId>,
    ) -> Result<Written, Mishap> {
        if let Part::Patron { widget } = &mut self.part
            && (widget != through || self.link.is_none())
        {
            *widget = through.clone();
            self.granted = None;
            self.link = None;
        }
        if self.link.is_none() {
            self.connect(stage).await?;
        }
        let mut ring = Ring::new(question);
        ring.name = Some(self.name.to_string());
        ring.continues = continues;
        self.write(Write::Open(ring)).await
    }

    /// Sends a write under a `cmid` of its own, and remembers both.
    pub(super) async fn write(&mut self, write: Write) -> Result<Written, Mishap> {
        let cmid = Cmid(RandomIds.uuid());
        let written = self.client()?.submit(cmid, write.clone()).await?;
        self.wrote(cmid, write, written);
        Ok(written)
    }

    /// A write was stored: what it made is implied by her line.
    pub(super) fn wrote(&mut self, cmid: Cmid, write: Write, written: Written) {
        self.drain();
        self.watch.own(written.chat, written.seq);
        self.last = Some(LastWrite { cmid, write, written });
    }

    /// Her sign-in ended: whoever returns signs in anew.
    pub(super) async fn signed_out(&mut self) {
        self.drop_connection().await;
        self.granted = None;
    }

    pub(super) async fn drop_connection(&mut self) {
        if let Some((client, _)) = &self.link {
            client.close().await;
        }
        self.drain();
        self.link = None;
    }

    /// Connects again and resumes every chat where she was.
    pub(super) async fn come_back(&mut self, stage: &Stage) -> Result<(), Mishap> {
        self.connect(stage).await?;
        self.set_up_list().await?;
        let client = self.client()?;
        for (chat, from) in self.watch.followed() {
            match client.ask(Ask::Subscribe { chat, from: Some(from) }).await {
                Ok(()) => {}
                // She may have been taken out of the chat meanwhile: that is news, not a mishap.
                Err(ClientError::Refused(_)) => self.watch.lost(chat),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Loads the page again: the new connection takes over from the old one.
    pub(super) async fn reload(&mut self, stage: &Stage) -> Result<(), Mishap> {
        self.drain();
        let old = self.link.take();
        self.connect(stage).await?;
        self.look_again().await?;
        if let Some((client, _)) = old {
            client.close().await;
        }
        Ok(())
    }

    /// Comes back to `chat` with the secret that came with the first token.
    pub(super) async fn return_by_secret(
        &mut self,
        stage: &Stage,
        chat: ChatId,
    ) -> Result<(), Mishap> {
        let secret = self.granted.as_ref().and_then(|granted| granted.secret.clone());
        let secret =
            secret.ok_or_else(|| Mishap::Stage(format!("{} was given no secret", self.name)))?;
        let origin = self.origin(stage)?;
        let door = Door::Return { chat, secret: secret.clone(), origin };
        let mut granted = stage.sdk.grant(&*stage.connector, &self.url, door).await?;
        granted.secret.get_or_insert(secret);
        self.granted = Some(granted);
        self.tab = ClientId(RandomIds.uuid());
        self.reload(stage).await
    }

    async fn look_again(&mut self) -> Result<(), Mishap> {
        self.set_up_list().await?;
        let client = self.client()?;
        for (chat, _) in self.watch.followed() {
            client.ask(Ask::Subscribe { chat, from: None }).await?;
        }
        Ok(())
    }

    async fn set_up_list(&mut self) -> Result<(), Mishap> {
        match &self.part {
            Part::Patron { .. } => Ok(()),
            // What she told before is the broker's to remember.
            Part::Operator { .. } => self.ask(Ask::SubscribeList).await,
        }
    }

    async fn tell_presence(&self) -> Result<(), Mishap> {
        if let Part::Operator { status, monitoring, .. } = &self.part {
            let client = self.client()?;
            // Told before the broker's time is known, it would be dated back by the wait for it,
            // and a clock that stands still would find it old.
            client.ask(Ask::Sync).await?;
            let (status, targets) = (*status, monitoring.clone());
            client.ask(Ask::SetPresence { status, targets }).await?;
        }
        Ok(())
    }

    fn check_library(&self, role: &Role) -> Result<(), Mishap> {
        let Role::Operator { library } = role else { return Ok(()) };
        let Some(welcome) = self.client()?.welcome() else { return Ok(()) };
        match welcome.you {
            You::Operator {
                person:
                    deskbell_client::protocol::event::Person::Operator { library: Some(real), .. },
                ..
            } if real != *library => {
                Err(Mishap::Stage(format!("{} is of {real}, not of {library}", self.name)))
            }
            You::Operator { .. } | You::Patron { .. } => Ok(()),
        }
    }

    fn origin(&self, stage: &Stage) -> Result<String, Mishap> {
        let Part::Patron { widget } = &self.part else {
            return Err(Mishap::Stage(format!("{} rings through no widget", self.name)));
        };
        (stage.origin_of)(widget)
            .ok_or_else(|| Mishap::Stage(format!("the stage knows no origin of widget {widget}")))
    }

    async fn connect(&mut self, stage: &Stage) -> Result<(), Mishap> {
        let granted = match &self.granted {
            Some(granted) => granted.clone(),
            None => self.grant(stage).await?,
        };
        let origin = match self.part {
            Part::Patron { .. } => Some(self.origin(stage)?),
            Part::Operator { .. } => None,
        };
        let (url, token) = (self.url.clone(), granted.token.clone());
        let how = Connecting { url, token, origin, client: self.tab, app: APP };
        self.granted = Some(granted);
        self.link = Some(stage.sdk.connect(stage.connector.clone(), how).await?);
        Ok(())
    }

    async fn grant(&self, stage: &Stage) -> Result<Granted, Mishap> {
        let door = match &self.part {
            Part::Operator { user, .. } => {
                let password = (stage.password_of)(user).ok_or_else(|| {
                    Mishap::Stage(format!("no password of {user} is given; see --passwords"))
                })?;
                Door::SignIn { user: user.clone(), password }
            }
            Part::Patron { widget } => {
                Door::Visit { widget: widget.clone(), origin: self.origin(stage)? }
            }
        };
        Ok(stage.sdk.grant(&*stage.connector, &self.url, door).await?)
    }
}
