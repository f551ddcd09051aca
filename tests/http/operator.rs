//! The command line, as the operator uses it.

use crate::harness::Regtest;
use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Command, Output, Stdio},
};
use tempfile::TempDir;

/// A folder with settings, and the program.
struct Host(TempDir);

impl Host {
    fn new() -> Self {
        let host = Self(tempfile::tempdir().unwrap());
        let path = host.path();
        let text = format!(
            "listen = \"127.0.0.1:0\"\norigin = \"http://127.0.0.1:3000\"\nnetwork = \"test\"\n\
             master_key_file = '{}'\nsite_root = '{}'\n[database]\nurl = \"sqlite:{}\"\n",
            path.join("master.key").display(),
            path.join("site").display(),
            path.join("aio.db").display(),
        );
        fs::write(path.join("aio.toml"), text).unwrap();
        host
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn aio(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_aio"));
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("AIO_")) {
            command.env_remove(name);
        }
        command.args(["--config", "aio.toml"]).args(arguments).current_dir(self.path());
        command
    }

    fn make_key(&self) -> Output {
        self.aio(&["key", "init", "--file", "master.key"])
    }

    fn mode(&self, name: &str) -> u32 {
        fs::metadata(self.path().join(name)).unwrap().permissions().mode() & 0o777
    }
}

fn said(output: &Output) -> String {
    let text = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    String::from_utf8(text).unwrap()
}

#[test]
fn aes_10_a_server_without_its_master_key_does_not_start_and_makes_none() {
    let host = Host::new();
    let output = host.aio(&["serve"]);
    assert!(!output.status.success());
    assert!(said(&output).contains("does not exist"), "{}", said(&output));
    assert!(said(&output).contains("aio key init --file"), "{}", said(&output));
    assert!(!host.path().join("master.key").exists() && !host.path().join("aio.db").exists());
}

#[test]
fn aes_10_a_master_key_that_others_can_read_is_not_used() {
    let host = Host::new();
    assert!(host.make_key().status.success());
    assert_eq!(host.mode("master.key"), 0o600);
    for mode in [0o640, 0o604, 0o660] {
        fs::set_permissions(host.path().join("master.key"), fs::Permissions::from_mode(mode))
            .unwrap();
        let output = host.aio(&["serve"]);
        assert!(!output.status.success());
        assert!(said(&output).contains("chmod 600"), "{}", said(&output));
    }
}

#[test]
fn aes_10_another_master_key_does_not_open_a_sealed_database() {
    let host = Host::new();
    assert!(host.make_key().status.success());
    assert!(host.aio(&["migrate"]).status.success());
    // The first command that starts the services seals the database.
    assert!(host.aio(&["audit", "verify"]).status.success());
    fs::rename(host.path().join("master.key"), host.path().join("old.key")).unwrap();

    let refused = host.make_key();
    assert!(!refused.status.success());
    assert!(said(&refused).contains("sealed with a master key already"), "{}", said(&refused));

    let elsewhere = Host::new();
    assert!(elsewhere.make_key().status.success());
    fs::copy(elsewhere.path().join("master.key"), host.path().join("master.key")).unwrap();
    for command in [&["serve"][..], &["audit", "verify"], &["doctor"]] {
        let output = host.aio(command);
        assert!(!output.status.success(), "{command:?}");
        let text = said(&output);
        assert!(text.contains("Put the right key back"), "{text}");
    }
}

#[test]
fn aes_10_a_key_file_is_never_overwritten() {
    let host = Host::new();
    assert!(host.make_key().status.success());
    let before = fs::read(host.path().join("master.key")).unwrap();
    assert!(!host.make_key().status.success());
    assert_eq!(fs::read(host.path().join("master.key")).unwrap(), before);
}

#[test]
fn ops_07_the_database_file_is_for_its_owner_only() {
    let host = Host::new();
    host.make_key();
    assert!(host.aio(&["migrate"]).status.success());
    assert_eq!(host.mode("aio.db"), 0o600);
}

#[test]
fn the_doctor_names_each_thing_that_is_wrong_and_how_to_mend_it() {
    let host = Host::new();
    let ill = host.aio(&["doctor"]);
    assert!(!ill.status.success());
    let text = said(&ill);
    for part in
        ["ok    settings", "WRONG site", "WRONG master key", "WRONG database", "aio migrate"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
    host.make_key();
    assert!(host.aio(&["migrate"]).status.success());
    let pkg = host.path().join("site/pkg");
    fs::create_dir_all(&pkg).unwrap();
    for name in ["dash.0123abcd.js", "dash.0123abcd.wasm", "dash.0123abcd.css"] {
        fs::write(pkg.join(name), "").unwrap();
    }
    let well = host.aio(&["doctor"]);
    assert!(well.status.success(), "{}", said(&well));
    assert!(!said(&well).contains("WRONG"), "{}", said(&well));
}

#[test]
fn ops_03_a_weak_setting_stops_every_command() {
    let host = Host::new();
    let text = fs::read_to_string(host.path().join("aio.toml")).unwrap();
    fs::write(host.path().join("aio.toml"), text.replace("127.0.0.1:0", "0.0.0.0:0")).unwrap();
    for command in [&["serve"][..], &["migrate"], &["doctor"]] {
        let output = host.aio(command);
        assert!(!output.status.success(), "{command:?}");
        assert!(said(&output).contains("listen:"), "{}", said(&output));
    }
    assert!(!host.path().join("aio.db").exists());
}

#[test]
fn host_commands_say_what_they_cannot_find() {
    let host = Host::new();
    host.make_key();
    host.aio(&["migrate"]);
    for command in [
        &["user", "reset-authenticator", "--email", "nobody@shop.example"][..],
        &["allowlist", "disable", "--merchant", "mer_01h455vb4pex5vsknk084sn02q"],
    ] {
        let output = host.aio(command);
        assert!(!output.status.success(), "{command:?}");
        assert!(said(&output).contains("Check the"), "{}", said(&output));
    }
}

#[test]
fn dat_10_a_signal_stops_the_server_with_its_log_written_back() {
    let host = Host::new();
    host.make_key();
    let mut command = host.command(&["serve"]);
    let mut server = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(server.stdout.take().unwrap()).lines().map(Result::unwrap);
    let first = lines.next().unwrap();
    let address = first.strip_prefix("AIO serves http://127.0.0.1:3000 on ").unwrap();
    let link = lines.find(|line| line.contains("/setup?token=")).unwrap();
    assert!(link.trim().starts_with("http://127.0.0.1:3000/setup?token="), "{link}");

    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.ends_with("ok"), "{answer}");

    let told = Command::new("kill").args(["-TERM", &server.id().to_string()]).status().unwrap();
    assert!(told.success() && server.wait().unwrap().success());
    let log = fs::metadata(host.path().join("aio.db-wal"));
    assert!(log.is_err() || log.unwrap().len() == 0, "the log was left behind");
}

