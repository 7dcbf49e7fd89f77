//! One connection that asks one thing after the other.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use anyhow::{Context as _, Result, bail, ensure};

/// The longest answer that is read.
const ANSWER_BYTES: usize = 4 << 20;

/// The connection.
#[derive(Debug)]
pub struct Client {
    stream: TcpStream,
    address: SocketAddr,
    token: String,
}

impl Client {
    /// Connects; asks in the name of whoever has the token.
    ///
    /// # Errors
    /// A server that does not answer.
    pub fn connect(address: SocketAddr, token: &str) -> Result<Client> {
        let stream = TcpStream::connect(address).context("the server does not answer")?;
        stream.set_nodelay(true)?;
        Ok(Client {
            stream,
            address,
            token: token.to_owned(),
        })
    }

    /// Reads a page.
    ///
    /// # Errors
    /// A connection that breaks, or an answer that is not 200.
    pub fn get(&mut self, path: &str) -> Result<String> {
        let head = format!(
            "GET {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n\r\n",
            self.address, self.token
        );
        self.ask(&head).with_context(|| format!("GET {path}"))
    }

    /// Sends JSON as somebody without an account.
    ///
    /// # Errors
    /// As [`Client::get`].
    pub fn post(&mut self, path: &str, body: &str) -> Result<String> {
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        );
        self.ask(&head).with_context(|| format!("POST {path}"))
    }

    fn ask(&mut self, request: &str) -> Result<String> {
        let answer = self.ask_once(request)?;
        if let Some(answer) = answer {
            return Ok(answer);
        }
        // A connection on which nothing was asked for some seconds is closed by the server.
        self.stream = TcpStream::connect(self.address).context("the server does not answer")?;
        self.stream.set_nodelay(true)?;
        let answer = self.ask_once(request)?;
        answer.context("the server closed the connection")
    }

    /// Returns the answer; `None` where the connection was closed before anything of it came.
    fn ask_once(&mut self, request: &str) -> Result<Option<String>> {
        if self.stream.write_all(request.as_bytes()).is_err() {
            return Ok(None);
        }
        let mut answer = Vec::with_capacity(64 << 10);
        let mut piece = [0; 16 << 10];
        loop {
            let read = match self.stream.read(&mut piece) {
                Ok(read) => read,
                Err(_reset) if answer.is_empty() => 0,
                Err(error) => return Err(error.into()),
            };
            if read == 0 && answer.is_empty() {
                return Ok(None);
            }
            ensure!(read > 0, "the server closed the connection");
            answer.extend_from_slice(&piece[..read]);
            ensure!(answer.len() <= ANSWER_BYTES, "an answer is longer than any page");
            if let Some((head, body)) = whole(&answer)? {
                if !head.starts_with("HTTP/1.1 200") {
                    bail!("answered {}", head.lines().next().unwrap_or_default());
                }
                return Ok(Some(body.to_owned()));
            }
        }
    }
}

/// Returns head and body of an answer, once its last byte is there.
fn whole(answer: &[u8]) -> Result<Option<(&str, &str)>> {
    let Some(end) = answer.windows(4).position(|four| four == b"\r\n\r\n") else {
        return Ok(None);
    };
    let head = std::str::from_utf8(&answer[..end])?;
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.trim().parse::<usize>())
    });
    let length = length.context("an answer without its length")??;
    let body = &answer[end + 4..];
    if body.len() < length {
        return Ok(None);
    }
    Ok(Some((head, std::str::from_utf8(&body[..length])?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_whole_with_its_last_byte() {
        let answer = "HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\n路灯".as_bytes();
        let (head, body) = whole(answer).expect("text").expect("whole");
        assert_eq!((head.lines().count(), body), (2, "路灯"));
        assert!(whole(&answer[..answer.len() - 1]).expect("text").is_none());
        assert!(whole(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
    }
}
