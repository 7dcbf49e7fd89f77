//! Small packs, written as lines of words.

use std::collections::BTreeMap;

use bihuan_core::calendar::Calendar;
use bihuan_core::clock::Limit;
use bihuan_core::filter;
use bihuan_core::label::Label;
use bihuan_core::pack::Word;
use bihuan_core::pack::model::{
    AnswerRule, Category, ClockRule, Effect, EndKind, Kind, Named, Pack, Raiser, Relation, State, Step,
    Taxonomy,
};
use jiff::civil::date;

/// A complaint from outside: the whole loop, with a look back.
const COMPLAINT: &str = "
    state new raise
    state accepted accept
    state handling act
    state checking verify
    state answering answer
    state closed closed
    state refused closed
    state watched watch

    step accept   new        accepted   action=register start=handle stop=accept
    step assign   accepted   handling   action=assign does=assign
    step give_back handling  accepted   action=handle by=responsible does=return
    step hand_in  handling   checking   action=handle by=responsible needs=evidence
    step rework   checking   handling   action=verify asks=reason
    step verify   checking   answering  action=verify by=independent does=verify
    step fail     checking   handling   action=verify by=independent does=fail_verification
    step answer   answering  answering  action=answer does=answer
    step redo     answering  handling   by=reporter does=reopen
    step strike   answering  closed     action=strike does=strike_off stop=handle
    step lapse    answering  closed     by=timer does=strike_off needs=satisfaction stop=handle
    step look     closed     watched    action=verify does=look_back_held
    step relapse  closed     handling   action=verify does=look_back_failed start=handle
    step reopen   closed     handling   by=reporter does=reopen start=handle
    step refuse   new        refused    action=register does=refuse
    step withdraw new,handling closed   by=reporter does=withdraw
    step hand_on  accepted   closed     action=register does=hand_over
    step urgent   accepted   handling   action=assign does=assign guard=severity>=4
";

/// A consultation, which an answer ends.
const QUESTION: &str = "
    state new raise
    state closed closed
    step answer new new    action=answer does=answer
    step end    new closed action=answer does=end_answered
";

/// A problem that a unit lists itself, made public before it is struck off.
const LISTED: &str = "
    state open act
    state checking verify
    state public answer
    state closed closed
    step take    open     open     action=assign does=assign
    step hand_in open     checking action=handle by=responsible
    step verify  checking public   action=verify by=independent does=verify
    step publish public   public   action=handle does=publish
    step strike  public   closed   by=timer does=strike_off needs=publication
";

/// A pack that allows everything to everybody in every state: what still is refused is refused whatever a
/// pack says.
const ANYTHING: &str = "
    state open act
    state late answer
    state closed closed
    step assign  open,late open   action=handle does=assign
    step return  open,late open   action=handle does=return
    step move    open,late late   action=handle
    step back    open,late open   action=handle
    step verify  open,late late   action=handle does=verify
    step fail    open,late open   action=handle does=fail_verification
    step answer  open,late late   action=handle does=answer
    step strike  open,late closed action=handle does=strike_off
    step lapse   open,late closed by=timer does=strike_off
    step end     open,late closed action=handle does=end_answered
    step close   open,late closed action=handle
    step refuse  open      closed action=handle does=refuse
    step withdraw open     closed by=reporter does=withdraw
    step hand_on open      closed action=handle does=hand_over
    step reopen  late,closed open action=handle does=reopen
    step relapse closed    open   action=handle does=look_back_failed
    step leave   closed    open   action=handle
    step publish open,late late   action=handle does=publish
    step consent open,late late   action=handle by=finder does=consent
";

/// The packs' calendar: the shipped one.
pub fn calendar() -> Calendar {
    Calendar::parse(include_str!("../../../packs/calendars/cn.toml"))
        .expect("the shipped calendar has no problems")
}

