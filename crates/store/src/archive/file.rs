//! Archiving into a file beside the database of SQLite.
//!
//! A batch takes two transactions. The first copies the bytes and syncs the archive; nothing of the database
//! changes. The second empties what lies in the archive byte by byte the same. So whatever is lost between the
//! two is there, and the next run does it again.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use bihuan_core::event::Stream;
use bihuan_core::id::{CaseId, Entropy};
use uuid::Uuid;

use super::{ArchiveFile, Archived, Archiving, Progress};
use crate::blob::sync_directory;
use crate::engine::archive::{self, BODY, EVENT, Kept};
use crate::engine::connection::{Connection, Row};
use crate::engine::database::Database;
use crate::engine::sql::statements;
use crate::engine::sqlite::File;
use crate::error::StoreError;
use crate::value::{Id, millis};

statements! {
    in sqlite
    NAME_ARCHIVE = "INSERT INTO archive (id, made_at) VALUES ($1, $2)";
    COUNT = "SELECT count(*) FROM case_row WHERE closed_at < $1 AND changed_at < $1";
    CASES = "SELECT tenant, id FROM case_row WHERE closed_at < $1 AND changed_at < $1 AND (tenant, id) > ($2, $3)
        ORDER BY tenant, id LIMIT $4";
    NOTE_ERASURE = "INSERT INTO archive_erasure (tenant, case_id, id) VALUES ($1, $2, $3)
        ON CONFLICT (tenant, case_id, id) DO NOTHING";
    ERASURES = "SELECT tenant, case_id, id FROM archive_erasure ORDER BY tenant, case_id, id";
    FORGET_ERASURE = "DELETE FROM archive_erasure WHERE tenant = $1 AND case_id = $2 AND id = $3";
    FREE = "SELECT p.page_size * f.freelist_count FROM pragma_page_size p, pragma_freelist_count f";
}

/// Cases in a batch: so few that whoever else writes hardly waits.
const BATCH_CASES: usize = 200;

/// The longest pause after a batch; a pause is as long as the batch took, so that others have every other
/// moment to write.
const LONGEST_PAUSE: Duration = Duration::from_millis(250);

/// After how many pages the archiving connection copies its write-ahead logs into the files.
const CHECKPOINT_PAGES: u32 = 4_000;

/// The cases of the batch, for statements that take them all; of the archiving connection alone.
const BATCH: &str = "CREATE TEMP TABLE IF NOT EXISTS archiving (tenant BLOB NOT NULL, id BLOB NOT NULL)";

// Statements on the archive, which can be prepared only where there is one.
const ERASE: &str = "DELETE FROM archive.body WHERE tenant = $1 AND case_id = $2 AND id = $3";
const CLEAR_BATCH: &str = "DELETE FROM temp.archiving";
const ADD_TO_BATCH: &str = "INSERT INTO temp.archiving (tenant, id) VALUES ($1, $2)";

/// Makes the archive unless there is one, and checks that it lies where it is wanted.
pub(super) fn found(
    connection: &Connection,
    database: &Database,
    wanted: &Archiving,
    entropy: &mut dyn Entropy,
) -> Result<(), StoreError> {
    let (Connection::Sqlite(sqlite), Database::Sqlite(file)) = (connection, database) else {
        return Err(StoreError::unavailable("only SQLite archives into a file"));
    };
    archive::follow(sqlite)?;
    let link = archive::file_of(sqlite)?;
    let folder = wanted.to.as_deref().map(Path::new);
    let place = folder.map(|folder| place_in(folder, &link)).transpose()?;
    if connection.has_archive() {
        return Ok(());
    }
    let path = place.clone().unwrap_or_else(|| link.clone());
    let mut id = [0; 16];
    entropy.fill(&mut id);
    let archive_file = File {
        path: path.clone(),
        vfs: file.vfs.clone(),
    };
    archive::make_file(sqlite, &archive_file, &id, millis(wanted.now))?;
    if let Some(place) = place.filter(|place| *place != link && !link.is_symlink()) {
        lead(&place, &link)?;
    }
    for folder in [&path, &link].into_iter().filter_map(|path| path.parent()) {
        sync_directory(folder)?;
    }
    connection.transaction(|connection| {
        connection.execute(NAME_ARCHIVE, (id.as_slice(), millis(wanted.now)))?;
        connection.run("PRAGMA main.user_version = 1")
    })?;
    archive::follow(sqlite)
}

