//! What stops the start: every setting that is unknown, missing or weak.

use aio::server::config::Config;

const GOOD: &str = "origin = \"http://127.0.0.1:3000\"\nnetwork = \"test\"\nmaster_key_file = \"master.key\"\n\
                    [database]\nurl = \"sqlite:aio.db\"\n";

fn load(text: &str, env: &[(&str, &str)]) -> Result<Config, String> {
    let env = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Config::load(text, env).map_err(|errors| {
        let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
        lines.join("\n")
    })
}

/// What is said about the good settings with one line changed; a setting in a section is written `section.name`.
fn with(setting: &str, value: &str) -> String {
    let mut table: toml::Table = GOOD.parse().unwrap();
    let mut target = &mut table;
    let mut name = setting;
    if let Some((section, rest)) = setting.split_once('.') {
        let entry = target.entry(section).or_insert_with(|| toml::Value::Table(toml::Table::new()));
        (target, name) = (entry.as_table_mut().unwrap(), rest);
    }
    let value: toml::Table = format!("x = {value}").parse().unwrap();
    target.insert(name.to_owned(), value["x"].clone());
    match load(&table.to_string(), &[]) {
        Ok(_) => format!("{setting} = {value} is taken", value = value["x"]),
        Err(text) => text,
    }
}

#[test]
fn ops_03_the_example_is_complete_and_starts() {
    let text = include_str!("../../aio.example.toml");
    let config = load(text, &[]).unwrap();
    let usual = load(
        GOOD,
        &[("AIO_MASTER_KEY_FILE", "var/master.key"), ("AIO_DATABASE_URL", "sqlite:var/aio.db")],
    );
    assert_eq!(format!("{config:#?}"), format!("{:#?}", usual.unwrap()));
}

#[test]
fn ops_03_nothing_at_all_says_everything_that_is_missing() {
    insta::assert_snapshot!(load("", &[]).unwrap_err());
}

#[test]
fn ops_03_unknown_settings_and_variables_stop_the_start() {
    insta::assert_snapshot!(
        [
            with("lisen", "\"127.0.0.1:3000\""),
            with("database.pool", "5"),
            with("database", "5"),
            load(GOOD, &[("AIO_LISEN", "x")]).unwrap_err(),
            load(GOOD, &[("AIO_DATABASE_READERS", "many")]).unwrap_err(),
            load("origin = ", &[]).unwrap_err(),
        ]
        .join("\n")
    );
}

#[test]
fn ops_03_weak_settings_stop_the_start() {
    insta::assert_snapshot!(
        [
            with("origin", "\"http://pay.example\""),
            with("origin", "\"https://pay.example\""),
            with("origin", "\"https://pay.example/\""),
            with("listen", "\"0.0.0.0:3000\""),
            with("listen", "\"[::]:3000\""),
            with("listen", "\"localhost\""),
            with("network", "\"main\""),
            with("master_key_file", "\"\""),
            with("trusted_proxies", "[\"0.0.0.0/0\"]"),
            with("trusted_proxies", "[\"proxy\", \"010.0.0.1\"]"),
            with("database.url", "\"mysql://me:secret@host/db\""),
            with("database.url", "\"sqlite::memory:\""),
            with("database.readers", "0"),
            with("passwords.workers", "0"),
            with("limits.header_s", "3600"),
            with("limits.api_body_kib", "1000000"),
            with("log.format", "\"xml\""),
        ]
        .join("\n")
    );
}

#[test]
fn ops_03_a_password_in_the_database_address_is_never_repeated() {
    let said = with("database.url", "\"mysql://me:canary@host/db\"");
    assert!(!said.contains("canary"), "{said}");
}

#[test]
fn variables_override_the_file_and_those_of_others_are_left_alone() {
    let env = [
        ("AIO_LISTEN", "127.0.0.1:4000"),
        ("AIO_ORIGIN", "https://pay.example"),
        ("AIO_TRUSTED_PROXIES", "127.0.0.1, 10.0.0.0/24"),
        ("AIO_LIMITS_IN_FLIGHT", "64"),
        ("AIO_CACHE", "/tmp"),
        ("AIO_TEST_POSTGRES", "x"),
        ("PATH", "/bin"),
        ("LEPTOS_WATCH", "1"),
    ];
    let config = load(GOOD, &env).unwrap();
    assert_eq!(config.listen.to_string(), "127.0.0.1:4000");
    assert_eq!(config.origin.as_str(), "https://pay.example");
    assert_eq!(config.trusted_proxies.len(), 2);
    assert_eq!(config.limits.in_flight, 64);
}

