//! What people do, and whether the broker answers as the script says.

use deskbell_client::protocol::codes::ErrorCode;
use deskbell_client::protocol::ids::{ChatId, Cmid, CoopId, Target, UserId};
use deskbell_client::protocol::to_client::Refused;
use deskbell_client::protocol::view::CoopLevel;
use deskbell_client::{ClientError, IdSource, RandomIds, Write, Written};

use super::person::{Mishap, Person};
use super::{Differs, Player, Progress, within};
use crate::script::{Act, Answer, Name, Next, Who};
use crate::sdk::Ask;
use crate::watch::Roles;

impl Player<'_> {
    pub(super) async fn act(
        &mut self,
        who: &Who,
        act: &Act,
        answer: &Answer,
    ) -> Result<(), Differs> {
        self.bring_in(who);
        let outcome = within(self.stage, self.try_act(who, act)).await?;
        match (outcome, answer) {
            (Ok(written), Answer::Done) => {
                if let (Act::Ring { .. } | Act::Continue { .. }, Some(written), Some(name)) =
                    (act, written, self.roles.name(who).cloned())
                {
                    self.narrate(Progress::Opened { patron: &name, chat: written.chat });
                    self.opened.push((name.clone(), written.chat));
                    self.roles.rang(name, written.chat);
                }
                Ok(())
            }
            (Ok(_), Answer::Refused { code, .. }) => {
                Err(Differs::new(format!("-> {}", code.as_str()), "it was done"))
            }
            (Err(Failed::Differs(differs)), _) => Err(differs),
            (Err(Failed::Mishap(mishap)), Answer::Done) => Err(mishap.into()),
            (Err(Failed::Mishap(mishap)), Answer::Refused { code, by, next }) => {
                self.refused(who, &mishap, *code, by.as_ref(), next.as_ref())
            }
        }
    }

    /// Somebody comes on stage at her first line.
    fn bring_in(&mut self, who: &Who) {
        if let Who::Named(name) = who
            && !self.people.contains_key(name)
            && let Some(place) = self.script.cast.people.iter().position(|(n, _)| n == name)
        {
            let role = &self.script.cast.people[place].1;
            let person = Person::new(name.clone(), role, (self.stage.url)(place));
            self.people.insert(name.clone(), person);
        }
    }

    async fn try_act(&mut self, who: &Who, act: &Act) -> Result<Option<Written>, Failed> {
        let stage = self.stage;
        let role = self.roles.name(who).and_then(|name| self.script.cast.role(name)).cloned();
        let own_chat = self.roles.name(who).and_then(|name| self.roles.chat(name));
        let (person, roles) = self.person(who)?;
        let chat_of = |name: &Name| {
            let unknown = || Mishap::Stage(format!("the chat of {name} was never opened"));
            roles.chat(name).ok_or_else(unknown)
        };
        let write = match act {
            Act::Monitor { queues, .. } => {
                let role = role.ok_or_else(|| Mishap::Stage(format!("{who} has no role")))?;
                return Ok(person.monitor(stage, &role, queues.clone()).await.map(|()| None)?);
            }
            Act::SetStatus(status) => {
                return Ok(person.set_status(*status).await.map(|()| None)?);
            }
            Act::Ring { widget, question } => {
                return Ok(person.ring(stage, widget, question, None).await.map(Some)?);
            }
            Act::Read(chat) => return Ok(read(person, chat_of(chat)?).await.map(|()| None)?),
            Act::StopReading(chat) => {
                return Ok(stop_reading(person, chat_of(chat)?).await.map(|()| None)?);
            }
            Act::Type { chat } => {
                let chat = chat_of(named(chat.as_ref())?)?;
                person.ask(Ask::Typing { chat }).await?;
                return Ok(None);
            }
            Act::CatchUp { chat } => {
                let chat = chat_of(named(chat.as_ref())?)?;
                person.catch_up(chat).await?;
                return Ok(None);
            }
            Act::Retry => return retry(person).await.map(Some),
            Act::SignOut { .. }
            | Act::SignOutOther(_)
            | Act::LetInto { .. }
            | Act::TakeOut { .. }
            | Act::Ban { .. }
            | Act::LiftBan(_) => {
                return self.ask_desk(who, act).await.map(|()| None);
            }
            Act::Drop => {
                person.drop_connection().await;
                return Ok(None);
            }
            Act::Return => return Ok(person.come_back(stage).await.map(|()| None)?),
            Act::Reload => return Ok(person.reload(stage).await.map(|()| None)?),
            Act::ReturnBySecret => {
                let chat = own_chat.ok_or_else(|| no_chat(who))?;
                return Ok(person.return_by_secret(stage, chat).await.map(|()| None)?);
            }
            Act::Continue { widget, question } => {
                let earlier = Some(own_chat.ok_or_else(|| no_chat(who))?);
                return Ok(person.ring(stage, widget, question, earlier).await.map(Some)?);
            }
            other => write_of(who, other, own_chat, &chat_of)?,
        };
        Ok(person.write(write).await.map(Some)?)
    }

    /// What a person asks of the desk, not of a chat.
    async fn ask_desk(&mut self, who: &Who, act: &Act) -> Result<(), Failed> {
        let (person, roles) = self.person(who)?;
        let chat_of = |name: &Name| {
            let unknown = || Mishap::Stage(format!("the chat of {name} was never opened"));
            roles.chat(name).ok_or_else(unknown)
        };
        match act {
            Act::Ban { chat, hours, reason } => {
                let (chat, hours, reason) = (chat_of(chat)?, Some(*hours), Some(reason.clone()));
                person.ask(Ask::Ban { chat, hours, reason }).await?;
            }
            Act::LiftBan(chat) => {
                person.ask(Ask::LiftBan { chat: chat_of(chat)? }).await?;
            }
            Act::SignOut { anyway } => {
                person.ask(Ask::SignOut { anyway: *anyway }).await?;
                person.signed_out().await;
            }
            Act::SignOutOther(other) => {
                let user = user_of(other)?;
                person.ask(Ask::SignOutOther { user }).await?;
                if let Some(other) = self.people.get_mut(other) {
                    other.signed_out().await;
                }
            }
            Act::LetInto { user, coop } => {
                let (user, coop, level) = (user_of(user)?, coop_of(coop)?, CoopLevel::Regular);
                person.ask(Ask::GrantAccess { coop, user, level }).await?;
            }
            Act::TakeOut { user, coop } => {
                let (user, coop) = (user_of(user)?, coop_of(coop)?);
                person.ask(Ask::RevokeAccess { coop, user }).await?;
            }
            other => {
                return Err(Mishap::Stage(format!("{other:?} is not asked of the desk")).into());
            }
        }
        Ok(())
    }

    /// Both claims travel at the same moment; the broker decides.
    pub(super) async fn claim_at_once(
        &mut self,
        first: &Who,
        second: &Who,
        chat: &Name,
        next: Option<&Next>,
    ) -> Result<(), Differs> {
        let (stage, expected) = (self.stage, "one wins and the other is told who");
        let unknown = || Differs::new(expected, format!("the chat of {chat} was never opened"));
        let id = self.roles.chat(chat).ok_or_else(unknown)?;
        let claims = [
            (self.person(first)?.0.client()?, Cmid(RandomIds.uuid())),
            (self.person(second)?.0.client()?, Cmid(RandomIds.uuid())),
        ];
        let claim = async |at: usize| {
            let (client, cmid) = &claims[at];
            client.submit(*cmid, Write::Claim(id)).await
        };
        let outcomes = within(stage, async { tokio::join!(claim(0), claim(1)) }).await?;
        let (won, written, lost, refusal) = match outcomes {
            (Ok(written), Err(error)) => (0, written, second, error),
            (Err(error), Ok(written)) => (1, written, first, error),
            (Ok(_), Ok(_)) => return Err(Differs::new(expected, "both won")),
            (Err(one), Err(other)) => {
                return Err(Differs {
                    expected: expected.into(),
                    came: vec![one.to_string(), other.to_string()],
                });
            }
        };
        let winner = if won == 0 { first } else { second };
        self.person(winner)?.0.wrote(claims[won].1, Write::Claim(id), written);
        if let (Some(winner), Some(loser)) =
            (self.roles.name(winner).cloned(), self.roles.name(lost).cloned())
        {
            self.roles.raced(winner, loser);
        }
        let mishap = Mishap::from(refusal);
        self.refused(lost, &mishap, ErrorCode::AlreadyClaimed, Some(&Who::Winner), next)
    }

    /// Whether a refusal is the one that the script names.
    fn refused(
        &self,
        who: &Who,
        mishap: &Mishap,
        code: ErrorCode,
        by: Option<&Who>,
        next: Option<&Next>,
    ) -> Result<(), Differs> {
        let expected = || format!("{who} -> {}{}{}", code.as_str(), told_by(by), told_next(next));
        let Mishap::Client(error) = mishap else {
            return Err(Differs::new(expected(), mishap.to_string()));
        };
        let refused = match error {
            ClientError::Refused(refused) => Some(&**refused),
            _ => None,
        };
        let came = || match refused {
            Some(refused) => told(refused, &self.roles),
            None => error.to_string(),
        };
        if error.code() == Some(code)
            && by.is_none_or(|by| refused.is_some_and(|r| is_by(r, by, &self.roles)))
            && next.is_none_or(|next| refused.is_some_and(|r| offers(r, next, &self.roles)))
        {
            return Ok(());
        }
        Err(Differs::new(expected(), came()))
    }
}

