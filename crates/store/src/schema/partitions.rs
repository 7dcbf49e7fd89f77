//! Partitions of the PostgreSQL engine: which there must be, and the statements that make them.
//!
//! Events and bodies lie by the month of their case, whose id begins with its time: their partitions are made
//! ahead, at the founding and then once a day. Search documents lie by tenant: whoever founds one makes its
//! partition in the same transaction. SQLite has no partitions.

use bihuan_core::id::TenantId;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::engine::connection::Connection;
use crate::error::StoreError;

/// Lists the names of all partitions there are.
pub const EXISTING: &str = "SELECT CAST(c.relname AS TEXT) FROM pg_inherits i
    JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_class p ON p.oid = i.inhparent
    WHERE p.relname IN ('event', 'body', 'case_text') AND pg_table_is_visible(p.oid)
    ORDER BY c.relname";

/// Keeps two processes from making the same one at once; ends with the transaction.
const LOCK: &str = "SELECT pg_advisory_xact_lock(6200932)";

/// The first month with partitions of its own, as the founding migration has it; what is older lies together.
const FIRST_MONTH: Date = Date::constant(2026, 1, 1);

/// Months that are made ahead: how long the program may stand still before its events go to the partition
/// for the rest, from where they are moved once.
const MONTHS_AHEAD: i64 = 3;

/// The tables that lie by month, each with the column that the time is read from.
const BY_MONTH: [(&str, &str); 2] = [("event", "stream_id"), ("body", "case_id")];

/// A partition that has to be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partition {
    /// The name of its table.
    pub name: String,
    /// The statements that make it, to be run in one transaction where it is not there yet. They fail where
    /// readers do not let go of the table for a few seconds.
    pub sql: String,
}

/// Makes the monthly partitions that must be there on `today` and are not, and returns how many.
///
/// # Errors
/// [`StoreError::Unavailable`] if readers do not let go of a table for a few seconds.
pub(crate) fn make(connection: &Connection, today: Date) -> Result<usize, StoreError> {
    let existing = || connection.query(EXISTING, (), |row| row.get::<String>(0));
    let there = existing()?;
    let mut made = 0;
    for partition in months(today)? {
        if there.contains(&partition.name) {
            continue;
        }
        made += connection.transaction(|connection| {
            connection.run(LOCK)?;
            // Another process may have made it while this one waited for the lock.
            if existing()?.contains(&partition.name) {
                return Ok(0);
            }
            connection.run(&partition.sql)?;
            Ok(1)
        })?;
    }
    Ok(made)
}

/// Returns the monthly partitions of events and bodies that must be there on `today`, oldest first.
///
/// # Errors
/// [`StoreError::Unavailable`] where `today` lies past the calendar's last year.
pub fn months(today: Date) -> Result<Vec<Partition>, StoreError> {
    let last = today.first_of_month().checked_add(MONTHS_AHEAD.months());
    let last = last.map_err(|error| StoreError::caused("no months to make partitions for", error))?;
    let mut partitions = Vec::new();
    let mut month = FIRST_MONTH;
    while month <= last {
        let next = after(month)?;
        for (table, column) in BY_MONTH {
            partitions.push(Partition {
                name: format!("{table}_{}", month.strftime("%Y_%m")),
                sql: month_sql(table, column, month, &bound(month)?, &bound(next)?),
            });
        }
        month = next;
    }
    Ok(partitions)
}

/// A month of events and bodies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Month {
    /// The names of its partitions.
    pub(crate) tables: [String; 2],
    /// The beginning of its cases' ids.
    pub(crate) from: Vec<u8>,
    /// The beginning of the ids of the month after.
    pub(crate) to: Vec<u8>,
}

/// Returns the months that have partitions of their own and are over at `before`, oldest first.
pub(crate) fn months_before(before: Timestamp) -> Result<Vec<Month>, StoreError> {
    let mut months = Vec::new();
    let mut month = FIRST_MONTH;
    loop {
        let next = after(month)?;
        if beginning(next)? > before {
            return Ok(months);
        }
        let bytes =
            |month| Ok::<_, StoreError>(beginning(month)?.as_millisecond().to_be_bytes()[2..].to_vec());
        months.push(Month {
            tables: BY_MONTH.map(|(table, _)| format!("{table}_{}", month.strftime("%Y_%m"))),
            from: bytes(month)?,
            to: bytes(next)?,
        });
        month = next;
    }
}

