//! What every adapter of the port must do, run on each.

use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;

use deskbell_protocol::ids::{SessionId, UserId};
use jiff::Timestamp;

use super::memory::MemorySecrets;
use super::redis::RedisSecrets;
use super::sqlite::{DATABASE_FILE, SqliteSecrets};
use super::{Keys, MintedToken, Secrets, SecretsError, everything, keep};
use crate::redis::testing::TestServer;

fn keys() -> Keys {
    Keys { signing: [1; 32], store: [2; 32] }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn maya() -> UserId {
    "maya".parse().unwrap()
}

fn ines() -> UserId {
    "ines".parse().unwrap()
}

async fn passwords_are_kept_by_user(secrets: &dyn Secrets) {
    assert_eq!(secrets.password_hash(maya()).await, Ok(None));
    secrets.set_password_hash(maya(), "one".into()).await.unwrap();
    secrets.set_password_hash(maya(), "two".into()).await.unwrap();
    assert_eq!(secrets.password_hash(maya()).await, Ok(Some("two".into())));
    assert_eq!(secrets.password_hash(ines()).await, Ok(None));
}

async fn a_link_works_once_and_in_time(secrets: &dyn Secrets) {
    secrets.create_link(maya(), [1; 32], at(100)).await.unwrap();
    assert_eq!(secrets.take_link([9; 32], at(50)).await, Ok(None));
    let (first, second) =
        tokio::join!(secrets.take_link([1; 32], at(99)), secrets.take_link([1; 32], at(99)));
    let winners = [first.unwrap(), second.unwrap()];
    assert_eq!(winners.iter().flatten().collect::<Vec<_>>(), [&maya()]);

    secrets.create_link(maya(), [2; 32], at(100)).await.unwrap();
    assert_eq!(secrets.take_link([2; 32], at(100)).await, Ok(None), "expired");
}

async fn a_newer_link_or_a_password_withdraws_a_link(secrets: &dyn Secrets) {
    secrets.create_link(maya(), [3; 32], at(100)).await.unwrap();
    secrets.create_link(ines(), [4; 32], at(100)).await.unwrap();
    secrets.create_link(maya(), [5; 32], at(100)).await.unwrap();
    assert_eq!(secrets.take_link([3; 32], at(50)).await, Ok(None));
    secrets.set_password_hash(maya(), "three".into()).await.unwrap();
    assert_eq!(secrets.take_link([5; 32], at(50)).await, Ok(None));
    assert_eq!(secrets.take_link([4; 32], at(50)).await, Ok(Some(ines())));
}

async fn minted_tokens_are_listed_until_they_end(secrets: &dyn Secrets) {
    let token = |session, expires| MintedToken {
        user: maya(),
        session: SessionId(session),
        issued: at(10),
        expires: at(expires),
        note: "bench".into(),
    };
    secrets.record_tokens(Vec::new()).await.unwrap();
    secrets.record_tokens(vec![token(1, 100), token(2, 200)]).await.unwrap();
    assert_eq!(secrets.minted_tokens(at(50)).await, Ok(vec![token(1, 100), token(2, 200)]));
    assert_eq!(secrets.minted_tokens(at(100)).await, Ok(vec![token(2, 200)]));
}

async fn everything_moves_to_another_store(secrets: &dyn Secrets) {
    secrets.set_password_hash(maya(), "one".into()).await.unwrap();
    secrets.create_link(ines(), [4; 32], at(100)).await.unwrap();
    secrets.create_link(maya(), [5; 32], at(40)).await.unwrap();
    let token = MintedToken {
        user: maya(),
        session: SessionId(1),
        issued: at(10),
        expires: at(100),
        note: "bench".into(),
    };
    secrets.record_tokens(vec![token]).await.unwrap();
    secrets.end_session(SessionId(2), at(200)).await.unwrap();
    let all = everything(secrets, at(50)).await.unwrap();
    let other = MemorySecrets::new(keys());
    for _ in 0..2 {
        keep(&other, all.clone()).await.unwrap();
    }
    assert_eq!(everything(&other, at(50)).await.unwrap(), all);
    assert_eq!(all.links, [(ines(), [4; 32], at(100))], "what is over stays behind");
    assert_eq!([all.hashes.len(), all.minted.len(), all.ended.len()], [1; 3]);
    keep(secrets, all.clone()).await.unwrap();
    assert_eq!(everything(secrets, at(50)).await.unwrap(), all, "what is there stays as it is");
}

async fn ended_sessions_are_kept_until_their_tokens_end(secrets: &dyn Secrets) {
    secrets.end_session(SessionId(1), at(100)).await.unwrap();
    secrets.end_session(SessionId(2), at(200)).await.unwrap();
    let both = vec![(SessionId(1), at(100)), (SessionId(2), at(200))];
    assert_eq!(secrets.ended_sessions(at(50)).await, Ok(both));
    assert_eq!(secrets.ended_sessions(at(100)).await, Ok(vec![(SessionId(2), at(200))]));
}

macro_rules! each_adapter {
    ($($promise:ident),+ $(,)?) => {
        mod memory {
            $(#[tokio::test] async fn $promise() {
                super::$promise(&super::MemorySecrets::new(super::keys())).await;
            })+
        }
        mod sqlite {
            $(#[tokio::test] async fn $promise() {
                let directory = tempfile::tempdir().unwrap();
                let secrets = super::SqliteSecrets::create(directory.path(), super::keys());
                super::$promise(&secrets.unwrap()).await;
            })+
        }
        mod redis {
            $(#[tokio::test] async fn $promise() {
                let server = super::TestServer::start();
                let server = server.open(1).unwrap();
                let secrets = super::RedisSecrets::open(&server, Some(&super::keys()));
                super::$promise(&secrets.unwrap()).await;
            })+
        }
    };
}

