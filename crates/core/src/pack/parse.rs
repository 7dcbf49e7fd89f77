//! Reading a pack: TOML text in, a [`Pack`] or all its problems out.
//!
//! Reading goes in three steps: [`section`] takes tables apart and notes what is missing, mistyped or
//! unknown; [`rules`] and [`kinds`] build the model and note ids that name nothing; and where all that
//! is in order, [`prove`] shows that no path of a kind goes around its proofs. Words that a pack may use
//! are in [`super::words`]. Nothing is defaulted but absent lists, which are empty.

mod kinds;
mod names;
mod notifications;
mod refs;
mod rules;
mod section;
mod told;

use std::ops::Range;

use toml::de::DeTable;

use super::model::{Callback, Kind, Pack, SourceGrade};
use super::prove::{self, Place};
use super::words::Word as _;
use crate::problem::Problem;
use kinds::Placed;
use refs::{Refs, cite};
use section::{Problems, Section};

/// The longest pack that is read: far above any that people write by hand.
const LONGEST_BYTES: usize = 4 << 20;

/// Reads, checks and proves a pack.
///
/// # Errors
/// Every problem of the text, in the order of the file; the proofs are only tried on a pack that is
/// otherwise in order.
pub fn parse(toml: &str) -> Result<Pack, Vec<Problem>> {
    if toml.len() > LONGEST_BYTES {
        let message = format!("the pack is longer than {LONGEST_BYTES} bytes");
        return Err(vec![Problem::new(0..0, message)]);
    }
    let (root, errors) = DeTable::parse_recoverable(toml);
    if !errors.is_empty() {
        let problem = |error: toml::de::Error| Problem::new(error.span().unwrap_or(0..0), error.message());
        return Err(errors.into_iter().map(problem).collect());
    }
    let mut out = Problems::new();
    let (pack, kinds) = pack(Section::new("the pack", 0..0, root.get_ref()), &mut out);
    let Some(mut pack) = pack.filter(|_| out.is_empty()) else {
        return Err(sorted(out));
    };
    for placed in &kinds {
        out.extend(
            prove::prove(&placed.kind)
                .into_iter()
                .map(|finding| placed.problem(finding)),
        );
    }
    pack.kinds = kinds.into_iter().map(|placed| placed.kind).collect();
    if out.is_empty() {
        Ok(pack)
    } else {
        Err(sorted(out))
    }
}

/// Returns the other files that a pack says belong behind its text; nothing where it cannot be read.
///
/// Reading files is the shell's: it puts their texts behind that of the pack, and [`parse`] reads the whole.
pub fn includes(toml: &str) -> Vec<String> {
    let (root, _) = DeTable::parse_recoverable(toml);
    let mut ignored = Problems::new();
    let files = Section::new("the pack", 0..0, root.get_ref()).texts("include", &mut ignored);
    files.into_iter().map(|file| file.text).collect()
}

/// Reads everything; the kinds come apart, with the places of their parts.
fn pack(mut root: Section<'_, '_>, out: &mut Problems) -> (Option<Pack>, Vec<Placed>) {
    let refs = Refs::collect(&mut root);
    let callback = told::callback(&mut root, &refs, out);
    let mut kinds = kinds::kinds(&mut root, &refs, out);
    bind_calls(&mut kinds, callback.as_ref(), out);
    let valid_from = root.date("valid_from", out);
    let id = root.text("id", out).text;
    let (grants, scopes): (Vec<_>, Vec<_>) = rules::grants(&mut root, &refs, out).into_iter().unzip();
    let pack = valid_from.map(|valid_from| Pack {
        id,
        version: root.number("version", out),
        title: root.label("title", out),
        valid_from,
        valid_until: root.optional_date("valid_until", out),
        sources: rules::sources(&mut root, out),
        channels: rules::named(&mut root, "channels", "channel", out),
        supervision_sources: rules::named(&mut root, "supervision_sources", "supervision source", out),
        taxonomies: rules::taxonomies(&mut root, &refs, out),
        clocks: rules::clocks(&mut root, &refs, out),
        kinds: Vec::new(),
        grants,
        notifications: notifications::notifications(&mut root, &refs, out),
        messages: told::messages(&mut root, out),
        notices: told::notices(&mut root, &refs, out),
        callback,
        templates: told::templates(&mut root, &refs, out),
        alarms: rules::alarms(&mut root, &refs, out),
        portal_kind: portal_kind(&mut root, &kinds, out),
    });
    // Names files whose texts stand behind this one already.
    root.texts("include", out);
    if pack.is_some() {
        root.finish(out);
    }
    if let Some(pack) = &pack {
        check_whole(pack, &kinds, &scopes, out);
    }
    (pack, kinds)
}

/// Gives the kinds that call back the pack's rule of how often.
fn bind_calls(kinds: &mut [Placed], callback: Option<&Callback>, out: &mut Problems) {
    for placed in kinds {
        let Some(calls) = &mut placed.kind.calls else {
            continue;
        };
        match callback {
            Some(callback) => *calls = callback.rule,
            None => {
                let message = format!(
                    "kind {:?} is called back, but the pack does not say how",
                    placed.kind.id
                );
                out.push(Problem::new(placed.span.clone(), message).with_hint("say it under \"callback\""));
            }
        }
    }
}

