//! What a citizen has written of a report that is not sent yet. It waits on the server, sealed, for as long
//! as [`UNSENT_LIFE`], and opens only for the visit that wrote it; nothing of it stays in the browser.
//!
//! Strangers write here without saying who they are, so there are bounds: how often a sender saves, how many
//! reports of a tenant are begun in one life, how much room their photos take. Where there is no room the form
//! comes on one page and is kept by nobody until it is sent.
//!
//! [`UNSENT_LIFE`]: crate::limits::UNSENT_LIFE

use bihuan_core::id::{Digest, PersonId};
use bihuan_store::personal::draft::{Draft, Filling};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::entry::Leaf;
use crate::app::SystemEntropy;
use crate::ctx::Ctx;
use crate::error::WebError;
use crate::form::Form;
use crate::form::photo::Photo;
use crate::form::waiting;
use crate::show;

/// The form's name in the store.
pub const FORM: &str = "report";
/// The most of one, in bytes; what an honest form holds comes to a third of it.
const BYTES: usize = 64 << 10;
/// The most that a visit is told of.
const TOLD: u32 = 3;
/// What is carried from leaf to leaf beside the fields that stand on them.
const CARRIED: [&str; 2] = ["key", "warned"];

/// A report that is not sent yet.
pub struct Kept {
    /// Its id.
    pub id: Uuid,
    /// Its form as far as it was filled in.
    pub form: Form,
    /// The photos that came with it: id and size in bytes.
    pub photos: Vec<(Uuid, u64)>,
    /// Whether it was sent meanwhile; nothing but that is kept of it then.
    pub sent: bool,
    /// Whether this is the first that is kept of it.
    is_new: bool,
}

/// How it is written down.
#[derive(Serialize, Deserialize)]
struct Written {
    fields: Vec<(String, String)>,
    photos: Vec<(Uuid, u64)>,
    sent: bool,
}

impl Kept {
    /// Returns the report that a form belongs to, with what was kept of it before.
    ///
    /// # Errors
    /// [`WebError::Input`] if the form has no key; [`WebError`] if the store fails.
    pub async fn of(ctx: &Ctx, form: &Form) -> Result<Kept, WebError> {
        let id = id_of(form.value("key")).ok_or_else(|| WebError::Input(Vec::new()))?;
        Ok(find(ctx, id).await?.unwrap_or_else(|| Kept {
            id,
            form: Form::of(Vec::new()),
            photos: Vec::new(),
            sent: false,
            is_new: true,
        }))
    }

    /// Takes over what stands on a leaf that was sent.
    pub fn take(&mut self, leaf: Leaf, sent: &Form) {
        let of_leaves = Leaf::ALL.iter().flat_map(|leaf| leaf.fields());
        let written = of_leaves.map(|name| match leaf.fields().contains(name) {
            true => (*name, sent.value(name)),
            false => (*name, self.form.value(name)),
        });
        // Once told what to do first, a sender is not told again on another leaf.
        let carried = CARRIED.map(|name| match sent.value(name) {
            "" => (name, self.form.value(name)),
            said => (name, said),
        });
        let fields = written.chain(carried);
        let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned()));
        self.form = Form::of(fields.collect());
    }

    /// Keeps it; returns `false` where there is no room for another.
    ///
    /// # Errors
    /// [`WebError::TooLarge`] if it is more than any honest form holds; [`WebError`] if the store fails.
    pub async fn save(&self, ctx: &Ctx) -> Result<bool, WebError> {
        if self.is_new && !ctx.app.may_begin_report(ctx.tenant.id(), ctx.now) {
            return Ok(false);
        }
        let fields = self.form.fields().to_vec();
        self.write(ctx, fields, self.photos.clone(), self.sent).await?;
        Ok(true)
    }

    /// Notes that it was sent and keeps nothing else, so that whoever comes back to it is told so.
    ///
    /// # Errors
    /// [`WebError`] if the store fails.
    pub async fn close(&self, ctx: &Ctx) -> Result<(), WebError> {
        self.write(ctx, Vec::new(), Vec::new(), true).await?;
        self.remove_photos(ctx).await
    }

    /// Throws it away.
    ///
    /// # Errors
    /// [`WebError`] if the store fails.
    pub async fn discard(&self, ctx: &Ctx) -> Result<(), WebError> {
        let filling = Filling {
            form: FORM,
            id: self.id,
        };
        ctx.tenant.drop_draft(visitor(ctx), filling).await?;
        ctx.note_written();
        self.remove_photos(ctx).await
    }

    async fn write(
        &self,
        ctx: &Ctx,
        fields: Vec<(String, String)>,
        photos: Vec<(Uuid, u64)>,
        sent: bool,
    ) -> Result<(), WebError> {
        let written = Written { fields, photos, sent };
        let text = serde_json::to_string(&written).map_err(WebError::internal)?;
        if text.len() > BYTES {
            return Err(WebError::TooLarge);
        }
        let filling = Filling {
            form: FORM,
            id: self.id,
        };
        ctx.tenant
            .save_draft(visitor(ctx), filling, &text, ctx.now, &mut SystemEntropy)
            .await?;
        ctx.note_written();
        Ok(())
    }

    /// Lets a photo wait with it; returns `false` where there is no room.
    ///
    /// # Errors
    /// [`WebError`] if the disk fails.
    pub async fn add(&mut self, ctx: &Ctx, photo: Photo) -> Result<bool, WebError> {
        if ctx.app.throttle_photos(ctx.peer, ctx.now).is_err() {
            return Ok(false);
        }
        let size_bytes = photo.bytes.len() as u64;
        let kept = waiting::keep(ctx, visitor(ctx), photo).await?;
        self.photos.extend(kept.map(|id| (id, size_bytes)));
        Ok(kept.is_some())
    }

    /// Returns the photos that wait with it and are still there.
    ///
    /// # Errors
    /// [`WebError`] if the disk fails.
    pub async fn open_photos(&self, ctx: &Ctx) -> Result<Vec<Photo>, WebError> {
        waiting::open(ctx, visitor(ctx), &self.photo_ids()).await
    }

    /// Takes away one of the photos that wait with it.
    ///
    /// # Errors
    /// [`WebError`] if the disk fails.
    pub async fn remove(&mut self, ctx: &Ctx, photo: Uuid) -> Result<(), WebError> {
        if let Some(at) = self.photos.iter().position(|(id, _)| *id == photo) {
            self.photos.remove(at);
            waiting::remove(ctx, &[photo]).await?;
        }
        Ok(())
    }

    async fn remove_photos(&self, ctx: &Ctx) -> Result<(), WebError> {
        waiting::remove(ctx, &self.photo_ids()).await
    }

    fn photo_ids(&self) -> Vec<Uuid> {
        self.photos.iter().map(|(id, _)| *id).collect()
    }
}

