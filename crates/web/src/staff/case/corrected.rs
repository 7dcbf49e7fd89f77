//! What a correction of the registration changed: each part as it was and as it is.

use bihuan_core::event::{AccusedParty, BodyRef, CaseEvent, Correction, Event};

use crate::story::Story;

/// The parts of a registration that can be corrected, as they stand.
#[derive(Default)]
struct Registered {
    title: Option<BodyRef>,
    text: Option<BodyRef>,
    place: Option<BodyRef>,
    channel: Option<String>,
    source: Option<String>,
    accused: Vec<AccusedParty>,
}

/// Returns what the correction with this version of the log changed, in words.
pub fn said(story: &Story<'_>, version: u32, correction: &Correction) -> Vec<String> {
    let mut before = Registered::default();
    let earlier = story
        .view
        .log
        .iter()
        .take_while(|logged| logged.version < version);
    for logged in earlier {
        match &logged.entry.event {
            Event::Case(CaseEvent::Raised(fields)) => {
                before = Registered {
                    title: Some(fields.title),
                    text: Some(fields.text),
                    place: fields.place,
                    channel: Some(fields.channel.clone()),
                    source: fields.source.clone(),
                    accused: fields.accused.clone(),
                };
            }
            Event::Case(CaseEvent::RegistrationCorrected { correction, .. }) => before.take(correction),
            _ => {}
        }
    }
    let t = story.ctx.tongue;
    let none = || t.t("corrected-none");
    let line = |key: &str, was: Option<String>, is: String| {
        let places = [
            ("what", t.t(key).into()),
            ("was", was.unwrap_or_else(none).into()),
            ("is", is.into()),
        ];
        t.tell("corrected", &places)
    };
    let body = |body: BodyRef| story.text(body);
    let words = story.words();
    let source = |id: &str| {
        let known = story.pack.supervision_source(id);
        known.map_or_else(|| id.to_owned(), |known| story.ctx.name(&known.title))
    };
    let parties = |parties: &[AccusedParty]| {
        let name = |party: &AccusedParty| match party {
            AccusedParty::Unit(unit) => words.unit(*unit),
            AccusedParty::Person(person) => words.person(*person),
        };
        let names: Vec<String> = parties.iter().map(name).collect();
        (!names.is_empty()).then(|| names.join(&t.t("list-comma")))
    };
    let texts = [
        ("act-correction-title", before.title, correction.title),
        ("act-correction-text", before.text, correction.text),
        ("act-correction-place", before.place, correction.place),
    ];
    let texts = texts
        .into_iter()
        .filter_map(|(key, was, is)| Some(line(key, was.map(body), body(is?))));
    let channel = correction.channel.as_deref().map(|is| {
        let was = before.channel.as_deref().map(|id| words.channel(id));
        line("case-channel", was, words.channel(is))
    });
    let source = correction.source.as_deref().map(|is| {
        let was = before.source.as_deref().map(source);
        line("case-source", was, source(is))
    });
    let accused = correction.accused.as_deref().map(|is| {
        let is = parties(is).unwrap_or_else(none);
        line("case-accused", parties(&before.accused), is)
    });
    texts.chain(channel).chain(source).chain(accused).collect()
}

impl Registered {
    fn take(&mut self, correction: &Correction) {
        let right = correction.clone();
        self.title = right.title.or(self.title);
        self.text = right.text.or(self.text);
        self.place = right.place.or(self.place);
        self.channel = right.channel.or(self.channel.take());
        self.source = right.source.or(self.source.take());
        if let Some(accused) = right.accused {
            self.accused = accused;
        }
    }
}
