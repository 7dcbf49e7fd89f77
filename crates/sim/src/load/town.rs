//! The fictional city, as far as a load needs it: what its people say, where they live, who handles.

use bihuan_core::pack::model::{Pack, Taxonomy};
use jiff::Timestamp;
use jiff::civil::date;

use super::error::LoadError;
use crate::city::{self, City};
use crate::demo::TAXONOMY;
use crate::seeded::Seeded;
use crate::story::Stories;

/// Returns what people say, and the names of the townships that they live in.
///
/// # Errors
/// [`LoadError::Data`] if the city's data do not fit the shipped packs.
pub fn what_people_say(seed: u64) -> Result<(Stories, Vec<String>), LoadError> {
    let packs = packs()?;
    let taxonomy = taxonomy(&packs)?;
    let stories = Stories::read(taxonomy).map_err(LoadError::Data)?;
    let townships = found(taxonomy, seed)?.townships.into_iter();
    Ok((stories, townships.map(|township| township.name.zh).collect()))
}

/// Returns the codes of the units for which a demo has an account that handles cases.
///
/// # Errors
/// As [`what_people_say`].
pub fn demo_units() -> Result<Vec<String>, LoadError> {
    let city = found(taxonomy(&packs()?)?, 1)?;
    let has_account = |handler: &city::Handler| {
        let mut accounts = city.accounts.iter();
        accounts.any(|account| account.person == handler.person)
    };
    let departments = city.departments.iter();
    let shown = departments.filter(|department| has_account(department));
    Ok(shown.map(|department| department.code.clone()).collect())
}

fn packs() -> Result<Vec<Pack>, LoadError> {
    let unsound = |problems| LoadError::Data(format!("the shipped packs: {problems:?}"));
    bihuan_packs::shipped().map_err(|(_, problems)| unsound(problems))
}

fn taxonomy(packs: &[Pack]) -> Result<&Taxonomy, LoadError> {
    let found = packs.iter().find_map(|pack| pack.taxonomies.get(TAXONOMY));
    found.ok_or_else(|| LoadError::Data(format!("no pack has the taxonomy {TAXONOMY}")))
}

/// Founds the city in memory; units have the same codes and names in every city of a seed, whatever the day.
fn found(taxonomy: &Taxonomy, seed: u64) -> Result<City, LoadError> {
    let (on, at) = (date(2026, 1, 1), Timestamp::UNIX_EPOCH);
    city::found(taxonomy, on, at, &mut Seeded::new(seed)).map_err(LoadError::Data)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_demo_has_one_department_with_a_handler_and_people_in_all_townships() {
        assert_eq!(demo_units().unwrap().len(), 1);
        assert_eq!(what_people_say(1).unwrap().1.len(), 120);
    }
}
