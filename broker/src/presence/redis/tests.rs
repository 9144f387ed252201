//! Two nodes on a real server: who is there counts on both, and no longer than her node.

use std::sync::Mutex;

use deskbell_domain::person::Author;
use deskbell_protocol::ids::ChatId;
use tokio::sync::Notify;

use super::*;
use crate::presence::Elsewhere;
use crate::redis::testing::TestServer;

/// A node, and what it heard.
struct Node {
    presence: Option<RedisPresence>,
    heard: Arc<(Mutex<Vec<Elsewhere>>, Notify)>,
}

impl Node {
    fn on(server: &TestServer, number: NodeId) -> Self {
        let presence = RedisPresence::on(server.open(number).unwrap(), number);
        let heard = Arc::<(Mutex<Vec<Elsewhere>>, Notify)>::default();
        let ear = heard.clone();
        presence.follow(Arc::new(move |told| {
            ear.0.lock().unwrap().push(told);
            ear.1.notify_one();
        }));
        Self { presence: Some(presence), heard }
    }

    fn presence(&self) -> &RedisPresence {
        self.presence.as_ref().unwrap()
    }

    /// Waits until it is so, looking after each thing that is heard.
    async fn until(&self, so: impl Fn(&RedisPresence) -> bool) {
        while !so(self.presence()) {
            self.heard.1.notified().await;
        }
    }

    /// Waits for something to be told.
    async fn hears(&self, what: impl Fn(&Elsewhere) -> bool) {
        while !self.heard.0.lock().unwrap().iter().any(&what) {
            self.heard.1.notified().await;
        }
    }

    fn connect(&self, user: &str, connection: ConnectionId) -> Shift {
        let by = Arrival { connection, session: SessionId(u128::from(connection)) };
        self.presence().operator_connected(&id(user), by, monitors(0))
    }
}

fn id(user: &str) -> UserId {
    user.parse().unwrap()
}

fn coop() -> Target {
    "coop/tri".parse().unwrap()
}

fn monitors(second: i64) -> Told {
    Told {
        status: Status::Online,
        monitoring: [coop()].into(),
        ticket_queues: BTreeSet::new(),
        at: Timestamp::from_second(second).unwrap(),
    }
}

#[tokio::test]
async fn who_comes_and_goes_on_one_node_counts_on_the_other() {
    let server = TestServer::start();
    let (here, there) = (Node::on(&server, 1), Node::on(&server, 2));
    assert!(here.connect("maya", 1).arrived);
    there.until(|it| it.online(&coop())).await;
    assert_eq!(there.presence().colleagues(&coop()), [(id("maya"), Status::Online)]);
    assert!(!there.connect("maya", 2).arrived, "she is there already");
    here.until(|it| it.sessions(&id("maya")).len() == 2).await;
    assert!(!here.presence().operator_disconnected(&id("maya"), 1).departed, "nor is she gone");
    there.presence().tell(&id("maya"), Told { status: Status::Away, ..monitors(1) });
    here.until(|it| it.all_away(&coop())).await;
    there.until(|it| it.sessions(&id("maya")).len() == 1).await;
    assert!(there.presence().operator_disconnected(&id("maya"), 2).departed);
    here.until(|it| !it.online(&coop())).await;

    assert!(here.presence().patron_connected(&[7; 32], 3));
    // Of patrons nothing is told aloud: what comes after is.
    here.connect("ines", 4);
    there.until(|it| it.patron_here(&[7; 32]) && it.online(&coop())).await;
    assert!(here.presence().patron_disconnected(&[7; 32], 3));
}

#[tokio::test]
async fn a_node_that_starts_later_or_missed_everything_reads_who_is_there() {
    let server = TestServer::start();
    let here = Node::on(&server, 1);
    here.connect("maya", 1);
    here.connect("ines", 2);
    let there = Node::on(&server, 2);
    there.until(|it| it.colleagues(&coop()).len() == 2).await;
    let mut kill = ::redis::cmd("CLIENT");
    kill.arg("KILL").arg("TYPE").arg("pubsub").exec(&mut server.client()).unwrap();
    here.presence().operator_disconnected(&id("ines"), 2);
    here.presence().patron_connected(&[7; 32], 3);
    there.until(|it| it.colleagues(&coop()).len() == 1 && it.patron_here(&[7; 32])).await;
}

