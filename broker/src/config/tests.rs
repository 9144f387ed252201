//! What a configuration means, what beats what, and how mistakes are named.

use super::raw::RawConfig;
use super::*;

fn load(
    text: &str,
    environment: &[(&str, &str)],
    flags: &[(&str, &str)],
) -> Result<Config, String> {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("deskbell.toml");
    std::fs::write(&file, text).unwrap();
    let set = flags.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect();
    let variable = |name: &str| {
        environment.iter().find(|(it, _)| *it == name).map(|(_, value)| (*value).to_owned())
    };
    let config = Config::load_from(&Flags { file: Some(file), set }, variable);
    let place = format!("{}/", directory.path().display());
    config.map_err(|error| error.to_string().replace(&place, ""))
}

#[test]
fn an_empty_file_is_a_broker_on_loopback_with_the_defaults() {
    let config = load("", &[], &[]).unwrap();
    assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.admin_listen.to_string(), "127.0.0.1:8081");
    assert_eq!(config.limits, Limits::default());
    assert_eq!(config.waits, Waits::default());
    assert_eq!(config.engine, Engine::Sqlite);
    assert_eq!((config.tls, config.directory_file), (None, None));
    assert!(!config.dev && config.store_directory.ends_with("store"));
}

#[test]
fn flags_beat_the_environment_which_beats_the_file() {
    let file = "[server]\nlisten = '127.0.0.1:1'\nadmin_listen = '127.0.0.1:2'\nshards = 3";
    let environment = [("DESKBELL_SERVER_LISTEN", "127.0.0.1:4"), ("DESKBELL_SERVER_SHARDS", "5")];
    let config = load(file, &environment, &[("server.shards", "6")]).unwrap();
    assert_eq!(config.listen.port(), 4);
    assert_eq!(config.admin_listen.port(), 2);
    assert_eq!(config.shards.get(), 6);
}

#[test]
fn every_kind_of_value_can_come_from_the_environment() {
    let environment = [
        ("DESKBELL_SERVER_DESK_ORIGINS", "https://a.example, https://b.example"),
        ("DESKBELL_SERVER_DEV", "true"),
        ("DESKBELL_STORE_ENGINE", "memory"),
        ("DESKBELL_STORE_DIRECTORY", "/srv/desk"),
        ("DESKBELL_LOG_FORMAT", "text"),
        ("DESKBELL_LIMITS_TEXT_BYTES", "100"),
    ];
    let config = load("", &environment, &[]).unwrap();
    assert_eq!(config.desk_origins.len(), 2);
    assert!(config.dev && config.engine == Engine::Memory);
    assert_eq!(config.store_directory, Path::new("/srv/desk"));
    assert_eq!((config.log_format, config.limits.text_bytes), (LogFormat::Text, 100));
}

#[test]
fn each_mistake_names_its_place_and_the_remedy() {
    for (text, expected) in [
        ("[server]\nlissen = 1", "deskbell.toml:2: unknown field `lissen`"),
        ("[sever]", "deskbell.toml:1: unknown field `sever`"),
        ("[server]\n\nlisten = 'here'", "deskbell.toml:3: "),
        ("[server\n", "deskbell.toml:1: "),
        ("[server]\nshards = -1", "deskbell.toml:2: "),
        ("[store]\nengine = 'tape'", "deskbell.toml:2: unknown variant `tape`"),
        ("[server]\n# public\nlisten = '0.0.0.0:80'", "deskbell.toml:3: server.listen: others"),
        ("[server]\ndesk_origins = ['desk.example']", "deskbell.toml:2: server.desk_origins: "),
        ("[server]\ndesk_origins = ['https://*.example']", "is not an exact origin"),
        ("[server]\ntrusted_proxies = ['proxy']", "deskbell.toml:2: server.trusted_proxies: "),
        ("[server]\nadmin_listen = '127.0.0.1:8080'", "deskbell.toml:2: server.admin_listen: "),
        ("[limits]\nframe_bytes = 9", "deskbell.toml:2: limits.frame_bytes: is 9, and must"),
        ("[limits]\ntext_bytes = 99999", "deskbell.toml:2: limits.text_bytes: does not fit"),
        ("limits.text_bytes = 0", "deskbell.toml:1: limits.text_bytes: is 0, and must"),
        ("[waits]\nowner_grace_seconds = 0", "deskbell.toml:2: waits.owner_grace_seconds: takes"),
        ("[redis]\nurl = 'http://here'", "deskbell.toml:2: redis.url: \"http://here\" is neither"),
        ("[redis]\nurl = 'redis://maya@here'", "deskbell.toml:2: redis.url: names a user"),
        ("[redis]\nuser = 'deskbell'", "deskbell.toml:2: redis.user: needs a password"),
        ("[waits]\nsettling_seconds = 3601", "deskbell.toml:2: waits.settling_seconds: takes"),
    ] {
        let error = load(text, &[], &[]).unwrap_err();
        assert!(error.contains(expected), "{text:?}\n{error:?} lacks {expected:?}");
    }
}

