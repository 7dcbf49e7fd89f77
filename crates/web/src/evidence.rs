//! Files that come with a form, on their way into the case: cleaned, stored by content, noted in the log.

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use bihuan_core::case::command::Command;
use bihuan_core::case::{Case, Evidence};
use bihuan_core::event::EvidenceMoment;
use bihuan_core::id::{CaseId, EvidenceId};
use bihuan_core::permission::Permit;
use bihuan_store::blob::Blob;
use bihuan_store::bodies::Bodies;
use bihuan_store::commit::idempotency::Once;

use crate::app::SystemEntropy;
use crate::ctx::Ctx;
use crate::error::{Complaint, WebError};
use crate::form::File;
use crate::form::document::{self, PDF};
use crate::form::photo::{self, Photo, PhotoError};
use crate::limits;
use crate::stream::FileBody;

/// What is noted of a file beside its content.
pub struct Note<'a> {
    /// What it shows.
    pub moment: EvidenceMoment,
    /// What it shows, in words.
    pub caption: Option<&'a str>,
}

/// The most pixels of a photo, in millions.
const MEGAPIXELS: usize = (photo::PIXELS / 1_000_000) as usize;

/// What a reporter adds shows the state before the fix.
pub const BEFORE: Note<'static> = Note {
    moment: EvidenceMoment::Before,
    caption: None,
};

/// Whose files they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bringer {
    /// A reporter: photos, which are cleaned.
    Reporter,
    /// Somebody on the staff: PDF as well, which is not.
    Staff,
}

/// Cleans the files of a form; what is none that is taken, broken, too large or too many is complained of.
pub fn clean_all(files: &[File], bringer: Bringer) -> (Vec<Photo>, Vec<Complaint>) {
    let mut complaints = Vec::new();
    if files.len() > limits::FILES {
        complaints.push(too_many());
    }
    let mut photos = Vec::new();
    for file in files.iter().take(limits::FILES) {
        match clean(file, bringer) {
            Ok(photo) => photos.push(photo),
            Err(complaint) => complaints.push(complaint),
        }
    }
    (photos, complaints)
}

/// Complains of more photos than are taken at once.
pub fn too_many() -> Complaint {
    Complaint::new("photos", "field-photos-too-many").with("most", limits::FILES)
}

/// Cleans one file.
///
/// # Errors
/// What is wrong with it.
pub fn clean(file: &File, bringer: Bringer) -> Result<Photo, Complaint> {
    if file.bytes.len() > limits::FILE_BYTES {
        return Err(Complaint::new("photos", "field-photo-too-large").with("most", limits::FILE_BYTES >> 20));
    }
    let cleaned = match bringer {
        Bringer::Reporter => photo::clean(&file.bytes),
        Bringer::Staff => document::take(&file.bytes),
    };
    let key = |error| match (error, bringer) {
        (PhotoError::Format, Bringer::Reporter) => "field-bad-photo",
        (PhotoError::Format, Bringer::Staff) => "field-bad-file",
        (PhotoError::Damaged, Bringer::Reporter) => "field-photo-damaged",
        (PhotoError::Damaged, Bringer::Staff) => "field-file-damaged",
        (PhotoError::Pixels, _) => "field-photo-pixels",
    };
    let complaint = |error| Complaint::new("photos", key(error)).with("most", MEGAPIXELS);
    cleaned.map_err(complaint)
}

/// A photo that is kept, and not yet noted in a case.
pub struct Kept {
    blob: Blob,
    media_type: &'static str,
}

/// Keeps a photo.
///
/// # Errors
/// [`WebError::Internal`] if the disk fails.
pub async fn keep(ctx: &Ctx, photo: Photo) -> Result<Kept, WebError> {
    let blobs = ctx.tenant.blobs().clone();
    let media_type = photo.media_type;
    let put = tokio::task::spawn_blocking(move || blobs.put(&photo.bytes, limits::FILE_BYTES as u64)).await;
    let blob = put.map_err(WebError::internal)?.map_err(WebError::internal)?;
    Ok(Kept { blob, media_type })
}

/// Notes the photos that came with a report; the same photo under the same key is noted once. Returns how many
/// could not be: the report is taken in already and does not fail with them.
pub async fn note_reporters(ctx: &Ctx, case: CaseId, photos: &[Kept], key: &str) -> usize {
    let mut lost = 0;
    for photo in photos {
        let digest = photo.blob.digest;
        let once = (!key.is_empty()).then(|| Once {
            key: format!("{key} {case} {digest}"),
            request: digest,
        });
        if let Err(error) = note(ctx, &Permit::reporter(), case, photo, BEFORE, once).await {
            tracing::warn!(request.id = ctx.request_id, case.id = %case, %error, "a photo was not noted");
            lost += 1;
        }
    }
    lost
}

