//! Merging the search index while nothing else is to be done.
//!
//! On SQLite each commit adds a segment to the index, and what it costs to merge them is the largest part of intake: so
//! many may lie side by side (migration 2). Each question opens all of them. What is merged here, a few pages at a
//! time, intake need not merge and no question opens any more.

use crate::commit::search;
use crate::engine::connection::Engine;
use crate::error::StoreError;
use crate::tenant::Tenant;

impl Tenant {
    /// Merges what there is to merge in the search index, until about so many pages are written; returns whether there
    /// may be more. To be called again and again by whoever follows the log and finds nothing there, until there is not;
    /// two runs at once do no harm. PostgreSQL does that by itself.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database cannot be written.
    pub async fn merge_search(&self, pages: u32) -> Result<bool, StoreError> {
        match self.engine() {
            Engine::Sqlite => {
                self.write_plain(move |connection| search::merge_some(connection, pages))
                    .await
            }
            Engine::Postgres => Ok(false),
        }
    }
}