#[test]
fn a_mistake_in_the_environment_or_a_flag_is_named_as_such() {
    let error = load("", &[("DESKBELL_SERVER_LISTEN", "here")], &[]).unwrap_err();
    assert!(error.starts_with("DESKBELL_SERVER_LISTEN: \"here\" is not an address"), "{error}");
    let error = load("", &[("DESKBELL_SERVER_LISTEN", "0.0.0.0:1")], &[]).unwrap_err();
    assert!(error.starts_with("DESKBELL_SERVER_LISTEN: server.listen: others"), "{error}");
    let error = load("", &[], &[("server.lissen", "1")]).unwrap_err();
    assert!(error.contains("there is no setting \"server.lissen\""), "{error}");
}

#[test]
fn off_loopback_the_broker_wants_tls_or_a_proxy_or_to_be_told() {
    let open = "[server]\nlisten = '0.0.0.0:80'\n";
    assert!(load(open, &[], &[]).is_err());
    for remedy in
        ["trusted_proxies = ['10.0.0.1']", "insecure_off_loopback = true", "[tls]\nenabled = true"]
    {
        assert!(load(&format!("{open}{remedy}"), &[], &[]).is_ok(), "{remedy}");
    }
}

#[test]
fn relative_paths_start_at_the_file() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("desk.toml");
    std::fs::write(&file, "store.directory_file = 'people.toml'\ntls.enabled = true").unwrap();
    let flags = Flags { file: Some(file), set: Vec::new() };
    let config = Config::load_from(&flags, |_| None).unwrap();
    assert_eq!(config.store_directory, directory.path().join("store"));
    assert_eq!(config.directory_file, Some(directory.path().join("people.toml")));
    assert_eq!(config.tls.unwrap().key, directory.path().join("tls/key.pem"));
}

#[test]
fn a_file_that_is_not_there_says_what_to_do() {
    let flags = Flags { file: Some("/nowhere/desk.toml".into()), set: Vec::new() };
    let error = Config::load_from(&flags, |_| None).unwrap_err().to_string();
    assert!(
        error.starts_with("/nowhere/desk.toml: ") && error.contains("deskbell init"),
        "{error}"
    );
}

#[test]
fn the_commented_file_means_the_defaults_with_and_without_its_comment_signs() {
    let commented = document::commented(&[]);
    let defaults = load("", &[], &[]).unwrap();
    let set: String = commented
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(rest) if !rest.starts_with(' ') => format!("{rest}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    assert!(set.contains("\nlisten = \"127.0.0.1:8080\"\n"), "{set}");
    let config = load(&set, &[], &[]).unwrap();
    let here = |config: Config| Config { store_directory: "store".into(), ..config };
    assert_eq!(here(config), here(defaults.clone()));
    assert_eq!(here(load(&commented, &[], &[]).unwrap()), here(defaults));
}

#[test]
fn the_example_file_is_what_the_table_says() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deskbell.example.toml");
    let stored = std::fs::read_to_string(file).unwrap_or_default();
    let remedy = "run `deskbell config default > deskbell.example.toml`";
    assert_eq!(stored, document::commented(&[]), "{remedy}");
}

#[test]
fn the_reference_names_every_setting_and_its_variable() {
    let reference = document::reference();
    assert!(reference.contains("| `store.engine` | `\"sqlite\"` | `DESKBELL_STORE_ENGINE` |"));
    let sections = RawConfig::sections();
    let settings = sections.iter().map(|section| section.settings.len()).sum::<usize>();
    assert_eq!(reference.matches("| `DESKBELL_").count(), settings);
}
