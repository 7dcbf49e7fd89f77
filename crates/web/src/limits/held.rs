//! Answers hold their room until they are sent: what lies in memory for somebody who does not read it
//! counts as what is under way.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use axum::body::{Body, Bytes, HttpBody};
use http_body::{Frame, SizeHint};

use super::CHUNK_BYTES;
use super::admission::Slot;
use super::life::{Life, Sending};

/// The body of an answer, with its room. It is handed on in pieces: a page that is handed on whole would
/// lie with the connection, and its room would be free.
pub struct Held {
    body: Body,
    /// What is left of the last piece of the body.
    rest: Bytes,
    slot: Option<Slot>,
    sending: Option<Sending>,
}

impl Held {
    /// Gives a body its room to hold; `life` is its connection's, where there is one.
    pub fn with(body: Body, slot: Slot, life: Option<&Arc<Life>>) -> Body {
        if body.is_end_stream() {
            return body;
        }
        Body::new(Held {
            body,
            rest: Bytes::new(),
            slot: Some(slot),
            sending: life.map(|life| life.send(Instant::now())),
        })
    }

    fn piece(&mut self) -> Frame<Bytes> {
        let length = self.rest.len().min(CHUNK_BYTES);
        Frame::data(self.rest.split_to(length))
    }

    /// Lets go of the room when the last piece was taken: at once, or when that is sent.
    fn let_go_at_the_end(&mut self) {
        if self.is_end_stream()
            && let (Some(sending), Some(slot)) = (&self.sending, self.slot.take())
        {
            sending.keep_until_sent(slot);
        }
    }
}

impl HttpBody for Held {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if let Some(sending) = &self.sending {
            sending.moved(Instant::now());
        }
        if self.rest.is_empty() {
            let next = ready!(Pin::new(&mut self.body).poll_frame(cx));
            match next.map(|frame| frame.map(Frame::into_data)) {
                Some(Ok(Ok(data))) => self.rest = data,
                Some(Ok(Err(trailers))) => return Poll::Ready(Some(Ok(trailers))),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => {
                    self.let_go_at_the_end();
                    return Poll::Ready(None);
                }
            }
        }
        let piece = self.piece();
        self.let_go_at_the_end();
        Poll::Ready(Some(Ok(piece)))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (left, rest) = (self.body.size_hint(), self.rest.len() as u64);
        let mut hint = SizeHint::new();
        hint.set_lower(left.lower() + rest);
        if let Some(upper) = left.upper() {
            hint.set_upper(upper + rest);
        }
        hint
    }
}