/// Why an act was not done.
enum Failed {
    Mishap(Mishap),
    Differs(Differs),
}

impl From<Mishap> for Failed {
    fn from(mishap: Mishap) -> Self {
        Self::Mishap(mishap)
    }
}

impl From<Differs> for Failed {
    fn from(differs: Differs) -> Self {
        Self::Differs(differs)
    }
}

/// What an act writes to a chat.
fn write_of(
    who: &Who,
    act: &Act,
    own_chat: Option<ChatId>,
    chat_of: &dyn Fn(&Name) -> Result<ChatId, Mishap>,
) -> Result<Write, Mishap> {
    Ok(match act {
        Act::Claim(chat) => Write::Claim(chat_of(chat)?),
        Act::Say { chat, text } => {
            let chat = chat_of(named(chat.as_ref())?)?;
            Write::Post { chat, text: text.clone(), lang: None }
        }
        Act::Note { chat, text } => {
            Write::Note { chat: chat_of(named(chat.as_ref())?)?, text: text.clone() }
        }
        Act::Transfer { chat, to, note, tell_patron, hand_over } => Write::Transfer {
            chat: chat_of(chat)?,
            to: to.clone(),
            note: note.clone(),
            tell_patron: *tell_patron,
            hand_over: *hand_over,
        },
        Act::CancelTransfer(chat) => Write::CancelTransfer(chat_of(chat)?),
        Act::Decline { chat, reason } => {
            Write::DeclineTransfer { chat: chat_of(chat)?, reason: reason.clone() }
        }
        Act::Leave(chat) => Write::Leave(chat_of(chat)?),
        Act::End(chat) => Write::End(chat_of(named(chat.as_ref())?)?),
        Act::Dismiss { chat, note } => {
            Write::Dismiss { chat: chat_of(chat)?, note: Some(note.clone()) }
        }
        Act::Rename { chat, name } => {
            let name = Some(name.clone());
            Write::SetPatron { chat: chat_of(chat)?, name, contact: None }
        }
        Act::Reach { chat, contact } => {
            let contact = Some(contact.clone());
            Write::SetPatron { chat: chat_of(chat)?, name: None, contact }
        }
        Act::Reveal(chat) => Write::Reveal(chat_of(chat)?),
        Act::Tag { chat, tags } => Write::Tag { chat: chat_of(chat)?, tags: tags.clone() },
        Act::Ticket { email } => Write::Ticket {
            chat: own_chat.ok_or_else(|| no_chat(who))?,
            name: who.to_string(),
            email: email.clone(),
        },
        Act::Rate { rating, comment } => Write::Rate {
            chat: own_chat.ok_or_else(|| no_chat(who))?,
            rating: u8::try_from(*rating).unwrap_or(u8::MAX),
            comment: Some(comment.clone()),
        },
        Act::Monitor { .. }
        | Act::SetStatus(_)
        | Act::Ring { .. }
        | Act::Continue { .. }
        | Act::Read(_)
        | Act::StopReading(_)
        | Act::Type { .. }
        | Act::CatchUp { .. }
        | Act::Retry
        | Act::SignOut { .. }
        | Act::SignOutOther(_)
        | Act::LetInto { .. }
        | Act::TakeOut { .. }
        | Act::Ban { .. }
        | Act::LiftBan(_)
        | Act::Drop
        | Act::Return
        | Act::Reload
        | Act::ReturnBySecret => return Err(Mishap::Stage(format!("{act:?} writes nothing"))),
    })
}

