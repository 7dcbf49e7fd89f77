//! Searching what people wrote: the questions that people ask, in this process, against the index alone.

use std::path::Path;
use std::time::Instant;

use anyhow::Result;
use bihuan_core::filter::{Checked, Predicate};
use bihuan_store::read::list::Listing;
use bihuan_store::read::order::NEWEST;
use rusqlite::{Connection, OpenFlags};

use super::figure::{Figure, percentile};
use super::fill::Filled;
use super::processor::own_time;
use crate::failure::Failure;

/// How often a question is asked before it is counted, and how often then.
const WARM_UP: usize = 5;
const ASKED: usize = 200;
/// Cases that are shown.
const SHOWN: usize = 20;

/// Measures a question about what many wrote, one of two words, and one that one text answers.
///
/// # Errors
/// A store that does not open or cannot be read.
pub fn measure(filled: &Filled) -> Result<Vec<Figure>, Failure> {
    let store = filled.place.open()?;
    let tenant = store.tenant(None).map_err(Failure::opening)?;
    let one = (filled.cases / 2).to_string();
    let questions = [
        ("search_common", "路灯"),
        ("search_two_words", "噪音 扰民"),
        ("search_one", one.as_str()),
    ];
    let mut figures = Vec::new();
    for (name, question) in questions {
        let listing = Listing {
            filter: &Checked::Is(Predicate::Text(bihuan_text::query_tokens(question))),
            sort: NEWEST,
            after: None,
            limit: SHOWN,
        };
        let floor = floor(&filled.place.database(), question).map_err(Failure::Internal)?;
        let (mut wall, mut found, mut before) = (Vec::new(), 0, own_time()?);
        for asked in 0..WARM_UP + ASKED {
            if asked == WARM_UP {
                before = own_time()?;
            }
            let reader = tenant.reader().map_err(Failure::opening)?;
            let began = Instant::now();
            let page = reader
                .list(&listing)
                .map_err(|error| Failure::Internal(error.into()))?;
            found = page.rows.len();
            if asked >= WARM_UP {
                wall.push(began.elapsed().as_secs_f64() * 1_000.0);
            }
        }
        // A thread's time is counted up in steps of some milliseconds while it runs, so all together.
        let used = own_time()?.saturating_sub(before);
        let cost = used.as_secs_f64() * 1_000.0 / ASKED as f64;
        figures.push(Figure {
            name,
            values: vec![
                ("cpu_ms", cost),
                ("ms", percentile(&wall, 0.5)),
                ("ms_p99", percentile(&wall, 0.99)),
                ("floor_ms", floor),
                ("ratio", floor / cost),
                ("shown", found as f64),
            ],
            cost,
        });
    }
    Ok(figures)
}

/// What the index alone takes to name the newest documents that answer.
fn floor(database: &Path, question: &str) -> Result<f64> {
    let connection = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let asked = bihuan_text::fts_query(&bihuan_text::query_tokens(question));
    let mut statement = connection
        .prepare("SELECT rowid FROM case_text WHERE case_text MATCH ?1 ORDER BY rowid DESC LIMIT ?2")?;
    let mut times = Vec::with_capacity(ASKED);
    for _ in 0..ASKED {
        let began = Instant::now();
        let mut rows = statement.query((&asked, SHOWN as i64 + 1))?;
        while let Some(row) = rows.next()? {
            std::hint::black_box(row.get::<_, i64>(0)?);
        }
        times.push(began.elapsed().as_secs_f64() * 1_000.0);
    }
    Ok(percentile(&times, 0.5))
}
