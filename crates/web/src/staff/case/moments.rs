//! Evidence of a case as its page shows it: pictures before and after side by side.

use bihuan_core::case::Evidence;
use bihuan_core::case::command::Command;
use bihuan_core::event::EvidenceMoment;
use bihuan_core::id::{Digest, EvidenceId};

use super::{address, obstacle};
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

/// Says how many files are taken, how large, and what is done to them.
pub fn hint(t: Tongue) -> String {
    t.t2(
        "report-photos-hint",
        ("count", limits::FILES),
        ("size", limits::FILE_BYTES >> 20),
    )
}
