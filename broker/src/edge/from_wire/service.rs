//! Writes beside answers: dismissing, tickets, who the patron is, tags, ratings.

use deskbell_domain::access::bans::TERM_HOURS;
use deskbell_domain::chat::Command;
use deskbell_domain::chat::event::Rating;
use deskbell_protocol::ToBroker;
use deskbell_protocol::codes::ErrorCode;
use deskbell_protocol::ids::ChatId;

use super::{Refusal, Speaker, check, has_controls};
use crate::actors::session::Want;

/// How long a ban lasts if nobody says.
const BAN_HOURS: u32 = 24;
/// Tags of a chat at most.
const TAGS_MAX: usize = 20;

impl Speaker<'_> {
    pub(super) fn ban(
        &self,
        chat: ChatId,
        hours: Option<u32>,
        reason: Option<String>,
    ) -> Result<Want, Refusal> {
        let hours = hours.unwrap_or(BAN_HOURS);
        if !TERM_HOURS.contains(&hours) {
            let (least, most) = (TERM_HOURS.start(), TERM_HOURS.end());
            let message = format!("hours is {hours}: write {least} to {most}");
            return Err(Refusal::new(ErrorCode::BadRequest, message));
        }
        self.check_some("reason", reason.as_deref())?;
        Ok(Want::Ban { chat, hours, reason })
    }

    pub(super) fn service(&self, frame: ToBroker) -> Result<Want, Refusal> {
        let mut print = self.fingerprints.begin();
        let (chat, cmid, command) = match frame {
            ToBroker::ChatDismiss { chat, cmid, note, .. } => {
                print.add("dismiss").add_some(note.as_deref());
                self.check_some("note", note.as_deref())?;
                (chat, cmid, Command::Dismiss { by: self.operator()?, note })
            }
            ToBroker::ChatTicket { chat, cmid, name, email, .. } => {
                print.add("ticket").add(&name).add(&email);
                check("name", &name, self.limits.field_bytes)?;
                check("email", &email, self.limits.field_bytes)?;
                check_email(&email)?;
                (chat, cmid, Command::RequestTicket { name, email })
            }
            ToBroker::ChatPatron { chat, cmid, name, contact, .. } => {
                print.add("patron").add_some(name.as_deref()).add_some(contact.as_deref());
                self.check_removable("name", name.as_deref())?;
                self.check_removable("contact", contact.as_deref())?;
                (chat, cmid, Command::SetPatron { by: self.author(), name, contact })
            }
            ToBroker::ChatReveal { chat, cmid, .. } => {
                print.add("reveal");
                (chat, cmid, Command::Reveal { by: self.operator()? })
            }
            ToBroker::ChatTag { chat, cmid, tags, .. } => {
                print.add("tag");
                if tags.len() > TAGS_MAX {
                    let message = format!("no more than {TAGS_MAX} tags");
                    return Err(Refusal::new(ErrorCode::BadText, message));
                }
                for tag in &tags {
                    print.add(tag);
                    check("a tag", tag, self.limits.field_bytes)?;
                }
                let tags = tags.into_iter().collect();
                (chat, cmid, Command::Tag { by: self.operator()?, tags })
            }
            ToBroker::ChatRate { chat, cmid, rating, comment, .. } => {
                print.add("rate").add(&rating.to_string()).add_some(comment.as_deref());
                if let Some(comment) = &comment {
                    check("comment", comment, self.limits.text_bytes)?;
                }
                let wrong = || Refusal::new(ErrorCode::BadRequest, "rating is 1 to 5, 5 the best");
                let rating = Rating::new(rating).ok_or_else(wrong)?;
                (chat, cmid, Command::Rate { rating, comment })
            }
            _ => return Err(Refusal::new(ErrorCode::BadRequest, "this is not a write")),
        };
        Ok(Want::write(chat, cmid, print.finish(), command))
    }

    /// What is empty is removed.
    fn check_removable(&self, field: &str, text: Option<&str>) -> Result<(), Refusal> {
        self.check_some(field, text.filter(|text| !text.is_empty()))
    }
}

/// Whether an answer could be sent there: one `@` between two parts (RFC 5321, 2.3.11), and no
/// space. Whether anybody reads it shows only when it is answered.
fn check_email(email: &str) -> Result<(), Refusal> {
    let parts = email.rsplit_once('@');
    let plain = !email.chars().any(char::is_whitespace) && !has_controls(email);
    if plain && parts.is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty()) {
        Ok(())
    } else {
        Err(Refusal::new(ErrorCode::BadText, "email is no address: write one such as me@host"))
    }
}
