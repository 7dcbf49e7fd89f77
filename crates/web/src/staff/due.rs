//! How a case in a list stands to its time.

use bihuan_core::clock::LimitUnit;
use bihuan_store::read::list::ListRow;
use jiff::Timestamp;

use crate::ctx::Ctx;
use crate::show;

/// What a list says of a case's time. The words say what the colour does.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Due {
    /// `over`, `near`, `ok` or empty.
    pub look: &'static str,
    /// What is left or was left, in words; empty where no clock runs.
    pub said: String,
    /// The due instant, in words.
    pub at: String,
}

/// How many working days before its end a case is called near in a list.
const NEAR_WORKING_DAYS: i64 = 2;

impl Due {
    /// Returns how a row stands now or, where it is closed, stood at its end.
    pub fn of(ctx: &Ctx, row: &ListRow) -> Due {
        let Some(due_at) = row.due_at else {
            return Due::default();
        };
        let (look, said) = match row.closed_at {
            Some(closed_at) if closed_at > due_at => ("over", ctx.tongue.t("clock-met-late")),
            Some(_) => ("ok", ctx.tongue.t("clock-met")),
            None if ctx.now > due_at => ("over", span(ctx, "clock-over", due_at, ctx.now)),
            None => (near(ctx, due_at), span(ctx, "clock-left", ctx.now, due_at)),
        };
        Due {
            look,
            said,
            at: show::moment(&ctx.scene.calendar, ctx.tongue, due_at),
        }
    }
}

fn near(ctx: &Ctx, due_at: Timestamp) -> &'static str {
    let calendar = &ctx.scene.calendar;
    let days = calendar.working_days_between(calendar.date_of(ctx.now), calendar.date_of(due_at));
    if days <= NEAR_WORKING_DAYS { "near" } else { "" }
}

fn span(ctx: &Ctx, key: &str, from: Timestamp, to: Timestamp) -> String {
    show::span_words(
        key,
        Some(LimitUnit::WorkingDays),
        &ctx.scene.calendar,
        ctx.tongue,
        from,
        to,
    )
}
