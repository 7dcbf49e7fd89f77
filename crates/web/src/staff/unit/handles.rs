//! Where a unit's time goes: how long its cases stayed in each phase, beside those of the other units of its class.
//!
//! Nothing is said where there is too little to say it from; see `docs/design/0010-how-a-unit-handles.md`.

use std::collections::BTreeMap;

use bihuan_core::filter::{Checked, IdColumn, Predicate, WordColumn};
use bihuan_core::org::Unit;
use bihuan_core::pack::model::Phase;
use bihuan_core::permission::READ;
use bihuan_report::chart::{Span, SpanRow, Spans};
use bihuan_store::error::StoreError;
use bihuan_store::followers::handling::{Handling, PHASES, Stays, Whose};
use jiff::ToSpan;
use jiff::civil::Date;

use crate::access;
use crate::ctx::Ctx;
use crate::error::WebError;
use crate::lang::Fill as _;
use crate::staff::ledger::column::phase_key;

/// The whole months before this one whose cases count.
const MONTHS_BEFORE: i32 = 2;
/// From so many cases of a unit on, its time in a phase is shown.
const ENOUGH: u64 = 10;
/// From so many cases of the others on, theirs is.
const ENOUGH_OF_OTHERS: u64 = 30;
/// So many other units of the class there must be.
const OTHERS: usize = 3;

/// Where a unit's time goes.
pub struct Handles {
    /// What is counted, in words.
    pub said: String,
    /// The chart.
    pub chart: Spans,
    /// The figures: the phase, then median, p90 and number of the unit and of the others; empty where there are too few.
    pub rows: Vec<(String, [String; 6])>,
}

/// Reads where a unit's time goes; `None` where too few of its cases ended.
///
/// # Errors
/// [`WebError`] if the store fails.
pub async fn read(ctx: &Ctx, unit: &Unit, today: Date) -> Result<Option<Handles>, WebError> {
    let since = today.saturating_sub(MONTHS_BEFORE.months()).first_of_month();
    let month = format!("{:04}-{:02}", since.year(), since.month());
    let (id, class) = (unit.id, unit.class.clone());
    let org = &ctx.scene.org;
    let others = org.units().filter(|other| other.class == class && other.id != id);
    let others = others.filter(|other| org.is_there(other.id, today)).count();
    let scope = access::scope(ctx, READ)?;
    let read = ctx.tenant.read(move |reader| {
        let mut own = BTreeMap::new();
        for (kind, handling) in reader.handling(Whose::Unit(id), &month)? {
            // Nobody is told of a kind of which they may read nothing here.
            let here = Checked::Is(Predicate::Id(IdColumn::Unit, [id.0].into()));
            let of_kind = Checked::Is(Predicate::Word(WordColumn::Kind, [kind.clone()].into()));
            let seen = Checked::and(vec![scope.clone(), here, of_kind]);
            if reader.count(&seen, 1)?.known > 0 {
                own.insert(kind, handling);
            }
        }
        let of_class = match own.is_empty() || others < OTHERS {
            true => Default::default(),
            false => reader.handling(Whose::Class(&class), &month)?,
        };
        Ok::<_, StoreError>((own, of_class))
    });
    let (own, of_class) = read.await?;
    let most = own.into_iter().max_by_key(|(_, handling)| most_of(handling));
    let Some((kind, own)) = most.filter(|(_, handling)| most_of(handling) >= ENOUGH) else {
        return Ok(None);
    };
    let all = of_class.get(&kind);
    let beside = |place: usize| all.map_or_else(Stays::default, |all| all.0[place].without(&own.0[place]));
    let phases: Vec<Compared> = PHASES
        .iter()
        .enumerate()
        .map(|(place, phase)| Compared::of(ctx, *phase, &own.0[place], &beside(place)))
        .filter(|row| row.own.is_some())
        .collect();
    Ok(Some(Handles {
        said: said(ctx, &kind, since, others),
        rows: phases
            .iter()
            .map(|row| (row.title.clone(), row.figures(ctx)))
            .collect(),
        chart: chart(ctx, phases),
    }))
}

/// Returns the most cases that were in any phase.
fn most_of(handling: &Handling) -> u64 {
    handling.0.iter().map(Stays::count).max().unwrap_or(0)
}

/// The hours in a phase: the median, the time within which nine of ten are through, and of how many.
struct Hours {
    median: f64,
    ninety: f64,
    count: u64,
}

impl Hours {
    fn of(stays: &Stays, enough: u64) -> Option<Hours> {
        Some(Hours {
            median: stays.hours_within(50)?,
            ninety: stays.hours_within(90)?,
            count: stays.count(),
        })
        .filter(|hours| hours.count >= enough)
    }
}

/// A phase of a unit beside the others.
struct Compared {
    title: String,
    own: Option<Hours>,
    others: Option<Hours>,
}

impl Compared {
    fn of(ctx: &Ctx, phase: Phase, own: &Stays, others: &Stays) -> Compared {
        Compared {
            title: ctx.tongue.t(phase_key(phase)),
            own: Hours::of(own, ENOUGH),
            others: Hours::of(others, ENOUGH_OF_OTHERS),
        }
    }

    fn figures(&self, ctx: &Ctx) -> [String; 6] {
        let three = |hours: &Option<Hours>| match hours {
            Some(hours) => [
                spoken(ctx, hours.median),
                spoken(ctx, hours.ninety),
                hours.count.to_string(),
            ],
            None => Default::default(),
        };
        let ([a, b, c], [d, e, f]) = (three(&self.own), three(&self.others));
        [a, b, c, d, e, f]
    }
}

/// Says a time as people do: hours of the first two days, days after.
fn spoken(ctx: &Ctx, hours: f64) -> String {
    if hours < 48.0 {
        return ctx
            .tongue
            .t1("handles-hours", "hours", format!("{:.0}", hours.max(1.0)));
    }
    ctx.tongue
        .t1("handles-days", "days", format!("{:.1}", hours / 24.0))
}

fn said(ctx: &Ctx, kind: &str, since: Date, others: usize) -> String {
    let kind = ctx.scene.newest().find_map(|pack| pack.kind(kind));
    let kind = kind.map(|kind| ctx.name(&kind.title)).unwrap_or_default();
    let since = ctx.scene.calendar.start_of(since);
    let since = crate::show::date(&ctx.scene.calendar, ctx.tongue, since);
    let beside = match others < OTHERS {
        true => ctx.tongue.t("handles-alone"),
        false => ctx.tongue.t1("handles-beside", "count", others),
    };
    let places = [
        ("kind", kind.fill()),
        ("since", since.fill()),
        ("beside", beside.fill()),
    ];
    ctx.tongue.tell("handles-said", &places)
}

fn chart(ctx: &Ctx, phases: Vec<Compared>) -> Spans {
    let t = ctx.tongue;
    let span = |hours: Option<Hours>| {
        hours.map(|hours| Span {
            middle: hours.median / 24.0,
            end: hours.ninety / 24.0,
            said: t.t2(
                "handles-span",
                ("median", spoken(ctx, hours.median)),
                ("most", spoken(ctx, hours.ninety)),
            ),
        })
    };
    Spans {
        title: t.t("handles-title"),
        measure: t.t("handles-measure"),
        sides: [("own", t.t("handles-own")), ("others", t.t("handles-others"))],
        rows: phases
            .into_iter()
            .map(|row| SpanRow {
                name: row.title,
                spans: [span(row.own), span(row.others)],
            })
            .collect(),
    }
}
