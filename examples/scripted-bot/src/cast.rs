//! Who plays in a script, and whether every line makes sense for them: nobody acts before being
//! introduced or without a connection, and every chat named was rung for.
//!
//! Fills in which chat a line means that names none: the one that the person's lines named last; a
//! patron's own. Not here: what the broker allows, which is what scripts are for.

use std::collections::{BTreeMap, BTreeSet};

use deskbell_client::protocol::ids::{InstitutionId, WidgetId};

use crate::script::{Act, Answer, Happening, Line, Name, Next, Sight, Step, Who, Wording};

/// Somebody in a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Role {
    /// Answers; signs in as the name in lower case.
    Operator {
        /// Where she works.
        library: InstitutionId,
    },
    /// Asks.
    Patron {
        /// The widget she rang through first.
        widget: WidgetId,
    },
}

/// Everybody, in the order in which the script introduces them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cast {
    /// Who is who.
    pub people: Vec<(Name, Role)>,
}

impl Cast {
    /// The role of somebody.
    pub fn role(&self, name: &Name) -> Option<&Role> {
        self.people.iter().find(|(known, _)| known == name).map(|(_, role)| role)
    }

    /// Checks the lines and fills in the chats that they leave out. An error names its line.
    pub(crate) fn of(lines: &mut [Line]) -> Result<Self, (usize, String)> {
        let mut check = Check::default();
        for line in lines {
            check.step(&mut line.step).map_err(|what| (line.number, what))?;
        }
        Ok(check.cast)
    }
}

/// What is known after the lines so far.
#[derive(Debug, Default)]
struct Check {
    cast: Cast,
    /// Patrons whose ring was not refused.
    rang: BTreeSet<Name>,
    /// People without a connection.
    dropped: BTreeSet<Name>,
    /// People who wrote something that can be retried.
    wrote: BTreeSet<Name>,
    /// The chat that each person's lines named last.
    focus: BTreeMap<Name, Name>,
    /// The chat of the last race.
    raced: Option<Name>,
}

impl Check {
    fn step(&mut self, step: &mut Step) -> Result<(), String> {
        match step {
            Step::Act { who, act, answer } => self.act(who, act, answer),
            Step::ClaimAtOnce { first, second, chat, next } => {
                for who in [first, second] {
                    Self::named(who)?;
                    self.here(who)?;
                    self.look_at(who, chat);
                }
                self.chat(chat)?;
                self.next(next.as_ref())?;
                self.raced = Some(chat.clone());
                Ok(())
            }
            Step::See { who, sight, .. } => {
                who.iter().try_for_each(|who| self.here(who))?;
                self.sight(sight)
            }
            Step::SeeNothing(who) => who.iter().try_for_each(|who| self.here(who)),
            Step::NeverSee { who, sight } => {
                self.known(who)?;
                self.sight(sight)
            }
            Step::List { who, chats, .. } => {
                self.here(who)?;
                chats.iter().try_for_each(|chat| self.chat(chat))
            }
            Step::Unread { who, chat, .. } => {
                self.here(who)?;
                self.chat(chat)
            }
            Step::Stands { who, owner, .. } => {
                self.here(who)?;
                owner.iter().try_for_each(|who| self.known(who))
            }
            Step::Pass(_) | Step::Until { .. } | Step::Restart { .. } => Ok(()),
        }
    }

    /// Who monitors or rings for the first time comes on stage by it.
    fn enters(&mut self, who: &Who, act: &Act) -> Result<(), String> {
        match act {
            Act::Monitor { library: Some(library), .. } => {
                let library = library.clone();
                self.introduce(who, Role::Operator { library })?;
            }
            Act::Ring { widget, .. } => {
                let widget = widget.clone();
                self.introduce(who, Role::Patron { widget })?;
            }
            Act::Monitor { library: None, .. } => self.known(who)?,
            _ => {}
        }
        Ok(())
    }

