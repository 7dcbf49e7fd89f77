//! Evidence of a case as its page shows it: what was taken in beside what the handler gave for it.

use bihuan_core::case::Evidence;
use bihuan_core::case::command::Command;
use bihuan_core::event::EvidenceMoment;
use bihuan_core::id::{Digest, EvidenceId};

use super::{address, obstacle};
use crate::lang::Tongue;
use crate::limits;
use crate::story::{Picture, Story, moment_key};

/// What was before, and what is after: side by side.
pub struct Pair {
    /// What was taken in.
    pub before: Option<Picture>,
    /// What the handler gave.
    pub after: Option<Picture>,
}

impl Pair {
    /// Returns both sides in their order.
    pub fn sides(&self) -> [&Option<Picture>; 2] {
        [&self.before, &self.after]
    }
}

/// The evidence of a case.
pub struct Shown {
    /// Before and after.
    pub pairs: Vec<Pair>,
    /// What shows neither.
    pub others: Vec<Picture>,
}

/// Returns the evidence, before beside after.
pub fn shown(story: &Story<'_>) -> Shown {
    let base = format!("{}/evidence/", address(&story.case().number));
    let pictures = story.pictures(&base);
    let evidence = &story.case().evidence;
    let of = |moment: EvidenceMoment| {
        let all = evidence.iter().enumerate();
        let of_moment = all.filter(move |(_, piece)| piece.moment == moment);
        of_moment.map(|(at, piece)| (piece.round, at)).collect::<Vec<_>>()
    };
    let picture = |at: usize| pictures[at].clone();
    let pairs = paired(of(EvidenceMoment::Before), of(EvidenceMoment::After)).into_iter();
    Shown {
        pairs: pairs
            .map(|(before, after)| Pair {
                before: before.map(picture),
                after: after.map(picture),
            })
            .collect(),
        others: of(EvidenceMoment::Other)
            .into_iter()
            .map(|(_, at)| picture(at))
            .collect(),
    }
}

/// What stands before and after.
type Paired = Vec<(Option<usize>, Option<usize>)>;

/// Pairs what was before with what came after: first within a round of handling, then whatever is left, each in
/// its order. Each comes with its round.
fn paired(before: Vec<(u32, usize)>, after: Vec<(u32, usize)>) -> Paired {
    let mut pairs: Paired = Vec::new();
    let mut rest = Vec::new();
    let mut before: Vec<_> = before.into_iter().map(Some).collect();
    for (round, at) in after {
        let of_round = |slot: &&mut Option<(u32, usize)>| slot.is_some_and(|(of, _)| of == round);
        match before.iter_mut().find(of_round).and_then(Option::take) {
            Some((_, mate)) => pairs.push((Some(mate), Some(at))),
            None => rest.push(at),
        }
    }
    let mut rest = rest.into_iter();
    let left = before.into_iter().flatten().map(|(_, at)| at);
    pairs.extend(left.map(|at| (Some(at), rest.next())).collect::<Paired>());
    pairs.extend(rest.map(|at| (None, Some(at))));
    pairs.sort_by_key(|(before, after)| before.or(*after));
    pairs
}

/// Returns what a piece of evidence is called in a list: where several show the same, by its place among them.
pub fn title(story: &Story<'_>, piece: &Evidence) -> String {
    let pieces = story.case().evidence.iter();
    let alike: Vec<EvidenceId> = pieces
        .filter(|other| other.moment == piece.moment)
        .map(|other| other.id)
        .collect();
    let place = alike.iter().position(|other| *other == piece.id).unwrap_or(0) + 1;
    let word = story.ctx.tongue.t(moment_key(piece.moment));
    let moment = match alike.len() {
        0 | 1 => word,
        _ => format!("{word} {place}"),
    };
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
        "case-files-hint",
        ("count", limits::FILES),
        ("size", limits::FILE_BYTES >> 20),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_before_stands_beside_what_came_after_in_the_same_round() {
        let (first, second) = (1, 2);
        let before = vec![(first, 0), (first, 1), (second, 4)];
        let after = vec![(first, 2), (second, 5)];
        let pairs = paired(before, after);
        assert_eq!(pairs, [(Some(0), Some(2)), (Some(1), None), (Some(4), Some(5))]);
    }

    #[test]
    fn what_came_after_in_a_later_round_stands_beside_what_is_left_of_an_earlier_one() {
        assert_eq!(paired(vec![(1, 0)], vec![(2, 1)]), [(Some(0), Some(1))]);
        assert_eq!(
            paired(vec![], vec![(1, 0), (1, 1)]),
            [(None, Some(0)), (None, Some(1))]
        );
        assert_eq!(paired(vec![(1, 0)], vec![]), [(Some(0), None)]);
    }
}
