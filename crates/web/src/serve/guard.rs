//! What stands between the network and the requests: who may connect, and for how long.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use axum::http::Request;
use axum_server::accept::Accept;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Sleep;
use tower::Service;

use crate::limits::STALL_TIME;
use crate::limits::connections::{Connections, Seat};
use crate::limits::life::Life;

type Boxed<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Lets connections in before `inner` does whatever it does with them, such as speaking TLS.
#[derive(Clone)]
pub struct Guard<A> {
    inner: A,
    connections: Arc<Connections>,
}

impl<A> Guard<A> {
    /// Stands before `inner`.
    pub fn before(inner: A, connections: Arc<Connections>) -> Guard<A> {
        Guard { inner, connections }
    }
}

impl<A, S> Accept<TcpStream, S> for Guard<A>
where
    A: Accept<Guarded, Watched<S>>,
    A::Future: Send + 'static,
{
    type Stream = A::Stream;
    type Service = A::Service;
    type Future = Boxed<io::Result<(A::Stream, A::Service)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let seat = stream.peer_addr().map(|peer| self.connections.enter(peer.ip()));
        match seat {
            Ok(Some(seat)) => {
                let life = Life::begin(Instant::now());
                let watched = Watched {
                    service,
                    life: Arc::clone(&life),
                };
                Box::pin(self.inner.accept(Guarded::new(stream, life, seat), watched))
            }
            Ok(None) => {
                let full = io::Error::new(io::ErrorKind::ConnectionRefused, "too many connections");
                Box::pin(async move { Err(full) })
            }
            Err(error) => Box::pin(async move { Err(error) }),
        }
    }
}

/// The service of one connection; it tells the connection's life of each request.
#[derive(Clone)]
pub struct Watched<S> {
    service: S,
    life: Arc<Life>,
}

impl<S, B> Service<Request<B>> for Watched<S>
where
    S: Service<Request<B>>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Boxed<Result<S::Response, S::Error>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.service.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let asking = self.life.ask();
        request.extensions_mut().insert(Arc::clone(&self.life));
        let answer = self.service.call(request);
        Box::pin(async move {
            let answer = answer.await;
            drop(asking);
            answer
        })
    }
}

/// A connection that ends when its life does, or when nothing that is written goes out.
pub struct Guarded {
    stream: TcpStream,
    life: Arc<Life>,
    alarm: Pin<Box<Sleep>>,
    /// Since when nothing can be written.
    blocked_since: Option<Instant>,
    _seat: Seat,
}

impl Guarded {
    fn new(stream: TcpStream, life: Arc<Life>, seat: Seat) -> Guarded {
        Guarded {
            stream,
            life,
            alarm: Box::pin(tokio::time::sleep(STALL_TIME)),
            blocked_since: None,
            _seat: seat,
        }
    }

    /// Whether the connection is to be ended now; if not, whoever waits for it is woken when that may be.
    fn is_over(&mut self, cx: &mut Context<'_>) -> bool {
        loop {
            let blocked = self.blocked_since.map(|since| since + STALL_TIME);
            let ends_at = [self.life.ends_at(), blocked].into_iter().flatten().min();
            let now = Instant::now();
            if ends_at.is_some_and(|at| at <= now) {
                return true;
            }
            let look_at = ends_at.unwrap_or(now + STALL_TIME).into();
            // A later end is found out when the alarm goes off: resetting it at each byte costs more.
            if self.alarm.is_elapsed() || look_at < self.alarm.deadline() {
                self.alarm.as_mut().reset(look_at);
            }
            if self.alarm.as_mut().poll(cx).is_pending() {
                return false;
            }
        }
    }

    /// Passes on what came of writing, and notes whether anything went out.
    fn wrote(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if written.is_ready() {
            self.blocked_since = None;
            return written;
        }
        self.blocked_since.get_or_insert_with(Instant::now);
        match self.is_over(cx) {
            true => Poll::Ready(Err(over())),
            false => Poll::Pending,
        }
    }
}

fn over() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "nothing happened on the connection")
}

impl AsyncRead for Guarded {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = into.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, into);
        match read {
            Poll::Pending if self.is_over(cx) => Poll::Ready(Err(over())),
            Poll::Pending => Poll::Pending,
            Poll::Ready(result) => {
                if into.filled().len() > before {
                    self.life.hear();
                }
                Poll::Ready(result)
            }
        }
    }
}

impl AsyncWrite for Guarded {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.wrote(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, pieces);
        self.wrote(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        if flushed.is_ready() {
            self.life.flushed();
        }
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
