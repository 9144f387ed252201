//! Golden frames are complete, read back as they are, and stand on disk as they are built here.

use std::collections::BTreeSet;
use std::path::Path;

use super::*;

#[test]
fn every_golden_frame_reads_back_as_it_was() {
    for golden in all() {
        let read = read_back(&golden).unwrap_or_else(|error| panic!("{}: {error}", golden.name));
        assert_eq!(read, value(&golden), "{}", golden.name);
    }
}

#[test]
fn names_are_unique() {
    let names: Vec<_> = all().into_iter().map(|golden| golden.name).collect();
    let unique: BTreeSet<_> = names.iter().collect();
    assert_eq!(unique.len(), names.len());
}

#[test]
fn the_files_are_these_frames() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden");
    for golden in all() {
        let path = folder.join(format!("{}.json", golden.name));
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(text, golden.text, "{} is stale: run `make codegen`", path.display());
    }
}

#[cfg(feature = "schema")]
mod complete {
    use super::*;
    use crate::generated::tags;

    fn golden_tags(prefix: &str, field: &[&str]) -> BTreeSet<String> {
        all()
            .iter()
            .filter(|golden| golden.name.starts_with(prefix))
            .map(|golden| field.iter().fold(value(golden), |value, key| value[key].clone()))
            .map(|tag| tag.as_str().expect("a frame is tagged by a text").to_owned())
            .collect()
    }

    #[test]
    fn every_request_has_a_frame() {
        assert_eq!(golden_tags("to_broker.", &["type"]), tags::<ToBroker>());
    }

    #[test]
    fn every_reply_and_push_has_a_frame() {
        assert_eq!(golden_tags("to_client.", &["type"]), tags::<ToClient>());
    }

    #[test]
    fn every_event_has_a_frame() {
        assert_eq!(golden_tags("event.", &["event", "type"]), tags::<ChatEvent>());
    }
}