/// The settings with a chain whose node is there.
fn with_chain(host: &Host, chain: &str) {
    let path = host.path().join("aio.toml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(path, format!("{text}\n{chain}")).unwrap();
}

#[tokio::test]
async fn the_doctor_asks_each_node_and_the_wrong_network_refuses_to_start() {
    let node = Regtest::start().await;
    let host = Host::new();
    assert!(host.make_key().status.success());
    assert!(host.aio(&["migrate"]).status.success());
    with_chain(&host, &node.settings());
    let told = said(&host.aio(&["doctor"]));
    assert!(told.contains("ok    bitcoin"), "{told}");
    assert!(told.contains("is at block 130"), "{told}");

    let path = host.path().join("aio.toml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("network = \"regtest\"", "network = \"signet\"")).unwrap();
    let told = said(&host.aio(&["doctor"]));
    assert!(told.contains("WRONG bitcoin"), "{told}");
    let refused = host.aio(&["serve"]);
    assert!(!refused.status.success());
    assert!(said(&refused).contains("the settings say signet"), "{}", said(&refused));

    // A node that is away is said to be away.
    let free = aio_nodes::free_port().unwrap();
    let away = text.replace(&node.node.url(), &format!("http://127.0.0.1:{free}"));
    fs::write(&path, away).unwrap();
    let told = said(&host.aio(&["doctor"]));
    assert!(told.contains("WRONG bitcoin") && told.contains("Is it running?"), "{told}");
}

#[tokio::test]
async fn the_seed_is_exported_on_the_host_and_taken_over_by_an_empty_installation_only() {
    let node = Regtest::start().await;
    let host = Host::new();
    assert!(host.make_key().status.success());
    assert!(host.aio(&["migrate"]).status.success());
    let none = host.aio(&["seed", "export"]);
    assert!(!none.status.success() && said(&none).contains("there is no seed yet"));
    with_chain(&host, &node.settings());
    let exported = host.aio(&["seed", "export"]);
    assert!(exported.status.success(), "{}", said(&exported));
    let words = String::from_utf8(exported.stdout).unwrap();
    assert_eq!(words.split_whitespace().count(), 24);
    assert_eq!(host.aio(&["seed", "export"]).stdout, words.as_bytes());

    let import = |host: &Host, words: &str| {
        let mut command = host.command(&["seed", "import", "--first-merchant", "40"]);
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut running = command.spawn().unwrap();
        running.stdin.take().unwrap().write_all(words.as_bytes()).unwrap();
        running.wait_with_output().unwrap()
    };
    let refused = import(&host, &words);
    assert!(!refused.status.success() && said(&refused).contains("has a seed already"));

    let other = Host::new();
    assert!(other.make_key().status.success());
    assert!(other.aio(&["migrate"]).status.success());
    with_chain(&other, &node.settings());
    let refused = import(&other, "zoo zoo zoo");
    assert!(!refused.status.success() && said(&refused).contains("not the words"));
    // Which addresses are handed out is for a person to say.
    for wrong in [&["seed", "import"][..], &["seed", "import", "--first-merchant", "-1"]] {
        assert!(said(&other.aio(wrong)).contains("--first-merchant"));
    }
    let taken = import(&other, &words);
    assert!(taken.status.success(), "{}", said(&taken));
    assert_eq!(other.aio(&["seed", "export"]).stdout, words.as_bytes());
    let told = said(&other.aio(&["audit", "verify"]));
    assert!(told.contains("ok"), "{told}");
}

#[tokio::test]
async fn a_chain_that_does_not_stand_still_is_not_resumed() {
    let node = Regtest::start().await;
    let host = Host::new();
    assert!(host.make_key().status.success());
    assert!(host.aio(&["migrate"]).status.success());
    with_chain(&host, &node.settings());
    let refused = host.aio(&["chain", "resume", "--chain", "bitcoin"]);
    assert!(!refused.status.success() && said(&refused).contains("does not stand still"));
    let refused = host.aio(&["chain", "resume", "--chain", "dogecoin"]);
    assert!(!refused.status.success() && said(&refused).contains("Check the chain's id"));
}
