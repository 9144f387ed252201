//! Who chats in a run, and what they do: patrons ring, write, reload and end; operators claim what
//! rings, answer, note, transfer, leave and reload. What they choose, and when, follows from the
//! seed.
//!
//! A client gives up no write: what a reload cut off goes to the next SDK under its `cmid`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use deskbell_client::protocol::codes::ErrorCode;
use deskbell_client::protocol::ids::{ChatId, ClientId, Cmid, Target, UserId};
use deskbell_client::protocol::view::Status;
use deskbell_client::{
    Backoff, Client, ClientError, Event, Events, IdSource, Options, Ring, Token, Write,
};
use deskbell_domain::person::Author;
use deskbell_tests::history::recorder::Recorder;
use deskbell_tests::history::{Op, Process};
use deskbell_tests::sim_world::{SeededChance, SimConnector, pass};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::model::Model;
use super::network::URL;

/// Short, so that much happens in a run.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(3));
/// Between two things that a person does.
const THINK_MS: (u64, u64) = (50, 900);
/// Writes of one client that may wait; an app would not let a person write on for ever.
const UNANSWERED_MAX: usize = 12;
/// A read that was lost or put off is asked again.
const ASK_AGAIN: Duration = Duration::from_millis(200);
/// Where everybody's chats may go.
const TARGETS: [&str; 5] = [
    "coop/tri-county",
    "department/birch-reference",
    "department/elm-information",
    "operator/ines",
    "operator/lou",
];

/// How far a run is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Phase {
    /// Everybody is at work, and things go wrong.
    #[default]
    Storm,
    /// Nothing goes wrong any more, and nobody begins anything.
    Calm,
    /// Everybody looks at all chats once more.
    Look,
}

/// Who someone is.
#[derive(Debug, Clone)]
pub(super) enum Role {
    /// And what she monitors.
    Operator(UserId, Vec<Target>),
    /// And her page's origin.
    Patron(&'static str),
}

/// Someone, with a token for the whole run.
#[derive(Debug, Clone)]
pub(super) struct Someone {
    /// The host's name.
    pub(super) name: &'static str,
    /// What she does.
    pub(super) role: Role,
    /// Who she is to the broker.
    pub(super) token: String,
    /// All that she chooses.
    pub(super) seed: u64,
}

/// How someone stands.
#[derive(Debug, Clone, Default)]
pub(super) struct Standing {
    /// Writes without an answer.
    pub(super) unanswered: usize,
    /// Whether the broker is there for her.
    pub(super) open: bool,
    /// Whether she has looked at everything once more.
    pub(super) looked: bool,
    /// Her view.
    pub(super) model: Model,
    /// How often she loaded her page again.
    pub(super) reloads: u64,
}

/// What everybody shares with the one who runs the simulation.
#[derive(Clone, Default)]
pub(super) struct Street {
    /// How far it is.
    pub(super) phase: Arc<Mutex<Phase>>,
    /// Notes of everything.
    pub(super) recorder: Recorder,
    /// How everybody stands.
    pub(super) standing: Arc<Mutex<BTreeMap<&'static str, Standing>>>,
    /// What should not have happened to a client.
    pub(super) complaints: Arc<Mutex<Vec<String>>>,
}

impl Street {
    fn phase(&self) -> Phase {
        *self.phase.lock().expect("one thread")
    }

    fn complain(&self, who: &str, what: impl std::fmt::Display) {
        self.complaints.lock().expect("one thread").push(format!("{who}: {what}"));
    }
}

/// What ended of what a client waits for.
enum Done {
    Written(Op),
    Read(Result<(), ClientError>),
    Followed(ChatId, Result<(), ClientError>),
    Looked(Result<(), ClientError>),
}

/// One load of the page: an SDK, and what waits for it.
struct Page {
    client: Client,
    events: Events,
    waits: JoinSet<Done>,
    /// Chats that are being followed again; what is written to them waits.
    resuming: BTreeSet<ChatId>,
}

/// A life.
struct Life {
    someone: Someone,
    author: Author,
    process: Process,
    street: Street,
    chance: Arc<SeededChance>,
    client_id: ClientId,
    standing: Standing,
    unanswered: BTreeMap<Op, (Cmid, Write)>,
    looking: bool,
    texts: u64,
}

/// Lives until the simulation ends.
pub(super) async fn live(someone: Someone, street: Street) -> turmoil::Result {
    let chance = Arc::new(SeededChance::new(someone.seed));
    let author = match &someone.role {
        Role::Operator(user, _) => Author::Operator(user.clone()),
        Role::Patron(_) => Author::Patron,
    };
    let mut life = Life {
        process: Process::named(someone.name),
        author,
        client_id: ClientId(chance.uuid()),
        chance,
        street,
        standing: Standing::default(),
        unanswered: BTreeMap::new(),
        looking: false,
        texts: 0,
        someone,
    };
    let mut page = life.load();
    let mut next = Instant::now() + life.think();
    loop {
        tokio::select! {
            biased;
            Some(event) = page.events.next() => life.hear(&event),
            Some(done) = page.waits.join_next() => {
                while let Some(event) = page.events.try_next() {
                    life.hear(&event);
                }
                life.ended(done.expect("no wait fails"), &mut page);
            }
            () = tokio::time::sleep_until(next) => {
                next = Instant::now() + life.think();
                match life.street.phase() {
                    Phase::Storm => life.act(&mut page),
                    Phase::Calm => {}
                    Phase::Look => life.look(&mut page),
                }
            }
        }
        life.stand();
    }
}

impl Life {
    fn me(&self) -> Option<&UserId> {
        match &self.someone.role {
            Role::Operator(user, _) => Some(user),
            Role::Patron(_) => None,
        }
    }

