//! Bytes of any encoding become text, row by row.
//!
//! A file is read in one encoding, told by its mark, by its map, or from its bytes; but files that were
//! put together by hand hold rows of another. So each row is looked at by itself: UTF-8 where its bytes
//! say so, else the file's encoding, and a row that is neither is not guessed at.

use std::io::{self, Read};

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, GB18030, GBK, UTF_8, UTF_16BE, UTF_16LE};

/// How many bytes of a file its encoding is told from.
pub const SAMPLE_BYTES: usize = 1 << 20;

/// The encoding of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileEncoding {
    encoding: &'static Encoding,
}

/// There is no encoding of this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no encoding `{0}`; try utf-8, gb18030 or utf-16le")]
pub struct UnknownEncoding(pub String);

/// The cell that could not be read, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Undecodable(pub usize);

impl FileEncoding {
    /// Takes the encoding that is named, or tells it from the first bytes of the file.
    ///
    /// # Errors
    /// [`UnknownEncoding`] if there is none of that name.
    pub fn of(sample: &[u8], named: Option<&str>) -> Result<FileEncoding, UnknownEncoding> {
        match named {
            Some(name) => Encoding::for_label(name.as_bytes())
                .map(|encoding| FileEncoding { encoding })
                .ok_or_else(|| UnknownEncoding(name.to_owned())),
            None => Ok(FileEncoding::told(sample)),
        }
    }

    /// Tells the encoding from the first bytes of a file.
    pub fn told(sample: &[u8]) -> FileEncoding {
        let marked = Encoding::for_bom(sample).map(|(encoding, _)| encoding);
        let encoding = marked.or_else(|| unmarked_utf16(sample));
        FileEncoding {
            encoding: encoding.unwrap_or_else(|| eight_bit(sample)),
        }
    }

    /// Reads a whole file that is in this one encoding.
    pub fn text(self, bytes: &[u8]) -> String {
        self.encoding.decode(bytes).0.into_owned()
    }

    /// Returns its name.
    pub fn name(self) -> &'static str {
        self.encoding.name()
    }

    /// Tells whether the file is made of 16-bit units, and has to be rewritten before rows can be told.
    fn is_utf16(self) -> bool {
        self.encoding == UTF_16LE || self.encoding == UTF_16BE
    }

    /// Returns a reader of bytes in which commas, quotes and line ends are what they look like.
    pub fn reader(self, file: impl Read + 'static) -> Box<dyn Read> {
        if self.is_utf16() {
            Box::new(Rewriting::new(self.encoding, file))
        } else {
            Box::new(file)
        }
    }

    /// Reads the cells of a row.
    ///
    /// # Errors
    /// [`Undecodable`] for the first cell that is in no encoding; nothing is replaced or guessed.
    pub fn row<'a>(self, cells: impl Iterator<Item = &'a [u8]> + Clone) -> Result<Vec<String>, Undecodable> {
        if self.is_utf8_row(cells.clone()) {
            let texts = cells.map(|cell| String::from_utf8_lossy(cell).into_owned());
            return Ok(texts.collect());
        }
        cells
            .enumerate()
            .map(|(at, cell)| self.cell(cell).ok_or(Undecodable(at)))
            .collect()
    }

    fn is_utf8_row<'a>(self, mut cells: impl Iterator<Item = &'a [u8]> + Clone) -> bool {
        let valid = cells.clone().all(|cell| std::str::from_utf8(cell).is_ok());
        // Two bytes that are a letter in UTF-8 may be a Chinese character elsewhere; three in a row hardly.
        valid
            && (self.encoding == UTF_8
                || self.is_utf16()
                || cells.all(|cell| cell.is_ascii() || has_long(cell)))
    }

    fn cell(self, cell: &[u8]) -> Option<String> {
        match std::str::from_utf8(cell) {
            Ok(text) if text.is_ascii() || has_long(cell) => return Some(text.to_owned()),
            Ok(_) | Err(_) => {}
        }
        if mostly_utf8(cell) {
            return None; // Broken UTF-8: another encoding would only give nonsense.
        }
        let other = if self.encoding == UTF_8 || self.is_utf16() {
            GB18030
        } else {
            self.encoding
        };
        other
            .decode_without_bom_handling_and_without_replacement(cell)
            .map(|text| text.into_owned())
    }
}

/// Tells UTF-16 without a mark: text with ASCII in it has a zero in every other byte.
fn unmarked_utf16(sample: &[u8]) -> Option<&'static Encoding> {
    let zeros = |parity: usize| {
        sample
            .iter()
            .skip(parity)
            .step_by(2)
            .filter(|byte| **byte == 0)
            .count()
    };
    let (even, odd) = (zeros(0), zeros(1));
    let few = sample.len() / 20;
    match (even > few, odd > few) {
        (false, true) => Some(UTF_16LE),
        (true, false) => Some(UTF_16BE),
        (true, true) | (false, false) => None,
    }
}

fn eight_bit(sample: &[u8]) -> &'static Encoding {
    if sample.is_ascii() || mostly_utf8(sample) {
        return UTF_8;
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(sample, true);
    let guess = detector.guess(Some(b"cn"), Utf8Detection::Deny);
    if guess == GBK { GB18030 } else { guess }
}

/// Tells whether `bytes`, valid UTF-8, hold a character of three bytes or more.
fn has_long(bytes: &[u8]) -> bool {
    bytes.iter().any(|byte| *byte >= 0xe0)
}

