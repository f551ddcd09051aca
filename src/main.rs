//! The `aio` program: see `aio --help`.

use std::process::ExitCode;

fn main() -> ExitCode {
    aio::server::cli::main()
}
