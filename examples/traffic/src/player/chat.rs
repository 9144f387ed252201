//! One chat from its ring to its end: speaks for its patron and its colleague, in the plan's order.
//!
//! Each step waits for the broker's word, and for the patron to have heard it, before the next one
//! begins: at any speed the same is said in the same order. When a person takes the chat, only the
//! patron goes on: she says her lines and leaves the end to that person for as long as the chat
//! would have lasted.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use deskbell_client::protocol::codes::ErrorCode;
use deskbell_client::protocol::event::EndCause;
use deskbell_client::protocol::ids::ChatId;
use deskbell_client::{Client, ClientError, Ring, Status, Written};
use tokio::time::{sleep, timeout};

use super::patron::Patron;
use super::{Outcome, Stop, World};
use crate::cast::{COLLEAGUES, Colleague};
use crate::lived::{Ending, Lived};
use crate::plan::{Claim, Drop, OWNER_WAITS, PlannedChat, Step};
use crate::talk::Side;

/// Longest time for ending a chat when all is to end: the broker may be gone already.
const WIND_UP_WITHIN: Duration = Duration::from_secs(5);

/// What became of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Claimed {
    AsPlanned,
    ByAPerson,
}

struct Scene {
    plan: PlannedChat,
    world: Arc<World>,
    patron: Patron,
    dropped: bool,
}

/// Lives a chat to its end, or until all is to end.
pub(super) async fn live(plan: PlannedChat, world: Arc<World>, mut stop: Stop) -> Outcome {
    let patron = match Patron::arrive(&world.stage, plan.door.widget).await {
        Ok(patron) => patron,
        Err(why) => return Outcome { plan, lived: Err(why.context("the patron cannot come")) },
    };
    let mut scene = Scene { plan, world, patron, dropped: false };
    let ending = tokio::select! {
        biased;
        Ok(_) = stop.wait_for(|stop| *stop) => Ok(Ending::CutShort),
        ending = scene.play() => ending,
    };
    let wound_up = match ending {
        Ok(Ending::CutShort) | Err(_) => scene.wind_up().await,
        Ok(_) => Ok(()),
    };
    scene.patron.drop_out().await;
    // What failed first is what is told; a chat that stays open is told with it.
    let ending = match (ending, wound_up) {
        (Ok(_), Err(open)) => Err(open),
        (Err(why), Err(open)) => Err(why.context(format!("{open:#}"))),
        (ending, Ok(())) => ending,
    };
    let heard = scene.patron.heard().borrow().clone();
    let lived = ending.map(|ending| {
        let lived = Lived::of(&scene.plan, heard.claims, heard.said, ending, heard.ticket);
        Lived { dropped: scene.dropped, ..lived }
    });
    Outcome { plan: scene.plan, lived }
}

impl Scene {
    async fn play(&mut self) -> Result<Ending> {
        let ring = Ring { name: self.plan.name.clone(), ..Ring::new(&self.plan.question) };
        let chat = self.patron.client()?.open(ring).await.context("the ring")?.chat;
        let Some(claim) = self.plan.claim else { return self.wait_in_vain(chat).await };
        if self.claim(chat, claim, 1).await? == Claimed::ByAPerson {
            return self.go_on_with_a_person(chat, 0).await;
        }
        let mut owner = claim.by;
        for at in 0..self.plan.said() {
            if let Some(transfer) = self.plan.transfer.clone().filter(|it| it.before == at) {
                let (to, note) = (transfer.to.parse()?, Some(transfer.note));
                let offers = self.client(owner).transfer(chat, to, note, transfer.told);
                offers.await.context("the transfer")?;
                let claimed = self.claim(chat, transfer.claim, 2).await?;
                let left = self.client(owner).leave(chat).await;
                // A person may have ended at once what she took over.
                if !is_over(&left) {
                    left.context("leaving after the transfer")?;
                }
                if claimed == Claimed::ByAPerson {
                    return self.go_on_with_a_person(chat, at).await;
                }
                owner = transfer.claim.by;
            }
            if let Some(Drop { away: Some(away), .. }) = self.plan.drop.filter(|it| it.before == at)
            {
                self.dropped = true;
                self.patron.drop_out().await;
                self.rest(away).await;
                self.patron.come_back().await.context("the return")?;
            }
            let step = self.plan.steps[at].clone();
            let writer = match step.side {
                Side::Patron => self.patron.client()?,
                Side::Operator => self.client(owner),
            };
            self.say(writer, chat, &step).await.with_context(|| format!("message {}", at + 1))?;
        }
        self.end(chat, owner).await
    }

    /// The end that was planned, and what the patron asks for after it.
    async fn end(&mut self, chat: ChatId, owner: &Colleague) -> Result<Ending> {
        let ending = if matches!(self.plan.drop, Some(Drop { away: None, .. })) {
            self.dropped = true;
            self.patron.drop_out().await;
            self.rest(OWNER_WAITS).await;
            self.client(owner).end(chat).await.context("the end")?;
            Ending::Gone
        } else {
            let (who, ending) = match self.plan.ended_by {
                Side::Patron => (self.patron.client()?, Ending::ByPatron),
                Side::Operator => (self.client(owner), Ending::ByOperator),
            };
            let ended = who.end(chat).await.context("the end")?;
            self.patron.hears(ended.seq).await?;
            ending
        };
        if let Some(email) = self.plan.ticket.clone() {
            let name = self.plan.name.clone().unwrap_or_else(|| "A patron".to_owned());
            let asked = self.patron.client()?.ask_for_ticket(chat, name, email).await;
            self.patron.hears(asked.context("the ticket")?.seq).await?;
        }
        self.world.desk(owner).forget(chat).await?;
        Ok(ending)
    }

