//! Pages: what each costs the server, one after the other on one connection.
//!
//! The processor time is that of the server alone; nothing else asks it meanwhile. The floor of a page is
//! what SQLite takes to read the rows that it is about through their index: 51 rows of a list, the events of
//! a case.

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use rusqlite::{Connection, OpenFlags};
use serde_json::{Value, json};

use super::client::Client;
use super::figure::{Figure, percentile};
use super::fill::{Filled, Tokens};
use super::server::Server;
use crate::failure::Failure;

/// How often a page is asked for before it is counted.
const WARM_UP: usize = 20;
/// How often it is asked for and counted.
const ASKED: usize = 200;
/// How long at most, once it was asked for often enough to say something.
const AT_MOST: Duration = Duration::from_secs(15);
/// How often that is.
const ENOUGH: usize = 30;
/// What stands once for each case that a page lists.
const CASE_MARK: &str = "<a class=\"t\" href=";
/// Pages of a list before the hundredth.
const BEFORE_HUNDREDTH: usize = 99;
/// Street lamps, in an address: a word that many texts hold.
const LAMP: &str = "%E8%B7%AF%E7%81%AF";
/// Rows of a page of the ledger, and the one more that tells whether there is a next page.
const ROWS: usize = 50;

/// What a page reads at least.
#[derive(Debug, Clone, Copy)]
enum Floor {
    /// The rows of a list, by the index of its order.
    Rows,
    /// The events of a case.
    Case,
    /// Nothing of any case.
    Nothing,
}

/// The connections of those whose pages are measured.
pub struct Clients {
    desk: Client,
    unit: Client,
    leader: Option<Client>,
}

impl Clients {
    /// Connects one for each token.
    ///
    /// # Errors
    /// A server that does not answer.
    pub fn connect(address: SocketAddr, tokens: &Tokens) -> Result<Clients> {
        Ok(Clients {
            desk: Client::connect(address, &tokens.desk)?,
            unit: Client::connect(address, &tokens.unit)?,
            leader: tokens
                .leader
                .as_ref()
                .map(|token| Client::connect(address, token))
                .transpose()?,
        })
    }
}

/// Asks for a page, for the so many-th time.
type Ask = Box<dyn Fn(&mut Clients, usize) -> Result<String>>;

/// A page that is asked for.
pub struct Asked {
    name: &'static str,
    floor: Floor,
    ask: Ask,
}

impl Asked {
    /// Asks for it, for the so many-th time.
    ///
    /// # Errors
    /// A page that is not answered.
    pub fn ask(&self, clients: &mut Clients, number: usize) -> Result<String> {
        (self.ask)(clients, number)
    }
}

/// Measures the pages over a filled directory.
///
/// # Errors
/// A server that does not start, or a page that is not answered.
pub fn measure(filled: &Filled) -> Result<Vec<Figure>, Failure> {
    let server = Server::start(&filled.place)?;
    server.rest()?;
    let mut clients = Clients::connect(server.address(), &filled.tokens).map_err(Failure::Internal)?;
    let mut figures = Vec::new();
    let floors = Floors::measure(&filled.place.database()).map_err(Failure::Internal)?;
    for page in pages(filled, &mut clients).map_err(Failure::Internal)? {
        figures.push(one(&page, &mut clients, &server, &floors)?);
    }
    server.kill()?;
    Ok(figures)
}

fn one(page: &Asked, clients: &mut Clients, server: &Server, floors: &Floors) -> Result<Figure, Failure> {
    let (mut cpu, mut wall) = (Vec::with_capacity(ASKED), Vec::with_capacity(ASKED));
    let (start, mut cases) = (Instant::now(), 0);
    for number in 0..WARM_UP + ASKED {
        if number >= WARM_UP + ENOUGH && start.elapsed() > AT_MOST {
            break;
        }
        let before = server.cpu()?;
        let began = Instant::now();
        let answer = page.ask(clients, number).map_err(Failure::Internal)?;
        let elapsed = began.elapsed();
        cases = answer.matches(CASE_MARK).count();
        let used = server.cpu()?.saturating_sub(before);
        if number >= WARM_UP {
            cpu.push(millis(used));
            wall.push(millis(elapsed));
        }
    }
    let cost = percentile(&cpu, 0.5);
    let mut values = vec![
        ("cpu_ms", cost),
        ("cpu_ms_p99", percentile(&cpu, 0.99)),
        ("ms", percentile(&wall, 0.5)),
        ("ms_p99", percentile(&wall, 0.99)),
        ("asked", cpu.len() as f64),
        ("cases", cases as f64),
    ];
    if let Some(floor) = floors.of(page.floor) {
        values.extend([("floor_ms", floor), ("ratio", floor / cost)]);
    }
    Ok(Figure {
        name: page.name,
        values,
        cost,
    })
}