/// Tells whether most bytes beyond ASCII stand in UTF-8 characters of three bytes or more.
fn mostly_utf8(bytes: &[u8]) -> bool {
    let (mut long, mut rest) = (0, 0);
    for chunk in bytes.utf8_chunks() {
        rest += chunk.invalid().len();
        for c in chunk.valid().chars().filter(|c| !c.is_ascii()) {
            match c.len_utf8() {
                2 => rest += 2,
                length => long += length,
            }
        }
    }
    long > rest
}

/// Rewrites 16-bit units as UTF-8 while reading; a unit that is no character becomes U+FFFD.
struct Rewriting<R> {
    inner: R,
    decoder: encoding_rs::Decoder,
    ready: Vec<u8>,
    at: usize,
    ended: bool,
}

impl<R: Read> Rewriting<R> {
    fn new(encoding: &'static Encoding, inner: R) -> Self {
        Rewriting {
            inner,
            decoder: encoding.new_decoder(),
            ready: Vec::new(),
            at: 0,
            ended: false,
        }
    }

    fn refill(&mut self) -> io::Result<()> {
        let mut raw = [0; 8192];
        let length = self.inner.read(&mut raw)?;
        self.ended = length == 0;
        // Three bytes of UTF-8 for each unit of two, and room for one character held back from before.
        self.ready.resize(length * 2 + 16, 0);
        let (_, _, written, _) = self
            .decoder
            .decode_to_utf8(&raw[..length], &mut self.ready, self.ended);
        self.ready.truncate(written);
        self.at = 0;
        Ok(())
    }
}

impl<R: Read> Read for Rewriting<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.at == self.ready.len() && !self.ended {
            self.refill()?;
        }
        let length = out.len().min(self.ready.len() - self.at);
        out[..length].copy_from_slice(&self.ready[self.at..self.at + length]);
        self.at += length;
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gb(text: &str) -> Vec<u8> {
        GB18030.encode(text).0.into_owned()
    }

    fn row(file: FileEncoding, cells: &[&[u8]]) -> Result<Vec<String>, Undecodable> {
        file.row(cells.iter().copied())
    }

    fn named(name: &str) -> FileEncoding {
        FileEncoding::of(b"", Some(name)).expect("the encoding is known")
    }

    #[test]
    fn the_encoding_is_told_from_the_bytes() {
        let text = "编号,内容\n1,夜间施工噪音扰民，请有关部门处理";
        let told = |bytes: &[u8]| FileEncoding::of(bytes, None).expect("told").name();
        assert_eq!(told(text.as_bytes()), "UTF-8");
        assert_eq!(told(&gb(text)), "gb18030");
        assert_eq!(told(b"id,text\n1,noise"), "UTF-8");
        let units: Vec<u8> = "id,text\n1,噪音"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        assert_eq!(told(&units), "UTF-16LE");
        assert_eq!(told(&[0xfe, 0xff, 0, b'i']), "UTF-16BE");
    }

    #[test]
    fn an_unknown_encoding_is_refused_by_name() {
        let error = FileEncoding::of(b"", Some("gb9999")).expect_err("refused");
        assert!(error.to_string().contains("gb9999"));
    }

    #[test]
    fn rows_of_another_encoding_are_read_too() {
        let chinese = gb("噪音扰民");
        assert_eq!(
            row(named("utf-8"), &[b"1", &chinese]),
            Ok(vec!["1".to_owned(), "噪音扰民".to_owned()])
        );
        assert_eq!(
            row(named("gb18030"), &[b"1", "噪音扰民".as_bytes()]),
            Ok(vec!["1".to_owned(), "噪音扰民".to_owned()])
        );
        assert_eq!(
            row(named("utf-8"), &["停暖".as_bytes(), &chinese]),
            Ok(vec!["停暖".to_owned(), "噪音扰民".to_owned()])
        );
    }

    #[test]
    fn a_short_chinese_word_is_not_taken_for_a_foreign_letter() {
        // D2 BB is 一 in GB18030 and a Cyrillic letter in UTF-8.
        assert_eq!(row(named("gb18030"), &[&gb("一")]), Ok(vec!["一".to_owned()]));
    }

    #[test]
    fn characters_of_four_bytes_are_read() {
        let rare = gb("𬭚铁公司");
        assert_eq!(row(named("gb18030"), &[&rare]), Ok(vec!["𬭚铁公司".to_owned()]));
    }

    #[test]
    fn broken_bytes_are_not_guessed_at() {
        let mut broken = "夜间施工噪音扰民".as_bytes().to_vec();
        broken.remove(4);
        assert_eq!(row(named("utf-8"), &[b"1", &broken]), Err(Undecodable(1)));
        assert_eq!(row(named("gb18030"), &[&[0xc4, 0xff, 0xff]]), Err(Undecodable(0)));
    }

    #[test]
    fn units_of_16_bits_are_rewritten_across_reads() {
        let text = "编号\t内容\r\n".repeat(3_000) + "😀";
        let mut bytes = vec![0xff, 0xfe];
        bytes.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
        let file = FileEncoding::of(&bytes, None).expect("told");
        let mut read = String::new();
        file.reader(io::Cursor::new(bytes))
            .read_to_string(&mut read)
            .expect("read");
        assert_eq!(read, text);
    }
}