/// Returns where the archive lies in a folder, if it may lie there.
fn place_in(folder: &Path, link: &Path) -> Result<PathBuf, StoreError> {
    let folder = fs::canonicalize(folder)
        .ok()
        .filter(|folder| folder.is_dir())
        .ok_or_else(|| StoreError::NotFound(format!("the directory {}", folder.display())))?;
    let place = folder.join(archive::FILE);
    let Ok(there) = link.symlink_metadata() else {
        return Ok(place);
    };
    let leads = if there.is_symlink() {
        link.read_link()?
    } else {
        fs::canonicalize(link)?
    };
    if leads == place {
        return Ok(place);
    }
    Err(StoreError::Conflict(format!(
        "the archive lies at {}: to have it elsewhere, stop the server, move the file and let {} lead to it",
        leads.display(),
        link.display()
    )))
}

#[cfg(unix)]
fn lead(place: &Path, link: &Path) -> Result<(), StoreError> {
    Ok(std::os::unix::fs::symlink(place, link)?)
}

#[cfg(not(unix))]
fn lead(_place: &Path, _link: &Path) -> Result<(), StoreError> {
    Err(StoreError::unavailable(
        "an archive in another directory needs symbolic links",
    ))
}

/// Moves what is to go over, batch by batch.
pub(super) fn move_all(
    connection: &Connection,
    before: i64,
    progress: &mut dyn FnMut(Progress),
) -> Result<Archived, StoreError> {
    connection.run(&format!("PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}"))?;
    connection.run(BATCH)?;
    let archived = each_batch(connection, before, progress, |connection| {
        let began = Instant::now();
        copy(connection)?;
        release(connection)?;
        sleep(began.elapsed().min(LONGEST_PAUSE));
        Ok(())
    })?;
    // What the logs hold goes into the files now, not when the next server stops.
    connection.query("PRAGMA wal_checkpoint(TRUNCATE)", (), |_counts| Ok(()))?;
    Ok(archived)
}

/// Says what would go over.
pub(super) fn weigh_all(
    connection: &Connection,
    before: i64,
    progress: &mut dyn FnMut(Progress),
) -> Result<Archived, StoreError> {
    // A table of the connection's own, which a reader may fill as well.
    connection.run("PRAGMA query_only = off")?;
    let weighed = connection
        .run(BATCH)
        .and_then(|()| each_batch(connection, before, progress, |_connection| Ok(())));
    connection.run("PRAGMA query_only = on")?;
    weighed
}

/// Goes through the cases that may go over, and hands those batches on of which something is still here.
fn each_batch(
    connection: &Connection,
    before: i64,
    progress: &mut dyn FnMut(Progress),
    mut take: impl FnMut(&Connection) -> Result<(), StoreError>,
) -> Result<Archived, StoreError> {
    let total: i64 = connection.query_row(COUNT, (before,), |row| row.get(0))?;
    let total = total.cast_unsigned();
    let (mut archived, mut done) = (Archived::default(), 0);
    let mut after = (Id(Uuid::nil()), Id(Uuid::nil()));
    loop {
        let params = (before, after.0, after.1, BATCH_CASES as i64);
        let cases = connection.query(CASES, params, |row| Ok((row.get::<Id>(0)?, row.get::<Id>(1)?)))?;
        let Some(last) = cases.last() else {
            return Ok(archived);
        };
        after = *last;
        connection.execute(CLEAR_BATCH, ())?;
        for (tenant, case) in &cases {
            connection.execute(ADD_TO_BATCH, (*tenant, *case))?;
        }
        let (heavy, size_bytes) = weigh(connection)?;
        if heavy > 0 {
            take(connection)?;
        }
        archived.cases += heavy;
        archived.size_bytes += size_bytes;
        done += cases.len() as u64;
        progress(Progress { done, total });
    }
}

/// Returns of how many cases of the batch something lies in the database, and how many bytes.
fn weigh(connection: &Connection) -> Result<(u64, u64), StoreError> {
    let read = |row: Row<'_>| {
        Ok((
            row.get::<i64>(0)?.cast_unsigned(),
            row.get::<i64>(1)?.cast_unsigned(),
        ))
    };
    let (events, texts) = (
        connection.query_row(&weight(EVENT), (), read)?,
        connection.query_row(&weight(BODY), (), read)?,
    );
    Ok((events.0.max(texts.0), events.1 + texts.1))
}

fn weight(kept: Kept) -> String {
    let Kept { table, column, .. } = kept;
    format!(
        "SELECT count(DISTINCT c.id), coalesce(sum(length(m.{column})), 0)
        FROM temp.archiving c CROSS JOIN main.{table} m ON {} WHERE length(m.{column}) > 0",
        of_case(kept)
    )
}

