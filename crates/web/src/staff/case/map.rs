//! The relations of a case as a small map: it stands in the middle, what it refers to on its left, what refers
//! to it on its right. The list beside it says the same; this only lays it out.

use super::relations::Relation;
use crate::story::Story;

/// The most cases on a side; the list has the rest.
const MOST: usize = 5;
/// The width of the map, in the units of the drawing.
const WIDTH: usize = 760;
/// The size of a case on it.
const BOX: (usize, usize) = (220, 62);
/// The distance from one case to the one below it.
const ROW: usize = 76;
/// How wide a title may be: a Chinese character counts twice.
const TITLE: usize = 28;

/// The map.
pub struct Map {
    /// Where it begins on the left, its width and its height: an empty side takes no room.
    pub size: (usize, usize, usize),
    /// The size of a box.
    pub of_box: (usize, usize),
    /// The case itself and those around it.
    pub places: Vec<Place>,
    /// The lines between them, as paths.
    pub lines: Vec<String>,
}

/// A case on the map.
pub struct Place {
    /// Where its left upper corner is.
    pub at: (usize, usize),
    /// How the case relates to it.
    pub how: String,
    /// Its title, cut to the box.
    pub title: String,
    /// Its number and state.
    pub under: String,
    /// Its page; `None` for the case itself, and for one that may not be seen.
    pub href: Option<String>,
    /// Whether it is the case itself.
    pub here: bool,
}

impl Map {
    /// Lays the relations of a case out; `None` where it has none.
    pub fn of(story: &Story<'_>, relations: &[Relation]) -> Option<Map> {
        if relations.is_empty() {
            return None;
        }
        let side = |ours: bool| {
            let of_side = relations.iter().filter(move |relation| relation.ours == ours);
            of_side.take(MOST).collect::<Vec<_>>()
        };
        let (left, right) = (side(true), side(false));
        let rows = left.len().max(right.len()).max(1);
        let middle = ((rows - 1) * ROW) / 2;
        let begin = if left.is_empty() { (WIDTH - BOX.0) / 2 } else { 0 };
        let end = if right.is_empty() {
            (WIDTH + BOX.0) / 2
        } else {
            WIDTH
        };
        let mut places = vec![here(story, middle)];
        let mut lines = Vec::new();
        for (side, x) in [(left, 0), (right, WIDTH - BOX.0)] {
            // A side with fewer cases stands in the middle of the other.
            let first = (rows - side.len()) * ROW / 2;
            for (row, relation) in side.into_iter().enumerate() {
                let y = first + row * ROW;
                places.push(Place::of(story, relation, (x, y)));
                lines.push(line(x == 0, middle, y));
            }
        }
        Some(Map {
            size: (begin, end - begin, (rows - 1) * ROW + BOX.1),
            of_box: BOX,
            places,
            lines,
        })
    }
}

fn here(story: &Story<'_>, y: usize) -> Place {
    Place {
        at: ((WIDTH - BOX.0) / 2, y),
        how: story.ctx.tongue.t("relation-here"),
        title: cut(&story.text(story.case().title)),
        under: story.case().number.clone(),
        href: None,
        here: true,
    }
}

/// Returns the line between the case in the middle and one on a side.
fn line(is_left: bool, middle: usize, y: usize) -> String {
    let (from, to) = match is_left {
        true => (BOX.0, (WIDTH - BOX.0) / 2),
        false => (WIDTH - BOX.0, (WIDTH + BOX.0) / 2),
    };
    let (y, middle, bend) = (y + BOX.1 / 2, middle + BOX.1 / 2, from.midpoint(to));
    format!("M{from} {y}C{bend} {y} {bend} {middle} {to} {middle}")
}

impl Place {
    fn of(story: &Story<'_>, relation: &Relation, at: (usize, usize)) -> Place {
        let other = relation.other.as_ref();
        Place {
            at,
            how: relation.how.clone(),
            title: match other {
                Some(other) => cut(&other.title),
                None => cut(&story.ctx.tongue.t("relation-hidden")),
            },
            under: other.map_or_else(String::new, |other| format!("{} · {}", other.number, other.state)),
            href: other.map(|other| other.href.clone()),
            here: false,
        }
    }
}

/// Cuts a title to the width of a box.
fn cut(title: &str) -> String {
    let mut width = 0;
    let mut kept = String::new();
    for c in title.chars() {
        width += if c.is_ascii() { 1 } else { 2 };
        if width > TITLE {
            kept.push('…');
            break;
        }
        kept.push(c);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_cut_to_its_box_whatever_it_is_written_in() {
        assert_eq!(cut("东门小区外路灯不亮"), "东门小区外路灯不亮");
        assert_eq!(cut(&"灯".repeat(40)), format!("{}…", "灯".repeat(14)));
        assert_eq!(cut(&"a".repeat(40)), format!("{}…", "a".repeat(28)));
    }

    #[test]
    fn lines_lead_from_a_side_to_the_middle() {
        assert_eq!(line(true, 0, 0), "M220 31C245 31 245 31 270 31");
        assert_eq!(line(false, 38, 76), "M540 107C515 107 515 69 490 69");
    }
}
