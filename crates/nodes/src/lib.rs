//! Real nodes, started on this machine on free ports and stopped when they are dropped. `scripts/tools` installs them;
//! one that is missing is an error, never a reason to leave a test out.

mod anvil;
mod knots;
mod process;

pub use anvil::Anvil;
pub use knots::Knots;
pub use process::{Node, NodeError, free_port, program};
