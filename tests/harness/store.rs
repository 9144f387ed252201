//! A store with the conversations' directory and everybody's password, made once for each process
//! and copied for each broker.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use deskbell::log::sqlite::SqliteLog;
use deskbell::secrets::password::Passwords;
use deskbell::secrets::sqlite::SqliteSecrets;
use deskbell::secrets::{Keys, Secrets};
use deskbell::world::SystemChance;
use tempfile::TempDir;

use crate::history::stored::Stored;

/// Every operator's password in tests.
pub const PASSWORD: &str = "correct horse battery";
/// Everybody who has one.
pub const OPERATORS: [&str; 12] = [
    "maya",
    "ines",
    "lou",
    "noor",
    "birch-admin",
    "pia",
    "olga",
    "cora",
    "leo",
    "lena",
    "theo",
    "nadia",
];

/// The directory that conversations play in.
pub fn directory_file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/directory.toml")
}

/// A fresh directory with a store that has keys and passwords, and no event yet.
pub fn fresh() -> TempDir {
    static TEMPLATE: OnceLock<TempDir> = OnceLock::new();
    let template = TEMPLATE.get_or_init(|| {
        let template = tempfile::tempdir().expect("a directory for a store");
        // On a thread of its own: the caller may be inside a runtime already.
        let path = template.path().to_owned();
        std::thread::spawn(move || prepare(&path)).join().expect("a store is prepared");
        template
    });
    let fresh = tempfile::tempdir().expect("a directory for a store");
    for entry in fs::read_dir(template.path()).expect("the template is there") {
        let entry = entry.expect("the template can be read");
        fs::copy(entry.path(), fresh.path().join(entry.file_name())).expect("a copy of a store");
    }
    fresh
}

/// The hash of everybody's password.
pub async fn password_hash() -> String {
    let store = fresh();
    let secrets = SqliteSecrets::open(store.path()).expect("a store that was prepared");
    let hash = secrets.password_hash(OPERATORS[0].parse().expect("a user's id")).await;
    hash.expect("a store that can be read").expect("she has a password")
}

/// All chats of a store that no broker has open.
pub async fn read(directory: &Path) -> Stored {
    let log = SqliteLog::open(directory).expect("no broker has the store open");
    Stored::read(&log).await.expect("the store can be read")
}

fn prepare(path: &Path) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(async {
        let keys = Keys::generate(&SystemChance);
        let secrets = SqliteSecrets::create(path, keys).expect("secrets of a fresh store");
        let hash = Passwords::default().hash(PASSWORD.to_owned(), &SystemChance).await;
        let hash = hash.expect("a password that is long enough");
        for user in OPERATORS {
            let user = user.parse().expect("a user's id");
            secrets.set_password_hash(user, hash.clone()).await.expect("a password is kept");
        }
    });
}
