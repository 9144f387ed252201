//! A store moves from one engine into the other and back, with everybody's sign-ins.

use std::path::Path;

use deskbell::config::written::RedisDurability;
use deskbell_tests::broker::{self, Broker, Options};
use deskbell_tests::cluster::Cluster;
use deskbell_tests::crowd::{self, Crowd};
use deskbell_tests::front::Front;
use deskbell_tests::history::assert_good;
use deskbell_tests::redis::Redis;
use deskbell_tests::{seed, store};

const PATRONS: usize = 8;
const ENOUGH: usize = 300;

async fn copy(redis: &Redis, here: &Path, from: &str, to: &str) -> Result<String, String> {
    let settings = redis.settings();
    let mut arguments = vec!["log", "copy", from, to];
    arguments.extend(settings[1..].iter().flat_map(|it| ["--set", it.as_str()]));
    let output = broker::command(here, &arguments).await;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}

#[tokio::test]
async fn a_crowd_goes_on_when_its_store_moves_into_redis_and_back() {
    let store = store::fresh();
    let set: Vec<_> = crowd::SETTINGS.map(str::to_owned).into();
    let options = Options { set, listen: broker::lasting_address(), ..Options::new(store.path()) };
    let embedded = Broker::start_apart(&options).await;
    let front = Front::before(vec![embedded.address]).await;
    let mut crowd = Crowd::gather(&front.url(), seed::of("moving"), PATRONS).await;
    let mut answered = 0;
    let mut goes_on = async |crowd: &mut Crowd, what: &str| {
        answered = crowd.progress().answered.max(answered) + ENOUGH;
        crowd.until(what, |it| it.answered >= answered).await;
    };
    goes_on(&mut crowd, "load on the embedded store").await;
    embedded.terminate_apart().await;

    let redis = Redis::start_empty(RedisDurability::Disk);
    let folder = tempfile::tempdir().expect("a directory for commands");
    let embedded = format!("sqlite:{}", store.path().display());
    let said = copy(&redis, folder.path(), &embedded, &redis.url()).await.expect("it is copied");
    assert!(said.contains("all compared") && !said.contains("before"), "{said}");
    let said = copy(&redis, folder.path(), &embedded, &redis.url()).await.expect("once more");
    assert!(said.contains("of them from before"), "{said}");
    let mut cluster = Cluster::on(redis, &crowd::SETTINGS, None).await;
    front.set_targets(cluster.addresses());
    goes_on(&mut crowd, "load on two brokers").await;
    let refused = copy(&cluster.redis, folder.path(), &cluster.redis.url(), &embedded).await;
    assert!(refused.is_err_and(|it| it.contains("a broker uses this store")), "while they run");
    for node in 0..2 {
        cluster.terminate_node(node).await;
    }

    let back = tempfile::tempdir().expect("a directory for a store");
    let to = format!("sqlite:{}", back.path().display());
    let mut copied = copy(&cluster.redis, folder.path(), &cluster.redis.url(), &to).await;
    while copied.as_ref().is_err_and(|it| it.contains("a broker uses this store")) {
        // Their leases last a while longer.
        copied = copy(&cluster.redis, folder.path(), &cluster.redis.url(), &to).await;
    }
    copied.expect("it is copied back");
    let options = Options { store: back.path().to_owned(), ..options };
    let embedded = Broker::start_apart(&options).await;
    front.set_targets(vec![embedded.address]);
    goes_on(&mut crowd, "load on the embedded store again").await;
    let history = crowd.disperse().await;
    embedded.terminate_apart().await;
    let verified = broker::command(back.path(), &["log", "verify"]).await;
    assert!(verified.status.success(), "{verified:?}");
    assert_good(&history, &store::read(back.path()).await);
}

#[tokio::test]
async fn a_copy_says_what_is_wrong_with_where_it_should_go() {
    let redis = Redis::start(RedisDurability::Disk).await;
    let folder = tempfile::tempdir().expect("a directory for commands");
    let store = store::fresh();
    let embedded = format!("sqlite:{}", store.path().display());
    for (from, to, why) in [
        (embedded.as_str(), redis.url().as_str(), "keys of its own"),
        (&embedded, &embedded, "the same store"),
        ("sqlite:/nowhere", redis.url().as_str(), "there is no store"),
        ("tape:1", redis.url().as_str(), "neither sqlite:DIRECTORY nor redis://HOST:PORT"),
    ] {
        let refused = copy(&redis, folder.path(), from, to).await.unwrap_err();
        assert!(refused.contains(why), "{refused}");
    }
}
