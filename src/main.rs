//! The `aio` program: see `aio --help`.

use std::process::ExitCode;

/// A page is made of many small pieces.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    aio::server::cli::main()
}
