//! Migrations: numbered SQL files, applied once each, recorded in a version table.
//!
//! Applied files never change. A database newer than the program is refused.

pub mod partitions;

use std::path::Path;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::engine::connection::{Connection, Engine};
use crate::engine::sqlite::File;
use crate::error::StoreError;

/// One numbered step of the schema.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// Its number, from 1 without a gap.
    pub number: u32,
    /// Its name.
    pub name: &'static str,
    /// Its statements for SQLite.
    pub sqlite: &'static str,
    /// Its statements for PostgreSQL.
    pub postgres: &'static str,
}

/// All migrations, in order.
pub const MIGRATIONS: &[Migration] = &[
    Migration {
        number: 1,
        name: "founding",
        sqlite: include_str!("migrations/sqlite/0001_founding.sql"),
        postgres: include_str!("migrations/postgres/0001_founding.sql"),
    },
    Migration {
        number: 2,
        name: "search_merging",
        sqlite: include_str!("migrations/sqlite/0002_search_merging.sql"),
        postgres: include_str!("migrations/postgres/0002_search_merging.sql"),
    },
    Migration {
        number: 3,
        name: "lists",
        sqlite: include_str!("migrations/sqlite/0003_lists.sql"),
        postgres: include_str!("migrations/postgres/0003_lists.sql"),
    },
    Migration {
        number: 4,
        name: "dense",
        sqlite: include_str!("migrations/sqlite/0004_dense.sql"),
        postgres: include_str!("migrations/postgres/0004_dense.sql"),
    },
    Migration {
        number: 5,
        name: "archive",
        sqlite: include_str!("migrations/sqlite/0005_archive.sql"),
        postgres: include_str!("migrations/postgres/0005_archive.sql"),
    },
    Migration {
        number: 6,
        name: "marks",
        sqlite: include_str!("migrations/sqlite/0006_marks.sql"),
        postgres: include_str!("migrations/postgres/0006_marks.sql"),
    },
    Migration {
        number: 7,
        name: "phases",
        sqlite: include_str!("migrations/sqlite/0007_phases.sql"),
        postgres: include_str!("migrations/postgres/0007_phases.sql"),
    },
    Migration {
        number: 8,
        name: "notifications",
        sqlite: include_str!("migrations/sqlite/0008_notifications.sql"),
        postgres: include_str!("migrations/postgres/0008_notifications.sql"),
    },
    Migration {
        number: 9,
        name: "mail",
        sqlite: include_str!("migrations/sqlite/0009_mail.sql"),
        postgres: include_str!("migrations/postgres/0009_mail.sql"),
    },
    Migration {
        number: 10,
        name: "desk",
        sqlite: include_str!("migrations/sqlite/0010_desk.sql"),
        postgres: include_str!("migrations/postgres/0010_desk.sql"),
    },
    Migration {
        number: 11,
        name: "one_inbox",
        sqlite: include_str!("migrations/sqlite/0011_one_inbox.sql"),
        postgres: include_str!("migrations/postgres/0011_one_inbox.sql"),
    },
    Migration {
        number: 12,
        name: "layout",
        sqlite: include_str!("migrations/sqlite/0012_layout.sql"),
        postgres: include_str!("migrations/postgres/0012_layout.sql"),
    },
    Migration {
        number: 13,
        name: "webhooks",
        sqlite: include_str!("migrations/sqlite/0013_webhooks.sql"),
        postgres: include_str!("migrations/postgres/0013_webhooks.sql"),
    },
    Migration {
        number: 14,
        name: "handled",
        sqlite: include_str!("migrations/sqlite/0014_handled.sql"),
        postgres: include_str!("migrations/postgres/0014_handled.sql"),
    },
    Migration {
        number: 15,
        name: "handled_openly",
        sqlite: include_str!("migrations/sqlite/0015_handled_openly.sql"),
        postgres: include_str!("migrations/postgres/0015_handled_openly.sql"),
    },
    Migration {
        number: 16,
        name: "to_show",
        sqlite: include_str!("migrations/sqlite/0016_to_show.sql"),
        postgres: include_str!("migrations/postgres/0016_to_show.sql"),
    },
    Migration {
        number: 17,
        name: "ever_responsible",
        sqlite: include_str!("migrations/sqlite/0017_ever_responsible.sql"),
        postgres: include_str!("migrations/postgres/0017_ever_responsible.sql"),
    },
    Migration {
        number: 18,
        name: "closed",
        sqlite: include_str!("migrations/sqlite/0018_closed.sql"),
        postgres: include_str!("migrations/postgres/0018_closed.sql"),
    },
    Migration {
        number: 19,
        name: "of_a_unit",
        sqlite: include_str!("migrations/sqlite/0019_of_a_unit.sql"),
        postgres: include_str!("migrations/postgres/0019_of_a_unit.sql"),
    },
];

