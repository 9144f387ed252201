//! The JSON Schema of every frame and HTTP body, in one document (draft 2020-12).

use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use crate::http::{Available, Granted, HttpError, PatronSession, SetPassword, SignIn, WidgetInfo};
use crate::{SUBPROTOCOL, ToBroker, ToClient};

pub(super) fn document() -> String {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    let roots = json!({
        "to_broker": generator.subschema_for::<ToBroker>(),
        "to_client": generator.subschema_for::<ToClient>(),
        "http_sign_in": generator.subschema_for::<SignIn>(),
        "http_set_password": generator.subschema_for::<SetPassword>(),
        "http_patron_session": generator.subschema_for::<PatronSession>(),
        "http_granted": generator.subschema_for::<Granted>(),
        "http_widget": generator.subschema_for::<WidgetInfo>(),
        "http_availability": generator.subschema_for::<Available>(),
        "http_error": generator.subschema_for::<HttpError>(),
    });
    let definitions = definitions(&mut generator);
    let document = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$comment": "Generated from the Rust types by `make codegen`; do not edit.",
        "title": SUBPROTOCOL,
        "description": "A frame or an HTTP body of the Deskbell protocol. `properties` names the \
                        entry points; validate a frame against one of them.",
        "properties": roots,
        "$defs": definitions,
    });
    let text = serde_json::to_string_pretty(&sorted(document)).expect("a schema is JSON");
    text + "\n"
}

fn definitions(generator: &mut SchemaGenerator) -> Map<String, Value> {
    generator.take_definitions(true)
}

/// The same value with keys in order, whatever map the build was given.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.into_iter().collect();
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            entries.into_iter().map(|(key, value)| (key, sorted(value))).collect()
        }
        Value::Array(values) => values.into_iter().map(sorted).collect(),
        other => other,
    }
}
