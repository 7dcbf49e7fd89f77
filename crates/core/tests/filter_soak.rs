//! No text makes the filter language panic, whatever its characters.
//!
//! A short run by default; five minutes with `BIHUAN_SOAK`, or as long as `BIHUAN_SOAK_SECONDS` says.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use bihuan_core::calendar::Calendar;
use bihuan_core::filter::{Scene, check, parse, suggest};
use bihuan_core::label::Lang;
use bihuan_core::org::Org;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestRunner};

/// How many texts are tried between two looks at the time.
const BATCH: u32 = 1000;

static CALENDAR: LazyLock<Calendar> = LazyLock::new(|| {
    let china = Calendar::parse(include_str!("../../packs/calendars/cn.toml"));
    china.expect("the shipped calendar has no problems")
});

/// Filters that are right, with most words of the language: to be damaged, and to take words from.
const VALID: &[&str] = &[
    "unit under \"卫健委\" and overdue > 3wd and not state in (closed, \"办理中\")",
    "单位 属于 \"卫健委\" 且 超期 > 3工作日 且 非 状态 在 (已销号)",
    "(open or breached) and is not disputed and asked or unit not under my unit",
    "（在办 或 曾超期） 且 有异议 或 待补充 且 单位 不属于 本单位",
    "person = me or finder != me or accused in (me, my unit) and co_unit not in (a, b)",
    "经办人 = 我 或 发现人 不是 我 或 被反映对象 在 （我，本单位） 且 协办单位 不在 （甲、乙）",
    "raised >= -7d and raised <= today and changed > -24h and closed = last month and due < +3wd",
    "提出时间 不早于 7天前 且 更新时间 晚于 24小时前 且 办结时间 = 上月 且 到期时间 < 3工作日后",
    "severity in (4, 5) and returned > 0 and reopened >= 1 and remaining < 2 d and overdue",
    "严重程度 在 (4, 5) 且 退回次数 超过 0 且 重办次数 至少 1 且 剩余 不超过 2 天",
    "kind = complaint and phase in (act, verify) and category under housing and channel is not phone",
    "类型 = 投诉 且 办理阶段 在 (办理, 核验) 且 分类 属于 住房 且 渠道 不是 电话 且 来源 为 巡察",
    "number starts \"TS2026\" and campaign = winter and text has \"路灯 \\\"坏\\\"\" and all",
    "编号 开头为 TS2026 且 专项行动 = 冬季 且 文本 含 \"路灯\" 且 全部 路灯 坏了",
];

/// Random characters, words of the language in random order, and valid filters with random damage.
fn random_text() -> impl Strategy<Value = String> {
    let mut vocabulary = vec![
        "(",
        ")",
        "（",
        "，",
        ",",
        "\"",
        "“",
        "”",
        "!",
        "＝",
        ">",
        "<=",
        "-7d",
        "3工作日",
        "卫健委",
        "\\",
    ];
    vocabulary.extend(VALID.iter().flat_map(|text| text.split(' ')));
    let glued = prop::collection::vec((select(vocabulary.clone()), any::<bool>()), 0..60);
    let soup = glued.prop_map(|words| {
        let spaced = words
            .into_iter()
            .flat_map(|(word, space)| [word, if space { " " } else { "" }]);
        spaced.collect::<String>()
    });
    let damage = prop::collection::vec((any::<prop::sample::Index>(), 0..3, select(vocabulary)), 1..6);
    let damaged = (select(VALID), damage).prop_map(|(valid, damage)| {
        let mut characters: Vec<char> = valid.chars().collect();
        for (place, how, word) in damage {
            let place = place.index(characters.len() + 1);
            match how {
                0 => characters.truncate(place),
                1 => drop(characters.splice(place..(place + 1).min(characters.len()), [])),
                _ => drop(characters.splice(place..place, word.chars())),
            }
        }
        characters.into_iter().collect()
    });
    prop_oneof![1 => "\\PC*", 1 => any::<String>(), 2 => soup, 3 => damaged]
}

/// Checks that whatever `text` is, it is answered: read, or refused with problems that lie in it.
fn check_any_text(text: &str, cursor: usize) {
    let scene = Scene {
        org: &Org::default(),
        packs: &[],
        calendar: &CALENDAR,
        now: "2026-03-04T15:30:00+08:00".parse().expect("an instant"),
        tree_on: None,
        me: None,
        my_units: &[],
        tokens: &|text| text.split(' ').map(str::to_owned).collect(),
    };
    let read = parse(text);
    if let Ok(ast) = &read {
        assert_eq!(parse(&ast.print(Lang::Zh)).as_ref(), Ok(ast), "{text}");
        assert_eq!(parse(&ast.print(Lang::En)).as_ref(), Ok(ast), "{text}");
    }
    let problems = match read.and_then(|ast| check(&ast, &scene)) {
        Ok(_) => Vec::new(),
        Err(problems) => {
            assert!(!problems.is_empty(), "{text}");
            problems
        }
    };
    for problem in problems {
        assert!(text.get(problem.span.clone()).is_some(), "{text}: {problem:?}");
    }
    for suggestion in suggest(text, cursor, Lang::Zh, &scene) {
        assert!(text.get(suggestion.span).is_some(), "{text}");
    }
}

fn soak_seconds() -> u64 {
    let said = std::env::var("BIHUAN_SOAK_SECONDS")
        .ok()
        .and_then(|seconds| seconds.parse().ok());
    let long = std::env::var_os("BIHUAN_SOAK").map(|_| 300);
    said.or(long).unwrap_or(0)
}

#[test]
fn no_text_makes_the_language_panic() {
    let end = Instant::now() + Duration::from_secs(soak_seconds());
    let mut texts = 0;
    loop {
        let config = Config {
            failure_persistence: None,
            ..Config::with_cases(BATCH)
        };
        let run = TestRunner::new(config).run(&(random_text(), 0_usize..200), |(text, cursor)| {
            check_any_text(&text, cursor);
            Ok(())
        });
        run.expect("every text is answered");
        texts += BATCH;
        if Instant::now() >= end {
            break;
        }
    }
    println!("{texts} random texts answered");
}