/// Returns the pages, asked for in the ways that people do.
///
/// # Errors
/// A server that does not list its cases.
pub fn pages(filled: &Filled, clients: &mut Clients) -> Result<Vec<Asked>> {
    let mut all = lists(filled.cases, &hundredth(&mut clients.desk)?);
    all.extend(of_cases(filled, newest(&mut clients.desk)?));
    all.extend(of_people(clients)?);
    let plain = [
        ("register", "/register"),
        (
            "suggestions",
            "/ledger/suggest?text=open+and+unit+under+&cursor=20",
        ),
        ("api_units", "/api/v1/units"),
        ("api_kinds", "/api/v1/kinds"),
        ("api_views", "/api/v1/views"),
        ("home", "/"),
        ("struck_off", "/struck-off"),
        ("how", "/how"),
        ("report", "/report"),
        ("track_form", "/track"),
        ("login", "/login"),
        ("checkpoint", "/checkpoint"),
        ("readiness", "/readyz"),
        ("metrics", "/metrics"),
    ];
    all.extend(plain.map(|(name, path)| desk(name, Floor::Nothing, path.to_owned())));
    Ok(all)
}

fn desk(name: &'static str, floor: Floor, path: String) -> Asked {
    Asked {
        name,
        floor,
        ask: Box::new(move |clients, _| clients.desk.get(&path)),
    }
}

fn unit(name: &'static str, floor: Floor, path: String) -> Asked {
    Asked {
        name,
        floor,
        ask: Box::new(move |clients, _| clients.unit.get(&path)),
    }
}

/// Returns the lists: the ledger in its orders and under filters, the desk, counts.
fn lists(cases: usize, hundredth: &str) -> Vec<Asked> {
    let list = "/ledger?sort=raised&dir=desc";
    let under = |name, filter: &str| desk(name, Floor::Rows, format!("{list}&filter={filter}"));
    let one = format!("text+has+%22{}%22", cases / 2);
    let mut all = vec![
        desk("ledger", Floor::Rows, list.to_owned()),
        desk("ledger_100th", Floor::Rows, format!("{list}&after={hundredth}")),
        desk(
            "ledger_by_due",
            Floor::Rows,
            "/ledger?sort=due&dir=asc&filter=open".to_owned(),
        ),
        desk(
            "ledger_oldest",
            Floor::Rows,
            "/ledger?sort=raised&dir=asc&filter=open".to_owned(),
        ),
        desk(
            "ledger_worst",
            Floor::Rows,
            "/ledger?sort=severity&dir=desc".to_owned(),
        ),
        under(
            "filter_selective",
            "open+and+severity+%3E%3D+3+and+kind+%3D+complaint",
        ),
        under("filter_severe", "open+and+overdue+and+severity+%3E%3D+4"),
        under("filter_none", "state+%3D+verifying"),
        under("filter_rare", "closed+and+returned+%3E%3D+1"),
        under("filter_broad", "kind+%3D+complaint"),
        under("filter_text", &format!("text+has+%22{LAMP}%22")),
        under("filter_one", &one),
        unit("unit_ledger", Floor::Rows, list.to_owned()),
        unit(
            "unit_filter",
            Floor::Rows,
            format!("{list}&filter=open+and+overdue"),
        ),
        desk("desk", Floor::Rows, "/desk".to_owned()),
        unit("unit_desk", Floor::Rows, "/desk".to_owned()),
        desk("board", Floor::Rows, "/board".to_owned()),
        unit("unit_board", Floor::Rows, "/board".to_owned()),
        desk("callbacks", Floor::Rows, "/callbacks".to_owned()),
        desk("search", Floor::Rows, format!("/search?q={LAMP}")),
        unit("unit_search", Floor::Rows, format!("/search?q={}", cases / 2)),
        desk("search_suggest", Floor::Rows, format!("/search/suggest?q={LAMP}")),
    ];
    let api = "/api/v1/cases";
    all.extend([
        desk(
            "api_cases",
            Floor::Rows,
            format!("{api}?sort=-changed&limit={ROWS}"),
        ),
        desk("api_count", Floor::Nothing, format!("{api}/count?filter=open")),
    ]);
    all
}

