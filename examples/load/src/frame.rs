//! Frames that cost next to nothing: a prebuilt WebSocket frame whose numbers are patched in place,
//! and the few bytes of an arriving frame that the load tool looks at.
//!
//! The hot path never parses JSON. Each measured text ends with a *stamp*, `~` + side + twelve
//! digits (microseconds since the run began, or a ring's number), and `~` stands nowhere else in a
//! frame, so that finding it takes a glance at the frame's end.

use std::ops::Range;

use anyhow::{Result, bail};

const OPCODE_TEXT: u8 = 0x1;
const OPCODE_CLOSE: u8 = 0x8;
const OPCODE_PING: u8 = 0x9;
const OPCODE_PONG: u8 = 0xa;
const FINAL: u8 = 0x80;
const MASKED: u8 = 0x80;
const LENGTH_IN_TWO_BYTES: u8 = 126;
const LENGTH_IN_EIGHT_BYTES: u8 = 127;
const STAMP_DIGITS: usize = 12;

/// Who wrote a stamped text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// Who asks.
    Patron,
    /// Who answers.
    Operator,
}

impl Side {
    fn symbol(self) -> u8 {
        match self {
            Self::Patron => b'p',
            Self::Operator => b'o',
        }
    }
}

/// Appends `text` as a client's frame. The mask is zero: legal, and the server unmasks all the
/// same.
pub(crate) fn push_text(out: &mut Vec<u8>, text: &str) {
    push_frame(out, OPCODE_TEXT, text.as_bytes());
}

/// Appends the answer to a WebSocket ping.
pub(crate) fn push_pong(out: &mut Vec<u8>, payload: &[u8]) {
    push_frame(out, OPCODE_PONG, payload);
}

fn push_frame(out: &mut Vec<u8>, opcode: u8, payload: &[u8]) {
    out.push(FINAL | opcode);
    let length = u16::try_from(payload.len()).expect("this tool writes no frame over 64 KiB");
    match u8::try_from(length) {
        Ok(short) if short < LENGTH_IN_TWO_BYTES => out.push(MASKED | short),
        _ => {
            out.push(MASKED | LENGTH_IN_TWO_BYTES);
            out.extend_from_slice(&length.to_be_bytes());
        }
    }
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(payload);
}

/// What arrived.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Arrived {
    /// A text, at this place of the buffer.
    Text(Range<usize>),
    /// A WebSocket ping with this payload.
    Ping(Range<usize>),
    /// The server closes; its code and reason.
    Close(Range<usize>),
    /// Nothing to act on.
    Other,
}

/// The first whole frame of `buffer` and where the next begins; `None` until all of it is there.
pub(crate) fn next_frame(buffer: &[u8]) -> Result<Option<(Arrived, usize)>> {
    let [first, second, ..] = *buffer else { return Ok(None) };
    if first & FINAL == 0 || second & MASKED != 0 {
        bail!("the server sent a fragmented or masked frame, which this tool does not read");
    }
    let (header, length) = match second {
        LENGTH_IN_TWO_BYTES => {
            let Some(bytes) = buffer.get(2..4) else { return Ok(None) };
            (4, usize::from(u16::from_be_bytes([bytes[0], bytes[1]])))
        }
        LENGTH_IN_EIGHT_BYTES => {
            let Some(bytes) = buffer.get(2..10) else { return Ok(None) };
            let bytes: [u8; 8] = bytes.try_into().expect("the range has eight bytes");
            (10, usize::try_from(u64::from_be_bytes(bytes))?)
        }
        short => (2, usize::from(short)),
    };
    let end = header + length;
    if buffer.len() < end {
        return Ok(None);
    }
    let arrived = match first & 0x0f {
        OPCODE_TEXT => Arrived::Text(header..end),
        OPCODE_PING => Arrived::Ping(header..end),
        OPCODE_CLOSE => Arrived::Close(header..end),
        _ => Arrived::Other,
    };
    Ok(Some((arrived, end)))
}

/// The `type` of a frame, whose place in the object JSON leaves open.
pub(crate) fn kind(text: &[u8]) -> &[u8] {
    const TAG: &[u8] = b"\"type\":\"";
    let at = if text.get(1..=TAG.len()) == Some(TAG) {
        1
    } else {
        text.windows(TAG.len()).position(|window| window == TAG).unwrap_or(text.len())
    };
    let rest = text.get(at + TAG.len()..).unwrap_or_default();
    rest.split(|byte| *byte == b'"').next().unwrap_or_default()
}

/// The stamp of a text that `side` wrote; `None` if there is none, or another's.
pub(crate) fn stamp(text: &[u8], side: Side) -> Option<u64> {
    let at = text.iter().rposition(|byte| *byte == b'~')?;
    let digits = text.get(at + 2..at + 2 + STAMP_DIGITS)?;
    if text[at + 1] != side.symbol() {
        return None;
    }
    digits.iter().try_fold(0_u64, |number, digit| {
        digit.is_ascii_digit().then(|| number * 10 + u64::from(digit - b'0'))
    })
}

