//! Lists, counts and search.

use std::collections::BTreeSet;

use crate::common::{City, found, found_second, now, raise};
use crate::place::Place;
use bihuan_core::case::command::{Command, Raise};
use bihuan_core::filter::{Checked, Predicate};
use bihuan_core::permission::Permit;
use bihuan_store::read::bounds::Count;
use bihuan_store::read::list::Listing;
use bihuan_store::read::order::{Sort, SortBy};
use bihuan_store::read::outline::Detail;

async fn city_with(count: usize) -> City {
    let mut city = City::new().await;
    for place in 0..count {
        let mut bodies = city.bodies();
        let severity = 1 + (place % 5) as u8;
        let asked = Raise {
            severity,
            ..raise(&mut bodies, &format!("标题{place}"), "内容")
        };
        let at = now() + jiff::SignedDuration::from_secs((place % 4) as i64);
        city.tenant
            .raise(&Permit::reporter(), asked, None, bodies, None, at)
            .await
            .expect("taken in");
    }
    city
}

#[tokio::test]
async fn pages_cover_a_list_without_gap_or_double_in_every_order() {
    let city = city_with(23).await;
    let reader = city.tenant.reader().expect("reader");
    let everything = Checked::everything();
    for by in SortBy::ALL {
        for descending in [false, true] {
            let sort = Sort { by, descending };
            let (mut seen, mut after) = (Vec::new(), None);
            loop {
                let listing = Listing {
                    filter: &everything,
                    sort,
                    after: after.as_ref(),
                    limit: 5,
                };
                let page = reader.list(&listing).expect("reads");
                assert!(page.rows.len() <= 5);
                seen.extend(page.rows.into_iter().map(|row| row.id));
                match page.next {
                    Some(next) => after = Some(next),
                    None => break,
                }
            }
            let distinct: BTreeSet<_> = seen.iter().collect();
            assert_eq!((seen.len(), distinct.len()), (23, 23), "{sort}");
            let whole = Listing {
                filter: &everything,
                sort,
                after: None,
                limit: 100,
            };
            let whole: Vec<_> = reader
                .list(&whole)
                .expect("reads")
                .rows
                .into_iter()
                .map(|row| row.id)
                .collect();
            assert_eq!(seen, whole, "{sort}");
            // With a cap that is reached, the list is walked in its order instead of sorted.
            let walked = Listing {
                filter: &everything,
                sort,
                after: None,
                limit: 100,
            };
            let (walked, count) = reader.list_and_count(&walked, 1).expect("reads");
            let walked: Vec<_> = walked.rows.into_iter().map(|row| row.id).collect();
            assert_eq!((walked, count.known), (seen, 1), "{sort}");
        }
    }
}

#[tokio::test]
async fn a_count_stops_at_its_cap_and_phases_add_up() {
    let city = city_with(7).await;
    let reader = city.tenant.reader().expect("reader");
    let count = |filter, cap| reader.count(&filter, cap).expect("counts");
    assert_eq!(count(Checked::everything(), 100), Count::exactly(7));
    let capped = Count { known: 3, more: true };
    assert_eq!(count(Checked::everything(), 3), capped);
    assert_eq!(count(Checked::nothing(), 3), Count::exactly(0));
    assert_eq!(reader.count_all(&Checked::everything()).expect("counts"), 7);
    let phases = reader.count_by_phase(&Checked::everything()).expect("counts");
    assert_eq!(phases.iter().map(|(_, count)| count).sum::<usize>(), 7);
}

#[tokio::test]
async fn figures_are_counted_from_the_newest_of_a_list() {
    let city = city_with(9).await;
    let reader = city.tenant.reader().expect("reader");
    let everything = Checked::everything();
    let listing = Listing {
        filter: &everything,
        sort: "-raised".parse().expect("a sort"),
        after: None,
        limit: 100,
    };
    let listed = reader.list(&listing).expect("reads").rows;
    for (most, more) in [(4, true), (9, false), (100, false)] {
        let newest = reader.newest(&everything, most, Detail::Fate).expect("reads");
        let raised: Vec<_> = newest.cases.iter().map(|case| case.raised_at).collect();
        let first: Vec<_> = listed.iter().take(most).map(|row| row.raised_at).collect();
        assert_eq!((raised, newest.more), (first, more), "{most}");
        assert!(
            newest
                .cases
                .iter()
                .all(|case| case.closed_at.is_none() && !case.breached)
        );
    }
    assert_eq!(
        reader
            .newest(&Checked::nothing(), 4, Detail::Fate)
            .expect("reads")
            .cases,
        []
    );
}

#[tokio::test]
async fn a_title_is_listed_and_found() {
    let mut city = City::new().await;
    city.raise("小区停车难", "物业不管停车").await;
    let text_only = city.raise("其他", "楼下噪音扰民，停车也难").await.case();
    let both = city.raise("噪音扰民", "夜间噪音扰民").await.case();
    let reader = city.tenant.reader().expect("reader");
    let hits = found(&reader, "噪音");
    let ids: Vec<_> = hits.iter().map(|hit| hit.id).collect();
    assert_eq!(ids, [both, text_only]);
    assert_eq!(hits[0].title.as_deref(), Some("噪音扰民"));
    assert_eq!(found(&reader, "不存在的词"), []);
}