/// Reads which kind a message through the portal becomes; it must be there where the portal is open.
fn portal_kind(root: &mut Section<'_, '_>, kinds: &[Placed], out: &mut Problems) -> Option<String> {
    let open: Vec<String> = kinds
        .iter()
        .filter(|it| it.kind.portal)
        .map(|it| it.kind.id.clone())
        .collect();
    let named = root.optional_text("portal_kind", out);
    if named.is_none() && !open.is_empty() {
        let message = "kinds are open to the portal, but no \"portal_kind\" says which one a message becomes";
        out.push(Problem::new(root.span(), message).with_hint(format!("one of: {}", open.join(", "))));
    }
    named.map(|text| cite("portal kind", text, &open, "the pack", out))
}

/// Checks what only shows with everything in hand; `scopes` are the places of the grants' scopes.
fn check_whole(pack: &Pack, kinds: &[Placed], scopes: &[Range<usize>], out: &mut Problems) {
    if pack.valid_until.is_some_and(|until| until <= pack.valid_from) {
        out.push(Problem::new(0..0, "\"valid_until\" is not after \"valid_from\""));
    }
    if pack.channels.is_empty() {
        out.push(Problem::new(
            0..0,
            "the pack has no channel by which a case could come",
        ));
    }
    if !out.is_empty() {
        return; // A grant or a name that could not be read would be missed here a second time.
    }
    check_filters(pack, kinds, scopes, out);
    check_bases(pack, out);
    check_templates(pack, kinds, out);
    for placed in kinds {
        for (step, span) in placed.kind.steps.iter().zip(&placed.steps) {
            let Some(action) = &step.action else { continue };
            if !pack.grants.iter().any(|grant| grant.actions.contains(action)) {
                let message = format!("no grant allows {action:?}, which step {:?} needs", step.id);
                out.push(Problem::new(span.clone(), message));
            }
        }
    }
}

/// A template is for a kind of the pack, and for a category that the kind has.
fn check_templates(pack: &Pack, kinds: &[Placed], out: &mut Problems) {
    for template in &pack.templates {
        let kind = kinds
            .iter()
            .map(|it| &it.kind)
            .find(|kind| kind.id == template.kind);
        let taxonomy = kind.and_then(|kind| pack.taxonomies.get(kind.taxonomy.as_ref()?));
        let knows = |code: &String| {
            let categories = taxonomy.iter().flat_map(|taxonomy| &taxonomy.categories);
            categories.into_iter().any(|category| category.code == *code)
        };
        let fault = match (kind, &template.category) {
            (None, _) => format!("kind {:?}", template.kind),
            (Some(_), Some(code)) if !knows(code) => format!("category {code:?} of its kind"),
            (Some(_), _) => continue,
        };
        let message = format!("template {:?} is for no {fault} that there is", template.id);
        out.push(Problem::new(0..0, message));
    }
}

/// An example is no law: no notice may name one as its basis.
fn check_bases(pack: &Pack, out: &mut Problems) {
    for (kind, notice) in &pack.notices {
        let basis = notice.basis.as_ref().and_then(|basis| pack.sources.get(basis));
        if basis.is_some_and(|basis| basis.grade == SourceGrade::Example) {
            let message = format!("notice {:?} names an example as its legal basis", kind.word());
            out.push(Problem::new(0..0, message).with_hint("leave \"basis\" out"));
        }
    }
}

/// Checks the names in the scopes of grants and the guards of steps.
fn check_filters(pack: &Pack, kinds: &[Placed], scopes: &[Range<usize>], out: &mut Problems) {
    let all: Vec<&Kind> = kinds.iter().map(|placed| &placed.kind).collect();
    let mut report = |what: String, ast, span: &Range<usize>| {
        let faults = names::unknown(ast, pack, &all).into_iter();
        out.extend(faults.map(|fault| Problem::new(span.clone(), format!("{what}: {fault}"))));
    };
    for (grant, span) in pack.grants.iter().zip(scopes) {
        report(format!("grant of role {:?}", grant.role), &grant.scope, span);
    }
    for placed in kinds {
        for (step, span) in placed.kind.steps.iter().zip(&placed.steps) {
            if let Some(guard) = &step.guard {
                report(format!("step {:?}", step.id), guard, span);
            }
        }
    }
}

/// Puts the problems into the order of the file; those of a shared procedure are said once.
fn sorted(mut problems: Problems) -> Problems {
    problems.sort_by(|a, b| (a.span.start, &a.message).cmp(&(b.span.start, &b.message)));
    problems.dedup();
    problems
}

impl Placed {
    /// Turns a finding of the proofs into a problem at its place.
    fn problem(&self, finding: prove::Finding) -> Problem {
        let span = match finding.place {
            Place::Kind => self.span.clone(),
            Place::State(index) => self.states[index].clone(),
            Place::Step(index) => self.steps[index].clone(),
        };
        let message = format!("kind {:?}: {}", self.kind.id, finding.message);
        Problem {
            message,
            hint: finding.hint,
            span,
        }
    }
}
