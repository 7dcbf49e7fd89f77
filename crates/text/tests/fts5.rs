//! Tokens against a real FTS5: what `holds` says in memory is what the database finds.

use std::collections::HashSet;

use bihuan_text::{FTS5_TOKENIZER, document, fts_query, holds, query_tokens, tokens};
use proptest::prelude::*;
use rusqlite::Connection;

fn index(texts: &[&str]) -> Connection {
    let db = Connection::open_in_memory().expect("an in-memory database opens");
    let create =
        format!("CREATE VIRTUAL TABLE t USING fts5(body, tokenize = '{FTS5_TOKENIZER}', detail = 'none')");
    db.execute_batch(&create).expect("FTS5 is compiled in");
    for text in texts {
        db.execute("INSERT INTO t (body) VALUES (?1)", [document([*text])])
            .expect("indexed");
    }
    db
}

fn find(db: &Connection, query: &str) -> Vec<i64> {
    let mut statement = db
        .prepare("SELECT rowid FROM t WHERE t MATCH ?1 ORDER BY rowid")
        .expect("the statement is valid");
    let rows = statement
        .query_map([fts_query(&query_tokens(query))], |row| row.get(0))
        .expect("a match runs");
    rows.collect::<Result<_, _>>().expect("row ids are read")
}

#[test]
fn fts5_finds_by_word_by_pair_and_by_single_character() {
    let db = index(&[
        "夜间施工噪音很大，严重扰民",
        "A3区停暖三天",
        "𬭚铁公司 Wi-Fi 信号差",
        "噪声OR扰民",
    ]);
    assert_eq!(find(&db, "噪音扰民"), [1]);
    assert_eq!(find(&db, "停暖"), [2]);
    assert_eq!(find(&db, "暖"), [2]);
    assert_eq!(find(&db, "天"), [2]);
    assert_eq!(find(&db, "wifi"), [] as [i64; 0]);
    assert_eq!(find(&db, "wi-fi"), [3]);
    assert_eq!(find(&db, "𬭚铁"), [3]);
    assert_eq!(find(&db, "or"), [4]);
}

#[test]
fn a_query_of_syntax_is_harmless() {
    let db = index(&["噪音"]);
    for query in [
        "\"",
        "噪音\" OR \"x",
        "NEAR(噪音)",
        "body:噪音",
        "*",
        "",
        "噪音 AND NOT 噪音",
    ] {
        find(&db, query);
    }
    assert_eq!(find(&db, ""), [] as [i64; 0]);
}

fn text() -> impl Strategy<Value = String> {
    let character = prop_oneof![
        6 => prop::sample::select("小区噪音扰民停暖税务局的很大A3wWｆ９ é".chars().collect::<Vec<_>>()),
        1 => any::<char>(),
    ];
    prop::collection::vec(character, 0..24).prop_map(|chars| chars.into_iter().collect())
}

proptest! {
    #[test]
    fn what_stands_in_a_text_is_found(text in text(), from in 0usize..24, len in 1usize..6) {
        // Only Chinese may be cut anywhere: half an English word is another word.
        let part = text.chars().skip(from).take(len);
        let part: String = part.map(|c| if is_han(c) { c } else { ' ' }).collect();
        let asked = query_tokens(&part);
        let held: HashSet<String> = tokens(&text).into_iter().collect();
        prop_assert!(asked.is_empty() || holds(&held, &asked), "{asked:?} in {held:?}");
    }

    #[test]
    fn memory_and_database_agree(text in text(), query in text()) {
        let held: HashSet<String> = tokens(&text).into_iter().collect();
        let in_memory = holds(&held, &query_tokens(&query));
        prop_assert_eq!(find(&index(&[&text]), &query) == [1], in_memory);
    }
}

fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}' | '々' | '〇')
}
