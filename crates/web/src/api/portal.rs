//! The API for those who have no account: send a message, follow it by its code, talk back.

pub mod files;

use axum::http::StatusCode;
use axum::response::Response;
use bihuan_core::case::command::{Command, TakeStep};
use bihuan_core::event::BodyRef;
use bihuan_core::id::CaseId;
use bihuan_store::bodies::Bodies;
use bihuan_store::commit::idempotency::Once;
use bihuan_store::receipt::ReceiptCode;
use bihuan_store::seal::Identity;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::shape::{self, AnswerShape, Deadline, Done, EventShape, EvidenceShape, Named};
use super::wire::{self, Body, Line, Note};
use super::{Asked, json};
use crate::app::SystemEntropy;
use crate::ctx::Ctx;
use crate::error::{Complaint, WebError};
use crate::evidence::is_for_reporters;
use crate::metrics::Intake;
use crate::portal::intake::{self, Message};
use crate::portal::{talk, track, view};
use crate::sentence::Listener;
use crate::story::Story;

/// A message from outside.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMessage {
    /// What it is about, in a line: its title; where it names a category, its category too.
    pub topic: Option<Line>,
    /// The matter itself.
    pub text: Body,
    /// Where it is.
    pub place: Option<Line>,
    /// The kind's id; the one that the portal takes first where it is absent.
    pub kind: Option<Line>,
    /// How to reach the sender; kept apart, encrypted, from everything else.
    pub contact: Option<Contact>,
    /// `real_name`, `confidential` or `anonymous`; confidential where a contact is given, else anonymous.
    pub disclosure: Option<Line>,
}

/// Who sends a message.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// Their name.
    pub name: Option<Line>,
    /// Their telephone number.
    pub phone: Option<Line>,
}

/// The receipt of a message.
#[derive(Serialize, ToSchema)]
pub struct MessageReceipt {
    /// The case that it became.
    pub id: String,
    /// The code to follow it by. Nobody can find it again.
    pub code: String,
    /// The case's number for people.
    pub number: String,
    /// What has to be said first, such as which number to ring.
    pub notices: Vec<String>,
}

/// A receipt code.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Code {
    /// The code, in any case, with or without dashes.
    pub code: Line,
}

/// A report as its reporter sees it.
#[derive(Serialize, ToSchema)]
pub struct Tracked {
    /// The case's number for people.
    pub number: String,
    /// Its state.
    pub state: Named,
    /// When it was sent.
    pub raised_at: String,
    /// The responsible unit.
    pub unit: Option<Named>,
    /// Its deadlines, the most urgent first.
    pub deadlines: Vec<Deadline>,
    /// The answers of this round.
    pub answers: Vec<AnswerShape>,
    /// Whether a question waits for the reporter.
    pub question_open: bool,
    /// Whether they said that it is solved.
    pub satisfied: Option<bool>,
    /// Whether they allow pictures to be shown to everybody.
    pub pictures_allowed: bool,
    /// How it ended, as a sentence.
    pub end: Option<String>,
    /// Pictures and documents.
    pub evidence: Vec<EvidenceShape>,
    /// Every step, the oldest first.
    pub steps: Vec<EventShape>,
    /// How often the reporter's identity was looked at.
    pub identity_reads: u32,
}

/// More from the reporter.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewReply {
    /// The code.
    pub code: Line,
    /// What they write.
    pub text: Note,
}

/// Whether it is solved.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSatisfaction {
    /// The code.
    pub code: Line,
    /// Whether it is solved.
    pub solved: bool,
    /// From 1 to 5.
    pub score: Option<u8>,
    /// What they add.
    pub remark: Option<Note>,
}

/// Whether pictures of it may be shown to everybody.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewConsent {
    /// The code.
    pub code: Line,
    /// Whether they may; it can be taken back.
    pub pictures: bool,
}

/// A step that is the reporter's own, such as to withdraw.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOwnStep {
    /// The code.
    pub code: Line,
    /// The step's id.
    pub step: Line,
    /// Why.
    pub reason: Option<Note>,
}

/// `POST /api/v1/portal/messages`
pub async fn create_message(ctx: Ctx, asked: Asked<NewMessage>) -> Result<Response, WebError> {
    let message = message(&ctx, asked.body)?;
    let (refusing, warning) = intake::alarms(&ctx, &message)?;
    if !refusing.is_empty() {
        ctx.app.metrics().note(Intake::Refused);
        return Err(WebError::Elsewhere(intake::messages(&ctx, &refusing)));
    }
    let receipt = intake::take(&ctx, &message, asked.once.as_ref().map(|once| once.key.as_str())).await?;
    let code = receipt
        .code()
        .ok_or_else(|| WebError::internal("a message without a receipt code"))?;
    let receipt = MessageReceipt {
        id: receipt.case().to_string(),
        code: code.to_string(),
        number: receipt.number().to_owned(),
        notices: intake::messages(&ctx, &warning),
    };
    Ok(json(StatusCode::CREATED, &receipt))
}