    fn think(&self) -> Duration {
        Duration::from_millis(self.chance.between(THINK_MS.0, THINK_MS.1))
    }

    /// Opens the page: follows again what it followed, and goes on with what was not answered.
    fn load(&mut self) -> Page {
        let mut options = Options::new(URL, Token::fixed(self.someone.token.clone()));
        options.client = self.client_id;
        options.connector = Arc::new(SimConnector);
        options.backoff = Backoff::seeded(self.chance.seed()).between(BACKOFF.0, BACKOFF.1);
        options.ids = Arc::clone(&self.chance) as _;
        options.tap = Some(self.street.recorder.tap(&self.process));
        if let Role::Patron(origin) = self.someone.role {
            options.origin = Some(origin.to_owned());
        }
        let (client, events, driver) = Client::with_driver(options);
        tokio::task::spawn_local(driver.run());
        let mut page = Page { client, events, waits: JoinSet::new(), resuming: BTreeSet::new() };
        self.settle_in(&mut page);
        for (chat, known) in &self.standing.model.chats {
            if known.followed && known.live {
                let (chat, from) = (*chat, known.at);
                let kept = self.chance.happens(60);
                let client = page.client.clone();
                page.resuming.insert(chat);
                page.waits.spawn_local(async move {
                    let ask = || async {
                        if kept {
                            client.resume(chat, from).await
                        } else {
                            client.subscribe(chat).await
                        }
                    };
                    Done::Followed(chat, again(ask).await)
                });
            }
        }
        for (op, (cmid, write)) in self.unanswered.clone() {
            self.submit(&mut page, op, cmid, write);
        }
        page
    }

    fn settle_in(&self, page: &mut Page) {
        let Role::Operator(_, monitoring) = self.someone.role.clone() else { return };
        let client = page.client.clone();
        page.waits.spawn_local(async move {
            let online = || async {
                client.set_presence(Status::Online, monitoring.clone()).await.map(drop)
            };
            if let Err(error) = again(online).await {
                return Done::Read(Err(error));
            }
            Done::Read(again(|| client.list_subscribe()).await)
        });
    }

    fn submit(&self, page: &mut Page, op: Op, cmid: Cmid, write: Write) {
        if write.chat().is_some_and(|chat| page.resuming.contains(&chat)) {
            return;
        }
        let (client, recorder) = (page.client.clone(), self.street.recorder.clone());
        page.waits.spawn_local(async move {
            let answer = match client.submit_as(cmid, write).await {
                Ok(pending) => pending.await,
                Err(error) => Err(error),
            };
            recorder.answered(op, &answer);
            Done::Written(op)
        });
    }

    fn write(&mut self, page: &mut Page, write: Write) {
        let cmid = Cmid(self.chance.uuid());
        let op = self.street.recorder.invoked(&self.process, &self.author, cmid, &write);
        self.unanswered.insert(op, (cmid, write.clone()));
        self.submit(page, op, cmid, write);
    }

    fn hear(&mut self, event: &Event) {
        self.street.recorder.told(&self.process, event);
        if let Event::Status(deskbell_client::Status::Closed(reason)) = event {
            self.street.complain(self.someone.name, format!("closed: {reason}"));
        }
        let me = self.me().cloned();
        self.standing.model.hear(me.as_ref(), event);
    }

    fn ended(&mut self, done: Done, page: &mut Page) {
        match done {
            Done::Followed(chat, followed) => {
                if let Err(error) = followed {
                    self.no_longer_hers(chat, &error);
                }
                page.resuming.remove(&chat);
                for (op, (cmid, write)) in self.unanswered.clone() {
                    if write.chat() == Some(chat) {
                        self.submit(page, op, cmid, write);
                    }
                }
            }
            Done::Written(op) => {
                self.unanswered.remove(&op);
            }
            Done::Looked(Ok(())) => {
                self.street.recorder.settled(&self.process);
                self.standing.looked = true;
            }
            Done::Looked(Err(ClientError::Disconnected)) => self.looking = false,
            // What she asked for may be over or withdrawn by now; a look that was lost is let go.
            Done::Read(Ok(()) | Err(ClientError::Refused(_) | ClientError::Disconnected)) => {}
            Done::Read(Err(error)) | Done::Looked(Err(error)) => {
                self.street.complain(self.someone.name, error);
            }
        }
    }

