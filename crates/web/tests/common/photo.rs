//! Photos for tests: one as a telephone makes it, and one that a browser can show.

/// A JPEG with a place in its metadata; small, and no picture.
pub fn telephone() -> Vec<u8> {
    let mut photo = vec![0xFF, 0xD8, 0xFF, 0xE1, 0, 10];
    photo.extend(b"GPS 30.6");
    photo.extend([0xFF, 0xDA, 0, 3, 1, 7, 7, 0xFF, 0xD9]);
    photo
}

/// A PNG of a street at night with its lamps out or lit, and a text in its metadata.
pub fn street(lit: bool) -> Vec<u8> {
    const SIZE: (u32, u32) = (320, 240);
    let mut lines = Vec::new();
    for y in 0..SIZE.1 {
        lines.push(0);
        for x in 0..SIZE.0 {
            lines.extend(pixel(x, y, lit));
        }
    }
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    let head = [&SIZE.0.to_be_bytes()[..], &SIZE.1.to_be_bytes(), &[8, 2, 0, 0, 0]].concat();
    file.extend(chunk(b"IHDR", &head));
    file.extend(chunk(b"tEXt", b"Location\0GPS 30.6"));
    file.extend(chunk(b"IDAT", &stored(&lines)));
    file.extend(chunk(b"IEND", &[]));
    file
}

/// Dark sky, darker road, three lamps with their light.
fn pixel(x: u32, y: u32, lit: bool) -> [u8; 3] {
    let near = |lamp: u32| x.abs_diff(lamp).pow(2) + y.abs_diff(70).pow(2);
    let light = [60, 160, 260]
        .into_iter()
        .map(near)
        .min()
        .map_or(0, |distance| 6_000 / (distance + 40));
    let base: [u8; 3] = if y > 170 { [38, 38, 42] } else { [16, 20, 34] };
    let glow = if lit { light.min(200) as u8 } else { 0 };
    let pole = [60, 160, 260].contains(&x) && (70..170).contains(&y);
    let base: [u8; 3] = if pole { [90, 90, 90] } else { base };
    [
        base[0].saturating_add(glow),
        base[1].saturating_add(glow),
        base[2].saturating_add(glow / 2),
    ]
}

/// Wraps bytes as zlib does, without packing them.
fn stored(bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![0x78, 0x01];
    let mut blocks = bytes.chunks(65_535).peekable();
    while let Some(block) = blocks.next() {
        let length = u16::try_from(block.len()).unwrap();
        out.push(u8::from(blocks.peek().is_none()));
        out.extend(length.to_le_bytes());
        out.extend((!length).to_le_bytes());
        out.extend(block);
    }
    let (mut a, mut b) = (1u32, 0u32);
    for byte in bytes {
        a = (a + u32::from(*byte)) % 65_521;
        b = (b + a) % 65_521;
    }
    out.extend((b << 16 | a).to_be_bytes());
    out
}

fn chunk(name: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let mut out = u32::try_from(body.len()).unwrap().to_be_bytes().to_vec();
    let covered = [&name[..], body].concat();
    out.extend(&covered);
    out.extend(crc(&covered).to_be_bytes());
    out
}

fn crc(bytes: &[u8]) -> u32 {
    let step = |crc: u32, byte: &u8| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            if crc & 1 == 1 {
                crc >> 1 ^ 0xEDB8_8320
            } else {
                crc >> 1
            }
        })
    };
    !bytes.iter().fold(u32::MAX, step)
}
