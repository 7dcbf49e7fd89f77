//! A server to try things on by hand: prints its URL, and is gone when its input ends.

use std::io::Read;

fn main() {
    let server = bihuan_test_postgres::Server::start();
    println!("{}", server.url("postgres"));
    let _until_it_ends = std::io::stdin().read_to_end(&mut Vec::new());
}
