//! What the desk does when it is told what the store holds: of several nodes on one store each may
//! have missed what another did.

use std::collections::BTreeSet;
use std::sync::Arc;

use actix::{Context, Handler, Message};
use deskbell_domain::chat::Summary;

use super::DeskActor;
use super::handlers::{Moved, Source};
use crate::actors::chat::Nudge;

/// All live chats, as the store had them a moment ago.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(super) struct Swept(pub(super) Vec<Summary>);

/// The store is there again after it was not.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(super) struct Back;

impl Handler<Swept> for DeskActor {
    type Result = ();

    fn handle(&mut self, Swept(live): Swept, ctx: &mut Context<Self>) {
        let stored: BTreeSet<_> = live.iter().map(|it| it.chat).collect();
        for summary in live {
            let (chat, at) = (summary.chat, summary.changed_at_seq);
            let is_news = self.view.get(chat).is_none_or(|known| known.changed_at_seq < at);
            if is_news {
                let summary = Some(Arc::new(summary));
                let moved = Moved { chat, at, summary, from: Source::Elsewhere };
                Handler::<Moved>::handle(self, moved, ctx);
            }
        }
        // Over, or rung since the store was read, or lost: the chat itself knows.
        let missing: Vec<_> =
            self.view.all().map(|it| it.chat).filter(|chat| !stored.contains(chat)).collect();
        for chat in missing {
            self.seat.node.registry.chat(chat, &self.seat).addr.do_send(Nudge::TellDesk);
        }
        let all: Vec<_> = self.view.all().map(|it| it.chat).collect();
        for chat in all {
            self.reconcile(chat);
        }
    }
}

impl Handler<Back> for DeskActor {
    type Result = ();

    fn handle(&mut self, _: Back, _: &mut Context<Self>) {
        self.settle_anew();
    }
}
