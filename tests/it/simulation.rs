//! The real actors, edge and SDK in a simulated world: drops, holds, partitions, restarts, and a
//! log that is late, away, or does not say what it did. Everything follows from one seed.
//!
//! `DESKBELL_SEED=n` plays the run of seed n alone. Judged by `deskbell_tests::history`, and by
//! [`checks`] for what clients see in the end. Not here: real sockets, disks and processes, which
//! the crash test kills.

mod checks;
mod model;
mod network;
mod reached;
mod workload;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use deskbell::actors::directory;
use deskbell::admin::zone_exists;
use deskbell::log::memory::MemoryLog;
use deskbell::log::{EventLog, Position};
use deskbell::secrets::memory::MemorySecrets;
use deskbell::secrets::token::{Claims, OperatorClaims, PatronClaims, sign};
use deskbell::secrets::{Keys, Secrets};
use deskbell::world::{Chance, ManualClock};
use deskbell_client::protocol::event::ChatEvent as Shown;
use deskbell_client::protocol::ids::{ChatId, UserId};
use deskbell_domain::directory::Directory;
use deskbell_domain::directory::file::{difference, parse};
use deskbell_domain::person::Author;
use deskbell_tests::history::stored::Stored;
use deskbell_tests::history::{self, History};
use deskbell_tests::sim_world::{SeededChance, SimClock};
use deskbell_tests::{seed, store};
use futures_util::FutureExt;
use turmoil::Sim;

use checks::Chats;
use network::{BROKER, House, STORM, Weather};
use reached::{MUST_REACH, Reached};
use workload::{Phase, Role, Someone, Standing, Street};

/// Simulated time in one step of the simulation.
const TICK: Duration = Duration::from_millis(10);
/// Nothing is due any more once the log stood still for so long.
const STILL: Duration = Duration::from_secs(10);
/// What did not come after this will not come.
const PATIENCE: Duration = Duration::from_mins(6);
/// How often the run is looked at from outside.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Operators and what they monitor.
const OPERATORS: [(&str, &[&str]); 4] = [
    ("maya", &["coop/tri-county", "department/birch-reference"]),
    ("noor", &["department/birch-reference"]),
    ("ines", &["coop/tri-county"]),
    ("lou", &["coop/tri-county", "department/elm-information"]),
];
/// Patrons, where they ring, and from which page.
const PATRONS: [(&str, &str, &str); 4] = [
    ("sam", "birch-home", "https://www.birch.example"),
    ("ada", "birch-desk", "https://www.birch.example"),
    ("kim", "elm-home", "https://www.elm.example"),
    ("joe", "birch-desk", "https://www.birch.example"),
];

/// Played each time.
const SEEDS: u64 = 20;
/// Of what is wrong with a run, as much is shown.
const SHOWN_MAX: usize = 10;
/// A run that is over.
struct Run {
    history: History,
    people: Vec<Someone>,
    standing: BTreeMap<&'static str, Standing>,
    complaints: Vec<String>,
    log: MemoryLog,
    directory: Directory,
    reached: Reached,
}

/// Plays the run of a seed to its end.
fn play(seed: u64) -> Run {
    let chance = Arc::new(SeededChance::new(seed));
    let keys = Keys::generate(&*chance);
    let people = people(&keys, &chance);
    let log = MemoryLog::default();
    let directory = directory_in(&log, &chance);
    let house = Arc::new(House {
        log: log.clone(),
        secrets: Arc::new(MemorySecrets::new(keys)) as Arc<dyn Secrets>,
        chance: Arc::new(SeededChance::new(chance.seed())),
        weather: Arc::new(Weather::new(chance.seed())),
        door: std::sync::Mutex::default(),
    });
    let mut sim = turmoil::Builder::new()
        .rng_seed(seed)
        .tick_duration(TICK)
        .min_message_latency(Duration::from_millis(1))
        .max_message_latency(Duration::from_millis(40))
        .tcp_capacity(16_384)
        .simulation_duration(PATIENCE * 2)
        .build();
    let host = Arc::clone(&house);
    sim.host(BROKER, move || network::broker(Arc::clone(&host)));
    let street = Street::default();
    for someone in &people {
        sim.client(someone.name, workload::live(someone.clone(), street.clone()));
    }
    let mut reached = Reached::new();
    storm(&mut sim, &chance, &house, &mut reached);
    *street.phase.lock().expect("one thread") = Phase::Calm;
    until(&mut sim, seed, "everybody is answered and nothing moves", &street, &log, calm);
    *street.phase.lock().expect("one thread") = Phase::Look;
    until(&mut sim, seed, "everybody looked once more", &street, &log, |all, _| {
        all.values().all(|it| it.looked)
    });
    let history = street.recorder.history();
    let standing = street.standing.lock().expect("one thread").clone();
    let complaints = street.complaints.lock().expect("one thread").clone();
    reached::count(&mut reached, &house.weather, &history, &standing, &log);
    Run { history, people, standing, complaints, log, directory, reached }
}

