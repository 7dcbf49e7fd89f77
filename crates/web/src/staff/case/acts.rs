//! The acts that are true of every kind: what each asks for, and on what it is possible now.
//!
//! Whether an act is possible is asked of the core with a trial command, which names what it would be
//! done to and nothing else; so this table knows no rule.

use bihuan_core::case::Case;
use bihuan_core::case::command::Command;
use bihuan_core::clock::Limit;
use bihuan_core::event::{BodyRef, Correction, Linkage};
use bihuan_core::id::{BodyId, CaseId, Digest};
use serde_json::{Map, Value};

use super::fields::{Field, REASON, Shape};
use super::obstacle;
use crate::api::commands::{self, Request, Write};
use crate::api::evidence::NewWithdrawal;
use crate::ctx::Ctx;
use crate::error::WebError;
use crate::show;
use crate::story::Story;

/// An act on a case.
pub struct Act {
    /// Its resource, the last part of its address.
    pub id: &'static str,
    /// The message that names it.
    pub title: &'static str,
    /// The message that says what it does.
    pub hint: &'static str,
    /// Where on the page it stands.
    pub place: Place,
    /// What it asks for.
    pub fields: &'static [Field],
    /// Makes the command of the API's request for it.
    pub command: Make,
    trials: fn(&Story<'_>) -> Vec<Trial>,
}

/// Makes a command out of a body.
pub type Make = fn(Map<String, Value>, &Ctx, &mut Write<'_>) -> Result<Command, WebError>;

/// Where on the page an act stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Beside the steps, where it is the visitor's turn.
    Now,
    /// With the pictures.
    Evidence,
    /// With what passes between staff and reporter.
    Thread,
    /// With the remarks.
    Remarks,
    /// With the other acts: who is responsible.
    Responsible,
    /// With the other acts: the clocks.
    Clocks,
    /// With the other acts: what the register says.
    Register,
    /// With the other acts: other cases.
    Relations,
}

/// A command that would do the act to one thing: its id, its name, the command.
struct Trial {
    target: (String, String),
    command: Command,
}

/// Every act, in the order of the page.
pub const ACTS: &[&Act] = &[
    &RULINGS,
    &WITHDRAWALS,
    &QUESTIONS,
    &SATISFACTIONS,
    &COMMENTS,
    &ASSIGNMENTS,
    &TRANSFERS,
    &DISPUTES,
    &EXTENSIONS,
    &PAUSES,
    &RESUMPTIONS,
    &CLASSIFICATIONS,
    &SEVERITIES,
    &CORRECTIONS,
    &LINKS,
    &MERGES,
    &SPLITS,
];

/// Ruling a dispute.
pub const RULINGS: Act = Act {
    id: "rulings",
    title: "act-ruling",
    hint: "act-ruling-hint",
    place: Place::Now,
    fields: &[
        Field::needed("upheld", "act-ruling-upheld", Shape::YesNo("act-ruling-yes", "act-ruling-no")),
        Field::needed("unit", "act-ruling-unit", Shape::Unit),
        REASON,
    ],
    command: make::<commands::NewRuling>,
    trials: |story| {
        let unit = story.case().unit;
        one(unit.map(|unit| Command::RuleDispute { upheld: false, unit, reason: NOTHING }))
    },
};

/// Withdrawing evidence.
pub const WITHDRAWALS: Act = Act {
    id: "evidence-withdrawals",
    title: "act-withdrawal",
    hint: "act-withdrawal-hint",
    place: Place::Evidence,
    fields: &[Field::needed("evidence", "act-withdrawal-what", Shape::Target), REASON],
    command: make::<NewWithdrawal>,
    trials: |story| {
        let pieces = story.case().evidence.iter();
        let trial = |piece: &bihuan_core::case::Evidence| Trial {
            target: (piece.id.to_string(), super::files::title(story, piece)),
            command: Command::WithdrawEvidence { evidence: piece.id, reason: NOTHING },
        };
        pieces.map(trial).collect()
    },
};

/// Asking the reporter.
pub const QUESTIONS: Act = Act {
    id: "questions",
    title: "act-question",
    hint: "act-question-hint",
    place: Place::Thread,
    fields: &[Field::needed("text", "act-question-text", Shape::Note)],
    command: make::<commands::NewQuestion>,
    trials: |_| one(Some(Command::AskReporter { text: NOTHING })),
};

/// Taking down what the reporter says by telephone.
pub const SATISFACTIONS: Act = Act {
    id: "satisfactions",
    title: "act-satisfaction",
    hint: "act-satisfaction-hint",
    place: Place::Thread,
    fields: &[
        Field::needed("solved", "track-solved-question", Shape::YesNo("track-solved", "track-not-solved")),
        Field::optional("score", "act-satisfaction-score", Shape::Grade),
        Field::optional("remark", "act-satisfaction-remark", Shape::Note),
    ],
    command: make::<commands::NewVoice>,
    trials: |_| one(Some(Command::GiveSatisfaction { solved: true, score: None, remark: None })),
};

/// Remarking something for staff.
pub const COMMENTS: Act = Act {
    id: "comments",
    title: "act-comment",
    hint: "act-comment-hint",
    place: Place::Remarks,
    fields: &[Field::needed("text", "act-comment-text", Shape::Note)],
    command: make::<commands::NewComment>,
    trials: |_| one(Some(Command::Comment { text: NOTHING })),
};

/// Naming co-units and the person in charge.
pub const ASSIGNMENTS: Act = Act {
    id: "assignments",
    title: "act-assignment",
    hint: "act-assignment-hint",
    place: Place::Responsible,
    fields: &[
        Field::optional("person", "act-assignment-person", Shape::Person),
        Field::optional("co_units", "case-co-units", Shape::Units).hint("case-units-hint"),
    ],
    command: make::<commands::NewAssignment>,
    trials: |story| {
        let (co_units, person) = (story.case().co_units.clone(), story.case().person);
        one(Some(Command::Staff { co_units, person }))
    },
};

/// Passing responsibility to another unit.
pub const TRANSFERS: Act = Act {
    id: "transfers",
    title: "act-transfer",
    hint: "act-transfer-hint",
    place: Place::Responsible,
    fields: &[Field::needed("to", "act-transfer-to", Shape::Unit), REASON],
    command: make::<commands::NewTransfer>,
    trials: |story| one(story.case().unit.map(|to| Command::Transfer { to, reason: NOTHING })),
};

/// Disputing the assignment.
pub const DISPUTES: Act = Act {
    id: "disputes",
    title: "act-dispute",
    hint: "act-dispute-hint",
    place: Place::Responsible,
    fields: &[Field::optional("proposed", "act-dispute-proposed", Shape::Unit), REASON],
    command: make::<commands::NewDispute>,
    trials: |_| one(Some(Command::Dispute { proposed: None, reason: NOTHING })),
};

/// Giving a clock more time.
pub const EXTENSIONS: Act = Act {
    id: "extensions",
    title: "act-extension",
    hint: "act-extension-hint",
    place: Place::Clocks,
    fields: &[
        Field::needed("clock", "act-clock", Shape::Target),
        Field::needed("by", "act-extension-by", Shape::Number),
        REASON,
    ],
    command: make::<commands::NewExtension>,
    trials: |story| {
        let mut trials = each_clock(story, |clock| Command::ExtendClock { clock, by: 1, reason: NOTHING });
        trials.iter_mut().for_each(|trial| trial.target.1 = with_what_is_left(story, &trial.target));
        trials
    },
};

/// Letting a clock stand still.
pub const PAUSES: Act = Act {
    id: "pauses",
    title: "act-pause",
    hint: "act-pause-hint",
    place: Place::Clocks,
    fields: &[Field::needed("clock", "act-clock", Shape::Target), REASON],
    command: make::<commands::NewPause>,
    trials: |story| each_clock(story, |clock| Command::PauseClock { clock, reason: NOTHING }),
};

/// Letting a clock run again.
pub const RESUMPTIONS: Act = Act {
    id: "resumptions",
    title: "act-resumption",
    hint: "act-resumption-hint",
    place: Place::Clocks,
    fields: &[Field::needed("clock", "act-clock", Shape::Target)],
    command: make::<commands::NewResumption>,
    trials: |story| each_clock(story, |clock| Command::ResumeClock { clock }),
};

/// Putting the case into a category.
pub const CLASSIFICATIONS: Act = Act {
    id: "classifications",
    title: "act-classification",
    hint: "act-classification-hint",
    place: Place::Register,
    fields: &[Field::needed("category", "case-category", Shape::Category)],
    command: make::<commands::NewClassification>,
    trials: |story| {
        let taxonomy = story.pack.taxonomy_of(story.kind);
        let first = taxonomy.and_then(|taxonomy| taxonomy.categories.first());
        one(first.map(|category| Command::Classify { category: category.code.clone() }))
    },
};

/// Changing the severity.
pub const SEVERITIES: Act = Act {
    id: "severities",
    title: "act-severity",
    hint: "act-severity-hint",
    place: Place::Register,
    fields: &[Field::needed("to", "case-severity", Shape::Grade), REASON],
    command: make::<commands::NewSeverity>,
    trials: |story| one(Some(Command::SetSeverity { to: story.case().severity, reason: NOTHING })),
};

/// Correcting the registration.
pub const CORRECTIONS: Act = Act {
    id: "corrections",
    title: "act-correction",
    hint: "act-correction-hint",
    place: Place::Register,
    fields: &[
        Field::optional("title", "act-correction-title", Shape::Line),
        Field::optional("text", "act-correction-text", Shape::Body),
        Field::optional("place", "act-correction-place", Shape::Line),
        Field::optional("channel", "case-channel", Shape::Channel),
        Field::optional("source", "case-source", Shape::Source),
        REASON,
    ],
    command: make::<commands::NewCorrection>,
    trials: |_| one(Some(Command::CorrectRegistration { correction: Correction::default(), reason: NOTHING })),
};

/// Linking with another case.
pub const LINKS: Act = Act {
    id: "links",
    title: "act-link",
    hint: "act-link-hint",
    place: Place::Relations,
    fields: &[
        Field::needed("linkage", "act-link-how", Shape::Word(LINKAGES)),
        Field::needed("other", "act-link-other", Shape::Case),
    ],
    command: make::<commands::NewLink>,
    trials: |_| one(Some(Command::Link { other: ANOTHER, linkage: Linkage::DuplicateOf })),
};

const LINKAGES: &[(&str, &str)] = &[
    ("duplicate_of", "relation-duplicate-of"),
    ("part_of", "relation-part-of"),
    ("recurrence_of", "relation-recurrence-of"),
];

/// Merging into another case.
pub const MERGES: Act = Act {
    id: "merges",
    title: "act-merge",
    hint: "act-merge-hint",
    place: Place::Relations,
    fields: &[Field::needed("into", "act-merge-into", Shape::Case), REASON],
    command: make::<commands::NewMerge>,
    trials: |_| one(Some(Command::Merge { into: ANOTHER, reason: NOTHING })),
};

/// Splitting into parts.
pub const SPLITS: Act = Act {
    id: "splits",
    title: "act-split",
    hint: "act-split-hint",
    place: Place::Relations,
    fields: &[Field::needed("into", "act-split-into", Shape::Cases).hint("act-split-into-hint"), REASON],
    command: make::<commands::NewSplit>,
    trials: |_| one(Some(Command::Split { into: vec![ANOTHER], reason: NOTHING })),
};

/// Stands for a text in a trial; nothing is written.
const NOTHING: BodyRef = BodyRef { id: BodyId(uuid::Uuid::nil()), digest: Digest::ZERO };
/// Stands for some other case in a trial.
const ANOTHER: CaseId = CaseId(uuid::Uuid::nil());

impl Act {
    /// Returns what the act is possible on now, for the visitor: nothing where it is not.
    pub fn targets(&self, story: &Story<'_>) -> Vec<(String, String)> {
        let trials = (self.trials)(story).into_iter();
        let possible = trials.filter(|trial| obstacle(story, &trial.command) == Some(Ok(())));
        possible.map(|trial| trial.target).collect()
    }
}

/// Makes the command of a request out of its body.
pub fn make<R: Request>(
    body: Map<String, Value>,
    ctx: &Ctx,
    write: &mut Write<'_>,
) -> Result<Command, WebError> {
    let request: R = serde_json::from_value(Value::Object(body)).map_err(WebError::internal)?;
    request.command(ctx, write)
}

fn one(command: Option<Command>) -> Vec<Trial> {
    command.into_iter().map(|command| Trial { target: Default::default(), command }).collect()
}

fn each_clock(story: &Story<'_>, command: impl Fn(String) -> Command) -> Vec<Trial> {
    let Case { clocks, .. } = story.case();
    let trial = |clock: &String| Trial {
        target: (clock.clone(), story.words().clock_title(clock)),
        command: command(clock.clone()),
    };
    clocks.keys().map(trial).collect()
}

/// Returns a clock's name with how much it may still be extended.
fn with_what_is_left(story: &Story<'_>, (clock, title): &(String, String)) -> String {
    let most = story.pack.clock(clock).and_then(|rule| rule.extension);
    let Some(most) = most else { return title.clone() };
    let used = story.case().clocks.get(clock).map(|state| state.extended_by()).unwrap_or_default();
    let left = Limit { amount: most.amount.saturating_sub(used), ..most };
    let t = story.ctx.tongue;
    t.t2("act-extension-left", ("clock", title), ("left", show::limit(t, left)))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_act_has_an_address_of_its_own_and_ends_with_its_reason() {
        let ids: BTreeSet<_> = ACTS.iter().map(|act| act.id).collect();
        assert_eq!(ids.len(), ACTS.len());
        for act in ACTS {
            let reasons = act.fields.iter().position(|field| *field == REASON);
            assert!(reasons.is_none_or(|at| at == act.fields.len() - 1), "{}", act.id);
        }
    }
}
