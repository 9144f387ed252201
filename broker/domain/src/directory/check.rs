//! What holds of each entry at all times, and who names whom.
//!
//! Invariant: [`everything`] finds no fault in a directory that only `decide` changed. The file
//! reader asks the same functions, so that a file is judged by the rules that its commands meet.

use deskbell_protocol::ids::{
    CoopId, DepartmentId, InstitutionId, Target, TicketQueueId, UserId, WidgetId,
};

use super::command::{BadOrigin, Refusal, TEXT_CHARS_MAX, Thing, Wait};
use super::entry::Idle;
use super::{Coop, Department, Directory, Institution, LocalLevel, TicketQueue, User, Widget};

const NAME_CHARS_MAX: usize = 200;

/// Every fault of every entry.
pub(super) fn everything(directory: &Directory) -> Vec<Refusal> {
    let mut faults = Vec::new();
    for (id, it) in &directory.institutions {
        institution(id, it, &mut faults);
    }
    for (id, it) in &directory.users {
        user(directory, id, it, &mut faults);
    }
    for (id, it) in &directory.coops {
        coop(directory, id, it, &mut faults);
    }
    for (id, it) in &directory.departments {
        department(directory, id, it, &mut faults);
    }
    for (id, it) in &directory.ticket_queues {
        ticket_queue(directory, id, it, &mut faults);
    }
    for (id, it) in &directory.widgets {
        widget(directory, id, it, &mut faults);
    }
    faults
}

/// Widgets with an option that nobody may ever monitor, or (`None`) with no option at all that
/// somebody may. Such a directory is allowed, because people are added later, but it cannot work.
pub(super) fn never_staffed(all: &Directory) -> Vec<(&WidgetId, Option<&Target>)> {
    let staffed = |target: &Target| match target {
        Target::Operator(user) => {
            all.active_user(user).is_some_and(|it| it.level > LocalLevel::Reader)
        }
        Target::Department(_) | Target::Coop(_) => all
            .users
            .iter()
            .any(|(user, it)| it.level > LocalLevel::Reader && all.may_monitor(user, target)),
    };
    let mut found = Vec::new();
    for (id, widget) in &all.widgets {
        let idle: Vec<_> = widget.options.iter().filter(|option| !staffed(option)).collect();
        if idle.len() == widget.options.len() {
            found.push((id, None));
        } else {
            found.extend(idle.into_iter().map(|option| (id, Some(option))));
        }
    }
    found
}

/// What people would start to monitor and may not: it is left out when they sign in.
pub(super) fn never_started(all: &Directory) -> impl Iterator<Item = (&UserId, String)> {
    all.users.iter().filter(|(_, it)| it.active).flat_map(move |(user, it)| {
        let targets = it.starts.monitoring.iter().filter(|it| !all.may_monitor(user, it));
        let tickets = it.starts.ticket_queues.iter();
        let tickets = tickets.filter(|it| !all.may_monitor_tickets(user, it));
        let denied = targets.map(ToString::to_string).chain(tickets.map(ToString::to_string));
        denied.map(move |what| (user, what))
    })
}

/// Who names `thing`, in the order of kinds and ids.
pub(super) fn referrers(directory: &Directory, thing: &Thing) -> Vec<Thing> {
    let user = |id: &UserId| matches!(thing, Thing::User(it) if it == id);
    let is_home = |id: &InstitutionId| matches!(thing, Thing::Institution(it) if it == id);
    let queue = |id: Option<&TicketQueueId>| {
        id.is_some_and(|id| matches!(thing, Thing::TicketQueue(it) if it == id))
    };
    let coops = directory
        .coops
        .iter()
        .filter(|(_, it)| it.members.keys().any(is_home) || it.users.keys().any(user));
    let departments = directory.departments.iter().filter(|(_, it)| {
        is_home(&it.institution) || it.members.iter().any(user) || queue(it.queue.as_ref())
    });
    let queues = directory
        .ticket_queues
        .iter()
        .filter(|(_, it)| is_home(&it.institution) || it.members.iter().any(user));
    let widgets = directory.widgets.iter().filter(|(_, it)| {
        is_home(&it.institution)
            || it.options.iter().any(|option| Thing::from(option) == *thing)
            || queue(it.ticket_queue.as_ref())
    });
    let users = directory.users.iter().filter(|(_, it)| is_home(&it.institution));
    coops
        .map(|(id, _)| Thing::Coop(id.clone()))
        .chain(departments.map(|(id, _)| Thing::Department(id.clone())))
        .chain(queues.map(|(id, _)| Thing::TicketQueue(id.clone())))
        .chain(widgets.map(|(id, _)| Thing::Widget(id.clone())))
        .chain(users.map(|(id, _)| Thing::User(id.clone())))
        .collect()
}

pub(super) fn institution(id: &InstitutionId, it: &Institution, faults: &mut Vec<Refusal>) {
    name(|| Thing::Institution(id.clone()), &it.name, faults);
    if it.time_zone.is_empty() || it.time_zone.chars().any(char::is_whitespace) {
        faults.push(Refusal::NoTimeZone(id.clone()));
    }
    let this = || Thing::Institution(id.clone());
    text(this, "site", it.site.as_deref(), faults);
    idle(this, &it.idle, faults);
}

