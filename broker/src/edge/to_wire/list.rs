//! What an operator's lists show: *Patron Chats*, row by row, and *My Chats*.

use deskbell_domain::audience::Audience;
use deskbell_domain::directory::Directory;
use deskbell_protocol::ToClient;
use deskbell_protocol::ids::ChatId;
use deskbell_protocol::view::{ListRow, MyChat, ReturnedView};

use super::operator;
use crate::actors::say::{Row, Say};

pub(super) fn to_client(say: &Say<'_>, directory: &Directory) -> ToClient {
    match *say {
        Say::Rows(rows) => {
            ToClient::ListSnapshot { rows: rows.iter().map(|it| row(it, directory)).collect() }
        }
        Say::Row(it) => ToClient::ListRow { row: row(it, directory) },
        Say::Gone { chat, claimed_by } => {
            let claimed_by = claimed_by.map(|by| operator(Audience::Staff, by, directory));
            ToClient::ListGone { chat, claimed_by }
        }
        Say::Mine(chats) => {
            let mine = |(chat, owner): &(ChatId, bool)| MyChat { chat: *chat, owner: *owner };
            ToClient::ListMine { chats: chats.iter().map(mine).collect() }
        }
        _ => unreachable!("the others are told by their own pages"),
    }
}

/// How many previewers a row names: a row stays small, however many look.
const PREVIEWERS_NAMED: usize = 5;

pub(super) fn row(row: &Row, directory: &Directory) -> ListRow {
    let summary = &row.summary;
    let home = directory.institutions.get(&summary.home);
    let offer = summary.transfer.as_ref();
    ListRow {
        chat: summary.chat,
        since: summary.since,
        home: summary.home.clone(),
        home_name: home.map_or_else(|| summary.home.to_string(), |it| it.name.clone()),
        widget: summary.widget.clone(),
        tiers: summary.tiers.clone(),
        question: summary.preview.question.clone(),
        transfer_from: offer.map(|it| operator(Audience::Staff, &it.by, directory)),
        patron_here: summary.patron == deskbell_domain::chat::state::Attendance::Here,
        name: summary.preview.name.clone(),
        returned: summary
            .preview
            .returned
            .as_ref()
            .map(|it| ReturnedView { note: it.note.clone() }),
        previewing: u32::try_from(row.previewers.len()).unwrap_or(u32::MAX),
        previewers: row
            .previewers
            .iter()
            .take(PREVIEWERS_NAMED)
            .map(|user| operator(Audience::Staff, user, directory))
            .collect(),
    }
}
