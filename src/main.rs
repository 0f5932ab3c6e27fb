//! `vigil`: arguments to settings to a command; the exit code says how it ended.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    besponsa_vigil::run::cli::main(std::env::args_os(), std::env::vars_os())
}
