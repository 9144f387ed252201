//! `deskbell explain` and `deskbell forecast`: why a widget is online or not, and which hours
//! nobody promised, as lines for people.

use axum::Json;
use axum::extract::{Path, Query, State};
use deskbell_domain::coverage;
use deskbell_domain::directory::Directory;
use deskbell_domain::routing::{Facts, Reason, Verdict};
use deskbell_protocol::ids::{CoopId, Target, WidgetId};
use jiff::{SignedDuration, Timestamp};

use super::wire::{At, Lines, Zone};
use super::{AdminState, Problem};
use crate::world::time_zone;

/// How far a forecast looks.
const FORECAST: SignedDuration = SignedDuration::from_hours(14 * 24);

/// `GET /explain/{widget}?at=`
pub(super) async fn explain(
    State(state): State<AdminState>,
    Path(widget): Path<String>,
    Query(At { at }): Query<At>,
) -> Result<Json<Lines>, Problem> {
    let directory = state.directory.snapshot();
    let id: Option<WidgetId> = widget.parse().ok();
    let found = id.as_ref().and_then(|id| directory.widgets.get(id));
    let found = found.ok_or_else(|| Problem::not_found(missing("widget", &widget)))?;
    let at = at.unwrap_or_else(|| state.clock.now());
    let online = |target: &Target| state.directory.online(target);
    let facts = Facts { directory: &directory, online: &online, zone: &time_zone };
    let plan = facts.plan(found, at);
    let mut lines = Vec::new();
    let mut rings = 0;
    for (option, verdict) in &plan.options {
        let name = directory.name_of(option).unwrap_or("unknown");
        let what = match verdict {
            Verdict::Online => {
                rings += 1;
                let after = found.roll_up_seconds * (rings - 1);
                if rings == 1 { "rings at once".into() } else { format!("rings after {after} s") }
            }
            Verdict::Offline(reason) => format!("does not ring: {}", why(*reason)),
        };
        lines.push(format!("{option} ({name}) {what}"));
    }
    lines.push(match (rings, state.directory.is_running()) {
        (0, true) => "offline: a patron is told so".into(),
        (0, false) => "offline; no broker runs, so nobody is there: hours alone are judged".into(),
        _ if plan.first_online().is_some_and(|first| state.directory.all_away(first)) => {
            "away: it rings, and a patron is told that everybody there is away".into()
        }
        _ => "online".into(),
    });
    Ok(Json(Lines { lines }))
}

fn why(reason: Reason) -> &'static str {
    match reason {
        Reason::Nobody => "nobody monitors it",
        Reason::NotMember => "the library is not a member",
        Reason::NotCovered => "outside the library's coverage hours",
        Reason::Unknown => "the directory no longer has it",
    }
}

/// `GET /forecast/{coop}?zone=`
pub(super) async fn forecast(
    State(state): State<AdminState>,
    Path(coop): Path<String>,
    Query(Zone { zone }): Query<Zone>,
) -> Result<Json<Lines>, Problem> {
    let directory = state.directory.snapshot();
    let id: Option<CoopId> = coop.parse().ok();
    let id = id.filter(|id| directory.coops.contains_key(id));
    let id = id.ok_or_else(|| Problem::not_found(missing("co-op", &coop)))?;
    let zone = zone.or_else(|| first_zone(&directory, &id)).unwrap_or_else(|| "UTC".into());
    let unknown = || {
        let advice = "write an IANA name such as America/New_York";
        Problem::refused(format!("{zone:?} is no known time zone: {advice}"))
    };
    let clock = time_zone(&zone).ok_or_else(unknown)?;
    let now = state.clock.now();
    let within: (Timestamp, Timestamp) = (now, now + FORECAST);
    let gaps = coverage::uncovered(&directory, &id, &time_zone, within);
    let hours = coverage::hours_of(&gaps, &clock, within);
    let mut lines: Vec<_> = hours
        .iter()
        .map(|hour| clock.to_datetime(*hour).strftime("%a %Y-%m-%d %H:%M").to_string())
        .collect();
    let count = lines.len();
    lines.push(format!("{count} hours of the next 14 days without a promise ({zone})"));
    Ok(Json(Lines { lines }))
}

fn first_zone(directory: &Directory, coop: &CoopId) -> Option<String> {
    let member = directory.coops.get(coop)?.members.keys().next()?;
    directory.institutions.get(member).map(|it| it.time_zone.clone())
}

fn missing(kind: &str, id: &str) -> String {
    format!("there is no {kind} {id}: `deskbell directory export` lists them")
}
