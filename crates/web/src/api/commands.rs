//! Commands on a case, one resource each: what is posted, and the command that it becomes.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use bihuan_core::case::command::{Command, TakeStep};
use bihuan_core::event::{BodyRef, Correction, Instruction, Linkage, ReplyWay};
use bihuan_core::id::CaseId;
use bihuan_store::bodies::Bodies;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use utoipa::ToSchema;

use super::cases::case_id;
use super::shape::Done;
use super::wire::{self, Body, Line, Note};
use super::{Asked, json};
use crate::access;
use crate::app::SystemEntropy;
use crate::ctx::Ctx;
use crate::error::{Complaint, WebError};
use crate::limits;

/// Keeps a text beside the log and returns what the command refers to it by.
pub type Write<'a> = dyn FnMut(String) -> BodyRef + 'a;

/// Something that can be asked of a case.
pub trait Request: DeserializeOwned {
    /// Makes the command.
    ///
    /// # Errors
    /// [`WebError::Input`] if it names what is not there.
    fn command(self, ctx: &Ctx, write: &mut Write<'_>) -> Result<Command, WebError>;

    /// Returns the version that the case must still have, where the sender says so.
    fn version(&self) -> Option<u32> {
        None
    }
}

/// `POST /api/v1/cases/{id}/…`: carries out a command.
pub async fn create<R: Request>(
    ctx: Ctx,
    Path(id): Path<String>,
    asked: Asked<R>,
) -> Result<Response, WebError> {
    let id = case_id(&id)?;
    let mut bodies = Bodies::new(ctx.now, &mut SystemEntropy);
    if let Some(version) = asked.body.version() {
        let view = access::open(&ctx, id).await?;
        // A repeat of what was carried out finds the case moved on by itself, and is answered as the first.
        if view.case.version != version && asked.once.is_none() {
            return Err(WebError::Stale);
        }
    }
    let command = asked.body.command(&ctx, &mut |text| bodies.write(text))?;
    let appended = access::execute(&ctx, id, command, bodies, asked.once).await?;
    Ok(json(StatusCode::CREATED, &Done::of(&appended)))
}

/// A step of the kind.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewStep {
    /// The step's id.
    pub step: Line,
    /// The version that the case must still have; the step is refused if it moved on. Not looked at
    /// under an idempotency key.
    pub version: Option<u32>,
    /// A remark for staff.
    pub remark: Option<Note>,
    /// A reason.
    pub reason: Option<Note>,
    /// The responsible unit: id, code or name.
    pub unit: Option<Line>,
    /// The co-units.
    #[serde(default)]
    pub co_units: Vec<Line>,
    /// The person in charge: id or name.
    pub person: Option<Line>,
    /// The answer to the reporter.
    pub reply: Option<Body>,
    /// How it reaches them: `receipt_page` (where not said), `phone`, `letter`, `email` or `in_person`.
    pub reply_way: Option<Line>,
    /// What was found.
    pub finding: Option<Note>,
    /// The notice of a refusal.
    pub notice: Option<Body>,
    /// How the reporter can object.
    pub objection_way: Option<Note>,
    /// The other organ.
    pub organ: Option<Line>,
    /// The other organ's receipt.
    pub organ_receipt: Option<Note>,
    /// The text of a publication.
    pub publication: Option<Body>,
    /// How many working days it is published.
    pub publication_days: Option<u32>,
}

impl Request for NewStep {
    fn version(&self) -> Option<u32> {
        self.version
    }

    fn command(self, ctx: &Ctx, write: &mut Write<'_>) -> Result<Command, WebError> {
        let mut note = |text: Option<Note>| text.map(|text| write(text.0));
        let (remark, reason) = (note(self.remark), note(self.reason));
        let (finding, objection_way) = (note(self.finding), note(self.objection_way));
        let organ_receipt = note(self.organ_receipt);
        let mut body = |text: Option<Body>| text.map(|text| write(text.0));
        Ok(Command::TakeStep(TakeStep {
            step: self.step.0,
            remark,
            reason,
            unit: self.unit.map(|unit| wire::unit(ctx, "unit", &unit)).transpose()?,
            co_units: wire::units(ctx, "co_units", &self.co_units)?,
            person: self
                .person
                .map(|person| wire::person(ctx, "person", &person))
                .transpose()?,
            reply: body(self.reply),
            reply_way: self.reply_way.map(|way| reply_way(&way.0)).transpose()?,
            finding,
            notice: body(self.notice),
            objection_way,
            publication: body(self.publication),
            organ: self.organ.map(|organ| write(organ.0)),
            organ_receipt,
            publication_days: self.publication_days,
        }))
    }
}

