//! JSON written straight into its bytes, for what every message costs: no intermediate value, no
//! look at what needs no escaping. Everything else leaves through serde.
//!
//! Not here: what is written (`edge/to_wire`, `log/record`). Escaping is serde's.

use std::fmt::Write as _;

/// A JSON text being written.
#[derive(Debug)]
pub struct Json(String);

impl Json {
    /// An empty one, with room for `bytes`.
    pub fn with_capacity(bytes: usize) -> Self {
        Self(String::with_capacity(bytes))
    }

    /// Writes what is JSON already.
    pub fn raw(&mut self, json: &str) -> &mut Self {
        self.0.push_str(json);
        self
    }

    /// Writes any text, with its quotes.
    pub fn text(&mut self, text: &str) -> &mut Self {
        // Few texts hold a byte that JSON escapes, and to look for one takes many bytes at a time.
        let escaped = |byte: u8| byte < b' ' || byte == b'"' || byte == b'\\';
        if text.bytes().fold(false, |found, byte| found | escaped(byte)) {
            self.raw(&serde_json::to_string(text).expect("any text is JSON"))
        } else {
            self.raw("\"").raw(text).raw("\"")
        }
    }

    /// Writes a number.
    pub fn number(&mut self, number: u64) -> &mut Self {
        write!(self.0, "{number}").expect("a string takes any number");
        self
    }

    /// Writes a time as RFC 3339, with its quotes.
    pub fn time(&mut self, at: jiff::Timestamp) -> &mut Self {
        const PRINTER: jiff::fmt::temporal::DateTimePrinter =
            jiff::fmt::temporal::DateTimePrinter::new();
        self.raw("\"");
        PRINTER.print_timestamp(&at, &mut self.0).expect("a string takes any time");
        self.raw("\"")
    }

    /// What was written.
    pub fn finish(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn what_is_written_is_what_serde_writes(
            text in ".*",
            number: u64,
            ms in 0..4_000_000_000_000_i64,
        ) {
            let at = jiff::Timestamp::from_millisecond(ms).unwrap();
            let mut json = Json::with_capacity(0);
            json.raw("[").text(&text).raw(",").number(number).raw(",").time(at).raw("]");
            let serde = serde_json::to_string(&(text, number, at)).unwrap();
            proptest::prop_assert_eq!(json.finish(), serde);
        }
    }
}
