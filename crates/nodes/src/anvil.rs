//! A node of an Ethereum-type chain of its own: no peers, blocks only when they are asked for.

use crate::{Node, NodeError, free_port, program};
use std::process::Command;
use tempfile::TempDir;

/// The chain id where none is told: the usual one of development chains.
const CHAIN_ID: u64 = 31_337;

/// anvil, with a few rich accounts that it signs for, and its blocks in a file while it does not run.
///
/// A block comes with `anvil_mine`. What the chain calls final is two blocks below the newest one.
#[derive(Debug)]
pub struct Anvil {
    // Dropped before the folder it writes to.
    node: Node,
    folder: TempDir,
    port: u16,
    chain_id: u64,
}

impl Anvil {
    /// Starts it in a new folder, on a free port.
    pub fn start() -> Result<Self, NodeError> {
        Self::start_as(CHAIN_ID)
    }

    /// Starts it as a chain of this id.
    pub fn start_as(chain_id: u64) -> Result<Self, NodeError> {
        let folder = tempfile::Builder::new().prefix("aio-anvil-").tempdir()?;
        let port = free_port()?;
        Ok(Self { node: run(&folder, port, chain_id)?, folder, port, chain_id })
    }

    /// Where its RPC listens.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The chain's id.
    pub const fn chain_id(&self) -> u64 {
        self.chain_id
    }

    /// Kills it as a power cut does. It writes its blocks only when it stops in good order: those since then are lost.
    pub fn kill(&mut self) -> Result<(), NodeError> {
        self.node.kill()
    }

    /// Stops it in good order: its blocks are in the folder. What waited to be mined is lost.
    pub fn stop(&mut self) -> Result<(), NodeError> {
        self.node.stop()
    }

    /// Starts it again on the same folder and port, after stopping it in good order where it still runs.
    pub fn restart(&mut self) -> Result<(), NodeError> {
        self.node.stop()?;
        self.node = run(&self.folder, self.port, self.chain_id)?;
        Ok(())
    }
}

fn run(folder: &TempDir, port: u16, chain_id: u64) -> Result<Node, NodeError> {
    let mut command = Command::new(program("anvil", "AIO_ANVIL")?);
    command
        .args(["--host", "127.0.0.1", "--silent", "--no-mining", "--slots-in-an-epoch", "1"])
        .args(["--port", &port.to_string(), "--chain-id", &chain_id.to_string()])
        .arg("--state")
        .arg(folder.path().join("state.json"))
        .arg("--preserve-historical-states");
    Node::start("anvil", &mut command, port)
}
