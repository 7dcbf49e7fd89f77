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
