//! What an operator asks of the desk as a whole: what she may monitor and who is there, why a
//! widget is online or not, which hours nobody promised; and what administrators do.

use std::sync::Arc;

use deskbell_domain::access::{NotAdmin, administers, bans, looks_after, may_set_level};
use deskbell_domain::coverage;
use deskbell_domain::directory::command::Command;
use deskbell_domain::directory::{CoopLevel, Directory};
use deskbell_domain::person::{Author, Status};
use deskbell_protocol::ids::{ChatId, CoopId, Target, TicketQueueId, UserId, WidgetId};
use jiff::{SignedDuration, Timestamp};

use super::{Peer, SessionActor};
use crate::actors::directory::ApplyError;
use crate::actors::node::{Found, Node};
use crate::actors::say::{Refused, Say, Stand};
use crate::world::time_zone;

/// How far a forecast looks.
const FORECAST: SignedDuration = SignedDuration::from_hours(14 * 24);

/// What may be asked of the desk.
#[derive(Debug)]
#[expect(missing_docs, reason = "the variants say what their fields hold")]
pub enum Desire {
    /// What one may monitor, and who stands there.
    Queues,
    /// Who would be rung.
    Explain { widget: WidgetId, at: Option<Timestamp> },
    /// Hours that nobody promised.
    Forecast { coop: CoopId, zone: Option<String> },
    /// A person's level in a co-op; none: out.
    SetLevel { coop: CoopId, user: UserId, level: Option<CoopLevel> },
    /// Who may not ring at one's library.
    Bans,
    /// To let the patron of that chat ring again.
    LiftBan { chat: ChatId },
    /// To sign out.
    SignOut { anyway: bool },
    /// To sign somebody else out.
    SignOutOther { user: UserId },
}

impl Peer {
    /// Changes the directory in somebody's name, and answers; nothing to change is done already.
    pub(in crate::actors) fn apply(
        self: &Arc<Self>,
        re: u32,
        author: Author,
        commands: Vec<Command>,
        node: Arc<Node>,
    ) {
        let applying = node.keeper().apply_as(author, commands);
        let peer = self.clone();
        tokio::task::spawn_local(async move {
            match applying.await {
                Ok(_) => peer.answer(&Say::Done { re, at: None }, &node),
                Err(ApplyError::Refused(refusal)) => {
                    peer.refuse(re, &Refused::Wrong(refusal.to_string()), &node);
                }
                Err(error) => {
                    tracing::warn!(%error, "the directory cannot be changed");
                    peer.refuse(re, &Refused::Unavailable, &node);
                }
            }
        });
    }
}

impl SessionActor {
    pub(super) fn desires(&mut self, re: u32, user: &UserId, desire: Desire) {
        let done = match desire {
            Desire::Queues => {
                self.tell_queues(re, user);
                Ok(())
            }
            Desire::Explain { widget, at } => self.explain(re, user, &widget, at),
            Desire::Forecast { coop, zone } => self.forecast(re, user, &coop, zone),
            Desire::SetLevel { coop, user: whom, level } => {
                self.set_level(re, user, coop, whom, level)
            }
            Desire::Bans => self.tell_bans(re, user),
            Desire::LiftBan { chat } => self.lift_ban(re, user, chat),
            Desire::SignOut { anyway } => {
                self.seat.node.desk().sign_out(self.peer.clone(), re, anyway);
                Ok(())
            }
            Desire::SignOutOther { user: whom } => self.sign_out_other(re, user, &whom),
        };
        if let Err(why) = done {
            self.refuse(re, &why);
        }
    }

    fn tell_queues(&self, re: u32, user: &UserId) {
        let node = &self.seat.node;
        let directory = node.directory.load();
        let told = node.presence.told(user);
        let without_her = |mut others: Vec<(UserId, Status)>| {
            others.retain(|(other, _)| other != user);
            others
        };
        let queue = |at: Target| {
            let monitored = told.as_ref().is_some_and(|it| it.monitoring.contains(&at));
            let others = without_her(node.presence.colleagues(&at));
            Stand { at, monitored, others }
        };
        let ticket_queue = |at: TicketQueueId| {
            let monitored = told.as_ref().is_some_and(|it| it.ticket_queues.contains(&at));
            let others = without_her(node.presence.ticket_colleagues(&at));
            Stand { at, monitored, others }
        };
        let queues: Vec<_> = directory.monitorable(user).into_iter().map(queue).collect();
        let tickets = directory.monitorable_tickets(user);
        let tickets: Vec<_> = tickets.into_iter().map(ticket_queue).collect();
        self.reply(&Say::Queues { re, user, queues: &queues, tickets: &tickets });
    }

