//! The commands of the fixtures, as words.

use std::collections::BTreeMap;

use bihuan_core::case::command::{Command, TakeStep};
use bihuan_core::event::{AccusedParty, Correction, EvidenceMoment, Instruction, Linkage, ReplyWay};
use bihuan_core::id::{CaseId, Digest, EvidenceId, UnitId};
use uuid::Uuid;

use crate::town::{self, body};

/// Reads a whole command, such as `transfer water`.
pub fn command_in(words: &str) -> Command {
    let words: Vec<&str> = words.split_whitespace().collect();
    command(words[0], &Arguments::read(&words[1..]))
}

pub fn case_id(number: u128) -> CaseId {
    CaseId(Uuid::from_u128(number))
}

pub fn other(number: &str) -> CaseId {
    case_id(number.parse().expect("a number"))
}

pub fn accused(word: &str) -> AccusedParty {
    match word.strip_prefix("person:") {
        Some(code) => AccusedParty::Person(town::person(code)),
        None => AccusedParty::Unit(town::unit(word)),
    }
}

/// The words after a verb: some alone, some `key=value`.
pub struct Arguments<'a> {
    pub words: Vec<&'a str>,
    pairs: BTreeMap<&'a str, &'a str>,
}

impl<'a> Arguments<'a> {
    pub fn read(all: &[&'a str]) -> Arguments<'a> {
        Arguments {
            words: all.iter().copied().filter(|word| !word.contains('=')).collect(),
            pairs: all.iter().filter_map(|word| word.split_once('=')).collect(),
        }
    }

    pub fn get(&self, key: &str) -> Option<&'a str> {
        self.pairs.get(key).copied()
    }

    fn unit(&self, at: usize) -> UnitId {
        town::unit(self.words[at])
    }

    pub fn number(&self) -> u32 {
        self.words.last().expect("a number").parse().expect("a number")
    }
}

/// Reads a verb and its arguments as a command.
pub fn command(verb: &str, given: &Arguments) -> Command {
    let reason = body(4);
    match verb {
        "take" => Command::TakeStep(take_step(given)),
        "bare" => Command::TakeStep(TakeStep {
            step: given.words[0].to_owned(),
            ..TakeStep::default()
        }),
        "classify" => Command::Classify {
            category: given.words[0].to_owned(),
        },
        "severity" => Command::SetSeverity {
            to: u8::try_from(given.number()).expect("small"),
            reason,
        },
        "staff" => Command::Staff {
            co_units: given.get("co").map(town::unit).into_iter().collect(),
            person: given.get("person").map(town::person),
        },
        "transfer" => Command::Transfer {
            to: given.unit(0),
            reason,
        },
        "dispute" => Command::Dispute {
            proposed: given.words.first().map(|code| town::unit(code)),
            reason,
        },
        "uphold" => Command::RuleDispute {
            upheld: true,
            unit: given.unit(0),
            reason,
        },
        "dismiss" => Command::RuleDispute {
            upheld: false,
            unit: given.unit(0),
            reason,
        },
        _ => command_of_handling(verb, given),
    }
}

fn command_of_handling(verb: &str, given: &Arguments) -> Command {
    let reason = body(4);
    match verb {
        "pause" => Command::PauseClock {
            clock: given.words[0].to_owned(),
            reason,
        },
        "resume" => Command::ResumeClock {
            clock: given.words[0].to_owned(),
        },
        "extend" => Command::ExtendClock {
            clock: given.words[0].to_owned(),
            by: given.number(),
            reason,
        },
        "tick" => Command::Tick,
        "recompute" => Command::RecomputeClocks,
        "prove" => evidence(given.number(), EvidenceMoment::After),
        "picture" => evidence(given.number(), EvidenceMoment::Before),
        "unprove" => Command::WithdrawEvidence {
            evidence: evidence_id(given.number()),
            reason,
        },
        "comment" => Command::Comment { text: reason },
        "instruct" => Command::Instruct {
            instruction: Instruction::Supervise,
            words: reason,
        },
        "ask" => Command::AskReporter { text: reason },
        "reply" => Command::Reply { text: reason },
        "solved" | "unsolved" => Command::GiveSatisfaction {
            solved: verb == "solved",
            score: given.get("score").map(|score| score.parse().expect("a number")),
            remark: None,
        },
        "allow" | "forbid" => Command::AllowPictures {
            allowed: verb == "allow",
        },
        "show" | "hide" => Command::ShowPicture {
            evidence: evidence_id(given.number()),
            shown: verb == "show",
        },
        _ => command_of_record(verb, given),
    }
}

fn command_of_record(verb: &str, given: &Arguments) -> Command {
    let reason = body(4);
    match verb {
        "link" => Command::Link {
            other: other(given.words[0]),
            linkage: Linkage::RecurrenceOf,
        },
        "split" => Command::Split {
            into: given.words.iter().map(|number| other(number)).collect(),
            reason,
        },
        "merge" => Command::Merge {
            into: other(given.words[0]),
            reason,
        },
        "absorb" => Command::AbsorbResponsible {
            from: other(given.words[0]),
            units: vec![given.unit(1)],
            accused: given.get("accused").map(accused).into_iter().collect(),
        },
        "accuse" => correction(Correction {
            accused: Some(vec![accused(given.words[0])]),
            ..Correction::default()
        }),
        "correct" => correction(Correction {
            channel: given.get("channel").map(str::to_owned),
            source: given.get("source").map(str::to_owned),
            ..Correction::default()
        }),
        "identity" => Command::ReadIdentity { reason },
        "reissue" => Command::ReissueCode {
            code: Digest::of(&[b"code"]),
            checked: reason,
        },
        "erase" => Command::EraseBody {
            body: body(3).id,
            reason,
        },
        _ => panic!("no verb {verb:?}"),
    }
}

fn correction(correction: Correction) -> Command {
    Command::CorrectRegistration {
        correction,
        reason: body(4),
    }
}

/// Everything a step may ask for is given, so that a fixture shows only what matters.
fn take_step(given: &Arguments) -> TakeStep {
    let text = Some(body(5));
    TakeStep {
        step: given.words[0].to_owned(),
        remark: None,
        reason: text,
        unit: given.words.get(1).map(|code| town::unit(code)),
        co_units: given.get("co").map(town::unit).into_iter().collect(),
        person: given.get("person").map(town::person),
        reply: text,
        reply_way: Some(ReplyWay::Phone),
        finding: text,
        notice: text,
        objection_way: text,
        organ: text,
        organ_receipt: text,
        publication: text,
        publication_days: Some(
            given
                .get("days")
                .map_or(10, |days| days.parse().expect("a number")),
        ),
    }
}

fn evidence_id(number: u32) -> EvidenceId {
    EvidenceId(Uuid::from_u128(number.into()))
}

fn evidence(number: u32, moment: EvidenceMoment) -> Command {
    Command::AddEvidence {
        evidence: evidence_id(number),
        blob: Digest::of(&[&number.to_be_bytes()]),
        media_type: "image/jpeg".to_owned(),
        size_bytes: 1000,
        moment,
        caption: None,
    }
}
