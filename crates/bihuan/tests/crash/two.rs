//! Two processes on one database, either of which may die at any instant, sometimes both.
//!
//! Clients send each message to whichever process they happen on, and again to whichever is there, until it is
//! acknowledged: as behind a proxy.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bihuan_sim::seeded::Seeded;

use crate::support::messages::{Message, check_log, lost};
use crate::support::{Client, Directory, Server};
use crate::{CLIENTS, LIFE, kills};

/// Messages that may be sent between two kills: enough for load, not more than can be looked for in the end.
const BETWEEN: usize = 120;

/// Of so many kills one hits both.
const BOTH: i64 = 8;

/// Of so many messages one is sent again although it was acknowledged.
const AGAIN: i64 = 8;

/// How long a client rests who found nobody, or has sent enough.
const REST: Duration = Duration::from_millis(2);

#[test]
fn two_processes_on_one_database_lose_nothing_when_either_is_killed() {
    let directory = Directory::on_a_server();
    let (kills, mut chance) = (kills(), Seeded::new(21));
    let mut servers = [directory.serve(), directory.serve()];
    let front = Front::before(&servers);
    let sent = std::thread::scope(|scope| {
        let front = &front;
        let clients: Vec<_> = (0..CLIENTS)
            .map(|number| scope.spawn(move || front.send(Seeded::new(100 + number as u64))))
            .collect();
        for _ in 0..kills {
            front.room.fetch_add(BETWEEN, Ordering::Relaxed);
            let life = chance.between(LIFE.0, LIFE.1).unsigned_abs();
            std::thread::sleep(Duration::from_millis(life));
            let both = chance.between(1, BOTH) == 1;
            let first = usize::from(chance.between(0, 1) == 1);
            servers[first].die();
            if both {
                servers[1 - first].die();
                front.bring_back(&directory, &mut servers, 1 - first);
            }
            front.bring_back(&directory, &mut servers, first);
        }
        front.over.store(true, Ordering::Relaxed);
        let sent = clients
            .into_iter()
            .map(|client| client.join().expect("a client ends"));
        sent.flatten().collect::<Vec<Message>>()
    });
    let lost = lost(&servers[0].url, &sent);
    servers.into_iter().for_each(Server::stop);
    let doubled = check_log(&directory, &sent);
    println!(
        "two processes: {kills} kills, {} acknowledged, {lost} lost, {doubled} doubled, whole",
        sent.len()
    );
    assert!(sent.len() > kills, "there was no load");
    assert_eq!((lost, doubled), (0, 0));
}

/// Where the processes are, and how much may be sent to them.
struct Front {
    urls: [Mutex<String>; 2],
    room: AtomicUsize,
    over: AtomicBool,
}

impl Front {
    fn before(servers: &[Server; 2]) -> Front {
        Front {
            urls: servers.each_ref().map(|server| Mutex::new(server.url.clone())),
            room: AtomicUsize::new(0),
            over: AtomicBool::new(false),
        }
    }

    /// Starts a process again, at another address than before.
    fn bring_back(&self, directory: &Directory, servers: &mut [Server; 2], which: usize) {
        servers[which] = directory.serve();
        let mut url = self.urls[which].lock().unwrap_or_else(PoisonError::into_inner);
        url.clone_from(&servers[which].url);
    }

    /// Sends messages until it is over; returns them all, each acknowledged.
    fn send(&self, mut chance: Seeded) -> Vec<Message> {
        let mut sent = Vec::new();
        while !self.over.load(Ordering::Relaxed) {
            if !self.may_send() {
                std::thread::sleep(REST);
                continue;
            }
            let mut message = Message::new(&mut chance);
            self.have_acknowledged(&mut message, &mut chance);
            if chance.between(1, AGAIN) == 1 {
                self.have_acknowledged(&mut message, &mut chance);
            }
            sent.push(message);
        }
        sent
    }

    fn may_send(&self) -> bool {
        let less = |room: usize| room.checked_sub(1);
        let taken = self.room.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
        taken.is_ok()
    }

    /// Sends a message to whichever process chance names until one acknowledges it.
    fn have_acknowledged(&self, message: &mut Message, chance: &mut Seeded) {
        loop {
            let which = usize::from(chance.between(0, 1) == 1);
            let url = self.urls[which]
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clone();
            match message.send(&Client::new(&url, None)) {
                Ok((201, receipt)) => return message.acknowledge(&receipt),
                // Nobody is there, or it was killed in the middle of it.
                Err(_) => std::thread::sleep(REST),
                Ok((status, answer)) => panic!("{status}: {answer}"),
            }
        }
    }
}
