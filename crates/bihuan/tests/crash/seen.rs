//! What anybody could read is there after a power cut, acknowledged or not: on SQLite a commit is synced after it
//! could be read, so readers wait for it.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bihuan_sim::seeded::Seeded;

use crate::forgetting::forget_unsynced;
use crate::support::{self, Client, Directory, Server};
use crate::{LIFE, kills, new_messages, send_all};

/// Cases that somebody looks at again and again: the newest, as many as come in at once.
const LOOKED_AT: usize = 30;

/// How much longer each sync takes: readers find commits that are not synced yet, as on a slow disk.
const SYNC_TAKES_MS: &str = "5";

#[test]
fn what_anybody_could_read_is_there_after_a_power_cut() {
    let directory = Directory::in_files();
    directory.found_units();
    let token = directory.token("dispatcher", "hotline", "dispatcher", "read,assign");
    let layer = support::Layer::compile("forgetful");
    let library = layer.library();
    let data = directory.data().canonicalize().expect("the directory is there");
    let root = support::path(&data);
    let below = [
        ("LD_PRELOAD", support::path(&library)),
        ("FORGETFUL_ROOT", root),
        ("FORGETFUL_SLOW", SYNC_TAKES_MS),
    ];
    let mut chance = Seeded::new(31);
    let mut seen = BTreeSet::new();
    let mut forgotten = 0;
    for _ in 0..kills() {
        let messages = new_messages(&mut chance, 400);
        let life = Duration::from_millis(chance.between(LIFE.0, LIFE.1).unsigned_abs());
        let server = Server::start(&directory, &below);
        let (url, gone) = (server.url.clone(), AtomicBool::new(false));
        let newest = Mutex::new(Vec::new());
        std::thread::scope(|scope| {
            scope.spawn(|| send_all(&url, messages, &gone));
            scope.spawn(|| look(&Client::new(&url, Some(&token)), &newest, &gone));
            std::thread::sleep(life);
            server.kill();
            gone.store(true, Ordering::Relaxed);
        });
        forgotten += forget_unsynced(&data);
        seen.extend(newest.into_inner().expect("nobody panicked"));
    }
    let server = Server::start(&directory, &[]);
    let client = Client::new(&server.url, Some(&token));
    let there = |case: &String| client.get(&format!("/api/v1/cases/{case}")).0 == 200;
    let lost: Vec<&String> = seen.iter().filter(|case| !there(case)).collect();
    println!("{} cases seen last, {forgotten} bytes forgotten", seen.len());
    assert!(!seen.is_empty(), "nobody saw anything");
    assert_eq!(lost, Vec::<&String>::new());
}

/// Reads the newest cases until the server is gone, and notes those of the last answer.
fn look(client: &Client, newest: &Mutex<Vec<String>>, gone: &AtomicBool) {
    while !gone.load(Ordering::Relaxed) {
        let Ok((status, list)) = client.try_get(&format!("/api/v1/cases?limit={LOOKED_AT}")) else {
            return;
        };
        assert_eq!(status, 200, "{list}");
        let cases = list["cases"].as_array().expect("a list");
        let ids = cases
            .iter()
            .map(|case| case["id"].as_str().expect("an id").to_owned());
        *newest.lock().expect("nobody panicked") = ids.collect();
    }
}