    /// Only who left, was lost, or previewed, may find on return that a chat is not hers to see.
    fn no_longer_hers(&mut self, chat: ChatId, error: &ClientError) {
        if error.code() != Some(ErrorCode::NotFound) || self.author == Author::Patron {
            self.street.complain(self.someone.name, format!("{chat} is not resumed: {error}"));
        }
        if let Some(known) = self.standing.model.chats.get_mut(&chat) {
            known.followed = false;
        }
    }

    fn stand(&mut self) {
        self.standing.unanswered = self.unanswered.len();
        self.standing.open = self.standing.model.open;
        let mut all = self.street.standing.lock().expect("one thread");
        let standing = all.entry(self.someone.name).or_default();
        standing.unanswered = self.standing.unanswered;
        standing.open = self.standing.open;
        standing.reloads = self.standing.reloads;
        if self.standing.looked {
            *standing = self.standing.clone();
        }
    }

    /// Everything once more, from the broker's mouth.
    fn look(&mut self, page: &mut Page) {
        if self.looking {
            return;
        }
        self.looking = true;
        let client = page.client.clone();
        let chats = self.standing.model.chats.iter().filter(|(_, it)| it.followed);
        let chats: Vec<_> = chats.map(|(chat, _)| *chat).collect();
        page.waits.spawn_local(async move {
            let look = || async {
                client.sync().await?;
                for chat in &chats {
                    client.subscribe(*chat).await?;
                }
                client.sync().await
            };
            Done::Looked(look().await)
        });
    }

    fn act(&mut self, page: &mut Page) {
        if self.chance.happens(2) {
            self.standing.reloads += 1;
            page.waits.abort_all();
            *page = self.load();
            return;
        }
        if self.unanswered.len() >= UNANSWERED_MAX {
            return;
        }
        let deed = match &self.someone.role {
            Role::Operator(..) => self.operators_deed(page),
            Role::Patron(_) => self.patrons_deed(),
        };
        if let Some(write) = deed {
            self.write(page, write);
        }
    }

    fn patrons_deed(&mut self) -> Option<Write> {
        let chats = self.standing.model.at_work();
        let opening = self.unanswered.values().any(|(_, it)| matches!(it, Write::Open(_)));
        if chats.is_empty() || (chats.len() < 2 && self.chance.happens(5)) {
            return (!opening).then(|| Write::Open(Ring::new(self.text())));
        }
        let chat = *self.chance.one_of(&chats);
        match self.chance.between(0, 19) {
            0 => Some(Write::End(chat)),
            1..=11 => Some(Write::Post { chat, text: self.text(), lang: None }),
            _ => None,
        }
    }

    fn operators_deed(&mut self, page: &mut Page) -> Option<Write> {
        let rows: Vec<_> = self.standing.model.rows.iter().collect();
        if !rows.is_empty() && self.chance.happens(70) {
            let (chat, offered) = *self.chance.one_of(&rows);
            let (chat, offered) = (*chat, *offered);
            let seen = self.standing.model.chats.get(&chat).is_some_and(|it| it.followed);
            if !seen && self.chance.happens(15) {
                let client = page.client.clone();
                // A look before she decides; who is too late is told so.
                page.waits.spawn_local(async move { Done::Read(client.subscribe(chat).await) });
                return None;
            }
            if offered && self.chance.happens(20) {
                let reason = self.text();
                return Some(Write::DeclineTransfer { chat, reason });
            }
            let claims = |it: &Write| matches!(it, Write::Claim(it) if *it == chat);
            let asked = self.unanswered.values().any(|(_, it)| claims(it));
            return (!asked).then_some(Write::Claim(chat));
        }
        let chats: Vec<ChatId> = self
            .standing
            .model
            .chats
            .iter()
            .filter(|(_, it)| it.live && it.followed && it.inside)
            .map(|(chat, _)| *chat)
            .collect();
        if chats.is_empty() {
            return None;
        }
        let chat = *self.chance.one_of(&chats);
        Some(match self.chance.between(0, 29) {
            0 => Write::End(chat),
            1..=4 => Write::Transfer {
                chat,
                to: self.chance.one_of(&TARGETS).parse().expect("a target"),
                note: Some(self.text()),
                tell_patron: self.chance.happens(50),
                hand_over: self.chance.happens(20),
            },
            5..=6 => Write::CancelTransfer(chat),
            7 => Write::Leave(chat),
            8..=10 => Write::Note { chat, text: self.text() },
            _ => Write::Post { chat, text: self.text(), lang: None },
        })
    }

    /// A text that nobody else writes.
    fn text(&mut self) -> String {
        self.texts += 1;
        format!("{} says {}", self.someone.name, self.texts)
    }
}

/// Asks until the connection holds until the answer, and the answer is for good.
async fn again<F>(mut ask: impl FnMut() -> F) -> Result<(), ClientError>
where
    F: Future<Output = Result<(), ClientError>>,
{
    loop {
        match ask().await {
            Err(ClientError::Disconnected) => pass(ASK_AGAIN).await,
            Err(ClientError::Refused(refused)) if refused.temporary => pass(ASK_AGAIN).await,
            other => return other,
        }
    }
}
