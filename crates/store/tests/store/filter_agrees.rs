//! A filter in memory and as SQL gives the same answer, on random cases and random filters.
//!
//! Each round fills the real schema with random cases and asks random filters of all of them. A filter is
//! made with one of the cases in view, so that its tests are true about as often as false; how often is
//! counted for each field with each operator, and held to at least a tenth either way.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::agree::city::City;
use crate::agree::filters::Filters;
use crate::agree::random::Random;
use crate::agree::rows::Rows;
use bihuan_core::filter::Checked;
use bihuan_core::id::CaseId;

const CASES: usize = 40;
const FILTERS: usize = 100;

/// From so many uses on it is told how often something was true; of fewer the share is chance.
const TELLING: u32 = 30;

/// A hundred filters each; more with `BIHUAN_SOAK`.
fn rounds() -> u64 {
    if std::env::var_os("BIHUAN_SOAK").is_some() {
        1000
    } else {
        100
    }
}

/// How often something was true and false.
#[derive(Default)]
struct Uses {
    yes: u32,
    no: u32,
}

#[test]
fn memory_and_sql_give_the_same_answer_on_random_cases_and_filters() {
    let city = City::new();
    let mut uses: BTreeMap<String, Uses> = BTreeMap::new();
    let (mut known, mut pairs) = (HashMap::new(), 0);
    let rows = Rows::new();
    for round in 0..rounds() {
        let mut random = Random::new(round);
        let cases: Vec<_> = (0..CASES).map(|index| city.case(&mut random, index)).collect();
        rows.fill(&cases);
        for _ in 0..FILTERS {
            let case = &cases[random.below(cases.len())];
            let mut filters = Filters {
                city: &city,
                case,
                random: &mut random,
                known: &mut known,
                parts: Vec::new(),
            };
            let (text, checked) = filters.filter(3);
            for (operator, part) in filters.parts {
                let holds = part.matches(&case.facts, &|tokens| case.holds(tokens));
                let count = uses.entry(operator).or_default();
                *(if holds { &mut count.yes } else { &mut count.no }) += 1;
            }
            let holding = |filter: &Checked| -> BTreeSet<CaseId> {
                let held = cases
                    .iter()
                    .filter(|case| filter.matches(&case.facts, &|tokens| case.holds(tokens)));
                held.map(|case| case.id).collect()
            };
            let expected = holding(&checked);
            if pairs % 1000 == 0 {
                // Brackets are not kept, so what alternatives share is taken out of others at once.
                assert_eq!(holding(&city.resolve(&text)), expected, "{text}");
            }
            assert_eq!(
                rows.matching(&checked),
                expected,
                "round {round}: {text}\n{checked:?}"
            );
            let negated = Checked::not(checked);
            let rest: BTreeSet<CaseId> = cases
                .iter()
                .map(|case| case.id)
                .filter(|id| !expected.contains(id))
                .collect();
            assert_eq!(rows.matching(&negated), rest, "round {round}: not ({text})");
            pairs += cases.len();
        }
    }
    assert!(pairs >= 10_000, "{pairs} pairs");
    println!("{pairs} pairs of a case and a filter, and as many of its negation");
    report(&uses);
}

/// Prints how often each operator was true, and holds each that was used often enough to a twentieth either way.
fn report(uses: &BTreeMap<String, Uses>) {
    for (operator, Uses { yes, no }) in uses {
        println!("{operator}: {} uses, {} % true", yes + no, 100 * yes / (yes + no));
    }
    let lopsided: Vec<&String> = uses
        .iter()
        .filter(|(_, Uses { yes, no })| yes + no >= TELLING && 20 * yes.min(no) < yes + no)
        .map(|(operator, _)| operator)
        .collect();
    assert_eq!(lopsided, Vec::<&String>::new());
    assert!(uses.len() >= 80, "{} operators", uses.len());
}
