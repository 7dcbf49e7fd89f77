//! Cases: list, count, open, register.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use bihuan_core::case::command::{Context, Raise};
use bihuan_core::case::decide::available_steps;
use bihuan_core::event::{Actor, Disclosure, RaisedBy};
use bihuan_core::id::CaseId;
use bihuan_core::pack::model::Raiser;
use bihuan_core::pack::words::Word;
use bihuan_core::permission::READ;
use bihuan_store::bodies::Bodies;
use bihuan_store::read::list::Listing;
use bihuan_store::read::order::{Cursor, Sort};
use bihuan_store::seal::Identity;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::portal::Contact;
use super::shape::{self, CaseList, Count, StepShape};
use super::wire::{self, Body, Line};
use super::{Asked, Params, json};
use crate::app::SystemEntropy;
use crate::ctx::Ctx;
use crate::error::{Complaint, WebError};
use crate::portal::{intake, proof};
use crate::sentence::Listener;
use crate::show;
use crate::staff::register::similar;
use crate::story::Story;
use crate::{access, query};

/// Rows of a page where nothing is said, and the most.
const LIMIT: (usize, usize) = (50, 500);
/// The most that are counted.
const COUNTED: usize = 1_000;

/// Which cases.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListQuery {
    filter: Option<String>,
    after: Option<String>,
    limit: Option<usize>,
    sort: Option<String>,
    /// The language, which the frame has read already.
    #[serde(rename = "lang")]
    _lang: Option<String>,
}

/// A case to be registered by a person of the tree.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCase {
    /// The kind's id.
    pub kind: Line,
    /// The channel's id.
    pub channel: Line,
    /// The title.
    pub title: Line,
    /// The text.
    pub text: Body,
    /// Where it is.
    pub place: Option<Line>,
    /// The category's code.
    pub category: Option<Line>,
    /// Which supervision source raised it.
    pub source: Option<Line>,
    /// The units it complains about: id, code or name. They never see it.
    #[serde(default)]
    pub accused: Vec<Line>,
    /// From 1 to 5; 3 where not said.
    pub severity: Option<u8>,
    /// `real_name`, `confidential` or `anonymous`; confidential where a contact is given, else anonymous.
    pub disclosure: Option<Line>,
    /// How to reach the reporter.
    pub contact: Option<Contact>,
}

/// The receipt of a registered case.
#[derive(Serialize, ToSchema)]
pub struct CaseReceipt {
    /// The case's id.
    pub id: String,
    /// Its number for people.
    pub number: String,
    /// The receipt code to be told to the reporter; absent where a person of the tree found the problem.
    pub code: Option<String>,
    /// Whether this was registered before, under the same idempotency key.
    pub repeated: bool,
}

/// `GET /api/v1/cases`
pub async fn list_cases(ctx: Ctx, Params(query): Params<ListQuery>) -> Result<Response, WebError> {
    let filter = query::within(&ctx, READ, query.filter.as_deref().unwrap_or_default())?;
    let bad = |field: &str| WebError::Input(vec![Complaint::new(field, "field-bad-choice")]);
    let sort: Sort = query
        .sort
        .as_deref()
        .unwrap_or("-raised")
        .parse()
        .map_err(|_| bad("sort"))?;
    let after = query
        .after
        .as_deref()
        .map(str::parse::<Cursor>)
        .transpose()
        .map_err(|_| bad("after"))?;
    let limit = query.limit.unwrap_or(LIMIT.0);
    if !(1..=LIMIT.1).contains(&limit) {
        return Err(bad("limit"));
    }
    let list = move |reader: &bihuan_store::read::Reader| {
        reader.list(&Listing {
            filter: &filter,
            sort,
            after: after.as_ref(),
            limit,
        })
    };
    let page = ctx.tenant.read(list).await?;
    let cases = page
        .rows
        .iter()
        .map(|row| shape::row(&ctx, row))
        .collect::<Result<_, _>>()?;
    Ok(json(
        StatusCode::OK,
        &CaseList {
            cases,
            next: page.next.map(|next| next.to_string()),
            cut: page.cut,
        },
    ))
}

/// `GET /api/v1/cases/count`
pub async fn count_cases(ctx: Ctx, Params(query): Params<ListQuery>) -> Result<Response, WebError> {
    let filter = query::within(&ctx, READ, query.filter.as_deref().unwrap_or_default())?;
    let count = ctx
        .tenant
        .read(move |reader| reader.count(&filter, COUNTED))
        .await?;
    Ok(json(
        StatusCode::OK,
        &Count {
            count: count.known,
            capped: count.more,
        },
    ))
}

/// `GET /api/v1/cases/{id}`
pub async fn read_case(ctx: Ctx, Path(id): Path<String>) -> Result<Response, WebError> {
    let view = access::open(&ctx, case_id(&id)?).await?;
    let story = Story::of(&ctx, &view)?;
    let steps = steps(&story)?;
    Ok(json(StatusCode::OK, &shape::case(&story, steps)))
}

/// `GET /api/v1/cases/{id}/similar`: open cases that look like the same matter, the most alike first.
pub async fn list_similar_cases(ctx: Ctx, Path(id): Path<String>) -> Result<Response, WebError> {
    let view = access::open(&ctx, case_id(&id)?).await?;
    let rows = similar::to(&ctx, &view).await?;
    let cases = rows
        .iter()
        .map(|row| shape::row(&ctx, row))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(json(StatusCode::OK, &cases))
}