/// Returns the partition of a new tenant's search documents.
///
/// The planner is to know how often some thousands of words occur, not the usual thousand: for a word it does
/// not know it walks the newest cases and looks into each, ten times slower than beginning with the matches.
pub fn of_tenant(tenant: TenantId) -> Partition {
    let id = tenant.0.simple();
    let name = format!("case_text_{id}");
    let sql = format!(
        "CREATE TABLE {name} PARTITION OF case_text FOR VALUES IN ('\\x{id}');
        ALTER TABLE {name} ALTER COLUMN tokens SET STATISTICS 500"
    );
    Partition { name, sql }
}

/// Makes the table beside its parent and attaches it, which locks out neither readers nor writers of the
/// parent, as making it in place would. What the partition for the rest holds of the month moves over first;
/// the star is on purpose, for a list of columns could forget one.
fn month_sql(table: &str, column: &str, month: Date, from: &str, to: &str) -> String {
    let name = format!("{table}_{}", month.strftime("%Y_%m"));
    format!(
        "SET LOCAL lock_timeout = '5s';
        CREATE TABLE {name} (LIKE {table} INCLUDING ALL);
        LOCK TABLE {table}_late IN ACCESS EXCLUSIVE MODE;
        WITH late AS (DELETE FROM {table}_late WHERE {column} >= '{from}' AND {column} < '{to}' RETURNING *)
        INSERT INTO {name} SELECT * FROM late;
        ALTER TABLE {table} ATTACH PARTITION {name} FOR VALUES FROM ('{from}') TO ('{to}')"
    )
}

/// Returns the month after a month.
fn after(month: Date) -> Result<Date, StoreError> {
    let next = month.checked_add(1.month());
    next.map_err(|error| StoreError::caused("no month after the last", error))
}

/// Returns the beginning of a month in UTC.
fn beginning(month: Date) -> Result<Timestamp, StoreError> {
    let start = month.to_zoned(TimeZone::UTC);
    let start = start.map_err(|error| StoreError::caused("a month without a beginning", error))?;
    Ok(start.timestamp())
}

/// Returns the beginning of a month as the 48 bits of milliseconds that begin a UUIDv7.
fn bound(month: Date) -> Result<String, StoreError> {
    Ok(format!("\\x{:012x}", beginning(month)?.as_millisecond()))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use uuid::Uuid;

    use super::*;

    fn names(today: Date) -> Vec<String> {
        let months = months(today).expect("a day of our time").into_iter();
        months.map(|partition| partition.name).collect()
    }

    #[test]
    fn months_reach_from_the_first_to_some_ahead() {
        let names = names(date(2026, 11, 30));
        assert_eq!(names.len(), 14 * BY_MONTH.len());
        assert_eq!(names[..2], ["event_2026_01", "body_2026_01"]);
        assert_eq!(names[names.len() - 2..], ["event_2027_02", "body_2027_02"]);
    }

    #[test]
    fn a_clock_that_stands_before_the_first_month_makes_no_older_one() {
        assert_eq!(names(date(2025, 6, 1)), Vec::<String>::new());
        assert_eq!(names(date(2025, 10, 31)), ["event_2026_01", "body_2026_01"]);
    }

    #[test]
    fn one_month_ends_where_the_next_begins() {
        let months = months(date(2026, 1, 15)).expect("a day of our time");
        let range = |place: usize| {
            let sql = &months[place].sql;
            sql.split_once("FOR VALUES FROM ").expect("a range").1.to_owned()
        };
        assert_eq!(range(0), "('\\x019b76daa800') TO ('\\x019c167fcc00')");
        assert_eq!(range(2), "('\\x019c167fcc00') TO ('\\x019ca6b1dc00')");
    }

    #[test]
    fn the_first_month_begins_where_the_founding_migration_says() {
        let founding = include_str!("../migrations/postgres/0001_founding.sql");
        let first = bound(FIRST_MONTH).expect("a beginning");
        for (table, _) in BY_MONTH {
            let early = format!(
                "CREATE TABLE {table}_early PARTITION OF {table} FOR VALUES FROM (MINVALUE) TO ('{first}');"
            );
            assert!(founding.contains(&early), "{early}");
        }
    }

    #[test]
    fn a_tenant_has_a_partition_under_its_id() {
        let partition = of_tenant(TenantId(Uuid::from_u128(0xAB)));
        assert_eq!(partition.name, "case_text_000000000000000000000000000000ab");
        let values = "FOR VALUES IN ('\\x000000000000000000000000000000ab');";
        assert!(partition.sql.contains(values), "{}", partition.sql);
    }
}