fn user_of(name: &Name) -> Result<UserId, Mishap> {
    name.user().ok_or_else(|| Mishap::Stage(format!("{name} is no operator")))
}

fn coop_of(target: &Target) -> Result<CoopId, Mishap> {
    match target {
        Target::Coop(coop) => Ok(coop.clone()),
        Target::Department(_) | Target::Operator(_) => {
            Err(Mishap::Stage(format!("{target} is no co-op")))
        }
    }
}

fn no_chat(who: &Who) -> Mishap {
    Mishap::Stage(format!("{who} has opened no chat"))
}

fn named(chat: Option<&Name>) -> Result<&Name, Mishap> {
    chat.ok_or_else(|| Mishap::Stage("the line names no chat".to_owned()))
}

async fn read(person: &mut Person, chat: ChatId) -> Result<(), Mishap> {
    person.ask(Ask::Subscribe { chat, from: None }).await
}

async fn stop_reading(person: &mut Person, chat: ChatId) -> Result<(), Mishap> {
    person.ask(Ask::Unsubscribe { chat }).await?;
    person.watch.stop_following(chat);
    Ok(())
}

/// Sends the last write again as it was: the answer must be the first one.
async fn retry(person: &mut Person) -> Result<Written, Failed> {
    let last = person.last.clone();
    let last = last.ok_or_else(|| Mishap::Stage("nothing was written so far".to_owned()))?;
    let again = person.client()?.submit(last.cmid, last.write).await.map_err(Mishap::from)?;
    if again == last.written {
        return Ok(again);
    }
    let place = |written: &Written| format!("place {} ({})", written.seq, written.eid);
    let expected = format!("the first answer again: {}", place(&last.written));
    Err(Failed::Differs(Differs::new(expected, place(&again))))
}