    /// Waits until somebody has claimed for the `nth` time, the planned colleague at her time.
    async fn claim(&self, chat: ChatId, claim: Claim, nth: usize) -> Result<Claimed> {
        let mut heard = self.patron.heard();
        let desk = self.world.desk(claim.by);
        let claimed = async {
            let heard = heard.wait_for(|heard| heard.claims.len() >= nth).await;
            Ok::<_, anyhow::Error>(heard.context("the patron is gone")?.claims[nth - 1].clone())
        };
        let reaching = async {
            desk.reach_for(chat, self.world.stage.time(claim.after)).await?;
            // Won or lost: the patron hears by whom.
            std::future::pending::<Result<String>>().await
        };
        let by = tokio::select! {
            biased;
            by = claimed => by?,
            by = reaching => by.with_context(|| format!("{}'s claim", claim.by.name))?,
        };
        Ok(if by == claim.by.name { Claimed::AsPlanned } else { Claimed::ByAPerson })
    }

    /// Nobody of the cast comes; a person may.
    async fn wait_in_vain(&mut self, chat: ChatId) -> Result<Ending> {
        let mut heard = self.patron.heard();
        let comes = async { heard.wait_for(|heard| !heard.claims.is_empty()).await.map(drop) };
        let Ok(comes) = timeout(self.world.stage.time(self.plan.patience), comes).await else {
            let ended = self.patron.client()?.end(chat).await.context("giving up")?;
            self.patron.hears(ended.seq).await?;
            return self.heard_ending();
        };
        comes.context("the patron is gone")?;
        self.go_on_with_a_person(chat, 0).await
    }

    /// The patron's lines from a step on, to whoever answers, who also may end it at any time.
    async fn go_on_with_a_person(&mut self, chat: ChatId, from: usize) -> Result<Ending> {
        let mut heard = self.patron.heard();
        let talks = async {
            for step in &self.plan.steps[from..] {
                match step.side {
                    Side::Patron => self.say(self.patron.client()?, chat, step).await?,
                    Side::Operator => self.rest(step.gap).await,
                }
            }
            self.rest(self.plan.lasts()).await;
            let ended = self.patron.client()?.end(chat).await?;
            self.patron.hears(ended.seq).await
        };
        let talked = tokio::select! {
            biased;
            ended = heard.wait_for(|heard| heard.ended.is_some()) => {
                ended.map(drop).context("the patron is gone")
            }
            talked = talks => talked,
        };
        match talked {
            // The end reached the broker before her line did: she is about to hear of it.
            Err(why) if has_ended(&why) => self.patron.hears_the_end().await?,
            talked => talked?,
        }
        self.heard_ending()
    }

    /// How it ended, as the patron heard.
    fn heard_ending(&self) -> Result<Ending> {
        Ok(match self.patron.heard().borrow().ended {
            Some(EndCause::Operator | EndCause::Dismissed) => Ending::ByOperator,
            Some(EndCause::Patron) => Ending::ByPatron,
            Some(EndCause::Missed | EndCause::Ticket) => Ending::Missed,
            Some(EndCause::PatronGone) => Ending::Gone,
            None => bail!("the chat did not end"),
        })
    }

    /// Thinks, types and says it, having read all that came before.
    async fn say(&self, writer: &Client, chat: ChatId, step: &Step) -> Result<()> {
        let seq = self.patron.heard().borrow().seq();
        writer.read(chat, seq).await?;
        let half = step.gap / 2;
        self.rest(half).await;
        if step.typed {
            writer.typing(chat, true).await?;
        }
        self.rest(half).await;
        if step.typed {
            writer.typing(chat, false).await?;
        }
        let written = writer.post(chat, &step.text).await?;
        self.patron.hears(written.seq).await
    }

    /// Ends what is still open, as far as the broker is reachable.
    async fn wind_up(&mut self) -> Result<()> {
        let heard = self.patron.heard().borrow().clone();
        let Some(chat) = heard.chat.filter(|_| heard.ended.is_none()) else { return Ok(()) };
        let owner = heard
            .claims
            .last()
            .and_then(|name| COLLEAGUES.into_iter().find(|colleague| colleague.name == name));
        // Its owner, if she is of the cast; else, or if that has just changed, its patron.
        let enders = owner.map(|it| self.client(it)).into_iter().chain(self.patron.client().ok());
        for ender in enders {
            // Who has no connection would only try until the time is over.
            if !matches!(ender.status(), Status::Open(_)) {
                continue;
            }
            let ended = timeout(WIND_UP_WITHIN, ender.end(chat)).await;
            if ended.is_ok_and(|ended| is_over(&ended)) {
                return Ok(());
            }
        }
        bail!("chat {chat} stays open: nobody of the cast could end it")
    }

    fn client(&self, of: &Colleague) -> &Client {
        &self.world.desk(of).client
    }

    async fn rest(&self, planned: Duration) {
        sleep(self.world.stage.time(planned)).await;
    }
}

fn has_ended(why: &anyhow::Error) -> bool {
    let code = why.downcast_ref().and_then(ClientError::code);
    code == Some(ErrorCode::ChatEnded)
}

fn is_over(ended: &Result<Written, ClientError>) -> bool {
    match ended {
        Ok(_) => true,
        Err(error) => error.code() == Some(ErrorCode::ChatEnded),
    }
}
