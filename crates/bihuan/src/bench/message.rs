//! Messages such as citizens write.

use anyhow::{Context as _, Result, anyhow};
use bihuan_sim::seeded::Seeded;
use bihuan_sim::story::{Stories, Story};
use serde_json::json;

/// How many different messages there are.
const DIFFERENT: usize = 8_192;

/// The length of a text in characters.
const CHARS: (i64, i64) = (60, 400);

/// Where things happen.
const PLACES: [&str; 8] = [
    "柳湾镇",
    "青石街道",
    "河西街道",
    "南塘镇",
    "白桥镇",
    "云山街道",
    "东湖街道",
    "永安镇",
];

/// A message as it is sent.
#[derive(Debug, Clone)]
pub struct Message {
    /// The JSON text of the request.
    pub body: String,
    /// The search document that the store makes of it.
    pub document: String,
}

impl Message {
    /// Returns many messages, the same ones each time.
    ///
    /// # Errors
    /// Stories that do not fit the shipped packs.
    pub fn some() -> Result<Vec<Message>> {
        let packs = bihuan_packs::shipped().map_err(|(_, problems)| anyhow!("{problems:?}"))?;
        let taxonomy = packs.iter().find_map(|pack| pack.taxonomies.get("matters"));
        let taxonomy = taxonomy.context("no shipped pack has the taxonomy of the stories")?;
        let stories = Stories::read(taxonomy).map_err(anyhow::Error::msg)?;
        let mut chance = Seeded::new(1);
        Ok((0..DIFFERENT)
            .map(|_| Message::of(&stories, &mut chance))
            .collect())
    }

    fn of(stories: &Stories, chance: &mut Seeded) -> Message {
        let place = *chance.one_of(&PLACES);
        let Story {
            title,
            mut text,
            place,
            ..
        } = stories.arise(place, chance);
        let length = usize::try_from(chance.between(CHARS.0, CHARS.1)).unwrap_or_default();
        while text.chars().count() < length {
            let elsewhere = *chance.one_of(&PLACES);
            text.push_str(&stories.arise(elsewhere, chance).text);
        }
        let text: String = text.chars().take(CHARS.1.unsigned_abs() as usize).collect();
        Message {
            body: json!({ "topic": title, "text": text, "place": place }).to_string(),
            document: bihuan_text::document([title.as_str(), &text, &place]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_as_long_as_people_write() {
        let messages = Message::some().expect("the stories fit the packs");
        assert_eq!(messages.len(), DIFFERENT);
        for message in messages {
            let body: serde_json::Value = serde_json::from_str(&message.body).expect("JSON");
            let length = body["text"].as_str().expect("a text").chars().count();
            assert!((60..=400).contains(&length), "{length}");
            assert!(!message.document.is_empty());
        }
    }
}
