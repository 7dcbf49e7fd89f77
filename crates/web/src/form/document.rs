//! Documents that the staff bring: PDF, kept as they are.
//!
//! A photo is walked part by part and copied without what is not the picture. Nothing here does that for a PDF: who wrote
//! it, where and with what stays in it, and so may what a viewer would run. So none is taken from reporters or shown to
//! them, pages say that it is as it was sent, and it is answered with a policy under which nothing in it runs.

use super::photo::{self, Photo, PhotoError};

/// What a PDF's file is.
pub const PDF: &str = "application/pdf";

/// What a PDF begins with; old viewers look for it further on too, which lets a file be two things at once.
const BEGIN: &[u8] = b"%PDF-";

/// What a PDF ends with, but for a few bytes.
const END: &[u8] = b"%%EOF";

/// How far before the end of the file that stands.
const END_BYTES: usize = 1024;

/// Returns a photo cleaned, or a PDF as it is.
///
/// # Errors
/// [`PhotoError`] if it is neither, or a broken one.
pub fn take(bytes: &[u8]) -> Result<Photo, PhotoError> {
    if !bytes.starts_with(BEGIN) {
        return photo::clean(bytes);
    }
    let tail = &bytes[bytes.len().saturating_sub(END_BYTES)..];
    let ends = tail.windows(END.len()).any(|part| part == END);
    let version = bytes.get(BEGIN.len()..BEGIN.len() + 3);
    let known = matches!(version, Some([b'1' | b'2', b'.', b'0'..=b'9']));
    match ends && known {
        true => Ok(Photo {
            media_type: PDF,
            bytes: bytes.to_vec(),
        }),
        false => Err(PhotoError::Damaged),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pdf_is_told_by_its_first_and_last_bytes_and_kept_as_it_is() {
        let whole = b"%PDF-1.7\nwhatever\n%%EOF\n";
        let taken = take(whole).unwrap();
        assert_eq!(
            (taken.media_type, taken.bytes.as_slice()),
            (PDF, whole.as_slice())
        );
        let cut = [whole.as_slice(), &[b' '; 2000]].concat();
        for broken in [&whole[..12], b"%PDF-1.7", b"%PDF-", b"%PDF-9.9\n%%EOF", &cut] {
            assert_eq!(take(broken), Err(PhotoError::Damaged), "{broken:?}");
        }
        for other in [b" %PDF-1.7\n%%EOF".as_slice(), b"<html>%PDF-1.7 %%EOF", b""] {
            assert_eq!(take(other), Err(PhotoError::Format), "{other:?}");
        }
    }
}