    fn explain(
        &self,
        re: u32,
        user: &UserId,
        widget: &WidgetId,
        at: Option<Timestamp>,
    ) -> Result<(), Refused> {
        let node = &self.seat.node;
        let directory = node.directory.load();
        let no_such = || Refused::NoSuch(format!("widget {widget}"));
        let known = directory.widgets.get(widget).ok_or_else(no_such)?;
        let theirs = directory.active_user(user).map(|it| &it.institution);
        if theirs != Some(&known.institution) {
            return Err(no_such());
        }
        let at = at.unwrap_or_else(|| node.clock.now());
        let plan = node.with_facts(&directory, |facts| facts.plan(known, at));
        let found: Found = node.availability(&directory, known, at);
        self.reply(&Say::Explained { re, widget, at, plan: &plan, found: &found });
        Ok(())
    }

    fn forecast(
        &self,
        re: u32,
        user: &UserId,
        coop: &CoopId,
        zone: Option<String>,
    ) -> Result<(), Refused> {
        let node = &self.seat.node;
        let directory = node.directory.load();
        let target = Target::Coop(coop.clone());
        let concerned =
            directory.may_monitor(user, &target) || looks_after(user, &target, &directory);
        if !concerned {
            return Err(Refused::NoSuch(format!("co-op {coop}")));
        }
        let name = zone.or_else(|| home_zone(&directory, user)).unwrap_or_else(|| "UTC".into());
        let unknown =
            || Refused::Wrong(format!("{name:?} is no known time zone: write an IANA name"));
        let zone = time_zone(&name).ok_or_else(unknown)?;
        let now = node.clock.now();
        let within = (now, now + FORECAST);
        let gaps = coverage::uncovered(&directory, coop, &time_zone, within);
        let hours = coverage::hours_of(&gaps, &zone, within);
        self.reply(&Say::Forecast { re, coop, zone: &name, hours: &hours });
        Ok(())
    }

    /// Effective at once here; on record in the administrator's name.
    fn set_level(
        &self,
        re: u32,
        by: &UserId,
        coop: CoopId,
        user: UserId,
        level: Option<CoopLevel>,
    ) -> Result<(), Refused> {
        let node = self.seat.node.clone();
        may_set_level(by, &user, &coop, level, &node.directory.load())?;
        let command = match level {
            Some(level) => Command::GrantCoopAccess(coop, user, level),
            None => Command::RevokeCoopAccess(coop, user),
        };
        self.peer.apply(re, Author::Operator(by.clone()), vec![command], node);
        Ok(())
    }

    fn tell_bans(&self, re: u32, user: &UserId) -> Result<(), Refused> {
        let node = &self.seat.node;
        let directory = node.directory.load();
        let bans = bans::bans_of(user, node.clock.now(), &directory)?;
        self.reply(&Say::Bans { re, bans: &bans });
        Ok(())
    }

    fn lift_ban(&self, re: u32, by: &UserId, chat: ChatId) -> Result<(), Refused> {
        let node = self.seat.node.clone();
        let command = bans::lift(by, chat, node.clock.now(), &node.directory.load())?;
        let commands = command.into_iter().collect();
        self.peer.apply(re, Author::Operator(by.clone()), commands, node);
        Ok(())
    }

    fn sign_out_other(&self, re: u32, by: &UserId, user: &UserId) -> Result<(), Refused> {
        let node = &self.seat.node;
        let directory = node.directory.load();
        let unknown = || Refused::NoSuch(format!("user {user}"));
        let home = directory.users.get(user).map(|it| &it.institution).ok_or_else(unknown)?;
        if !administers(by, home, &directory) {
            return Err(NotAdmin.into());
        }
        node.desk().sign_out_everywhere(user.clone(), self.peer.clone(), re);
        Ok(())
    }
}

fn home_zone(directory: &Directory, user: &UserId) -> Option<String> {
    let home = &directory.users.get(user)?.institution;
    directory.institutions.get(home).map(|it| it.time_zone.clone())
}