fn is_by(refused: &Refused, who: &Who, roles: &Roles) -> bool {
    // Which chat does not matter: who claims is an operator.
    refused.by.as_ref().is_some_and(|person| roles.is(who, person, ChatId(0)))
}

fn offers(refused: &Refused, next: &Next, roles: &Roles) -> bool {
    match (next, &refused.next) {
        (Next::Nobody, None) => true,
        (Next::ChatOf(name), Some(row)) => roles.chat(name) == Some(row.chat),
        (Next::Nobody, Some(_)) | (Next::ChatOf(_), None) => false,
    }
}

fn told(refused: &Refused, roles: &Roles) -> String {
    let by = refused.by.as_ref().map(|by| format!(" by {}", roles.called(by, ChatId(0))));
    let next = match &refused.next {
        Some(row) => format!(", next: {}", roles.patron_of(row.chat)),
        None => String::new(),
    };
    let by = by.unwrap_or_default();
    format!("-> {}{by}{next}   ({})", refused.code.as_str(), refused.message)
}

fn told_by(by: Option<&Who>) -> String {
    by.map_or_else(String::new, |by| format!(" by {by}"))
}

fn told_next(next: Option<&Next>) -> String {
    match next {
        None => String::new(),
        Some(Next::Nobody) => ", next: nobody".to_owned(),
        Some(Next::ChatOf(name)) => format!(", next: {name}"),
    }
}
