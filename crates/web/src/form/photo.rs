//! Takes everything out of a photo that is not the picture: place, time, device, thumbnails, comments,
//! and whatever hangs on after its end.
//!
//! Each format is walked part by part and only parts known to make the picture are copied, so metadata
//! that nobody thought of goes too. One thing is written anew: how the picture is turned, for without
//! it half of all telephone photos would lie on their side.
//!
//! Sources: JPEG (ITU T.81 annex B), Exif 2.32 §4.6, PNG third edition, the WebP container specification.

/// A photo without metadata, or what else is kept as evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Photo {
    /// `image/jpeg`, `image/png` or `image/webp`; of a document its own.
    pub media_type: &'static str,
    /// The file.
    pub bytes: Vec<u8>,
}

/// Why something is not taken as a photo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PhotoError {
    /// It is none of the formats taken.
    #[error("not a JPEG, PNG or WebP file")]
    Format,
    /// It is one of them, but broken.
    #[error("the picture is damaged")]
    Damaged,
    /// It has more than [`PIXELS`].
    #[error("the picture has too many pixels")]
    Pixels,
}

/// The most pixels of a photo. However small the file, whoever opens the case unpacks each of them.
pub const PIXELS: u64 = 100_000_000;

/// Returns the photo in `bytes` without metadata; its format is told by its content, never by its name.
///
/// # Errors
/// [`PhotoError`] if it is no photo, or a broken one.
pub fn clean(bytes: &[u8]) -> Result<Photo, PhotoError> {
    let (media_type, cleaned) = if bytes.starts_with(&[0xFF, 0xD8, 0xFF]) {
        ("image/jpeg", jpeg(bytes))
    } else if bytes.starts_with(PNG) {
        ("image/png", png(bytes))
    } else if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        ("image/webp", webp(bytes))
    } else {
        return Err(PhotoError::Format);
    };
    let bytes = cleaned.ok_or(PhotoError::Damaged)?;
    let size = match media_type {
        "image/jpeg" => size_of_jpeg(&bytes),
        "image/png" => size_of_png(&bytes),
        _ => size_of_webp(&bytes),
    };
    // One that does not say its size is shown by nobody.
    match size.is_some_and(|(width, height)| u64::from(width) * u64::from(height) > PIXELS) {
        true => Err(PhotoError::Pixels),
        false => Ok(Photo { media_type, bytes }),
    }
}

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";
const EXIF: &[u8] = b"Exif\0\0";

fn jpeg(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut out = vec![0xFF, 0xD8];
    let mut at = 2;
    let mut pictured = false;
    loop {
        let marker = next_marker(bytes, &mut at)?;
        if marker == 0xD9 {
            out.extend([0xFF, 0xD9]);
            return pictured.then_some(out);
        }
        let length = usize::from(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?));
        let segment = bytes.get(at..at + length).filter(|_| length >= 2)?;
        at += length;
        if keeps_in_jpeg(marker, segment) {
            out.extend([0xFF, marker]);
            out.extend(segment);
        } else if let Some(turn) = (marker == 0xE1).then(|| turn_of(&segment[2..])).flatten() {
            out.extend(exif_of(turn));
        }
        if marker == 0xDA {
            pictured = true;
            let end = end_of_scan(bytes, at)?;
            out.extend(&bytes[at..end]);
            at = end;
        }
    }
}

/// Skips to the next marker and past it.
fn next_marker(bytes: &[u8], at: &mut usize) -> Option<u8> {
    while *bytes.get(*at)? != 0xFF {
        *at += 1;
    }
    while *bytes.get(*at)? == 0xFF {
        *at += 1;
    }
    *at += 1;
    Some(bytes[*at - 1])
}

/// Whether a segment makes the picture: tables, frames, scans, JFIF, the colour profile, Adobe's colours.
fn keeps_in_jpeg(marker: u8, segment: &[u8]) -> bool {
    match marker {
        0xE0 => segment[2..].starts_with(b"JFIF\0"),
        0xE2 => segment[2..].starts_with(b"ICC_PROFILE\0"),
        0xEE => segment[2..].starts_with(b"Adobe"),
        0xC0..=0xCF | 0xDA..=0xDF => true,
        _ => false,
    }
}

/// Returns where the data of a scan ends: at the next marker that is no stuffing and no restart.
fn end_of_scan(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        at += bytes.get(at..)?.iter().position(|byte| *byte == 0xFF)?;
        match bytes.get(at + 1)? {
            0x00 | 0xD0..=0xD7 => at += 2,
            0xFF => at += 1,
            _ => return Some(at),
        }
    }
}

