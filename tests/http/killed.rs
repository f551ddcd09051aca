//! The program itself, killed in the middle of its work: what it answered stays done, and nothing is done twice.

use crate::harness::House;
use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread,
};

const CYCLES: usize = 20;
const CALLERS: usize = 8;
/// Requests of a cycle, more than it gets to answer.
const REQUESTS: usize = 2_000;

/// `aio serve` on the database of a house, in a folder of its settings.
struct Program {
    server: Child,
    address: String,
}

impl Program {
    fn start(folder: &Path) -> Self {
        let mut server = Command::new(env!("CARGO_BIN_EXE_aio"))
            .args(["--config", "aio.toml", "serve"])
            .current_dir(folder)
            .env_clear()
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut first = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut first).unwrap();
        let address = first.trim().rsplit(' ').next().unwrap().to_owned();
        Self { server, address }
    }

    /// Kill, not terminate: the program gets no chance to say goodbye.
    fn kill(&mut self) {
        self.server.kill().unwrap();
        self.server.wait().unwrap();
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        drop(self.server.kill());
        drop(self.server.wait());
    }
}

/// Posts an echo under a name; nothing when the server died before the answer was whole.
fn post(address: &str, key: &str, name: &str, body: &str) -> Option<String> {
    let mut stream = TcpStream::connect(address).ok()?;
    let request = format!(
        "POST /v1/echo HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\nIdempotency-Key: {name}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    answer.ends_with('}').then_some(answer)
}

fn is_replayed(answer: &str) -> bool {
    answer.to_ascii_lowercase().contains("\r\nidempotent-replayed: true\r\n")
}

fn body(name: &str) -> String {
    format!(r#"{{"order":"{name}"}}"#)
}

/// Sends until the program is killed after `enough` answers; gives the names that were answered.
fn until_killed(program: &mut Program, key: &str, cycle: usize, enough: usize) -> Vec<String> {
    let next = AtomicUsize::new(0);
    let answered = Mutex::new(Vec::new());
    let (reached, wait) = mpsc::channel();
    let address = program.address.clone();
    thread::scope(|scope| {
        for _ in 0..CALLERS {
            let reached = reached.clone();
            let (next, answered, address) = (&next, &answered, &address);
            scope.spawn(move || {
                loop {
                    let number = next.fetch_add(1, Ordering::SeqCst);
                    let name = format!("c{cycle}-{number}");
                    if number >= REQUESTS {
                        break;
                    }
                    let Some(answer) = post(address, key, &name, &body(&name)) else { break };
                    assert!(answer.starts_with("HTTP/1.1 200"), "{name}: {answer}");
                    assert!(!is_replayed(&answer), "{name}: {answer}");
                    let mut answered = answered.lock().unwrap();
                    answered.push(name);
                    if answered.len() == enough {
                        reached.send(()).unwrap();
                    }
                }
            });
        }
        wait.recv().unwrap();
        program.kill();
    });
    answered.into_inner().unwrap()
}

/// The folder that the program starts in: settings, and the master key of the house.
fn settings(house: &House) -> PathBuf {
    let folder = house.folder.path().to_path_buf();
    house.write_master_key(&folder.join("master.key"));
    let text = format!(
        "listen = \"127.0.0.1:0\"\norigin = \"http://127.0.0.1:3000\"\nnetwork = \"test\"\n\
         master_key_file = '{}'\nsite_root = '{}'\n[limits]\naddress_per_minute = 6000000\n\
         [database]\nurl = \"{}\"\n",
        folder.join("master.key").display(),
        folder.join("site").display(),
        house.database_url(),
    );
    fs::write(folder.join("aio.toml"), text).unwrap();
    folder
}

async fn killed(house: House) {
    let owner = house.owner().await;
    let input = aio_service::KeyInput {
        label: "Till".into(),
        allowlist_mode: Some(aio_domain::AllowlistMode::Any),
        rate: "6000000".into(),
        ..aio_service::KeyInput::default()
    };
    let key = house.make_key(&owner, input).await.secret;
    let folder = settings(&house);
    let work = move || {
        let mut program = Program::start(&folder);
        for cycle in 0..CYCLES {
            let answered = until_killed(&mut program, &key, cycle, 5 + cycle * 7);
            program = Program::start(&folder);
            for name in &answered {
                let again = post(&program.address, &key, name, &body(name)).unwrap();
                assert!(is_replayed(&again), "{name} was answered and is forgotten: {again}");
                assert!(again.ends_with(&body(name)), "{name}: {again}");
            }
            let name = &answered[0];
            let other = post(&program.address, &key, name, r#"{"order":"another"}"#).unwrap();
            assert!(other.starts_with("HTTP/1.1 422"), "{name}: {other}");
            // What was on its way when the program died is done now or was done then, once.
            for number in 0..answered.len() + CALLERS {
                let name = format!("c{cycle}-{number}");
                let answer = post(&program.address, &key, &name, &body(&name)).unwrap();
                assert!(answer.ends_with(&body(&name)), "{name}: {answer}");
                let again = post(&program.address, &key, &name, &body(&name)).unwrap();
                assert!(is_replayed(&again), "{name}: {again}");
            }
        }
    };
    tokio::task::spawn_blocking(work).await.unwrap();
    house.close().await;
}

#[tokio::test]
async fn api_05_kill_9_forgets_no_answer_and_does_no_request_twice() {
    killed(House::new().await).await;
}

#[tokio::test]
async fn api_05_kill_9_forgets_no_answer_and_does_no_request_twice_on_postgres() {
    if let Some(house) = House::postgres().await {
        killed(house).await;
    }
}
