//! Senders who take their time.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops where it is")]

mod common;

use std::time::Duration;

use bihuan_web::serve::bind_app;
use common::Town;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Connects to a server of the town.
async fn connect(town: &Town) -> TcpStream {
    let bound = bind_app(town.app.clone(), &common::options()).unwrap();
    let stream = TcpStream::connect(bound.address().unwrap()).await.unwrap();
    tokio::spawn(bound.serve(std::future::pending()));
    stream
}

/// Reads until the server ends the connection; one that stands for ever fails the test.
async fn read_to_end(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let patience = Duration::from_secs(120);
    let ended = tokio::time::timeout(patience, stream.read_to_end(&mut answer)).await;
    // Whether it is closed or reset, it no longer stands.
    let _how = ended.expect("the connection still stands");
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn whoever_connects_and_says_nothing_is_not_waited_for() {
    let town = Town::found().await;
    let mut silent = connect(&town).await;
    assert_eq!(read_to_end(&mut silent).await, "");
}

#[tokio::test]
async fn whoever_speaks_http_2_and_asks_nothing_is_not_waited_for() {
    let town = Town::found().await;
    let mut idle = connect(&town).await;
    idle.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
    // An empty SETTINGS frame.
    idle.write_all(&[0, 0, 0, 4, 0, 0, 0, 0, 0]).await.unwrap();
    read_to_end(&mut idle).await;
}

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

#[tokio::test]
async fn a_body_that_pauses_is_not_waited_for() {
    let town = Town::found().await;
    let mut slow = connect(&town).await;
    let head = "POST /api/v1/portal/track HTTP/1.1\r\nHost: qinghe.example\r\n\
         Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"code\"";
    slow.write_all(head.as_bytes()).await.unwrap();
    let answer = read_to_end(&mut slow).await;
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
}
