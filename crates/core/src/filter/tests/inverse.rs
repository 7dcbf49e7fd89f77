//! Random filters: printing and reading are inverse.

use jiff::ToSpan;
use jiff::civil::date;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::Config;

use crate::case::facts::Flag;
use crate::clock::{Limit, LimitUnit};
use crate::filter::parse::join;
use crate::filter::{
    Ast, CountField, DateField, LengthField, Measure, Name, NameField, NameValue, Order, Relation, Span,
    Term, Test, When, parse, words,
};
use crate::label::Lang;

fn said() -> impl Strategy<Value = String> {
    prop_oneof![
        select(vec![
            "health",
            "卫健委",
            "me",
            "and",
            "3wd",
            "not",
            "my unit",
            "",
            " ",
            "\"",
            "\\",
            "a\\\"”"
        ])
        .prop_map(str::to_owned),
        "\\PC{0,6}",
    ]
}

fn order() -> impl Strategy<Value = Order> {
    select(vec![
        Order::Equal,
        Order::Unequal,
        Order::Less,
        Order::AtMost,
        Order::More,
        Order::AtLeast,
    ])
}

fn measure<T: Clone + std::fmt::Debug + 'static>(
    value: impl Strategy<Value = T> + Clone + 'static,
) -> impl Strategy<Value = Measure<T>> {
    let list = prop::collection::vec(value.clone(), 1..4);
    prop_oneof![
        (order(), value).prop_map(|(order, value)| Measure::Order(order, value)),
        list.clone().prop_map(Measure::In),
        list.prop_map(Measure::NotIn),
    ]
}

fn name_test() -> impl Strategy<Value = Test> {
    use NameField::*;
    let fields = vec![
        Unit, CoUnit, FinderUnit, Person, Finder, Accused, Instructor, Kind, State, Category, Channel,
        Source, Campaign, Number,
    ];
    let relations = vec![
        Relation::Is,
        Relation::IsNot,
        Relation::In,
        Relation::NotIn,
        Relation::Under,
        Relation::NotUnder,
    ];
    let names = prop::collection::vec((said(), 0..4), 1..4);
    (select(fields), select(relations), names).prop_map(|(field, relation, names)| {
        let under = matches!(relation, Relation::Under | Relation::NotUnder);
        let relation = if under && !field.is_tree() {
            Relation::In
        } else {
            relation
        };
        let single = matches!(relation, Relation::Is | Relation::IsNot);
        let names = names
            .into_iter()
            .take(if single { 1 } else { 4 })
            .map(|(said, who)| Name {
                span: Span::default(),
                value: match who {
                    0 if field.holds_persons() => NameValue::Me,
                    1 if field.holds_units() => NameValue::MyUnit,
                    _ => NameValue::Said(said),
                },
            });
        Test::Name {
            field,
            relation,
            names: names.collect(),
        }
    })
}

fn date_test() -> impl Strategy<Value = Test> {
    let fixed = words::DATES
        .iter()
        .map(|row| row.means)
        .filter(|when| *when != When::Now)
        .collect::<Vec<_>>();
    let span = prop_oneof![
        select(fixed),
        (-9999i32..=9999).prop_map(When::Day),
        (-9999i32..=9999).prop_map(When::WorkingDay),
        (0i32..100_000).prop_map(|days| When::On(date(1900, 1, 1).saturating_add(days.days()))),
    ];
    let instant = prop_oneof![Just(When::Now), (-9999i32..=9999).prop_map(When::Hour)];
    let unequal = select(vec![Order::Less, Order::AtMost, Order::More, Order::AtLeast]);
    let measure = prop_oneof![
        measure(span),
        (unequal, instant).prop_map(|(order, when)| Measure::Order(order, when)),
    ];
    let fields = vec![
        DateField::Raised,
        DateField::Changed,
        DateField::Closed,
        DateField::Due,
    ];
    (select(fields), measure).prop_map(|(field, measure)| Test::Date { field, measure })
}

fn length_test() -> impl Strategy<Value = Test> {
    let units = vec![LimitUnit::WorkingDays, LimitUnit::Days, LimitUnit::Hours];
    let fields = vec![LengthField::Overdue, LengthField::Remaining];
    let orders = vec![Order::Less, Order::AtMost, Order::More, Order::AtLeast];
    (select(fields), select(orders), 0u32..=9999, select(units)).prop_map(|(field, order, amount, unit)| {
        Test::Length {
            field,
            order,
            limit: Limit { amount, unit },
        }
    })
}

fn test() -> impl Strategy<Value = Test> {
    let counts = vec![CountField::Severity, CountField::Returned, CountField::Reopened];
    let phases = prop::collection::vec(
        select(words::PHASES.iter().map(|row| row.means).collect::<Vec<_>>()),
        1..4,
    );
    prop_oneof![
        4 => name_test(),
        2 => date_test(),
        2 => length_test(),
        1 => (select(counts), measure(any::<u32>())).prop_map(|(field, measure)| Test::Count { field, measure }),
        1 => phases.prop_map(|phases| Test::Phase { relation: Relation::NotIn, phases }),
        1 => said().prop_map(Test::NumberStarts),
        1 => said().prop_map(Test::Text),
        1 => select(Flag::ALL.to_vec()).prop_map(Test::Flag),
        1 => Just(Test::Overdue),
    ]
}

fn ast() -> impl Strategy<Value = Ast> {
    let term = test().prop_map(|test| {
        Ast::Term(Term {
            span: Span::default(),
            test,
        })
    });
    let leaf = prop_oneof![9 => term, 1 => Just(Ast::Everything)];
    leaf.prop_recursive(5, 24, 4, |inner| {
        let parts = prop::collection::vec(inner.clone(), 2..4);
        prop_oneof![
            parts
                .clone()
                .prop_map(|parts| join(parts, Ast::conjuncts, Ast::And)),
            parts.prop_map(|parts| join(parts, Ast::disjuncts, Ast::Or)),
            inner.prop_map(|ast| Ast::Not(Box::new(ast))),
        ]
    })
}

proptest! {
    #![proptest_config(Config { failure_persistence: None, ..Config::with_cases(1000) })]

    #[test]
    fn printing_and_reading_are_inverse_in_both_languages(ast in ast()) {
        for lang in [Lang::En, Lang::Zh] {
            let printed = ast.print(lang);
            prop_assert_eq!(parse(&printed), Ok(ast.clone()), "{}", printed);
        }
    }
}
