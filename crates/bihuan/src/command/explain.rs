//! `bihuan pack explain`: which rules a case met, and who says so.

use std::sync::Arc;

use bihuan_core::calendar::Calendar;
use bihuan_core::event::Entry;
use bihuan_core::filter::{Ast, Scene, check};
use bihuan_core::label::Lang;
use bihuan_core::pack::explain::{Part, Rule, explain};
use bihuan_core::pack::model::Pack;
use bihuan_store::error::StoreError;
use bihuan_store::read::Reader;
use bihuan_store::read::case::CaseView;
use bihuan_store::tenant::Tenant;
use clap::Args;
use jiff::Timestamp;

use crate::failure::Failure;
use crate::installation::Place;

/// Which case.
#[derive(Args)]
pub struct Explain {
    /// The case's number or id.
    case: String,
    #[command(flatten)]
    place: Place,
    /// Print in English.
    #[arg(long)]
    english: bool,
}

/// Explains a case.
pub fn run(wanted: &Explain) -> Result<(), Failure> {
    let tenant = wanted.place.tenant()?;
    let view = find(&tenant.reader()?, &wanted.case)?
        .ok_or_else(|| Failure::user(format!("there is no case {}", wanted.case)))?;
    let lang = if wanted.english { Lang::En } else { Lang::Zh };
    let scene = tenant.scene();
    let pack = scene.pack(&view.case.pack).map(Arc::as_ref);
    let entries: Vec<Entry> = view.log.iter().map(|logged| logged.entry.clone()).collect();
    let in_scope = |scope: &Ast| holds(&tenant, &view, scope);
    let rules = pack.and_then(|pack| explain(pack, &view.case, &entries, &in_scope));
    let rules = rules.ok_or_else(|| StoreError::Corrupt(format!("the kind of case {}", view.case.number)))?;
    let PackLine(line) = PackLine::of(&view);
    println!("{line}");
    for rule in &rules {
        println!("{}", sentence(rule, lang, &scene.calendar));
        println!("    {}", source(rule, lang));
    }
    Ok(())
}

fn find(reader: &Reader, name: &str) -> Result<Option<CaseView>, StoreError> {
    let id = match name.parse() {
        Ok(id) => Some(id),
        Err(_a_number) => reader.by_number(name)?,
    };
    id.map_or(Ok(None), |id| reader.case(id))
}

/// The line that says which case is judged by what.
struct PackLine(String);

impl PackLine {
    fn of(view: &CaseView) -> PackLine {
        let case = &view.case;
        PackLine(format!(
            "{}: {} in {}, judged by {} version {}",
            case.number, case.kind, case.state, case.pack.id, case.pack.version
        ))
    }
}

/// Tells whether the scope of a grant holds the case for somebody of the responsible unit.
fn holds(tenant: &Tenant, view: &CaseView, scope: &Ast) -> bool {
    let held = tenant.scene();
    let packs: Vec<&Pack> = held.packs().map(Arc::as_ref).collect();
    let my_units: Vec<_> = view.case.unit.into_iter().collect();
    let scene = Scene {
        org: &held.org,
        packs: &packs,
        calendar: &held.calendar,
        now: Timestamp::now(),
        tree_on: None,
        me: None,
        my_units: &my_units,
        tokens: &bihuan_text::query_tokens,
    };
    check(scope, &scene).is_ok_and(|checked| checked.matches(&view.facts, &|_tokens| false))
}

fn sentence(rule: &Rule<'_>, lang: Lang, calendar: &Calendar) -> String {
    let moment = |at: Timestamp| calendar.local(at).strftime("%Y-%m-%d %H:%M").to_string();
    match &rule.part {
        Part::Kind(kind) => format!("kind {}: {}", kind.id, kind.title.get(lang)),
        Part::Taken(step, at) => format!("taken {}: {} ({})", moment(*at), step.title.get(lang), step.id),
        Part::Clock(clock, state) => {
            let due = moment(state.span.due_at);
            let provisional = if state.span.provisional {
                " provisional 暂定"
            } else {
                ""
            };
            format!(
                "clock {}: {} due {due}{provisional}",
                clock.title.get(lang),
                clock.limit
            )
        }
        Part::Open(step) => format!("possible now: {} ({})", step.title.get(lang), step.id),
        Part::Grant(grant) => format!(
            "grant to {}: {} where {}",
            grant.role,
            grant.actions.join(", "),
            grant.scope.print(lang)
        ),
    }
}

fn source(rule: &Rule<'_>, lang: Lang) -> String {
    let source = rule.source;
    let grade = match source.grade {
        bihuan_core::pack::model::SourceGrade::A => "A",
        bihuan_core::pack::model::SourceGrade::B => "B",
        bihuan_core::pack::model::SourceGrade::Example => "example 样例",
    };
    match source.article.as_str() {
        "" => format!("{} [{grade}]", source.instrument.get(lang)),
        article => format!("{} {article} [{grade}]", source.instrument.get(lang)),
    }
}
