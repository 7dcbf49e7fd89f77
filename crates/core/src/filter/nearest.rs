//! What somebody may have meant by a word that means nothing.

use crate::filter::fault::Unknown;

/// Returns the word that means nothing, with the word of `known` that is nearest to it, where one is near.
pub(super) fn unknown<'a>(said: &str, known: impl Iterator<Item = &'a str>) -> Unknown {
    Unknown {
        said: said.to_owned(),
        near: nearest(said, known).map(str::to_owned),
    }
}

/// Returns the word of `known` that is nearest to `said`: at most a third of its characters differ, or
/// one holds the other.
fn nearest<'a>(said: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let said: Vec<char> = said.to_lowercase().chars().take(MAX_COMPARED).collect();
    let scored = known.filter_map(|word| {
        let lower: Vec<char> = word.to_lowercase().chars().take(MAX_COMPARED).collect();
        let (short, long) = if said.len() < lower.len() {
            (&said, &lower)
        } else {
            (&lower, &said)
        };
        let holds = short.len() > 1 && long.windows(short.len()).any(|part| part == short.as_slice());
        let distance = distance(&said, &lower);
        let near = distance <= (long.len() / 3).max(1) && distance < short.len().max(2);
        (near || holds).then_some((distance, word))
    });
    scored.min_by_key(|(distance, _)| *distance).map(|(_, word)| word)
}

/// The most characters of a word that are compared.
const MAX_COMPARED: usize = 40;

/// Returns how many characters must be put in, taken out or changed to make one word the other.
fn distance(left: &[char], right: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in right.iter().enumerate() {
            let changed = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[right.len()]
}