impl Migration {
    fn sql(&self, engine: Engine) -> &'static str {
        match engine {
            Engine::Sqlite => self.sqlite,
            Engine::Postgres => self.postgres,
        }
    }
}

const ADD_VERSION: &str = "INSERT INTO schema_version (number, name) VALUES ($1, $2)";
const VERSION: &str = "SELECT coalesce(max(number), 0) FROM schema_version";

/// Keeps two processes that start at once from migrating at once; ends with the transaction.
const POSTGRES_LOCK: &str = "SELECT pg_advisory_xact_lock(6200931)";

/// Brings the database to the newest schema, all of it or nothing.
///
/// # Errors
/// [`StoreError::Unavailable`] if the database is newer than this program.
pub(crate) fn migrate(connection: &Connection) -> Result<(), StoreError> {
    migrate_to(connection, MIGRATIONS)
}

fn migrate_to(connection: &Connection, migrations: &[Migration]) -> Result<(), StoreError> {
    connection.transaction_on_tables(|connection| {
        let versions = match connection.engine() {
            Engine::Sqlite => {
                "CREATE TABLE IF NOT EXISTS schema_version (
                    number INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL) STRICT"
            }
            Engine::Postgres => {
                connection.run(POSTGRES_LOCK)?;
                "CREATE TABLE IF NOT EXISTS schema_version (
                    number BIGINT NOT NULL PRIMARY KEY, name TEXT COLLATE \"C\" NOT NULL)"
            }
        };
        connection.run(versions)?;
        let newest = migrations.last().map_or(0, |migration| migration.number);
        let found = version(connection)?;
        if found > newest {
            return Err(StoreError::unavailable(format!(
                "the database has schema {found}, this program knows {newest}: use a newer program"
            )));
        }
        for migration in migrations.iter().filter(|migration| migration.number > found) {
            connection.run(migration.sql(connection.engine()))?;
            connection.execute(ADD_VERSION, (migration.number, migration.name))?;
        }
        Ok(())
    })
}

/// Makes the partitions of the months around `now` that are not there yet, and returns how many. Nothing is
/// to be made on SQLite.
pub(crate) fn make_partitions(connection: &Connection, now: Timestamp) -> Result<usize, StoreError> {
    if connection.engine() == Engine::Sqlite {
        return Ok(0);
    }
    partitions::make(connection, TimeZone::UTC.to_datetime(now).date())
}

/// Makes an empty database in a new file and returns it as the writer opens it: the same schema, the same
/// durability. For measuring what the engine can do by itself.
///
/// # Errors
/// [`StoreError::Unavailable`] if the file cannot be made.
pub fn new_database(path: &Path) -> Result<rusqlite::Connection, StoreError> {
    let file = File {
        path: path.to_owned(),
        vfs: None,
    };
    migrate(&Connection::Sqlite(file.open_writer()?))?;
    file.open_writer()
}

