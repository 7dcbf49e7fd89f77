//! Many connections that send messages as fast as they are answered.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use bihuan_core::id::uuid_v7;
use bihuan_web::app::SystemEntropy;
use jiff::Timestamp;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::bench::message::Message;
use crate::failure::Failure;

/// The longest answer that is read.
const ANSWER_BYTES: usize = 16 << 10;

/// What to send, and for how long.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    /// The server.
    pub address: SocketAddr,
    /// Connections that send at the same time.
    pub connections: usize,
    /// How long messages are sent before anything is counted.
    pub warm_up: Duration,
    /// How long to count.
    pub duration: Duration,
    /// The most messages that are sent.
    pub cases: usize,
    /// Messages a second; `None` for as many as are answered.
    pub rate: Option<f64>,
}

/// What was taken in.
#[derive(Debug, Clone, Copy)]
pub struct Taken {
    /// Messages that were acknowledged.
    pub cases: usize,
    /// In how long.
    pub elapsed: Duration,
}

/// What all connections share.
struct Shared {
    requests: Vec<Vec<u8>>,
    next: AtomicUsize,
    most: usize,
    began: Instant,
    rate: Option<f64>,
    acknowledged: AtomicUsize,
    stop: AtomicBool,
}

impl Load {
    /// Sends messages; returns what was taken in after the warm-up, and what `cpu` grew by meanwhile.
    ///
    /// # Errors
    /// A connection that breaks, or an answer that is no receipt.
    pub fn run(
        &self,
        messages: &[Message],
        cpu: &dyn Fn() -> Result<Duration, Failure>,
    ) -> Result<(Taken, Duration), Failure> {
        // One thread: what the load takes is taken from the server, which shares the machine.
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .context("the operating system gives no threads")?;
        runtime.block_on(self.send(messages, cpu))
    }

    async fn send(
        &self,
        messages: &[Message],
        cpu: &dyn Fn() -> Result<Duration, Failure>,
    ) -> Result<(Taken, Duration), Failure> {
        let shared = Arc::new(Shared {
            requests: messages.iter().map(|message| self.request(message)).collect(),
            next: AtomicUsize::new(0),
            most: self.cases,
            began: Instant::now(),
            rate: self.rate,
            acknowledged: AtomicUsize::new(0),
            stop: AtomicBool::new(false),
        });
        let mut connections = tokio::task::JoinSet::new();
        for _ in 0..self.connections {
            connections.spawn(one_connection(self.address, Arc::clone(&shared)));
        }
        tokio::time::sleep(self.warm_up).await;
        let (began, cpu_before) = (Instant::now(), cpu()?);
        let before = shared.acknowledged.load(Ordering::Relaxed);
        let all_sent = async {
            while connections
                .join_next()
                .await
                .transpose()
                .is_ok_and(|one| one.is_some())
            {}
        };
        // Whichever comes first: the time is over, or everything is sent.
        let _ = tokio::time::timeout(self.duration, all_sent).await;
        let (elapsed, cpu_after) = (began.elapsed(), cpu()?);
        let cases = shared.acknowledged.load(Ordering::Relaxed) - before;
        shared.stop.store(true, Ordering::Relaxed);
        while let Some(ended) = connections.join_next().await {
            ended
                .context("a connection broke off")?
                .map_err(Failure::Internal)?;
        }
        if cases == 0 {
            return Err(Failure::Internal(anyhow::anyhow!(
                "no message was taken in while it was counted: send more, or for longer"
            )));
        }
        Ok((Taken { cases, elapsed }, cpu_after.saturating_sub(cpu_before)))
    }

    /// Returns a request whose idempotency key is still to be written in.
    fn request(&self, message: &Message) -> Vec<u8> {
        let (address, body) = (self.address, &message.body);
        let head = format!(
            "POST /api/v1/portal/messages HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\nIdempotency-Key: ",
            body.len()
        );
        format!("{head}{KEY_PLACE}\r\n\r\n{body}").into_bytes()
    }
}

/// What stands in a request for its key: the same length as a key.
const KEY_PLACE: &str = "00000000-0000-7000-8000-000000000000";

async fn one_connection(address: SocketAddr, shared: Arc<Shared>) -> Result<()> {
    let mut stream = TcpStream::connect(address)
        .await
        .context("the server does not answer")?;
    stream.set_nodelay(true)?;
    let mut answer = Vec::with_capacity(ANSWER_BYTES);
    while !shared.stop.load(Ordering::Relaxed) {
        let at = shared.next.fetch_add(1, Ordering::Relaxed);
        if at >= shared.most {
            break;
        }
        if let Some(rate) = shared.rate {
            let turn = shared.began + Duration::from_secs_f64(at as f64 / rate);
            tokio::time::sleep_until(turn.into()).await;
        }
        let mut request = shared.requests[at % shared.requests.len()].clone();
        write_key(&mut request);
        stream.write_all(&request).await?;
        read_answer(&mut stream, &mut answer).await?;
        if !answer.starts_with(b"HTTP/1.1 201") {
            bail!("a message was not taken in: {}", String::from_utf8_lossy(&answer));
        }
        shared.acknowledged.fetch_add(1, Ordering::Relaxed);
    }
    Ok(())
}

/// Gives a request a key that no other has: a UUIDv7, as RFC 9562 advises those who make many.
fn write_key(request: &mut [u8]) {
    let key = uuid_v7(Timestamp::now(), &mut SystemEntropy).to_string();
    let end = request.windows(4).position(|four| four == b"\r\n\r\n");
    if let Some(end) = end {
        request[end - KEY_PLACE.len()..end].copy_from_slice(key.as_bytes());
    }
}

/// Reads one answer, head and body.
async fn read_answer(stream: &mut TcpStream, answer: &mut Vec<u8>) -> Result<()> {
    answer.clear();
    loop {
        if stream.read_buf(answer).await? == 0 {
            bail!("the server closed a connection");
        }
        if let Some(length) = length_of(answer)
            && answer.len() >= length
        {
            return Ok(());
        }
        if answer.len() > ANSWER_BYTES {
            bail!("an answer is longer than any receipt");
        }
    }
}

/// Returns the length of head and body, once the head is there.
fn length_of(answer: &[u8]) -> Option<usize> {
    let head = answer.windows(4).position(|four| four == b"\r\n\r\n")?;
    let text = std::str::from_utf8(&answer[..head]).ok()?;
    let body = text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        let is_length = name.eq_ignore_ascii_case("content-length");
        is_length.then(|| value.trim().parse::<usize>().ok())?
    });
    Some(head + 4 + body.unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_whole_with_its_last_byte() {
        let answer = b"HTTP/1.1 201 Created\r\nContent-Length: 3\r\n\r\nabc";
        assert_eq!(length_of(answer), Some(answer.len()));
        assert_eq!(length_of(&answer[..20]), None);
    }

    #[test]
    fn every_request_gets_a_key_of_its_own() {
        let keyed = || {
            let mut request =
                format!("POST / HTTP/1.1\r\nIdempotency-Key: {KEY_PLACE}\r\n\r\n{{}}").into_bytes();
            write_key(&mut request);
            String::from_utf8(request).expect("text")
        };
        let (one, other) = (keyed(), keyed());
        assert!(one.ends_with("\r\n\r\n{}") && !one.contains(KEY_PLACE), "{one}");
        assert_ne!(one, other);
    }
}
