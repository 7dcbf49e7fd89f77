//! How far the flags of case rows were renewed: a cursor named by the number of flags that there are, so a program
//! that knows one more begins again.

use bihuan_core::case::facts::Flag;
use bihuan_core::id::TenantId;

use super::follower::{cursor, set_cursor};
use crate::engine::connection::Connection;
use crate::error::StoreError;

/// Where the cursor stands once no row lacks a flag: behind every place.
pub(crate) const DONE: u64 = i64::MAX as u64;

/// Returns the place in the log up to which the cases that began there have rows with all flags.
pub(crate) fn up_to(connection: &Connection, tenant: TenantId) -> Result<u64, StoreError> {
    cursor(connection, tenant, &name())
}

/// Notes that place.
pub(crate) fn note(connection: &Connection, tenant: TenantId, place: u64) -> Result<(), StoreError> {
    set_cursor(connection, tenant, &name(), place)
}

fn name() -> String {
    format!("{} flags", Flag::ALL.len())
}
