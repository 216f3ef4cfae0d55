use super::*;

fn vars(pairs: &[(&str, &str)]) -> Sources {
    let variables = pairs.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
    Sources { variables, working_dir: PathBuf::from("/nowhere"), ..Sources::default() }
}

fn fault(pairs: &[(&str, &str)]) -> String {
    Settings::load(&vars(pairs)).expect_err("must be refused").0
}

fn with_file(name: &str, text: &str) -> (PathBuf, Sources) {
    let dir = std::env::temp_dir().join(format!("inlay-settings-{}-{name}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    std::fs::write(dir.join("inlay.config.toml"), text).unwrap();
    (dir.clone(), Sources { working_dir: dir, ..Sources::default() })
}

fn file_fault(name: &str, text: &str) -> String {
    let (dir, sources) = with_file(name, text);
    let fault = Settings::load(&sources).expect_err("must be refused").0;
    std::fs::remove_dir_all(dir).unwrap();
    fault
}

#[test]
fn the_defaults_load() {
    let settings = Settings::load(&vars(&[])).unwrap();
    assert_eq!(settings.server.listen, "127.0.0.1:3000".parse().unwrap());
    assert_eq!(settings.data.dir, PathBuf::from("./data"));
    assert!(settings.auth.secret.is_none() && settings.server.public_url.is_none());
    assert_eq!((settings.plugins.cpu_ms, settings.plugins.wall_ms), (50, 2000));
    assert_eq!(settings.notes, Vec::<String>::new());
}

#[test]
fn later_layers_win() {
    let text =
        "[server]\ndrain_s = 1\nheader_timeout_s = 2\nbody_timeout_s = 3\n[auth]\napi_keys = [\"from-the-file\"]\n";
    let (dir, mut sources) = with_file("layers", text);
    sources.variables = vec![
        ("INLAY_SERVER_HEADER_TIMEOUT_S".into(), "20".into()),
        ("INLAY_SERVER_LISTEN".into(), "localhost:1".into()),
        ("INLAY_DEMO_ENABLED".into(), "false".into()),
        ("VALID_API_KEYS".into(), "older-key-one, older-key-two".into()),
        ("CORS_ORIGIN".into(), "https://a.example, https://b.example:8443".into()),
        ("PORT".into(), "4000".into()),
        ("INLAY_TEST_ANYTHING".into(), "1".into()),
        ("INLAY_GOLDEN".into(), "/x".into()),
        ("PATH".into(), "/bin".into()),
    ];
    sources.flags = vec![("server.listen", "--listen", "[::1]:9".into())];
    let settings = Settings::load(&sources).unwrap();
    std::fs::remove_dir_all(dir).unwrap();
    let server = &settings.server;
    assert_eq!((server.drain_s, server.header_timeout_s, server.body_timeout_s), (1, 20, 3));
    assert_eq!(server.listen, "[::1]:9".parse().unwrap());
    assert_eq!(server.cors_origins, ["https://a.example", "https://b.example:8443"]);
    assert_eq!(settings.auth.api_keys[0].reveal(), "from-the-file");
    assert!(!settings.demo.enabled);
    let origin = |name| settings.layers.leaf(name).unwrap().origin.clone();
    assert_eq!(origin("server.listen"), Origin::Flag("--listen"));
    assert_eq!(origin("server.header_timeout_s"), Origin::Variable("INLAY_SERVER_HEADER_TIMEOUT_S".into()));
    assert_eq!(origin("server.cors_origins"), Origin::Older("CORS_ORIGIN"));
    assert!(matches!(origin("server.drain_s"), Origin::File(_)));
    assert!(settings.notes.iter().any(|n| n.contains("CORS_ORIGIN") && n.contains("INLAY_SERVER_CORS_ORIGINS")));
    assert!(settings.notes.iter().all(|n| !n.contains("PORT,")), "{:?}", settings.notes);
}

#[test]
fn older_names_alone() {
    let secret = "an older secret with 32 bytes or more";
    let settings = Settings::load(&vars(&[("PORT", "8080"), ("JWT_SECRET", secret), ("CORS_ORIGIN", "*")])).unwrap();
    assert_eq!(settings.server.listen, "127.0.0.1:8080".parse().unwrap());
    assert_eq!(settings.auth.secret.as_ref().unwrap().reveal(), secret);
    assert_eq!(settings.server.cors_origins, ["*"]);
    assert_eq!(settings.notes.len(), 3);
    let shown = format!("{settings:?} {}", settings.layers.to_toml());
    assert!(shown.contains("# variable JWT_SECRET, an older name") && !shown.contains(secret), "{shown}");
    // Compose files pass what is not set as an empty text.
    let empty = [("PORT", ""), ("JWT_SECRET", ""), ("VALID_API_KEYS", ""), ("CORS_ORIGIN", "")];
    assert!(Settings::load(&vars(&empty)).unwrap().notes.is_empty());
}

#[test]
fn unknown_names_are_refused_with_the_nearest_known_one() {
    let typo = fault(&[("INLAY_SERVER_LISEN", "127.0.0.1:1")]);
    assert!(typo.contains("INLAY_SERVER_LISEN,") && typo.contains("did you mean INLAY_SERVER_LISTEN?"), "{typo}");
    let far = fault(&[("INLAY_QUITE_SOMETHING_ELSE", "1")]);
    assert!(far.contains("INLAY_QUITE_SOMETHING_ELSE") && !far.contains("meant"), "{far}");
    let key = file_fault("key", "[plugins]\ncpu_msec = 5\n");
    assert!(key.contains("no setting plugins.cpu_msec (did you mean plugins.cpu_ms?)"), "{key}");
    let section = file_fault("section", "[plugin]\ncpu_ms = 5\n");
    assert!(section.contains("no section [plugin] (did you mean plugins?)"), "{section}");
    let bare = file_fault("bare", "listen = \"127.0.0.1:1\"\n");
    assert!(bare.contains("did you mean server.listen, in the section [server]?"), "{bare}");
    let broken = file_fault("broken", "[server\n");
    assert!(broken.contains("inlay.config.toml is not TOML") && broken.contains("line 1"), "{broken}");
}

#[test]
fn wrong_kinds_and_ranges_are_refused_by_name() {
    let cases: &[(&str, &str, &str)] = &[
        ("INLAY_SERVER_DRAIN_S", "soon", "must be a whole number"),
        ("INLAY_SERVER_DRAIN_S", "-1", "must be from 0 to 600"),
        ("INLAY_SERVER_DRAIN_S", "99999999999999999999", "must be a whole number"),
        ("INLAY_DEMO_ENABLED", "yes", "must be true or false"),
        ("INLAY_SERVER_LISTEN", "3000", "an IP address and a port"),
        ("INLAY_SERVER_LISTEN", "127.0.0.1:99999", "an IP address and a port"),
        ("INLAY_SERVER_PUBLIC_URL", "inlay.example.com", "http:// or https://"),
        ("INLAY_SERVER_CORS_ORIGINS", "https://a.example,https://b.example/path", "https://b.example/path"),
        ("INLAY_DATA_DATABASE_URL", "mysql://u:hunter2@h/d", "names a mysql database"),
        ("INLAY_DATA_DATABASE_URL", "postgres://u:hunter2@h", "names no database"),
        ("INLAY_DATA_DATABASE_URL", "postgres://u:hunter2@h/d?sslmode=maybe", "must look like postgres://"),
        ("INLAY_DATA_DIR", "", "must name a folder"),
        ("INLAY_LOG_LEVEL", "loud", "error, warn, info"),
        ("INLAY_LOG_FORMAT", "xml", "one of auto, text, json"),
        ("INLAY_METRICS_ACCESS", "all", "one of open, admin, off"),
        ("INLAY_PLUGINS_CPU_MS", "5000", "must not be above plugins.cpu_max_ms"),
        ("INLAY_AUTH_API_KEYS", "short", "8 to 256"),
        ("PORT", "http", "PORT must be a number"),
    ];
    for (name, value, expected) in cases {
        let message = fault(&[(name, value)]);
        assert!(message.contains(expected), "{name}={value}: {message}");
        assert!(!message.contains("hunter2"), "{message}");
    }
    let kind = file_fault("kind", "[server]\nlisten = 3000\n");
    assert!(kind.contains("server.listen must be a text"), "{kind}");
    let list = file_fault("list", "[auth]\napi_keys = [1]\n");
    assert!(list.contains("auth.api_keys must be a list of texts"), "{list}");
}

#[test]
fn long_keys_are_for_sqlite_alone() {
    let long = ("INLAY_PLUGINS_STATE_KEY_BYTES", "2000");
    assert!(Settings::load(&vars(&[long, ("INLAY_DATA_DATABASE_URL", "sqlite://x.db")])).is_ok());
    let message = fault(&[long, ("INLAY_DATA_DATABASE_URL", "postgres://u:hunter2@h/d")]);
    assert!(message.contains("plugins.state_key_bytes is 2000") && !message.contains("hunter2"), "{message}");
}

#[test]
fn weak_secrets_are_refused_by_name_and_never_repeated() {
    let weak = ["secret", "31-bytes-are-one-too-few-for-it", &"a".repeat(64), "please-changeme-changeme-please-1234"];
    for secret in weak {
        for name in ["INLAY_AUTH_SECRET", "JWT_SECRET"] {
            let message = fault(&[(name, secret)]);
            assert!(message.contains("auth.secret") && message.contains(name), "{message}");
            assert!(!message.contains(secret) || secret == "secret", "{message}");
        }
    }
    assert!(Settings::load(&vars(&[("INLAY_AUTH_SECRET", &"0123456789abcdef".repeat(2))])).is_ok());
}

#[test]
fn a_named_file_must_exist() {
    let mut sources = vars(&[]);
    sources.config = Some(PathBuf::from("/nowhere/x.toml"));
    let message = Settings::load(&sources).expect_err("must be refused").0;
    assert!(message.contains("/nowhere/x.toml cannot be read"), "{message}");
    assert!(fault(&[("INLAY_CONFIG", "/nowhere/y.toml")]).contains("/nowhere/y.toml"));
}
