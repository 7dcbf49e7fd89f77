//! What people of the city write and what its units answer, from the data file.

use bihuan_core::pack::model::Taxonomy;
use serde::Deserialize;

use crate::pictures::Scene;
use crate::seeded::Seeded;

/// The data file, as written.
const LIFE: &str = include_str!("../city/life.toml");

/// All that can be said in the city.
pub struct Stories {
    spots: Vec<String>,
    plots: Vec<Plot>,
    /// What staff say at work.
    pub work: Work,
}

/// A problem that may arise, its category resolved.
struct Plot {
    pattern: Pattern,
    category: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    spots: Vec<String>,
    message: Vec<Pattern>,
    work: Work,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pattern {
    kind: String,
    category: String,
    severity: u8,
    title: String,
    /// What a photo of it shows, where one can be taken.
    scene: Option<Scene>,
    texts: Vec<String>,
}

/// What staff say at work, by occasion.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Work {
    /// Remarks on accepting, dispatching and submitting.
    pub remarks: Vec<String>,
    /// Why a unit gives a case back.
    pub reasons_return: Vec<String>,
    /// Why a unit asks for more time.
    pub reasons_extend: Vec<String>,
    /// Why a dispute is ruled as it is.
    pub reasons_rule: Vec<String>,
    /// What a leader says about a case that is late.
    pub instructions: Vec<String>,
    /// What a unit asks the reporter.
    pub questions: Vec<String>,
    /// What the reporter answers.
    pub replies_reporter: Vec<String>,
    /// Why a reporter is not satisfied.
    pub reasons_reopen: Vec<String>,
    /// Answers that say what was done.
    pub replies_good: Vec<String>,
    /// Answers that say nothing.
    pub replies_poor: Vec<String>,
    /// Answers to questions.
    pub replies_consult: Vec<String>,
    /// What a verifier finds when the fix is there.
    pub findings_good: Vec<String>,
    /// What a verifier finds when it is not.
    pub findings_bad: Vec<String>,
    /// Captions of pictures.
    pub captions: Vec<String>,
}

/// A problem that arose somewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Story {
    /// The kind's id.
    pub kind: String,
    /// The category's code.
    pub category: String,
    /// From 1 to 5.
    pub severity: u8,
    /// The title.
    pub title: String,
    /// The text.
    pub text: String,
    /// The place in words.
    pub place: String,
    /// The spot in the place, for answers to name.
    pub spot: String,
    /// What a photo of it shows, where one can be taken.
    pub scene: Option<Scene>,
}

impl Stories {
    /// Reads the data file and resolves its categories.
    ///
    /// # Errors
    /// A sentence that names the category that the taxonomy lacks.
    pub fn read(taxonomy: &Taxonomy) -> Result<Stories, String> {
        let file: File = toml::from_str(LIFE).map_err(|error| error.to_string())?;
        let plots = file.message.into_iter().map(|pattern| {
            let category = taxonomy
                .categories
                .iter()
                .find(|it| it.title.zh == pattern.category);
            let category =
                category.ok_or_else(|| format!("the taxonomy has no category {}", pattern.category))?;
            Ok(Plot {
                category: category.code.clone(),
                pattern,
            })
        });
        Ok(Stories {
            spots: file.spots,
            plots: plots.collect::<Result<_, String>>()?,
            work: file.work,
        })
    }

    /// Lets a problem arise in the township named `place`.
    pub fn arise(&self, place: &str, chance: &mut Seeded) -> Story {
        let Plot { pattern, category } = chance.one_of(&self.plots);
        let spot = chance.one_of(&self.spots).clone();
        let text = chance.one_of(&pattern.texts);
        Story {
            kind: pattern.kind.clone(),
            category: category.clone(),
            severity: pattern.severity,
            title: fill(&pattern.title, place, &spot, chance),
            text: fill(text, place, &spot, chance),
            place: format!("{place}{spot}"),
            spot,
            scene: pattern.scene,
        }
    }
}

/// Fills the slots of a text.
pub fn fill(text: &str, place: &str, spot: &str, chance: &mut Seeded) -> String {
    let weeks = chance.between(2, 9).to_string();
    let count = chance.between(3, 12).to_string();
    text.replace("{place}", place)
        .replace("{spot}", spot)
        .replace("{weeks}", &weeks)
        .replace("{count}", &count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_slot_stays_open() {
        let mut chance = Seeded::new(1);
        let file: File = toml::from_str(LIFE).expect("the data file reads");
        let texts = file
            .message
            .iter()
            .flat_map(|it| it.texts.iter().chain([&it.title]));
        for text in texts
            .chain(&file.work.replies_good)
            .chain(&file.work.findings_bad)
        {
            let filled = fill(text, "柳湾镇", "东门", &mut chance);
            assert!(!filled.contains('{'), "{filled}");
        }
    }
}