/// `GET /api/v1/cases/{id}/proof`: where each event of the case lies under the signed head.
pub async fn read_proof(ctx: Ctx, Path(id): Path<String>) -> Result<Response, WebError> {
    proof::file(&ctx, &access::open(&ctx, case_id(&id)?).await?.case).await
}

/// `GET /api/v1/cases/{id}/events`
pub async fn list_case_events(ctx: Ctx, Path(id): Path<String>) -> Result<Response, WebError> {
    let view = access::open(&ctx, case_id(&id)?).await?;
    let story = Story::of(&ctx, &view)?;
    Ok(json(StatusCode::OK, &shape::events(&story, Listener::Staff)))
}

/// `POST /api/v1/cases`
pub async fn create_case(ctx: Ctx, asked: Asked<NewCase>) -> Result<Response, WebError> {
    let permit = access::permit_general(&ctx, "register")?;
    let texts = [Some(&asked.body.title), asked.body.place.as_ref()];
    let lines = texts.into_iter().flatten().map(|line| line.0.as_str());
    let said: Vec<&str> = lines.chain([asked.body.text.0.as_str()]).collect();
    intake::refuse_forbidden(&ctx, &said.join("\n"))?;
    let mut bodies = Bodies::new(ctx.now, &mut SystemEntropy);
    let (raise, identity) = raise(&ctx, asked.body, &mut bodies)?;
    let receipt = access::raise(&ctx, &permit, raise, identity, bodies, asked.once).await?;
    let receipt = CaseReceipt {
        id: receipt.case().to_string(),
        number: receipt.number().to_owned(),
        code: receipt.code().map(ToString::to_string),
        repeated: receipt.appended().is_repeated(),
    };
    Ok(json(StatusCode::CREATED, &receipt))
}

fn raise(ctx: &Ctx, new: NewCase, bodies: &mut Bodies) -> Result<(Raise, Option<Identity>), WebError> {
    let contact = new.contact.unwrap_or(Contact {
        name: None,
        phone: None,
    });
    let identity = Identity {
        name: contact.name.map(|name| name.0),
        phone: contact.phone.map(|phone| phone.0),
        address: None,
    };
    let identity = Some(identity).filter(|identity| !identity.is_empty());
    let mut complaints = Vec::new();
    let said = wire::disclosure(new.disclosure.as_ref(), &mut complaints);
    if !complaints.is_empty() {
        return Err(WebError::Input(complaints));
    }
    let disclosure = said.unwrap_or(match identity {
        Some(_) => Disclosure::Confidential,
        None => Disclosure::Anonymous,
    });
    let raised_by = raised_by(ctx, &new.kind.0, disclosure)?;
    let raise = Raise {
        number: String::new(),
        kind: new.kind.0,
        channel: new.channel.0,
        source: new.source.map(|source| source.0),
        category: new.category.map(|category| category.0),
        campaigns: Vec::new(),
        severity: new.severity.unwrap_or(3),
        title: bodies.write(new.title.0),
        text: bodies.write(new.text.0),
        place: new.place.map(|place| bodies.write(place.0)),
        raised_by,
        accused: wire::accused(ctx, &new.accused)?,
        links: Vec::new(),
        external: None,
        imported: None,
    };
    Ok((raise, identity))
}

/// Returns who raises a case of this kind when a person registers it: the reporter they speak for, or they.
pub fn raised_by(ctx: &Ctx, kind: &str, disclosure: Disclosure) -> Result<RaisedBy, WebError> {
    let pack = ctx.scene.pack_for(kind, ctx.scene.calendar.date_of(ctx.now));
    let raiser = pack.and_then(|pack| pack.kind(kind)).map(|kind| kind.raised_by);
    let viewer = &ctx.who()?.viewer;
    Ok(match raiser {
        Some(Raiser::Finder) => RaisedBy::Finder {
            person: viewer.person,
            unit: viewer.unit,
        },
        Some(Raiser::Reporter) | None => RaisedBy::Reporter {
            identity: None,
            disclosure,
        },
    })
}

/// Returns the steps from the case's state that are the visitor's.
fn steps(story: &Story<'_>) -> Result<Vec<StepShape>, WebError> {
    let (ctx, viewer) = (story.ctx, &story.ctx.who()?.viewer);
    let context = Context {
        pack: story.pack,
        org: &ctx.scene.org,
        calendar: &ctx.scene.calendar,
        actor: Actor::Person {
            person: viewer.person,
            unit: viewer.unit,
            for_person: None,
        },
        occurred_at: ctx.now,
        now: ctx.now,
    };
    let may = |action: &str| access::may(ctx, action, &story.view.facts);
    let shape = |choice: bihuan_core::case::decide::StepChoice<'_>| StepShape {
        id: choice.step.id.clone(),
        title: ctx.name(&choice.step.title),
        asks: choice.asks.iter().map(|ask| ask.word()).collect(),
        refusal: choice.refusal.map(|refusal| story.words().refusal(&refusal).said),
        source: story
            .pack
            .source(&choice.step.source)
            .map(|source| show::citation(ctx.tongue, source)),
    };
    Ok(available_steps(story.case(), &may, &context)
        .into_iter()
        .map(shape)
        .collect())
}

/// Reads a case's id; what is no id is no case.
///
/// # Errors
/// [`WebError::NotFound`].
pub fn case_id(text: &str) -> Result<CaseId, WebError> {
    text.parse().map_err(|_| WebError::NotFound)
}
