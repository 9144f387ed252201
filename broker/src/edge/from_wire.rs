//! From JSON to what the actors understand. Pure: it reads texts, limits and who speaks, nothing
//! else. Strict: what is misspelt, empty or too long is refused here and costs nothing further.

mod post;
mod service;

use deskbell_domain::access::Principal;
use deskbell_domain::chat::Command;
use deskbell_domain::chat::event::{Digest, Opened, Ring};
use deskbell_domain::directory::entry::{Ask, Field, Question};
use deskbell_domain::directory::{CoopLevel, Directory};
use deskbell_domain::person::{Author, Status};
use deskbell_protocol::ToBroker;
use deskbell_protocol::codes::ErrorCode;
use deskbell_protocol::event::Answer;
use deskbell_protocol::ids::{Cmid, SessionId, UserId};
use deskbell_protocol::limits::Limits;
use deskbell_protocol::view;
use serde::Deserialize;

use super::Refusal;
use crate::actors::chat::Reach;
use crate::actors::session::{Desire, Want};
use crate::secrets::Keys;
use crate::secrets::derivation::{Fingerprints, chat_id};

/// Answers a widget may ask for at most.
const ANSWERS_MAX: usize = 20;

/// What is known of who speaks.
pub struct Speaker<'a> {
    /// Whom the connection belongs to.
    pub who: &'a Principal,
    /// The session its token names.
    pub session: SessionId,
    /// Patrons: the digest of the secret that proves the right to return.
    pub secret: Option<Digest>,
    /// Derive chat ids.
    pub keys: &'a Keys,
    /// Tell a retry from a reused cmid.
    pub fingerprints: &'a Fingerprints,
    /// What texts may be how long.
    pub limits: &'a Limits,
}

/// A frame that is no request.
#[derive(Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// The request's id, if it had one.
    pub re: Option<u32>,
    /// Why.
    pub refusal: Refusal,
}

/// Reads a frame.
pub fn read(text: &str) -> Result<ToBroker, Unreadable> {
    match post::read(text) {
        Some(post) => Ok(post),
        None => serde_json::from_str(text).map_err(|error| unreadable(text, &error)),
    }
}

