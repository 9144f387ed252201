//! Who may ban and who may lift, as sentences.

use deskbell_protocol::ids::ChatId;

use super::*;
use crate::access::tests::directory;
use crate::chat::ChatEvent;
use crate::directory::decide::decide_all;
use crate::spec::{claimed, given, rang, second, user};

const CHAT: ChatId = ChatId(7);

fn sentence(by: &str, hours: u32) -> Sentence {
    Sentence { by: user(by), chat: CHAT, hours, reason: Some("rude".into()) }
}

fn speaks(by: &str, history: &[ChatEvent]) -> Result<Vec<Command>, Denied> {
    ban(sentence(by, 24), second(0), &directory(), &given(history.to_vec()).state)
}

/// The directory after Ines of another library banned the patron for a day.
fn banned() -> Directory {
    let mut known = directory();
    let commands = speaks("ines", &[rang(), claimed("ines")]).unwrap();
    known.evolve_all(&decide_all(&directory(), commands).unwrap());
    known
}

#[test]
fn whoever_is_in_the_chat_bans_its_patron_from_the_patrons_own_library() {
    let known = banned();
    let (birch, elm) = ("birch".parse().unwrap(), "elm".parse().unwrap());
    let found = known.ban_of(&[1; 32], &birch, second(0)).unwrap();
    assert_eq!((found.by.clone(), found.chat), (user("ines"), CHAT));
    assert_eq!(known.ban_of(&[1; 32], &elm, second(0)), None);
    assert_eq!(known.ban_of(&[9; 32], &birch, second(0)), None);
}

#[test]
fn a_ban_ends_with_its_term() {
    let known = banned();
    let home = "birch".parse().unwrap();
    assert!(known.ban_of(&[1; 32], &home, second(24 * 3600 - 1)).is_some());
    assert_eq!(known.ban_of(&[1; 32], &home, second(24 * 3600)), None);
}

#[test]
fn who_is_not_in_the_chat_bans_nobody_unless_she_administers_the_patrons_library() {
    let chat = [rang(), claimed("ines")];
    assert_eq!(speaks("maya", &chat), Err(Denied::NotFound));
    assert_eq!(speaks("ines", &[]), Err(Denied::NotFound));
    assert_eq!(speaks("rea", &[rang(), claimed("rea")]), Err(Denied::WrongRole));
    assert!(speaks("ada", &chat).is_ok());
}

#[test]
fn only_administrators_of_that_library_change_a_ban_that_stands() {
    let chat = given(vec![rang(), claimed("ines")]).state;
    let again = |by, now| ban(sentence(by, 48), now, &banned(), &chat).unwrap();
    assert_eq!(again("ines", second(1)), []);
    let [Command::BanPatron(_, changed)] = &again("ada", second(1))[..] else { panic!() };
    assert_eq!((changed.until, changed.by.clone()), (second(1 + 48 * 3600), user("ada")));
    // Once it has ended, it may be spoken anew.
    assert_eq!(again("ines", second(24 * 3600)).len(), 1);
}

#[test]
fn only_administrators_of_that_library_lift_a_ban_or_see_which_stand() {
    let known = banned();
    let by = |id: &str| lift(&user(id), CHAT, second(1), &known);
    assert_eq!(by("ada"), Ok(Some(Command::LiftBan([1; 32]))));
    assert_eq!((by("maya"), by("ines")), (Err(NotAdmin), Err(NotAdmin)));
    assert_eq!(lift(&user("ada"), ChatId(8), second(1), &known), Ok(None));
    let seen = |id: &str, at| bans_of(&user(id), second(at), &known).map(|it| it.len());
    assert_eq!((seen("ada", 1), seen("ada", 24 * 3600)), (Ok(1), Ok(0)));
    // Ines administers another library, Maya none.
    assert_eq!((seen("ines", 1), seen("maya", 1)), (Ok(0), Err(NotAdmin)));
}

#[test]
fn a_new_ban_takes_out_those_that_have_ended() {
    let chat = given(vec![rang(), claimed("ines")]).state;
    let mut known = banned();
    let old = known.bans.remove(&[1; 32]).unwrap();
    known.bans.insert([5; 32], old);
    let commands = ban(sentence("ines", 1), second(24 * 3600), &known, &chat).unwrap();
    let sessions: Vec<_> = commands.iter().map(|it| matches!(it, Command::LiftBan(_))).collect();
    assert_eq!(sessions, [true, false]);
}
