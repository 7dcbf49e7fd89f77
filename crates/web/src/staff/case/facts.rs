//! What is known of a case beside what was written: its facts, and how it stands.

use bihuan_core::event::{AccusedParty, Disclosure, End, RaisedBy};

use super::responsible::{self, Named};
use crate::story::Story;

/// Returns what is known beside the text: what it is called, and what it is, which may lead somewhere.
pub fn facts(story: &Story<'_>) -> Vec<(String, Vec<Named>)> {
    let (ctx, t, case, words) = (story.ctx, story.ctx.tongue, story.case(), story.words());
    let source = case.source.as_deref().map(|id| {
        let source = story.pack.supervision_source(id);
        source.map_or_else(|| id.to_owned(), |source| ctx.name(&source.title))
    });
    let unit = case.unit.map(|unit| responsible::of_unit(ctx, unit));
    let accused = |party: &AccusedParty| match party {
        AccusedParty::Unit(unit) => responsible::of_unit(ctx, *unit),
        AccusedParty::Person(person) => responsible::of_person(ctx, *person),
    };
    let none = || responsible::plain(t.t("track-no-unit"));
    let co_units = case.co_units.iter();
    let all = [
        ("case-unit", vec![unit.unwrap_or_else(none)]),
        (
            "case-co-units",
            co_units.map(|unit| responsible::of_unit(ctx, *unit)).collect(),
        ),
        (
            "case-person",
            case.person
                .into_iter()
                .map(|person| responsible::of_person(ctx, person))
                .collect(),
        ),
        (
            "case-channel",
            vec![responsible::plain(words.channel(&case.channel))],
        ),
        (
            "case-source",
            source.into_iter().map(responsible::plain).collect(),
        ),
        ("case-raised-by", raiser(story)),
        (
            "case-raised-at",
            vec![responsible::plain(story.moment(case.raised_at))],
        ),
        ("case-accused", case.accused.iter().map(accused).collect()),
    ];
    all.into_iter()
        .filter(|(_, values)| !values.is_empty())
        .map(|(key, values)| (t.t(key), values))
        .collect()
}

/// Returns who raised the case, as far as it is not sealed.
fn raiser(story: &Story<'_>) -> Vec<Named> {
    let said = |key: &str| vec![responsible::plain(story.ctx.tongue.t(key))];
    match story.case().raised_by {
        RaisedBy::Reporter {
            disclosure: Disclosure::Anonymous,
            ..
        } => said("case-by-anonymous"),
        RaisedBy::Reporter {
            disclosure: Disclosure::Confidential,
            ..
        } => said("case-by-confidential"),
        RaisedBy::Reporter {
            disclosure: Disclosure::RealName,
            ..
        } => said("case-by-real-name"),
        RaisedBy::Finder { person, unit } => vec![
            responsible::of_unit(story.ctx, unit),
            responsible::of_person(story.ctx, person),
        ],
    }
}

/// Returns how the case stands, as looks and words.
pub fn chips(story: &Story<'_>) -> Vec<(&'static str, String)> {
    let (t, case) = (story.ctx.tongue, story.case());
    let look = match &case.end {
        None => "info",
        Some(End::StruckOff | End::Answered) => "ok",
        Some(
            End::Refused { .. }
            | End::Withdrawn { .. }
            | End::HandedOver { .. }
            | End::Merged
            | End::ImportedClosed,
        ) => "",
    };
    let counted = |key: &str, count: u32| (count > 0).then(|| t.t1(key, "count", count));
    let chips = [
        ("over", (case.breaches > 0).then(|| t.t("chip-breached"))),
        ("over", case.unsatisfied.then(|| t.t("chip-unsatisfied"))),
        ("near", case.dispute.map(|_| t.t("chip-disputed"))),
        ("near", case.question_open.then(|| t.t("chip-asked"))),
        ("", counted("chip-returned", case.returns)),
        ("", counted("chip-reopened", case.reopened)),
        ("", Some(t.t1("chip-severity", "severity", case.severity))),
    ];
    let state = [(look, story.state())];
    let known = chips
        .into_iter()
        .filter_map(|(look, said)| said.map(|said| (look, said)));
    state.into_iter().chain(known).collect()
}
