//! The words of the language, English and Chinese. In each row the first word of a language is the one
//! that is printed; the others are read as well. English words are read in any case.

use crate::case::flag::Flag;
use crate::clock::LimitUnit;
use crate::filter::ast::{CountField, DateField, LengthField, NameField, Order, Period, Relation, When};
use crate::label::Lang;
use crate::pack::phase::Phase;

/// What is meant, and the words for it.
pub(super) struct Word<T: 'static> {
    pub means: T,
    pub en: &'static [&'static str],
    pub zh: &'static [&'static str],
}

impl<T> Word<T> {
    /// Returns the printed word.
    pub fn canonical(&self, lang: Lang) -> &'static str {
        match lang {
            Lang::Zh => self.zh[0],
            Lang::En => self.en[0],
        }
    }
}

const fn word<T>(means: T, en: &'static [&'static str], zh: &'static [&'static str]) -> Word<T> {
    Word { means, en, zh }
}

/// Finds what `said` means in `table`.
pub(super) fn find<T: Copy>(table: &[Word<T>], said: &str) -> Option<T> {
    table
        .iter()
        .find(|row| row.zh.contains(&said) || row.en.iter().any(|word| word.eq_ignore_ascii_case(said)))
        .map(|row| row.means)
}

/// Returns the printed word for `meaning`, or nothing where the table lacks it (tests prove it does not).
pub(super) fn print<T: PartialEq>(table: &[Word<T>], meaning: &T, lang: Lang) -> &'static str {
    table
        .iter()
        .find(|row| row.means == *meaning)
        .map_or("", |row| row.canonical(lang))
}

/// A field, by what it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Name(NameField),
    Phase,
    Count(CountField),
    Date(DateField),
    Length(LengthField),
    Text,
}

pub(super) const FIELDS: &[Word<Field>] = &[
    word(
        Field::Name(NameField::Unit),
        &["unit"],
        &["单位", "承办单位", "主办单位"],
    ),
    word(
        Field::Name(NameField::CoUnit),
        &["co_unit", "co-unit"],
        &["协办单位", "协办"],
    ),
    word(
        Field::Name(NameField::FinderUnit),
        &["finder_unit"],
        &["发现单位"],
    ),
    word(
        Field::Name(NameField::Person),
        &["person"],
        &["经办人", "人员", "承办人"],
    ),
    word(Field::Name(NameField::Finder), &["finder"], &["发现人"]),
    word(
        Field::Name(NameField::Accused),
        &["accused"],
        &["被反映对象", "被反映人", "被举报人"],
    ),
    word(Field::Name(NameField::Instructor), &["instructor"], &["批示人"]),
    word(Field::Name(NameField::Kind), &["kind"], &["类型", "事项类型"]),
    word(Field::Name(NameField::State), &["state"], &["状态"]),
    word(
        Field::Name(NameField::Category),
        &["category"],
        &["分类", "类别", "问题分类"],
    ),
    word(Field::Name(NameField::Channel), &["channel"], &["渠道"]),
    word(Field::Name(NameField::Source), &["source"], &["来源"]),
    word(
        Field::Name(NameField::Campaign),
        &["campaign"],
        &["专项行动", "专项"],
    ),
    word(Field::Name(NameField::Number), &["number"], &["编号", "事项编号"]),
    word(Field::Phase, &["phase"], &["办理阶段"]),
    word(Field::Count(CountField::Severity), &["severity"], &["严重程度"]),
    word(Field::Count(CountField::Returned), &["returned"], &["退回次数"]),
    word(Field::Count(CountField::Reopened), &["reopened"], &["重办次数"]),
    word(
        Field::Date(DateField::Raised),
        &["raised"],
        &["提出时间", "反映时间"],
    ),
    word(Field::Date(DateField::Changed), &["changed"], &["更新时间"]),
    word(Field::Date(DateField::Closed), &["closed"], &["办结时间"]),
    word(Field::Date(DateField::Due), &["due"], &["到期时间", "截止时间"]),
    word(
        Field::Length(LengthField::Overdue),
        &["overdue"],
        &["超期", "逾期"],
    ),
    word(
        Field::Length(LengthField::Remaining),
        &["remaining"],
        &["剩余", "剩余时间"],
    ),
    word(Field::Text, &["text"], &["文本", "正文", "内容"]),
];

pub(super) const FLAGS: &[Word<Flag>] = &[
    word(Flag::Open, &["open"], &["在办"]),
    word(Flag::Breached, &["breached"], &["曾超期"]),
    word(Flag::Disputed, &["disputed"], &["有异议"]),
    word(Flag::QuestionOpen, &["asked"], &["待补充"]),
    word(Flag::Duplicate, &["duplicate"], &["重复件"]),
    word(Flag::Recurrence, &["recurrence"], &["复发"]),
    word(Flag::Reopened, &["reopened"], &["重办"]),
    word(Flag::Unsatisfied, &["unsatisfied"], &["不满意"]),
    word(Flag::Provisional, &["provisional"], &["暂定"]),
    word(Flag::Imported, &["imported"], &["导入"]),
    word(Flag::Anonymous, &["anonymous"], &["匿名"]),
    word(Flag::Instructed, &["instructed"], &["批示件"]),
    word(Flag::ToCall, &["to_call"], &["待回访"]),
    word(Flag::Satisfied, &["satisfied"], &["满意"]),
    word(Flag::Pictured, &["pictured"], &["已公开照片"]),
    word(Flag::ToShow, &["to_show"], &["照片待看"]),
];

