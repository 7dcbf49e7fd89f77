//! Drawings that stand for photographs in the demo: what people complain about, as it was and as it is after.

use serde::Deserialize;

/// The drawing's sides in pixels.
const WIDTH: u32 = 320;
const HEIGHT: u32 = 240;

/// The drawings of one scene are told from each other by their shades, from 0 on.
pub const SHADES: [u8; 8] = [0, 1, 2, 3, 4, 5, 6, 7];

/// What a drawing shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scene {
    /// A street at night; its lamp is lit again.
    Street,
    /// A wall with bins; the rubbish is gone.
    Heap,
    /// A ditch between fields; the water runs again.
    Ditch,
    /// A pavement; trees stand in the pits.
    Trees,
    /// A sheet about what was done: what cannot be photographed is written down.
    Paper,
}

impl Scene {
    /// Every scene.
    pub const ALL: [Scene; 5] = [
        Scene::Street,
        Scene::Heap,
        Scene::Ditch,
        Scene::Trees,
        Scene::Paper,
    ];
}

/// Colours as parts of 255: red, green, blue.
type Colour = [f64; 3];

/// Draws a scene, as it is after the fix or as it was before, as a PNG file.
pub fn draw(scene: Scene, fixed: bool, shade: u8) -> Vec<u8> {
    let of_scene = match scene {
        Scene::Street => street,
        Scene::Heap => heap,
        Scene::Ditch => ditch,
        Scene::Trees => trees,
        Scene::Paper => paper,
    };
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, WIDTH, HEIGHT);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let shift = u32::from(shade) * 8;
    // Every colour lies within a byte.
    let pixels: Vec<u8> = (0..WIDTH * HEIGHT)
        .flat_map(|at| of_scene(at % WIDTH, at / WIDTH, fixed, shift))
        .map(|part| part.round() as u8)
        .collect();
    let written = encoder
        .write_header()
        .and_then(|mut writer| writer.write_image_data(&pixels));
    written.expect("writing to memory cannot fail and the pixels fit the header");
    bytes
}

fn street(x: u32, y: u32, lit: bool, shift: u32) -> Colour {
    let (lamp_x, lamp_y) = (160 + shift, 70);
    let pole = x.abs_diff(lamp_x) < 3 && (lamp_y..200).contains(&y);
    let base = match (pole, y >= 200) {
        (true, _) => [70.0, 72.0, 78.0],
        (false, true) => [58.0, 58.0, 62.0],
        (false, false) => [24.0, 30.0, 46.0],
    };
    let glow = (1.0 - distance((x, y), (lamp_x, lamp_y)) / 190.0).max(0.0);
    let share = if lit { glow * 0.9 } else { 0.0 };
    mixed(base, [225.0, 195.0, 130.0], share)
}

fn heap(x: u32, y: u32, cleared: bool, shift: u32) -> Colour {
    let middle = 170 + shift;
    let bins = [30, 78].map(|left| left + shift / 4);
    let bin = bins.iter().any(|left| (*left..left + 36).contains(&x)) && (118..190).contains(&y);
    let across = f64::from(x.abs_diff(middle)) / 96.0;
    let up = f64::from(200_u32.saturating_sub(y)) / 78.0;
    let rubbish = !cleared && y < 200 && across * across + up * up < 1.0 && y >= 122;
    let rags = [
        [92.0, 84.0, 74.0],
        [150.0, 138.0, 118.0],
        [58.0, 66.0, 74.0],
        [176.0, 92.0, 70.0],
    ];
    match (rubbish, bin, y >= 184) {
        (true, ..) => rags[patch((x + y / 9 * 5) / 11, y / 9)],
        (false, true, _) => [54.0, 104.0, 74.0],
        (false, false, true) => [142.0, 140.0, 134.0],
        (false, false, false) => [206.0, 200.0, 186.0],
    }
}