    fn act(&mut self, who: &Who, act: &mut Act, answer: &Answer) -> Result<(), String> {
        self.enters(who, act)?;
        let comes_back = matches!(act, Act::Return | Act::Reload | Act::ReturnBySecret);
        if !comes_back {
            self.here(who)?;
        }
        match act {
            Act::Monitor { .. } | Act::SetStatus(_) => {}
            Act::Ring { .. } => {
                let name = Self::named(who)?.clone();
                if *answer == Answer::Done {
                    self.rang.insert(name.clone());
                    self.focus.insert(name, Self::named(who)?.clone());
                }
            }
            Act::Read(chat)
            | Act::StopReading(chat)
            | Act::Claim(chat)
            | Act::Transfer { chat, .. }
            | Act::CancelTransfer(chat)
            | Act::Decline { chat, .. }
            | Act::Leave(chat)
            | Act::Dismiss { chat, .. }
            | Act::Rename { chat, .. }
            | Act::Reach { chat, .. }
            | Act::Reveal(chat)
            | Act::Ban { chat, .. }
            | Act::Tag { chat, .. } => {
                self.chat(chat)?;
                self.look_at(who, chat);
            }
            Act::Say { chat, .. }
            | Act::Note { chat, .. }
            | Act::Type { chat }
            | Act::CatchUp { chat }
            | Act::End(chat) => {
                let meant = chat.clone().map_or_else(|| self.meant(who), Ok)?;
                self.chat(&meant)?;
                *chat = Some(meant);
            }
            Act::Ticket { .. } | Act::Rate { .. } | Act::Continue { .. } => {
                let own = Self::named(who)?.clone();
                self.chat(&own)?;
            }
            Act::Retry => {
                if Self::named(who).is_ok_and(|name| !self.wrote.contains(name)) {
                    return Err(format!("{who} has written nothing that could be retried"));
                }
            }
            Act::Drop | Act::SignOut { .. } => {
                let name = Self::named(who)?.clone();
                if *answer == Answer::Done {
                    self.dropped.insert(name);
                }
            }
            Act::SignOutOther(name) => {
                self.known(&Who::Named(name.clone()))?;
                if *answer == Answer::Done {
                    self.dropped.insert(name.clone());
                }
            }
            Act::LiftBan(chat) => self.chat(chat)?,
            Act::LetInto { user, .. } | Act::TakeOut { user, .. } => {
                self.known(&Who::Named(user.clone()))?;
            }
            Act::Return | Act::Reload | Act::ReturnBySecret => self.comes_back(who, act)?,
        }
        self.answered(who, act, answer)
    }

    fn answered(&mut self, who: &Who, act: &Act, answer: &Answer) -> Result<(), String> {
        match answer {
            Answer::Done => {
                if writes(act)
                    && let Who::Named(name) = who
                {
                    self.wrote.insert(name.clone());
                }
                Ok(())
            }
            Answer::Refused { by, next, .. } => {
                by.iter().try_for_each(|who| self.known(who))?;
                self.next(next.as_ref())
            }
        }
    }

    fn comes_back(&mut self, who: &Who, act: &Act) -> Result<(), String> {
        self.known(who)?;
        let name = Self::named(who)?.clone();
        let was_here = !self.dropped.remove(&name);
        if was_here && *act == Act::Return {
            return Err(format!(
                "{name} is connected: write `{name} drops` before `{name} returns`"
            ));
        }
        if *act == Act::ReturnBySecret && !self.rang.contains(&name) {
            return Err(format!("{name} rang for no chat that a secret could lead back to"));
        }
        Ok(())
    }

    fn introduce(&mut self, who: &Who, role: Role) -> Result<(), String> {
        let name = Self::named(who)?.clone();
        match (self.cast.role(&name), &role) {
            (None, Role::Operator { .. }) if name.user().is_none() => {
                Err(format!("{name} in lower case is no login name: choose a plain one"))
            }
            (None, _) => {
                self.cast.people.push((name, role));
                Ok(())
            }
            (Some(Role::Patron { .. }), Role::Patron { .. }) => Ok(()),
            (Some(known), _) if *known == role => Ok(()),
            (Some(_), _) => Err(format!("{name} was introduced before as somebody else")),
        }
    }

    fn named(who: &Who) -> Result<&Name, String> {
        match who {
            Who::Named(name) => Ok(name),
            Who::Winner | Who::Loser => Err(format!("write a name here, not `{who}`")),
        }
    }

    fn known(&self, who: &Who) -> Result<(), String> {
        match who {
            Who::Named(name) if self.cast.role(name).is_some() => Ok(()),
            Who::Named(name) => Err(format!(
                "nobody introduced {name}: write `{name} of LIBRARY monitors TARGETS` or \
                 `{name} rings WIDGET: TEXT` first"
            )),
            Who::Winner | Who::Loser if self.raced.is_some() => Ok(()),
            Who::Winner | Who::Loser => {
                Err(format!("{who} of what? write `NAME and NAME claim NAME's chat at once` first"))
            }
        }
    }

