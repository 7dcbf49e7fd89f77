//! Senders who take their time.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops where it is")]

mod common;

use std::time::Duration;

use bihuan_web::serve::bind_app;
use common::Town;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

#[tokio::test]
async fn a_head_that_does_not_end_is_not_waited_for() {
    let town = Town::found().await;
    let options = common::options();
    let bound = bind_app(town.app.clone(), &options).unwrap();
    let mut slow = TcpStream::connect(bound.address().unwrap()).await.unwrap();
    tokio::spawn(bound.serve(std::future::pending()));
    slow.write_all(b"GET / HTTP/1.1\r\nHost: ").await.unwrap();
    let mut rest = Vec::new();
    let patience = Duration::from_secs(15);
    let ended = tokio::time::timeout(patience, slow.read_to_end(&mut rest)).await;
    assert!(ended.is_ok(), "the connection still stands");
}