fn unreadable(text: &str, error: &serde_json::Error) -> Unreadable {
    #[derive(Deserialize)]
    struct Outline {
        id: Option<u32>,
        r#type: Option<String>,
    }
    let outline: Option<Outline> = serde_json::from_str(text).ok();
    let re = outline.as_ref().and_then(|outline| outline.id);
    let Some(Outline { id: Some(_), r#type: Some(kind) }) = outline else {
        let message = "a frame is one JSON object with a type and a numeric id";
        return Unreadable { re, refusal: Refusal::new(ErrorCode::BadFrame, message) };
    };
    let refusal = if error.to_string().starts_with("unknown variant") {
        let message = format!("this broker does not know the type {kind:.80}");
        Refusal::new(ErrorCode::UnknownType, message)
    } else {
        let error = error.to_string();
        Refusal::new(ErrorCode::BadRequest, format!("{kind:.80}: {error:.200}"))
    };
    Unreadable { re, refusal }
}

/// Turns a request into what the session understands. `hello`, `auth` and `pong` are not for it.
pub fn want(
    frame: ToBroker,
    speaker: &Speaker<'_>,
    directory: &Directory,
) -> Result<Want, Refusal> {
    match frame {
        ToBroker::Hello { .. } | ToBroker::Auth { .. } | ToBroker::Pong => {
            Err(Refusal::new(ErrorCode::BadRequest, "this connection has said hello already"))
        }
        ToBroker::Sync { .. } => Ok(Want::Sync),
        ToBroker::PresenceSet { status, monitoring, ticket_queues, at, .. } => {
            let monitoring = monitoring.into_iter().collect();
            let ticket_queues = ticket_queues.map(|all| all.into_iter().collect());
            Ok(Want::Tell { status: status_of(status), monitoring, ticket_queues, at })
        }
        ToBroker::ListSubscribe { .. } => Ok(Want::Watch),
        ToBroker::ListUnsubscribe { .. } => Ok(Want::Unwatch),
        ToBroker::ChatSubscribe { chat, from, .. } => {
            Ok(Want::Follow { chat, from: from.map(|from| (from.seq, from.eid)) })
        }
        ToBroker::ChatUnsubscribe { chat, .. } => Ok(Want::Unfollow { chat }),
        ToBroker::ChatHistory { chat, before, max, .. } => Ok(Want::History { chat, before, max }),
        ToBroker::ChatTargets { chat, .. } => Ok(Want::Targets { chat }),
        ToBroker::ChatMark { chat, delivered, read, .. } => {
            Ok(Want::Mark { chat, reach: Reach::of(delivered, read) })
        }
        ToBroker::ChatTyping { chat, on, .. } => Ok(Want::Typing { chat, on }),
        ToBroker::DeskQueues { .. } => Ok(Want::Desk(Desire::Queues)),
        ToBroker::AccessGrant { coop, user, level, .. } => {
            let level = Some(level_of(level));
            Ok(Want::Desk(Desire::SetLevel { coop, user, level }))
        }
        ToBroker::AccessRevoke { coop, user, .. } => {
            Ok(Want::Desk(Desire::SetLevel { coop, user, level: None }))
        }
        ToBroker::Explain { widget, at, .. } => Ok(Want::Desk(Desire::Explain { widget, at })),
        ToBroker::Forecast { coop, zone, .. } => {
            speaker.check_some("zone", zone.as_deref())?;
            Ok(Want::Desk(Desire::Forecast { coop, zone }))
        }
        ToBroker::BanSet { chat, hours, reason, .. } => speaker.ban(chat, hours, reason),
        ToBroker::BanLift { chat, .. } => Ok(Want::Desk(Desire::LiftBan { chat })),
        ToBroker::BanList { .. } => Ok(Want::Desk(Desire::Bans)),
        ToBroker::SignOut { anyway, .. } => Ok(Want::Desk(Desire::SignOut { anyway })),
        ToBroker::OperatorSignOut { user, .. } => Ok(Want::Desk(Desire::SignOutOther { user })),
        open @ ToBroker::ChatOpen { .. } => speaker.open(open, directory),
        write => speaker.write(write),
    }
}

impl Speaker<'_> {
    fn write(&self, frame: ToBroker) -> Result<Want, Refusal> {
        let mut print = self.fingerprints.begin();
        let (chat, cmid, command) = match frame {
            ToBroker::ChatPost { chat, cmid, text, lang, .. } => {
                print.add("post").add(&text).add_some(lang.as_deref());
                check("text", &text, self.limits.text_bytes)?;
                self.check_some("lang", lang.as_deref())?;
                (chat, cmid, Command::Post { by: self.author(), text, lang })
            }
            ToBroker::ChatClaim { chat, cmid, .. } => {
                print.add("claim");
                (chat, cmid, Command::Claim { by: self.operator()? })
            }
            ToBroker::ChatNote { chat, cmid, text, .. } => {
                print.add("note").add(&text);
                check("text", &text, self.limits.text_bytes)?;
                (chat, cmid, Command::Note { by: self.operator()?, text })
            }
            ToBroker::ChatTransfer { chat, cmid, to, note, tell_patron, hand_over, .. } => {
                print.add("transfer").add(&to.to_string()).add_some(note.as_deref());
                print.add(if tell_patron { "told" } else { "untold" });
                if hand_over {
                    print.add("handed over");
                }
                if let Some(note) = &note {
                    check("note", note, self.limits.text_bytes)?;
                }
                let by = self.operator()?;
                (chat, cmid, Command::Transfer { by, to, note, tell_patron, hand_over })
            }
            ToBroker::ChatTransferCancel { chat, cmid, .. } => {
                print.add("cancel");
                (chat, cmid, Command::CancelTransfer { by: self.operator()? })
            }
            ToBroker::ChatTransferDecline { chat, cmid, reason, .. } => {
                print.add("decline").add(&reason);
                check("reason", &reason, self.limits.field_bytes)?;
                (chat, cmid, Command::DeclineTransfer { by: self.operator()?, reason })
            }
            ToBroker::ChatLeave { chat, cmid, .. } => {
                print.add("leave");
                (chat, cmid, Command::Leave { by: self.operator()? })
            }
            ToBroker::ChatEnd { chat, cmid, .. } => {
                print.add("end");
                (chat, cmid, Command::End { by: self.author() })
            }
            other => return self.service(other),
        };
        Ok(Want::write(chat, cmid, print.finish(), command))
    }

    fn open(&self, frame: ToBroker, directory: &Directory) -> Result<Want, Refusal> {
        let ToBroker::ChatOpen {
            cmid,
            question,
            name,
            contact,
            answers,
            page,
            lang,
            continues,
            ..
        } = frame
        else {
            return Err(Refusal::new(ErrorCode::BadRequest, "this is not a ring"));
        };
        let (Principal::Patron { session, widget }, Some(secret)) = (self.who, self.secret) else {
            return Err(Refusal::new(ErrorCode::WrongRole, "only patrons ring"));
        };
        let Some(settings) = directory.widgets.get(widget) else {
            return Err(Refusal::new(ErrorCode::NotFound, format!("there is no widget {widget}")));
        };
        let home = settings.institution.clone();
        check("question", &question, self.limits.text_bytes)?;
        for (field, value) in
            [("name", &name), ("contact", &contact), ("page", &page), ("lang", &lang)]
        {
            self.check_some(field, value.as_deref())?;
        }
        self.check_answers(&answers)?;
        check_asked(&settings.ask, name.as_deref(), contact.as_deref(), &answers)?;
        let mut print = self.fingerprints.begin();
        print.add("open").add(&question).add_some(name.as_deref()).add_some(contact.as_deref());
        print.add_some(page.as_deref()).add_some(lang.as_deref());
        for it in &answers {
            print.add(&it.question).add(&it.answer);
        }
        if let Some(earlier) = continues {
            print.add(&earlier.to_string());
        }
        let opened = Opened {
            widget: widget.clone(),
            home,
            session: *session,
            secret,
            question,
            name,
            contact,
            answers: answers.into_iter().map(|it| (it.question, it.answer)).collect(),
            page: page.map(|it| if settings.keep_page_query { it } else { without_query(&it) }),
            lang,
            continues,
            ticket_at: None,
            ring: Ring { tiers: Vec::new(), skipped: Vec::new(), rolls_at: None, directory: 0 },
        };
        let chat = self.chat_of(cmid);
        let command = Command::Open(Box::new(opened));
        Ok(Want::write(chat, cmid, print.finish(), command))
    }

    fn chat_of(&self, cmid: Cmid) -> deskbell_protocol::ids::ChatId {
        chat_id(self.keys, self.session, cmid)
    }

    fn author(&self) -> Author {
        match self.who {
            Principal::Patron { .. } => Author::Patron,
            Principal::Operator(user) => Author::Operator(user.clone()),
        }
    }

    fn operator(&self) -> Result<UserId, Refusal> {
        match self.who {
            Principal::Operator(user) => Ok(user.clone()),
            Principal::Patron { .. } => {
                Err(Refusal::new(ErrorCode::WrongRole, "this request is for operators"))
            }
        }
    }

    fn check_some(&self, field: &str, text: Option<&str>) -> Result<(), Refusal> {
        text.map_or(Ok(()), |text| check(field, text, self.limits.field_bytes))
    }

    fn check_answers(&self, answers: &[Answer]) -> Result<(), Refusal> {
        if answers.len() > ANSWERS_MAX {
            let message = format!("no more than {ANSWERS_MAX} answers");
            return Err(Refusal::new(ErrorCode::BadText, message));
        }
        for it in answers {
            check("a question", &it.question, self.limits.field_bytes)?;
            check("an answer", &it.answer, self.limits.field_bytes)?;
        }
        Ok(())
    }
}

