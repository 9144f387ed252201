//! Staffing facts at rest: `staffing.began`, `staffing.ceased`.
//!
//! Promises: `decode(encode(e)) == e`; every version ever written still decodes. They name staff at
//! work and no patron, so `blank` changes nothing.

use deskbell_domain::staffing::StaffingEvent;
use deskbell_protocol::ids::{Target, UserId};
use serde::{Deserialize, Serialize};

use super::{Kind, LogError, StoredEvent, Upcaster, newer, unreadable, upcast};

/// What is written today.
pub const KINDS: &[Kind] = &[("staffing.began", 1), ("staffing.ceased", 1)];

/// From each older version to the next.
const UPCASTERS: &[Upcaster] = &[];

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WhoAndWhere {
    who: UserId,
    at: Target,
}

/// As it is stored today.
pub fn encode(event: &StaffingEvent) -> StoredEvent {
    let (kind, (who, at)) = match event {
        StaffingEvent::Began { who, at } => ("staffing.began", (who, at)),
        StaffingEvent::Ceased { who, at } => ("staffing.ceased", (who, at)),
    };
    let body = serde_json::to_string(&WhoAndWhere { who: who.clone(), at: at.clone() });
    StoredEvent { kind, version: 1, body: body.expect("stored types have text keys") }
}

/// What was stored, whatever its version.
pub fn decode(event: &StoredEvent) -> Result<StaffingEvent, LogError> {
    let body = upcast(KINDS, UPCASTERS, event)?;
    let WhoAndWhere { who, at } =
        serde_json::from_str(&body).map_err(|error| unreadable(event, error))?;
    match event.kind {
        "staffing.began" => Ok(StaffingEvent::Began { who, at }),
        "staffing.ceased" => Ok(StaffingEvent::Ceased { who, at }),
        other => Err(newer(other, event.version)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_of_version_1_read_and_are_written_the_same_today() {
        let body = r#"{"who":"maya","at":"coop/tri-county"}"#;
        for (kind, version) in KINDS {
            let stored = StoredEvent { kind, version: *version, body: body.into() };
            assert_eq!(encode(&decode(&stored).unwrap()), stored);
            assert_eq!(super::super::blank(&stored).unwrap(), stored);
            assert_eq!(super::super::known(kind), Some(*kind));
        }
    }
}