pub(super) const PHASES: &[Word<Phase>] = &[
    word(Phase::Raise, &["raise"], &["提出"]),
    word(Phase::Accept, &["accept"], &["受理"]),
    word(Phase::Act, &["act"], &["办理"]),
    word(Phase::Verify, &["verify"], &["核验"]),
    word(Phase::Answer, &["answer"], &["答复"]),
    word(Phase::Closed, &["closed"], &["办结"]),
    word(Phase::Watch, &["watch"], &["回头看"]),
];

/// What joins, turns or stands for a whole filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Glue {
    And,
    Or,
    Not,
    All,
    /// `closed` alone: the opposite of `open`.
    Closed,
}

pub(super) const GLUE: &[Word<Glue>] = &[
    word(Glue::And, &["and"], &["且", "并且"]),
    word(Glue::Or, &["or"], &["或", "或者"]),
    word(Glue::Not, &["not", "!"], &["非", "不", "并非"]),
    word(Glue::All, &["all"], &["全部", "所有"]),
    word(Glue::Closed, &["closed"], &["已办结"]),
];

/// An operator between a field and its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Order(Order),
    Relation(Relation),
    Has,
    Starts,
}

/// Operators of one word. `not in`, `not under` and `is not` are put together by the parser.
pub(super) const OPERATORS: &[Word<Operator>] = &[
    word(
        Operator::Order(Order::Equal),
        &["=", "==", "is"],
        &["=", "是", "为", "等于"],
    ),
    word(
        Operator::Order(Order::Unequal),
        &["!=", "<>"],
        &["!=", "不是", "不为", "不等于"],
    ),
    word(
        Operator::Order(Order::Less),
        &["<"],
        &["<", "小于", "少于", "早于"],
    ),
    word(
        Operator::Order(Order::AtMost),
        &["<="],
        &["<=", "不超过", "不大于", "不多于", "不晚于"],
    ),
    word(
        Operator::Order(Order::More),
        &[">"],
        &[">", "超过", "大于", "多于", "晚于"],
    ),
    word(
        Operator::Order(Order::AtLeast),
        &[">="],
        &[">=", "至少", "不小于", "不少于", "不早于"],
    ),
    word(Operator::Relation(Relation::In), &["in"], &["在"]),
    word(Operator::Relation(Relation::NotIn), &["not in"], &["不在"]),
    word(Operator::Relation(Relation::Under), &["under"], &["属于"]),
    word(
        Operator::Relation(Relation::NotUnder),
        &["not under"],
        &["不属于"],
    ),
    word(Operator::Has, &["has"], &["含", "包含"]),
    word(Operator::Starts, &["starts"], &["开头为", "开头是"]),
];

/// Who looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Myself {
    Me,
    MyUnit,
}

pub(super) const MYSELF: &[Word<Myself>] = &[
    word(Myself::Me, &["me"], &["我", "本人"]),
    word(Myself::MyUnit, &["my unit"], &["本单位", "我单位"]),
];

pub(super) const DATES: &[Word<When>] = &[
    word(When::Now, &["now"], &["现在"]),
    word(When::Day(0), &["today"], &["今天", "今日"]),
    word(When::Day(-1), &["yesterday"], &["昨天", "昨日"]),
    word(When::Day(1), &["tomorrow"], &["明天", "明日"]),
    word(When::Period(Period::Week, 0), &["this week"], &["本周"]),
    word(When::Period(Period::Week, -1), &["last week"], &["上周"]),
    word(When::Period(Period::Week, 1), &["next week"], &["下周"]),
    word(When::Period(Period::Month, 0), &["this month"], &["本月"]),
    word(
        When::Period(Period::Month, -1),
        &["last month"],
        &["上月", "上个月"],
    ),
    word(
        When::Period(Period::Month, 1),
        &["next month"],
        &["下月", "下个月"],
    ),
    word(When::Period(Period::Quarter, 0), &["this quarter"], &["本季度"]),
    word(When::Period(Period::Quarter, -1), &["last quarter"], &["上季度"]),
    word(When::Period(Period::Quarter, 1), &["next quarter"], &["下季度"]),
    word(When::Period(Period::Year, 0), &["this year"], &["今年", "本年"]),
    word(When::Period(Period::Year, -1), &["last year"], &["去年", "上年"]),
    word(When::Period(Period::Year, 1), &["next year"], &["明年"]),
];

pub(super) const LENGTHS: &[Word<LimitUnit>] = &[
    word(LimitUnit::WorkingDays, &["wd"], &["工作日", "个工作日"]),
    word(LimitUnit::Days, &["d"], &["天", "日"]),
    word(LimitUnit::Hours, &["h"], &["小时", "个小时"]),
];

/// Calls `each` with every word that a filter reserves, in both languages.
pub(super) fn each_reserved(each: &mut dyn FnMut(&'static str)) {
    fn table<T>(rows: &'static [Word<T>], each: &mut dyn FnMut(&'static str)) {
        for row in rows {
            row.en.iter().chain(row.zh).for_each(|word| each(word));
        }
    }
    table(FIELDS, each);
    table(FLAGS, each);
    table(GLUE, each);
    table(OPERATORS, each);
    table(MYSELF, each);
    table(DATES, each);
}

/// Whether `said` means something in a filter, so that as a name it must stand in quotes.
pub(super) fn is_reserved(said: &str) -> bool {
    // The halves of the words of two words are reserved too: `my`, `this`.
    let mut reserved = false;
    each_reserved(&mut |word| {
        reserved |=
            word.eq_ignore_ascii_case(said) || word.split(' ').any(|half| half.eq_ignore_ascii_case(said));
    });
    reserved
}