fn reply_way(word: &str) -> Result<ReplyWay, WebError> {
    Ok(match word {
        "receipt_page" => ReplyWay::ReceiptPage,
        "phone" => ReplyWay::Phone,
        "letter" => ReplyWay::Letter,
        "email" => ReplyWay::Email,
        "in_person" => ReplyWay::InPerson,
        _ => {
            return Err(WebError::Input(vec![Complaint::new(
                "reply_way",
                "field-bad-choice",
            )]));
        }
    })
}

/// Declares the resources whose body becomes one command: the fields, and how.
macro_rules! requests {
    ($($(#[$doc:meta])* $name:ident {
        $($(#[$field_doc:meta])* $field:ident: $kind:ty,)*
    } => |$this:ident, $ctx:ident, $write:ident| $command:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Deserialize, ToSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $kind,)*
        }

        impl Request for $name {
            fn command(self, $ctx: &Ctx, $write: &mut Write<'_>) -> Result<Command, WebError> {
                let $this = self;
                Ok($command)
            }
        }
    )*};
}

requests! {
    /// The co-units and the person in charge, from now on.
    NewAssignment {
        /// The co-units.
        #[serde(default)]
        co_units: Vec<Line>,
        /// The person in charge: id or name.
        person: Option<Line>,
    } => |new, ctx, _write| Command::Staff {
        co_units: wire::units(ctx, "co_units", &new.co_units)?,
        person: new.person.map(|person| wire::person(ctx, "person", &person)).transpose()?,
    };

    /// Responsibility passes to another unit.
    NewTransfer {
        /// The unit: id, code or name.
        to: Line,
        /// Why.
        reason: Note,
    } => |new, ctx, write| Command::Transfer { to: wire::unit(ctx, "to", &new.to)?, reason: write(new.reason.0) };

    /// The responsible unit disputes the assignment.
    NewDispute {
        /// The unit thought responsible.
        proposed: Option<Line>,
        /// Why.
        reason: Note,
    } => |new, ctx, write| Command::Dispute {
        proposed: new.proposed.map(|unit| wire::unit(ctx, "proposed", &unit)).transpose()?,
        reason: write(new.reason.0),
    };

    /// A dispute is ruled.
    NewRuling {
        /// Whether the disputing unit was right.
        upheld: bool,
        /// The unit responsible from now on.
        unit: Line,
        /// Why.
        reason: Note,
    } => |new, ctx, write| Command::RuleDispute {
        upheld: new.upheld,
        unit: wire::unit(ctx, "unit", &new.unit)?,
        reason: write(new.reason.0),
    };

    /// A clock gets more time; the sender is who approves.
    NewExtension {
        /// The clock's id.
        clock: Line,
        /// How much more, in the unit of the clock's extension rule.
        by: u32,
        /// Why.
        reason: Note,
    } => |new, _ctx, write| Command::ExtendClock {
        clock: new.clock.0,
        by: new.by,
        reason: write(new.reason.0),
    };

    /// A clock stands still.
    NewPause {
        /// The clock's id.
        clock: Line,
        /// Why.
        reason: Note,
    } => |new, _ctx, write| Command::PauseClock { clock: new.clock.0, reason: write(new.reason.0) };

    /// A clock runs again.
    NewResumption {
        /// The clock's id.
        clock: Line,
    } => |new, _ctx, _write| Command::ResumeClock { clock: new.clock.0 };

    /// A remark for staff.
    NewComment {
        /// The remark.
        text: Note,
    } => |new, _ctx, write| Command::Comment { text: write(new.text.0) };

    /// Somebody above the work takes it up themselves 批示.
    NewInstruction {
        /// `deploy`, `ask`, `coordinate`, `supervise` or `urge`.
        instruction: Line,
        /// What they say, for staff.
        words: Note,
    } => |new, _ctx, write| Command::Instruct {
        instruction: instruction(&new.instruction.0)?,
        words: write(new.words.0),
    };

    /// A question to the reporter.
    NewQuestion {
        /// The question.
        text: Note,
    } => |new, _ctx, write| Command::AskReporter { text: write(new.text.0) };

    /// What the reporter said by telephone: whether it is solved.
    NewVoice {
        /// Whether it is solved.
        solved: bool,
        /// From 1 to 5.
        score: Option<u8>,
        /// What they added.
        remark: Option<Note>,
    } => |new, _ctx, write| Command::GiveSatisfaction {
        solved: new.solved,
        score: new.score,
        remark: new.remark.map(|remark| write(remark.0)),
    };

    /// The case goes into a category.
    NewClassification {
        /// The category's code.
        category: Line,
    } => |new, _ctx, _write| Command::Classify { category: new.category.0 };

    /// Its severity changes.
    NewSeverity {
        /// From 1 to 5.
        to: u8,
        /// Why.
        reason: Note,
    } => |new, _ctx, write| Command::SetSeverity { to: new.to, reason: write(new.reason.0) };

    /// It is linked with another case.
    NewLink {
        /// The other case's id.
        other: Line,
        /// `duplicate_of`, `part_of` or `recurrence_of`.
        linkage: Line,
    } => |new, _ctx, _write| Command::Link { other: case_id(&new.other.0)?, linkage: linkage(&new.linkage.0)? };

    /// It is split into parts that were registered as cases of their own.
    NewSplit {
        /// The parts' ids.
        into: Vec<Line>,
        /// Why.
        reason: Note,
    } => |new, _ctx, write| Command::Split {
        into: parts(&new.into)?,
        reason: write(new.reason.0),
    };

    /// It goes into another case, which is handled for both.
    NewMerge {
        /// The other case's id.
        into: Line,
        /// Why.
        reason: Note,
    } => |new, _ctx, write| Command::Merge { into: case_id(&new.into.0)?, reason: write(new.reason.0) };

    /// A mistake of registration is corrected; absent fields stay.
    NewCorrection {
        /// The right title.
        title: Option<Line>,
        /// The right text.
        text: Option<Body>,
        /// The right place.
        place: Option<Line>,
        /// The right channel.
        channel: Option<Line>,
        /// The right source.
        source: Option<Line>,
        /// The units it complains about, all of them: id, code or name. They no longer see it.
        accused: Option<Vec<Line>>,
        /// Why.
        reason: Note,
    } => |new, ctx, write| Command::CorrectRegistration {
        correction: Correction {
            title: new.title.map(|title| write(title.0)),
            text: new.text.map(|text| write(text.0)),
            place: new.place.map(|place| write(place.0)),
            channel: new.channel.map(|channel| channel.0),
            source: new.source.map(|source| source.0),
            accused: new.accused.map(|accused| wire::accused(ctx, &accused)).transpose()?,
        },
        reason: write(new.reason.0),
    };
}

fn parts(named: &[Line]) -> Result<Vec<CaseId>, WebError> {
    if named.len() > limits::CASES {
        let complaint = Complaint::new("into", "field-too-many").with("most", limits::CASES);
        return Err(WebError::Input(vec![complaint]));
    }
    named.iter().map(|id| case_id(&id.0)).collect()
}

fn linkage(word: &str) -> Result<Linkage, WebError> {
    match word {
        "duplicate_of" => Ok(Linkage::DuplicateOf),
        "part_of" => Ok(Linkage::PartOf),
        "recurrence_of" => Ok(Linkage::RecurrenceOf),
        _ => Err(bad_choice("linkage")),
    }
}

fn instruction(word: &str) -> Result<Instruction, WebError> {
    match word {
        "deploy" => Ok(Instruction::Deploy),
        "ask" => Ok(Instruction::Ask),
        "coordinate" => Ok(Instruction::Coordinate),
        "supervise" => Ok(Instruction::Supervise),
        "urge" => Ok(Instruction::Urge),
        _ => Err(bad_choice("instruction")),
    }
}

fn bad_choice(field: &'static str) -> WebError {
    WebError::Input(vec![Complaint::new(field, "field-bad-choice")])
}
