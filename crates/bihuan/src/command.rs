//! The subcommands, one file each.

mod archive;
mod backup;
mod bench;
mod calendar;
mod demo;
mod doctor;
mod explain;
mod export;
mod import;
mod init;
mod moving;
mod pack;
mod reference;
mod serve;
mod sim;
mod tenant;
mod unit;
mod user;
mod verify;

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
    /// Make a data directory with its first tenant and its master key.
    Init(init::Init),
    /// Serve pages, portal and API until asked to stop.
    Serve(serve::Serve),
    /// Found a fictional city with a year behind it, and serve it.
    Demo(demo::DemoCity),
    /// Bring records of other systems in.
    #[command(subcommand)]
    Import(import::Task),
    /// Bring the log out.
    #[command(subcommand)]
    Export(export::Task),
    /// Verify the log and everything that follows from it; exit 1 if something is not as it must be.
    Verify(verify::Verify),
    /// Look an installation over; exit 1 if something is found that must not go on.
    Doctor(doctor::Doctor),
    /// Print a signed checkpoint of the log, to be kept outside.
    Checkpoint(verify::Checkpoint),
    /// Copy an installation into a new directory while it runs.
    Backup(backup::Backup),
    /// Make a data directory of a backup, checking every file of it.
    Restore(backup::Restore),
    /// Move what was said and done in cases that ended long ago to another disk; they stay searchable.
    Archive(archive::Archive),
    /// Move an installation to another database, SQLite or PostgreSQL; run it again where it was broken off.
    Move(moving::Move),
    /// Found further tenants in a data directory.
    #[command(subcommand)]
    Tenant(tenant::Task),
    /// Bring units into the org tree.
    #[command(subcommand)]
    Unit(unit::Task),
    /// Make and change logins.
    #[command(subcommand)]
    User(user::Task),
    /// Make tokens for programs.
    #[command(subcommand)]
    Token(user::TokenTask),
    /// Check, install and explain policy packs.
    #[command(subcommand)]
    Pack(pack::Task),
    /// Compute with the working-day calendar.
    #[command(subcommand)]
    Calendar(calendar::Task),
    /// Measure.
    #[command(subcommand)]
    Bench(bench::Task),
    /// Let the fictional city's people use a running server, and check what became of it.
    #[command(subcommand)]
    Sim(sim::Task),
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
        Task::Init(wanted) => init::run(&wanted),
        Task::Serve(wanted) => serve::run(&wanted),
        Task::Demo(wanted) => demo::run(&wanted),
        Task::Import(task) => import::run(&task),
        Task::Export(task) => export::run(&task),
        Task::Verify(wanted) => verify::verify(&wanted),
        Task::Doctor(wanted) => doctor::run(&wanted),
        Task::Checkpoint(wanted) => verify::checkpoint(&wanted),
        Task::Backup(wanted) => backup::backup(&wanted),
        Task::Restore(wanted) => backup::restore(&wanted),
        Task::Archive(wanted) => archive::run(&wanted),
        Task::Move(wanted) => moving::run(&wanted),
        Task::Tenant(task) => tenant::run(&task),
        Task::Unit(task) => unit::run(&task),
        Task::User(task) => user::run(&task),
        Task::Token(task) => user::tokens(&task),
        Task::Pack(task) => pack::run(&task),
        Task::Calendar(task) => calendar::run(&task),
        Task::Bench(task) => bench::run(&task),
        Task::Sim(task) => sim::run(&task),
        Task::Completions(wanted) => reference::completions(&wanted, Cli::command()),
        Task::Reference => reference::markdown(Cli::command()),
    }
}
