//! Nothing that was acknowledged is lost, at whatever instant the server dies.
//!
//! Clients send messages; the server is killed at random instants and started again, many times. In the
//! end every acknowledged message is there once, by its code, and the log verifies. So it is with two
//! processes on one database (`two.rs`).
//!
//! SIGKILL leaves the page cache alone, so the same runs again over a file layer that forgets, at each kill,
//! whatever was not synced (`layers/forgetful.c`). The layer bites: when it says "synced" and forgets all the
//! same, as a disk that lies does, acknowledged messages are lost. What somebody read is held to the same as what
//! was acknowledged (`seen.rs`).

mod archive;
mod forgetting;
mod seen;
#[path = "../support/mod.rs"]
mod support;
mod two;

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use bihuan_sim::seeded::Seeded;
use forgetting::forget_unsynced;
use support::messages::{Message, check_log, lost};
use support::{Client, Directory, Server};

/// Threads that send.
const CLIENTS: usize = 4;

/// Kills of a quick run and of a long one.
const KILLS: (usize, usize) = (12, 220);

/// How long a server lives, from its first answer on, in milliseconds.
const LIFE: (i64, i64) = (10, 250);

/// What became of a run.
struct Outcome {
    acknowledged: usize,
    lost: usize,
    /// Bytes that were not synced when the server died.
    forgotten: u64,
}

/// The file layer below the server.
#[derive(Clone, Copy, PartialEq)]
enum Layer {
    /// The operating system's.
    Plain,
    /// One that forgets what was not synced.
    Forgetful,
    /// One that forgets what it said was synced.
    Lying,
}

fn kills() -> usize {
    if std::env::var_os("BIHUAN_SOAK").is_some() {
        KILLS.1
    } else {
        KILLS.0
    }
}

#[test]
fn killed_at_any_instant_the_server_loses_nothing_it_acknowledged() {
    let (_directory, outcome) = crash(Layer::Plain, kills(), 11);
    assert_eq!(outcome.lost, 0);
}

#[test]
fn what_was_not_synced_was_not_acknowledged() {
    let (_directory, outcome) = crash(Layer::Forgetful, kills(), 12);
    assert_eq!(outcome.lost, 0);
}

#[test]
fn a_disk_that_lies_about_syncing_loses_what_was_acknowledged() {
    let directory = Directory::in_files();
    let layer_below = support::Layer::compile("forgetful");
    let library = layer_below.library();
    let messages = new_messages(&mut Seeded::new(13), 20);
    let (sent, _) = one_life(
        &directory,
        Layer::Lying,
        &library,
        messages,
        Duration::from_secs(2),
    );
    let acknowledged = sent.iter().filter(|message| message.code.is_some()).count();
    assert!(acknowledged > 0);
    let server = Server::start(&directory, &[]);
    assert!(lost(&server.url, &sent) > 0, "the layer forgets nothing");
}

/// Lets a server live and die again and again under load; returns what became of all messages.
fn crash(layer: Layer, kills: usize, seed: u64) -> (Directory, Outcome) {
    let mut chance = Seeded::new(seed);
    let directory = match layer {
        Layer::Plain => Directory::for_testing(),
        Layer::Forgetful | Layer::Lying => Directory::in_files(),
    };
    let layer_below = support::Layer::compile("forgetful");
    let library = layer_below.library();
    let mut open: Vec<Message> = Vec::new();
    let mut done: Vec<Message> = Vec::new();
    let mut forgotten = 0;
    for _ in 0..kills {
        // What was not answered is sent again; a few that were answered too: both must not be doubled.
        let again = done.len().saturating_sub(3);
        open.extend(done.drain(again..));
        open.extend(new_messages(&mut chance, 400));
        let life = Duration::from_millis(chance.between(LIFE.0, LIFE.1).unsigned_abs());
        let (sent, bytes) = one_life(&directory, layer, &library, open, life);
        forgotten += bytes;
        let (answered, unanswered) = sent.into_iter().partition(|message| message.code.is_some());
        done.extend::<Vec<_>>(answered);
        // Those that were never tried need not be kept.
        open = unanswered.into_iter().take(CLIENTS * 2).collect();
    }
    let server = Server::start(&directory, &[]);
    let rest = send_all(&server.url, open, &AtomicBool::new(false));
    assert!(rest.iter().all(|message| message.code.is_some()));
    done.extend(rest);
    let lost = lost(&server.url, &done);
    server.stop();
    let doubled = check_log(&directory, &done);
    println!(
        "seed {seed}: {kills} kills, {} acknowledged, {lost} lost, {doubled} doubled, whole; {forgotten} bytes forgotten",
        done.len()
    );
    let outcome = Outcome {
        acknowledged: done.len(),
        lost,
        forgotten,
    };
    assert!(outcome.acknowledged > kills, "there was no load");
    assert_eq!(doubled, 0);
    assert!(layer != Layer::Plain || outcome.forgotten == 0);
    (directory, outcome)
}

/// Starts a server, sends messages to it, and kills it after `life`.
fn one_life(
    directory: &Directory,
    layer: Layer,
    library: &Path,
    messages: Vec<Message>,
    life: Duration,
) -> (Vec<Message>, u64) {
    let data = directory.data().canonicalize().expect("the directory is there");
    let root = support::path(&data);
    let mut environment = Vec::new();
    if layer != Layer::Plain {
        environment.extend([("LD_PRELOAD", support::path(library)), ("FORGETFUL_ROOT", root)]);
    }
    if layer == Layer::Lying {
        environment.push(("FORGETFUL_LIES", "1"));
    }
    let server = Server::start(directory, &environment);
    let url = server.url.clone();
    let gone = AtomicBool::new(false);
    let sent = std::thread::scope(|scope| {
        let sending = scope.spawn(|| send_all(&url, messages, &gone));
        std::thread::sleep(life);
        server.kill();
        gone.store(true, Ordering::Relaxed);
        sending.join().expect("the clients end")
    });
    (sent, forget_unsynced(&data))
}

/// Sends messages from several threads until all are sent or the server is gone.
fn send_all(url: &str, messages: Vec<Message>, gone: &AtomicBool) -> Vec<Message> {
    let next = AtomicUsize::new(0);
    let answers: Vec<(usize, String)> = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|_| scope.spawn(|| send_some(url, &messages, &next, gone)))
            .collect();
        let answers = clients
            .into_iter()
            .flat_map(|client| client.join().expect("a client ends"));
        answers.collect()
    });
    let mut messages = messages;
    for (at, code) in answers {
        let message = &mut messages[at];
        let known = message.code.get_or_insert_with(|| code.clone());
        assert_eq!(*known, code, "a message sent again has the code it had");
    }
    messages
}

fn send_some(url: &str, messages: &[Message], next: &AtomicUsize, gone: &AtomicBool) -> Vec<(usize, String)> {
    let client = Client::new(url, None);
    let mut answers = Vec::new();
    while !gone.load(Ordering::Relaxed) {
        let at = next.fetch_add(1, Ordering::Relaxed);
        let Some(message) = messages.get(at) else { break };
        match message.send(&client) {
            Ok((201, receipt)) => answers.push((at, receipt["code"].as_str().expect("a code").to_owned())),
            Ok((status, answer)) => panic!("{status}: {answer}"),
            // It may have been taken in or not; it is sent again.
            Err(support::Gone) => break,
        }
    }
    answers
}

fn new_messages(chance: &mut Seeded, count: usize) -> Vec<Message> {
    (0..count).map(|_| Message::new(chance)).collect()
}
