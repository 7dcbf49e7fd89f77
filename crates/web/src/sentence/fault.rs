//! What is wrong with a filter, in words: what, and what to do about it.

use bihuan_core::filter::{
    FaultKind, Instead, LengthField, MAX_AMOUNT, MAX_CHARS, MAX_DEPTH, MAX_LIST, MAX_TERMS, Takes, Wanted,
};

use crate::lang::Tongue;

/// Returns what is wrong, and what to do about it where that is known.
pub fn said(tongue: Tongue, kind: &FaultKind) -> (String, Option<String>) {
    (what(tongue, kind), todo(tongue, kind))
}

fn what(t: Tongue, kind: &FaultKind) -> String {
    let word = |key, word: &str| t.t1(key, "word", word);
    let most = |key, most: usize| t.t1(key, "most", most);
    match kind {
        FaultKind::TooLong(count) => t.t2("fault-too-long", ("count", count), ("most", MAX_CHARS)),
        FaultKind::TooDeep => most("fault-too-deep", MAX_DEPTH),
        FaultKind::TooManyTests => most("fault-too-many-tests", MAX_TERMS),
        FaultKind::TooManyValues => most("fault-too-many-values", MAX_LIST),
        FaultKind::OpenQuote => t.t("fault-open-quote"),
        FaultKind::OpenParenthesis => t.t("fault-open-parenthesis"),
        FaultKind::NothingOpen => t.t("fault-nothing-open"),
        FaultKind::NoTest => t.t("fault-no-test"),
        FaultKind::NoTestBefore(said) => word("fault-no-test-before", said),
        FaultKind::Uncompared(said) => word("fault-uncompared", said),
        FaultKind::Misplaced(said) => word("fault-misplaced", said),
        FaultKind::UnknownField(unknown) => word("fault-unknown-field", &unknown.said),
        FaultKind::UnknownPhase(unknown) => word("fault-unknown-phase", &unknown.said),
        FaultKind::UnknownName(unknown) => word("fault-unknown-name", &unknown.said),
        FaultKind::Unfit(_) => t.t("fault-unfit"),
        FaultKind::EqualsInstant => t.t("fault-instant"),
        FaultKind::ListHere => t.t("fault-list-here"),
        FaultKind::OpenList => t.t("fault-open-list"),
        FaultKind::Missing(wanted) => t.t(missing(*wanted)),
        FaultKind::NotWhoLooks(_) => t.t("fault-not-who-looks"),
        FaultKind::NoMe => t.t("fault-no-me"),
        FaultKind::NoMyUnit => t.t("fault-no-my-unit"),
        FaultKind::NotCount(said) => word("fault-not-count", said),
        FaultKind::NotLength(said, _) => word("fault-not-length", said),
        FaultKind::NotDate(said) => word("fault-not-date", said),
        FaultKind::TooLarge(said) => word("fault-too-large", said),
        FaultKind::TooFar => t.t("fault-too-far"),
        FaultKind::NoWord(said) => word("fault-no-word", said),
        FaultKind::UnitAndPerson(said) => word("fault-unit-and-person", said),
        FaultKind::Ambiguous { said, count, .. } => t.t2("fault-ambiguous", ("word", said), ("count", count)),
    }
}

fn missing(wanted: Wanted) -> &'static str {
    match wanted {
        Wanted::Text => "fault-missing-text",
        Wanted::Name => "fault-missing-name",
        Wanted::Phase => "fault-missing-phase",
        Wanted::Number => "fault-missing-number",
        Wanted::Length => "fault-missing-length",
        Wanted::Date => "fault-missing-date",
    }
}

