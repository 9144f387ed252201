//! What is told of the desk as a whole: queues and who stands there, explanations, forecasts,
//! alarms.

use deskbell_domain::access::admins_of;
use deskbell_domain::audience::Audience;
use deskbell_domain::directory::{Ban, Directory};
use deskbell_domain::person::Status;
use deskbell_domain::routing::{Reason, Verdict};
use deskbell_protocol::ToClient;
use deskbell_protocol::desk::{
    Availability, BanView, Colleague, Explained, OptionView, QueueView, Queues, SkipReason,
    Targets, TicketQueueView,
};
use deskbell_protocol::ids::{Target, TicketQueueId, UserId};
use deskbell_protocol::to_client::GapReason;

use super::{operator, status_view};
use crate::actors::node::Found;
use crate::actors::say::{Alarm, Say, Stand};

pub(super) fn to_client(say: &Say<'_>, directory: &Directory) -> ToClient {
    match *say {
        Say::Queues { re, user, queues: all, tickets } => {
            ToClient::Queues(Box::new(queues(re, user, (all, tickets), directory)))
        }
        Say::Explained { re, widget, at, plan, found } => {
            let option = |(option, verdict): &(Target, Verdict)| OptionView {
                option: option.clone(),
                name: name_of(option, directory),
                skipped: match verdict {
                    Verdict::Online => None,
                    Verdict::Offline(reason) => Some(skip_reason(*reason)),
                },
            };
            ToClient::Explained(Box::new(Explained {
                re,
                widget: widget.clone(),
                at,
                availability: availability(found),
                options: plan.options.iter().map(option).collect(),
            }))
        }
        Say::Forecast { re, coop, zone, hours } => ToClient::Forecast {
            re,
            coop: coop.clone(),
            zone: zone.to_owned(),
            hours: hours.to_vec(),
        },
        Say::Targets { re, chat, queues, operators } => {
            let (coops, departments) = views(queues, directory);
            let operators = colleagues(operators, directory);
            ToClient::Targets(Box::new(Targets { re, chat, departments, coops, operators }))
        }
        Say::Bans { re, bans } => {
            let view = |ban: &&Ban| BanView {
                chat: ban.chat,
                until: ban.until,
                by: operator(Audience::Staff, &ban.by, directory),
                reason: ban.reason.clone(),
            };
            ToClient::Bans { re, bans: bans.iter().map(view).collect() }
        }
        Say::Alarm { target, why, at } => ToClient::GapAlarm {
            target: target.clone(),
            name: name_of(target, directory),
            why: match why {
                Alarm::Left => GapReason::Left,
                Alarm::SignOff => GapReason::SignOff,
                Alarm::ContributionEnded => GapReason::ContributionEnded,
            },
            at,
        },
        Say::AlarmOver(target) => ToClient::GapOver { target: target.clone() },
        _ => unreachable!("the others are told by their own pages"),
    }
}

/// What a patron finds, as the wire has it.
pub(in crate::edge) fn availability(found: &Found) -> Availability {
    match found {
        Found::Online(_) => Availability::Online,
        Found::Away(_) => Availability::Away,
        Found::Offline => Availability::Offline,
    }
}

fn queues(
    re: u32,
    user: &UserId,
    (all, tickets): (&[Stand<Target>], &[Stand<TicketQueueId>]),
    directory: &Directory,
) -> Queues {
    let ticket_view = |queue: &Stand<TicketQueueId>| TicketQueueView {
        id: queue.at.clone(),
        name: directory
            .ticket_queues
            .get(&queue.at)
            .map_or_else(|| queue.at.to_string(), |it| it.name.clone()),
        monitored: queue.monitored,
        others: colleagues(&queue.others, directory),
    };
    let (coops, departments) = views(all, directory);
    let ask = if coops.is_empty() { admins_of(user, directory) } else { Vec::new() };
    Queues {
        re,
        departments,
        ticket_queues: tickets.iter().map(ticket_view).collect(),
        coops,
        ask: ask.iter().map(|admin| operator(Audience::Staff, admin, directory)).collect(),
    }
}

/// Co-ops, and departments.
fn views(all: &[Stand<Target>], directory: &Directory) -> (Vec<QueueView>, Vec<QueueView>) {
    let view = |queue: &Stand<Target>| QueueView {
        target: queue.at.clone(),
        name: name_of(&queue.at, directory),
        monitored: queue.monitored,
        others: colleagues(&queue.others, directory),
    };
    all.iter().map(view).partition(|queue| matches!(queue.target, Target::Coop(_)))
}

fn colleagues(others: &[(UserId, Status)], directory: &Directory) -> Vec<Colleague> {
    let colleague = |(who, status): &(UserId, Status)| Colleague {
        who: operator(Audience::Staff, who, directory),
        status: status_view(*status),
    };
    others.iter().map(colleague).collect()
}

fn skip_reason(reason: Reason) -> SkipReason {
    match reason {
        Reason::Nobody => SkipReason::Nobody,
        Reason::NotMember => SkipReason::NotMember,
        Reason::NotCovered => SkipReason::NotCovered,
        Reason::Unknown => SkipReason::Unknown,
    }
}

fn name_of(target: &Target, directory: &Directory) -> String {
    directory.name_of(target).map_or_else(|| target.to_string(), ToOwned::to_owned)
}