/// Returns the number of the last migration applied, 0 where none was.
pub(crate) fn version(connection: &Connection) -> Result<u32, StoreError> {
    connection.query_row(VERSION, (), |row| row.get(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn memory() -> Connection {
        Connection::in_memory().expect("memory")
    }

    #[test]
    fn migrating_twice_changes_nothing() {
        let connection = memory();
        migrate(&connection).expect("first");
        migrate(&connection).expect("second");
        assert_eq!(version(&connection).expect("version"), MIGRATIONS.len() as u32);
    }

    #[test]
    fn a_newer_database_is_refused() {
        let connection = memory();
        migrate(&connection).expect("first");
        connection
            .execute(ADD_VERSION, (999u32, "later"))
            .expect("insert");
        let refused = migrate(&connection).expect_err("newer");
        assert!(refused.to_string().contains("schema 999"), "{refused}");
    }

    /// Each release's data must open in the next: whatever lay there before a migration lies there after it.
    fn an_older_database_is_brought_up_to_date(connection: &Connection) {
        migrate_to(connection, &MIGRATIONS[..1]).expect("the first release's schema");
        assert_eq!(version(connection).expect("version"), 1);
        let add = "INSERT INTO mark (name, set_at) VALUES ($1, $2)";
        connection.execute(add, ("testing", 7u32)).expect("a row");
        migrate(connection).expect("brought up to date");
        assert_eq!(version(connection).expect("version"), MIGRATIONS.len() as u32);
        let marks = connection.query("SELECT name FROM mark", (), |row| row.get::<String>(0));
        assert_eq!(marks.expect("read"), ["testing"]);
    }

    fn server(database: &bihuan_test_postgres::Database) -> Connection {
        let place = crate::engine::database::Database::postgres(database.url());
        place.and_then(|place| place.open_writer()).expect("opens")
    }

    #[test]
    fn an_older_file_is_brought_up_to_date() {
        an_older_database_is_brought_up_to_date(&memory());
    }

    /// Writes what the third release wrote: two tenants whose events came in turns, the last without a place.
    const OF_BEFORE: &str = "
        INSERT INTO tenant (tenant, name_zh, name_en, wrapped_key, founded_at)
            VALUES (X'02', '甲', 'A', X'', 0), (X'01', '乙', 'B', X'', 0);
        INSERT INTO event (tenant, stream_kind, stream_id, version, recorded_at, data, prev, hash) VALUES
            (X'02', 1, X'00', 1, 11, X'7B317D', X'', X'A1'), (X'01', 1, X'00', 1, 12, X'7B327D', X'', X'B1'),
            (X'02', 4, X'AA', 1, 13, X'7B337D', X'', X'A2'), (X'02', 1, X'00', 2, 14, X'7B347D', X'A1', X'A3'),
            (X'01', 4, X'BB', 1, 15, X'7B357D', X'', X'B2'), (X'02', 4, X'AA', 2, 16, X'7B367D', X'A2', X'A4');
        INSERT INTO sequence (tenant, seq, stream_kind, stream_id, version, hash) VALUES
            (X'02', 0, 1, X'00', 1, X'A1'), (X'02', 1, 4, X'AA', 1, X'A2'), (X'02', 2, 1, X'00', 2, X'A3'),
            (X'01', 0, 1, X'00', 1, X'B1');
        INSERT INTO body (tenant, id, case_id, sealed, erased_at)
            VALUES (X'02', X'0B', X'AA', X'0C', NULL), (X'02', X'0A', X'AA', NULL, 7);";

    #[test]
    fn events_of_an_older_file_get_the_places_that_they_had() {
        let connection = memory();
        migrate_to(&connection, &MIGRATIONS[..3]).expect("the third schema");
        connection.run(OF_BEFORE).expect("rows");
        migrate(&connection).expect("brought up to date");
        let places = "SELECT place >> 40, place & 1099511627775, hash FROM event ORDER BY place";
        let places = connection.query(places, (), |row| {
            Ok((row.get::<i64>(0)?, row.get::<i64>(1)?, row.get::<Vec<u8>>(2)?))
        });
        let expected = [
            (1, 0, 0xA1),
            (1, 1, 0xA2),
            (1, 2, 0xA3),
            (1, 3, 0xA4),
            (2, 0, 0xB1),
            (2, 1, 0xB2),
        ];
        assert_eq!(
            places.expect("read"),
            expected.map(|(tenant, seq, hash)| (tenant, seq, vec![hash]))
        );
        let bodies = "SELECT id, sealed, erased_at FROM body ORDER BY id";
        let bodies = connection.query(bodies, (), |row| {
            Ok((
                row.get::<Vec<u8>>(0)?,
                row.get::<Option<Vec<u8>>>(1)?,
                row.get::<Option<i64>>(2)?,
            ))
        });
        let expected = [(vec![0x0A], None, Some(7)), (vec![0x0B], Some(vec![0x0C]), None)];
        assert_eq!(bodies.expect("read"), expected);
    }

    /// Whoever kept a view before views kept a layout has it as it was.
    fn an_older_view_says_nothing_of_its_layout(connection: &Connection) {
        let before = MIGRATIONS.iter().position(|migration| migration.name == "layout");
        migrate_to(connection, &MIGRATIONS[..before.expect("it is there")]).expect("the schema before");
        let add = "INSERT INTO saved_view (tenant, id, owner, shared, name, filter, sort, columns, made_at)
            VALUES ($1, $1, $1, 0, 'v', 'open', 'due', 'unit', 7)";
        connection.execute(add, (vec![7_u8],)).expect("a row");
        migrate(connection).expect("brought up to date");
        let views = "SELECT name, layout FROM saved_view";
        let views = connection.query(views, (), |row| {
            Ok((row.get::<String>(0)?, row.get::<Option<String>>(1)?))
        });
        assert_eq!(views.expect("read"), [("v".to_owned(), None)]);
    }

    #[test]
    fn views_of_an_older_database_say_nothing_of_their_layout() {
        an_older_view_says_nothing_of_its_layout(&memory());
        let database = bihuan_test_postgres::empty();
        an_older_view_says_nothing_of_its_layout(&server(&database));
    }

    /// Nobody asks in rows who was ever responsible; what else units are to a case stays.
    fn rows_of_who_was_ever_responsible_go(connection: &Connection) {
        let before = MIGRATIONS
            .iter()
            .position(|migration| migration.name == "ever_responsible");
        migrate_to(connection, &MIGRATIONS[..before.expect("it is there")]).expect("the schema before");
        let add = "INSERT INTO case_unit (tenant, role, unit, case_id) VALUES ($1, $2, $1, $1)";
        for role in 1..=3_i64 {
            connection.execute(add, (vec![7_u8], role)).expect("a row");
        }
        migrate(connection).expect("brought up to date");
        let roles = connection.query("SELECT role FROM case_unit ORDER BY role", (), |row| {
            row.get::<i64>(0)
        });
        assert_eq!(roles.expect("read"), [1, 2]);
    }

    #[test]
    fn rows_of_an_older_database_that_nobody_reads_go() {
        rows_of_who_was_ever_responsible_go(&memory());
        let database = bihuan_test_postgres::empty();
        rows_of_who_was_ever_responsible_go(&server(&database));
    }

    #[test]
    fn an_older_server_is_brought_up_to_date() {
        let database = bihuan_test_postgres::empty();
        an_older_database_is_brought_up_to_date(&server(&database));
    }

    #[test]
    fn a_newer_server_is_refused() {
        let database = bihuan_test_postgres::empty();
        let connection = server(&database);
        migrate(&connection).expect("first");
        connection
            .execute(ADD_VERSION, (999u32, "later"))
            .expect("insert");
        let refused = migrate(&connection).expect_err("newer");
        assert!(refused.to_string().contains("schema 999"), "{refused}");
    }

    #[test]
    fn migrations_are_numbered_without_a_gap() {
        for (place, migration) in MIGRATIONS.iter().enumerate() {
            assert_eq!(migration.number as usize, place + 1);
        }
    }
}