fn people(keys: &Keys, chance: &SeededChance) -> Vec<Someone> {
    let expires = SimClock::beginning() + Duration::from_hours(12);
    let operators = OPERATORS.map(|(name, monitors)| {
        let user: UserId = name.parse().expect("a user");
        let session = chance.session();
        let claims = Claims::Operator(OperatorClaims { user: user.clone(), session, expires });
        let monitors = monitors.iter().map(|it| it.parse().expect("a target")).collect();
        let role = Role::Operator(user, monitors);
        Someone { name, role, token: sign(keys, &claims), seed: chance.seed() }
    });
    let patrons = PATRONS.map(|(name, widget, origin)| {
        let mut secret = [0; 32];
        chance.fill(&mut secret);
        let widget = widget.parse().expect("a widget");
        let session = chance.session();
        let claims = Claims::Patron(PatronClaims { widget, session, secret, expires });
        Someone {
            name,
            role: Role::Patron(origin),
            token: sign(keys, &claims),
            seed: chance.seed(),
        }
    });
    operators.into_iter().chain(patrons).collect()
}

/// The conversations' directory, with waits as short as a run is.
fn directory_in(log: &MemoryLog, chance: &SeededChance) -> Directory {
    let text = std::fs::read_to_string(store::directory_file()).expect("there is a directory");
    let waits = "roll_up_seconds = 2\npatron_grace_seconds = 60\norigins";
    let text = text.replace("origins", waits);
    let wanted = parse(&text, &zone_exists).expect("a directory without mistakes");
    let mut known = Directory::default();
    let commands = difference(&known, &wanted, false);
    let clock = ManualClock::new(SimClock::beginning());
    let tools = directory::Tools { log, clock: &clock, chance, author: Author::System };
    let applied = directory::apply(&tools, &mut known, commands).now_or_never();
    applied.expect("memory does not wait").expect("a directory that is allowed");
    known
}

/// Lets everything go wrong that the seed says, then mends it all.
fn storm(sim: &mut Sim<'_>, chance: &SeededChance, house: &House, reached: &mut Reached) {
    let names: Vec<_> =
        OPERATORS.iter().map(|it| it.0).chain(PATRONS.iter().map(|it| it.0)).collect();
    let mut plan = network::plan(chance, &names).into_iter().peekable();
    while sim.elapsed() < STORM || plan.peek().is_some() {
        while let Some((_, change)) = plan.next_if(|(at, _)| *at <= sim.elapsed()) {
            change.apply(sim);
            if let Some(kind) = change.kind() {
                *reached.entry(kind).or_default() += 1;
            }
        }
        sim.step().expect("no host fails");
    }
    house.weather.clear_up();
}

