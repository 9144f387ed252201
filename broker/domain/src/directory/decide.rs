//! The rules of the directory: what each command makes happen, or why not.
//!
//! An entry is checked where it is set; what names it already is checked again when it changes
//! under them. Not here: who may ask (`access`), and passwords and keys, which are no events.

use deskbell_protocol::ids::{CoopId, DepartmentId, Target, TicketQueueId, UserId};

use super::command::{Command, Refusal, Thing};
use super::event::DirectoryEvent;
use super::{CoopLevel, Department, Directory, TicketQueue, User, check};

/// What happens if `command` is asked of `directory`. No event means: it is so already.
pub fn decide(directory: &Directory, command: Command) -> Result<Vec<DirectoryEvent>, Refusal> {
    let mut faults = Vec::new();
    let (is_so, event) = match command {
        Command::SetInstitution(id, it) => {
            check::institution(&id, &it, &mut faults);
            let is_so = directory.institutions.get(&id) == Some(&it);
            (is_so, DirectoryEvent::InstitutionSet(id, it))
        }
        Command::SetCoop(id, it) => {
            check::coop(directory, &id, &it, &mut faults);
            (directory.coops.get(&id) == Some(&it), DirectoryEvent::CoopSet(id, it))
        }
        Command::SetDepartment(id, it) => {
            check::department(directory, &id, &it, &mut faults);
            check_widgets_of(directory, &id, &it, &mut faults);
            (directory.departments.get(&id) == Some(&it), DirectoryEvent::DepartmentSet(id, it))
        }
        Command::SetTicketQueue(id, it) => {
            check::ticket_queue(directory, &id, &it, &mut faults);
            check_users_of(directory, &id, &it, &mut faults);
            let is_so = directory.ticket_queues.get(&id) == Some(&it);
            (is_so, DirectoryEvent::TicketQueueSet(id, it))
        }
        Command::SetWidget(id, it) => {
            check::widget(directory, &id, &it, &mut faults);
            (directory.widgets.get(&id) == Some(&it), DirectoryEvent::WidgetSet(id, it))
        }
        Command::SetUser(id, it) => {
            check::user(directory, &id, &it, &mut faults);
            check_lists_with(directory, &id, &it, &mut faults);
            (directory.users.get(&id) == Some(&it), DirectoryEvent::UserSet(id, it))
        }
        Command::Remove(thing) => {
            check_unnamed(directory, &thing, &mut faults);
            (false, DirectoryEvent::Removed(thing))
        }
        Command::GrantCoopAccess(coop, user, level) => {
            let is_so = check_grant(directory, &coop, &user, level, &mut faults);
            (is_so, DirectoryEvent::CoopAccessGranted(coop, user, level))
        }
        Command::RevokeCoopAccess(coop, user) => {
            let found = directory.coops.get(&coop);
            faults.extend(found.is_none().then(|| Refusal::NotThere(Thing::Coop(coop.clone()))));
            let is_so = found.is_some_and(|it| !it.users.contains_key(&user));
            (is_so, DirectoryEvent::CoopAccessRevoked(coop, user))
        }
        Command::ActivateUser(user) => {
            (is_active(directory, &user, &mut faults), DirectoryEvent::UserActivated(user))
        }
        Command::BanPatron(session, ban) => {
            let home = Thing::Institution(ban.institution.clone());
            faults.extend((!directory.has(&home)).then_some(Refusal::NotThere(home)));
            let is_so = directory.bans.get(&session) == Some(&ban);
            (is_so, DirectoryEvent::PatronBanned(session, ban))
        }
        Command::LiftBan(session) => {
            (!directory.bans.contains_key(&session), DirectoryEvent::BanLifted(session))
        }
        Command::DeactivateUser(user) => {
            (!is_active(directory, &user, &mut faults), DirectoryEvent::UserDeactivated(user))
        }
    };
    match faults.into_iter().next() {
        Some(refusal) => Err(refusal),
        None if is_so => Ok(Vec::new()),
        None => Ok(vec![event]),
    }
}

/// What happens if `commands` are asked one after the other; all or nothing.
pub fn decide_all(
    directory: &Directory,
    commands: Vec<Command>,
) -> Result<Vec<DirectoryEvent>, Refusal> {
    let mut scratch = directory.clone();
    let mut events = Vec::new();
    for command in commands {
        for event in decide(&scratch, command)? {
            scratch.evolve(&event);
            events.push(event);
        }
    }
    Ok(events)
}

/// A department that moves to another library must not stay in the old one's widgets.
fn check_widgets_of(
    directory: &Directory,
    id: &DepartmentId,
    it: &Department,
    faults: &mut Vec<Refusal>,
) {
    let names_it = |option: &Target| matches!(option, Target::Department(named) if named == id);
    for (widget, offer) in &directory.widgets {
        if offer.options.iter().any(names_it) {
            check::local_department(widget, offer, id, it, faults);
        }
    }
}

/// A ticket queue that moves to another library must not stay with the old one's widgets and
/// departments.
fn check_users_of(
    directory: &Directory,
    id: &TicketQueueId,
    it: &TicketQueue,
    faults: &mut Vec<Refusal>,
) {
    let names_it = |queue: &Option<TicketQueueId>| queue.as_ref() == Some(id);
    for (widget, user) in directory.widgets.iter().filter(|(_, user)| names_it(&user.ticket_queue))
    {
        check::local_queue(|| Thing::Widget(widget.clone()), &user.institution, id, it, faults);
    }
    for (user_id, user) in directory.departments.iter().filter(|(_, user)| names_it(&user.queue)) {
        let holder = || Thing::Department(user_id.clone());
        check::local_queue(holder, &user.institution, id, it, faults);
    }
}

/// A person who moves to another library must not stay in the old one's departments and ticket
/// queues, nor in a co-op that the new one does not take part in.
fn check_lists_with(directory: &Directory, id: &UserId, it: &User, faults: &mut Vec<Refusal>) {
    for (coop, list) in &directory.coops {
        if list.users.contains_key(id) {
            check::coop_user(coop, list, id, it, faults);
        }
    }
    for (department, list) in &directory.departments {
        if list.members.contains(id) {
            check::department_member(department, list, id, it, faults);
        }
    }
    for (queue, list) in &directory.ticket_queues {
        if list.members.contains(id) {
            check::queue_member(queue, list, id, it, faults);
        }
    }
}

fn check_unnamed(directory: &Directory, thing: &Thing, faults: &mut Vec<Refusal>) {
    if !directory.has(thing) {
        faults.push(Refusal::NotThere(thing.clone()));
    }
    let by = check::referrers(directory, thing);
    if !by.is_empty() {
        faults.push(Refusal::StillReferenced { thing: thing.clone(), by });
    }
}

/// Tells whether the access is granted already.
fn check_grant(
    directory: &Directory,
    coop: &CoopId,
    user: &UserId,
    level: CoopLevel,
    faults: &mut Vec<Refusal>,
) -> bool {
    let Some(found) = directory.coops.get(coop) else {
        faults.push(Refusal::NotThere(Thing::Coop(coop.clone())));
        return false;
    };
    match directory.users.get(user) {
        Some(person) => check::coop_user(coop, found, user, person, faults),
        None => faults.push(Refusal::NotThere(Thing::User(user.clone()))),
    }
    found.users.get(user) == Some(&level)
}

fn is_active(directory: &Directory, user: &UserId, faults: &mut Vec<Refusal>) -> bool {
    let person = directory.users.get(user);
    faults.extend(person.is_none().then(|| Refusal::NotThere(Thing::User(user.clone()))));
    person.is_some_and(|it| it.active)
}
