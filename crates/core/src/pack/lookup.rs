//! Finding things in a pack by id.

use super::model::{
    Category, ClockRule, EndKind, Grant, Kind, Named, Pack, Phase, Source, State, Step, Taxonomy,
};
use crate::label::Label;

impl Pack {
    /// Returns the kind with this id.
    pub fn kind(&self, id: &str) -> Option<&Kind> {
        self.kinds.iter().find(|kind| kind.id == id)
    }

    /// Returns the clock with this id.
    pub fn clock(&self, id: &str) -> Option<&ClockRule> {
        self.clocks.get(id)
    }

    /// Returns the channel with this id.
    pub fn channel(&self, id: &str) -> Option<&Named> {
        self.channels.iter().find(|channel| channel.id == id)
    }

    /// Returns the supervision source with this id.
    pub fn supervision_source(&self, id: &str) -> Option<&Named> {
        self.supervision_sources.iter().find(|source| source.id == id)
    }

    /// Returns the source that rules cite by this id.
    pub fn source(&self, id: &str) -> Option<&Source> {
        self.sources.get(id)
    }

    /// Returns the text that people are told.
    pub fn message(&self, id: &str) -> Option<&Label> {
        self.messages.get(id)
    }

    /// Returns the taxonomy of a kind.
    pub fn taxonomy_of(&self, kind: &Kind) -> Option<&Taxonomy> {
        kind.taxonomy.as_ref().and_then(|id| self.taxonomies.get(id))
    }

    /// Returns the category with this code, of whichever taxonomy.
    pub fn category(&self, code: &str) -> Option<&Category> {
        self.taxonomies
            .values()
            .find_map(|taxonomy| taxonomy.category(code))
    }

    /// Returns the kinds that citizens may send through the portal.
    pub fn portal_kinds(&self) -> impl Iterator<Item = &Kind> {
        self.kinds.iter().filter(|kind| kind.portal)
    }

    /// Returns the grants of a role.
    pub fn grants_of<'a>(&'a self, role: &'a str) -> impl Iterator<Item = &'a Grant> {
        self.grants.iter().filter(move |grant| grant.role == role)
    }
}

impl Taxonomy {
    /// Returns the category with this code.
    pub fn category(&self, code: &str) -> Option<&Category> {
        self.categories.iter().find(|category| category.code == code)
    }

    /// Returns the categories right below `parent`; those without a parent for `None`.
    pub fn children<'a>(&'a self, parent: Option<&'a str>) -> impl Iterator<Item = &'a Category> {
        self.categories
            .iter()
            .filter(move |category| category.parent() == parent)
    }
}

impl Category {
    /// Returns its parent's code.
    pub fn parent(&self) -> Option<&str> {
        self.code.rsplit_once('.').map(|(parent, _)| parent)
    }
}

impl Kind {
    /// Returns the state with this id.
    pub fn state(&self, id: &str) -> Option<&State> {
        self.states.iter().find(|state| state.id == id)
    }

    /// Returns the step with this id.
    pub fn step(&self, id: &str) -> Option<&Step> {
        self.steps.iter().find(|step| step.id == id)
    }

    /// Returns the phase of the state with this id.
    pub fn phase(&self, state: &str) -> Option<Phase> {
        self.state(state).map(|state| state.phase)
    }

    /// Returns the steps that may start from a state, in the order of the file.
    pub fn steps_from<'a>(&'a self, state: &'a str) -> impl Iterator<Item = &'a Step> {
        self.steps
            .iter()
            .filter(move |step| step.from.iter().any(|from| from == state))
    }

    /// Returns whether the kind allows this end.
    pub fn allows(&self, end: EndKind) -> bool {
        self.ends.contains(&end)
    }
}

impl Phase {
    /// Returns whether a case in this phase has ended.
    pub fn is_end(self) -> bool {
        match self {
            Phase::Raise | Phase::Accept | Phase::Act | Phase::Verify | Phase::Answer => false,
            Phase::Closed | Phase::Watch => true,
        }
    }
}
