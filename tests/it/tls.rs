//! The broker's own certificate, from outside: `https` and `wss` through the SDK, and a renewal
//! that no open connection notices.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use deskbell_client::{
    BoxFuture, Client, Connector, Options as ClientOptions, Status, TcpConnector, sign_in,
};
use deskbell_tests::broker::{Broker, Options};
use deskbell_tests::store::{self, PASSWORD};
use rustls::RootCertStore;

/// By then a signal has arrived, or never will.
const SOON: Duration = Duration::from_secs(20);

/// Writes a fresh pair of files, and gives the roots that know it and nothing else.
fn write_pair(directory: &Path) -> RootCertStore {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]);
    let made = made.expect("a certificate is made");
    fs::write(directory.join("certificate.pem"), made.cert.pem()).expect("it is written");
    fs::write(directory.join("key.pem"), made.signing_key.serialize_pem()).expect("it is written");
    let mut roots = RootCertStore::empty();
    roots.add(made.cert.der().clone()).expect("it is a certificate");
    roots
}

fn start(directory: &Path) -> Broker {
    let set = vec![
        "tls.enabled=true".to_owned(),
        format!("tls.certificate={}", directory.join("certificate.pem").display()),
        format!("tls.key={}", directory.join("key.pem").display()),
    ];
    Broker::start(&Options { set, ..Options::new(directory) })
}

fn hang_up(broker: &Broker) {
    let sent = Command::new("kill").args(["-HUP", &broker.pid().to_string()]).status();
    assert!(sent.expect("kill can be run").success(), "the broker still runs");
}

/// Whether the certificate of a new connection is one that `roots` know. A connector of its own
/// each time: one that was connected before resumes its session, and looks at no certificate.
async fn is_trusted(roots: &RootCertStore, address: SocketAddr) -> bool {
    let connector = TcpConnector::trusting(roots.clone());
    let opened: BoxFuture<'_, io::Result<_>> = connector.connect("localhost", address.port(), true);
    opened.await.is_ok()
}

#[tokio::test]
async fn a_renewed_certificate_serves_who_comes_and_disturbs_nobody_who_is_there() {
    let directory = store::fresh();
    let first = write_pair(directory.path());
    let connector = TcpConnector::trusting(first.clone());
    let broker = start(directory.path());
    let url = format!("https://localhost:{}", broker.address.port());
    let maya = "maya".parse().expect("a user's id");
    let granted = sign_in(&connector, &url, maya, PASSWORD.to_owned()).await.expect("signed in");
    let options =
        ClientOptions { connector: Arc::new(connector), ..ClientOptions::new(url, granted.into()) };
    let (client, mut events) = Client::connect(options);
    client.list_subscribe().await.expect("a request over TLS is answered");
    assert!(!is_trusted(&RootCertStore::empty(), broker.address).await, "anybody's word would do");

    let second = write_pair(directory.path());
    assert!(!is_trusted(&second, broker.address).await, "read before anyone said so");
    hang_up(&broker);
    let swapped = async { while !is_trusted(&second, broker.address).await {} };
    tokio::time::timeout(SOON, swapped).await.expect("the new certificate is served");
    assert!(!is_trusted(&first, broker.address).await, "the old one is served no more");
    client.sync().await.expect("the open connection goes on");
    assert!(matches!(client.status(), Status::Open(_)));
    while let Some(event) = events.try_next() {
        let lost = matches!(event, deskbell_client::Event::Status(Status::Waiting { .. }));
        assert!(!lost, "{event:?}");
    }

    fs::write(directory.path().join("key.pem"), "no key").expect("it is written");
    hang_up(&broker);
    let log = directory.path().join("broker.log");
    let refused = async {
        while !fs::read_to_string(&log).is_ok_and(|it| it.contains("the old certificate stays")) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(SOON, refused).await.expect("a broken pair is logged");
    assert!(is_trusted(&second, broker.address).await, "a broken pair replaces nothing");
}
