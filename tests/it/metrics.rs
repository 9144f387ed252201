//! What a broker counts, read from its second listener as whoever runs it would.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use deskbell_client::protocol::view::Status;
use deskbell_client::{
    Client, Options as ClientOptions, Ring, TcpConnector, patron_session, sign_in,
};
use deskbell_tests::broker::{Broker, Options};
use deskbell_tests::store::{self, PASSWORD};

const ORIGIN: &str = "https://www.birch.example";

fn get(address: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("the second listener answers");
    write!(stream, "GET {path} HTTP/1.1\r\nhost: broker\r\nconnection: close\r\n\r\n")
        .expect("a request can be sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer is text");
    answer
}

fn value(page: &str, name: &str) -> u64 {
    let line = page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("{name} is missing:\n{page}")).parse().expect("a count")
}

#[tokio::test]
async fn a_broker_counts_what_it_stores() {
    let store = store::fresh();
    let broker = Broker::start(&Options::new(store.path()));
    let fresh = get(broker.admin_address, "/metrics");
    let connector = TcpConnector::new();
    let maya = "maya".parse().expect("a user's id");
    let granted = sign_in(&connector, &broker.url(), maya, PASSWORD.to_owned()).await;
    let options = ClientOptions::new(broker.url(), granted.expect("signed in").into());
    let (operator, _told) = Client::connect(options);
    let coop = "coop/tri-county".parse().expect("a target");
    operator.set_presence(Status::Online, vec![coop]).await.expect("somebody is there");

    // Where she stands now is stored a moment later: the co-op and herself, beside the directory.
    let directory = value(&fresh, "deskbell_events_stored_total");
    let mut before = get(broker.admin_address, "/metrics");
    while value(&before, "deskbell_events_stored_total") < directory + 2 {
        before = get(broker.admin_address, "/metrics");
    }
    let widget = "birch-home".parse().expect("a widget's id");
    let granted = patron_session(&connector, &broker.url(), ORIGIN, widget).await;
    let mut options = ClientOptions::new(broker.url(), granted.expect("a visit").into());
    options.origin = Some(ORIGIN.to_owned());
    let (client, _events) = Client::connect(options);
    let rung = client.open(Ring::new("Is the reading room open?")).await;
    let rung = rung.expect("a chat is opened");

    let after = get(broker.admin_address, "/metrics");
    let grown = |name| value(&after, name) - value(&before, name);
    assert!(grown("deskbell_commits_total") >= 1, "{after}");
    assert_eq!(grown("deskbell_events_stored_total"), rung.seq, "{after}");
    assert!(after.contains("deskbell_commit_seconds_bucket"), "{after}");
    assert_eq!(value(&after, "deskbell_connections"), 2, "{after}");
    let lost = client.open(Ring::new(" ")).await;
    assert!(lost.is_err(), "an empty question is refused");
    let refused = get(broker.admin_address, "/metrics");
    let name = "deskbell_refusals_total{code=\"bad_text\"}";
    assert_eq!(value(&refused, name), 1, "{refused}");
    assert!(get(broker.admin_address, "/livez").ends_with("alive\n"));
    assert!(get(broker.admin_address, "/readyz").starts_with("HTTP/1.1 200 "));
}
