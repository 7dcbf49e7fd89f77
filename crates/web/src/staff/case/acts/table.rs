//! The acts, each with what it asks for and the command to try it by.

use bihuan_core::case::Evidence;
use bihuan_core::case::command::Command;
use bihuan_core::event::{Correction, Instruction, Linkage};

use super::super::fields::{Field, REASON, Shape};
use super::super::moments;
use super::{ANOTHER, Act, NOTHING, Place, Trial, each_clock, make, one, with_what_is_left};
use crate::api::commands;
use crate::api::evidence::{NewShowing, NewWithdrawal};

/// Every act, in the order of the page.
pub const ACTS: &[&Act] = &[
    &RULINGS,
    &WITHDRAWALS,
    &SHOWINGS,
    &QUESTIONS,
    &SATISFACTIONS,
    &COMMENTS,
    &INSTRUCTIONS,
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
        Field::needed(
            "upheld",
            "act-ruling-upheld",
            Shape::YesNo("act-ruling-yes", "act-ruling-no"),
        ),
        Field::needed("unit", "act-ruling-unit", Shape::Unit),
        REASON,
    ],
    command: make::<commands::NewRuling>,
    trials: |story| {
        let unit = story.case().unit;
        one(unit.map(|unit| Command::RuleDispute {
            upheld: false,
            unit,
            reason: NOTHING,
        }))
    },
};

/// Withdrawing evidence.
pub const WITHDRAWALS: Act = Act {
    id: "evidence-withdrawals",
    title: "act-withdrawal",
    hint: "act-withdrawal-hint",
    place: Place::Evidence,
    fields: &[
        Field::needed("evidence", "act-withdrawal-what", Shape::Target),
        REASON,
    ],
    command: make::<NewWithdrawal>,
    trials: |story| {
        let pieces = story.case().evidence.iter();
        let trial = |piece: &Evidence| Trial {
            target: (piece.id.to_string(), moments::title(story, piece)),
            command: Command::WithdrawEvidence {
                evidence: piece.id,
                reason: NOTHING,
            },
        };
        pieces.map(trial).collect()
    },
};

/// Showing a picture to everybody, or no longer.
pub const SHOWINGS: Act = Act {
    id: "picture-showings",
    title: "act-showing",
    hint: "act-showing-hint",
    place: Place::Evidence,
    fields: &[
        Field::needed("evidence", "act-showing-what", Shape::Target),
        Field::needed(
            "shown",
            "act-showing-whether",
            Shape::YesNo("act-showing-yes", "act-showing-no"),
        ),
    ],
    command: make::<NewShowing>,
    trials: |story| {
        let pieces = story.case().evidence.iter();
        let trial = |piece: &Evidence| {
            let shown = story.case().pictures.shown.contains(&piece.id);
            let title = moments::title(story, piece);
            let t = story.ctx.tongue;
            Trial {
                target: (
                    piece.id.to_string(),
                    match (shown, story.case().pictures.held_back.contains(&piece.id)) {
                        (true, _) => t.t1("act-showing-shown", "picture", title),
                        (false, true) => t.t1("act-showing-held-back", "picture", title),
                        (false, false) => title,
                    },
                ),
                command: Command::ShowPicture {
                    evidence: piece.id,
                    shown: !shown,
                },
            }
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
        Field::needed(
            "solved",
            "track-solved-question",
            Shape::YesNo("track-solved", "track-not-solved"),
        ),
        Field::optional("score", "act-satisfaction-score", Shape::Grade),
        Field::optional("remark", "act-satisfaction-remark", Shape::Note),
    ],
    command: make::<commands::NewVoice>,
    trials: |_| {
        one(Some(Command::GiveSatisfaction {
            solved: true,
            score: None,
            remark: None,
        }))
    },
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

/// Taking a case up oneself, from above the work.
pub const INSTRUCTIONS: Act = Act {
    id: "instructions",
    title: "act-instruction",
    hint: "act-instruction-hint",
    place: Place::Remarks,
    fields: &[
        Field::needed("instruction", "act-instruction-how", Shape::Word(WAYS)),
        Field::needed("words", "act-instruction-words", Shape::Note),
    ],
    command: make::<commands::NewInstruction>,
    trials: |_| {
        one(Some(Command::Instruct {
            instruction: Instruction::Ask,
            words: NOTHING,
        }))
    },
};

/// The ways of [`Instruction`], and the messages that name them.
pub const WAYS: &[(&str, &str)] = &[
    ("deploy", "instruction-deploy"),
    ("ask", "instruction-ask"),
    ("coordinate", "instruction-coordinate"),
    ("supervise", "instruction-supervise"),
    ("urge", "instruction-urge"),
];

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
    trials: |story| {
        one(story
            .case()
            .unit
            .map(|to| Command::Transfer { to, reason: NOTHING }))
    },
};

/// Disputing the assignment.
pub const DISPUTES: Act = Act {
    id: "disputes",
    title: "act-dispute",
    hint: "act-dispute-hint",
    place: Place::Responsible,
    fields: &[
        Field::optional("proposed", "act-dispute-proposed", Shape::Unit),
        REASON,
    ],
    command: make::<commands::NewDispute>,
    trials: |_| {
        one(Some(Command::Dispute {
            proposed: None,
            reason: NOTHING,
        }))
    },
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
        let mut trials = each_clock(story, |clock| Command::ExtendClock {
            clock,
            by: 1,
            reason: NOTHING,
        });
        trials
            .iter_mut()
            .for_each(|trial| trial.target.1 = with_what_is_left(story, &trial.target));
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
    trials: |story| {
        each_clock(story, |clock| Command::PauseClock {
            clock,
            reason: NOTHING,
        })
    },
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
        one(first.map(|category| Command::Classify {
            category: category.code.clone(),
        }))
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
    trials: |story| {
        one(Some(Command::SetSeverity {
            to: story.case().severity,
            reason: NOTHING,
        }))
    },
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
        Field::optional("accused", "case-accused", Shape::Units).hint("case-units-hint"),
        REASON,
    ],
    command: make::<commands::NewCorrection>,
    trials: |_| {
        one(Some(Command::CorrectRegistration {
            correction: Correction::default(),
            reason: NOTHING,
        }))
    },
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
    trials: |_| {
        one(Some(Command::Link {
            other: ANOTHER,
            linkage: Linkage::DuplicateOf,
        }))
    },
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
    trials: |_| {
        one(Some(Command::Merge {
            into: ANOTHER,
            reason: NOTHING,
        }))
    },
};

/// Splitting into parts.
pub const SPLITS: Act = Act {
    id: "splits",
    title: "act-split",
    hint: "act-split-hint",
    place: Place::Relations,
    fields: &[
        Field::needed("into", "act-split-into", Shape::Cases).hint("act-split-into-hint"),
        REASON,
    ],
    command: make::<commands::NewSplit>,
    trials: |_| {
        one(Some(Command::Split {
            into: vec![ANOTHER],
            reason: NOTHING,
        }))
    },
};
