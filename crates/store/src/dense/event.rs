//! Events: JSON whose ids and digests are lifted out as bytes, and whose rest is compressed by zstd with a
//! dictionary that ships with the program.
//!
//! Ids and digests are most of an event and cannot be compressed, but 16 bytes are written in 38 characters and
//! 32 in 66. What remains is the same few words over and over, which the dictionary knows before the first event.

use std::borrow::Cow;
use std::cell::RefCell;
use std::sync::LazyLock;

use zstd::zstd_safe::{CCtx, CDict, CParameter, DCtx, DDict, compress_bound, get_frame_content_size};

use crate::error::StoreError;

/// The dictionary of [`PRESSED`], made by `cargo xtask dictionary`. It never changes: events are read with it for
/// ever. Another one is another form.
static DICTIONARY: &[u8] = include_bytes!("event.1.dictionary");

/// First byte: the plain bytes follow.
const PLAIN: u8 = 0;
/// First byte: how many times 16 bytes were lifted out, these, and a zstd frame without its magic number.
const PRESSED: u8 = 1;
/// First byte of an event that lies there as it is hashed.
const JSON: u8 = b'{';

/// Stands in the rest for an id between quotes, and for a digest; JSON has neither byte.
const ID: u8 = 1;
const DIGEST: u8 = 2;

/// What a frame of zstd begins with.
const MAGIC: [u8; 4] = [0x28, 0xB5, 0x2F, 0xFD];

/// Larger events are not pressed, and a frame that says it holds more is not opened.
const LARGEST: usize = 16 << 20;

/// Costs 3 to 4 µs an event with the lifting; the levels above gain little.
const LEVEL: i32 = 3;

/// Bytes of a unit that is lifted out: an id is one, a digest two.
const UNIT: usize = 16;

static COMPRESSING: LazyLock<CDict<'static>> = LazyLock::new(|| CDict::create(DICTIONARY, LEVEL));
static OPENING: LazyLock<DDict<'static>> = LazyLock::new(|| DDict::create(DICTIONARY));

thread_local! {
    static PRESS: RefCell<Option<CCtx<'static>>> = const { RefCell::new(None) };
    static OPEN: RefCell<Opener> = RefCell::new(Opener {
        context: DCtx::create(),
        frame: Vec::new(),
        rest: Vec::new(),
    });
}

/// Returns how an event lies on disk.
pub(crate) fn press(data: &[u8]) -> Vec<u8> {
    let pressed = || {
        let (rest, lifted) = (data.len() <= LARGEST).then(|| lift(data)).flatten()?;
        let frame = PRESS.with_borrow_mut(|context| compress(context, &rest))?;
        let units = u8::try_from(lifted.len() / UNIT).ok()?;
        let pressed = [&[PRESSED, units], lifted.as_slice(), frame.get(MAGIC.len()..)?].concat();
        (pressed.len() < data.len()).then_some(pressed)
    };
    pressed().unwrap_or_else(|| match data.first() {
        Some(&JSON) => data.to_vec(),
        Some(_) | None => [&[PLAIN], data].concat(),
    })
}

/// Returns the event that lies on disk as `stored`.
///
/// # Errors
/// [`StoreError::Corrupt`] if it is in no form that was ever written.
pub fn open(stored: &[u8]) -> Result<Cow<'_, [u8]>, StoreError> {
    match stored.split_first() {
        Some((&JSON, _)) => Ok(Cow::Borrowed(stored)),
        Some((&PLAIN, data)) => Ok(Cow::Borrowed(data)),
        Some((&PRESSED, pressed)) => OPEN
            .with_borrow_mut(|opener| opener.open(pressed))
            .map(Cow::Owned),
        Some(_) | None => Err(damaged("their form is not known")),
    }
}

/// Returns an event without its ids and digests: what the dictionary is made for.
pub fn rest(data: &[u8]) -> Vec<u8> {
    lift(data).map_or_else(|| data.to_vec(), |(rest, _)| rest)
}

fn damaged(why: &str) -> StoreError {
    StoreError::Corrupt(format!("the bytes of an event cannot be read: {why}"))
}

