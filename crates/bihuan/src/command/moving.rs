//! `bihuan move`.

use std::path::PathBuf;

use bihuan_store::moving::{Moved, Moving, PAGE_ROWS, Progress, Side};
use clap::Args;
use indicatif::{HumanCount, ProgressBar, ProgressStyle};
use jiff::Timestamp;

use crate::failure::Failure;
use crate::installation::{Installation, make_private};

/// What to move, and where to.
#[derive(Args)]
pub struct Move {
    /// The data directory of the installation. It must not be served meanwhile, and is left as it is.
    #[arg(long, value_name = "DIR")]
    from: PathBuf,
    /// Its PostgreSQL database; by default the SQLite file in its directory. A URL with a password is best
    /// given through the environment.
    #[arg(
        long,
        value_name = "URL",
        env = "BIHUAN_FROM_DATABASE_URL",
        hide_env_values = true
    )]
    from_database_url: Option<String>,
    /// The data directory that it is to have; may be the same, for the files in it are kept once.
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// The PostgreSQL database that it is to have, with nothing in it; by default a SQLite file in the
    /// directory.
    #[arg(
        long,
        value_name = "URL",
        env = "BIHUAN_TO_DATABASE_URL",
        hide_env_values = true
    )]
    to_database_url: Option<String>,
    /// The file that holds the master key; by default beside the directory that is moved. The environment
    /// variable BIHUAN_MASTER_KEY may hold the key itself instead.
    #[arg(long, value_name = "FILE")]
    master_key: Option<PathBuf>,
}

/// Moves an installation, or goes on where a move was broken off.
pub fn run(wanted: &Move) -> Result<(), Failure> {
    let source = Installation {
        data: wanted.from.clone(),
        master_key: wanted.master_key.clone(),
        database_url: wanted.from_database_url.clone(),
    };
    let target = Installation {
        data: wanted.to.clone(),
        master_key: None,
        database_url: wanted.to_database_url.clone(),
    };
    let options = source.options()?;
    make_private(&wanted.to)?;
    let moving = Moving {
        from: side(&source),
        to: side(&target),
        master_key: options.master_key,
        now: Timestamp::now(),
        page_rows: PAGE_ROWS,
    };
    let moved = shown(&moving)?;
    let rows = moved.tables.iter().map(|table| table.rows).sum();
    let (rows, tables) = (HumanCount(rows), moved.tables.len());
    println!(
        "{rows} rows of {tables} tables and {} files, the same on both sides",
        moved.files
    );
    println!("It opens with the master key that it had.");
    println!(
        "Name it with --master-key, or put it at {}.",
        target.key_file()?.display()
    );
    println!("The source is still there: do not serve both.");
    Ok(())
}

fn side(installation: &Installation) -> Side {
    Side {
        directory: installation.data.clone(),
        database_url: installation.database_url.clone(),
    }
}

/// Moves and draws how far it is.
fn shown(moving: &Moving) -> Result<Moved, Failure> {
    let bar = ProgressBar::new_spinner();
    let style = "{msg} [{bar:30}] {human_pos}/{human_len} {per_sec} {eta}";
    if let Ok(style) = ProgressStyle::with_template(style) {
        bar.set_style(style);
    }
    let outcome = moving.run(&mut |progress| match progress {
        Progress::Rows { done, total } => {
            bar.set_message("rows, copied and compared");
            bar.set_length(total);
            bar.set_position(done);
        }
        Progress::Files { done } => bar.set_message(format!("{done} files")),
    });
    bar.finish_and_clear();
    outcome.map_err(Failure::opening)
}
