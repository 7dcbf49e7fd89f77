//! The template that units and people are filled into: both tables with headings in both languages and examples,
//! and a sheet that says what each column is, which roles there are and which categories.

use std::io::Cursor;

use bihuan_core::label::Lang;
use bihuan_core::pack::model::{Category, Grant};
use bihuan_report::table::{Cell, Column as Wide, Table as Sheet, WriteError};
use bihuan_report::{csv, xlsx};
use bihuan_store::tenant::scene::Scene;
use jiff::Timestamp;

use super::cover::{Part, Smallest};
use super::rows::{LEFT_OUT, Table};
use crate::lang::Tongue;

/// The width of a column, in characters.
const WIDTH: u8 = 26;
/// How deep categories are listed: their trees are large, and a duty holds for all below it.
const DEPTH: usize = 2;

/// Writes the template as a workbook.
///
/// # Errors
/// [`WriteError`] if the workbook cannot be written.
pub fn workbook(scene: &Scene, tongue: Tongue, now: Timestamp) -> Result<Vec<u8>, WriteError> {
    let mut file = Cursor::new(Vec::new());
    let tables = [Table::Units, Table::People].map(|table| {
        let rows = examples(scene, table)
            .into_iter()
            .map(|row| row.into_iter().map(Cell::Text).collect());
        (sheet(scene, table, now), rows.collect())
    });
    let help = (help_sheet(scene, tongue, now), help(scene, tongue));
    xlsx::write_book(&mut file, tables.into_iter().chain([help]).collect())?;
    Ok(file.into_inner())
}

/// Writes one of the tables of the template as CSV.
///
/// # Errors
/// [`WriteError`] if it cannot be written.
pub fn table_csv(scene: &Scene, table: Table, now: Timestamp) -> Result<Vec<u8>, WriteError> {
    let mut file = Vec::new();
    let rows = examples(scene, table).into_iter();
    let rows = rows.map(|row| Ok::<_, std::io::Error>(row.into_iter().map(Cell::Text).collect()));
    csv::write(&mut file, &sheet(scene, table, now), rows, &mut |_| {
        std::ops::ControlFlow::Continue(())
    })?;
    Ok(file)
}

fn both(key: &str) -> [String; 2] {
    [Lang::Zh, Lang::En].map(|lang| Tongue(lang).t(key))
}

fn sheet(scene: &Scene, table: Table, now: Timestamp) -> Sheet {
    let columns = table
        .columns()
        .iter()
        .map(|column| Wide::new(column.heading(), WIDTH));
    Sheet {
        name: both(table.key()).join(" "),
        columns: columns.collect(),
        offset: scene.calendar.utc_offset,
        made_at: now,
    }
}

/// Returns example rows, which are left out when the file is read.
fn examples(scene: &Scene, table: Table) -> Vec<Vec<String>> {
    let smallest = Smallest::of(scene);
    let row = |part: &Part| {
        let [zh, en] = both(part.unit_key);
        let cells = |column: &str| match (table, column) {
            (Table::Units, "code") => format!("{LEFT_OUT} {}", part.code),
            (Table::Units, "name_zh") => zh.clone(),
            (Table::Units, "name_en") => en.clone(),
            (Table::Units, "duties") => part.duty.clone(),
            (Table::People, "name_zh") => format!("{LEFT_OUT} {}", Tongue(Lang::Zh).t(part.person_key)),
            (Table::People, "name_en") => Tongue(Lang::En).t(part.person_key),
            (Table::People, "login") => part.code.to_owned(),
            (Table::People, "unit") => zh.clone(),
            (Table::People, "roles") => part.titles(Lang::Zh),
            _ => String::new(),
        };
        table.columns().iter().map(|column| cells(column.id)).collect()
    };
    smallest.parts.iter().map(row).collect()
}

fn help_sheet(scene: &Scene, tongue: Tongue, now: Timestamp) -> Sheet {
    let titles = ["people-help-what", "people-help-meaning", "people-help-more"];
    Sheet {
        name: both("people-help").join(" "),
        columns: titles.map(|key| Wide::new(tongue.t(key), 44)).to_vec(),
        offset: scene.calendar.utc_offset,
        made_at: now,
    }
}

fn help(scene: &Scene, tongue: Tongue) -> Vec<Vec<Cell>> {
    let row = |cells: [String; 3]| cells.map(Cell::Text).to_vec();
    let mut rows = vec![row([
        tongue.t("people-help-left-out"),
        tongue.t("people-help-left-out-do"),
        String::new(),
    ])];
    for table in [Table::Units, Table::People] {
        rows.push(row([tongue.t(table.key()), String::new(), String::new()]));
        for column in table.columns() {
            let said = tongue.t(column.help);
            rows.push(row([column.heading(), said, column.id.to_owned()]));
        }
    }
    rows.push(row([tongue.t("people-help-roles"), String::new(), String::new()]));
    let role = |grant: &Grant| row([grant.title.zh.clone(), grant.title.en.clone(), grant.role.clone()]);
    rows.extend(roles(scene).into_iter().map(role));
    rows.push(row([
        tongue.t("people-help-categories"),
        String::new(),
        String::new(),
    ]));
    let category = |it: &Category| row([it.title.zh.clone(), it.title.en.clone(), it.code.clone()]);
    rows.extend(categories(scene).into_iter().map(category));
    rows
}

/// Returns one grant of each role, for its name.
pub fn roles(scene: &Scene) -> Vec<&Grant> {
    let mut roles: Vec<&Grant> = Vec::new();
    for grant in scene.grants.iter() {
        if !roles.iter().any(|known| known.role == grant.role) {
            roles.push(grant);
        }
    }
    roles
}

/// Returns the upper categories, each once.
pub fn categories(scene: &Scene) -> Vec<&Category> {
    let all = scene.newest().flat_map(|pack| pack.taxonomies.values());
    let mut categories: Vec<&Category> = all.flat_map(|taxonomy| &taxonomy.categories).collect();
    categories.retain(|category| category.code.split('.').count() <= DEPTH);
    categories.sort_by_key(|category| &category.code);
    categories.dedup_by_key(|category| &category.code);
    categories
}
