//! Units and persons by what they are called: name in either language, code, alias, or pinyin.

use bihuan_core::id::{PersonId, UnitId};
use bihuan_core::label::Label;
use bihuan_store::tenant::scene::Scene;
use bihuan_text::{Spelled, folded, spelled};

/// Somebody or something that has a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Named {
    /// A unit.
    Unit(UnitId),
    /// A person.
    Person(PersonId),
}

/// What something is called, ready to be compared.
#[derive(Debug)]
pub struct Called {
    said: Vec<String>,
    spelled: Vec<Spelled>,
}

/// All units and persons of a scene.
#[derive(Debug)]
pub struct Names(Vec<(Named, Called)>);

impl Called {
    /// Takes all that something is called.
    pub fn of<'a>(said: impl Iterator<Item = &'a str>) -> Called {
        let said: Vec<String> = said.map(folded).filter(|said| !said.is_empty()).collect();
        Called {
            // What is written in Latin letters is found by what is said.
            spelled: said
                .iter()
                .filter(|said| !said.is_ascii())
                .map(|said| spelled(said))
                .collect(),
            said,
        }
    }

    /// Returns how well a folded text fits, 0 the best; `None` where it does not.
    pub fn fits(&self, asked: &str) -> Option<u8> {
        let said = |test: &dyn Fn(&str) -> bool| self.said.iter().any(|said| test(said));
        let spelled = |test: &dyn Fn(&Spelled) -> bool| self.spelled.iter().any(test);
        let word = |said: &str| said.split(' ').any(|word| word.starts_with(asked));
        if said(&|said| said == asked) {
            Some(0)
        } else if spelled(&|spelled| spelled.initials == asked) {
            Some(1)
        } else if said(&|said| said.starts_with(asked)) {
            Some(2)
        } else if spelled(&|spelled| spelled.initials.starts_with(asked)) {
            Some(3)
        } else if said(&word) || spelled(&|spelled| spelled.whole.starts_with(asked)) {
            Some(4)
        } else if said(&|said| said.contains(asked)) {
            Some(5)
        } else if asked.len() > 1 && spelled(&|spelled| spelled.initials.contains(asked)) {
            Some(6)
        } else {
            None
        }
    }
}

impl Names {
    /// Makes the names of a scene ready.
    pub fn of(scene: &Scene) -> Names {
        let both = |label: &Label| [label.zh.clone(), label.en.clone()];
        let units = scene.org.units().map(|unit| {
            let names = both(&unit.name).into_iter().chain(unit.aliases.iter().cloned());
            let all: Vec<String> = names.chain([unit.code.clone()]).collect();
            (Named::Unit(unit.id), Called::of(all.iter().map(String::as_str)))
        });
        let persons = scene.org.persons().map(|person| {
            let names = both(&person.name);
            (
                Named::Person(person.id),
                Called::of(names.iter().map(String::as_str)),
            )
        });
        Names(units.chain(persons).collect())
    }

    /// Returns those that fit a text and that `wanted` lets through, the best first.
    pub fn find(&self, asked: &str, wanted: impl Fn(Named) -> bool, most: usize) -> Vec<Named> {
        let asked = folded(asked.trim());
        if asked.is_empty() {
            return Vec::new();
        }
        let fitting = self.0.iter().filter(|(named, _)| wanted(*named));
        let mut found: Vec<(u8, Named)> = fitting
            .filter_map(|(named, called)| Some((called.fits(&asked)?, *named)))
            .collect();
        // Stable: among equals the order is the tree's.
        found.sort_by_key(|(fit, _)| *fit);
        found.into_iter().map(|(_, named)| named).take(most).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(names: &[&str], asked: &str) -> Option<u8> {
        Called::of(names.iter().copied()).fits(asked)
    }

    #[test]
    fn the_closer_a_name_is_the_better_it_fits() {
        let bureau = ["住建局", "Works Bureau", "works"];
        let ladder = ["works", "zjj", "住", "zj", "bureau", "建局", "jj"];
        let found: Vec<u8> = ladder.iter().map(|asked| fits(&bureau, asked).unwrap()).collect();
        assert_eq!(found, [0, 1, 2, 3, 4, 5, 6]);
        assert_eq!(fits(&bureau, "zhujian"), Some(4));
    }

    #[test]
    fn what_is_no_part_of_a_name_does_not_fit() {
        for asked in ["水", "shui", "j", "zjjj"] {
            assert_eq!(fits(&["住建局"], asked), None, "{asked}");
        }
    }
}
