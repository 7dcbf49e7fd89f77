//! Reading and printing, and what is said about a text that is wrong.

use crate::filter::{Ast, MAX_CHARS, parse};
use crate::label::Lang;

/// Text as somebody writes it, its canonical English and its canonical Chinese.
const READ: &[[&str; 3]] = &[
    ["", "all", "全部"],
    ["  ALL ", "all", "全部"],
    [
        "unit under \"卫健委\" and overdue > 3d and not state in (closed)",
        "unit under \"卫健委\" and overdue > 3d and not state in (\"closed\")",
        "单位 属于 \"卫健委\" 且 超期 > 3天 且 非 状态 在 (\"closed\")",
    ],
    [
        "单位 属于 \"卫健委\" 且 超期 > 3工作日",
        "unit under \"卫健委\" and overdue > 3wd",
        "单位 属于 \"卫健委\" 且 超期 > 3工作日",
    ],
    [
        "单位属于“卫健委”且超期＞3工作日",
        "unit under \"卫健委\" and overdue > 3wd",
        "单位 属于 \"卫健委\" 且 超期 > 3工作日",
    ],
    [
        "a or b and not c",
        "text has \"a\" or text has \"b\" and not text has \"c\"",
        "文本 含 \"a\" 或 文本 含 \"b\" 且 非 文本 含 \"c\"",
    ],
    [
        "(open or overdue) asked",
        "(open or overdue) and asked",
        "(在办 或 超期) 且 待补充",
    ],
    [
        "(open and asked) and ((disputed))",
        "open and asked and disputed",
        "在办 且 待补充 且 有异议",
    ],
    [
        "not (open or asked)",
        "not (open or asked)",
        "非 (在办 或 待补充)",
    ],
    ["not not open", "not not open", "非 非 在办"],
    ["!open", "not open", "非 在办"],
    [
        "is open and is not overdue",
        "open and not overdue",
        "在办 且 非 超期",
    ],
    ["是在办", "open", "在办"],
    ["closed", "not open", "非 在办"],
    ["（在办 或 暂定）", "open or provisional", "在办 或 暂定"],
    ["unit = health", "unit = health", "单位 = health"],
    ["unit is not health", "unit != health", "单位 != health"],
    [
        "unit not in (health, \"a b\")",
        "unit not in (health, \"a b\")",
        "单位 不在 (health, \"a b\")",
    ],
    [
        "单位 不属于 本单位",
        "unit not under my unit",
        "单位 不属于 本单位",
    ],
    [
        "unit under (health、city)",
        "unit under (health, city)",
        "单位 属于 (health, city)",
    ],
    ["unit in health", "unit in (health)", "单位 在 (health)"],
    [
        "person = me or accused = me",
        "person = me or accused = me",
        "经办人 = 我 或 被反映对象 = 我",
    ],
    ["person = \"me\"", "person = \"me\"", "经办人 = \"me\""],
    [
        "phase in (act, 核验)",
        "phase in (act, verify)",
        "办理阶段 在 (办理, 核验)",
    ],
    ["severity >= 4", "severity >= 4", "严重程度 >= 4"],
    ["severity in (4,5)", "severity in (4, 5)", "严重程度 在 (4, 5)"],
    ["退回次数 至少 2", "returned >= 2", "退回次数 >= 2"],
    ["reopened", "reopened", "重办"],
    ["reopened > 1", "reopened > 1", "重办次数 > 1"],
    [
        "raised = today or raised in this month",
        "raised = today or raised = this month",
        "提出时间 = 今天 或 提出时间 = 本月",
    ],
    [
        "raised >= -7d and due < +3wd",
        "raised >= -7d and due < +3wd",
        "提出时间 >= 7天前 且 到期时间 < 3工作日后",
    ],
    ["提出时间 不早于 7 天前", "raised >= -7d", "提出时间 >= 7天前"],
    ["changed > -24h", "changed > -24h", "更新时间 > 24小时前"],
    ["closed < last year", "closed < last year", "办结时间 < 去年"],
    [
        "closed not in (2026-01-01, yesterday)",
        "closed not in (2026-01-01, yesterday)",
        "办结时间 不在 (2026-01-01, 昨天)",
    ],
    ["-1d", "text has \"-1d\"", "文本 含 \"-1d\""],
    ["raised = -1d", "raised = yesterday", "提出时间 = 昨天"],
    ["remaining < 2 wd", "remaining < 2wd", "剩余 < 2工作日"],
    ["剩余 不超过 4个小时", "remaining <= 4h", "剩余 <= 4小时"],
    [
        "number starts TS2026",
        "number starts \"TS2026\"",
        "编号 开头为 \"TS2026\"",
    ],
    [
        "路灯 坏了",
        "text has \"路灯\" and text has \"坏了\"",
        "文本 含 \"路灯\" 且 文本 含 \"坏了\"",
    ],
    ["\"open\"", "text has \"open\"", "文本 含 \"open\""],
    [
        r#"text has "a \"b\" \\ c""#,
        r#"text has "a \"b\" \\ c""#,
        r#"文本 含 "a \"b\" \\ c""#,
    ],
    [
        "campaign = 冬季供暖",
        "campaign = \"冬季供暖\"",
        "专项行动 = \"冬季供暖\"",
    ],
];