fn message(ctx: &Ctx, sent: NewMessage) -> Result<Message, WebError> {
    let contact = sent.contact.unwrap_or(Contact {
        name: None,
        phone: None,
    });
    let mut complaints = Vec::new();
    let phone = contact.phone.as_ref();
    if phone.is_some_and(|phone| !intake::is_phone(&phone.0)) {
        complaints.push(Complaint::new("contact.phone", "field-phone"));
    }
    let kind = sent.kind.map(|kind| kind.0);
    let there = |id: &String| intake::kinds(ctx).iter().any(|(_, kind)| kind.id == *id);
    if !kind.iter().all(there) {
        complaints.push(Complaint::new("kind", "field-bad-choice"));
    }
    let identity = Identity {
        name: contact.name.map(|name| name.0),
        phone: contact.phone.map(|phone| phone.0),
        address: None,
    };
    let disclosure = wire::disclosure(sent.disclosure.as_ref(), &mut complaints);
    complaints.extend(disclosure.and_then(|disclosure| intake::unfit_contact(disclosure, &identity)));
    if !complaints.is_empty() {
        return Err(WebError::Input(complaints));
    }
    let category = sent
        .topic
        .as_ref()
        .and_then(|topic| intake::category(ctx, &topic.0));
    Ok(Message {
        title: sent.topic.map(|topic| topic.0),
        text: sent.text.0,
        place: sent.place.map(|place| place.0),
        kind,
        category,
        identity,
        disclosure,
    })
}

/// `POST /api/v1/portal/track`
pub async fn read_tracked(ctx: Ctx, asked: Asked<Code>) -> Result<Response, WebError> {
    let case = find(&ctx, &asked.body.code).await?;
    let view = view::case(&ctx, case).await?;
    let story = Story::of(&ctx, &view)?;
    let case = story.case();
    let tracked = Tracked {
        number: case.number.clone(),
        state: Named {
            id: case.state.clone(),
            title: story.state(),
        },
        raised_at: case.raised_at.to_string(),
        unit: case.unit.map(|unit| shape::unit(&story.words(), unit)),
        deadlines: shape::deadlines(&story),
        answers: shape::answers(&story),
        question_open: case.question_open,
        satisfied: case.satisfied,
        pictures_allowed: case.pictures.allowed,
        end: case
            .end
            .as_ref()
            .map(|end| ctx.tongue.t(crate::sentence::end_key(end))),
        evidence: shape::evidence(&story, is_for_reporters),
        steps: shape::events(&story, Listener::Reporter),
        identity_reads: case.identity_reads,
    };
    Ok(json(StatusCode::OK, &tracked))
}

/// `POST /api/v1/portal/replies`
pub async fn create_reply(ctx: Ctx, asked: Asked<NewReply>) -> Result<Response, WebError> {
    let NewReply { code, text } = asked.body;
    say(&ctx, &code, asked.once, |write| Command::Reply {
        text: write(&text.0),
    })
    .await
}

/// `POST /api/v1/portal/satisfactions`
pub async fn create_satisfaction(ctx: Ctx, asked: Asked<NewSatisfaction>) -> Result<Response, WebError> {
    let NewSatisfaction {
        code,
        solved,
        score,
        remark,
    } = asked.body;
    let make = |write: &mut dyn FnMut(&str) -> BodyRef| Command::GiveSatisfaction {
        solved,
        score,
        remark: remark.map(|remark| write(&remark.0)),
    };
    say(&ctx, &code, asked.once, make).await
}

/// `POST /api/v1/portal/consents`
pub async fn create_consent(ctx: Ctx, asked: Asked<NewConsent>) -> Result<Response, WebError> {
    let NewConsent { code, pictures } = asked.body;
    let make = |_: &mut dyn FnMut(&str) -> BodyRef| Command::AllowPictures { allowed: pictures };
    say(&ctx, &code, asked.once, make).await
}

/// `POST /api/v1/portal/steps`
pub async fn create_own_step(ctx: Ctx, asked: Asked<NewOwnStep>) -> Result<Response, WebError> {
    let NewOwnStep { code, step, reason } = asked.body;
    let make = |write: &mut dyn FnMut(&str) -> BodyRef| {
        let reason = reason.map(|reason| write(&reason.0));
        Command::TakeStep(TakeStep {
            step: step.0,
            reason,
            ..TakeStep::default()
        })
    };
    say(&ctx, &code, asked.once, make).await
}

async fn say(
    ctx: &Ctx,
    code: &Line,
    once: Option<Once>,
    make: impl FnOnce(&mut dyn FnMut(&str) -> BodyRef) -> Command,
) -> Result<Response, WebError> {
    let case = find(ctx, code).await?;
    let mut bodies = Bodies::new(ctx.now, &mut SystemEntropy);
    let command = talk::command(ctx, make, &mut bodies)?;
    // Under the case too: reporters have no name, and their keys must not meet.
    let once = once.map(|once| Once {
        key: format!("{} {case}", once.key),
        ..once
    });
    let appended = talk::carry_out(ctx, case, command, bodies, once).await?;
    Ok(json(StatusCode::CREATED, &Done::of(&appended)))
}

/// Finds the case of a code; a code that is none is answered as one that nobody has.
async fn find(ctx: &Ctx, code: &Line) -> Result<CaseId, WebError> {
    let code: ReceiptCode = code.0.parse().map_err(|_| WebError::NotFound)?;
    track::find(ctx, &code).await?.ok_or(WebError::NotFound)
}
