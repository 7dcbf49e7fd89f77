//! Another receipt code for a reporter who lost theirs. Whoever asks says their name or number; it is compared with
//! the sealed one, which is opened for that alone, with its trace, and shown to nobody. The old code ends.

use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use bihuan_store::bodies::Bodies;
use bihuan_store::read::case::CaseView;

use super::{address, open};
use crate::access;
use crate::app::SystemEntropy;
use crate::ctx::Ctx;
use crate::error::{Complaint, WebError};
use crate::form::Form;
use crate::limits;
use crate::page::{Area, Page, html};

/// Who may compare an identity.
const IDENTITY: &str = "identity";

#[derive(Template)]
#[template(path = "case/code.html")]
struct NewCodePage {
    page: Page,
    address: String,
    number: String,
    /// Whether there is an identity to compare with.
    known: bool,
    /// The new code, shown once.
    code: Option<String>,
    checked: String,
    errors: Vec<(String, String)>,
}

/// `GET /cases/{number}/code`
pub async fn new_case_code(ctx: Ctx, Path(number): Path<String>) -> Result<Response, WebError> {
    let view = open(&ctx, &number).await?;
    access::permit(&ctx, IDENTITY, &view.facts)?;
    Ok(html(&NewCodePage::of(&ctx, &view)))
}

/// `POST /cases/{number}/code`
pub async fn create_case_code(
    ctx: Ctx,
    Path(number): Path<String>,
    form: Form,
) -> Result<Response, WebError> {
    let view = open(&ctx, &number).await?;
    let blank = NewCodePage::of(&ctx, &view);
    match reissue(&ctx, &view, &form).await {
        Ok(code) => Ok(html(&NewCodePage {
            code: Some(code),
            ..blank
        })),
        Err(WebError::Input(complaints)) => {
            let said = |complaint: &Complaint| (complaint.field.clone(), complaint.said(ctx.tongue));
            let mut response = html(&NewCodePage {
                checked: form.value("checked").to_owned(),
                errors: complaints.iter().map(said).collect(),
                ..blank
            });
            *response.status_mut() = WebError::Input(Vec::new()).status();
            Ok(response)
        }
        Err(error) => Err(error),
    }
}

/// Compares what was said with what is sealed, and gives another code where they agree.
async fn reissue(ctx: &Ctx, view: &CaseView, form: &Form) -> Result<String, WebError> {
    let permit = access::permit(ctx, IDENTITY, &view.facts)?;
    let mut read = form.read();
    let said = read.needed("said", limits::NAME_CHARS);
    let checked = read.needed("checked", limits::NOTE_CHARS);
    read.done()?;
    ctx.app.throttle_comparison(view.case.id, ctx.now)?;
    let mut bodies = Bodies::new(ctx.now, &mut SystemEntropy);
    let reason = bodies.write(ctx.tongue.t("code-reason"));
    let identity = ctx
        .tenant
        .read_identity(&permit, view.case.id, bodies, reason, ctx.now)
        .await?;
    if !identity.agrees_with(&said) {
        return Err(WebError::Input(vec![Complaint::new("said", "code-disagrees")]));
    }
    let mut bodies = Bodies::new(ctx.now, &mut SystemEntropy);
    let checked = bodies.write(&checked);
    let code = ctx
        .tenant
        .reissue_code(&permit, view.case.id, bodies, checked, ctx.now)
        .await?;
    Ok(code.to_string())
}

impl NewCodePage {
    fn of(ctx: &Ctx, view: &CaseView) -> NewCodePage {
        let number = view.case.number.clone();
        NewCodePage {
            page: Page {
                here: format!("{}/code", address(&number)),
                ..ctx.page(Some(Area::Ledger))
            },
            address: address(&number),
            known: view.case.has_identity(),
            number,
            code: None,
            checked: String::new(),
            errors: Vec::new(),
        }
    }
}
