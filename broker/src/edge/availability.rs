//! The button on a library's page: what a widget says and asks, and whether somebody would answer,
//! once (`GET /v1/widgets/{widget}`) and as it changes (`…/availability`, server-sent events,
//! WHATWG HTML 9.2).

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, header};
use axum::response::IntoResponse;
use axum::response::sse::{Event, KeepAlive, Sse};
use deskbell_domain::directory::entry::Field;
use deskbell_domain::directory::{Directory, Widget};
use deskbell_protocol::codes::ErrorCode;
use deskbell_protocol::http::{
    AskFor, Available, WidgetAsk, WidgetInfo, WidgetQuestion, WidgetTexts,
};
use deskbell_protocol::ids::{Target, WidgetId};
use futures_util::stream;
use tokio::sync::{OwnedSemaphorePermit, watch};

use super::http::origin;
use super::{Edge, Refusal, admission, to_wire};
use crate::actors::node::Found;

/// Pages that may follow availability at once.
pub(super) const WATCHERS_MAX: usize = 10_000;
/// How often a stream says that it lives, also so that a page that is gone is noticed.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// `GET /v1/widgets/{widget}`
pub(super) async fn widget(
    State(edge): State<Arc<Edge>>,
    Path(widget): Path<String>,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Refusal> {
    let widget = known(&edge, &widget, &headers)?;
    let directory = edge.node.directory.load();
    let it = find(&directory, &widget)?;
    let library = directory.institutions.get(&it.institution);
    let questions = it.ask.questions.iter().map(|question| WidgetQuestion {
        text: question.text.clone(),
        required: question.required,
    });
    let info = WidgetInfo {
        now: available(&edge, &directory, it),
        name: it.name.clone(),
        library: library.map_or_else(|| it.institution.to_string(), |it| it.name.clone()),
        texts: WidgetTexts {
            greeting: it.texts.greeting.clone(),
            coop: it.texts.coop.clone(),
            privacy: it.texts.privacy.clone(),
        },
        ask: WidgetAsk {
            name: ask_for(it.ask.name),
            contact: ask_for(it.ask.contact),
            questions: questions.collect(),
        },
        rating: it.rating,
        widget,
    };
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(info)))
}

/// `GET /v1/widgets/{widget}/availability`: what it is now, and each change.
pub(super) async fn changes(
    State(edge): State<Arc<Edge>>,
    Path(widget): Path<String>,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Refusal> {
    let widget = known(&edge, &widget, &headers)?;
    let Ok(permit) = edge.watchers.clone().try_acquire_owned() else {
        let message = "too many pages follow availability here: ask again in a moment";
        return Err(Refusal::new(ErrorCode::Busy, message));
    };
    let changes = edge.node.availability_changes.subscribe();
    let follower = Follower { edge, widget, changes, told: None, _permit: permit };
    let events = stream::unfold(follower, Follower::next);
    let sse = Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE));
    Ok(([(header::CACHE_CONTROL, "no-store")], sse))
}

/// One page that follows a widget.
struct Follower {
    edge: Arc<Edge>,
    widget: WidgetId,
    changes: watch::Receiver<u64>,
    told: Option<Available>,
    _permit: OwnedSemaphorePermit,
}

impl Follower {
    /// The next thing to tell; the stream ends when the widget is gone or the broker goes down.
    async fn next(mut self) -> Option<(Result<Event, Infallible>, Self)> {
        loop {
            if self.edge.draining.is_cancelled() {
                return None;
            }
            // Marked as seen before looking: what changes meanwhile is looked at again.
            self.changes.borrow_and_update();
            let now = {
                let directory = self.edge.node.directory.load();
                available(&self.edge, &directory, directory.widgets.get(&self.widget)?)
            };
            if self.told.as_ref() != Some(&now) {
                let text = serde_json::to_string(&now).expect("texts and words are JSON");
                self.told = Some(now);
                return Some((Ok(Event::default().event("availability").data(text)), self));
            }
            self.changes.changed().await.ok()?;
        }
    }
}

/// Anybody may ask whether a library answers; a page only if the widget is its own.
fn known(edge: &Edge, widget: &str, headers: &HeaderMap) -> Result<WidgetId, Refusal> {
    let no_such = || Refusal::new(ErrorCode::NotFound, format!("there is no widget {widget:.80}"));
    let id: WidgetId = widget.parse().map_err(|_| no_such())?;
    if origin(headers).is_some() {
        admission::check_widget_origin(edge, &id, origin(headers))?;
    }
    find(&edge.node.directory.load(), &id)?;
    Ok(id)
}

fn find<'a>(directory: &'a Directory, widget: &WidgetId) -> Result<&'a Widget, Refusal> {
    let no_such = || Refusal::new(ErrorCode::NotFound, format!("there is no widget {widget}"));
    directory.widgets.get(widget).ok_or_else(no_such)
}

fn available(edge: &Edge, directory: &Directory, widget: &Widget) -> Available {
    let found = edge.node.availability(directory, widget, edge.node.clock.now());
    let text = match &found {
        Found::Online(_) => None,
        Found::Away(Target::Department(first)) => {
            let department = directory.departments.get(first);
            department.and_then(|it| it.away_text.clone()).or_else(|| widget.texts.away.clone())
        }
        Found::Away(_) => widget.texts.away.clone(),
        Found::Offline => widget.texts.offline.clone(),
    };
    Available { availability: to_wire::availability(&found), text }
}

fn ask_for(field: Field) -> AskFor {
    match field {
        Field::Off => AskFor::Off,
        Field::Optional => AskFor::Optional,
        Field::Required => AskFor::Required,
    }
}