fn ditch(x: u32, y: u32, flowing: bool, shift: u32) -> Colour {
    let half = 22 + y.saturating_sub(70) / 3;
    let inside = y >= 70 && x.abs_diff(120 + shift) < half;
    let bed = [
        [96.0, 78.0, 54.0],
        [120.0, 100.0, 70.0],
        [82.0, 92.0, 56.0],
        [104.0, 86.0, 62.0],
    ];
    let ripple = (f64::from(y * y) / 90.0 + f64::from(x) / 14.0).sin() * 7.0;
    match (inside, flowing, y < 70) {
        (true, true, _) => [84.0 + ripple, 132.0 + ripple, 168.0 + ripple],
        (true, false, _) => bed[patch((x + y / 6 * 5) / 9, y / 6)],
        (false, _, true) => [190.0, 210.0, 226.0],
        (false, _, false) => [116.0, 142.0, 80.0],
    }
}

fn trees(x: u32, y: u32, planted: bool, shift: u32) -> Colour {
    let pits = [70, 160, 250].map(|pit| pit + shift / 2);
    let crown = pits.iter().any(|pit| distance((x, y), (*pit, 92)) < 34.0);
    let trunk = pits.iter().any(|pit| x.abs_diff(*pit) < 4) && (92..188).contains(&y);
    let pit = pits.iter().any(|pit| x.abs_diff(*pit) < 18) && (182..196).contains(&y);
    match (planted, crown, trunk, pit, y >= 176) {
        (true, true, ..) => [70.0, 122.0, 72.0],
        (true, false, true, ..) => [98.0, 74.0, 52.0],
        (_, _, _, true, _) => [88.0, 70.0, 54.0],
        (_, _, _, false, true) => [168.0, 166.0, 160.0],
        (_, _, _, false, false) => [204.0, 216.0, 224.0],
    }
}

fn paper(x: u32, y: u32, stamped: bool, shift: u32) -> Colour {
    let sheet = (80..240).contains(&x) && (20..222).contains(&y);
    let long = 218 - (y / 16 * 37 + shift) % 60;
    let line = sheet && y % 16 < 3 && (48..190).contains(&y) && (100..long).contains(&x);
    let stamp = stamped && (18.0..22.0).contains(&distance((x, y), (202, 186)));
    match (stamp, line, sheet) {
        (true, ..) => [190.0, 54.0, 44.0],
        (false, true, _) => [110.0, 108.0, 104.0],
        (false, false, true) => [250.0, 248.0, 242.0],
        (false, false, false) => [156.0, 142.0, 124.0],
    }
}

fn distance((x, y): (u32, u32), (to_x, to_y): (u32, u32)) -> f64 {
    f64::from(x.abs_diff(to_x)).hypot(f64::from(y.abs_diff(to_y)))
}

fn mixed(one: Colour, other: Colour, share: f64) -> Colour {
    [0, 1, 2].map(|part| one[part] + (other[part] - one[part]) * share)
}

/// Returns which of four colours a patch has, without a pattern that the eye would follow.
fn patch(across: u32, down: u32) -> usize {
    (scattered(across, down) % 4) as usize
}

fn scattered(x: u32, y: u32) -> u32 {
    let mixed = x.wrapping_mul(374_761_393) ^ y.wrapping_mul(668_265_263);
    let mixed = (mixed ^ (mixed >> 13)).wrapping_mul(1_274_126_177);
    mixed >> 16
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

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
        let of = |lit| brightness(&draw(Scene::Street, lit, 0));
        assert!(of(true) > of(false));
    }

    #[test]
    fn every_drawing_is_another() {
        let of_scene = |scene| SHADES.map(|shade| [false, true].map(|fixed| draw(scene, fixed, shade)));
        let all: BTreeSet<Vec<u8>> = Scene::ALL.into_iter().flat_map(of_scene).flatten().collect();
        assert_eq!(all.len(), Scene::ALL.len() * SHADES.len() * 2);
    }
}
