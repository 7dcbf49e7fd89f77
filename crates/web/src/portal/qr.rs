//! QR codes as drawings: what a page shows and a printer prints.

use std::fmt::Write as _;

use qrcode::{Color, EcLevel, QrCode};

/// A QR code, drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drawing {
    /// The box of the drawing with the quiet zone that the standard asks for around it.
    pub view_box: String,
    /// Its dark modules, as a path.
    pub path: String,
}

/// How wide the quiet zone is, in modules. Source: ISO/IEC 18004, 6.3.8.
const QUIET: usize = 4;

/// Draws a text; `None` where it is longer than any code holds.
pub fn draw(text: &str) -> Option<Drawing> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    let (side, modules) = (code.width(), code.to_colors());
    let mut path = String::new();
    for (y, row) in modules.chunks(side).enumerate() {
        let mut x = 0;
        for run in row.chunk_by(|one, next| one == next) {
            let length = run.len();
            if run[0] == Color::Dark {
                // Writing to a string never fails.
                let _ = write!(path, "M{x} {y}h{length}v1h-{length}z");
            }
            x += length;
        }
    }
    let whole = side + 2 * QUIET;
    Some(Drawing {
        view_box: format!("-{QUIET} -{QUIET} {whole} {whole}"),
        path,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_begins_with_the_square_by_which_it_is_found() {
        let drawing = draw("https://qinghe.example/code#ABCD").unwrap();
        // Seven dark modules, and under them the two ends of the square's sides.
        assert!(drawing.path.starts_with("M0 0h7v1h-7z"), "{}", drawing.path);
        assert!(drawing.path.contains("M0 1h1v1h-1z"));
        assert!(drawing.view_box.starts_with("-4 -4 "));
    }

    #[test]
    fn what_no_code_holds_is_not_drawn() {
        assert_eq!(draw(&"x".repeat(3000)), None);
    }
}
