//! Places in the queues, against a count by hand of each; and deadlines that come again.

use deskbell_domain::chat::state::{Attendance, Preview};

use super::*;

fn second(n: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + n).unwrap()
}

fn waiting(number: u128, since: i64, tiers: &[&str]) -> Summary {
    Summary {
        chat: ChatId(number),
        changed_at_seq: 1,
        home: "birch".parse().unwrap(),
        widget: "home".parse().unwrap(),
        since: second(since),
        tiers: tiers.iter().map(|tier| tier.parse().unwrap()).collect(),
        owner: None,
        participants: vec![],
        session: [1; 32],
        patron: Attendance::Here,
        transfer: None,
        deadline: None,
        preview: Preview::default(),
    }
}

fn desk(chats: impl IntoIterator<Item = Summary>) -> DeskView {
    let mut desk = DeskView::default();
    for summary in chats {
        desk.put(summary.chat, summary.changed_at_seq, Some(Arc::new(summary)));
    }
    desk
}

fn places(desk: &DeskView) -> Vec<(ChatId, (u32, Timestamp))> {
    desk.places().into_iter().flat_map(|(_, places)| places).collect()
}

#[test]
fn a_place_counts_each_chat_before_it_once_in_whatever_queues_they_share() {
    let claimed = Summary {
        owner: Some(("maya".parse().unwrap(), Attendance::Here)),
        ..waiting(9, 0, &["department/ref"])
    };
    let desk = desk([
        waiting(1, 10, &["department/ref", "coop/tri"]),
        waiting(2, 20, &["department/ref"]),
        waiting(3, 30, &["coop/tri"]),
        waiting(4, 40, &["department/ref", "coop/tri"]),
        waiting(5, 5, &["department/other"]),
        claimed,
    ]);
    let mut places = places(&desk);
    places.sort();
    let place = |chat, ahead, since| (ChatId(chat), (ahead, second(since)));
    let expected =
        [place(1, 0, 10), place(2, 1, 10), place(3, 1, 10), place(4, 3, 10), place(5, 0, 5)];
    assert_eq!(places, expected);
}

#[test]
fn two_thousand_waiting_chats_are_placed_in_their_order() {
    let desk = desk((0..2_000).map(|number| waiting(number, 0, &["department/ref", "coop/tri"])));
    let places = places(&desk);
    assert_eq!(places.len(), 2_000);
    assert!((0..).zip(&places).all(|(ahead, (_, (place, _)))| *place == ahead));
}

#[test]
fn what_was_due_is_due_again_until_it_is_put() {
    let due = Summary { deadline: Some(second(60)), ..waiting(1, 0, &["coop/tri"]) };
    let mut desk = desk([due.clone()]);
    assert_eq!(desk.take_due(second(59), second(64)), []);
    assert_eq!(desk.take_due(second(60), second(65)), [ChatId(1)]);
    assert_eq!(desk.take_due(second(64), second(69)), []);
    assert_eq!(desk.take_due(second(65), second(70)), [ChatId(1)]);
    desk.put(ChatId(1), 1, Some(Arc::new(Summary { deadline: Some(second(90)), ..due })));
    assert_eq!(desk.next_due(), Some(second(90)));
    desk.take_due(second(90), second(95));
    desk.put(ChatId(1), 9, None);
    assert_eq!(desk.next_due(), None);
}
