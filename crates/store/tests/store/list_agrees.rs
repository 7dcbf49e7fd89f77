//! A list that is cut short and goes on, page after page, holds what it holds in one piece, in the same order: on
//! random cases, under random filters, however little may be read at once.

use std::collections::HashMap;

use bihuan_core::filter::Checked;
use bihuan_core::id::CaseId;
use bihuan_store::read::Reader;
use bihuan_store::read::bounds::Bounds;
use bihuan_store::read::list::Listing;
use bihuan_store::read::order::{Sort, SortBy};
use jiff::Timestamp;

use crate::agree::city::{City, TestCase};
use crate::agree::filters::Filters;
use crate::agree::random::Random;
use crate::agree::rows::Rows;

const CASES: usize = 40;
const FILTERS: usize = 12;
const ROUNDS: u64 = 12;
/// Rows of a page.
const LIMIT: usize = 4;
/// Counting stops here, so that most lists are walked.
const CAP: usize = 2;

/// So little that most lists are cut short, and every word is one that many texts hold.
const TIGHT: Bounds = Bounds {
    examined: 7,
    steps: 0,
    gathered: 3,
    counted: 3,
};

/// Goes through a list page by page; returns its cases and how often it was cut short.
fn walked(reader: &Reader, filter: &Checked, sort: Sort) -> (Vec<CaseId>, usize) {
    let (mut seen, mut after, mut cuts) = (Vec::new(), None, 0);
    loop {
        let listing = Listing {
            filter,
            sort,
            after: after.as_ref(),
            limit: LIMIT,
        };
        let (page, _) = reader.list_and_count(&listing, CAP).expect("reads");
        assert!(page.rows.len() <= LIMIT && (page.next.is_some() || !page.cut));
        cuts += usize::from(page.cut);
        seen.extend(page.rows.into_iter().map(|row| row.id));
        match page.next {
            Some(next) => after = Some(next),
            None => return (seen, cuts),
        }
    }
}

fn whole(reader: &Reader, filter: &Checked, sort: Sort) -> Vec<CaseId> {
    let listing = Listing {
        filter,
        sort,
        after: None,
        limit: 10 * CASES,
    };
    let page = reader.list(&listing).expect("reads");
    assert_eq!((page.next, page.cut), (None, false));
    page.rows.into_iter().map(|row| row.id).collect()
}

/// Returns the scope of somebody who sees what a unit handles or helps with, of what is under another.
fn of_one_unit(city: &City, random: &mut Random) -> Checked {
    let (own, page) = (
        random.pick(&city.units).1.clone(),
        random.pick(&city.units).1.clone(),
    );
    city.resolve(&format!(
        "(unit = {own} or co_unit = {own}) and unit under {page}"
    ))
}

/// The newest cases are those of the list, as far as they go.
fn newest_agree(reader: &Reader, filter: &Checked, matching: &[&TestCase]) {
    let at = |at: Timestamp| at.as_millisecond();
    let mut raised: Vec<_> = matching.iter().map(|case| at(case.facts.raised_at)).collect();
    raised.sort_by_key(|at| std::cmp::Reverse(*at));
    let newest = reader.newest(filter, LIMIT).expect("reads");
    let seen: Vec<_> = newest.cases.iter().map(|case| at(case.raised_at)).collect();
    assert!(
        raised.starts_with(&seen) && seen.len() <= LIMIT,
        "{seen:?} of {raised:?}: {filter:?}"
    );
    assert!(newest.more || seen == raised, "{seen:?}: {filter:?}");
}

fn counts_agree(reader: &Reader, filter: &Checked, matching: &[&TestCase]) {
    let count = reader.count(filter, CASES + 1).expect("counts");
    assert!(count.known <= matching.len(), "{count:?}: {filter:?}");
    assert!(
        count.more || count.known == matching.len(),
        "{count:?}: {filter:?}"
    );
    let phases = reader.count_phases(filter, CASES + 1).expect("counts");
    for (place, count) in phases.into_iter().enumerate() {
        let there = matching.iter().filter(|case| case.facts.phase as usize == place);
        let there = there.count();
        assert!(count.known <= there, "{place}: {count:?}: {filter:?}");
        assert!(
            count.more || count.known == there,
            "{place}: {count:?}: {filter:?}"
        );
    }
}

#[test]
fn a_list_cut_short_holds_what_it_holds_in_one_piece() {
    let city = City::new();
    let rows = Rows::new();
    let (tight, wide) = (rows.open(TIGHT), rows.open(Bounds::default()));
    let [tight, wide] = [tight, wide].map(|store| store.tenant(None).expect("the tenant"));
    let (mut known, mut cuts) = (HashMap::new(), 0);
    for round in 0..ROUNDS {
        let mut random = Random::new(7_000 + round);
        let cases: Vec<_> = (0..CASES).map(|index| city.case(&mut random, index)).collect();
        rows.fill(&cases);
        let (tight, wide) = (tight.reader().expect("reads"), wide.reader().expect("reads"));
        for _ in 0..FILTERS {
            let mut filters = Filters {
                city: &city,
                case: &cases[random.below(CASES)],
                random: &mut random,
                known: &mut known,
                parts: Vec::new(),
            };
            let (text, mut checked) = filters.filter(3);
            if random.chance(25) {
                checked = Checked::and(vec![of_one_unit(&city, &mut random), checked]);
            }
            let sort = Sort {
                by: SortBy::ALL[random.below(SortBy::ALL.len())],
                descending: random.chance(50),
            };
            let matching: Vec<&TestCase> = cases
                .iter()
                .filter(|case| checked.matches(&case.facts, &|tokens| case.holds(tokens)))
                .collect();
            let all = whole(&wide, &checked, sort);
            assert_eq!(all.len(), matching.len(), "round {round}: {sort} {text}");
            assert!(
                matching.iter().all(|case| all.contains(&case.id)),
                "round {round}: {text}"
            );
            let (seen, cut) = walked(&tight, &checked, sort);
            assert_eq!(seen, all, "round {round}: {sort} {text}");
            cuts += cut;
            counts_agree(&tight, &checked, &matching);
            counts_agree(&wide, &checked, &matching);
            newest_agree(&tight, &checked, &matching);
            newest_agree(&wide, &checked, &matching);
        }
    }
    assert!(cuts > 60, "{cuts} pages were cut short");
}