/// A stamp as it stands at the end of a text.
pub(crate) fn stamp_text(side: Side, value: u64) -> String {
    format!("~{}{value:0STAMP_DIGITS$}", char::from(side.symbol()))
}

/// A `chat.post` that is written once and sent many times: request id, `cmid` and stamp change.
pub(crate) struct Post {
    bytes: Vec<u8>,
    id: Range<usize>,
    cmid: Range<usize>,
    stamp: Range<usize>,
    sent: u64,
}

impl Post {
    /// Ten digits, so that the number keeps its width while it counts.
    const FIRST_ID: u64 = 1_000_000_000;

    /// A message of about 120 bytes of text.
    pub(crate) fn new(chat: &str, side: Side) -> Self {
        const WORDS: &str = "Our catalog lists the second edition on the upper floor, shelf 7. \
                             Shall I hold it for you until Friday? ";
        let cmid = cmid(0);
        let stamp = stamp_text(side, 0);
        let json = format!(
            r#"{{"type":"chat.post","id":{},"chat":"{chat}","cmid":"{cmid}","text":"{WORDS}{stamp}"}}"#,
            Self::FIRST_ID
        );
        let mut bytes = Vec::with_capacity(json.len() + 8);
        push_text(&mut bytes, &json);
        let place = |needle: &str, from: usize| {
            let head = bytes.len() - json.len();
            let at = head + json.find(needle).expect("the frame was just built of it") + from;
            at..head + json.find(needle).expect("as above") + needle.len()
        };
        let id = place(&Self::FIRST_ID.to_string(), 0);
        let cmid = place(&cmid, 24);
        let stamp = place(&stamp, 2);
        Self { id, cmid, stamp, bytes, sent: 0 }
    }

    /// The next message, ready to be written.
    pub(crate) fn next(&mut self, stamp: u64) -> &[u8] {
        self.sent += 1;
        write_number::<10>(&mut self.bytes[self.id.clone()], Self::FIRST_ID + self.sent);
        write_number::<16>(&mut self.bytes[self.cmid.clone()], self.sent);
        write_number::<10>(&mut self.bytes[self.stamp.clone()], stamp);
        &self.bytes
    }
}

/// A client message id: unique for its author within one chat is all that it has to be.
pub(crate) fn cmid(number: u64) -> String {
    format!("00000000-0000-4000-8000-{number:012x}")
}

fn write_number<const BASE: u64>(place: &mut [u8], mut number: u64) {
    const SYMBOLS: &[u8; 16] = b"0123456789abcdef";
    for symbol in place.iter_mut().rev() {
        let digit = usize::try_from(number % BASE).expect("a digit is below sixteen");
        *symbol = SYMBOLS[digit];
        number /= BASE;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unmasked(frame: &[u8]) -> &[u8] {
        let header = if frame[1] & 0x7f == 126 { 8 } else { 6 };
        &frame[header..]
    }

    #[test]
    fn each_post_is_a_valid_request_with_a_cmid_and_an_id_of_its_own() {
        let mut post = Post::new("0123456789abcdefghjkmnpqrs", Side::Patron);
        for number in 1..=300 {
            let frame: deskbell_protocol::ToBroker =
                serde_json::from_slice(unmasked(post.next(number * 1_000))).unwrap();
            let deskbell_protocol::ToBroker::ChatPost { id, cmid: sent, text, .. } = frame else {
                panic!("not a post: {frame:?}");
            };
            assert_eq!(u64::from(id), Post::FIRST_ID + number);
            assert_eq!(sent.to_string(), cmid(number));
            assert_eq!(stamp(text.as_bytes(), Side::Patron), Some(number * 1_000));
            assert_eq!(stamp(text.as_bytes(), Side::Operator), None);
            assert!((110..=130).contains(&text.len()), "{} bytes", text.len());
        }
    }

    #[test]
    fn a_frame_is_read_only_once_all_of_it_is_there() {
        for length in [0_usize, 5, 125, 126, 4_000] {
            let mut whole = vec![FINAL | OPCODE_TEXT];
            match u8::try_from(length) {
                Ok(short) if short < 126 => whole.push(short),
                _ => {
                    whole.push(126);
                    whole.extend(u16::try_from(length).unwrap().to_be_bytes());
                }
            }
            let head = whole.len();
            whole.resize(head + length, b'x');
            for cut in 0..whole.len() {
                assert_eq!(next_frame(&whole[..cut]).unwrap(), None);
            }
            let end = whole.len();
            whole.extend(b"next");
            assert_eq!(next_frame(&whole).unwrap(), Some((Arrived::Text(head..end), end)));
        }
    }

    #[test]
    fn the_kind_is_found_wherever_it_stands() {
        assert_eq!(kind(br#"{"type":"ok","re":7}"#), b"ok");
        assert_eq!(kind(br#"{"re":7,"type":"error"}"#), b"error");
        assert_eq!(kind(b"{}"), b"");
    }

    #[test]
    fn a_text_without_a_whole_stamp_has_none() {
        for text in ["", "~", "~p", "~p12345", "~p00000000000x", "no stamp at all"] {
            assert_eq!(stamp(text.as_bytes(), Side::Patron), None, "{text}");
        }
    }
}