fn idle(of: impl Fn() -> Thing, it: &Idle, faults: &mut Vec<Refusal>) {
    wait(&of, Wait::Idle, it.seconds, faults);
    text(of, "text", Some(&it.text), faults);
}

fn wait(of: impl Fn() -> Thing, wait: Wait, seconds: u32, faults: &mut Vec<Refusal>) {
    let (least, most) = wait.range_seconds();
    if !(least..=most).contains(&seconds) {
        faults.push(Refusal::WaitOutOfRange { holder: of(), wait, seconds });
    }
}

fn text(of: impl Fn() -> Thing, key: &'static str, it: Option<&str>, faults: &mut Vec<Refusal>) {
    let length = it.map_or(0, |it| it.chars().count());
    if length > TEXT_CHARS_MAX {
        faults.push(Refusal::TextTooLong { holder: of(), key, length });
    }
}

pub(super) fn user(all: &Directory, id: &UserId, it: &User, faults: &mut Vec<Refusal>) {
    let this = || Thing::User(id.clone());
    name(this, &it.name, faults);
    known(all, this, Thing::Institution(it.institution.clone()), faults);
    if let Some(it) = &it.idle {
        idle(this, it, faults);
    }
}

pub(super) fn coop(all: &Directory, id: &CoopId, it: &Coop, faults: &mut Vec<Refusal>) {
    let this = || Thing::Coop(id.clone());
    name(this, &it.name, faults);
    if it.members.is_empty() {
        faults.push(Refusal::CoopWithoutMembers(id.clone()));
    }
    for member in it.members.keys() {
        known(all, this, Thing::Institution(member.clone()), faults);
    }
    for user in it.users.keys() {
        known(all, this, Thing::User(user.clone()), faults);
        if let Some(person) = all.users.get(user) {
            coop_user(id, it, user, person, faults);
        }
    }
}

/// A co-op's user works at a member.
pub(super) fn coop_user(
    id: &CoopId,
    it: &Coop,
    user: &UserId,
    person: &User,
    faults: &mut Vec<Refusal>,
) {
    if !it.members.contains_key(&person.institution) {
        let institution = person.institution.clone();
        let (coop, user) = (id.clone(), user.clone());
        faults.push(Refusal::CoopUserOfNoMember { coop, user, institution });
    }
}

pub(super) fn department(
    all: &Directory,
    id: &DepartmentId,
    it: &Department,
    faults: &mut Vec<Refusal>,
) {
    let this = || Thing::Department(id.clone());
    name(this, &it.name, faults);
    known(all, this, Thing::Institution(it.institution.clone()), faults);
    for user in &it.members {
        known(all, this, Thing::User(user.clone()), faults);
        if let Some(person) = all.users.get(user) {
            department_member(id, it, user, person, faults);
        }
    }
    if let Some(queue) = &it.queue {
        known_queue(all, this, &it.institution, queue, faults);
    }
    text(this, "away_text", it.away_text.as_deref(), faults);
}

fn known_queue(
    all: &Directory,
    holder: impl Fn() -> Thing,
    home: &InstitutionId,
    queue: &TicketQueueId,
    faults: &mut Vec<Refusal>,
) {
    known(all, &holder, Thing::TicketQueue(queue.clone()), faults);
    if let Some(it) = all.ticket_queues.get(queue) {
        local_queue(holder, home, queue, it, faults);
    }
}

/// A widget's or department's ticket queue belongs to its library.
pub(super) fn local_queue(
    holder: impl Fn() -> Thing,
    home: &InstitutionId,
    id: &TicketQueueId,
    it: &TicketQueue,
    faults: &mut Vec<Refusal>,
) {
    if it.institution != *home {
        let (queue, home, owner) = (id.clone(), home.clone(), it.institution.clone());
        faults.push(Refusal::ForeignQueue { holder: holder(), home, queue, owner });
    }
}

/// A department's member works at its library.
pub(super) fn department_member(
    id: &DepartmentId,
    it: &Department,
    user: &UserId,
    person: &User,
    faults: &mut Vec<Refusal>,
) {
    if it.institution != person.institution {
        faults.push(Refusal::ForeignMember {
            department: id.clone(),
            owner: it.institution.clone(),
            user: user.clone(),
            home: person.institution.clone(),
        });
    }
}

pub(super) fn ticket_queue(
    all: &Directory,
    id: &TicketQueueId,
    it: &TicketQueue,
    faults: &mut Vec<Refusal>,
) {
    let this = || Thing::TicketQueue(id.clone());
    name(this, &it.name, faults);
    known(all, this, Thing::Institution(it.institution.clone()), faults);
    for user in &it.members {
        known(all, this, Thing::User(user.clone()), faults);
        if let Some(person) = all.users.get(user) {
            queue_member(id, it, user, person, faults);
        }
    }
}