/// Reads how the picture is turned (1 to 8) from an Exif segment; `None` where it says nothing of note.
fn turn_of(segment: &[u8]) -> Option<u8> {
    let tiff = segment.strip_prefix(EXIF)?;
    let little = tiff.starts_with(b"II");
    let two = |at: usize| {
        let pair: [u8; 2] = tiff.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if little {
            u16::from_le_bytes(pair)
        } else {
            u16::from_be_bytes(pair)
        })
    };
    let four = |at: usize| {
        let quad: [u8; 4] = tiff.get(at..at.checked_add(4)?)?.try_into().ok()?;
        Some(if little {
            u32::from_le_bytes(quad)
        } else {
            u32::from_be_bytes(quad)
        })
    };
    let first = usize::try_from(four(4)?).ok()?;
    let entries = (0..usize::from(two(first)?)).map(|entry| first.saturating_add(2 + entry * 12));
    let entry = entries
        .take_while(|at| *at < tiff.len())
        .find(|at| two(*at) == Some(0x0112))?;
    u8::try_from(two(entry + 8)?)
        .ok()
        .filter(|turn| (2..=8).contains(turn))
}

/// Writes an Exif segment that says how the picture is turned, and nothing else.
fn exif_of(turn: u8) -> Vec<u8> {
    let mut segment = vec![0xFF, 0xE1, 0, 34];
    segment.extend(EXIF);
    segment.extend(b"MM\0\x2A\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0");
    segment.extend([turn, 0, 0, 0, 0, 0, 0]);
    segment
}

/// Returns width and height as the frame of a JPEG says them.
fn size_of_jpeg(bytes: &[u8]) -> Option<(u32, u32)> {
    let mut at = 2;
    loop {
        let marker = next_marker(bytes, &mut at)?;
        let two = |at: usize| {
            let pair = bytes.get(at..at + 2)?.try_into().ok()?;
            Some(u32::from(u16::from_be_bytes(pair)))
        };
        match marker {
            // Tables and the extension among the frames' markers, and the scan that follows its frame.
            0xC4 | 0xC8 | 0xCC => {}
            0xC0..=0xCF => return Some((two(at + 5)?, two(at + 3)?)),
            0xDA => return None,
            _ => {}
        }
        at += two(at)? as usize;
    }
}

/// Returns width and height as the head of a PNG says them.
fn size_of_png(bytes: &[u8]) -> Option<(u32, u32)> {
    let four = |at: usize| Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    Some((four(16)?, four(20)?))
}

/// Returns width and height as the first part of a WebP says them.
fn size_of_webp(bytes: &[u8]) -> Option<(u32, u32)> {
    let little = |at: usize, count: usize| {
        let part = bytes.get(at..at + count)?.iter().rev();
        Some(part.fold(0, |number, byte| number << 8 | u32::from(*byte)))
    };
    match bytes.get(12..16)? {
        b"VP8X" => Some((little(24, 3)? + 1, little(27, 3)? + 1)),
        b"VP8L" => {
            let bits = little(21, 4)?;
            Some(((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1))
        }
        _ => Some((little(26, 2)? & 0x3FFF, little(28, 2)? & 0x3FFF)),
    }
}

fn png(bytes: &[u8]) -> Option<Vec<u8>> {
    const KEPT: [&[u8; 4]; 15] = [
        b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"sBIT", b"pHYs",
        b"bKGD", b"acTL", b"fcTL", b"fdAT",
    ];
    let mut out = PNG.to_vec();
    let mut at = PNG.len();
    let mut pictured = false;
    loop {
        let length = usize::try_from(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?)).ok()?;
        let chunk = bytes.get(at..at.checked_add(length)?.checked_add(12)?)?;
        let name: &[u8; 4] = chunk[4..8].try_into().ok()?;
        if KEPT.contains(&name) {
            out.extend(chunk);
        }
        pictured |= name == b"IDAT" && out.get(12..16) == Some(b"IHDR");
        if name == b"IEND" {
            return pictured.then_some(out);
        }
        at += chunk.len();
    }
}

