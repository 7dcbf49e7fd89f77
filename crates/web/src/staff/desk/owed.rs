//! Whose turn it is: the states of the packs' kinds from which a step goes on that a person may take.

use std::collections::{BTreeMap, BTreeSet};

use bihuan_core::case::facts::Flag;
use bihuan_core::filter::{Checked, Predicate, WordColumn};
use bihuan_core::pack::model::{Effect, Kind, Need, Step};
use bihuan_core::permission::READ;
use bihuan_store::error::StoreError;

use crate::access;
use crate::ctx::Ctx;
use crate::error::WebError;

/// Ids of states.
type States = BTreeSet<String>;

/// Returns the filter, in the filter language, of the cases on which it is the visitor's turn; `None`
/// where it never is.
pub async fn filter(ctx: &Ctx) -> Result<Option<String>, WebError> {
    let readable = readable_kinds(ctx).await?;
    let kinds = ctx
        .scene
        .newest()
        .flat_map(|pack| pack.kinds.iter())
        .filter(|kind| readable.contains(&kind.id));
    let turns: Vec<(&Kind, States)> = kinds
        .map(|kind| (kind, own_states(kind, &|action| may(ctx, action))))
        .collect();
    Ok(print(&turns))
}

/// Whether the visitor's grants hold an action for any case.
pub fn may(ctx: &Ctx, action: &str) -> bool {
    access::scope(ctx, action).is_ok_and(|scope| scope != Checked::nothing())
}

/// Returns the kinds of which there is an open case that the visitor may read: two kinds may call different
/// stages by one name, so those that do not concern the visitor must not speak for the others.
async fn readable_kinds(ctx: &Ctx) -> Result<BTreeSet<String>, WebError> {
    let scope = access::scope(ctx, READ)?;
    let kinds: Vec<String> = ctx
        .scene
        .newest()
        .flat_map(|pack| pack.kinds.iter().map(|kind| kind.id.clone()))
        .collect();
    let read = ctx.tenant.read(move |reader| {
        let mut found = BTreeSet::new();
        for kind in kinds {
            let of_kind = Checked::Is(Predicate::Word(WordColumn::Kind, BTreeSet::from([kind.clone()])));
            let open = Checked::Is(Predicate::Flag(Flag::Open));
            let count = reader.count(&Checked::and(vec![scope.clone(), of_kind, open]), 1)?;
            if count.known > 0 || count.more {
                found.insert(kind);
            }
        }
        Ok::<_, StoreError>(found)
    });
    Ok(read.await?)
}

/// Returns the states of a kind from which a step goes on whose action `may` allows.
fn own_states(kind: &Kind, may: &dyn Fn(&str) -> bool) -> States {
    let own = kind
        .steps
        .iter()
        .filter(|step| goes_on(kind, step) && step.action.as_deref().is_some_and(may));
    own.flat_map(|step| step.from.iter().cloned()).collect()
}

/// Whether a step leads further on the way and waits for nobody else's word.
fn goes_on(kind: &Kind, step: &Step) -> bool {
    let place = |state: &String| kind.states.iter().position(|known| known.id == *state);
    let ahead = step.from.iter().all(|from| place(from) < place(&step.to));
    let leaves_the_way = matches!(
        step.effect,
        Effect::Refuse | Effect::HandOver | Effect::Withdraw | Effect::Return
    );
    let waits = step
        .needs
        .iter()
        .any(|need| matches!(need, Need::Satisfaction | Need::Publication | Need::Consent));
    ahead && !leaves_the_way && !waits
}

/// Prints the states by themselves where that says the same, else for each kind those that are its own.
fn print(turns: &[(&Kind, States)]) -> Option<String> {
    let all: States = turns
        .iter()
        .flat_map(|(_, states)| states.iter().cloned())
        .collect();
    if all.is_empty() {
        return None;
    }
    let says_the_same = turns.iter().all(|(kind, own)| {
        kind.states
            .iter()
            .all(|state| all.contains(&state.id) == own.contains(&state.id))
    });
    if says_the_same {
        return Some(format!("state in ({})", listed(all.iter())));
    }
    let mut by_states: BTreeMap<&States, Vec<&String>> = BTreeMap::new();
    for (kind, own) in turns.iter().filter(|(_, own)| !own.is_empty()) {
        by_states.entry(own).or_default().push(&kind.id);
    }
    let clause = |(states, kinds): (&States, Vec<&String>)| {
        format!(
            "kind in ({}) and state in ({})",
            listed(kinds.into_iter()),
            listed(states.iter())
        )
    };
    let clauses: Vec<String> = by_states.into_iter().map(clause).collect();
    Some(format!("({})", clauses.join(" or ")))
}

fn listed<'a>(ids: impl Iterator<Item = &'a String>) -> String {
    ids.map(|id| format!("\"{id}\"")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use bihuan_core::filter::parse;

    use super::*;

    fn hotline() -> bihuan_core::pack::model::Pack {
        bihuan_core::pack::parse::parse(bihuan_packs::HOTLINE).unwrap()
    }

    #[test]
    fn what_waits_for_the_reporter_is_nobodys_turn() {
        let pack = hotline();
        let kind = pack.kind("help").unwrap();
        let on = |id: &str| goes_on(kind, kind.step(id).unwrap());
        assert_eq!(
            ["accept", "assign", "sign", "submit", "verify", "answer"].map(on),
            [true; 6]
        );
        assert_eq!(
            ["strike_off", "refuse", "return", "fail", "redo", "hand_over"].map(on),
            [false; 6]
        );
    }

    #[test]
    fn kinds_that_agree_need_not_be_named_and_others_are() {
        let pack = hotline();
        let (help, report) = (pack.kind("help").unwrap(), pack.kind("report").unwrap());
        let states = |kind: &'static str| States::from([kind.to_owned()]);
        let alone = print(&[(help, states("handling"))]).unwrap();
        assert_eq!(alone, "state in (\"handling\")");
        let both = print(&[(help, states("assigned")), (report, States::new())]).unwrap();
        assert_eq!(both, "(kind in (\"help\") and state in (\"assigned\"))");
        assert!(parse(&both).is_ok());
        assert_eq!(print(&[(help, States::new())]), None);
    }
}