/// Returns the condition that a row `m` is of the case `c`.
fn of_case(kept: Kept) -> String {
    let (cases, _) = Stream::Case(CaseId(Uuid::nil())).key();
    match kept.table {
        "event" => format!("m.tenant = c.tenant AND m.stream_kind = {cases} AND m.stream_id = c.id"),
        _ => "m.tenant = c.tenant AND m.case_id = c.id".to_owned(),
    }
}

/// Copies the bytes of the batch into the archive. Whoever erases waits until this is over, and then finds them
/// there.
fn copy(connection: &Connection) -> Result<(), StoreError> {
    connection.transaction(|connection| {
        for kept in [EVENT, BODY] {
            let Kept {
                table, key, column, ..
            } = kept;
            let key = key.join(", ");
            let of_row: Vec<String> = kept.key.iter().map(|column| format!("m.{column}")).collect();
            let copy = format!(
                "INSERT INTO archive.{table} ({key}, {column}) SELECT {}, m.{column}
                FROM temp.archiving c CROSS JOIN main.{table} m ON {} WHERE length(m.{column}) > 0
                ON CONFLICT ({key}) DO UPDATE SET {column} = excluded.{column}",
                of_row.join(", "),
                of_case(kept)
            );
            connection.execute(&copy, ())?;
        }
        let batch = 1 + number(connection, "main")?.max(number(connection, "archive")?);
        connection.run(&format!("PRAGMA archive.user_version = {batch}"))
    })
}

/// Empties what of the batch lies in the archive. A row's place is set to what it is, which makes SQLite take the
/// row out and put it in again: so pages become empty, instead of having a hole where the bytes were.
fn release(connection: &Connection) -> Result<(), StoreError> {
    connection.transaction(|connection| {
        for kept in [EVENT, BODY] {
            let Kept { table, column, .. } = kept;
            let again: Vec<String> = kept
                .lies_by
                .iter()
                .map(|place| format!("{place} = {place}"))
                .collect();
            let of_row: Vec<String> = kept.lies_by.iter().map(|place| format!("m.{place}")).collect();
            let release = format!(
                "UPDATE main.{table} SET {column} = X'', {} WHERE ({}) IN (
                SELECT {} FROM temp.archiving c CROSS JOIN main.{table} m ON {}
                CROSS JOIN archive.{table} a ON {} WHERE length(m.{column}) > 0 AND a.{column} = m.{column})",
                again.join(", "),
                kept.lies_by.join(", "),
                of_row.join(", "),
                of_case(kept),
                kept.same_key("a", "m")
            );
            connection.execute(&release, ())?;
        }
        let batch = number(connection, "archive")?;
        connection.run(&format!("PRAGMA main.user_version = {batch}"))
    })
}

/// Returns how many batches went over.
fn number(connection: &Connection, schema: &str) -> Result<i64, StoreError> {
    connection.query_row(&format!("PRAGMA {schema}.user_version"), (), |row| row.get(0))
}

/// Erases a text that lies in the archive, and notes it until the archive surely forgot it.
pub(super) fn erase(connection: &Connection, tenant: Id, case: Id, body: Id) -> Result<(), StoreError> {
    if connection.execute(ERASE, (tenant, case, body))? > 0 {
        connection.execute(NOTE_ERASURE, (tenant, case, body))?;
    }
    Ok(())
}

/// Erases again what was noted. The archive's part is on disk before the notes go.
pub(super) fn erase_again(connection: &Connection) -> Result<(), StoreError> {
    let read = |row: Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
    let noted: Vec<(Id, Id, Id)> = connection.query(ERASURES, (), read)?;
    if noted.is_empty() {
        return Ok(());
    }
    for sql in [ERASE, FORGET_ERASURE] {
        connection.transaction(|connection| {
            let mut each = noted.iter();
            each.try_for_each(|row| connection.execute(sql, *row).map(drop))
        })?;
    }
    Ok(())
}

/// Describes the archive of a connection that sees it.
pub(super) fn describe(connection: &Connection) -> Result<ArchiveFile, StoreError> {
    let Connection::Sqlite(sqlite) = connection else {
        return Err(StoreError::unavailable("only SQLite archives into a file"));
    };
    let link = archive::file_of(sqlite)?;
    let path = fs::canonicalize(&link).map_err(|_gone| archive::missing(&link))?;
    Ok(ArchiveFile {
        size_bytes: path.metadata()?.len(),
        path,
        free_bytes: connection
            .query_row(FREE, (), |row| row.get::<i64>(0))?
            .cast_unsigned(),
    })
}
