//! Evidence of a case as its page shows it: pictures before and after side by side, and a form for more.

use axum::extract::Path;
use axum::response::Response;
use bihuan_core::case::Evidence;
use bihuan_core::case::command::Command;
use bihuan_core::event::EvidenceMoment;
use bihuan_core::id::{Digest, EvidenceId};

use super::send::Sent;
use super::{address, obstacle, open};
use crate::access;
use crate::ctx::Ctx;
use crate::error::{Complaint, WebError};
use crate::evidence::moment;
use crate::evidence::{self, Note};
use crate::form::Form;
use crate::lang::Tongue;
use crate::limits;
use crate::story::{Picture, Story};

/// The pictures of one moment.
pub struct Moment {
    /// What they show: before, after, or something else.
    pub title: String,
    /// The word that is sent for it.
    pub word: &'static str,
    /// The pictures.
    pub pictures: Vec<Picture>,
}

/// The words and messages of the moments, in the order of the page.
const MOMENTS: [(EvidenceMoment, &str, &str); 3] = [
    (EvidenceMoment::Before, "before", "track-photo-before"),
    (EvidenceMoment::After, "after", "track-photo-after"),
    (EvidenceMoment::Other, "other", "track-photo-other"),
];

/// Returns the pictures by what they show: before and after always, anything else where there is some.
pub fn moments(story: &Story<'_>) -> Vec<Moment> {
    let base = format!("{}/evidence/", address(&story.case().number));
    let pictures = story.pictures(&base);
    let of = |(_, word, key): (EvidenceMoment, &'static str, &str)| {
        let title = story.ctx.tongue.t(key);
        let pictures = pictures
            .iter()
            .filter(|picture| picture.moment == title)
            .cloned()
            .collect();
        Moment {
            title,
            word,
            pictures,
        }
    };
    let all = MOMENTS.map(of).into_iter();
    all.filter(|moment| moment.word != "other" || !moment.pictures.is_empty())
        .collect()
}

/// Returns what a piece of evidence is called in a list.
pub fn title(story: &Story<'_>, piece: &Evidence) -> String {
    let (_, _, key) = MOMENTS[MOMENTS
        .iter()
        .position(|(moment, ..)| *moment == piece.moment)
        .unwrap_or(2)];
    let moment = story.ctx.tongue.t(key);
    let caption = piece.caption.map(|caption| story.text(caption));
    [Some(moment), caption, Some(story.moment(piece.added_at))]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(" · ")
}

/// Whether the visitor may add evidence.
pub fn may_add(story: &Story<'_>) -> bool {
    let trial = Command::AddEvidence {
        evidence: EvidenceId(uuid::Uuid::nil()),
        blob: Digest::ZERO,
        media_type: "image/jpeg".to_owned(),
        size_bytes: 1,
        moment: EvidenceMoment::Other,
        caption: None,
    };
    obstacle(story, &trial) == Some(Ok(()))
}

/// `GET /cases/{number}/evidence/{evidence}`: a file, for whoever may read the case.
pub async fn read_case_evidence(
    ctx: Ctx,
    Path((number, evidence)): Path<(String, String)>,
) -> Result<Response, WebError> {
    let id: EvidenceId = evidence.parse().map_err(|_| WebError::NotFound)?;
    let view = open(&ctx, &number).await?;
    evidence::file(&ctx, &view.case, id).await
}

/// Says how many files are taken, how large, and what is done to them.
pub fn hint(t: Tongue) -> String {
    t.t2(
        "report-photos-hint",
        ("count", limits::FILES),
        ("size", limits::FILE_BYTES >> 20),
    )
}

/// `POST /cases/{number}/evidence`: photos, cleaned of everything that is not the picture.
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
    let (photos, complaints) = evidence::clean_all(&sent.form.files);
    complaints
        .into_iter()
        .for_each(|complaint| read.complain(complaint));
    if sent.form.files.is_empty() {
        read.complain(Complaint::new("photos", "field-no-photo"));
    }
    read.done()?;
    let permit = access::permit(ctx, "handle", &sent.view.facts)?;
    for photo in photos {
        let blob = Digest::of(&[&photo.bytes]);
        // The same picture of the same moment, sent twice, is one piece of evidence.
        if !case
            .evidence
            .iter()
            .any(|piece| piece.blob == blob && piece.moment == moment)
        {
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
    Ok(())
}
