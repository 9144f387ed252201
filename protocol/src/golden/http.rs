//! The HTTP bodies that get a client its token.

use serde_json::Value;

use super::{Golden, at, chat, golden, id, session};
use crate::codes::ErrorCode;
use crate::desk::Availability;
use crate::http::{
    AskFor, Available, Granted, HttpError, PatronSession, SetPassword, SignIn, WidgetAsk,
    WidgetInfo, WidgetQuestion, WidgetTexts,
};

pub(super) fn bodies() -> Vec<Golden> {
    let secret = "q3v9…".to_owned();
    let granted = |token: &str, secret| Granted {
        token: token.into(),
        session: session(),
        expires: at("59:00"),
        secret,
    };
    let refused = HttpError {
        code: ErrorCode::Unauthorized,
        message: "this name and password do not match; check both, or ask for a new link".into(),
    };
    vec![
        golden("http.sign_in", &SignIn { user: id("maya"), password: "…".into() }),
        golden("http.password", &SetPassword { secret: secret.clone(), password: "…".into() }),
        golden("http.patron_session.new", &PatronSession::New { widget: id("birch-home") }),
        golden(
            "http.patron_session.return",
            &PatronSession::Return { chat: chat(), secret: secret.clone() },
        ),
        golden("http.granted.operator", &granted("dskb1.eyJ…", None)),
        golden("http.granted.patron", &granted("dskb1.eyP…", Some(secret))),
        golden("http.widget", &widget()),
        golden("http.error", &refused),
    ]
}

pub(super) fn read_back(name: &str, text: &str) -> Result<Value, serde_json::Error> {
    match name {
        "http.sign_in" => serde_json::to_value(serde_json::from_str::<SignIn>(text)?),
        "http.password" => serde_json::to_value(serde_json::from_str::<SetPassword>(text)?),
        "http.widget" => serde_json::to_value(serde_json::from_str::<WidgetInfo>(text)?),
        "http.error" => serde_json::to_value(serde_json::from_str::<HttpError>(text)?),
        _ if name.starts_with("http.patron_session.") => {
            serde_json::to_value(serde_json::from_str::<PatronSession>(text)?)
        }
        _ => serde_json::to_value(serde_json::from_str::<Granted>(text)?),
    }
}

fn widget() -> WidgetInfo {
    WidgetInfo {
        widget: id("birch-home"),
        name: "Ask Birch".into(),
        library: "Birch Public Library".into(),
        now: Available {
            availability: Availability::Away,
            text: Some("We are all at the desk: leave a question.".into()),
        },
        texts: WidgetTexts {
            greeting: Some("Ask us anything.".into()),
            coop: Some("A librarian of another library is answering.".into()),
            privacy: Some("Librarians of other libraries may answer.".into()),
        },
        ask: WidgetAsk {
            name: AskFor::Optional,
            contact: AskFor::Off,
            questions: vec![WidgetQuestion { text: "Card number?".into(), required: false }],
        },
        rating: true,
    }
}
