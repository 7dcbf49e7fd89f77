//! A list lies in the order of what its cases are sorted by, and one that is cut short and goes on, page after page,
//! holds what it holds in one piece, in the same order: on random cases, under random filters, however little may be
//! read at once.

use std::collections::HashMap;

use bihuan_core::filter::Checked;
use bihuan_core::id::CaseId;
use bihuan_store::read::Reader;
use bihuan_store::read::bounds::Bounds;
use bihuan_store::read::list::Listing;
use bihuan_store::read::order::{Sort, SortBy};
use bihuan_store::read::outline::Detail;
use jiff::{SignedDuration, Timestamp};

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

/// Returns what a case is sorted by: what has ended comes after what has not, which lies in the order of raising.
fn key(case: &TestCase, by: SortBy) -> (bool, i64, &str) {
    let facts = &case.facts;
    let at = |at: Timestamp| at.as_millisecond();
    match by {
        SortBy::Raised => (false, at(facts.raised_at), ""),
        SortBy::Changed => (false, at(facts.changed_at), ""),
        SortBy::Closed => (
            facts.closed_at.is_some(),
            at(facts.closed_at.unwrap_or(facts.raised_at)),
            "",
        ),
        SortBy::Due => (false, facts.due_at.map_or(i64::MAX, at), ""),
        SortBy::Severity => (false, i64::from(facts.severity), ""),
        SortBy::Number => (false, 0, &facts.number),
    }
}

/// Returns cases in the order of a list.
fn in_order(cases: &[&TestCase], sort: Sort) -> Vec<CaseId> {
    let mut cases = cases.to_vec();
    cases.sort_by_key(|case| (key(case, sort.by), case.id));
    if sort.descending {
        cases.reverse();
    }
    cases.into_iter().map(|case| case.id).collect()
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
    let newest = reader.newest(filter, LIMIT, Detail::Fate).expect("reads");
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
fn what_ended_is_listed_by_its_end_however_much_changed_since() {
    let city = City::new();
    let rows = Rows::new();
    let little = Bounds {
        examined: 2 * LIMIT,
        ..TIGHT
    };
    let store = rows.open(little);
    let tenant = store.tenant(None).expect("the tenant");
    let mut random = Random::new(17);
    let mut cases: Vec<_> = (0..10 * CASES)
        .map(|index| city.case(&mut random, index))
        .collect();
    for case in &mut cases {
        let days_ago = if case.facts.closed_at.is_some() { 90 } else { 0 };
        case.facts.changed_at = city.now - SignedDuration::from_hours(24 * days_ago);
    }
    rows.fill(&cases);
    let reader = tenant.reader().expect("reads");
    let ended: Vec<&TestCase> = cases
        .iter()
        .filter(|case| case.facts.closed_at.is_some())
        .collect();
    let filter = city.resolve("closed");
    let page = |by| {
        let sort = Sort { by, descending: true };
        let listing = Listing {
            filter: &filter,
            sort,
            after: None,
            limit: LIMIT,
        };
        let page = reader.list(&listing).expect("reads");
        let seen: Vec<_> = page.rows.into_iter().map(|row| row.id).collect();
        (seen, page.cut, in_order(&ended, sort))
    };
    let (seen, cut, whole) = page(SortBy::Closed);
    assert_eq!((seen.as_slice(), cut), (&whole[..LIMIT], false));
    let (seen, cut, _) = page(SortBy::Changed);
    assert_eq!((seen, cut), (Vec::new(), true), "what is open lies before it");
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
            assert_eq!(all, in_order(&matching, sort), "round {round}: {sort} {text}");
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
