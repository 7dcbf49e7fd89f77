//! Bodies of requests whose senders take their time: a body that pauses, or drips, is ended, for all the
//! while it holds room that others wait for.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes, HttpBody};
use http_body::{Frame, SizeHint};
use tokio::time::Sleep;

use super::{BODY_BYTES_PER_SECOND, BODY_GRACE, BODY_PAUSE};

/// Why a body was ended.
#[derive(Debug, thiserror::Error)]
#[error("the body took too long")]
struct TooSlow;

/// Tells whether a body was ended.
#[derive(Debug, Clone, Default)]
pub struct Ended(Arc<AtomicBool>);

impl Ended {
    /// Whether it was.
    pub fn is_so(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// A body that ends when nothing comes for too long, or too little.
pub struct Patient {
    body: Body,
    /// When it was first asked for.
    began: Option<Instant>,
    taken: u64,
    pause: Option<Pin<Box<Sleep>>>,
    ended: Ended,
}

impl Patient {
    /// Puts a bound on the patience with a body, and returns what tells whether it came to its end.
    pub fn with(body: Body) -> (Body, Ended) {
        let ended = Ended::default();
        if body.is_end_stream() {
            return (body, ended);
        }
        let patient = Patient {
            body,
            began: None,
            taken: 0,
            pause: None,
            ended: ended.clone(),
        };
        (Body::new(patient), ended)
    }

    fn end(&mut self) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        self.ended.0.store(true, Ordering::Relaxed);
        Poll::Ready(Some(Err(axum::Error::new(TooSlow))))
    }

    /// Whether nothing has come for too long.
    fn paused(&mut self, cx: &mut Context<'_>) -> bool {
        let begin = || Box::pin(tokio::time::sleep(BODY_PAUSE));
        self.pause.get_or_insert_with(begin).as_mut().poll(cx).is_ready()
    }
}

impl HttpBody for Patient {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let began = *self.began.get_or_insert_with(Instant::now);
        match Pin::new(&mut self.body).poll_frame(cx) {
            Poll::Ready(Some(Ok(frame))) => {
                self.pause = None;
                self.taken += frame.data_ref().map_or(0, |data| data.len() as u64);
                match drips(began.elapsed(), self.taken) {
                    true => self.end(),
                    false => Poll::Ready(Some(Ok(frame))),
                }
            }
            Poll::Pending if self.paused(cx) => self.end(),
            other => other,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Whether so little has come in so much time that the sender only means to hold the room.
fn drips(elapsed: Duration, bytes: u64) -> bool {
    let counted = elapsed.saturating_sub(BODY_GRACE).as_secs();
    bytes < counted.saturating_mul(BODY_BYTES_PER_SECOND)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_line_is_waited_for_and_a_drip_is_not() {
        let after = Duration::from_secs;
        assert!(!drips(after(10), 1));
        assert!(drips(after(12), 12));
        // Two kilobytes a second, as a bad telephone line has.
        assert!(!drips(after(50), 100_000));
    }
}