/// Goes on until it is so, and the log has stood still.
fn until(
    sim: &mut Sim<'_>,
    seed: u64,
    what: &str,
    street: &Street,
    log: &MemoryLog,
    so: impl Fn(&BTreeMap<&'static str, Standing>, Duration) -> bool,
) {
    let begun = sim.elapsed();
    let mut still_since = begun;
    let mut stored = 0;
    loop {
        let next = sim.elapsed() + LOOK_EVERY;
        while sim.elapsed() < next {
            sim.step().expect("no host fails");
        }
        let now = stored_events(log);
        if now != stored {
            (stored, still_since) = (now, sim.elapsed());
        }
        let standing = street.standing.lock().expect("one thread");
        if so(&standing, sim.elapsed().saturating_sub(still_since)) {
            return;
        }
        let waited = sim.elapsed().saturating_sub(begun);
        let brief: BTreeMap<_, _> =
            standing.iter().map(|(who, it)| (who, (it.unanswered, it.open, it.looked))).collect();
        let complaints = street.complaints.lock().expect("one thread");
        assert!(
            waited < PATIENCE,
            "seed {seed}: waited in vain until {what}: {brief:?} {complaints:?}"
        );
    }
}

fn calm(all: &BTreeMap<&'static str, Standing>, still: Duration) -> bool {
    all.len() == OPERATORS.len() + PATRONS.len()
        && all.values().all(|it| it.unanswered == 0 && it.open)
        && still >= STILL
}

fn stored_events(log: &MemoryLog) -> usize {
    let scan = log.scan(Position::default(), usize::MAX).now_or_never();
    scan.expect("memory does not wait").expect("memory does not fail").records.len()
}

/// Everything that must not have happened in a run.
fn wrongs(run: &Run) -> Vec<String> {
    let chats: Chats = checks::chats(&run.log);
    let stored = Stored::read(&run.log).now_or_never().expect("memory does not wait");
    let violations = history::judge(&run.history, &stored.expect("memory does not fail"));
    let mut wrong = run.complaints.clone();
    wrong.extend(violations.iter().map(|it| format!("{it:?}")));
    for someone in &run.people {
        let model = &run.standing[someone.name].model;
        wrong.extend(checks::judge(someone, model, &chats, &run.directory));
    }
    wrong
}

/// The whole run as text: every call, frame and event in order, then the log.
fn transcript(run: &Run) -> String {
    let mut text = String::new();
    for step in &run.history.steps {
        writeln!(text, "{step:?}").expect("texts take everything");
    }
    for (chat, events) in checks::chats(&run.log) {
        writeln!(text, "{chat} {events:?}").expect("texts take everything");
    }
    text
}

/// Plays these seeds on two threads, and judges each run.
fn verdicts(seeds: &[u64]) -> BTreeMap<u64, (Reached, Vec<String>)> {
    let verdict = |seed: &u64| {
        let run = play(*seed);
        (*seed, (run.reached.clone(), wrongs(&run)))
    };
    std::thread::scope(|scope| {
        let (left, right) = seeds.split_at(seeds.len() / 2);
        let left = scope.spawn(|| left.iter().map(verdict).collect::<Vec<_>>());
        let right: Vec<_> = right.iter().map(verdict).collect();
        left.join().expect("no run fails").into_iter().chain(right).collect()
    })
}

#[test]
fn whatever_the_network_and_the_log_do_nothing_is_lost_doubled_or_shown_wrongly() {
    let told = seed::told();
    let seeds = told.map_or_else(|| (1..=SEEDS).collect(), |seed| vec![seed]);
    let mut all = Reached::new();
    let mut broken = Vec::new();
    for (seed, (reached, wrong)) in verdicts(&seeds) {
        eprintln!("simulation: DESKBELL_SEED={seed} {reached:?}");
        for (what, times) in reached {
            *all.entry(what).or_default() += times;
        }
        if !wrong.is_empty() {
            let first = &wrong[..wrong.len().min(SHOWN_MAX)];
            broken.push(format!("DESKBELL_SEED={seed}: {} wrong, such as {first:#?}", wrong.len()));
        }
    }
    eprintln!("simulation: all {all:?}");
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    if told.is_none() {
        let of = |what: &&str| all.get(*what).copied().unwrap_or_default();
        let never: Vec<_> = MUST_REACH.iter().filter(|what| of(what) == 0).collect();
        assert!(never.is_empty(), "no seed reached {never:?}: {all:?}");
    }
}

#[test]
fn a_seed_gives_the_same_run_each_time_and_another_gives_another() {
    let played = std::thread::scope(|scope| {
        let plays = [7, 7, 8].map(|seed| scope.spawn(move || transcript(&play(seed))));
        plays.map(|it| it.join().expect("no run fails"))
    });
    let [first, again, other] = played;
    let differs = first.lines().zip(again.lines()).enumerate().find(|(_, (one, two))| one != two);
    assert_eq!(differs, None, "the same seed gave another run");
    assert_eq!(first.len(), again.len());
    assert!(first != other, "two seeds gave one run");
}

#[test]
fn a_view_that_is_not_the_log_s_is_found() {
    let mut run = play(9);
    assert_eq!(wrongs(&run), Vec::<String>::new());
    let spoil = |run: &mut Run, how: &dyn Fn(&mut model::Model)| {
        let before = run.standing.clone();
        for standing in run.standing.values_mut() {
            how(&mut standing.model);
        }
        let found = wrongs(run);
        run.standing = before;
        found
    };
    let hidden = spoil(&mut run, &|it| {
        if let Some((_, _, last)) = it.seen.last_mut() {
            last.event = Shown::Hidden;
        }
    });
    assert!(hidden.iter().any(|it| it.contains("was shown")), "{hidden:?}");
    let behind = spoil(&mut run, &|it| {
        for known in it.chats.values_mut() {
            known.at.seq -= 1;
        }
    });
    assert!(behind.iter().any(|it| it.contains("is known up to")), "{behind:?}");
    let state = spoil(&mut run, &|it| {
        for known in it.chats.values_mut() {
            known.whole.state.tiers.clear();
            known.whole.state.participants.clear();
            known.whole.state.owner = None;
        }
    });
    assert!(state.iter().any(|it| it.contains("was last shown as")), "{state:?}");
    let list = spoil(&mut run, &|it| {
        it.rows.insert(ChatId(1), false);
    });
    assert!(list.iter().any(|it| it.contains("the list shows")), "{list:?}");
    run.log = MemoryLog::default();
    assert!(wrongs(&run).iter().any(|it| it.contains("NothingLost")), "an empty log is a loss");
}
