//! `bihuan import cases`: records of another system become cases, each one accounted for.
//!
//! A map (TOML) says what the columns mean; the code knows no system. Every row is accepted, already
//! there, or rejected with a reason into a file of its own, so the numbers add up to the rows read. A
//! row is known by system and key, so an import can be run again after any interruption.
//!
//! Start reading at [`cases`], then [`row`] (a row becomes a case) and [`bihuan_report::decode`] (bytes become a row).

pub mod fit;
pub mod intake;
pub mod into_store;
pub mod map;
pub mod progress;
pub mod reject;
pub mod row;
pub mod run;
pub mod sheet;
pub mod summary;
pub mod template;

use std::sync::Arc;

use anyhow::Result;
use bihuan_core::id::Entropy;
use bihuan_core::pack::model::Pack;
use bihuan_store::tenant::Tenant;

use into_store::{DryRun, IntoStore};
use progress::Progress;
use run::Options;
use summary::Summary;

/// Imports the records of a file into `tenant`, or only says what would become of them.
///
/// # Errors
/// A file or map that cannot be read, a map that does not fit file or pack: nothing is taken in then. A
/// store that fails: what was accepted until then is there.
pub fn cases(
    tenant: &Tenant,
    options: &Options,
    entropy: Box<dyn Entropy + Send>,
    progress: &mut dyn Progress,
) -> Result<Summary> {
    let map = run::read_map(&options.map)?;
    let scene = tenant.scene();
    let packs: Vec<&Pack> = scene.newest().map(Arc::as_ref).collect();
    fit::check(&map, &packs)?;
    if options.dry_run {
        let mut nowhere = DryRun::new(tenant, entropy, options.now)?;
        return run::run(options, &map, &mut nowhere, progress);
    }
    let mut into_store = IntoStore::new(tenant, entropy, options.now)?;
    let summary = run::run(options, &map, &mut into_store, progress)?;
    into_store.finish()?;
    Ok(summary)
}
