//! How a case relates to others. Of one that the viewer may not read, only that there is one is said.

use bihuan_core::event::Linkage;
use bihuan_core::id::CaseId;
use bihuan_store::tie::Tie;

use super::address;
use crate::access;
use crate::error::WebError;
use crate::story::Story;

/// The most cases shown that relate to this one; the newest first.
const OTHERS_SHOWN: usize = 20;

/// A relation to another case.
pub struct Relation {
    /// How this case relates to it.
    pub how: String,
    /// The other case, where the viewer may read it: address, number, title, state.
    pub other: Option<(String, String, String, String)>,
}

/// Returns the relations of a case.
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
    let id = case.id;
    let back = story
        .ctx
        .tenant
        .read(move |reader| reader.linked_to(id, OTHERS_SHOWN))
        .await?;
    let back = back.into_iter().map(|(tie, other)| (key_back(tie), other));
    let mut found = Vec::new();
    for (key, other) in links.chain(merged).chain(parts).chain(back) {
        found.push(Relation {
            how: story.ctx.tongue.t(key),
            other: look_at(story, other).await?,
        });
    }
    Ok(found)
}

async fn look_at(
    story: &Story<'_>,
    id: CaseId,
) -> Result<Option<(String, String, String, String)>, WebError> {
    let view = match access::open(story.ctx, id).await {
        Ok(view) => view,
        Err(WebError::NotFound) => return Ok(None),
        Err(error) => return Err(error),
    };
    let other = Story::of(story.ctx, &view)?;
    let case = other.case();
    Ok(Some((
        address(&case.number),
        case.number.clone(),
        other.text(case.title),
        other.state(),
    )))
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
