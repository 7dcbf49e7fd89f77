//! Human case numbers: prefix, day, serial. Each process takes them in blocks; gaps are allowed.
//!
//! Whoever needs a block waits for the writer, and for its batch after that once more: so one takes it for all,
//! and blocks grow while they are used up within seconds.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use bihuan_core::id::TenantId;
use jiff::civil::Date;
use tokio::sync::MutexGuard;

use crate::engine::connection::Connection;
use crate::engine::sql::statements;
use crate::error::StoreError;
use crate::value::Id;

statements! {
    RESERVE = "INSERT INTO number_block (tenant, prefix, day, next) VALUES ($1, $2, $3, 1 + CAST($4 AS BIGINT))
        ON CONFLICT (tenant, prefix, day) DO UPDATE SET next = number_block.next + $4
        RETURNING next";
}

/// Serials in the first block: a restart on a quiet day loses at most so many.
const BLOCK: i64 = 64;

/// Serials in the largest.
const LARGEST: i64 = 4_096;

/// A block that lasted for less is too small.
const LASTS: Duration = Duration::from_secs(10);

/// How long somebody waits for whoever takes the next block: less than a request may last.
const PATIENCE: Duration = Duration::from_secs(30);

/// The blocks of one process.
#[derive(Debug, Default)]
pub(crate) struct Numbers {
    blocks: Mutex<HashMap<(String, Date), Block>>,
    taking: tokio::sync::Mutex<()>,
}

#[derive(Debug)]
struct Block {
    left: Range<i64>,
    size: i64,
    since: Instant,
}

impl Numbers {
    /// Returns the next number, or `None` where the block is used up.
    pub(crate) fn take(&self, prefix: &str, day: Date) -> Option<String> {
        let mut blocks = self.blocks.lock().unwrap_or_else(PoisonError::into_inner);
        let serial = blocks.get_mut(&(prefix.to_owned(), day))?.left.next()?;
        Some(format(prefix, day, serial))
    }

    /// Waits for one's turn to take a block; `None` where that takes too long. Whoever has it looks again first:
    /// the one before may have taken it.
    pub(crate) async fn turn(&self) -> Option<MutexGuard<'_, ()>> {
        tokio::time::timeout(PATIENCE, self.taking.lock()).await.ok()
    }

    /// Returns how large the next block is to be.
    pub(crate) fn next_size(&self, prefix: &str, day: Date) -> i64 {
        let blocks = self.blocks.lock().unwrap_or_else(PoisonError::into_inner);
        match blocks.get(&(prefix.to_owned(), day)) {
            Some(block) if block.since.elapsed() < LASTS => (block.size * 2).min(LARGEST),
            Some(_) | None => BLOCK,
        }
    }

    /// Takes in a block that [`reserve`] returned. What is left of the one before is given up.
    pub(crate) fn add(&self, prefix: &str, day: Date, left: Range<i64>) {
        let mut blocks = self.blocks.lock().unwrap_or_else(PoisonError::into_inner);
        let block = Block {
            size: left.end - left.start,
            left,
            since: Instant::now(),
        };
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
    Ok(reserve(connection, tenant, prefix, day, 1)?.start)
}

/// Reserves a block of so many serials for this process.
pub(crate) fn reserve(
    connection: &Connection,
    tenant: TenantId,
    prefix: &str,
    day: Date,
    size: i64,
) -> Result<Range<i64>, StoreError> {
    let next: i64 = connection.query_row(RESERVE, (Id(tenant.0), prefix, day.to_string(), size), |row| {
        row.get(0)
    })?;
    Ok(next - size..next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_that_is_used_up_at_once_is_followed_by_a_larger_one() {
        let (numbers, day) = (Numbers::default(), Date::constant(2026, 3, 2));
        let mut next = 1;
        for size in [64, 128, 256, 512, 1_024, 2_048, 4_096, 4_096] {
            assert_eq!(numbers.next_size("JB", day), size);
            numbers.add("JB", day, next..next + size);
            next += size;
        }
        assert_eq!(numbers.next_size("TS", day), 64);
        assert_eq!(numbers.take("JB", day).as_deref(), Some("JB2026030208129"));
    }
}