/// Stores a photo and notes it in the case.
///
/// # Errors
/// [`WebError`] if a rule or the store refuses it.
pub async fn add(
    ctx: &Ctx,
    permit: &Permit,
    case: CaseId,
    photo: Photo,
    said: Note<'_>,
) -> Result<EvidenceId, WebError> {
    let kept = keep(ctx, photo).await?;
    note(ctx, permit, case, &kept, said, None).await
}

/// Notes a photo that is kept in the case.
async fn note(
    ctx: &Ctx,
    permit: &Permit,
    case: CaseId,
    photo: &Kept,
    said: Note<'_>,
    once: Option<Once>,
) -> Result<EvidenceId, WebError> {
    let mut bodies = Bodies::new(ctx.now, &mut SystemEntropy);
    let evidence = EvidenceId::new(ctx.now, &mut SystemEntropy);
    let command = Command::AddEvidence {
        evidence,
        blob: photo.blob.digest,
        media_type: photo.media_type.to_owned(),
        size_bytes: photo.blob.size_bytes,
        moment: said.moment,
        caption: said.caption.map(|caption| bodies.write(caption)),
    };
    ctx.tenant
        .execute(permit, case, command, bodies, once, ctx.now)
        .await?;
    ctx.note_written();
    Ok(evidence)
}

/// Under this nothing in a document runs, reaches out or leads on; our own pages may show it in a frame.
const OF_DOCUMENTS: &str = "sandbox; default-src 'none'; frame-ancestors 'self'";

/// Whether a piece of evidence is shown to whom it concerns outside: documents are not cleaned.
pub fn is_for_reporters(piece: &Evidence) -> bool {
    piece.media_type.starts_with("image/")
}

/// Returns a stored file of a case that may be seen, as an answer. Its type is what the content was found
/// to be; with `nosniff` and the policy of every page nothing in it runs.
///
/// # Errors
/// [`WebError::NotFound`] if the case has no such evidence for whoever asks.
pub async fn file(ctx: &Ctx, case: &Case, evidence: EvidenceId, asks: Bringer) -> Result<Response, WebError> {
    let found = case
        .evidence
        .iter()
        .find(|piece| piece.id == evidence)
        .filter(|piece| asks == Bringer::Staff || is_for_reporters(piece))
        .ok_or(WebError::NotFound)?;
    let (blob, size_bytes) = (found.blob, found.size_bytes);
    let blobs = ctx.tenant.blobs().clone();
    let open = move || blobs.read(blob).map_err(WebError::internal);
    let file = tokio::task::spawn_blocking(open)
        .await
        .map_err(WebError::internal)??;
    // A reporter may sit at a machine that others use after them.
    let kept = match asks {
        Bringer::Reporter => "no-store",
        Bringer::Staff => "private, max-age=3600",
    };
    let headers = [
        (header::CONTENT_TYPE, found.media_type.clone()),
        (header::CACHE_CONTROL, kept.to_owned()),
        (header::CONTENT_DISPOSITION, "inline".to_owned()),
    ];
    let mut answer = (headers, FileBody::of(file, size_bytes)).into_response();
    if found.media_type == PDF {
        let policies = [
            (header::CONTENT_SECURITY_POLICY, OF_DOCUMENTS),
            (header::X_FRAME_OPTIONS, "SAMEORIGIN"),
        ];
        for (name, value) in policies {
            answer.headers_mut().insert(name, HeaderValue::from_static(value));
        }
    }
    Ok(answer)
}

/// Returns the word for what a piece of evidence shows.
pub fn moment_word(moment: EvidenceMoment) -> &'static str {
    match moment {
        EvidenceMoment::Before => "before",
        EvidenceMoment::After => "after",
        EvidenceMoment::Other => "other",
    }
}

/// Returns what a piece of evidence shows, by its word.
pub fn moment(word: &str) -> Option<EvidenceMoment> {
    [
        EvidenceMoment::Before,
        EvidenceMoment::After,
        EvidenceMoment::Other,
    ]
    .into_iter()
    .find(|moment| moment_word(*moment) == word)
}
