//! The one program: every role of an installation is a subcommand.

mod bench;
mod command;
mod failure;
mod import;
mod installation;
mod runtime;

use std::process::ExitCode;

use clap::Parser;

use crate::command::Cli;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(wrong) => return usage(&wrong),
    };
    match command::run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
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
