//! The styleguide: tokens and components in their states, made of the very macros and classes that pages use.
//! It is there for those who work on the pages, in directories for tests and demos only.

use askama::Template;
use axum::response::Response;
use bihuan_report::chart::{Columns, Heat, Layer};

use crate::ctx::Ctx;
use crate::error::WebError;
use crate::page::{Page, html};
use crate::show::ClockFace;
use crate::staff::unit::tree::Branch;
use crate::story::{Line, Stop};

#[derive(Template)]
#[template(path = "styleguide.html")]
struct StyleguidePage {
    page: Page,
    colours: [&'static str; 20],
    spaces: [&'static str; 8],
    /// The looks of chips and notices: the class, and a word for it.
    chips: Vec<(&'static str, String)>,
    clocks: Vec<ClockFace>,
    stops: Vec<Stop>,
    lines: Vec<Line>,
    columns: Columns,
    heat: Heat,
    branches: Vec<Branch>,
    errors: Vec<(String, String)>,
}

/// `GET /styleguide`
pub async fn read_styleguide(ctx: Ctx) -> Result<Response, WebError> {
    let marks = ctx.tenant.marks();
    if !marks.demo && !marks.testing {
        return Err(WebError::NotFound);
    }
    let t = ctx.tongue;
    let looks = [
        ("", "style-plain"),
        ("info", "style-info"),
        ("ok", "style-ok"),
        ("near", "style-near"),
        ("over", "style-over"),
    ];
    Ok(html(&StyleguidePage {
        page: ctx.page(None),
        colours: [
            "paper",
            "sheet",
            "sunk",
            "ink",
            "ink-2",
            "ink-3",
            "line",
            "line-2",
            "line-3",
            "vermilion",
            "vermilion-bg",
            "jade",
            "jade-bg",
            "amber",
            "amber-bg",
            "blue",
            "blue-bg",
            "press",
            "press-ink",
            "focus",
        ],
        spaces: ["s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8"],
        chips: looks.map(|(look, key)| (look, t.t(key))).to_vec(),
        clocks: clocks(&ctx),
        stops: stops(&ctx),
        lines: lines(&ctx),
        columns: columns(&ctx),
        heat: heat(&ctx),
        branches: branches(&ctx),
        errors: vec![("wrong".to_owned(), t.t("field-required"))],
    }))
}

/// One clock in each of its states.
fn clocks(ctx: &Ctx) -> Vec<ClockFace> {
    let t = ctx.tongue;
    let states = [
        ("", 20, "clock-left"),
        ("near", 85, "clock-left"),
        ("over", 100, "clock-over"),
        ("paused", 40, "clock-paused"),
        ("met", 60, "clock-met"),
    ];
    let face = |(look, used_percent, key): (&'static str, i64, &str)| ClockFace {
        title: t.t("track-clock"),
        look,
        left: match key {
            "clock-left" | "clock-over" => t.t1(key, "span", t.t1("limit-working-days", "count", 2_u32)),
            other => t.t(other),
        },
        due: crate::show::moment(&ctx.scene.calendar, t, ctx.now),
        used_percent,
        rule: t.t1("limit-working-days", "count", 7_u32),
        provisional: look == "near",
    };
    states.map(face).to_vec()
}

/// The names of the columns of a chart.
fn weeks() -> Vec<String> {
    (1..=6).map(|week| format!("3/{}", week * 4)).collect()
}

fn columns(ctx: &Ctx) -> Columns {
    let layer = |class: &'static str, key: &str, counts: [u32; 6]| Layer {
        class,
        name: ctx.tongue.t(key),
        counts: counts.to_vec(),
    };
    Columns {
        title: ctx.tongue.t("unit-fates"),
        names: weeks(),
        layers: vec![
            layer("in-time", "fate-in-time", [9, 12, 7, 8, 3, 0]),
            layer("late", "fate-late", [2, 1, 3, 1, 0, 0]),
            layer("open", "fate-open", [0, 1, 2, 5, 8, 6]),
            layer("overdue", "fate-overdue", [1, 0, 1, 2, 0, 0]),
        ],
    }
}

fn heat(ctx: &Ctx) -> Heat {
    let row = |key: &str, counts: [u32; 6]| (ctx.tongue.t(key), counts.to_vec());
    Heat {
        title: ctx.tongue.t("leader-heat"),
        names: weeks(),
        rows: vec![
            row("phase-act", [0, 2, 5, 9, 4, 1]),
            row("phase-verify", [3, 3, 0, 1, 7, 2]),
        ],
    }
}

fn branches(ctx: &Ctx) -> Vec<Branch> {
    let leaf = |key: &str| (ctx.tongue.t(key), Some("#style-tree".to_owned()));
    let branch = |key: &str, leaves: Vec<_>| Branch {
        title: ctx.tongue.t(key),
        href: Some("#style-tree".to_owned()),
        said: ctx.tongue.t1("unit-below-count", "count", leaves.len()),
        leaves,
    };
    vec![
        branch("phase-act", vec![leaf("phase-verify"), leaf("phase-answer")]),
        branch("phase-closed", Vec::new()),
    ]
}

fn stops(ctx: &Ctx) -> Vec<Stop> {
    let stops = [
        ("phase-raise", "done"),
        ("phase-accept", "skipped"),
        ("phase-act", "now"),
        ("phase-verify", "planned"),
        ("phase-closed", "planned"),
    ];
    let day = crate::show::date(&ctx.scene.calendar, ctx.tongue, ctx.now);
    let stop = |(key, look): (&str, &'static str)| Stop {
        title: ctx.tongue.t(key),
        look,
        note: match look {
            "planned" => ctx.tongue.t("rail-planned"),
            "skipped" => ctx.tongue.t("rail-skipped"),
            _ => day.clone(),
        },
    };
    stops.map(stop).to_vec()
}

fn lines(ctx: &Ctx) -> Vec<Line> {
    let when = crate::show::moment(&ctx.scene.calendar, ctx.tongue, ctx.now);
    let line = |key: &str| Line {
        at: ctx.now.to_string(),
        when: when.clone(),
        said: ctx.tongue.t(key),
        then: vec![ctx.tongue.t("way-raise-note")],
        by: ctx.tongue.t("track-thread-you"),
        quotes: vec![ctx.tongue.t("home-promise-1")],
    };
    ["way-raise", "way-act"].map(line).to_vec()
}
