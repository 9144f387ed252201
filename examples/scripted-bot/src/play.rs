//! Plays a script against a running broker, line by line.
//!
//! What should come is waited for; that nothing more comes is asked with the protocol's `sync`,
//! never with time. The only time in it is [`Stage::patience`], after which waiting has failed.
//! When a script is over, its chats are ended and its operators go offline, so that the next one
//! finds an empty desk. Not here: what counts (`watch.rs`).

mod act;
mod person;
mod time;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use deskbell_client::protocol::ids::{ChatId, UserId, WidgetId};
use deskbell_client::protocol::view::{Phase, Status};
use deskbell_client::{BoxFuture, Connector, TcpConnector, Write};

use jiff::Timestamp;

use self::time::Time;
use crate::clock::ClockControl;
use crate::report::{Failure, Outcome};
use crate::script::{Line, ListOf, Name, Script, Sight, Step, Who};
use crate::sdk::Sdk;
use crate::watch::{Look, Roles};
use person::{Mishap, Person};

/// The only clock-dependent part: how long anything may take before it counts as failed.
const PATIENCE: Duration = Duration::from_secs(10);

/// On a clock that stands still, one line comes after another all the same.
const LINE_TAKES: Duration = Duration::from_millis(10);

/// Between scripts, so that what people tell in one is newer than all they told before.
const BETWEEN_SCRIPTS: Duration = Duration::from_mins(1);

/// What the stage knows of somebody or something, if it does.
pub type Lookup<Id> = Arc<dyn Fn(&Id) -> Option<String> + Send + Sync>;

/// Where a script is played. Each function is asked when it is needed.
pub struct Stage {
    /// The broker of a person, by her place in the script: neighbors may use different nodes.
    pub url: Arc<dyn Fn(usize) -> String + Send + Sync>,
    /// The SDK that everybody uses.
    pub sdk: Sdk,
    /// How bytes of the Rust SDK reach the brokers.
    pub connector: Arc<dyn Connector>,
    /// An operator's password.
    pub password_of: Lookup<UserId>,
    /// The origin of the page that a widget stands on.
    pub origin_of: Lookup<WidgetId>,
    /// The broker's clock, if it can be moved; without it, scripts that move it are skipped.
    pub clock: Option<ClockControl>,
    /// Whether people use different nodes: then each hears, before the next line, of what the
    /// line before did on another.
    pub several_nodes: bool,
    /// Kills the broker and starts it again on the same store and port; without it, scripts that
    /// restart it are skipped.
    pub restart: Option<Restart>,
    /// After this long, what did not come will not come.
    pub patience: Duration,
    /// A rest before each line, for people who look on; nothing depends on it.
    pub pace: Duration,
    /// Is told how far the script has come.
    pub narrator: Option<Narrator>,
}

/// Is told what time it is when the broker starts again; tells where its clock is then.
pub type Restart =
    Arc<dyn Fn(Timestamp) -> BoxFuture<'static, Result<ClockControl, String>> + Send + Sync>;

/// Who is told how far a script has come.
pub type Narrator = Arc<dyn Fn(Progress<'_>) + Send + Sync>;

/// How far a script has come.
#[derive(Debug, Clone, Copy)]
pub enum Progress<'a> {
    /// This line is played next.
    Line(&'a Line),
    /// A patron's ring opened a chat.
    Opened {
        /// The patron.
        patron: &'a Name,
        /// The chat.
        chat: ChatId,
    },
}

impl Stage {
    /// One broker on real time, reached over TCP.
    pub fn at(
        url: impl Into<String>,
        password_of: impl Fn(&UserId) -> Option<String> + Send + Sync + 'static,
        origin_of: impl Fn(&WidgetId) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        let url = url.into();
        Self {
            url: Arc::new(move |_| url.clone()),
            sdk: Sdk::default(),
            connector: Arc::new(TcpConnector::new()),
            password_of: Arc::new(password_of),
            origin_of: Arc::new(origin_of),
            clock: None,
            several_nodes: false,
            restart: None,
            patience: PATIENCE,
            pace: Duration::ZERO,
            narrator: None,
        }
    }
}

/// Plays a script to its end, or to the first line that does not hold.
pub async fn play(script: &Script, stage: &Stage) -> Result<Outcome, Failure> {
    if script.moves_the_clock() && stage.clock.is_none() {
        let why = "it moves the clock, and this broker's runs on real time".to_owned();
        return Ok(Outcome::Skipped { why });
    }
    if script.restarts_the_broker() && stage.restart.is_none() {
        let why = "it restarts the broker, and this one is not to be stopped".to_owned();
        return Ok(Outcome::Skipped { why });
    }
    let (roles, people, opened) = (Roles::default(), BTreeMap::new(), Vec::new());
    let time = Time::of(stage);
    let mut player = Player { stage, script, roles, people, opened, time };
    let verdict = player.play().await;
    player.clear_the_stage().await;
    verdict.map(|()| Outcome::Passed)
}

struct Player<'a> {
    stage: &'a Stage,
    script: &'a Script,
    roles: Roles,
    people: BTreeMap<Name, Person>,
    /// Every chat that was rung for, to be ended when the script is over.
    opened: Vec<(Name, ChatId)>,
    time: Time,
}

