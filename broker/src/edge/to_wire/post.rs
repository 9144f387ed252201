//! The two frames that every message costs, its event and its author's `ok`, written straight into
//! their bytes: no intermediate value, and nothing escaped that needs no escaping.
//!
//! Promise: byte for byte what `protocol`'s own types give; a test compares the two. Every other
//! frame goes through those types.

use deskbell_domain::audience::Audience;
use deskbell_domain::directory::Directory;
use deskbell_domain::person::Author;
use deskbell_protocol::event::Person;
use deskbell_protocol::ids::{ChatId, Eid};

use crate::actors::say::{Committed, Frame};
use crate::json::Json;

/// What a frame holds besides the text, generously.
const FRAME_BYTES: usize = 384;

/// A `chat.event` with a message.
pub(super) fn posted(
    audience: Audience,
    chat: ChatId,
    event: &Committed,
    (by, text, lang): (&Author, &str, Option<&str>),
    directory: &Directory,
) -> Frame {
    let mut json = Json::with_capacity(FRAME_BYTES + text.len());
    json.raw(r#"{"type":"chat.event","chat":""#);
    chat.with_text(|id| json.raw(id));
    json.raw(r#"","seq":"#).number(event.seq).raw(r#","eid":""#);
    event.eid.with_text(|id| json.raw(id));
    json.raw(r#"","at":"#).time(event.at).raw(r#","event":{"type":"posted","by":"#);
    person(&mut json, &super::person(audience, by, directory));
    json.raw(r#","text":"#).text(text);
    if let Some(lang) = lang {
        json.raw(r#","lang":"#).text(lang);
    }
    json.raw("}}");
    json.finish().into()
}

fn person(json: &mut Json, person: &Person) {
    match person {
        Person::Patron { name } => {
            json.raw(r#"{"kind":"patron""#);
            if let Some(name) = name {
                json.raw(r#","name":"#).text(name);
            }
        }
        Person::Operator { id, name, library } => {
            json.raw(r#"{"kind":"operator""#);
            if let Some(id) = id {
                json.raw(r#","id":"#).text(id.as_str());
            }
            json.raw(r#","name":"#).text(name);
            if let Some(library) = library {
                json.raw(r#","library":"#).text(library.as_str());
            }
        }
        Person::System => {
            json.raw(r#"{"kind":"system""#);
        }
    }
    json.raw("}");
}

/// The `ok` of a write.
pub(super) fn done(re: u32, chat: ChatId, seq: u64, eid: Eid) -> Frame {
    let mut json = Json::with_capacity(FRAME_BYTES / 2);
    json.raw(r#"{"type":"ok","re":"#).number(re.into()).raw(r#","chat":""#);
    chat.with_text(|id| json.raw(id));
    json.raw(r#"","seq":"#).number(seq).raw(r#","eid":""#);
    eid.with_text(|id| json.raw(id));
    json.raw(r#""}"#);
    json.finish().into()
}

#[cfg(test)]
mod tests {
    use deskbell_domain::chat::ChatEvent;
    use deskbell_domain::directory::{Institution, User};
    use jiff::Timestamp;

    use super::*;
    use crate::actors::say::Say;
    use crate::edge::to_wire::{frame, to_client};

    fn directory() -> Directory {
        let mut directory = Directory::default();
        let birch = Institution::new("Birch", "Europe/Berlin");
        let maya = User::new("birch".parse().unwrap(), "Maya \"May\" Ødegård");
        directory.institutions.insert("birch".parse().unwrap(), birch);
        directory.users.insert("maya".parse().unwrap(), maya);
        directory
    }

    #[test]
    fn a_message_and_its_ok_are_byte_for_byte_what_the_protocol_gives() {
        let (directory, chat) = (directory(), ChatId(u128::MAX / 3));
        let authors = [
            Author::Patron,
            Author::Operator("maya".parse().unwrap()),
            Author::Operator("long-gone".parse().unwrap()),
            Author::System,
        ];
        for (by, at_ms) in authors.iter().zip([0, 1_772_446_504_000, 1_772_446_504_120, 9]) {
            for audience in Audience::ALL {
                for (text, lang) in [("Hi", None), ("a \"b\"\n\t\u{1}é😀\u{202e}", Some("ar"))] {
                    let event = Committed {
                        seq: 4_700,
                        eid: Eid(u64::MAX / 5),
                        at: Timestamp::from_millisecond(at_ms).unwrap(),
                        event: ChatEvent::Posted {
                            by: by.clone(),
                            text: text.into(),
                            lang: lang.map(ToOwned::to_owned),
                        },
                    };
                    let short = posted(audience, chat, &event, (by, text, lang), &directory);
                    let hidden = audience == Audience::Previewer && *by != Author::Patron;
                    if !hidden {
                        let say = Say::Event { audience, chat, event: &event };
                        assert_eq!(short, frame(&to_client(&say, &directory)));
                    }
                }
            }
        }
        let say = Say::Done { re: 7, at: Some((chat, 12, Eid(9))) };
        assert_eq!(done(7, chat, 12, Eid(9)), frame(&to_client(&say, &directory)));
    }
}
