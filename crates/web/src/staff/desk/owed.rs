//! Whose turn it is: the states of the packs' kinds from which a step goes on that a person may take.

use std::collections::{BTreeMap, BTreeSet};

use bihuan_core::case::facts::Flag;
use bihuan_core::filter::{Checked, Predicate, WordColumn};
use bihuan_core::pack::course::Course;
use bihuan_core::pack::model::{Effect, Kind, Need, Phase, Step};
use bihuan_core::permission::READ;
use bihuan_store::error::StoreError;

use crate::access;
use crate::ctx::Ctx;
use crate::error::WebError;

/// The phases, in their order.
const PHASES: [Phase; 7] = [
    Phase::Raise,
    Phase::Accept,
    Phase::Act,
    Phase::Verify,
    Phase::Answer,
    Phase::Closed,
    Phase::Watch,
];

/// Ids of states.
type States = BTreeSet<String>;

/// The cases on which it is somebody's turn.
pub struct Turn {
    /// All of them, in the filter language.
    pub all: String,
    /// Those in each phase in which there are any.
    phases: Vec<(Phase, String)>,
}

impl Turn {
    /// Returns the cases of some phases; `None` where it is never their turn in these.
    pub fn in_phases(&self, wanted: &[Phase]) -> Option<String> {
        let of_them = self.phases.iter().filter(|(phase, _)| wanted.contains(phase));
        let filters: Vec<&str> = of_them.map(|(_, filter)| filter.as_str()).collect();
        match filters.as_slice() {
            [] => None,
            [one] => Some((*one).to_owned()),
            several => Some(format!("({})", several.join(" or "))),
        }
    }

    #[cfg(test)]
    pub(super) fn of_pack(pack: &bihuan_core::pack::model::Pack, may: &dyn Fn(&str) -> bool) -> Option<Turn> {
        let turns = pack.kinds.iter().map(|kind| (kind, own_states(kind, may)));
        Turn::of(&turns.collect::<Vec<_>>())
    }

    fn of(turns: &[(&Kind, States)]) -> Option<Turn> {
        let in_phase = |phase: Phase| {
            let part = |(kind, states): &(&'_ Kind, States)| {
                let inside = states.iter().filter(|state| kind.phase(state) == Some(phase));
                inside.cloned().collect::<States>()
            };
            let parts: Vec<(&Kind, States)> = turns.iter().map(|turn| (turn.0, part(turn))).collect();
            Some((phase, print(&parts)?))
        };
        Some(Turn {
            all: print(turns)?,
            phases: PHASES.into_iter().filter_map(in_phase).collect(),
        })
    }
}

/// Returns the cases on which it is the visitor's turn; `None` where it never is.
pub async fn turn(ctx: &Ctx) -> Result<Option<Turn>, WebError> {
    let readable = readable_kinds(ctx).await?;
    let kinds = ctx
        .scene
        .newest()
        .flat_map(|pack| pack.kinds.iter())
        .filter(|kind| readable.contains(&kind.id));
    let turns: Vec<(&Kind, States)> = kinds
        .map(|kind| (kind, own_states(kind, &|action| may(ctx, action))))
        .collect();
    Ok(Turn::of(&turns))
}

/// Returns the filter of what is struck off and held so far, in all kinds; `None` where no kind is.
pub fn struck_off(ctx: &Ctx) -> Option<String> {
    let strikes = |step: &&Step| matches!(step.effect, Effect::StrikeOff | Effect::LookBackHeld);
    let ends = |kind: &Kind| {
        kind.steps
            .iter()
            .filter(strikes)
            .map(|step| step.to.clone())
            .collect()
    };
    let kinds = ctx.scene.newest().flat_map(|pack| pack.kinds.iter());
    print(&kinds.map(|kind| (kind, ends(kind))).collect::<Vec<_>>())
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
        .filter(|step| !waits(step) && step.action.as_deref().is_some_and(may));
    let ahead = own.flat_map(|step| {
        let from = step.from.iter();
        from.filter(|from| kind.course(from, step) == Course::Ahead)
    });
    ahead.cloned().collect()
}

/// Whether a step waits for somebody else's word.
fn waits(step: &Step) -> bool {
    let of_others = |need: &Need| matches!(need, Need::Satisfaction | Need::Publication | Need::Consent);
    step.needs.iter().any(of_others)
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
        let of = |action: &str| own_states(kind, &|allowed| allowed == action);
        let states = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<States>();
        assert_eq!(of("register"), states(&["registered"]));
        assert_eq!(of("assign"), states(&["accepted"]));
        assert_eq!(of("handle"), states(&["assigned", "handling"]));
        // To send it back after the call is no turn, and neither is a strike-off that waits for the reporter.
        assert_eq!(of("verify"), states(&["struck_off", "verifying"]));
        assert_eq!(of("strike"), States::new());
    }

    #[test]
    fn a_turn_is_parted_by_phase_and_nothing_is_lost() {
        let pack = hotline();
        let kind = pack.kind("help").unwrap();
        let own = own_states(kind, &|action| ["register", "assign", "answer"].contains(&action));
        let turn = Turn::of(&[(kind, own)]).unwrap();
        let phases = [Phase::Raise, Phase::Accept, Phase::Act, Phase::Answer];
        let parts = phases.map(|phase| turn.in_phases(&[phase]));
        assert_eq!(
            parts,
            [
                Some("state in (\"registered\")".to_owned()),
                Some("state in (\"accepted\")".to_owned()),
                None,
                Some("state in (\"answering\")".to_owned())
            ]
        );
        assert!(parse(&turn.in_phases(&phases).unwrap()).is_ok());
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