    fn here(&self, who: &Who) -> Result<(), String> {
        self.known(who)?;
        match who {
            Who::Named(name) if self.dropped.contains(name) => {
                Err(format!("{name} has no connection here: write `{name} returns` first"))
            }
            Who::Named(_) | Who::Winner | Who::Loser => Ok(()),
        }
    }

    fn chat(&self, chat: &Name) -> Result<(), String> {
        if self.rang.contains(chat) {
            return Ok(());
        }
        Err(format!("there is no chat of {chat}: write `{chat} rings WIDGET: TEXT` first"))
    }

    fn next(&self, next: Option<&Next>) -> Result<(), String> {
        match next {
            Some(Next::ChatOf(name)) => self.chat(name),
            Some(Next::Nobody) | None => Ok(()),
        }
    }

    fn look_at(&mut self, who: &Who, chat: &Name) {
        if let Who::Named(name) = who {
            self.focus.insert(name.clone(), chat.clone());
        }
    }

    fn meant(&self, who: &Who) -> Result<Name, String> {
        let meant = match who {
            Who::Named(name) => self.focus.get(name),
            Who::Winner | Who::Loser => self.raced.as_ref(),
        };
        meant.cloned().ok_or_else(|| format!("which chat? {who}'s lines named none so far"))
    }

    fn sight(&self, sight: &Sight) -> Result<(), String> {
        match sight {
            Sight::Row { chat, offered_by: who } | Sight::Gone { chat, claimed_by: who } => {
                self.chat(chat)?;
                who.iter().try_for_each(|who| self.known(who))
            }
            Sight::Closed { chat, .. } => chat.iter().try_for_each(|chat| self.chat(chat)),
            Sight::Happening { chat, happening } => {
                chat.iter().try_for_each(|chat| self.chat(chat))?;
                happening.people().try_for_each(|who| self.known(who))
            }
            Sight::Typing { who, .. } | Sight::Marked { who, .. } => self.known(who),
            Sight::Previewing { chat, who, .. } => {
                self.chat(chat)?;
                self.known(who)
            }
            Sight::Ahead(_) | Sight::Alarm(_) | Sight::AlarmOver(_) => Ok(()),
        }
    }
}

fn writes(act: &Act) -> bool {
    match act {
        Act::Ring { .. }
        | Act::Claim(_)
        | Act::Say { .. }
        | Act::Note { .. }
        | Act::Transfer { .. }
        | Act::CancelTransfer(_)
        | Act::Decline { .. }
        | Act::Leave(_)
        | Act::End(_)
        | Act::Dismiss { .. }
        | Act::Rename { .. }
        | Act::Reach { .. }
        | Act::Reveal(_)
        | Act::Tag { .. }
        | Act::Ticket { .. }
        | Act::Rate { .. }
        | Act::Continue { .. }
        | Act::Retry => true,
        Act::Monitor { .. }
        | Act::SetStatus(_)
        | Act::Read(_)
        | Act::StopReading(_)
        | Act::Type { .. }
        | Act::CatchUp { .. }
        | Act::SignOut { .. }
        | Act::SignOutOther(_)
        | Act::LetInto { .. }
        | Act::TakeOut { .. }
        | Act::Ban { .. }
        | Act::LiftBan(_)
        | Act::Drop
        | Act::Return
        | Act::Reload
        | Act::ReturnBySecret => false,
    }
}

impl Happening {
    fn people(&self) -> impl Iterator<Item = &Who> {
        use crate::script::Ending;
        match self {
            Self::Asks(who, _)
            | Self::Claimed(who)
            | Self::Says(who, _)
            | Self::Notes(who, _)
            | Self::Offers { who, .. }
            | Self::Cancels(who)
            | Self::Declines(who, _)
            | Self::Leaves(who)
            | Self::Away(who)
            | Self::Back(who)
            | Self::Lost(who)
            | Self::Out(who)
            | Self::Ends(Ending::By(who) | Ending::Dismissed(who)) => Some(who),
            Self::Worded(wording) => wording.person(),
            Self::Rings(_)
            | Self::Lapses(_)
            | Self::Ends(Ending::Missed | Ending::PatronStayedAway | Ending::Ticket) => None,
        }
        .into_iter()
    }
}

impl Wording {
    fn person(&self) -> Option<&Who> {
        match self {
            Self::AsksForTicket(who, _)
            | Self::Dismisses(who, _)
            | Self::Returns(who, _)
            | Self::Renames(who, _)
            | Self::Reaches(who, _)
            | Self::Looks(who)
            | Self::Tags(who, _) => Some(who),
            Self::TicketOffered(_) | Self::ToldToBePatient | Self::Rates(..) => None,
        }
    }
}
