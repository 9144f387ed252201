//! Who is there: the doors that patrons ring at and the colleagues who answer, as the demo's
//! directory (`examples/demo/directory.toml`) names them.
//!
//! Not here: Maya, Ines and Lou. They are left for whoever watches.

use crate::chance::Chance;

/// A library's widget.
#[derive(Debug, PartialEq, Eq)]
pub struct Door {
    /// The widget's id.
    pub widget: &'static str,
    /// What the library is called.
    pub library: &'static str,
    /// Whose own patrons ring here; without one, either colleague answers them for the co-op.
    pub own: Option<&'static Colleague>,
}

/// A simulated operator.
#[derive(Debug, PartialEq, Eq)]
pub struct Colleague {
    /// The login name.
    pub user: &'static str,
    /// What patrons see.
    pub name: &'static str,
    /// What is monitored: the own department and the co-op.
    pub monitors: [&'static str; 2],
}

/// The co-op that all of them are in.
pub const COOP: &str = "coop/tri-county";

/// Of Elm.
static THEO: Colleague =
    Colleague { user: "theo", name: "Theo", monitors: ["department/elm-information", COOP] };
/// Of Cedar.
static NADIA: Colleague =
    Colleague { user: "nadia", name: "Nadia", monitors: ["department/cedar-research", COOP] };
/// Both.
pub static COLLEAGUES: [&Colleague; 2] = [&THEO, &NADIA];

static BIRCH: Door = Door { widget: "birch-home", library: "Birch Public Library", own: None };
static CEDAR: Door =
    Door { widget: "cedar-home", library: "Cedar College Library", own: Some(&NADIA) };
static ELM: Door = Door { widget: "elm-home", library: "Elm Public Library", own: Some(&THEO) };

/// The share of chats that a library's own staff answered in a co-op of its size (64 in 100 in
/// Minnesota): here, those of the two doors with a colleague of their own.
const OWN: f64 = 0.64;

/// Where the next patron rings, and who answers.
pub(crate) fn ring(chance: &mut Chance, card: f64) -> (&'static Door, &'static Colleague) {
    if card < OWN {
        let door = if card < OWN / 2.0 { &CEDAR } else { &ELM };
        if let Some(own) = door.own {
            return (door, own);
        }
    }
    let either = *chance.pick(&COLLEAGUES);
    (&BIRCH, either)
}

impl Colleague {
    /// The other one.
    pub(crate) fn other(&self) -> &'static Colleague {
        if self.user == THEO.user { &NADIA } else { &THEO }
    }
}
