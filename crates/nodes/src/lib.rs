//! Real nodes, started on this machine on free ports and stopped when they are dropped. `scripts/tools` installs them;
//! one that is missing is an error, never a reason to leave a test out.

mod process;

pub use process::{Node, NodeError, free_port, program};