/// Whether everything is answered that the widget insists on.
fn check_asked(
    ask: &Ask,
    name: Option<&str>,
    contact: Option<&str>,
    answers: &[Answer],
) -> Result<(), Refusal> {
    let answered = |it: &&Question| answers.iter().any(|answer| answer.question == it.text);
    let lacks =
        |field: &str| Err(Refusal::new(ErrorCode::BadText, format!("{field} is asked for")));
    if ask.name == Field::Required && name.is_none() {
        lacks("name")
    } else if ask.contact == Field::Required && contact.is_none() {
        lacks("contact")
    } else if let Some(open) =
        ask.questions.iter().filter(|it| it.required).find(|it| !answered(it))
    {
        lacks(&format!("an answer to {:?}", open.text))
    } else {
        Ok(())
    }
}

fn check(field: &str, text: &str, bytes_max: u32) -> Result<(), Refusal> {
    let too_long = text.len() > usize::try_from(bytes_max).unwrap_or(usize::MAX);
    if too_long {
        let message = format!("{field} is longer than {bytes_max} bytes: shorten or split it");
        Err(Refusal::new(ErrorCode::BadText, message))
    } else if text.trim().is_empty() {
        Err(Refusal::new(ErrorCode::BadText, format!("{field} is empty")))
    } else if has_controls(text) {
        let message = format!("{field} holds control characters: send plain text");
        Err(Refusal::new(ErrorCode::BadText, message))
    } else {
        Ok(())
    }
}

