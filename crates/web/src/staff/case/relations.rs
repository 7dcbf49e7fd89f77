//! How a case relates to others. Of one that the viewer may not read, only that there is one is said.

use bihuan_core::event::Linkage;
use bihuan_core::id::CaseId;
use bihuan_store::tie::Tie;

use super::address;
use crate::access;
use crate::error::WebError;
use crate::story::Story;

/// The most cases shown that this one relates to, and that relate to it; of those the newest first.
const OTHERS_SHOWN: usize = 20;

/// A relation to another case.
pub struct Relation {
    /// How this case relates to it.
    pub how: String,
    /// Whether this case says so, and not the other.
    pub ours: bool,
    /// The other case, where the viewer may read it.
    pub other: Option<Other>,
}

/// Another case.
pub struct Other {
    /// Its page.
    pub href: String,
    /// Its number.
    pub number: String,
    /// Its title.
    pub title: String,
    /// Its state.
    pub state: String,
}

/// Returns the relations of a case.
///
/// What the case itself says of another is in its log for all its readers. What another says of it is that
/// other's matter: where the viewer may not read it, such as a complaint about them, not even that it is there
/// is said.
///
/// # Errors
/// [`WebError`] if the store fails.
pub async fn relations(story: &Story<'_>) -> Result<Vec<Relation>, WebError> {
    let case = story.case();
    let links = case.links.iter().map(|(linkage, other)| (key(*linkage), *other));
    let merged = case
        .merged_into
        .iter()
        .map(|other| ("relation-merged-into", *other));
    let parts = case.parts.iter().map(|other| ("relation-split-into", *other));
    let ours = links.chain(merged).chain(parts).take(OTHERS_SHOWN);
    let id = case.id;
    let back = story
        .ctx
        .tenant
        .read(move |reader| reader.linked_to(id, OTHERS_SHOWN))
        .await?;
    let back = back.into_iter().map(|(tie, other)| (key_back(tie), other));
    let all = ours
        .map(|link| (link, true))
        .chain(back.map(|link| (link, false)));
    let mut found = Vec::new();
    for ((key, other), ours) in all {
        let other = look_at(story, other).await?;
        let how = story.ctx.tongue.t(key);
        if ours || other.is_some() {
            found.push(Relation { how, ours, other });
        }
    }
    Ok(found)
}

async fn look_at(story: &Story<'_>, id: CaseId) -> Result<Option<Other>, WebError> {
    let view = match access::open(story.ctx, id).await {
        Ok(view) => view,
        Err(WebError::NotFound) => return Ok(None),
        Err(error) => return Err(error),
    };
    let other = Story::of(story.ctx, &view)?;
    let case = other.case();
    Ok(Some(Other {
        href: address(&case.number),
        number: case.number.clone(),
        title: other.text(case.title),
        state: other.state(),
    }))
}

fn key(linkage: Linkage) -> &'static str {
    match linkage {
        Linkage::DuplicateOf => "relation-duplicate-of",
        Linkage::PartOf => "relation-part-of",
        Linkage::RecurrenceOf => "relation-recurrence-of",
    }
}

/// Returns the words for another case that says `tie` of this one.
fn key_back(tie: Tie) -> &'static str {
    match tie {
        Tie::DuplicateOf => "relation-has-duplicate",
        Tie::PartOf => "relation-has-part",
        Tie::RecurrenceOf => "relation-came-back-as",
        Tie::MergedInto => "relation-absorbed",
        Tie::SplitInto => "relation-split-from",
    }
}