pub fn pack() -> Pack {
    let reporter = |id, text| kind(id, text, Raiser::Reporter, AnswerRule::Reporter);
    let mut complaint = reporter("complaint", COMPLAINT);
    complaint.start = vec!["accept".to_owned()];
    let mut question = reporter("question", QUESTION);
    question.portal = false;
    question.consultation = true;
    question.ends = vec![EndKind::Answered];
    Pack {
        id: "town".to_owned(),
        version: 1,
        title: label("town"),
        valid_from: date(2020, 1, 1),
        valid_until: None,
        sources: BTreeMap::new(),
        channels: vec![named("phone")],
        supervision_sources: vec![named("audit")],
        taxonomies: BTreeMap::from([("matters".to_owned(), taxonomy())]),
        clocks: ["accept 2wd", "handle 5wd 1wd 3wd"].map(clock).into(),
        kinds: vec![
            complaint,
            question,
            kind("listed", LISTED, Raiser::Finder, AnswerRule::Publication),
            reporter("anything", ANYTHING),
            kind("found", ANYTHING, Raiser::Finder, AnswerRule::FinderConsent),
        ],
        portal_kind: Some("complaint".to_owned()),
        grants: Vec::new(),
        messages: BTreeMap::new(),
        notifications: BTreeMap::new(),
        callback: None,
        templates: Vec::new(),
        notices: BTreeMap::new(),
        alarms: Vec::new(),
    }
}

fn label(word: &str) -> Label {
    Label::new(word, word)
}

fn named(id: &str) -> Named {
    Named {
        id: id.to_owned(),
        title: label(id),
    }
}

fn taxonomy() -> Taxonomy {
    let category = |code: &str| Category {
        code: code.to_owned(),
        title: label(code),
    };
    Taxonomy {
        id: "matters".to_owned(),
        title: label("matters"),
        source: "test".to_owned(),
        categories: ["care", "care.clinic", "pipes"].map(category).into(),
    }
}

/// Reads `ID LIMIT [WARN_BEFORE EXTENSION]`; what may be extended may also be paused.
fn clock(line: &str) -> (String, ClockRule) {
    let words: Vec<&str> = line.split_whitespace().collect();
    let limit = |at: usize| words.get(at).map(|word| word.parse::<Limit>().expect("a limit"));
    let rule = ClockRule {
        id: words[0].to_owned(),
        title: label(words[0]),
        limit: limit(1).expect("a clock has a limit"),
        warn_before: limit(2),
        extension: limit(3),
        pausable: limit(3).is_some(),
        source: "test".to_owned(),
    };
    (rule.id.clone(), rule)
}

fn kind(id: &str, text: &str, raised_by: Raiser, answer: AnswerRule) -> Kind {
    let lines = text
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>());
    let (mut states, mut steps) = (Vec::new(), Vec::new());
    for words in lines.filter(|words| !words.is_empty()) {
        match words[0] {
            "state" => states.push(State {
                id: words[1].to_owned(),
                title: label(words[1]),
                phase: word(words[2]),
            }),
            _ => steps.push(step(&words[1..])),
        }
    }
    Kind {
        id: id.to_owned(),
        title: label(id),
        number_prefix: "T".to_owned(),
        taxonomy: Some("matters".to_owned()),
        raised_by,
        answer,
        ends: EndKind::ALL.to_vec(),
        portal: true,
        listed: false,
        consultation: false,
        silence_days: 7,
        calls: None,
        publication_days: None,
        initial: states[0].id.clone(),
        start: Vec::new(),
        states,
        steps,
        source: "test".to_owned(),
    }
}

fn step(words: &[&str]) -> Step {
    let given = |key: &str| {
        let mut pairs = words[3..].iter().filter_map(|word| word.split_once('='));
        pairs.find(|(found, _)| *found == key).map(|(_, value)| value)
    };
    let list =
        |key: &str| given(key).map_or(Vec::new(), |value| value.split(',').map(str::to_owned).collect());
    Step {
        id: words[0].to_owned(),
        title: label(words[0]),
        from: words[1].split(',').map(str::to_owned).collect(),
        to: words[2].to_owned(),
        action: given("action").map(str::to_owned),
        relation: given("by").map_or(Relation::Any, word),
        effect: given("does").map_or(Effect::None, word),
        asks: list("asks").iter().map(|ask| word(ask)).collect(),
        needs: list("needs").iter().map(|need| word(need)).collect(),
        guard: given("guard").map(|text| filter::parse(text).expect("a filter")),
        start: list("start"),
        stop: list("stop"),
        tell: None,
        source: "test".to_owned(),
    }
}

fn word<T: Word>(word: &str) -> T {
    T::of_word(word).unwrap_or_else(|| panic!("no {} {word:?}", T::NAME))
}
