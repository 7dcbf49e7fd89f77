//! Copying everything from one database into another, and comparing the two.
//!
//! What is in the target says how far it is: each page is a transaction, and the last key of a table is where
//! the next page begins. So whoever is killed goes on where the last commit was.

use bihuan_core::id::TenantId;

use super::compare::{self, Copied};
use super::page::Page;
use super::tables::{self, CASE_ROW, PLAIN, TENANT, Table};
use crate::commit::rows;
use crate::engine::connection::{Connection, Engine};
use crate::engine::many::Many;
use crate::engine::sql::statements;
use crate::error::StoreError;
use crate::keys::{MasterKey, TenantKeys};
use crate::schema::partitions;
use crate::value::Id;

statements! {
    MARKS = "SELECT name, set_at FROM mark ORDER BY name";
    MARK = "INSERT INTO mark (name, set_at) VALUES ($1, $2)";
    KEYS = "SELECT tenant, wrapped_key FROM tenant ORDER BY tenant";
}

/// Copies from `source` into `target`. What is read must be of one instant: the caller's transaction sees to it.
pub(crate) struct Copying<'a> {
    pub(crate) source: &'a Connection,
    pub(crate) target: &'a Connection,
    pub(crate) master_key: &'a MasterKey,
    /// Rows in one transaction.
    pub(crate) page_rows: usize,
    /// Is told how many steps are done and how many there are: a row counts when it is copied, and again when
    /// it is compared.
    pub(crate) progress: &'a mut dyn FnMut(u64, u64),
    pub(crate) done: u64,
    pub(crate) total: u64,
}

impl Copying<'_> {
    /// Copies whatever the target has not, and compares all tables.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if the two differ in the end.
    pub(crate) fn run(&mut self) -> Result<Vec<Copied>, StoreError> {
        let tenants = self.tenants()?;
        self.copy_tenants(&tenants)?;
        self.count()?;
        self.copy_log(&tenants)?;
        self.copy_cases(&tenants)?;
        for table in &PLAIN {
            self.copy_table(table)?;
        }
        tables::look_at(self.target)?;
        let tables = tables::all().map(|table| {
            let mut tick = |rows| (self.progress)(self.done + rows, self.total);
            let copied = compare::table(self.source, self.target, &table, self.page_rows, &mut tick)?;
            self.done += copied.rows;
            Ok(copied)
        });
        tables.collect()
    }

    /// Opens the keys of all tenants.
    fn tenants(&self) -> Result<Vec<TenantKeys>, StoreError> {
        let wrapped = self.source.query(KEYS, (), |row| {
            Ok((TenantId(row.get::<Id>(0)?.0), row.get::<Vec<u8>>(1)?))
        })?;
        let keys = wrapped.into_iter().map(|(tenant, wrapped)| {
            self.master_key
                .tenant_keys(tenant, &wrapped)
                .map_err(|error| StoreError::caused("this is not the master key of the installation", error))
        });
        keys.collect()
    }

    /// Copies the tenants and what the installation is, in one transaction.
    fn copy_tenants(&mut self, tenants: &[TenantKeys]) -> Result<(), StoreError> {
        if TENANT.last_key(self.target)?.is_none() {
            let page = Page::read(
                self.source,
                &TENANT.next_rows(self.source.engine()),
                &TENANT.before_all(),
                tenants.len(),
                TENANT.columns.len(),
            )?;
            let marks = self
                .source
                .query(MARKS, (), |row| Ok((row.get::<String>(0)?, row.get::<i64>(1)?)))?;
            self.target.transaction(|target| {
                for (name, set_at) in marks {
                    target.execute(MARK, (name, set_at))?;
                }
                let insert = Many::insert(TENANT.name, TENANT.columns, "");
                target.write_rows(&insert, TENANT.columns.len(), &page.values())?;
                if target.engine() == Engine::Postgres {
                    for keys in tenants {
                        target.run(&partitions::of_tenant(keys.tenant).sql)?;
                    }
                }
                Ok(())
            })?;
        }
        compare::table(self.source, self.target, &TENANT, self.page_rows, &mut |_| {}).map(drop)
    }

    /// Counts what there is to do and what was done before.
    fn count(&mut self) -> Result<(), StoreError> {
        for table in tables::all() {
            self.total += 2 * table.count(self.source)?;
            self.done += table.count(self.target)?;
        }
        self.step(0);
        Ok(())
    }

    /// Notes that rows were copied.
    pub(super) fn step(&mut self, rows: usize) {
        self.done += rows as u64;
        (self.progress)(self.done, self.total);
    }

    /// Copies a table in the order of its key.
    fn copy_table(&mut self, table: &Table) -> Result<(), StoreError> {
        let insert = Many::insert(table.name, table.columns, "");
        let width = table.columns.len();
        self.pages(table, |copying, page| {
            copying
                .target
                .transaction(|target| target.write_rows(&insert, width, &page.values()))
        })
    }

    /// Copies the rows of cases, with their search documents.
    fn copy_cases(&mut self, tenants: &[TenantKeys]) -> Result<(), StoreError> {
        self.pages(&CASE_ROW, |copying, page| {
            let documents = copying.documents(tenants, page)?;
            copying.target.transaction(|target| {
                rows::insert_by_events(target, &page.values())?;
                documents.iter().try_for_each(|documents| documents.write(target))
            })
        })
    }

    /// Hands the rows of a table that the target has not to `write`, page by page.
    fn pages(
        &mut self,
        table: &Table,
        mut write: impl FnMut(&mut Self, &Page) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let next_rows = table.next_rows(self.source.engine());
        let last = table.last_key(self.target)?;
        let mut after = last.unwrap_or_else(|| table.before_all());
        loop {
            let page = Page::read(
                self.source,
                &next_rows,
                &after,
                self.page_rows,
                table.columns.len(),
            )?;
            let Some(last) = page.last(table.key) else {
                return Ok(());
            };
            write(self, &page)?;
            after = last;
            self.step(page.rows().len());
        }
    }
}
