//! The TypeScript declarations of every type on the wire, in one module, in the order of names.

use std::collections::BTreeMap;
use std::fmt::Write;

use ts_rs::{Config, TS, TypeVisitor};

use crate::codes::{CloseCode, ErrorCode};
use crate::http::{Granted, HttpError, PatronSession, SetPassword, SignIn, WidgetInfo};
use crate::{SUBPROTOCOL, ToBroker, ToClient, WEBSOCKET_PATH};

const HEADER: &str = "\
// Generated from the Rust types of `protocol/` by `make codegen`; do not edit.
// `?` marks what may be left out; whoever reads ignores types, codes and fields it does not know.
";

pub(super) fn module() -> String {
    let mut types =
        Types { config: Config::new().with_large_int("number"), found: BTreeMap::new() };
    types.visit::<ToBroker>();
    types.visit::<ToClient>();
    types.visit::<CloseCode>();
    types.visit::<SignIn>();
    types.visit::<SetPassword>();
    types.visit::<PatronSession>();
    types.visit::<Granted>();
    types.visit::<WidgetInfo>();
    types.visit::<HttpError>();

    let mut text = HEADER.to_owned();
    let constants = [("SUBPROTOCOL", SUBPROTOCOL), ("WEBSOCKET_PATH", WEBSOCKET_PATH)];
    for (name, value) in constants {
        write!(text, "\nexport const {name} = \"{value}\";\n").expect("a String takes all text");
    }
    text.push_str(&codes());
    for declaration in types.found.values() {
        text.push('\n');
        text.push_str(declaration);
        text.push('\n');
    }
    // Declarations carry spaces at the ends of lines where a comment begins.
    let lines: Vec<_> = text.lines().map(str::trim_end).collect();
    lines.join("\n") + "\n"
}

/// What a client looks up at run time: which refusals are temporary.
fn codes() -> String {
    let mut text = String::from(
        "\n/** Whether the same request may succeed later, by its error code. */\n\
         export const TEMPORARY: Readonly<Record<ErrorCode, boolean>> = {\n",
    );
    for code in ErrorCode::ALL {
        let line = writeln!(text, "  {}: {},", code.as_str(), code.temporary());
        line.expect("a String takes all text");
    }
    text + "};\n"
}

struct Types {
    config: Config,
    found: BTreeMap<String, String>,
}

impl TypeVisitor for Types {
    fn visit<T: TS + 'static + ?Sized>(&mut self) {
        if T::output_path().is_some() {
            let name = T::ident(&self.config);
            if self.found.contains_key(&name) {
                return;
            }
            let docs = T::docs().unwrap_or_default();
            let declaration = format!("{docs}export {}", T::decl(&self.config));
            self.found.insert(name, declaration);
        }
        T::visit_dependencies(self);
        T::visit_generics(self);
    }
}
