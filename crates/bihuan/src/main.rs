//! The one program: every role of an installation is a subcommand.

mod bench;
mod command;
mod doctor;
mod failure;
mod import;
mod installation;
mod runtime;

use std::process::ExitCode;

use clap::Parser;

use crate::command::Cli;

/// A request makes some hundreds of small pieces of memory; the system's allocator takes a tenth of the
/// processor time of intake for them, this one half of that.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    take_memory_in_small_pages();
    end_where_nobody_reads();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(wrong) => return usage(&wrong),
    };
    match command::run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

/// Asks the system for no pages of two megabytes, which the allocator would have by default: each thread touches
/// little in many of them, so serving took twice the memory, and a tenth more of the processor to clear it.
fn take_memory_in_small_pages() {
    // A system that does not know of it gives more memory than is used, and all works the same.
    #[cfg(target_os = "linux")]
    let _ = rustix::thread::disable_transparent_huge_pages(true);
}

/// Ends the program quietly where whoever reads what it prints has seen enough, as in `bihuan doctor | head`: what
/// prints panics then.
fn end_where_nobody_reads() {
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let said = panic.payload_as_str().unwrap_or_default();
        let broken = std::io::Error::from(std::io::ErrorKind::BrokenPipe).to_string();
        let is_unread = said.strip_prefix("failed printing to stdout: ");
        if is_unread.is_some_and(|cause| cause.to_lowercase().starts_with(&broken)) {
            std::process::exit(0);
        }
        report(panic);
    }));
}

/// Prints help, or what is wrong with the command line.
fn usage(wrong: &clap::Error) -> ExitCode {
    // Where the terminal is gone there is nobody to tell.
    let _ = wrong.print();
    if wrong.use_stderr() {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}
