//! What is suggested where the cursor, written `|`, stands.

use super::World;
use crate::filter::{MAX_SUGGESTIONS, suggest};
use crate::label::Lang;

fn check_suggest(lang: Lang, text: &str, expected: &[&str]) {
    let cursor = text.find('|').expect("a cursor");
    let text = text.replace('|', "");
    let found = World::new().look(|scene| suggest(&text, cursor, lang, scene));
    let inserts: Vec<&str> = found
        .iter()
        .map(|suggestion| suggestion.insert.as_str())
        .collect();
    assert_eq!(
        &inserts[..expected.len().min(inserts.len())],
        expected,
        "{text}: {inserts:?}"
    );
}

#[test]
fn fields_flags_operators_values_and_joints_are_suggested_in_their_places() {
    check_suggest(Lang::En, "|", &["unit", "co_unit", "finder_unit"]);
    check_suggest(Lang::En, "ov|", &["overdue"]);
    check_suggest(Lang::Zh, "超|", &["超期", "曾超期"]);
    check_suggest(Lang::Zh, "chao|", &[]);
    check_suggest(
        Lang::En,
        "unit |",
        &["=", "!=", "in", "not in", "under", "not under"],
    );
    check_suggest(Lang::En, "kind |", &["=", "!=", "in", "not in"]);
    check_suggest(Lang::En, "remaining |", &["<", "<=", ">", ">="]);
    check_suggest(
        Lang::En,
        "unit under |",
        &["my unit", "\"City Government\"", "\"Health Commission\""],
    );
    check_suggest(Lang::Zh, "单位 属于 卫|", &["\"卫生健康委员会\""]);
    check_suggest(Lang::En, "unit not under hea|", &["\"Health Commission\""]);
    check_suggest(
        Lang::En,
        "unit in (north, sou|",
        &["\"South District City Management\""],
    );
    check_suggest(
        Lang::En,
        "person = |",
        &["me", "\"Li Min\"", "00000000-0000-0000-0000-00000000000c"].map(quoted_if_id),
    );
    check_suggest(Lang::En, "kind = compl|", &["Complaint"]);
    check_suggest(Lang::Zh, "分类 = 其|", &["housing.other", "road.other"]);
    check_suggest(Lang::Zh, "提出时间 = 本|", &["本周", "本月", "本季度", "今年"]);
    check_suggest(Lang::En, "open |", &["and", "or"]);
    check_suggest(Lang::En, "open and |", &["unit"]);
    check_suggest(Lang::Zh, "在办 且（超|", &["超期", "曾超期"]);
    check_suggest(Lang::En, "overdue > |", &["3wd", "3d", "3h"]);
}

fn quoted_if_id(insert: &'static str) -> &'static str {
    // An id begins with a digit, so as a name it stands in quotes.
    if insert.starts_with('0') {
        "\"00000000-0000-0000-0000-00000000000c\""
    } else {
        insert
    }
}

#[test]
fn a_suggestion_replaces_the_word_before_the_cursor() {
    let text = "unit under hea and open";
    let found = World::new().look(|scene| suggest(text, 14, Lang::En, scene));
    assert_eq!(&text[found[0].span.clone()], "hea");
    let found = World::new().look(|scene| suggest("open ", 5, Lang::En, scene));
    assert_eq!(found[0].span, 5..5);
    assert!(found.len() <= MAX_SUGGESTIONS);
}
