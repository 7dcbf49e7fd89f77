//! What lies in somebody's hands: the open cases of which they are the person in charge.

use bihuan_core::case::facts::Flag;
use bihuan_core::filter::{Checked, IdColumn, Predicate};
use bihuan_core::id::PersonId;

/// Returns the filter for the open cases that a person is in charge of.
pub fn in_hands_of(person: PersonId) -> Checked {
    let in_charge = Predicate::Id(IdColumn::Person, [person.0].into());
    Checked::and(vec![
        Checked::Is(Predicate::Flag(Flag::Open)),
        Checked::Is(in_charge),
    ])
}