each_adapter!(
    passwords_are_kept_by_user,
    a_link_works_once_and_in_time,
    a_newer_link_or_a_password_withdraws_a_link,
    minted_tokens_are_listed_until_they_end,
    ended_sessions_are_kept_until_their_tokens_end,
    everything_moves_to_another_store,
);

#[tokio::test]
async fn sqlite_secrets_survive_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let secrets = SqliteSecrets::create(directory.path(), keys()).unwrap();
    secrets.set_password_hash(maya(), "hash".into()).await.unwrap();
    drop(secrets);
    let secrets: Arc<dyn Secrets> = Arc::new(SqliteSecrets::open(directory.path()).unwrap());
    assert_eq!(*secrets.keys(), keys());
    assert_eq!(secrets.password_hash(maya()).await, Ok(Some("hash".into())));
}

#[tokio::test]
async fn sqlite_keys_are_made_once_and_never_replaced() {
    let directory = tempfile::tempdir().unwrap();
    let none = SqliteSecrets::open(directory.path()).map(drop);
    assert_eq!(none, Err(SecretsError::NotInitialized));
    SqliteSecrets::create(directory.path(), keys()).unwrap();
    let other = Keys { signing: [7; 32], store: [7; 32] };
    let again = SqliteSecrets::create(directory.path(), other).map(drop);
    assert_eq!(again, Err(SecretsError::AlreadyInitialized));
    assert_eq!(*SqliteSecrets::open(directory.path()).unwrap().keys(), keys());
}

#[tokio::test]
async fn brokers_on_one_server_have_one_pair_of_keys_and_share_every_secret() {
    let server = TestServer::start();
    let (one, other) = (server.open(1).unwrap(), server.open(2).unwrap());
    let none = RedisSecrets::open(&one, None).map(drop);
    assert_eq!(none, Err(SecretsError::NotInitialized));
    let first = RedisSecrets::open(&one, Some(&keys())).unwrap();
    let second = Keys { signing: [7; 32], store: [7; 32] };
    let second = RedisSecrets::open(&other, Some(&second)).unwrap();
    assert_eq!(*second.keys(), keys(), "the first to come made them");
    first.set_password_hash(maya(), "hash".into()).await.unwrap();
    assert_eq!(second.password_hash(maya()).await, Ok(Some("hash".into())));
}

#[test]
fn a_newer_format_is_refused_by_its_number() {
    let directory = tempfile::tempdir().unwrap();
    SqliteSecrets::create(directory.path(), keys()).unwrap();
    let file = rusqlite::Connection::open(directory.path().join(DATABASE_FILE)).unwrap();
    file.execute("UPDATE secrets_format SET version = 2", []).unwrap();
    let newer = SqliteSecrets::open(directory.path()).map(drop);
    assert_eq!(newer, Err(SecretsError::Newer { found: 2, known: 1 }));
}

#[test]
fn the_file_of_secrets_is_its_owners_only() {
    let directory = tempfile::tempdir().unwrap();
    let _open = SqliteSecrets::create(directory.path(), keys()).unwrap();
    for file in std::fs::read_dir(directory.path()).unwrap() {
        let file = file.unwrap();
        let mode = file.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{:?}", file.path());
    }
}
