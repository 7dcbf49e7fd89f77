//! A disk that is full.
//!
//! The file layer of `layers/full.c` stands between the database and its files: it lets nothing grow while a
//! file lies there that says so. What it stands for needs no privilege, and can be had at any instant.

use std::path::{Path, PathBuf};

use bihuan_sim::seeded::Seeded;

use crate::in_time;
use crate::support::messages::{Message, check_log, lost};
use crate::support::pages::{Browser, Page};
use crate::support::{self, Client, Directory, Layer, Server};

/// How much there is left on a full disk, so that a write is cut off in the middle of a page.
const LEFT_BYTES: &str = "10000";

/// The most messages that the room in files that are there already takes; far fewer do.
const MOST: usize = 5_000;

/// Whether the disk is full.
struct Disk {
    flag: PathBuf,
}

impl Disk {
    fn fill(&self) {
        std::fs::write(&self.flag, "").expect("the flag is not on that disk");
    }

    fn make_room(&self) {
        std::fs::remove_file(&self.flag).expect("it was full");
    }
}

#[test]
fn a_full_disk_turns_writers_away_and_room_lets_them_in_again() {
    let directory = Directory::in_files();
    let layer = Layer::compile("full");
    let library = layer.library();
    let disk = Disk {
        flag: directory.file("full"),
    };
    let data = directory.data().canonicalize().expect("it is there");
    let server = Server::start(&directory, &variables(&library, &data, &disk.flag));
    outlasts(&directory, server, &disk);
}

#[test]
fn a_full_disk_of_the_database_server_turns_writers_away_and_room_lets_them_in_again() {
    let layer = Layer::compile("full");
    let library = layer.library();
    // Its tables fill up and its log does not: a server without room for its log stops, and that is another
    // fault.
    let on_disk = |directory: &Path| {
        let (root, flag) = (directory.join("data/base"), directory.join("full"));
        variables(&library, &root, &flag)
            .into_iter()
            .map(|(name, value)| (name, value.to_owned()))
            .collect()
    };
    let database = bihuan_test_postgres::Server::start_with(&on_disk);
    let directory = Directory::on(&database);
    let disk = Disk {
        flag: database.directory().join("full"),
    };
    outlasts(&directory, directory.serve(), &disk);
}

fn variables<'a>(library: &'a Path, root: &'a Path, flag: &'a Path) -> Vec<(&'static str, &'a str)> {
    vec![
        ("LD_PRELOAD", support::path(library)),
        ("FULL_ROOT", support::path(root)),
        ("FULL_WHEN", support::path(flag)),
        ("FULL_LEFT", LEFT_BYTES),
    ]
}

/// Fills the disk under a server, makes room again, and looks at what people see of it and what is left.
fn outlasts(directory: &Directory, server: Server, disk: &Disk) {
    let client = Client::new(&server.url, None);
    let mut chance = Seeded::new(31);
    let mut sent: Vec<Message> = (0..20).map(|_| taken_in(&client, &mut chance)).collect();
    let mut citizen = Browser::at(&server.url);

    disk.fill();
    let refused = first_refused(&client, &mut chance, &mut sent);
    sent.push(refused);
    let typed = format!("第 {} 号楼的电梯停运，请派人检修。", i64::MAX);
    let (page, written) = first_kept(&mut citizen, &typed);
    assert_eq!(lost(&server.url, &sent), 0, "what was taken in can be read");
    let counted = client.get("/metrics").1;
    let failed = "bihuan_intake_total{outcome=\"failed\"} 2";
    assert!(
        counted.as_str().is_some_and(|counted| counted.contains(failed)),
        "{counted}"
    );

    disk.make_room();
    for message in sent.iter_mut().filter(|message| message.code.is_none()) {
        let receipt = in_time("taken in again", || match message.send(&client) {
            Ok((201, receipt)) => Some(receipt),
            Ok((503, _)) => None,
            other => panic!("{other:?}"),
        });
        message.acknowledge(&receipt);
    }
    citizen.submit(&page, "/report", &[]).says("查询码");
    assert_eq!(lost(&server.url, &sent), 0);
    server.stop();
    let pages = i64::try_from(written + 1).expect("few pages");
    assert_eq!(check_log(directory, &sent), pages, "each is there once");
}

fn taken_in(client: &Client, chance: &mut Seeded) -> Message {
    let mut message = Message::new(chance);
    let (status, receipt) = message.send(client).expect("the server answers");
    assert_eq!(status, 201, "{receipt}");
    message.acknowledge(&receipt);
    message
}

/// Sends messages until one is not taken in, and returns that one; the others go to `sent`.
fn first_refused(client: &Client, chance: &mut Seeded, sent: &mut Vec<Message>) -> Message {
    for _ in 0..MOST {
        let mut message = Message::new(chance);
        let answer = message.post(client).expect("the server answers");
        if answer.status == 201 {
            message.acknowledge(&answer.json);
            sent.push(message);
            continue;
        }
        assert_eq!(answer.status, 503, "{}", answer.json);
        assert_eq!(answer.json["type"], "/problems/unavailable");
        assert!(answer.retry_after.is_some(), "when to come again is not said");
        return message;
    }
    panic!("the disk is never full");
}

/// Sends the portal's form until one is not taken in; returns the page that keeps it, and how many were
/// taken in before.
fn first_kept(citizen: &mut Browser, typed: &str) -> (Page, usize) {
    for written in 0..MOST {
        let form = citizen.get("/report");
        let page = citizen.submit(&form, "/report", &[("text", typed), ("disclosure", "anonymous")]);
        if page.status != 200 {
            page.keeps(typed);
            return (page, written);
        }
    }
    panic!("the disk is never full");
}
