//! What the forms of the case page send: read by the same fields, made the same command as the API's, and
//! carried out; or shown again with what was written, where something is in its way.

use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use bihuan_core::id::{CaseId, Digest};
use bihuan_store::bodies::Bodies;
use bihuan_store::commit::idempotency::Once;
use bihuan_store::read::case::CaseView;

use super::acts::{Act, Make};
use super::fields::{self, Field};
use super::forms::Again;
use super::page::CasePage;
use super::{acts, kept, open};
use crate::access;
use crate::api::commands::NewStep;
use crate::app::SystemEntropy;
use crate::ctx::Ctx;
use crate::error::{WebError, dress};
use crate::form::Form;
use crate::page::html;
use crate::staff::origin;
use crate::story::Story;

/// A form as it was sent.
#[derive(Clone, Copy)]
pub struct Sent<'a> {
    /// The request.
    pub ctx: &'a Ctx,
    /// The case.
    pub view: &'a CaseView,
    /// Which form: an act's id, or `steps`.
    pub id: &'a str,
    /// What was written.
    pub form: &'a Form,
}

/// `POST /cases/{number}/steps`
pub async fn create_case_step(
    ctx: Ctx,
    Path(number): Path<String>,
    form: Form,
) -> Result<Response, WebError> {
    let view = open(&ctx, &number).await?;
    let story = Story::of(&ctx, &view)?;
    let sent = Sent {
        ctx: &ctx,
        view: &view,
        id: "steps",
        form: &form,
    };
    let Some(step) = story.kind.step(form.value("step")) else {
        return Err(WebError::NotFound);
    };
    let asked = fields::of_asks(&bihuan_core::case::decide::asks_of(step));
    let done = format!("step-{}", step.id);
    match sent.carry_out(&asked, acts::make::<NewStep>).await {
        Ok(()) => Ok(sent.done(&done)),
        Err(error) => sent.again(error).await,
    }
}

/// `POST /cases/{number}/…`: an act that is true of every kind.
pub async fn create_case_act(
    ctx: Ctx,
    Path(number): Path<String>,
    form: Form,
    act: &'static Act,
) -> Result<Response, WebError> {
    let view = open(&ctx, &number).await?;
    let sent = Sent {
        ctx: &ctx,
        view: &view,
        id: act.id,
        form: &form,
    };
    match sent.carry_out(act.fields, act.command).await {
        Ok(()) => Ok(sent.done(act.id)),
        Err(error) => sent.again(error).await,
    }
}

impl Sent<'_> {
    async fn carry_out(&self, asked: &[Field], make: Make) -> Result<(), WebError> {
        let mut body = fields::read(self.ctx, self.form, asked).await?;
        let once = self.once(&body);
        if self.id == "steps" {
            body.insert("step".to_owned(), self.form.value("step").into());
        }
        let mut bodies = Bodies::new(self.ctx.now, &mut SystemEntropy);
        let command = make(body, self.ctx, &mut |text| bodies.write(text))?;
        access::execute(self.ctx, self.view.case.id, command, bodies, once).await?;
        self.forget_draft().await;
        Ok(())
    }

    /// Throws away what was kept of the form before it was sent.
    pub async fn forget_draft(&self) {
        let sheet = match self.id {
            "steps" => format!("step-{}", self.form.value("step")),
            id => id.to_owned(),
        };
        if let Err(error) = kept::discard(self.ctx, self.case(), &sheet).await {
            // What was sent is in the log; what is left over is thrown away by hand, or goes with its age.
            tracing::warn!(request.id = self.ctx.request_id, %error, "what was kept of a form was not removed");
        }
    }

    /// Makes what is sent twice from the same page one thing; what was changed in between is another.
    fn once(&self, body: &serde_json::Map<String, serde_json::Value>) -> Option<Once> {
        let key = self.form.value("key");
        let said = serde_json::to_string(body).unwrap_or_default();
        let request = Digest::of(&[self.form.value("step").as_bytes(), b"\0", said.as_bytes()]);
        (!key.is_empty()).then(|| Once {
            key: format!("{key} {} {} {request}", self.case(), self.id),
            request,
        })
    }

    fn case(&self) -> CaseId {
        self.view.case.id
    }

    /// Leads back to the case, which says what was done, or to the list that the form stood in.
    pub fn done(&self, what: &str) -> Response {
        Redirect::to(&origin::after(self.ctx, &self.view.case.number, what)).into_response()
    }

    /// Shows the case with the form as it was sent and what is in its way. The case is read again: it may
    /// have moved on.
    ///
    /// # Errors
    /// `error` itself, where it says nothing about the form.
    pub async fn again(&self, error: WebError) -> Result<Response, WebError> {
        let complaints = match &error {
            WebError::Input(complaints) => complaints.clone(),
            WebError::Refused(_)
            | WebError::Stale
            | WebError::Busy
            | WebError::Forbidden
            | WebError::Scope => Vec::new(),
            _ => return Err(error),
        };
        let said = dress::said(self.ctx, &error);
        let again = Again {
            id: self.id,
            step: self.form.value("step"),
            form: self.form,
            complaints,
            said,
        };
        let view = access::open(self.ctx, self.case()).await?;
        let mut response = html(&CasePage::read(self.ctx, &view, None, Some(&again)).await?);
        *response.status_mut() = error.status();
        Ok(response)
    }
}