#[tokio::test]
async fn a_node_that_ends_takes_its_people_with_it_and_nobody_else() {
    let server = TestServer::start();
    let (mut here, there) = (Node::on(&server, 1), Node::on(&server, 2));
    here.connect("maya", 1);
    here.connect("ines", 2);
    here.presence().patron_connected(&[7; 32], 3);
    there.connect("ines", 1);
    there.until(|it| it.colleagues(&coop()).len() == 2 && it.patron_here(&[7; 32])).await;
    let signal = Signal::Typing { chat: ChatId(1), who: Author::Patron, on: true };
    here.presence().signal(signal.clone());
    there.hears(|told| *told == Elsewhere::Signal(1, signal.clone())).await;
    here.presence = None;
    there.hears(|told| *told == Elsewhere::NodeLost(1)).await;
    assert_eq!(there.presence().colleagues(&coop()), [(id("ines"), Status::Online)]);
    assert!(!there.presence().patron_here(&[7; 32]));
    let maya = |told: &Elsewhere| match told {
        Elsewhere::OperatorLost { user, shift } => *user == id("maya") && shift.departed,
        _ => false,
    };
    assert!(there.heard.0.lock().unwrap().iter().any(maya), "somebody acts on it");
    assert!(there.heard.0.lock().unwrap().contains(&Elsewhere::PatronLost([7; 32])));
}

#[tokio::test]
async fn a_node_that_has_records_again_is_not_taken_off_the_list() {
    let server = TestServer::start();
    let (here, there) = (Node::on(&server, 1), Node::on(&server, 2));
    here.connect("maya", 1);
    there.until(|it| it.colleagues(&coop()).len() == 1).await;
    let listed = || {
        let mut nodes = ::redis::cmd("SMEMBERS");
        nodes.arg(NODES).query::<BTreeSet<String>>(&mut server.client()).unwrap()
    };
    let forget = async |node: NodeId| {
        let way = server.open(3).unwrap();
        let line = way.line();
        way.spawn(async move { others::forget(&line, node).await }).await.unwrap().unwrap();
    };
    let mut add = ::redis::cmd("SADD");
    add.arg(NODES).arg(wire::node_text(9)).exec(&mut server.client()).unwrap();
    forget(1).await;
    assert!(listed().contains(&wire::node_text(1)), "it came back while it was given up");
    forget(9).await;
    assert!(!listed().contains(&wire::node_text(9)), "one without records goes");
}

#[tokio::test]
async fn a_node_whose_lease_ended_unnoticed_tells_of_all_its_people_with_the_next_change() {
    let server = TestServer::start();
    let (here, there) = (Node::on(&server, 1), Node::on(&server, 2));
    here.connect("maya", 1);
    here.connect("ines", 2);
    there.until(|it| it.colleagues(&coop()).len() == 2).await;
    ::redis::cmd("DEL").arg(records_of(1)).exec(&mut server.client()).unwrap();
    here.presence().tell(&id("maya"), Told { status: Status::Away, ..monitors(1) });
    let both = [(id("ines"), Status::Online), (id("maya"), Status::Away)];
    there.until(|it| it.colleagues(&coop()) == both).await;
    let mut left = ::redis::cmd("PTTL");
    let left: i64 = left.arg(records_of(1)).query(&mut server.client()).unwrap();
    assert!(left > 0, "there is a lease again");
    let (records, mut client) = (records_of(1), server.client());
    let mut fields = || ::redis::cmd("HLEN").arg(&records).query::<u32>(&mut client).unwrap();
    // A version, two connections, and what both told; the change itself came first.
    while fields() != 5 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_server_that_forgot_everything_is_told_again_and_nobody_is_gone() {
    let mut server = TestServer::start();
    let (here, there) = (Node::on(&server, 1), Node::on(&server, 2));
    here.connect("maya", 1);
    there.until(|it| it.online(&coop())).await;
    server.kill();
    server.start_again();
    ::redis::cmd("FLUSHALL").exec(&mut server.client()).unwrap();
    here.connect("ines", 2);
    there.until(|it| it.colleagues(&coop()).len() == 2).await;
    let lost = |told: &Elsewhere| matches!(told, Elsewhere::NodeLost(_));
    assert!(!there.heard.0.lock().unwrap().iter().any(lost));
}
