//! A Bitcoin node of its own: no peers, blocks only when they are asked for.

use crate::{Node, NodeError, free_port, program};
use std::process::Command;
use tempfile::TempDir;

/// Name and password of the RPC: it listens on loopback only, and its coins are worth nothing.
const USER: &str = "aio";
const PASSWORD: &str = "regtest";

/// Bitcoin Knots in regtest mode, with an index of all transactions.
///
/// Mine more than 121 blocks before a wallet pays. Wallets sometimes set a lock time of up to a hundred blocks ago, and
/// Knots does not pass on what has lock time 21, which is the mark of a kind of collectible: one payment in a thousand
/// would get lost.
#[derive(Debug)]
pub struct Knots {
    // Dropped before the folder it writes to.
    node: Node,
    folder: TempDir,
    port: u16,
}

impl Knots {
    /// Starts it in a new folder, on a free port.
    pub fn start() -> Result<Self, NodeError> {
        let folder = tempfile::Builder::new().prefix("aio-knots-").tempdir()?;
        let port = free_port()?;
        Ok(Self { node: run(&folder, port)?, folder, port })
    }

    /// Where its RPC listens.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Name and password of its RPC.
    pub const fn auth(&self) -> (&'static str, &'static str) {
        (USER, PASSWORD)
    }

    /// Kills it as a power cut does; the folder stays.
    pub fn kill(&mut self) -> Result<(), NodeError> {
        self.node.kill()
    }

    /// Starts it again on the same folder and port, after killing it where it still runs.
    pub fn restart(&mut self) -> Result<(), NodeError> {
        self.node.kill()?;
        self.node = run(&self.folder, self.port)?;
        Ok(())
    }
}

fn run(folder: &TempDir, port: u16) -> Result<Node, NodeError> {
    let mut command = Command::new(program("bitcoind", "AIO_BITCOIND")?);
    command
        .arg(format!("-datadir={}", folder.path().display()))
        .arg(format!("-rpcport={port}"))
        .arg(format!("-rpcuser={USER}"))
        .arg(format!("-rpcpassword={PASSWORD}"))
        .args(["-regtest", "-server=1", "-listen=0", "-dnsseed=0", "-txindex=1"])
        .args(["-rpcbind=127.0.0.1", "-rpcallowip=127.0.0.1", "-fallbackfee=0.00002"]);
    Node::start("bitcoind", &mut command, port)
}