/// Takes ids and digests out; `None` where their stand-ins occur in the event.
fn lift(data: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    if data.iter().any(|byte| matches!(*byte, ID | DIGEST)) {
        return None;
    }
    let mut rest = Vec::with_capacity(data.len());
    let mut lifted = Vec::with_capacity(data.len() / 2);
    // What follows the last that was taken, and where in it the next quote is looked for.
    let (mut after, mut from) = (data, 0);
    while let Some(quote) = after[from..].iter().position(|byte| *byte == b'"') {
        let text = &after[from + quote..];
        let room = usize::from(u8::MAX) - lifted.len() / UNIT;
        let (stand_in, taken) = if room >= 1 && take_id(text, &mut lifted) {
            (ID, 38)
        } else if room >= 2 && take_digest(text, &mut lifted) {
            (DIGEST, 66)
        } else {
            from += quote + 1;
            continue;
        };
        rest.extend_from_slice(&after[..from + quote]);
        rest.push(stand_in);
        (after, from) = (&text[taken..], 0);
    }
    rest.extend_from_slice(after);
    Some((rest, lifted))
}

/// Takes the id between quotes that `text` begins with, as it is always written.
fn take_id(text: &[u8], lifted: &mut Vec<u8>) -> bool {
    let dashes = [9, 14, 19, 24];
    if text.get(37) != Some(&b'"') || dashes.iter().any(|at| text[*at] != b'-') {
        return false;
    }
    let parts = [
        &text[1..9],
        &text[10..14],
        &text[15..19],
        &text[20..24],
        &text[25..37],
    ];
    take_hex(&parts, lifted)
}

/// Takes the digest between quotes that `text` begins with.
fn take_digest(text: &[u8], lifted: &mut Vec<u8>) -> bool {
    text.get(65) == Some(&b'"') && take_hex(&[&text[1..65]], lifted)
}

fn take_hex(parts: &[&[u8]], lifted: &mut Vec<u8>) -> bool {
    let before = lifted.len();
    for pair in parts.iter().flat_map(|part| part.chunks_exact(2)) {
        match (nibble(pair[0]), nibble(pair[1])) {
            (Some(high), Some(low)) => lifted.push(high << 4 | low),
            _ => {
                lifted.truncate(before);
                return false;
            }
        }
    }
    true
}

/// Returns the value of a digit; capitals are not what we write.
fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

fn compress(context: &mut Option<CCtx<'static>>, rest: &[u8]) -> Option<Vec<u8>> {
    if context.is_none() {
        let mut made = CCtx::create();
        // The first byte names the dictionary already.
        made.set_parameter(CParameter::DictIdFlag(false)).ok()?;
        made.ref_cdict(&COMPRESSING).ok()?;
        *context = Some(made);
    }
    let mut frame = Vec::with_capacity(compress_bound(rest.len()));
    context.as_mut()?.compress2(&mut frame, rest).ok()?;
    Some(frame)
}

/// What opening events needs, kept from one to the next.
struct Opener {
    context: DCtx<'static>,
    frame: Vec<u8>,
    rest: Vec<u8>,
}

impl Opener {
    fn open(&mut self, pressed: &[u8]) -> Result<Vec<u8>, StoreError> {
        let short = || damaged("they end too early");
        let (&units, pressed) = pressed.split_first().ok_or_else(short)?;
        let (mut lifted, frame) = pressed
            .split_at_checked(usize::from(units) * UNIT)
            .ok_or_else(short)?;
        self.frame.clear();
        self.frame.extend_from_slice(&MAGIC);
        self.frame.extend_from_slice(frame);
        let size = get_frame_content_size(&self.frame).ok().flatten();
        let size = size.and_then(|size| usize::try_from(size).ok());
        let size = size.filter(|size| *size <= LARGEST);
        let size = size.ok_or_else(|| damaged("their size is not told or too large"))?;
        self.rest.clear();
        self.rest.reserve(size);
        self.context
            .decompress_using_ddict(&mut self.rest, &self.frame, &OPENING)
            .map_err(|_code| damaged("they do not decompress"))?;
        let mut data = Vec::with_capacity(self.rest.len() + 3 * lifted.len());
        for &byte in &self.rest {
            match byte {
                ID => put_id(take(&mut lifted, UNIT).ok_or_else(short)?, &mut data),
                DIGEST => put_digest(take(&mut lifted, 2 * UNIT).ok_or_else(short)?, &mut data),
                byte => data.push(byte),
            }
        }
        match lifted {
            [] => Ok(data),
            _ => Err(damaged("more was lifted out than they name")),
        }
    }
}

fn take<'a>(from: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (taken, rest) = from.split_at_checked(count)?;
    *from = rest;
    Some(taken)
}