#[tokio::test]
async fn an_erased_text_is_gone_from_the_case_and_from_search() {
    let mut city = City::new().await;
    let case = city.raise("噪音扰民", "我叫王五，夜间噪音").await.case();
    let text = city
        .tenant
        .reader()
        .expect("reader")
        .case(case)
        .expect("reads")
        .expect("there")
        .case
        .text;
    let mut bodies = city.bodies();
    let command = Command::EraseBody {
        body: text.id,
        reason: bodies.write("本人要求"),
    };
    city.tenant
        .execute(&Permit::system(), case, command, bodies, None, now())
        .await
        .expect("erased");
    let reader = city.tenant.reader().expect("reader");
    let view = reader.case(case).expect("reads").expect("there");
    assert_eq!(view.text(text), None);
    assert_eq!(view.text(view.case.title), Some("噪音扰民"));
    assert_eq!(found(&reader, "王五"), []);
    assert_eq!(found(&reader, "扰民").len(), 1);
}

#[tokio::test]
async fn no_token_of_an_erased_text_is_left_in_the_index() {
    let mut city = City::at(Place::in_a_file()).await;
    let case = city.raise("路灯", "王五zzyzx").await.case();
    let count = |city: &City| {
        let blocks = "SELECT count(*) FROM case_text_data WHERE instr(block, CAST('zyzx' AS BLOB)) > 0";
        city.place.direct().value(blocks, &[]).int()
    };
    assert_eq!(count(&city), 1);
    let text = city
        .tenant
        .reader()
        .expect("reader")
        .case(case)
        .expect("reads")
        .expect("there")
        .case
        .text;
    let mut bodies = city.bodies();
    let command = Command::EraseBody {
        body: text.id,
        reason: bodies.write("本人要求"),
    };
    let erased = city
        .tenant
        .execute(&Permit::system(), case, command, bodies, None, now())
        .await;
    erased.expect("erased");
    assert_eq!(count(&city), 0);
}

#[tokio::test]
async fn the_search_index_is_merged_until_nothing_is_left_to_merge_and_finds_the_same() {
    let mut city = City::at(Place::in_a_file()).await;
    for _ in 0..15 {
        city.raise("路灯不亮", "晚上看不见").await;
    }
    let segments = |city: &City| {
        // The number of a segment stands above that of its page.
        let count = "SELECT count(DISTINCT id >> 37) FROM case_text_data WHERE id >> 37 > 0";
        city.place.direct().value(count, &[]).int()
    };
    assert_eq!(segments(&city), 15);
    assert!(city.tenant.merge_search(1).await.expect("merges"));
    while city.tenant.merge_search(1).await.expect("merges") {}
    assert!(segments(&city) < 4, "{}", segments(&city));
    let reader = city.tenant.reader().expect("reader");
    assert_eq!(found(&reader, "路灯").len(), 15);
}

#[tokio::test]
async fn a_corrected_title_is_found_by_its_new_words_only() {
    let mut city = City::new().await;
    let case = city.raise("停水", "无水可用").await.case();
    let mut bodies = city.bodies();
    let correction = bihuan_core::event::Correction {
        title: Some(bodies.write("停电")),
        ..Default::default()
    };
    let command = Command::CorrectRegistration {
        correction,
        reason: bodies.write("听错了"),
    };
    city.tenant
        .execute(&Permit::system(), case, command, bodies, None, now())
        .await
        .expect("corrected");
    let reader = city.tenant.reader().expect("reader");
    assert_eq!(found(&reader, "停水"), []);
    assert_eq!(found(&reader, "停电").len(), 1);
    assert_eq!(found(&reader, "无水").len(), 1);
}

#[tokio::test]
async fn what_another_tenant_holds_much_of_hides_nothing() {
    let mut city = City::new().await;
    for _ in 0..3 {
        city.raise("东门路灯不亮", "晚上看不见").await;
    }
    // More than are looked through for a word, and all of them newer.
    found_second(&mut city, 1_300, "西门路灯不亮");
    let reader = city.tenant.reader().expect("reader");
    let words = vec!["路灯".to_owned(), "不亮".to_owned()];
    let alike = reader.alike(std::slice::from_ref(&words), &Checked::everything(), 10);
    assert_eq!(alike.expect("reads").len(), 3);
    let counted = reader.count(&Checked::Is(Predicate::Text(words)), 100);
    assert_eq!(counted.expect("counts").known, 3);
}

#[tokio::test]
async fn of_what_is_alike_that_comes_first_which_answers_most() {
    let mut city = City::at(Place::in_a_file()).await;
    let oldest = city.raise("东门路灯不亮", "晚上看不见").await;
    for _ in 0..30 {
        city.raise("西门路灯倒了", "挡了路").await;
    }
    let questions = ["东门", "路灯", "不亮"].map(|word| vec![word.to_owned()]);
    let reader = city.tenant.reader().expect("reader");
    let alike = reader.alike(&questions, &Checked::everything(), 10);
    let alike = alike.expect("reads");
    assert_eq!(alike.len(), 10);
    assert!(alike.iter().any(|row| row.id == oldest.case()));
}