fn webp(bytes: &[u8]) -> Option<Vec<u8>> {
    const KEPT: [&[u8; 4]; 7] = [b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"ICCP"];
    /// The bits of `VP8X` that announce an Exif and an XMP part.
    const METADATA_BITS: u8 = 0b0000_1100;
    let size = usize::try_from(u32::from_le_bytes(bytes.get(4..8)?.try_into().ok()?)).ok()?;
    let body = bytes.get(12..size.checked_add(8)?)?;
    let mut out = b"RIFF\0\0\0\0WEBP".to_vec();
    let mut at = 0;
    let mut pictured = false;
    while at + 8 <= body.len() {
        let name: &[u8; 4] = body[at..at + 4].try_into().ok()?;
        let length = usize::try_from(u32::from_le_bytes(body[at + 4..at + 8].try_into().ok()?)).ok()?;
        let padded = length.checked_add(8 + length % 2)?;
        let chunk = body.get(at..at.checked_add(padded)?)?;
        if KEPT.contains(&name) {
            let start = out.len();
            out.extend(chunk);
            pictured |= matches!(name, b"VP8 " | b"VP8L" | b"ANMF");
            if name == b"VP8X" {
                *out.get_mut(start + 8)? &= !METADATA_BITS;
            }
        }
        at += padded;
    }
    let size = u32::try_from(out.len() - 8).ok().filter(|_| pictured)?;
    out[4..8].copy_from_slice(&size.to_le_bytes());
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(marker: u8, body: &[u8]) -> Vec<u8> {
        let mut out = vec![0xFF, marker];
        out.extend(u16::try_from(body.len() + 2).unwrap().to_be_bytes());
        out.extend(body);
        out
    }

    /// A JPEG with a place, a comment between its scans, and a second picture hung on behind.
    fn telephone_photo() -> Vec<u8> {
        let exif = b"Exif\0\0II\x2A\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0GPS 30.6N 104.0E";
        let mut photo = vec![0xFF, 0xD8];
        photo.extend(segment(0xE1, exif));
        photo.extend(segment(0xED, b"Photoshop 3.0 photographer"));
        photo.extend(segment(0xDB, &[1; 65]));
        photo.extend(segment(0xDA, &[1, 2, 3]));
        photo.extend([9, 0xFF, 0x00, 9, 0xFF, 0xD0, 9]);
        photo.extend(segment(0xFE, b"comment GPS"));
        photo.extend(segment(0xDA, &[4, 5, 6]));
        photo.extend([8, 8, 0xFF, 0xD9]);
        photo.extend(b"\xFF\xD8hidden preview with GPS\xFF\xD9");
        photo
    }

    fn holds(bytes: &[u8], needle: &[u8]) -> bool {
        bytes.windows(needle.len()).any(|window| window == needle)
    }

    #[test]
    fn a_jpeg_keeps_its_scans_and_its_turn_and_loses_place_comment_and_tail() {
        let photo = clean(&telephone_photo()).unwrap();
        assert_eq!(photo.media_type, "image/jpeg");
        assert!(!holds(&photo.bytes, b"GPS"));
        assert!(!holds(&photo.bytes, b"photographer"));
        assert!(holds(&photo.bytes, &[9, 0xFF, 0x00, 9, 0xFF, 0xD0, 9]));
        assert!(photo.bytes.ends_with(&[8, 8, 0xFF, 0xD9]));
        assert_eq!(turn_of(&photo.bytes[6..]), Some(6));
        assert_eq!(clean(&photo.bytes).unwrap(), photo);
    }

    #[test]
    fn a_png_loses_its_texts() {
        let chunk = |name: &[u8; 4], body: &[u8]| {
            let mut out = u32::try_from(body.len()).unwrap().to_be_bytes().to_vec();
            out.extend(name);
            out.extend(body);
            out.extend([0; 4]);
            out
        };
        let mut file = PNG.to_vec();
        file.extend(chunk(b"IHDR", &[0; 13]));
        file.extend(chunk(b"tEXt", b"Author secret"));
        file.extend(chunk(b"eXIf", b"secret place"));
        file.extend(chunk(b"IDAT", &[7; 20]));
        file.extend(chunk(b"IEND", b""));
        file.extend(b"secret tail");
        let photo = clean(&file).unwrap();
        assert_eq!(photo.media_type, "image/png");
        assert!(!holds(&photo.bytes, b"secret"));
        assert!(holds(&photo.bytes, &[7; 20]));
    }

    #[test]
    fn a_webp_loses_exif_and_no_longer_announces_it() {
        let chunk = |name: &[u8; 4], body: &[u8]| {
            let mut out = name.to_vec();
            out.extend(u32::try_from(body.len()).unwrap().to_le_bytes());
            out.extend(body);
            out.extend(vec![0; body.len() % 2]);
            out
        };
        let mut body = chunk(b"VP8X", &[0b0000_1100, 0, 0, 0, 1, 0, 0, 1, 0, 0]);
        body.extend(chunk(b"VP8 ", &[5; 9]));
        body.extend(chunk(b"EXIF", b"secret"));
        let mut file = b"RIFF".to_vec();
        file.extend(u32::try_from(body.len() + 4).unwrap().to_le_bytes());
        file.extend(b"WEBP");
        file.extend(body);
        let photo = clean(&file).unwrap();
        assert!(!holds(&photo.bytes, b"secret"));
        assert_eq!(photo.bytes[20], 0);
        assert_eq!(clean(&photo.bytes).unwrap(), photo);
    }

    #[test]
    fn a_small_file_that_unpacks_to_a_huge_picture_is_not_taken() {
        let png = |width: u32, height: u32| {
            let mut head = [width.to_be_bytes(), height.to_be_bytes()].concat();
            head.extend([8, 6, 0, 0, 0]);
            let chunk = |name: &[u8; 4], body: &[u8]| {
                let length = u32::try_from(body.len()).unwrap().to_be_bytes();
                [length.as_slice(), name, body, &[0; 4]].concat()
            };
            [
                PNG,
                &chunk(b"IHDR", &head),
                &chunk(b"IDAT", &[7; 20]),
                &chunk(b"IEND", b""),
            ]
            .concat()
        };
        let jpeg = |width: u16, height: u16| {
            let mut frame = vec![8];
            frame.extend(height.to_be_bytes());
            frame.extend(width.to_be_bytes());
            frame.extend([3; 10]);
            let parts = [
                segment(0xC4, &[0; 19]),
                segment(0xC2, &frame),
                segment(0xDA, &[1, 2, 3]),
            ];
            [&[0xFF, 0xD8], parts.concat().as_slice(), &[9, 0xFF, 0xD9]].concat()
        };
        let webp = |name: &[u8; 4], body: &[u8]| {
            let length = |bytes: &[u8]| u32::try_from(bytes.len()).unwrap().to_le_bytes();
            let still = [b"VP8 ".as_slice(), &[10, 0, 0, 0], &[0; 10]].concat();
            let body = [name.as_slice(), &length(body), body, &still].concat();
            [
                b"RIFF".as_slice(),
                &length(&[body.as_slice(), &[0; 4]].concat()),
                b"WEBP",
                &body,
            ]
            .concat()
        };
        let lossy = |side: u16| {
            let side = side.to_le_bytes();
            webp(
                b"VP8 ",
                &[&[0, 0, 0, 0x9D, 1, 0x2A], side.as_slice(), &side].concat(),
            )
        };
        let canvas = |side: u32| {
            let side = &(side - 1).to_le_bytes()[..3];
            webp(b"VP8X", &[&[0; 4], side, side].concat())
        };
        let lossless = |side: u32| {
            let bits = (side - 1) | (side - 1) << 14;
            webp(b"VP8L", &[&[0x2F], bits.to_le_bytes().as_slice(), &[0]].concat())
        };
        for (huge, sound) in [
            (png(60_000, 60_000), png(9_000, 11_000)),
            (jpeg(65_500, 65_500), jpeg(12_000, 8_000)),
            (lossy(16_000), lossy(9_000)),
            (canvas(16_000), canvas(9_000)),
            (lossless(16_000), lossless(9_000)),
        ] {
            assert_eq!(clean(&huge), Err(PhotoError::Pixels));
            assert!(clean(&sound).is_ok());
        }
    }

    #[test]
    fn a_file_without_a_picture_in_it_proves_nothing() {
        let chunk = |name: &[u8; 4]| [&[0; 4], name.as_slice(), &[0; 4]].concat();
        let png = [PNG, &chunk(b"IHDR"), &chunk(b"IEND")].concat();
        assert_eq!(clean(&png), Err(PhotoError::Damaged));
        let webp = b"RIFF\x16\0\0\0WEBPVP8X\x0A\0\0\0\0\0\0\0\0\0\0\0\0\0";
        assert_eq!(clean(webp), Err(PhotoError::Damaged));
    }

    #[test]
    fn a_jpeg_part_that_nobody_knows_goes() {
        let mut photo = vec![0xFF, 0xD8];
        photo.extend(segment(0xF7, b"hidden place"));
        photo.extend(segment(0xDA, &[1, 2, 3]));
        photo.extend([9, 0xFF, 0xD9]);
        assert!(!holds(&clean(&photo).unwrap().bytes, b"hidden"));
    }

    #[test]
    fn every_cut_and_every_flipped_byte_is_answered_without_a_panic() {
        let whole = telephone_photo();
        for cut in 0..whole.len() {
            let _ = clean(&whole[..cut]);
            let mut flipped = whole.clone();
            flipped[cut] ^= 0xFF;
            let _ = clean(&flipped);
        }
        assert_eq!(clean(b"GIF89a"), Err(PhotoError::Format));
        assert_eq!(clean(&whole[..60]), Err(PhotoError::Damaged));
    }
}
