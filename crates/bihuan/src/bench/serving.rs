//! Starting to serve, and the memory that serving takes.
//!
//! The start is that of the process to its first answered page, the file being in the system's memory. The
//! memory is the most that the process has had at once, after many at once have asked for every kind of page.

use std::time::Instant;

use super::client::Client;
use super::figure::{Figure, percentile};
use super::fill::Filled;
use super::pages;
use super::server::Server;
use crate::failure::Failure;

/// How often the server is started.
const STARTED: usize = 7;
/// Connections that ask at the same time.
const CONNECTIONS: usize = 32;
/// How often each asks for every page.
const ROUNDS: usize = 2;

/// Measures both.
///
/// # Errors
/// A server that does not start, or a page that is not answered.
pub fn measure(filled: &Filled) -> Result<Vec<Figure>, Failure> {
    let mut times = Vec::with_capacity(STARTED);
    for _ in 0..STARTED {
        let began = Instant::now();
        let server = Server::start(&filled.place)?;
        let client = Client::connect(server.address(), &filled.tokens.desk);
        client
            .and_then(|mut client| client.get("/ledger"))
            .map_err(Failure::Internal)?;
        times.push(began.elapsed().as_secs_f64() * 1_000.0);
        server.kill()?;
    }
    let start = percentile(&times, 0.5);
    let server = Server::start(&filled.place)?;
    let before = server.peak_memory()?;
    ask_all(filled, &server)?;
    let peak = server.peak_memory()?;
    server.kill()?;
    let mebibytes = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    Ok(vec![
        Figure {
            name: "start",
            values: vec![
                ("ms", start),
                ("ms_most", percentile(&times, 1.0)),
                ("starts", STARTED as f64),
            ],
            cost: start,
        },
        Figure {
            name: "memory",
            values: vec![
                ("mib_at_start", mebibytes(before)),
                ("mib_most", mebibytes(peak)),
                ("connections", CONNECTIONS as f64),
            ],
            cost: mebibytes(peak),
        },
    ])
}

/// Asks for every page on many connections at the same time.
fn ask_all(filled: &Filled, server: &Server) -> Result<(), Failure> {
    let one = |number: usize| -> anyhow::Result<()> {
        let mut clients = pages::Clients::connect(server.address(), &filled.tokens)?;
        let all = pages::pages(filled, &mut clients)?;
        for round in 0..ROUNDS {
            for page in &all {
                page.ask(&mut clients, number * ROUNDS + round)?;
            }
        }
        Ok(())
    };
    let asked: anyhow::Result<Vec<()>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..CONNECTIONS)
            .map(|number| scope.spawn(move || one(number)))
            .collect();
        let ended = threads.into_iter().map(|thread| {
            let ended = thread.join();
            ended.unwrap_or_else(|_panicked| Err(anyhow::anyhow!("a connection broke off")))
        });
        ended.collect()
    });
    asked.map(drop).map_err(Failure::Internal)
}