/// Returns the visit's report with an id; `None` where there is none, or its time is over.
///
/// # Errors
/// [`WebError`] if the store fails.
pub async fn find(ctx: &Ctx, id: Uuid) -> Result<Option<Kept>, WebError> {
    let (visitor, filling) = (visitor(ctx), Filling { form: FORM, id });
    let draft = ctx
        .tenant
        .read(move |reader| reader.draft(visitor, filling))
        .await?;
    Ok(draft.filter(|draft| is_alive(ctx, draft)).map(read))
}

/// Returns the reports that this visit has begun and not sent: where each goes on, and when it was saved.
///
/// # Errors
/// [`WebError`] if the store fails.
pub async fn begun(ctx: &Ctx) -> Result<Vec<(String, String)>, WebError> {
    // Whoever came without a visit has begun nothing.
    if ctx.session.is_none() && ctx.visit.is_none() {
        return Ok(Vec::new());
    }
    let visitor = visitor(ctx);
    let drafts = ctx
        .tenant
        .read(move |reader| reader.drafts(visitor, FORM, TOLD))
        .await?;
    let alive = drafts.into_iter().filter(|draft| is_alive(ctx, draft));
    let line = |draft: Draft| {
        let when = show::time(&ctx.scene.calendar, draft.saved_at);
        let kept = read(draft);
        (!kept.sent).then(|| (kept.href(Leaf::What), when))
    };
    Ok(alive.filter_map(line).collect())
}

impl Kept {
    /// Returns where one of its leaves is read.
    pub fn href(&self, leaf: Leaf) -> String {
        format!("{}?draft={}", leaf.href(), self.id)
    }
}

fn is_alive(ctx: &Ctx, draft: &Draft) -> bool {
    draft.saved_at >= waiting::oldest(ctx.now)
}

fn read(draft: Draft) -> Kept {
    // What another version of the form wrote down otherwise is begun anew.
    let written = serde_json::from_str(&draft.text).unwrap_or(Written {
        fields: Vec::new(),
        photos: Vec::new(),
        sent: false,
    });
    Kept {
        id: draft.id,
        form: Form::of(written.fields),
        photos: written.photos,
        sent: written.sent,
        is_new: false,
    }
}

/// Returns whom the store knows the visit as: nothing in it leads back to the visit's secret.
fn visitor(ctx: &Ctx) -> PersonId {
    let Digest(hash) = Digest::of(&[b"visit of the portal", ctx.secret().as_bytes()]);
    let mut id = [0; 16];
    id.copy_from_slice(&hash[..16]);
    PersonId(Uuid::from_bytes(id))
}

/// Returns the id with which a form's key begins: it may stand in an address, the key may not.
pub fn id_of(key: &str) -> Option<Uuid> {
    key.split('.').next()?.parse().ok()
}
