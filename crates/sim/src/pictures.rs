//! Drawings that stand for photographs in the demo: a street lamp, dark before and lit after.

/// The drawing's sides in pixels.
const WIDTH: u32 = 320;
const HEIGHT: u32 = 240;

/// Draws the street at night, the lamp lit or not, as a PNG file.
///
/// `shade` from 0 to 7 tells one drawing from another.
pub fn street(lit: bool, shade: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, WIDTH, HEIGHT);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let pixels: Vec<u8> = (0..WIDTH * HEIGHT)
        .flat_map(|at| pixel(at % WIDTH, at / WIDTH, lit, shade))
        .collect();
    let written = encoder
        .write_header()
        .and_then(|mut writer| writer.write_image_data(&pixels));
    written.expect("writing to memory cannot fail and the pixels fit the header");
    bytes
}

fn pixel(x: u32, y: u32, lit: bool, shade: u8) -> [u8; 3] {
    let (lamp_x, lamp_y) = (160 + u32::from(shade) * 8, 70);
    let distance = (f64::from(x.abs_diff(lamp_x)).powi(2) + f64::from(y.abs_diff(lamp_y)).powi(2)).sqrt();
    let pole = x.abs_diff(lamp_x) < 3 && (lamp_y..200).contains(&y);
    let road = y >= 200;
    let base: [f64; 3] = if pole {
        [70.0, 72.0, 78.0]
    } else if road {
        [58.0, 58.0, 62.0]
    } else {
        [24.0, 30.0, 46.0]
    };
    let glow = if lit {
        (1.0 - distance / 190.0).max(0.0)
    } else {
        0.0
    };
    let warm = [225.0, 195.0, 130.0];
    let mixed = |channel: usize| (base[channel] + (warm[channel] - base[channel]) * glow * 0.9).round();
    // Every value lies between its two ends, both within a byte.
    [mixed(0) as u8, mixed(1) as u8, mixed(2) as u8]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lit_street_is_brighter_than_a_dark_one() {
        let brightness = |bytes: &[u8]| {
            let mut reader = png::Decoder::new(std::io::Cursor::new(bytes))
                .read_info()
                .expect("a PNG file");
            let mut pixels = vec![0; reader.output_buffer_size().expect("a small picture")];
            reader.next_frame(&mut pixels).expect("a picture");
            pixels.iter().map(|it| u64::from(*it)).sum::<u64>()
        };
        assert!(brightness(&street(true, 0)) > brightness(&street(false, 0)));
    }
}