fn put_id(id: &[u8], data: &mut Vec<u8>) {
    data.push(b'"');
    for (at, byte) in id.iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            data.push(b'-');
        }
        put_hex(*byte, data);
    }
    data.push(b'"');
}

fn put_digest(digest: &[u8], data: &mut Vec<u8>) {
    data.push(b'"');
    digest.iter().for_each(|byte| put_hex(*byte, data));
    data.push(b'"');
}

fn put_hex(byte: u8, data: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    data.extend([DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use proptest::prelude::*;

    fn golden() -> Vec<Vec<u8>> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/tests/events/v1");
        let files = folder.read_dir().expect("the folder of golden files is there");
        let read = |file: std::io::Result<std::fs::DirEntry>| {
            let text = std::fs::read(file.expect("listed").path()).expect("read");
            text.trim_ascii_end().to_vec()
        };
        files.map(read).collect()
    }

    #[test]
    fn every_kind_of_event_comes_out_as_it_went_in_and_takes_at_most_half() {
        let (mut plain, mut pressed) = (0, 0);
        for event in golden() {
            let stored = press(&event);
            assert_eq!(open(&stored).expect("opens"), event);
            plain += event.len();
            pressed += stored.len();
        }
        assert!(2 * pressed <= plain, "{pressed} of {plain}");
    }

    #[test]
    fn an_event_of_before_is_read_as_it_lies() {
        for event in golden() {
            assert_eq!(open(&event).expect("opens"), event);
        }
    }

    /// Written when the form was new; the dictionary may never change.
    #[test]
    fn what_was_pressed_when_the_form_was_new_still_opens() {
        let stored = hex::decode(include_str!("event.1.example").trim()).expect("hexadecimal");
        let event = include_bytes!("../../../core/tests/events/v1/case.answered.json");
        assert_eq!(open(&stored).expect("opens"), event.trim_ascii_end());
    }

    #[test]
    fn what_only_looks_like_an_id_stays_as_it_is() {
        let id = "01956000-0000-7000-8000-00000000020f";
        let digest = "0f".repeat(32);
        for text in [
            format!("{{\"a\":\"{id}\"}}"),
            format!("{{\"a\":\"{}\"}}", id.to_uppercase()),
            format!("{{\"a\":\"{}\"}}", id.replace('-', "_")),
            format!("{{\"a\":\"{digest}\",\"b\":\"{}\"}}", digest.to_uppercase()),
            format!("{{\"a\":\"{id}"),
            format!(
                "{{\"a\":\"{id}\",\"b\":[{}]}}",
                vec![format!("\"{id}\""); 300].join(",")
            ),
            "{\"a\":\"\u{1}\"}".into(),
            "\u{2}".into(),
            String::new(),
        ] {
            assert_eq!(
                open(&press(text.as_bytes())).expect("opens"),
                text.as_bytes(),
                "{text}"
            );
        }
    }

    #[test]
    fn what_was_cut_or_claims_too_much_is_refused() {
        let event = &golden()[0];
        let stored = press(event);
        assert_eq!(stored[0], PRESSED);
        for length in 0..stored.len() {
            assert!(open(&stored[..length]).is_err(), "{length}");
        }
        // A frame that says that it holds 2^40 bytes.
        let claim = [&[PRESSED, 0, 0xE0], &(1u64 << 40).to_le_bytes()[..], &[0; 9]].concat();
        assert!(open(&claim).is_err());
        // Zeros without end, in a frame larger than any event.
        let bomb = zstd::bulk::compress(&vec![b' '; LARGEST + 1], 3).expect("compressed");
        assert!(open(&[&[PRESSED, 0], &bomb[MAGIC.len()..]].concat()).is_err());
        // An id that nothing names.
        let (units, frame) = (stored[1], &stored[2..]);
        assert!(open(&[&[PRESSED, units + 1], [0; UNIT].as_slice(), frame].concat()).is_err());
        assert!(open(&[7, 7]).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_come_out_as_they_went_in(data in prop::collection::vec(any::<u8>(), 0..400)) {
            prop_assert_eq!(open(&press(&data)).expect("opens").into_owned(), data);
        }

        #[test]
        fn no_stored_bytes_make_reading_fail_other_than_by_saying_so(
            mut stored in prop::collection::vec(any::<u8>(), 0..200)
        ) {
            stored.insert(0, PRESSED);
            let _ = open(&stored);
        }
    }
}
