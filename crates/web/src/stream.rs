//! Files on their way out, piece by piece: nobody's slow line keeps more than one piece in memory, and no
//! thread waits for it.

use std::fs::File;
use std::future::Future;
use std::io::{self, Read};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::body::{Body, Bytes, HttpBody};
use http_body::{Frame, SizeHint};
use tokio::task::JoinHandle;

/// How much of a file is read at once.
const PIECE_BYTES: u64 = 64 << 10;

/// The body of an answer that is a file.
pub struct FileBody {
    file: Option<File>,
    reading: Option<JoinHandle<io::Result<(File, Bytes)>>>,
    left: u64,
}

impl FileBody {
    /// Makes a body of the next `size_bytes` of a file.
    pub fn of(file: File, size_bytes: u64) -> Body {
        Body::new(FileBody {
            file: Some(file),
            reading: None,
            left: size_bytes,
        })
    }

    /// Returns what is being read, which begins now if nothing is.
    fn reading(&mut self) -> Option<&mut JoinHandle<io::Result<(File, Bytes)>>> {
        if let Some(file) = self.file.take() {
            let most = self.left.min(PIECE_BYTES);
            self.reading = Some(tokio::task::spawn_blocking(move || read_piece(file, most)));
        }
        self.reading.as_mut()
    }
}

fn read_piece(file: File, most: u64) -> io::Result<(File, Bytes)> {
    let mut piece = Vec::new();
    (&file).take(most).read_to_end(&mut piece)?;
    // A file that ends early would leave its reader waiting for the rest.
    match piece.is_empty() {
        true => Err(io::ErrorKind::UnexpectedEof.into()),
        false => Ok((file, piece.into())),
    }
}

impl HttpBody for FileBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        let Some(reading) = self.reading() else {
            return Poll::Ready(None);
        };
        let read = ready!(Pin::new(reading).poll(cx));
        self.reading = None;
        let piece = read.map_err(io::Error::other).flatten().map(|(file, piece)| {
            self.file = Some(file);
            self.left -= piece.len() as u64;
            Frame::data(piece)
        });
        Poll::Ready(Some(piece))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::io::{Seek, Write};

    use super::*;

    #[tokio::test]
    async fn a_file_comes_in_pieces_and_whole() {
        let mut file = tempfile::tempfile().unwrap();
        let content: Vec<u8> = (0..200_000_u32).map(|at| (at % 251) as u8).collect();
        file.write_all(&content).unwrap();
        file.rewind().unwrap();
        let mut body = FileBody::of(file, content.len() as u64);
        let (mut come, mut most) = (Vec::new(), 0);
        while let Some(frame) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
            let piece = frame.unwrap().into_data().unwrap();
            most = most.max(piece.len());
            come.extend_from_slice(&piece);
        }
        assert_eq!(come, content);
        assert!(most as u64 <= PIECE_BYTES);
    }

    #[tokio::test]
    async fn a_file_that_ends_early_is_an_error() {
        let mut body = FileBody::of(tempfile::tempfile().unwrap(), 7);
        let frame = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await;
        assert!(frame.unwrap().is_err());
    }
}
