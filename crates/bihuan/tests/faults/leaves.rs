//! A server that is killed while a citizen fills in the form of a report, leaf by leaf.

use crate::support::pages::Browser;
use crate::support::{Directory, Server};

const TEXT: &str = "小区东门外的路灯三周不亮。";

/// Lets a server die, as in a power cut, and the citizen's browser find the one that takes its place.
fn cut(directory: &Directory, mut server: Server, citizen: &mut Browser) -> Server {
    server.die();
    let next = Server::start(directory, &[]);
    citizen.go_to(&next.url);
    next
}

#[test]
fn a_server_killed_between_the_leaves_of_a_report_loses_none_of_them() {
    let directory = Directory::in_files();
    directory.found_units();
    let server = Server::start(&directory, &[]);
    let mut citizen = Browser::at(&server.url);
    let first = citizen.get("/report");
    // The form was open already when the server went.
    let server = cut(&directory, server, &mut citizen);
    let kept = citizen.submit(&first, "/report/what", &[("text", TEXT)]);
    assert_eq!(kept.status, 303, "{}", kept.text);
    let id = first.hidden("key").split('.').next().map(str::to_owned);
    let draft = format!("?draft={}", id.expect("a key begins with an id"));

    let server = cut(&directory, server, &mut citizen);
    // Sent once more by a browser that was never answered, it is the same.
    assert_eq!(
        citizen.submit(&first, "/report/what", &[("text", TEXT)]).status,
        303
    );
    let second = citizen.get(&format!("/report/where{draft}"));
    assert_eq!(
        citizen
            .submit(&second, "/report/where", &[("place", "西门")])
            .status,
        303
    );

    let server = cut(&directory, server, &mut citizen);
    citizen.get(&format!("/report{draft}")).says(TEXT);
    let third = citizen.get(&format!("/report/contact{draft}"));
    let anonymous = [("disclosure", "anonymous")];
    assert_eq!(citizen.submit(&third, "/report/contact", &anonymous).status, 303);

    let server = cut(&directory, server, &mut citizen);
    let last = citizen.get(&format!("/report/check{draft}"));
    last.says(TEXT).says("西门");
    let server = cut(&directory, server, &mut citizen);
    citizen.submit(&last, "/report", &[]).says("请保存查询码");
    let server = cut(&directory, server, &mut citizen);
    citizen.submit(&last, "/report", &[]).says("没有重复登记");
    server.stop();
}
