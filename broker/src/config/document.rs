//! The table of settings as texts: a commented file, and a reference.

use std::fmt::Write as _;

use super::raw::RawConfig;

const INTRODUCTION: &str = "\
# Deskbell's configuration. Every setting stands here with its default, commented out: remove the
# `#` in front of what you change. A flag beats the environment, the environment beats this file.
# `deskbell config check` says what is wrong with it, and where.
";

/// A file with every setting, its explanation and its default, all commented out, except for `set`:
/// keys with their TOML, which stand as given.
pub fn commented(set: &[(&str, String)]) -> String {
    let mut text = INTRODUCTION.to_owned();
    for section in RawConfig::sections() {
        text.push('\n');
        for line in &section.doc {
            push_line(&mut text, &format!("# {line}"));
        }
        push_line(&mut text, &format!("[{}]", section.name));
        for setting in &section.settings {
            for line in &setting.doc {
                push_line(&mut text, &format!("# {line}"));
            }
            let name = setting.key.split_once('.').map_or(setting.key, |(_, name)| name);
            match set.iter().find(|(key, _)| *key == setting.key) {
                Some((_, value)) => push_line(&mut text, &format!("{name} = {value}")),
                None => push_line(&mut text, &format!("#{name} = {}", setting.default)),
            }
        }
    }
    text
}

/// A reference in Markdown: key, default, name in the environment, meaning.
pub fn reference() -> String {
    let mut text = String::new();
    for section in RawConfig::sections() {
        let about = section.doc.join(" ");
        push_line(&mut text, &format!("## `[{}]`\n\n{about}\n", section.name));
        push_line(&mut text, "| setting | default | environment | meaning |");
        push_line(&mut text, "|---|---|---|---|");
        for setting in &section.settings {
            let (key, environment) = (setting.key, setting.environment());
            let (default, doc) = (&setting.default, setting.doc.join(" "));
            push_line(&mut text, &format!("| `{key}` | `{default}` | `{environment}` | {doc} |"));
        }
        text.push('\n');
    }
    text
}

fn push_line(text: &mut String, line: &str) {
    writeln!(text, "{line}").expect("a String takes everything");
}
