//! From what is to what a file asks for: the commands, and how to tell people about them.

use deskbell_protocol::ids::{Target, TicketQueueId, UserId};

use super::super::Directory;
use super::super::command::{Command, Thing};
use super::super::decide::decide;
use super::Wanted;
use super::fields::{fields, line, subject};

/// The commands that make `directory` as the file wants it, in an order in which each applies.
/// What the file does not mention stays, unless `prune`. If an entry that stays is in the way (a
/// person moves, and a department outside the file lists her), the commands that it blocks come
/// last, and the decider's refusal names it.
pub fn difference(directory: &Directory, wanted: &Wanted, prune: bool) -> Vec<Command> {
    let mut scratch = directory.clone();
    let mut ordered = Vec::new();
    let mut open = missing(&scratch, &wanted.directory, prune);
    take_what_applies(&mut scratch, &mut open, &mut ordered);
    if !open.is_empty() {
        // Somebody or something moves to another library: what names it lets go of it first.
        let mut loosened = loosen(&scratch, &wanted.directory);
        take_what_applies(&mut scratch, &mut loosened, &mut ordered);
        open = missing(&scratch, &wanted.directory, prune);
        take_what_applies(&mut scratch, &mut open, &mut ordered);
    }
    ordered.extend(open);
    ordered
}

/// What each of `commands` does, one line each: `+` adds, `~` changes, `-` removes, `!` cannot be
/// done, and why.
pub fn describe(directory: &Directory, commands: &[Command]) -> Vec<String> {
    let mut scratch = directory.clone();
    let mut lines = Vec::new();
    for command in commands {
        let Some(thing) = subject(command) else { continue };
        let before = fields(&scratch, &thing);
        match decide(&scratch, command.clone()) {
            Ok(events) => {
                scratch.evolve_all(&events);
                lines.push(line(&thing, before, fields(&scratch, &thing)));
            }
            Err(refusal) => lines.push(format!("! {thing}: {refusal}")),
        }
    }
    lines
}

fn missing(directory: &Directory, wanted: &Directory, prune: bool) -> Vec<Command> {
    let mut commands = changes(directory, wanted);
    if prune {
        commands.extend(removals(directory, wanted));
    }
    commands
}

fn changes(directory: &Directory, wanted: &Directory) -> Vec<Command> {
    let mut commands = Vec::new();
    for (id, it) in &wanted.institutions {
        if directory.institutions.get(id) != Some(it) {
            commands.push(Command::SetInstitution(id.clone(), it.clone()));
        }
    }
    for (id, it) in &wanted.users {
        if directory.users.get(id) != Some(it) {
            commands.push(Command::SetUser(id.clone(), it.clone()));
        }
    }
    for (id, it) in &wanted.coops {
        if directory.coops.get(id) != Some(it) {
            commands.push(Command::SetCoop(id.clone(), it.clone()));
        }
    }
    for (id, it) in &wanted.departments {
        if directory.departments.get(id) != Some(it) {
            commands.push(Command::SetDepartment(id.clone(), it.clone()));
        }
    }
    for (id, it) in &wanted.ticket_queues {
        if directory.ticket_queues.get(id) != Some(it) {
            commands.push(Command::SetTicketQueue(id.clone(), it.clone()));
        }
    }
    for (id, it) in &wanted.widgets {
        if directory.widgets.get(id) != Some(it) {
            commands.push(Command::SetWidget(id.clone(), it.clone()));
        }
    }
    commands
}

fn removals(directory: &Directory, wanted: &Directory) -> Vec<Command> {
    let widgets = directory.widgets.keys().cloned().map(Thing::Widget);
    let queues = directory.ticket_queues.keys().cloned().map(Thing::TicketQueue);
    let departments = directory.departments.keys().cloned().map(Thing::Department);
    let coops = directory.coops.keys().cloned().map(Thing::Coop);
    let users = directory.users.keys().cloned().map(Thing::User);
    let institutions = directory.institutions.keys().cloned().map(Thing::Institution);
    let all = widgets.chain(queues).chain(departments).chain(coops).chain(users);
    all.chain(institutions).filter(|it| !wanted.has(it)).map(Command::Remove).collect()
}

/// Moves every command that the decider accepts from `open` to `ordered`, until none is left that
/// it does.
fn take_what_applies(scratch: &mut Directory, open: &mut Vec<Command>, ordered: &mut Vec<Command>) {
    let mut progress = true;
    while progress && !open.is_empty() {
        progress = false;
        for command in std::mem::take(open) {
            match decide(scratch, command.clone()) {
                Ok(events) => {
                    scratch.evolve_all(&events);
                    ordered.push(command);
                    progress = true;
                }
                Err(_) => open.push(command),
            }
        }
    }
}

/// Each entry of the file without what moves to another library.
fn loosen(directory: &Directory, wanted: &Directory) -> Vec<Command> {
    let mut commands = Vec::new();
    let moves = |user: &UserId| {
        let place = |all: &Directory| all.users.get(user).map(|it| it.institution.clone());
        place(directory) != place(wanted)
    };
    let queue_moves = |queue: &TicketQueueId| {
        let place = |all: &Directory| all.ticket_queues.get(queue).map(|it| it.institution.clone());
        place(directory) != place(wanted)
    };
    for (id, next) in &wanted.widgets {
        let Some(now) = directory.widgets.get(id) else { continue };
        let mut less = now.clone();
        less.options.retain(|option| {
            let Target::Department(named) = option else { return true };
            let place =
                |all: &Directory| all.departments.get(named).map(|it| it.institution.clone());
            next.institution == now.institution && place(directory) == place(wanted)
        });
        let keeps =
            |queue: &TicketQueueId| next.institution == now.institution && !queue_moves(queue);
        less.ticket_queue = less.ticket_queue.filter(keeps);
        if less != *now {
            commands.push(Command::SetWidget(id.clone(), less));
        }
    }
    for (id, next) in &wanted.ticket_queues {
        let Some(now) = directory.ticket_queues.get(id) else { continue };
        let mut less = now.clone();
        less.members.retain(|user| !moves(user) && next.institution == now.institution);
        if less != *now {
            commands.push(Command::SetTicketQueue(id.clone(), less));
        }
    }
    for (id, next) in &wanted.departments {
        let Some(now) = directory.departments.get(id) else { continue };
        let mut less = now.clone();
        let keeps =
            |queue: &TicketQueueId| next.institution == now.institution && !queue_moves(queue);
        less.queue = less.queue.filter(keeps);
        less.members.retain(|user| !moves(user) && next.institution == now.institution);
        if less != *now {
            commands.push(Command::SetDepartment(id.clone(), less));
        }
    }
    for id in wanted.coops.keys() {
        let Some(now) = directory.coops.get(id) else { continue };
        let mut less = now.clone();
        less.users.retain(|user, _| !moves(user));
        if less != *now {
            commands.push(Command::SetCoop(id.clone(), less));
        }
    }
    commands
}
