//! The three proxies that operators put in front, each a real one: whatever a caller writes into
//! `X-Forwarded-For`, the server sees the address that the proxy saw.

use crate::{harness::House, limits::Running};
use aio_domain::AllowlistMode;
use aio_service::KeyInput;
use std::{
    fs,
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpSocket, TcpStream},
};

/// A proxy that is ended with the test.
struct Proxy(Child);

impl Drop for Proxy {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Starts a proxy with a file of settings and waits until it takes connections.
async fn start(folder: &Path, program: &str, words: &[&str], settings: &str, port: u16) -> Proxy {
    fs::write(folder.join("settings"), settings).unwrap();
    let log = fs::File::create(folder.join("log")).unwrap();
    let child = Command::new(program)
        .args(words)
        .current_dir(folder)
        // Caddy keeps its state under these.
        .env("HOME", folder)
        .env("XDG_CONFIG_HOME", folder)
        .env("XDG_DATA_HOME", folder)
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn()
        .expect("the proxy is installed: run scripts/tools test");
    let mut proxy = Proxy(child);
    for _ in 0..500 {
        let ended = proxy.0.try_wait().unwrap();
        if ended.is_some() || TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let ready = TcpStream::connect(("127.0.0.1", port)).await.is_ok();
    assert!(ready, "{program}: {}", fs::read_to_string(folder.join("log")).unwrap());
    proxy
}

async fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port()
}

/// Asks through the proxy from an address of this machine, with lines of the caller's own making.
async fn ask(port: u16, from: &str, key: &str, lines: &[&str]) -> String {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::new(from.parse().unwrap(), 0)).unwrap();
    let mut stream = socket.connect(([127, 0, 0, 1], port).into()).await.unwrap();
    let forged = lines.iter().flat_map(|line| [*line, "\r\n"]).collect::<String>();
    let request = format!(
        "GET /v1/whoami HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {key}\r\n\
         {forged}Connection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

const FORGED: [&[&str]; 5] = [
    &[],
    &["X-Forwarded-For: 203.0.113.9"],
    &["X-Forwarded-For: 203.0.113.9, 127.0.0.1"],
    &["X-Forwarded-For: 203.0.113.9", "X-Forwarded-For: 198.51.100.1"],
    &["X-Real-IP: 203.0.113.9", "Forwarded: for=203.0.113.9"],
];

async fn behind(program: &str, words: &[&str], settings: impl Fn(u16, SocketAddr) -> String) {
    let house = House::with("trusted_proxies = [\"127.0.0.1\"]").await;
    let owner = house.owner().await;
    let listed = KeyInput {
        label: "Listed".into(),
        allowlist_mode: Some(AllowlistMode::Listed),
        rules: "127.0.0.2".into(),
        ..KeyInput::default()
    };
    let key = house.make_key(&owner, listed).await.secret;
    let server = Running::on(&house, "127.0.0.1:0").await;
    let port = free_port().await;
    let folder = tempfile::tempdir().unwrap();
    let text = settings(port, server.address);
    let _proxy = start(folder.path(), program, words, &text, port).await;
    for lines in FORGED {
        let allowed = ask(port, "127.0.0.2", &key, lines).await;
        assert!(allowed.starts_with("HTTP/1.1 200"), "{program} {lines:?}: {allowed}");
        assert!(allowed.contains(r#""address":"127.0.0.2""#), "{program} {lines:?}: {allowed}");
        // Whoever comes from elsewhere cannot write himself in.
        let refused = ask(port, "127.0.0.3", &key, lines).await;
        assert!(refused.starts_with("HTTP/1.1 401"), "{program} {lines:?}: {refused}");
    }
    let named = ask(port, "127.0.0.3", &key, &["X-Forwarded-For: 127.0.0.2"]).await;
    assert!(named.starts_with("HTTP/1.1 401"), "{program}: {named}");
    // Past the proxy nobody gets in, whatever he says.
    let past = ask(server.address.port(), "127.0.0.2", &key, &["X-Forwarded-For: 127.0.0.2"]).await;
    assert!(past.starts_with("HTTP/1.1 403"), "{past}");
}

#[tokio::test]
async fn ipa_01_ipa_02_behind_nginx_the_address_is_the_one_nginx_saw() {
    behind("nginx", &["-p", ".", "-c", "settings", "-e", "log"], |port, server| {
        format!(
            "daemon off; master_process off; pid nginx.pid; events {{}}\n\
             http {{ access_log off; client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;\n\
             uwsgi_temp_path uwsgi; scgi_temp_path scgi;\n\
             server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://{server};\n\
             proxy_bind 127.0.0.1; proxy_set_header Host $host;\n\
             proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; }} }} }}\n"
        )
    })
    .await;
}

#[tokio::test]
async fn ipa_01_ipa_02_behind_haproxy_the_address_is_the_one_haproxy_saw() {
    behind("haproxy", &["-db", "-f", "settings"], |port, server| {
        format!(
            "defaults\n mode http\n timeout connect 5s\n timeout client 30s\n timeout server 30s\n\
             frontend shop\n bind 127.0.0.1:{port}\n option forwardfor\n default_backend aio\n\
             backend aio\n server aio {server} source 127.0.0.1\n"
        )
    })
    .await;
}

#[tokio::test]
async fn ipa_01_ipa_02_behind_caddy_the_address_is_the_one_caddy_saw() {
    behind("caddy", &["run", "--config", "settings", "--adapter", "caddyfile"], |port, server| {
        format!(
            "{{\n admin off\n auto_https off\n}}\n\
             http://127.0.0.1:{port} {{\n reverse_proxy {server}\n}}\n"
        )
    })
    .await;
}