/// Whether there are control characters that no keyboard types: such may hide or overwrite text.
fn has_controls(text: &str) -> bool {
    // A control character is a byte below the space, DEL, or follows the byte C2 in UTF-8; most
    // texts hold none of these bytes, and looking for them takes no decoding.
    let suspicious = |byte: u8| byte < b' ' || byte == 0x7F || byte == 0xC2;
    text.bytes().fold(false, |found, byte| found | suspicious(byte))
        && text.chars().any(|it| it.is_control() && !matches!(it, '\n' | '\r' | '\t'))
}

fn without_query(page: &str) -> String {
    page.split(['?', '#']).next().unwrap_or_default().to_owned()
}

fn level_of(level: view::CoopLevel) -> CoopLevel {
    match level {
        view::CoopLevel::Regular => CoopLevel::Regular,
        view::CoopLevel::InstitutionAdmin => CoopLevel::InstitutionAdmin,
        view::CoopLevel::CoopAdmin => CoopLevel::CoopAdmin,
    }
}

fn status_of(status: view::Status) -> Status {
    match status {
        view::Status::Online => Status::Online,
        view::Status::Away => Status::Away,
        view::Status::Draining => Status::Draining,
        view::Status::Internal => Status::Internal,
        view::Status::Offline => Status::Offline,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_request_is_refused_by_what_is_wrong_with_it() {
        let code = |text: &str| {
            let unreadable = read(text).unwrap_err();
            (unreadable.re, unreadable.refusal.code)
        };
        assert_eq!(code("{"), (None, ErrorCode::BadFrame));
        assert_eq!(code(r#"{"type":"sync"}"#), (None, ErrorCode::BadFrame));
        assert_eq!(code(r#"{"id":7,"type":"dance"}"#), (Some(7), ErrorCode::UnknownType));
        assert_eq!(code(r#"{"id":7,"type":"sync","x":1}"#), (Some(7), ErrorCode::BadRequest));
    }

    #[test]
    fn a_refused_field_is_named() {
        let text = r#"{"id":7,"type":"list.subscribe","chatt":"x"}"#;
        assert!(read(text).unwrap_err().refusal.message.contains("chatt"));
    }

    #[test]
    fn what_a_widget_insists_on_is_named_when_it_is_missing() {
        let question = Question { text: "Card number?".into(), required: true };
        let ask = Ask { name: Field::Required, contact: Field::Off, questions: vec![question] };
        let answer = || Answer { question: "Card number?".into(), answer: "12".into() };
        let missing = |name, answers: &[Answer]| check_asked(&ask, name, None, answers);
        assert!(missing(None, &[answer()]).unwrap_err().message.contains("name is asked for"));
        assert!(missing(Some("Sam"), &[]).unwrap_err().message.contains("Card number?"));
        assert_eq!(missing(Some("Sam"), &[answer()]), Ok(()));
    }

    #[test]
    fn a_page_is_kept_without_query_and_fragment() {
        assert_eq!(without_query("https://a.example/x?card=1#me"), "https://a.example/x");
    }
}
