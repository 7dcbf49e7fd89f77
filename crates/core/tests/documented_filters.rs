//! The examples in `docs/FILTER.md` are filters.

use bihuan_core::filter;

#[test]
fn every_documented_example_reads() {
    let page = include_str!("../../../docs/FILTER.md");
    let examples = page
        .split("```text\n")
        .nth(1)
        .and_then(|rest| rest.split("```").next());
    let examples: Vec<&str> = examples.expect("the page shows examples").lines().collect();
    assert_eq!(examples.len(), 3);
    for example in examples {
        let read = filter::parse(example);
        assert!(read.is_ok(), "{example}: {read:?}");
    }
}
