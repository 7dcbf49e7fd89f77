//! Pages: what each costs the server, one after the other on one connection.
//!
//! The processor time is that of the server alone; nothing else asks it meanwhile. The floor of a page is
//! what SQLite takes to read the rows that it is about through their index: 51 rows of a list, the events of
//! a case.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use rusqlite::{Connection, OpenFlags};
use serde_json::{Value, json};

use super::client::Client;
use super::figure::{Figure, percentile};
use super::fill::Filled;
use super::server::Server;
use crate::failure::Failure;

/// How often a page is asked for before it is counted.
const WARM_UP: usize = 20;
/// How often it is asked for and counted.
const ASKED: usize = 200;
/// Pages of a list before the hundredth.
const BEFORE_HUNDREDTH: usize = 99;
/// Rows of a page of the ledger, and the one more that tells whether there is a next page.
const ROWS: usize = 50;

/// What a page reads at least.
#[derive(Debug, Clone, Copy)]
enum Floor {
    /// The rows of a list, by the index of its order.
    Rows,
    /// The events of a case.
    Case,
}

/// Asks for a page, for the so many-th time.
type Ask = Box<dyn Fn(&mut Client, usize) -> Result<String>>;

/// A page that is asked for.
struct Asked {
    name: &'static str,
    floor: Floor,
    ask: Ask,
}

/// Measures the pages over a filled directory.
///
/// # Errors
/// A server that does not start, or a page that is not answered.
pub fn measure(filled: &Filled) -> Result<Vec<Figure>, Failure> {
    let server = Server::start(&filled.place)?;
    let mut client = Client::connect(server.address(), &filled.token).map_err(Failure::Internal)?;
    let mut figures = Vec::new();
    let floors = Floors::measure(&filled.place.database()).map_err(Failure::Internal)?;
    for page in pages(filled, &mut client).map_err(Failure::Internal)? {
        figures.push(one(&page, &mut client, &server, &floors)?);
    }
    server.kill()?;
    Ok(figures)
}

fn one(page: &Asked, client: &mut Client, server: &Server, floors: &Floors) -> Result<Figure, Failure> {
    let (mut cpu, mut wall) = (Vec::with_capacity(ASKED), Vec::with_capacity(ASKED));
    for number in 0..WARM_UP + ASKED {
        let before = server.cpu()?;
        let began = Instant::now();
        (page.ask)(client, number).map_err(Failure::Internal)?;
        let elapsed = began.elapsed();
        let used = server.cpu()?.saturating_sub(before);
        if number >= WARM_UP {
            cpu.push(millis(used));
            wall.push(millis(elapsed));
        }
    }
    let (cost, floor) = (percentile(&cpu, 0.5), floors.of(page.floor));
    Ok(Figure {
        name: page.name,
        values: vec![
            ("cpu_ms", cost),
            ("cpu_ms_p99", percentile(&cpu, 0.99)),
            ("ms", percentile(&wall, 0.5)),
            ("ms_p99", percentile(&wall, 0.99)),
            ("floor_ms", floor),
            ("ratio", floor / cost),
        ],
        cost,
    })
}

/// Returns the pages, asked for in the ways that people do.
fn pages(filled: &Filled, client: &mut Client) -> Result<Vec<Asked>> {
    let numbers: Vec<String> = filled
        .samples
        .iter()
        .map(|sample| sample.number.clone())
        .collect();
    let codes: Vec<String> = filled
        .samples
        .iter()
        .filter_map(|sample| sample.code.clone())
        .collect();
    let (list, hundredth) = ("/ledger?sort=raised&dir=desc", hundredth(client)?);
    let selective = format!("{list}&filter=open+and+overdue+and+severity+%3E%3D+4");
    let get = |name, floor, path: String| Asked {
        name,
        floor,
        ask: Box::new(move |client, _| client.get(&path)),
    };
    let found = filled.cases / 2;
    Ok(vec![
        get("ledger", Floor::Rows, list.to_owned()),
        get("ledger_100th", Floor::Rows, format!("{list}&after={hundredth}")),
        get("filter_selective", Floor::Rows, selective),
        get(
            "filter_none",
            Floor::Rows,
            format!("{list}&filter=state+%3D+verifying"),
        ),
        get(
            "filter_broad",
            Floor::Rows,
            format!("{list}&filter=kind+%3D+complaint"),
        ),
        get(
            "filter_text",
            Floor::Rows,
            format!("{list}&filter=text+has+%22%E8%B7%AF%E7%81%AF%22"),
        ),
        get(
            "filter_one",
            Floor::Rows,
            format!("{list}&filter=text+has+%22{found}%22"),
        ),
        get("desk", Floor::Rows, "/desk".to_owned()),
        Asked {
            name: "case",
            floor: Floor::Case,
            ask: Box::new(move |client, asked| {
                client.get(&format!("/cases/{}", numbers[asked % numbers.len()]))
            }),
        },
        Asked {
            name: "track",
            floor: Floor::Case,
            ask: Box::new(move |client, asked| {
                let body = json!({ "code": codes[asked % codes.len()] });
                client.post("/api/v1/portal/track", &body.to_string())
            }),
        },
    ])
}

/// Returns where the hundredth page of the ledger begins.
fn hundredth(client: &mut Client) -> Result<String> {
    let mut after = String::new();
    for _ in 0..BEFORE_HUNDREDTH {
        let page = client.get(&format!("/api/v1/cases?sort=-raised&limit={ROWS}{after}"))?;
        let page: Value = serde_json::from_str(&page)?;
        let next = page["next"]
            .as_str()
            .context("the list has fewer than a hundred pages")?;
        after = format!("&after={next}");
    }
    Ok(after.trim_start_matches("&after=").to_owned())
}

/// What SQLite alone takes, in milliseconds.
struct Floors {
    rows: f64,
    case: f64,
}

impl Floors {
    fn measure(database: &Path) -> Result<Floors> {
        let connection = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        let tenant: Vec<u8> = connection.query_row("SELECT tenant FROM tenant", [], |row| row.get(0))?;
        let rows = format!(
            "SELECT * FROM case_row WHERE tenant = ?1 ORDER BY raised_at DESC, id DESC LIMIT {}",
            ROWS + 1
        );
        let case = "SELECT data FROM event WHERE tenant = ?1 AND stream_kind = 4 AND stream_id =
            (SELECT id FROM case_row WHERE tenant = ?1 ORDER BY raised_at DESC LIMIT 1) ORDER BY version";
        Ok(Floors {
            rows: median(&connection, &rows, &tenant)?,
            case: median(&connection, case, &tenant)?,
        })
    }

    fn of(&self, floor: Floor) -> f64 {
        match floor {
            Floor::Rows => self.rows,
            Floor::Case => self.case,
        }
    }
}

fn median(connection: &Connection, sql: &str, tenant: &[u8]) -> Result<f64> {
    let mut statement = connection.prepare(sql)?;
    let width = statement.column_count();
    let mut times = Vec::with_capacity(ASKED);
    for _ in 0..ASKED {
        let began = Instant::now();
        let mut rows = statement.query([tenant])?;
        while let Some(row) = rows.next()? {
            for column in 0..width {
                std::hint::black_box(row.get_ref(column)?);
            }
        }
        times.push(millis(began.elapsed()));
    }
    Ok(percentile(&times, 0.5))
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}