/// Why a line does not hold.
struct Differs {
    expected: String,
    came: Vec<String>,
}

impl Differs {
    fn new(expected: impl Into<String>, came: impl Into<String>) -> Self {
        Self { expected: expected.into(), came: vec![came.into()] }
    }
}

impl From<Mishap> for Differs {
    fn from(mishap: Mishap) -> Self {
        Self::new("done", mishap.to_string())
    }
}

impl Player<'_> {
    async fn play(&mut self) -> Result<(), Failure> {
        for line in &self.script.lines {
            tokio::time::sleep(self.stage.pace).await;
            self.narrate(Progress::Line(line));
            let outcome = self.line(line).await;
            for person in self.people.values_mut() {
                person.drain();
            }
            outcome.map_err(|differs| self.failure(line, &line.text, differs))?;
        }
        match self.script.lines.last() {
            None => Ok(()),
            Some(last) => {
                let end = "(the end of the script)";
                self.nothing_left().await.map_err(|differs| self.failure(last, end, differs))
            }
        }
    }

    fn narrate(&self, progress: Progress<'_>) {
        if let Some(narrator) = &self.stage.narrator {
            narrator(progress);
        }
    }

    fn failure(&self, line: &Line, text: &str, differs: Differs) -> Failure {
        Failure {
            file: self.script.file.clone(),
            title: self.script.title.clone(),
            line: line.number,
            text: text.to_owned(),
            expected: differs.expected,
            came: differs.came,
        }
    }

    async fn line(&mut self, line: &Line) -> Result<(), Differs> {
        self.let_all_hear().await?;
        self.time.advance(LINE_TAKES).await?;
        self.step(&line.step, &line.text).await
    }

    /// Once for what each did, and once more for what came of it.
    async fn let_all_hear(&mut self) -> Result<(), Differs> {
        for _ in 0..if self.stage.several_nodes { 2 } else { 0 } {
            for person in self.people.values_mut().filter(|person| person.client().is_ok()) {
                within(self.stage, person.sync()).await??;
            }
        }
        Ok(())
    }

    async fn step(&mut self, step: &Step, text: &str) -> Result<(), Differs> {
        match step {
            Step::Act { who, act, answer } => self.act(who, act, answer).await,
            Step::ClaimAtOnce { first, second, chat, next } => {
                self.claim_at_once(first, second, chat, next.as_ref()).await
            }
            Step::See { who, sight, whatever_else } => {
                for who in who {
                    self.see(who, sight, *whatever_else, text).await?;
                }
                Ok(())
            }
            Step::SeeNothing(who) => {
                for who in who {
                    self.see_nothing(who).await?;
                }
                Ok(())
            }
            Step::NeverSee { who, sight } => self.never_see(who, sight, text),
            Step::List { who, list, chats } => self.list(who, *list, chats).await,
            Step::Unread { who, chat, unread } => self.unread(who, chat, *unread).await,
            Step::Stands { who, phase, owner } => self.stands(who, *phase, owner.as_ref()).await,
            Step::Pass(time) => self.time.advance(*time).await,
            Step::Until { day, clock } => self.time.advance_to(*day, *clock).await,
            Step::Restart { away } => self.time.restart(self.stage, *away).await,
        }
    }

    async fn see(
        &mut self,
        who: &Who,
        sight: &Sight,
        whatever_else: bool,
        text: &str,
    ) -> Result<(), Differs> {
        let stage = self.stage;
        let (person, roles) = self.person(who)?;
        let deadline = tokio::time::Instant::now() + stage.patience;
        loop {
            person.drain();
            match person.watch.look_for(sight, roles, whatever_else) {
                Look::Met => break,
                Look::Instead(came) => return Err(Differs::new(text, came)),
                Look::NotYet => {}
            }
            let more = tokio::time::timeout_at(deadline, person.wait()).await;
            if !matches!(more, Ok(true)) {
                let expected = format!("{text}   (waited {:?} for it)", stage.patience);
                return Err(Differs { expected, came: person.watch.unexpected(roles) });
            }
        }
        if whatever_else {
            within(stage, person.sync()).await??;
            person.watch.forget();
        }
        Ok(())
    }

    async fn see_nothing(&mut self, who: &Who) -> Result<(), Differs> {
        let stage = self.stage;
        let (person, roles) = self.person(who)?;
        within(stage, person.sync()).await??;
        let came = person.watch.unexpected(roles);
        if came.is_empty() {
            return Ok(());
        }
        Err(Differs { expected: format!("{who} sees nothing that no line names"), came })
    }

    fn never_see(&mut self, who: &Who, sight: &Sight, text: &str) -> Result<(), Differs> {
        let (person, roles) = self.person(who)?;
        person.drain();
        if person.watch.ever_saw(sight, roles) {
            Err(Differs::new(text, "it came"))
        } else {
            Ok(())
        }
    }

    async fn list(&mut self, who: &Who, list: ListOf, chats: &[Name]) -> Result<(), Differs> {
        let stage = self.stage;
        let (person, roles) = self.person(who)?;
        within(stage, person.sync()).await??;
        let shown = match list {
            ListOf::Waiting => person.watch.list(roles),
            ListOf::Own => person.watch.own_chats(roles),
        };
        if shown.iter().map(String::as_str).eq(chats.iter().map(Name::as_str)) {
            return Ok(());
        }
        let named: Vec<&str> = chats.iter().map(Name::as_str).collect();
        let told = |names: String| match (list, names.as_str()) {
            (ListOf::Waiting, "") => format!("{who}'s list is empty"),
            (ListOf::Waiting, _) => format!("{who}'s list: {names}"),
            (ListOf::Own, "") => format!("{who} has no chats"),
            (ListOf::Own, _) => format!("{who}'s own chats: {names}"),
        };
        Err(Differs::new(told(named.join(", ")), told(shown.join(", "))))
    }

    async fn unread(&mut self, who: &Who, chat: &Name, unread: usize) -> Result<(), Differs> {
        let stage = self.stage;
        let (person, roles) = self.person(who)?;
        within(stage, person.sync()).await??;
        let found = roles.chat(chat).and_then(|id| person.watch.unread(id));
        if found == Some(unread) {
            return Ok(());
        }
        let expected = format!("{who} has {unread} unread in {chat}'s chat");
        let none = || format!("{chat}'s chat is none of {who}'s");
        let came = found.map_or_else(none, |it| format!("{who} has {it} unread in {chat}'s chat"));
        Err(Differs::new(expected, came))
    }

    async fn stands(
        &mut self,
        who: &Who,
        phase: Phase,
        owner: Option<&Who>,
    ) -> Result<(), Differs> {
        let stage = self.stage;
        let (person, roles) = self.person(who)?;
        within(stage, person.sync()).await??;
        let told = |phase: Phase, owner: Option<String>| match (phase, owner) {
            (Phase::Waiting, _) => format!("{who} finds the chat waiting"),
            (Phase::Active, Some(owner)) => format!("{who} finds the chat owned by {owner}"),
            (Phase::Active, None) => format!("{who} finds the chat owned by nobody"),
            (Phase::Ended, _) => format!("{who} finds the chat ended"),
        };
        let expected = told(phase, owner.map(ToString::to_string));
        let Some((chat, view)) = person.watch.last_look() else {
            return Err(Differs::new(expected, format!("{who} follows no chat")));
        };
        let is_owner = match (owner, &view.owner) {
            (None, _) => true,
            (Some(who), Some(person)) => roles.is(who, person, chat),
            (Some(_), None) => false,
        };
        if view.phase == phase && is_owner {
            return Ok(());
        }
        let real = view.owner.as_ref().map(|person| roles.called(person, chat));
        Err(Differs::new(expected, told(view.phase, real)))
    }

    /// At the end, everybody who is connected has seen nothing that no line names, and nothing
    /// came that never should.
    async fn nothing_left(&mut self) -> Result<(), Differs> {
        let everyone: Vec<Name> = self.people.keys().cloned().collect();
        for name in everyone {
            if self.people.get(&name).is_some_and(|person| person.client().is_ok()) {
                self.see_nothing(&Who::Named(name)).await?;
            }
        }
        let script = self.script;
        for line in &script.lines {
            if let Step::NeverSee { who, sight } = &line.step {
                self.never_see(who, sight, &line.text)?;
            }
        }
        Ok(())
    }

    /// Whoever `who` is, and what names stand for.
    fn person(&mut self, who: &Who) -> Result<(&mut Person, &Roles), Differs> {
        let name = self.roles.name(who).cloned();
        let person = name.and_then(|name| self.people.get_mut(&name));
        let missing = || Differs::new(format!("{who} is in the script"), "nobody of that name");
        Ok((person.ok_or_else(missing)?, &self.roles))
    }

    /// Ends what is left, so that the next script finds an empty desk. The verdict is known by
    /// now: what cannot be cleared (a chat that is over, a connection that is gone) is left alone.
    async fn clear_the_stage(&mut self) {
        let stage = self.stage;
        for (name, chat) in std::mem::take(&mut self.opened) {
            if let Some(patron) = self.people.get_mut(&name) {
                if patron.client().is_err() {
                    within(stage, patron.come_back(stage)).await.ok();
                }
                within(stage, patron.write(Write::End(chat))).await.ok();
            }
        }
        self.time.advance(BETWEEN_SCRIPTS).await.ok();
        for person in self.people.values_mut() {
            within(stage, person.set_status(Status::Offline)).await.ok();
            within(stage, person.drop_connection()).await.ok();
        }
    }
}

/// Runs into a failure if it takes too long.
async fn within<T>(stage: &Stage, doing: impl Future<Output = T>) -> Result<T, Differs> {
    tokio::time::timeout(stage.patience, doing)
        .await
        .map_err(|_| Differs::new("an answer", format!("none in {:?}", stage.patience)))
}

#[cfg(test)]
mod tests;