#[test]
fn a_filter_prints_canonically_in_both_languages() {
    for [text, english, chinese] in READ {
        let ast = parse(text).unwrap_or_else(|problems| panic!("{text}: {problems:?}"));
        assert_eq!(ast.to_string(), *english, "{text}");
        assert_eq!(ast.print(Lang::Zh), *chinese, "{text}");
        assert_eq!(parse(english), Ok(ast.clone()), "{english}");
        assert_eq!(parse(chinese), Ok(ast), "{chinese}");
    }
}

/// A wrong text, what is marked in it, and what is said.
const WRONG: &[(&str, &str, &str)] = &[
    (
        "untt = health",
        "untt",
        "there is no field \"untt\" (did you mean \"unit\"?)",
    ),
    (
        "状况 = x",
        "状况",
        "there is no field \"状况\" (did you mean \"状态\"?)",
    ),
    (
        "open and",
        "",
        "a test is missing here (for example: open, unit = \"…\", overdue > 3d)",
    ),
    ("open and or asked", "or", "a test is missing before \"or\""),
    (
        "unit",
        "unit",
        "\"unit\" must be compared with something (for example with =; to search for the word, write it in quotes: \"unit\")",
    ),
    ("unit =", "", "a name is missing here"),
    ("unit = and open", "and", "a name is missing here"),
    (
        "unit > health",
        ">",
        "this field is not compared so (it takes =, !=, in, not in, under or not under)",
    ),
    (
        "kind under x",
        "under",
        "this field is not compared so (it takes =, !=, in or not in)",
    ),
    (
        "overdue = 3d",
        "=",
        "this field is not compared so (it takes <, <=, > or >=)",
    ),
    (
        "overdue > 3",
        "3",
        "\"3\" is not a length of time (for example overdue > 3wd (working days), 5d (days) or 4h (hours))",
    ),
    (
        "overdue > -3d",
        "-3d",
        "\"-3d\" is not a length of time (for example overdue > 3wd (working days), 5d (days) or 4h (hours))",
    ),
    (
        "overdue > 99999d",
        "99999d",
        "99999 is too large (at most 9999 is allowed)",
    ),
    (
        "severity > high",
        "high",
        "\"high\" is not a count (write a whole number such as 3)",
    ),
    (
        "raised = soon",
        "soon",
        "\"soon\" is not a date (for example 2026-03-01, today, -7d, -3wd, this month)",
    ),
    (
        "raised > 7d",
        "7d",
        "\"7d\" is not a date (for example 2026-03-01, today, -7d, -3wd, this month)",
    ),
    (
        "raised = 2026-02-30",
        "2026-02-30",
        "\"2026-02-30\" is not a date (for example 2026-03-01, today, -7d, -3wd, this month)",
    ),
    (
        "raised = now",
        "now",
        "an instant is only compared with <, <=, > or >= (name a day or a period instead, such as today or -7d)",
    ),
    (
        "phase = akt",
        "akt",
        "there is no phase \"akt\" (did you mean \"act\"?)",
    ),
    (
        "unit = me",
        "me",
        "this field does not hold who looks (did you mean my unit?)",
    ),
    (
        "person = my unit",
        "my",
        "this field does not hold who looks (did you mean me?)",
    ),
    (
        "unit = (a, b)",
        "(",
        "a list stands only behind in or under (write in (…))",
    ),
    (
        "unit in (a b)",
        "b",
        "a comma or a closing parenthesis is missing here",
    ),
    (
        "(open",
        "(",
        "the parenthesis is not closed (add a closing parenthesis)",
    ),
    ("open) asked", ")", "nothing is open that this could close"),
    (
        "text has \"路",
        "\"路",
        "the quote is not closed (end it with another quote)",
    ),
    (
        "在 路灯",
        "在",
        "\"在\" cannot stand here (to search for the word, write it in quotes: \"在\")",
    ),
    (
        "= 3",
        "=",
        "a test is missing here (for example: open, unit = \"…\", overdue > 3d)",
    ),
];