/// A ticket queue's member works at its library.
pub(super) fn queue_member(
    id: &TicketQueueId,
    it: &TicketQueue,
    user: &UserId,
    person: &User,
    faults: &mut Vec<Refusal>,
) {
    if it.institution != person.institution {
        faults.push(Refusal::ForeignQueueMember {
            queue: id.clone(),
            owner: it.institution.clone(),
            user: user.clone(),
            home: person.institution.clone(),
        });
    }
}

pub(super) fn widget(all: &Directory, id: &WidgetId, it: &Widget, faults: &mut Vec<Refusal>) {
    let this = || Thing::Widget(id.clone());
    name(this, &it.name, faults);
    known(all, this, Thing::Institution(it.institution.clone()), faults);
    for (place, option) in it.options.iter().enumerate() {
        known(all, this, Thing::from(option), faults);
        if it.options[..place].contains(option) {
            faults.push(Refusal::RepeatedOption { widget: id.clone(), option: option.clone() });
        }
        if let Target::Department(department) = option
            && let Some(offered) = all.departments.get(department)
        {
            local_department(id, it, department, offered, faults);
        }
    }
    wait(this, Wait::RollUp, it.roll_up_seconds, faults);
    wait(this, Wait::WaitLimit, it.wait_limit_seconds, faults);
    wait(this, Wait::PatronGrace, it.patron_grace_seconds, faults);
    if let Some(queue) = &it.ticket_queue {
        known_queue(all, this, &it.institution, queue, faults);
    }
    let texts = &it.texts;
    text(this, "greeting", texts.greeting.as_deref(), faults);
    text(this, "away", texts.away.as_deref(), faults);
    text(this, "offline", texts.offline.as_deref(), faults);
    text(this, "coop", texts.coop.as_deref(), faults);
    text(this, "privacy", texts.privacy.as_deref(), faults);
    for question in &it.ask.questions {
        text(this, "text", Some(&question.text), faults);
        if question.text.trim().is_empty() {
            faults.push(Refusal::EmptyQuestion(id.clone()));
        }
    }
    for written in &it.origins {
        if let Err(why) = origin(written) {
            let origin = written.clone();
            faults.push(Refusal::BadOrigin { widget: id.clone(), origin, why });
        }
    }
}

/// A widget's department belongs to its library.
pub(super) fn local_department(
    id: &WidgetId,
    it: &Widget,
    department: &DepartmentId,
    offered: &Department,
    faults: &mut Vec<Refusal>,
) {
    if offered.institution != it.institution {
        faults.push(Refusal::ForeignDepartment {
            widget: id.clone(),
            home: it.institution.clone(),
            department: department.clone(),
            owner: offered.institution.clone(),
        });
    }
}

fn known(all: &Directory, holder: impl Fn() -> Thing, missing: Thing, faults: &mut Vec<Refusal>) {
    if !all.has(&missing) {
        faults.push(Refusal::UnknownReference { holder: holder(), missing });
    }
}

fn name(of: impl Fn() -> Thing, text: &str, faults: &mut Vec<Refusal>) {
    let length = text.chars().count();
    let readable = !text.trim().is_empty() && !text.chars().any(char::is_control);
    if !readable || length > NAME_CHARS_MAX {
        faults.push(Refusal::BadName(of()));
    }
}

/// Whether `text` is an origin exactly as browsers send it.
fn origin(text: &str) -> Result<(), BadOrigin> {
    if text.contains('*') {
        return Err(BadOrigin::Wildcard);
    }
    let (secure, rest) = match (text.strip_prefix("https://"), text.strip_prefix("http://")) {
        (Some(rest), _) => (true, rest),
        (None, Some(rest)) => (false, rest),
        (None, None) => return Err(BadOrigin::Scheme),
    };
    if rest.contains(['/', '?', '#']) {
        return Err(BadOrigin::Path);
    }
    let (host, port) = if rest.starts_with('[') {
        let end = rest.find(']').ok_or(BadOrigin::Host)? + 1;
        (&rest[..end], rest[end..].strip_prefix(':').or((end < rest.len()).then_some("?")))
    } else {
        rest.split_once(':').map_or((rest, None), |(host, port)| (host, Some(port)))
    };
    if !is_host(host) {
        return Err(BadOrigin::Host);
    }
    if port.is_some_and(|port| !is_port(port, secure)) {
        return Err(BadOrigin::Port);
    }
    let local = matches!(host, "localhost" | "127.0.0.1" | "[::1]");
    if secure || local { Ok(()) } else { Err(BadOrigin::NotSecure) }
}

fn is_host(host: &str) -> bool {
    if let Some(address) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return address.parse::<std::net::Ipv6Addr>().is_ok_and(|it| it.to_string() == address);
    }
    let label = |label: &str| {
        let known = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
        !label.is_empty() && label.len() <= 63 && label.bytes().all(known)
    };
    host.len() <= 253 && host.split('.').all(label)
}

fn is_port(port: &str, secure: bool) -> bool {
    let left_out = if secure { 443 } else { 80 };
    port.parse::<u16>().is_ok_and(|it| it > 0 && it != left_out && it.to_string() == port)
}
