//! The subcommands, one file each.

mod calendar;
mod pack;
mod reference;

use clap::{CommandFactory, Parser, Subcommand};

use crate::failure::Failure;

/// Bihuan 闭环: every problem gets an owner, a deadline and a proof.
#[derive(Parser)]
#[command(name = "bihuan", version, about, disable_help_subcommand = true)]
pub struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Compute with the working-day calendar.
    #[command(subcommand)]
    Calendar(calendar::Task),
    /// Check and explain policy packs.
    #[command(subcommand)]
    Pack(pack::Task),
    /// Print shell completions.
    Completions(reference::Completions),
    /// Print the reference of all commands as Markdown.
    Reference,
}

/// Runs what was asked.
///
/// # Errors
/// A [`Failure`] whose kind decides the exit code.
pub fn run(cli: Cli) -> Result<(), Failure> {
    match cli.task {
        Task::Calendar(task) => calendar::run(task),
        Task::Pack(task) => pack::run(task),
        Task::Completions(wanted) => reference::completions(&wanted, Cli::command()),
        Task::Reference => reference::markdown(Cli::command()),
    }
}
