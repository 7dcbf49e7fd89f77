//! `bihuan unit`: units come into the org tree from a table.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use bihuan_core::id::UnitId;
use bihuan_core::label::Label;
use bihuan_core::org::{OrgEvent, Unit};
use bihuan_core::permission::Permit;
use bihuan_store::tenant::scene::Scene;
use bihuan_web::app::SystemEntropy;
use clap::{Args, Subcommand};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;

use crate::failure::Failure;
use crate::import::decode::FileEncoding;
use crate::installation::Place;

/// What to do with units.
#[derive(Subcommand)]
pub enum Task {
    /// Bring units in from a CSV file; all rows or, where one is wrong, none.
    ///
    /// The columns are code, name_zh, name_en, class, and, where wanted, parent (the code of the unit
    /// above, which stands in an earlier row), aliases and duties (categories' codes), both separated by
    /// semicolons, and external (`yes` for a body outside the tree).
    Import(Import),
    /// List the units with their codes.
    List {
        #[command(flatten)]
        place: Place,
    },
}

/// Which units.
#[derive(Args)]
pub struct Import {
    /// The CSV file, in UTF-8 or in what spreadsheets write, such as GB18030.
    file: PathBuf,
    #[command(flatten)]
    place: Place,
}

/// A row of the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    code: String,
    name_zh: String,
    name_en: String,
    class: String,
    #[serde(default)]
    parent: String,
    #[serde(default)]
    aliases: String,
    #[serde(default)]
    duties: String,
    #[serde(default)]
    external: String,
}

/// Runs the task.
pub fn run(task: &Task) -> Result<(), Failure> {
    match task {
        Task::Import(wanted) => import(wanted),
        Task::List { place } => list(place),
    }
}

fn import(wanted: &Import) -> Result<(), Failure> {
    let rows = read(&wanted.file)?;
    let tenant = wanted.place.tenant()?;
    let scene = tenant.scene();
    let now = Timestamp::now();
    let on = scene.calendar.date_of(now);
    let mut bulk = tenant.bulk(Box::new(SystemEntropy))?;
    for (row, line) in rows.iter().zip(2..) {
        let at = |error: anyhow::Error| {
            error.context(format!(
                "{} line {line}: nothing was written",
                wanted.file.display()
            ))
        };
        row.check_duties(&scene).map_err(at)?;
        let unit = bulk.scene().org.unit_by_name(&row.parent).map(|parent| parent.id);
        let unit = row.unit(unit, on, now).map_err(at)?;
        let id = unit.id;
        let founded = [OrgEvent::UnitFounded(unit)].into_iter();
        for event in founded.chain(row.duties(id, on)) {
            bulk.org(&Permit::system(), event, now)
                .map_err(|error| at(error.into()))?;
        }
    }
    bulk.finish()?;
    println!("{} units", rows.len());
    Ok(())
}

fn list(place: &Place) -> Result<(), Failure> {
    let tenant = place.tenant()?;
    let scene = tenant.scene();
    let mut units: Vec<&Unit> = scene.org.units().collect();
    units.sort_by_key(|unit| &unit.code);
    for unit in units {
        let parent = unit.parent.and_then(|parent| scene.org.unit(parent));
        let parent = parent.map_or("", |parent| parent.code.as_str());
        println!("{}\t{}\t{}\t{parent}", unit.code, unit.name.zh, unit.class);
    }
    Ok(())
}

fn read(file: &Path) -> Result<Vec<Row>, Failure> {
    let read = || -> anyhow::Result<Vec<Row>> {
        let bytes = std::fs::read(file)?;
        let text = FileEncoding::of(&bytes, None)?.text(&bytes);
        let mut reader = csv::ReaderBuilder::new()
            .trim(csv::Trim::All)
            .from_reader(text.as_bytes());
        Ok(reader.deserialize().collect::<Result<_, _>>()?)
    };
    Ok(read().with_context(|| format!("cannot read {}", file.display()))?)
}

impl Row {
    fn unit(&self, parent: Option<UnitId>, on: Date, now: Timestamp) -> anyhow::Result<Unit> {
        anyhow::ensure!(
            self.parent.is_empty() || parent.is_some(),
            "there is no unit {} above {}: it must stand in an earlier row",
            self.parent,
            self.code
        );
        Ok(Unit {
            id: UnitId::new(now, &mut SystemEntropy),
            code: self.code.clone(),
            name: Label::new(&self.name_zh, &self.name_en),
            aliases: parts(&self.aliases).map(str::to_owned).collect(),
            class: self.class.clone(),
            parent,
            external: self.external == "yes",
            founded_on: on,
        })
    }

    /// Refuses a duty for a category that no pack has: nothing would ever be routed by it.
    fn check_duties(&self, scene: &Scene) -> anyhow::Result<()> {
        let known = |code: &str| scene.newest().any(|pack| pack.category(code).is_some());
        let unknown = parts(&self.duties).find(|code| !known(code));
        anyhow::ensure!(
            unknown.is_none(),
            "the packs have no category {} that {} could have the duty for; at the top there are {}",
            unknown.unwrap_or_default(),
            self.code,
            top_categories(scene)
        );
        Ok(())
    }

    fn duties(&self, unit: UnitId, on: Date) -> impl Iterator<Item = OrgEvent> {
        parts(&self.duties).map(move |category| OrgEvent::DutyGiven {
            unit,
            category: category.to_owned(),
            on,
        })
    }
}

fn top_categories(scene: &Scene) -> String {
    let categories = scene
        .newest()
        .flat_map(|pack| pack.taxonomies.values())
        .flat_map(|taxonomy| &taxonomy.categories);
    let top = categories
        .map(|it| it.code.as_str())
        .filter(|code| !code.contains('.'));
    let distinct: BTreeSet<&str> = top.collect();
    distinct.into_iter().collect::<Vec<_>>().join(", ")
}

fn parts(list: &str) -> impl Iterator<Item = &str> {
    list.split(';').map(str::trim).filter(|part| !part.is_empty())
}