#[test]
fn a_wrong_filter_is_marked_where_it_is_wrong_and_says_what_to_do() {
    for (text, marked, said) in WRONG {
        let problems = parse(text).expect_err(text);
        assert_eq!(problems.len(), 1, "{text}: {problems:?}");
        assert_eq!(&text[problems[0].span.clone()], *marked, "{text}");
        assert_eq!(problems[0].to_string(), *said, "{text}");
    }
}

#[test]
fn every_problem_is_reported_at_once_in_the_order_of_their_places() {
    let text = "untt = x and severity > high or (overdue = 1d and kind = ) and raised = soon";
    let problems = parse(text).expect_err("five problems");
    let marked: Vec<&str> = problems
        .iter()
        .map(|problem| &text[problem.span.clone()])
        .collect();
    assert_eq!(marked, ["untt", "high", "=", ")", "soon"]);
}

#[test]
fn a_filter_at_its_bounds_is_read_and_one_beyond_is_refused() {
    let nested = |depth: usize| format!("{}open{}", "(".repeat(depth), ")".repeat(depth));
    let list = |length: usize| format!("unit in ({})", vec!["a"; length].join(","));
    let filled = |characters: usize| format!("text has \"{}\"", "路".repeat(characters - 11));
    for (within, beyond, said) in [
        (nested(31), nested(32), "the filter is nested more than 32 deep"),
        (
            "not ".repeat(31) + "open",
            "not ".repeat(32) + "open",
            "the filter is nested more than 32 deep",
        ),
        (
            vec!["open"; 128].join(" "),
            vec!["open"; 129].join(" or "),
            "the filter has more than 128 tests",
        ),
        (list(256), list(257), "the list has more than 256 values"),
        (
            filled(MAX_CHARS),
            filled(MAX_CHARS + 1),
            "the filter has 4097 characters, 4096 are allowed",
        ),
    ] {
        assert!(parse(&within).is_ok(), "{said}: {:?}", parse(&within));
        let problems = parse(&beyond).expect_err(said);
        assert_eq!(
            problems.iter().map(ToString::to_string).collect::<Vec<_>>(),
            [said]
        );
    }
}

#[test]
fn joining_two_filters_keeps_the_canonical_form() {
    let read = |text| parse(text).expect("a filter");
    assert_eq!(
        read("open and asked").and(read("a or b")),
        read("open and asked and (a or b)")
    );
    assert_eq!(Ast::everything().and(read("open")), read("open"));
    assert_eq!(read("open").and(Ast::everything()), read("open"));
}