fn todo(t: Tongue, kind: &FaultKind) -> Option<String> {
    let word = |key, word: &str| t.t1(key, "word", word);
    Some(match kind {
        FaultKind::OpenQuote => t.t("fault-open-quote-do"),
        FaultKind::OpenParenthesis => t.t("fault-open-parenthesis-do"),
        FaultKind::NoTest => t.t("fault-no-test-do"),
        FaultKind::Uncompared(said) => word("fault-uncompared-do", said),
        FaultKind::Misplaced(said) => word("fault-misplaced-do", said),
        FaultKind::UnknownField(unknown)
        | FaultKind::UnknownPhase(unknown)
        | FaultKind::UnknownName(unknown) => word("fault-near-do", unknown.near.as_ref()?),
        FaultKind::Unfit(takes) => t.t(taken(*takes)),
        FaultKind::EqualsInstant => t.t("fault-instant-do"),
        FaultKind::ListHere => t.t("fault-list-here-do"),
        FaultKind::NotWhoLooks(Instead::MyUnit) => t.t("fault-my-unit-do"),
        FaultKind::NotWhoLooks(Instead::Me) => t.t("fault-me-do"),
        FaultKind::NotWhoLooks(Instead::Name) => t.t("fault-name-do"),
        FaultKind::NotCount(_) => t.t("fault-not-count-do"),
        FaultKind::NotLength(_, LengthField::Overdue) => t.t("fault-not-overdue-do"),
        FaultKind::NotLength(_, LengthField::Remaining) => t.t("fault-not-remaining-do"),
        FaultKind::NotDate(_) => t.t("fault-not-date-do"),
        FaultKind::TooLarge(_) => t.t1("fault-too-large-do", "most", MAX_AMOUNT),
        FaultKind::NoWord(_) => t.t("fault-no-word-do"),
        FaultKind::UnitAndPerson(_) => t.t("fault-unit-and-person-do"),
        FaultKind::Ambiguous { count, ids, .. } => {
            let more = (*count > ids.len()).then(|| "…".to_owned());
            let ids: Vec<String> = ids.iter().cloned().chain(more).collect();
            t.t1("fault-ambiguous-do", "ids", ids.join(&t.t("list-comma")))
        }
        FaultKind::TooLong(_)
        | FaultKind::TooDeep
        | FaultKind::TooManyTests
        | FaultKind::TooManyValues
        | FaultKind::NothingOpen
        | FaultKind::NoTestBefore(_)
        | FaultKind::OpenList
        | FaultKind::Missing(_)
        | FaultKind::NoMe
        | FaultKind::NoMyUnit
        | FaultKind::TooFar => return None,
    })
}

fn taken(takes: Takes) -> &'static str {
    match takes {
        Takes::Names => "fault-unfit-names-do",
        Takes::Tree => "fault-unfit-tree-do",
        Takes::Number => "fault-unfit-number-do",
        Takes::Measure => "fault-unfit-measure-do",
        Takes::Length => "fault-unfit-length-do",
        Takes::Text => "fault-unfit-text-do",
    }
}

#[cfg(test)]
mod tests {
    use bihuan_core::filter::{self, Fault, Unknown};
    use bihuan_core::label::Lang;

    use super::*;

    /// Returns the fault of a text that has one.
    fn fault(text: &str) -> FaultKind {
        let mut faults = filter::parse(text).expect_err(text);
        assert_eq!(faults.len(), 1, "{text}: {faults:?}");
        faults.remove(0).kind
    }

    fn written() -> Vec<FaultKind> {
        let texts = [
            "\"a",
            "(open",
            "open)",
            "open and",
            "and open",
            "unit",
            "today",
            "untt = a",
            "phase = verfy",
            "unit > a",
            "kind under a",
            "number > a",
            "severity has 3",
            "overdue = 3d",
            "text > a",
            "raised = now",
            "unit = (a)",
            "unit in (a b)",
            "text has",
            "unit =",
            "phase =",
            "severity =",
            "overdue >",
            "raised >",
            "unit = me",
            "person = my unit",
            "kind = me",
            "severity = many",
            "overdue > long",
            "remaining < long",
            "raised > soon",
            "overdue > 99999999d",
        ];
        texts.into_iter().map(fault).collect()
    }

    fn resolved() -> Vec<FaultKind> {
        let unknown = Unknown {
            said: "卫健局".to_owned(),
            near: Some("卫健委".to_owned()),
        };
        let ambiguous = |count| FaultKind::Ambiguous {
            said: "李".to_owned(),
            count,
            ids: vec!["a".to_owned(), "b".to_owned()],
        };
        vec![
            FaultKind::TooLong(MAX_CHARS + 1),
            FaultKind::TooDeep,
            FaultKind::TooManyTests,
            FaultKind::TooManyValues,
            FaultKind::UnknownName(unknown),
            FaultKind::NoMe,
            FaultKind::NoMyUnit,
            FaultKind::TooFar,
            FaultKind::NoWord("的".to_owned()),
            FaultKind::UnitAndPerson("李".to_owned()),
            ambiguous(2),
            ambiguous(7),
        ]
    }

    #[test]
    fn the_english_catalogue_says_what_the_core_says() {
        for kind in written().into_iter().chain(resolved()) {
            let (what, todo) = said(Tongue(Lang::En), &kind);
            let todo = todo.map(|todo| format!(" ({todo})")).unwrap_or_default();
            assert_eq!(format!("{what}{todo}"), Fault { span: 0..0, kind }.to_string());
        }
    }

    #[test]
    fn the_chinese_catalogue_says_it_in_chinese() {
        let chinese = |text: &str| text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
        for kind in written().into_iter().chain(resolved()) {
            let (what, todo) = said(Tongue(Lang::Zh), &kind);
            assert!(
                chinese(&what) && todo.iter().all(|todo| chinese(todo)),
                "{kind:?}: {what} {todo:?}"
            );
        }
    }
}
