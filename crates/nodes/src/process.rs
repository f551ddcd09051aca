//! One child process: found, started, waited for, stopped.

use std::{
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    thread::sleep,
    time::Duration,
};

/// How often, and how long between, it is asked whether it listens: a minute at most.
const ASKED: u32 = 3000;
const BETWEEN: Duration = Duration::from_millis(20);

/// Ports that are looked through for a free one: below those that systems give away.
const FIRST_PORT: u32 = 12_000;
const PORTS: u32 = 20_000;

/// Why a node does not run.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// It is not installed.
    #[error("{0} is missing: run scripts/tools")]
    Missing(String),
    /// It cannot be started, or ended at once.
    #[error("{name} does not start: {why}")]
    DoesNotStart {
        /// The program.
        name: String,
        /// What the system says.
        why: String,
    },
    /// Another problem of the system.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// A node that runs until this is dropped.
#[derive(Debug)]
pub struct Node {
    child: Child,
    name: String,
}

impl Node {
    /// Starts the command and waits until something listens on the port.
    pub fn start(name: &str, command: &mut Command, port: u16) -> Result<Self, NodeError> {
        let failed = |why: String| NodeError::DoesNotStart { name: name.to_owned(), why };
        let child =
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let mut node = Self {
            child: child.map_err(|error| failed(error.to_string()))?,
            name: name.to_owned(),
        };
        for _ in 0..ASKED {
            if TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok() {
                return Ok(node);
            }
            if let Some(status) = node.child.try_wait()? {
                return Err(failed(format!("it ended with {status}")));
            }
            sleep(BETWEEN);
        }
        Err(failed("nothing listens after a minute".to_owned()))
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Kills it as a power cut does, and waits until it is gone.
    pub fn kill(&mut self) -> Result<(), NodeError> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Node {
    /// Asks it to stop, and waits until it is gone; one that is gone already has nothing to do. It is killed when it
    /// takes longer than a minute.
    pub fn stop(&mut self) -> Result<(), NodeError> {
        if self.child.try_wait()?.is_some() {
            return Ok(());
        }
        // The standard library only kills, and not every system has a program for it; every shell can.
        let mut ask = Command::new("sh");
        let asked = ask.args(["-c", "kill -TERM \"$0\"", &self.child.id().to_string()]).status()?;
        if asked.success() {
            for _ in 0..ASKED {
                if self.child.try_wait()?.is_some() {
                    return Ok(());
                }
                sleep(BETWEEN);
            }
        }
        self.kill()
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // Already gone is as good.
        drop(self.kill());
    }
}

/// A port of the loopback interface that is free now. None of those that the system gives to whoever connects
/// somewhere: it may give one away again before the node listens. Tests of other processes look elsewhere.
pub fn free_port() -> Result<u16, NodeError> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    for _ in 0..PORTS {
        let n = NEXT.fetch_add(1, Ordering::Relaxed);
        let place = std::process::id().wrapping_mul(64).wrapping_add(n) % PORTS;
        let Ok(port) = u16::try_from(FIRST_PORT + place) else { continue };
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return Ok(port);
        }
    }
    // All taken: then one that the system gives away.
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// Finds a program: where the variable says, in the cache's folder of nodes, or on the path.
pub fn program(name: &str, variable: &str) -> Result<PathBuf, NodeError> {
    if let Some(told) = std::env::var_os(variable) {
        return Ok(PathBuf::from(told));
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    cache()
        .map(|cache| cache.join("nodes/bin"))
        .into_iter()
        .chain(std::env::split_paths(&path))
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
        .ok_or_else(|| NodeError::Missing(name.to_owned()))
}

/// The per-user cache that `scripts/tools` fills.
fn cache() -> Option<PathBuf> {
    let told = std::env::var_os("AIO_CACHE").map(PathBuf::from);
    told.or_else(|| Some(Path::new(&std::env::var_os("HOME")?).join(".cache/aio")))
}
