//! The set-up of an empty directory, as the program serves it: its link, its key, what a broken-off one leaves.

mod support;

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use support::pages::{Browser, Page};
use support::{Directory, Server, complaint};

const PASSWORD: &str = "a-first-password";

/// Waits for the file with the link, and returns the link.
fn link(directory: &Directory) -> String {
    let file = directory.data().join("setup-link");
    for _ in 0..1200 {
        // It ends with its line: less is still being written.
        match std::fs::read_to_string(&file) {
            Ok(link) if link.ends_with('\n') => return link.trim().to_owned(),
            _ => std::thread::sleep(Duration::from_millis(50)),
        }
    }
    panic!("no link comes to lie in {}", file.display());
}

fn code(directory: &Directory) -> String {
    let link = link(directory);
    link.split_once('#').expect("a code behind the mark").1.to_owned()
}

fn send(browser: &mut Browser, path: &str, fields: &[(&str, &str)]) -> Page {
    let page = browser.get(path);
    browser.submit(&page, path, fields)
}

const CITY: [(&str, &str); 2] = [("name_zh", "青禾市"), ("pack", "hotline")];

/// Names the city and nobody who looks after it: what is right is kept.
fn name_city(browser: &mut Browser) {
    assert_eq!(send(browser, "/setup/city", &CITY).status, 422);
}

fn found(browser: &mut Browser) -> Page {
    let me = [("person_zh", "郑管"), ("login", "zheng"), ("password", PASSWORD)];
    send(browser, "/setup/city", &[&CITY[..], &me[..]].concat())
}

#[test]
fn without_a_terminal_the_link_lies_in_a_private_file_until_the_set_up_ends() {
    let directory = Directory::none();
    let server = Server::plain(&directory);
    let link = link(&directory);
    let file = directory.data().join("setup-link");
    let mode = |path: &Path| path.metadata().expect("it is there").permissions().mode() & 0o777;
    assert_eq!((mode(&file), mode(&directory.data())), (0o600, 0o700));
    assert!(link.starts_with(&format!("{}/setup#", server.url)), "{link}");
    server.stop();
    assert!(!file.exists(), "the link outlives its server");
}

#[test]
fn a_key_whose_database_is_not_there_keeps_the_set_up_shut() {
    let directory = Directory::in_database(None);
    let key = directory.file("data.master-key");
    std::fs::write(&key, "a key").expect("written");
    let refused = directory.run(&["serve", "--listen", "127.0.0.1:0"]);
    let (code, said) = complaint(&refused);
    assert!(code == 2 && said.contains("is its disk there?"), "{said}");
    let kept = std::fs::read_to_string(&key).expect("the key is there still");
    assert!(
        kept == "a key" && !directory.data().exists(),
        "something was made"
    );
}

#[test]
fn a_directory_with_something_else_in_it_is_no_place_for_a_set_up() {
    let directory = Directory::in_database(None);
    std::fs::create_dir(directory.data()).expect("made");
    std::fs::write(directory.data().join("holiday.jpg"), "a photo").expect("written");
    let (code, said) = complaint(&directory.run(&["serve", "--listen", "127.0.0.1:0"]));
    assert!(code == 2, "{said}");
    let there = std::fs::read_dir(directory.data()).expect("it is there");
    assert_eq!(there.count(), 1);
}

#[test]
fn a_set_up_that_is_killed_half_way_goes_on_where_it_was_and_ends_in_the_installation() {
    let directory = Directory::none();
    let mut server = Server::plain(&directory);
    let mut newcomer = Browser::at(&server.url);
    assert_eq!(
        send(&mut newcomer, "/setup", &[("code", &code(&directory))]).status,
        303
    );
    name_city(&mut newcomer);
    let first = code(&directory);
    server.die();

    let server = Server::plain(&directory);
    newcomer.go_to(&server.url);
    // The same browser goes on without a code, and a stranger with the old code does not.
    newcomer.get("/setup/city").says("青禾市");
    for _ in 0..1200 {
        if code(&directory) != first {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let mut stranger = Browser::at(&server.url);
    assert_eq!(send(&mut stranger, "/setup", &[("code", &first)]).status, 422);
    let founded = found(&mut newcomer);
    assert_eq!(founded.status, 303, "{}", founded.text);
    newcomer.get("/people").says("至少要三个人");
    assert!(!directory.data().join("setup-link").exists());
    server.stop();

    let again = Server::plain(&directory);
    stranger.go_to(&again.url);
    assert_eq!(stranger.get("/setup").status, 404, "the set-up is open for ever");
    newcomer.go_to(&again.url);
    newcomer.get("/people").says("郑管");
    again.stop();
}

#[test]
fn a_code_can_be_guessed_at_twenty_times_and_then_not_even_the_right_one_is_taken() {
    let directory = Directory::none();
    let server = Server::plain(&directory);
    let right = code(&directory);
    let mut guesser = Browser::at(&server.url);
    let page = guesser.get("/setup");
    for _ in 0..20 {
        let wrong = guesser.submit(&page, "/setup", &[("code", "AAAA-AAAA-AAAA-AAAA")]);
        assert_eq!(wrong.status, 422, "{}", wrong.text);
    }
    let late = guesser.submit(&page, "/setup", &[("code", &right)]);
    assert!(
        late.status == 429 && late.retry_after.is_some(),
        "{}",
        late.status
    );
    server.stop();
}