/// Returns the pages of single cases.
fn of_cases(filled: &Filled, newest: Vec<String>) -> Vec<Asked> {
    let samples = &filled.samples;
    let numbers: Vec<String> = samples.iter().map(|sample| sample.number.clone()).collect();
    let codes: Vec<String> = samples.iter().filter_map(|sample| sample.code.clone()).collect();
    let of_case = |name, before: &'static str, ids: Vec<String>, after: &'static str| Asked {
        name,
        floor: Floor::Case,
        ask: Box::new(move |clients, asked| {
            clients
                .desk
                .get(&format!("{before}{}{after}", ids[asked % ids.len()]))
        }),
    };
    let by_code = |name, path: &'static str, codes: Vec<String>| Asked {
        name,
        floor: Floor::Case,
        ask: Box::new(move |clients, asked| {
            let body = json!({ "code": codes[asked % codes.len()] });
            clients.desk.post(path, &body.to_string())
        }),
    };
    vec![
        of_case("case", "/cases/", numbers.clone(), ""),
        of_case("case_proof", "/cases/", numbers.clone(), "/proof"),
        of_case("case_moves", "/cases/", numbers, "/moves"),
        of_case("api_case", "/api/v1/cases/", newest.clone(), ""),
        of_case("api_events", "/api/v1/cases/", newest.clone(), "/events"),
        of_case("api_proof", "/api/v1/cases/", newest.clone(), "/proof"),
        of_case("api_similar", "/api/v1/cases/", newest, "/similar"),
        by_code("track", "/api/v1/portal/track", codes.clone()),
        by_code("own_proof", "/api/v1/portal/proofs", codes),
    ]
}

/// Returns the pages of a unit, of the unit at the top, of somebody who holds a post there, and of a leader.
fn of_people(clients: &mut Clients) -> Result<Vec<Asked>> {
    let page = clients
        .unit
        .get("/api/v1/cases?sort=-raised&limit=1&filter=phase+%3D+act")?;
    let page: Value = serde_json::from_str(&page)?;
    let id = page["cases"][0]["unit"]["id"].as_str();
    let id = id.context("no case of the unit says which unit that is")?;
    let own = clients.desk.get(&format!("/units/{id}"))?;
    let top = link(&own, "/units/").context("the unit hangs on no other")?;
    let person = link(&own, "/persons/").context("nobody holds a post in the unit")?;
    let mut all = vec![
        desk("unit_page", Floor::Nothing, format!("/units/{id}")),
        unit("unit_page_own", Floor::Nothing, format!("/units/{id}")),
        desk("unit_page_top", Floor::Nothing, top),
        desk("person_page", Floor::Nothing, person),
    ];
    if clients.leader.is_some() {
        all.push(Asked {
            name: "leader",
            floor: Floor::Rows,
            ask: Box::new(|clients, _| {
                let leader = clients.leader.as_mut().context("no leader has a token")?;
                leader.get("/leader")
            }),
        });
    }
    Ok(all)
}

/// Returns the first address in the main part of a page that begins so.
fn link(page: &str, begins: &str) -> Option<String> {
    let page = &page[page.find("<main")?..];
    let at = page.find(&format!("href=\"{begins}"))? + "href=\"".len();
    let end = page[at..].find('"')?;
    Some(page[at..at + end].to_owned())
}

/// Returns the ids of the newest cases.
fn newest(client: &mut Client) -> Result<Vec<String>> {
    let page = client.get(&format!("/api/v1/cases?sort=-raised&limit={ROWS}"))?;
    let page: Value = serde_json::from_str(&page)?;
    let cases = page["cases"].as_array().context("the list has no cases")?;
    let ids = cases
        .iter()
        .filter_map(|case| case["id"].as_str().map(str::to_owned));
    Ok(ids.collect())
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

    fn of(&self, floor: Floor) -> Option<f64> {
        match floor {
            Floor::Rows => Some(self.rows),
            Floor::Case => Some(self.case),
            Floor::Nothing => None,
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
