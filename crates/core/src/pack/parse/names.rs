//! The names that guards and scopes use: those of the pack must be there.
//!
//! Units and persons are not known to a pack and are left to the installation.

use std::collections::BTreeSet;

use crate::filter::{Ast, NameField, NameValue, Test};
use crate::label::Label;
use crate::pack::model::{Kind, Pack};

/// Returns what is wrong with the names of a filter that stands in `pack` with these kinds.
pub(super) fn unknown(ast: &Ast, pack: &Pack, kinds: &[&Kind]) -> Vec<String> {
    match ast {
        Ast::Everything => Vec::new(),
        Ast::And(parts) | Ast::Or(parts) => {
            parts.iter().flat_map(|part| unknown(part, pack, kinds)).collect()
        }
        Ast::Not(part) => unknown(part, pack, kinds),
        Ast::Term(term) => match &term.test {
            Test::Name { field, names, .. } => {
                let Some((what, known)) = known(*field, pack, kinds) else {
                    return Vec::new();
                };
                let said = names.iter().filter_map(|name| match &name.value {
                    NameValue::Said(said) => Some(said.as_str()),
                    NameValue::Me | NameValue::MyUnit => None,
                });
                let missing = said.filter(|said| !known.contains(said));
                missing
                    .map(|said| format!("the pack has no {what} {said:?}"))
                    .collect()
            }
            Test::Phase { .. } | Test::Count { .. } | Test::Date { .. } | Test::Length { .. } => Vec::new(),
            Test::NumberStarts(_) | Test::Flag(_) | Test::Overdue | Test::Text(_) => Vec::new(),
        },
    }
}

/// Returns what a field of the pack is called and every name it may have; `None` for fields of the installation.
fn known<'p>(
    field: NameField,
    pack: &'p Pack,
    kinds: &[&'p Kind],
) -> Option<(&'static str, BTreeSet<&'p str>)> {
    let states = || kinds.iter().flat_map(|kind| &kind.states);
    let categories = || pack.taxonomies.values().flat_map(|taxonomy| &taxonomy.categories);
    Some(match field {
        NameField::Kind => ("kind", names(kinds.iter().map(|it| (&it.id, &it.title)))),
        NameField::State => ("state", names(states().map(|it| (&it.id, &it.title)))),
        NameField::Category => ("category", names(categories().map(|it| (&it.code, &it.title)))),
        NameField::Channel => (
            "channel",
            names(pack.channels.iter().map(|it| (&it.id, &it.title))),
        ),
        NameField::Source => {
            let sources = pack.supervision_sources.iter();
            ("supervision source", names(sources.map(|it| (&it.id, &it.title))))
        }
        NameField::Unit | NameField::CoUnit | NameField::FinderUnit => return None,
        NameField::Person | NameField::Finder | NameField::Accused | NameField::Instructor => return None,
        NameField::Campaign | NameField::Number => return None,
    })
}

fn names<'p>(things: impl Iterator<Item = (&'p String, &'p Label)>) -> BTreeSet<&'p str> {
    things
        .flat_map(|(id, title)| [id.as_str(), &title.zh, &title.en])
        .collect()
}
