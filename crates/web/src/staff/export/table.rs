//! The rows of an export, read page by page from one view of the store and never held all at once.

use std::io::{Seek, Write};

use bihuan_report::table::{Cell, Column as Head, Table, Watch, WriteError, Written};
use bihuan_report::{csv, xlsx};
use bihuan_store::error::StoreError;
use bihuan_store::read::Reader;
use bihuan_store::read::list::{ListRow, Listing};
use bihuan_store::read::order::Cursor;

use super::order::{Format, Order};
use crate::ctx::Ctx;

/// How many rows are read at once.
const PAGE: usize = 500;

/// Writes an export.
///
/// # Errors
/// [`WriteError::Cancelled`] if `watch` stops it.
pub fn write(
    ctx: &Ctx,
    order: &Order,
    reader: &Reader,
    out: impl Write + Seek + Send,
    watch: &mut Watch<'_>,
) -> Result<Written, WriteError> {
    let table = table(ctx, order);
    let rows = Rows {
        ctx,
        order,
        reader,
        page: Vec::new().into_iter(),
        after: None,
        ended: false,
    };
    match order.format {
        Format::Xlsx => xlsx::write(out, &table, rows, watch),
        Format::Csv => csv::write(out, &table, rows, watch),
    }
}

fn table(ctx: &Ctx, order: &Order) -> Table {
    let mut columns = vec![
        Head::new(ctx.tongue.t("column-number"), 18),
        Head::new(ctx.tongue.t("column-title"), 48),
    ];
    columns.extend(
        order
            .place
            .columns
            .iter()
            .map(|column| Head::new(ctx.tongue.t(column.key()), column.width_chars())),
    );
    Table {
        name: ctx.tongue.t("area-ledger"),
        columns,
        offset: ctx.scene.calendar.utc_offset,
        made_at: ctx.now,
    }
}

struct Rows<'a> {
    ctx: &'a Ctx,
    order: &'a Order,
    reader: &'a Reader,
    page: std::vec::IntoIter<ListRow>,
    after: Option<Cursor>,
    ended: bool,
}

impl Rows<'_> {
    fn turn(&mut self) -> Result<(), StoreError> {
        let (filter, sort) = (&self.order.filter, self.order.place.sort);
        let page = self.reader.list(&Listing {
            filter,
            sort,
            after: self.after.as_ref(),
            limit: PAGE,
        })?;
        self.page = page.rows.into_iter();
        self.ended = page.next.is_none();
        self.after = page.next;
        Ok(())
    }

    fn cells(&self, row: &ListRow) -> Vec<Cell> {
        let values = self
            .order
            .place
            .columns
            .iter()
            .map(|column| column.value(self.ctx, row));
        [Cell::Text(row.number.clone()), row.title.clone().into()]
            .into_iter()
            .chain(values)
            .collect()
    }
}

impl Iterator for Rows<'_> {
    type Item = Result<Vec<Cell>, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        // A page that was cut short may hold nothing.
        while self.page.len() == 0 && !self.ended {
            if let Err(error) = self.turn() {
                self.ended = true;
                return Some(Err(error));
            }
        }
        let row = self.page.next()?;
        Some(Ok(self.cells(&row)))
    }
}
