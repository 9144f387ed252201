//! What a decision may look at besides the state: read here, from the clock, the directory and
//! presence, and only what the command asks about. And what the desk is told of the outcome.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use deskbell_domain::access::{self, Denied, Principal};
use deskbell_domain::audience::Audience;
use deskbell_domain::chat::state::Transfer;
use deskbell_domain::chat::{ChatState, Command, Context, Summary, Waits};
use deskbell_domain::directory::{Directory, Widget};
use deskbell_domain::person::Standing;
use deskbell_domain::routing::Plan;
use deskbell_protocol::ids::UserId;
use jiff::Timestamp;

use super::ChatActor;
use crate::actors::session::Peer;

impl ChatActor {
    pub(super) fn context(&self, state: &ChatState, command: &Command) -> Context {
        let node = &self.seat.node;
        let now = node.clock.now().max(state.at.unwrap_or(Timestamp::MIN));
        let mut context = Context {
            now,
            directory: 0,
            plan: Plan::default(),
            standing: Standing::default(),
            target_online: false,
            ticket_queue: None,
            idle_text: String::new(),
            waits: node.settings.waits,
        };
        match command {
            Command::Open(opened) => {
                let directory = node.directory.load();
                let widget = directory.widgets.get(&opened.widget);
                self.plan(&mut context, &directory, widget, now);
            }
            Command::Tick
            | Command::Replan
            | Command::Return { .. }
            | Command::PatronLost
            | Command::OperatorLost { .. } => {
                let directory = node.directory.load();
                let ring = state.ring.as_ref();
                let widget = ring.and_then(|ring| directory.widgets.get(&ring.widget));
                self.plan(&mut context, &directory, widget, ring.map_or(now, |it| it.opened_at));
                let pending = state.transfer.as_ref();
                let settling = node.settling.load(Ordering::Relaxed);
                let is_there = |it: &Transfer| settling || node.online(&it.to);
                context.target_online = pending.is_some_and(is_there);
                if let Some(owner) = state.owner() {
                    let idle = directory.idle_of(owner);
                    context.idle_text = idle.map(|it| it.text.clone()).unwrap_or_default();
                }
            }
            Command::Claim { by } => {
                context.standing = node.presence.standing(by);
                let directory = node.directory.load();
                let idle = directory.idle_of(by).filter(|it| it.seconds > 0);
                context.waits.idle = idle.map(|it| Duration::from_secs(it.seconds.into()));
            }
            Command::DeclineTransfer { by, .. } | Command::Dismiss { by, .. } => {
                context.standing = node.presence.standing(by);
            }
            Command::RequestTicket { .. } => {
                let directory = node.directory.load();
                let widget = state.ring.as_ref().and_then(|it| directory.widgets.get(&it.widget));
                context.ticket_queue = widget.and_then(|it| it.ticket_queue.clone());
            }
            Command::Transfer { to, .. } => context.target_online = node.online(to),
            // Texts among them: on the path of every message nothing more is asked about.
            Command::Post { .. }
            | Command::Note { .. }
            | Command::CancelTransfer { .. }
            | Command::Leave { .. }
            | Command::End { .. }
            | Command::SetPatron { .. }
            | Command::Reveal { .. }
            | Command::Tag { .. }
            | Command::Rate { .. }
            | Command::PatronFound
            | Command::OperatorFound { .. }
            | Command::MarkErased { .. } => {}
        }
        context
    }

    fn plan(
        &self,
        context: &mut Context,
        directory: &Directory,
        widget: Option<&Widget>,
        opened_at: Timestamp,
    ) {
        let node = &self.seat.node;
        context.directory = directory.version;
        context.waits = Waits { ..node.waits(widget) };
        if let Some(widget) = widget {
            context.plan = node.with_facts(directory, |facts| facts.plan(widget, opened_at));
        }
    }

    /// How who asks stands; nobody looks it up for those who are in the chat.
    fn standing(&self, state: &ChatState, who: &Principal) -> Standing {
        match who {
            Principal::Operator(user) if !state.has(user) => self.seat.node.presence.standing(user),
            Principal::Operator(_) | Principal::Patron { .. } => Standing::default(),
        }
    }

    pub(super) fn may(
        &self,
        state: &ChatState,
        peer: &Peer,
        command: &Command,
    ) -> Result<(), Denied> {
        let standing = self.standing(state, &peer.who);
        let directory = self.seat.node.directory.load();
        access::may(&peer.who, &standing, &directory, state, command)
    }

    /// As whom `peer` reads the chat now.
    pub(super) fn audience(&self, peer: &Peer) -> Option<Audience> {
        let standing = self.standing(&self.state, &peer.who);
        let directory = self.seat.node.directory.load();
        access::reader(&peer.who, &standing, &directory, &self.state)
    }

    /// What the desk knows of this chat is replaced, even by what is older.
    pub(super) fn replace_at_desk(&self) {
        let summary = Summary::of(self.chat, &self.state).map(Arc::new);
        self.seat.node.desk().replace(self.chat, self.state.version, summary);
    }

    pub(super) fn tell_desk(&self, claimed_by: Option<UserId>) {
        self.tell_desk_of(&self.state, claimed_by);
    }

    pub(super) fn tell_desk_of(&self, state: &ChatState, claimed_by: Option<UserId>) {
        let summary = Summary::of(self.chat, state).map(Arc::new);
        self.seat.node.desk().moved(self.chat, state.version, summary, claimed_by);
    }
}
