//! What other languages read, generated from the Rust types: JSON Schema, TypeScript, golden
//! frames, and the frames shown in `docs/protocol.md`.
//!
//! Promises the same bytes on every machine and in every build. Not here: writing or comparing
//! files (`bin/codegen.rs`).

mod markers;
mod schema;
mod typescript;

use std::collections::BTreeSet;

use schemars::JsonSchema;

pub use markers::fill;

/// A file that must hold exactly this text.
#[derive(Debug, Clone, PartialEq)]
pub struct Generated {
    /// From the workspace's root.
    pub path: String,
    /// What it holds.
    pub text: String,
}

/// Where the golden frames stand; no other `.json` file may stand there.
pub const GOLDEN_FOLDER: &str = "protocol/golden";

/// The document whose frames are kept in step with the golden ones.
pub const DOCUMENT: &str = "docs/protocol.md";

/// Every generated file except the document, which is also written by hand.
pub fn files() -> Vec<Generated> {
    let mut files = vec![
        Generated {
            path: "protocol/schema/deskbell.v1.schema.json".into(),
            text: schema::document(),
        },
        Generated {
            path: "client-sdk/typescript/src/protocol.gen.ts".into(),
            text: typescript::module(),
        },
    ];
    files.extend(crate::golden::all().into_iter().map(|golden| Generated {
        path: format!("{GOLDEN_FOLDER}/{}.json", golden.name),
        text: golden.text,
    }));
    files
}

/// The values of `type` that a tagged enum knows, as its schema tells them.
pub fn tags<T: JsonSchema>() -> BTreeSet<String> {
    let schema = schemars::schema_for!(T);
    let variants = schema.get("oneOf").and_then(|list| list.as_array());
    let variants = variants.expect("a tagged enum is a choice");
    variants
        .iter()
        .filter_map(|variant| variant["properties"]["type"]["const"].as_str())
        .map(str::to_owned)
        .collect()
}
