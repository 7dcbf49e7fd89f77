//! Human case numbers: prefix, day, serial. Each process takes them in blocks; gaps are allowed.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use bihuan_core::id::TenantId;
use jiff::civil::Date;

use crate::engine::connection::Connection;
use crate::engine::sql::statements;
use crate::error::StoreError;
use crate::value::Id;

statements! {
    RESERVE = "INSERT INTO number_block (tenant, prefix, day, next) VALUES ($1, $2, $3, 1 + CAST($4 AS BIGINT))
        ON CONFLICT (tenant, prefix, day) DO UPDATE SET next = number_block.next + $4
        RETURNING next";
}

/// Serials in one block: a restart loses at most so many of a day.
const BLOCK: i64 = 64;

/// The blocks of one process.
#[derive(Debug, Default)]
pub(crate) struct Numbers {
    blocks: Mutex<HashMap<(String, Date), Range<i64>>>,
}

impl Numbers {
    /// Returns the next number, or `None` where the block is used up.
    pub(crate) fn take(&self, prefix: &str, day: Date) -> Option<String> {
        let mut blocks = self.blocks.lock().unwrap_or_else(PoisonError::into_inner);
        let serial = blocks.get_mut(&(prefix.to_owned(), day))?.next()?;
        Some(format(prefix, day, serial))
    }

    /// Takes in a block that [`reserve`] returned. What is left of the one before is given up.
    pub(crate) fn add(&self, prefix: &str, day: Date, block: Range<i64>) {
        let mut blocks = self.blocks.lock().unwrap_or_else(PoisonError::into_inner);
        blocks.insert((prefix.to_owned(), day), block);
    }
}

/// Returns the number with this serial.
pub(crate) fn format(prefix: &str, day: Date, serial: i64) -> String {
    format!("{prefix}{}{serial:05}", day.strftime("%Y%m%d"))
}

/// Takes the next serial alone, for a session that leaves no gaps.
pub(crate) fn next(
    connection: &Connection,
    tenant: TenantId,
    prefix: &str,
    day: Date,
) -> Result<i64, StoreError> {
    Ok(take(connection, tenant, prefix, day, 1)?.start)
}

/// Reserves a block of serials for this process.
pub(crate) fn reserve(
    connection: &Connection,
    tenant: TenantId,
    prefix: &str,
    day: Date,
) -> Result<Range<i64>, StoreError> {
    take(connection, tenant, prefix, day, BLOCK)
}

fn take(
    connection: &Connection,
    tenant: TenantId,
    prefix: &str,
    day: Date,
    count: i64,
) -> Result<Range<i64>, StoreError> {
    let next: i64 = connection.query_row(RESERVE, (Id(tenant.0), prefix, day.to_string(), count), |row| {
        row.get(0)
    })?;
    Ok(next - count..next)
}