/// A chain whose settings are good, in a file of its own.
const CHAIN: &str = "[[chains]]\nid = \"bitcoin\"\nkind = \"bitcoin\"\nnetwork = \"regtest\"\n\
                     tokens = [{ id = \"BTC\", decimals = 8 }]\n\
                     [chains.node]\nurl = \"http://127.0.0.1:18443\"\n";

#[test]
fn a_chain_has_what_is_usual_for_its_kind() {
    let config = load(&format!("{GOOD}{CHAIN}"), &[]).unwrap();
    let chain = &config.chains[0];
    let needs = &chain.tokens[0].confirmations;
    assert_eq!((needs.least, chain.max_reorg, chain.node.timeout_s), (2, 24, 20));
    let two = format!("{GOOD}{CHAIN}{CHAIN}");
    assert!(load(&two, &[]).unwrap_err().contains("`bitcoin` stands twice"));
}

#[test]
fn ops_03_a_chain_that_cannot_be_right_stops_the_start() {
    let with = |from: &str, to: &str| {
        assert!(CHAIN.contains(from), "{from}");
        match load(&format!("{GOOD}{}", CHAIN.replace(from, to)), &[]) {
            Ok(_) => format!("{to} is taken"),
            Err(text) => text,
        }
    };
    insta::assert_snapshot!(
        [
            with("id = \"bitcoin\"", "id = \"Bitcoin!\""),
            with("kind = \"bitcoin\"", "kind = \"dogecoin\""),
            with("\"regtest\"", "\"moon\""),
            with("\"regtest\"", "\"main\""),
            with("network = \"regtest\"", "chain_id = 1"),
            with("http://", "https://me:secret@"),
            with("decimals = 8", "decimals = 18"),
            with("id = \"BTC\"", "id = \"btc\""),
            with("{ id = \"BTC\", decimals = 8 }", ""),
            with("decimals = 8 }", "decimals = 8, dust = \"a lot\" }"),
            with("decimals = 8 }", "decimals = 8, dust = \"0.000000001\" }"),
            with(
                "decimals = 8 }",
                "decimals = 8, tiers = [{ from = \"-1\", confirmations = 0 }] }"
            ),
            with("tokens =", "confirmations = 0\ntokens ="),
            with("tokens =", "max_reorg = 0\ntokens ="),
            with("tokens =", "explorer = \"http://x/{tx}\"\ntokens ="),
            with("tokens =", "explorer = \"https://x/\"\ntokens ="),
            with("[chains.node]", "[chains.node]\npassword = \"a\"\npassword_file = \"b\""),
            with("[chains.node]", "[chains.node]\nretries = 3"),
        ]
        .join("\n")
    );
}

#[test]
fn ops_03_limits_of_collections_that_cannot_be_right_stop_the_start() {
    let with = |line: &str| load(&format!("{GOOD}{CHAIN}[chains.collection]\n{line}\n"), &[]);
    for (name, good, bad) in [
        ("max_fee", ["\"0.00000001\"", "\"1\""], ["\"0\"", "\"1e-4\""]),
        ("max_fee_percent", ["1", "100"], ["0", "101"]),
        ("max_fee_rate", ["1", "1000000"], ["0", "1000001"]),
        ("resend_after_s", ["1", "86400"], ["0", "86401"]),
        ("bump_after_s", ["1", "604800"], ["0", "604801"]),
        ("cooling_h", ["1", "720"], ["0", "721"]),
        ("low_balance", ["\"0\"", "\"1\""], ["\"-1\"", "\"\""]),
    ] {
        for value in good {
            assert!(with(&format!("{name} = {value}")).is_ok(), "{name} = {value}");
        }
        for value in bad {
            let told = with(&format!("{name} = {value}")).unwrap_err();
            assert!(told.contains(&format!("chains.collection.{name}")), "{value}: {told}");
        }
    }
}
