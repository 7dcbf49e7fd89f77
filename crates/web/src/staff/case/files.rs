//! Files of a case: reading one, and adding photos by form.

use std::collections::HashSet;

use axum::extract::Path;
use axum::response::Response;
use bihuan_core::event::EvidenceMoment;
use bihuan_core::id::{Digest, EvidenceId};

use super::send::Sent;
use super::{kept, open};
use crate::access;
use crate::ctx::Ctx;
use crate::error::{Complaint, WebError};
use crate::evidence::moment;
use crate::evidence::{self, Bringer, Note};
use crate::form::Form;
use crate::limits;

/// `GET /cases/{number}/evidence/{evidence}`: a file, for whoever may read the case.
pub async fn read_case_evidence(
    ctx: Ctx,
    Path((number, evidence)): Path<(String, String)>,
) -> Result<Response, WebError> {
    let id: EvidenceId = evidence.parse().map_err(|_| WebError::NotFound)?;
    let view = open(&ctx, &number).await?;
    evidence::file(&ctx, &view.case, id, Bringer::Staff).await
}

/// `POST /cases/{number}/evidence`: photos, cleaned of everything that is not the picture, and documents as they are.
pub async fn create_case_evidence(
    ctx: Ctx,
    Path(number): Path<String>,
    form: Form,
) -> Result<Response, WebError> {
    let view = open(&ctx, &number).await?;
    let sent = Sent {
        ctx: &ctx,
        view: &view,
        id: "evidence",
        form: &form,
    };
    match add(&sent).await {
        Ok(()) => Ok(sent.done("evidence")),
        Err(error) => sent.again(error).await,
    }
}

async fn add(sent: &Sent<'_>) -> Result<(), WebError> {
    let (ctx, case) = (sent.ctx, &sent.view.case);
    let mut read = sent.form.read();
    let moment = read.choice("moment", moment).unwrap_or(EvidenceMoment::Other);
    let caption = read.text("caption", limits::LINE_CHARS);
    let (mut photos, mut complaints) = kept::waiting_photos(ctx, case.id, sent.form).await?;
    let (sent_along, wrong) = evidence::clean_all(&sent.form.files, Bringer::Staff);
    photos.extend(sent_along);
    complaints.extend(wrong);
    if photos.len() > limits::FILES {
        complaints.push(evidence::too_many());
    }
    complaints
        .into_iter()
        .for_each(|complaint| read.complain(complaint));
    if photos.is_empty() && read.complaints.is_empty() {
        read.complain(Complaint::new("photos", "field-no-photo"));
    }
    read.done()?;
    let permit = access::permit(ctx, "handle", &sent.view.facts)?;
    let of_moment = case.evidence.iter().filter(|piece| piece.moment == moment);
    let mut there: HashSet<Digest> = of_moment.map(|piece| piece.blob).collect();
    for photo in photos {
        // The same picture of the same moment, sent twice, is one piece of evidence.
        if there.insert(Digest::of(&[&photo.bytes])) {
            evidence::add(
                ctx,
                &permit,
                case.id,
                photo,
                Note {
                    moment,
                    caption: caption.as_deref(),
                },
            )
            .await?;
        }
    }
    sent.forget_draft().await;
    Ok(())
}
