//! The frame that every message costs, `chat.post`, read without the intermediate values that
//! telling one type from another takes. Only a shortcut: whatever it does not read, and whatever
//! is wrong, `protocol`'s own type reads or refuses.

use std::borrow::Cow;

use deskbell_protocol::ToBroker;
use deskbell_protocol::ids::{ChatId, Cmid};
use serde::Deserialize;

/// How far into a frame its type stands, as every client writes it.
const TYPE_WITHIN: usize = 48;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Post<'a> {
    #[serde(rename = "type")]
    _type: Kind,
    id: u32,
    chat: ChatId,
    cmid: Cmid,
    #[serde(borrow)]
    text: Cow<'a, str>,
    #[serde(default)]
    lang: Option<String>,
}

#[derive(Deserialize)]
enum Kind {
    #[serde(rename = "chat.post")]
    Post,
}

/// The post in `frame`, if it is one.
pub(super) fn read(frame: &str) -> Option<ToBroker> {
    let head = &frame.as_bytes()[..frame.len().min(TYPE_WITHIN)];
    if !head.windows(11).any(|part| part == b"\"chat.post\"") {
        return None;
    }
    let Post { _type: Kind::Post, id, chat, cmid, text, lang } =
        serde_json::from_str(frame).ok()?;
    Some(ToBroker::ChatPost { id, chat, cmid, text: text.into_owned(), lang })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHAT: &str = "01jnb0cag0fgysygbbw84df98k";
    const CMID: &str = "5f0e3b1c-90a4-4a0e-9c53-0f6f1f4b6f10";

    fn both(frame: &str) -> (Option<ToBroker>, Result<ToBroker, serde_json::Error>) {
        (read(frame), serde_json::from_str(frame))
    }

    #[test]
    fn a_post_is_read_as_the_protocol_reads_it() {
        for rest in [
            r#""text":"Hello""#,
            r#""text":"\"Zoë\"\n\u00e9 😀","lang":"fr""#,
            r#""lang":null,"text":"x""#,
        ] {
            let frame =
                format!(r#"{{"id":7,"type":"chat.post","chat":"{CHAT}","cmid":"{CMID}",{rest}}}"#);
            let (short, whole) = both(&frame);
            assert_eq!(short, whole.ok(), "{frame}");
            assert!(short.is_some(), "{frame}");
        }
    }

    #[test]
    fn whatever_is_wrong_is_left_to_the_protocol() {
        let post = |rest: &str| format!(r#"{{"id":7,"type":"chat.post",{rest}}}"#);
        for frame in [
            post(&format!(r#""chat":"{CHAT}","cmid":"{CMID}","text":"x","txet":"y""#)),
            post(&format!(r#""chat":"{CHAT}","text":"x""#)),
            post(&format!(r#""chat":"nowhere","cmid":"{CMID}","text":"x""#)),
            format!(r#"{{"id":7,"type":"chat.note","chat":"{CHAT}","cmid":"{CMID}","text":"x"}}"#),
            r#"{"id":7,"type":"sync","about":"chat.post"}"#.to_owned(),
        ] {
            assert_eq!(read(&frame), None, "{frame}");
        }
    }
}
