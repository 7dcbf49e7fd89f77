//! Charts as SVG text, the same on a page and in print.
//!
//! A chart holds no colours and no sizes of its own but its shape: parts carry class names, and the style
//! sheet of the page gives them the colours of the theme. Each part names itself in a `<title>`, which browsers
//! show and programs read aloud; whoever shows a chart shows its figures as a table too.

use std::fmt::Write as _;

/// The width of every chart, in its own units; pages scale it.
const WIDTH: f64 = 420.0;
/// The height of a chart with axes.
const HEIGHT: f64 = 180.0;
/// Room for the figures of the vertical axis.
const LEFT: f64 = 30.0;
/// Room for the names of the columns.
const BOTTOM: f64 = 20.0;
/// Room above the highest column.
const TOP: f64 = 10.0;
/// The most names that stand below the columns.
const NAMES: usize = 7;

/// One part of each column, from the bottom up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    /// The class that colours it.
    pub class: &'static str,
    /// What it counts, in words.
    pub name: String,
    /// A count for each column.
    pub counts: Vec<u32>,
}

/// Columns of stacked counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns {
    /// What it shows, in words.
    pub title: String,
    /// The names of the columns.
    pub names: Vec<String>,
    /// The parts, from the bottom up; each has as many counts as there are names.
    pub layers: Vec<Layer>,
}

impl Columns {
    /// Returns the count of all parts in each column.
    fn totals(&self) -> impl Iterator<Item = u32> {
        self.table().into_iter().map(|(_, counts)| counts.iter().sum())
    }

    /// Returns the figures as a table: for each column its name and the count of each part.
    pub fn table(&self) -> Vec<(&str, Vec<u32>)> {
        let counts = |at: usize| {
            self.layers
                .iter()
                .filter_map(|layer| layer.counts.get(at))
                .copied()
                .collect()
        };
        self.names
            .iter()
            .enumerate()
            .map(|(at, name)| (name.as_str(), counts(at)))
            .collect()
    }

    /// Draws the chart.
    pub fn svg(&self) -> String {
        let most = round_up(self.totals().max().unwrap_or(0));
        let mut svg = begin(&self.title, HEIGHT);
        axis(&mut svg, most);
        let room = (WIDTH - LEFT) / self.names.len().max(1) as f64;
        let scale = (HEIGHT - TOP - BOTTOM) / f64::from(most);
        for (at, name) in self.names.iter().enumerate() {
            let x = LEFT + room * at as f64;
            let mut top = HEIGHT - BOTTOM;
            for layer in &self.layers {
                let count = layer.counts.get(at).copied().unwrap_or(0);
                if count == 0 {
                    continue;
                }
                let height = f64::from(count) * scale;
                top -= height;
                let said = escape(&format!("{name} · {} {count}", layer.name));
                push(
                    &mut svg,
                    format_args!(
                        r#"<rect class="{}" x="{:.1}" y="{top:.1}" width="{:.1}" height="{height:.1}"><title>{said}</title></rect>"#,
                        layer.class,
                        x + room * 0.14,
                        room * 0.72,
                    ),
                );
            }
        }
        self.write_names(&mut svg, room);
        svg.push_str("</svg>");
        svg
    }

    /// Writes as many names as there is room for, the last one always.
    fn write_names(&self, svg: &mut String, room: f64) {
        let step = self.names.len().div_ceil(NAMES).max(1);
        let last = self.names.len().saturating_sub(1);
        for (at, name) in self.names.iter().enumerate() {
            if (last - at).is_multiple_of(step) {
                let x = LEFT + room * (at as f64 + 0.5);
                push(
                    svg,
                    format_args!(
                        r#"<text x="{x:.1}" y="{:.1}" text-anchor="middle">{}</text>"#,
                        HEIGHT - 5.0,
                        escape(name)
                    ),
                );
            }
        }
    }
}

/// A grid of counts: darker where there are more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heat {
    /// What it shows, in words.
    pub title: String,
    /// The names of the columns.
    pub names: Vec<String>,
    /// The rows: a name, and a count for each column.
    pub rows: Vec<(String, Vec<u32>)>,
}

/// How many shades a grid has, besides nothing.
const SHADES: u32 = 5;

impl Heat {
    /// Draws the rows of the grid, each with its name, which stands beside it on the page.
    pub fn drawn(&self) -> Vec<(&str, String)> {
        let most = self.rows.iter().flat_map(|(_, counts)| counts).copied().max();
        let most = most.unwrap_or(0).max(1);
        self.rows
            .iter()
            .map(|(name, counts)| (name.as_str(), self.row(name, counts, most)))
            .collect()
    }

    fn row(&self, name: &str, counts: &[u32], most: u32) -> String {
        let room = WIDTH / self.names.len().max(1) as f64;
        let mut svg = begin(&format!("{}: {name}", self.title), 22.0);
        for (at, count) in counts.iter().enumerate() {
            let shade = (count * SHADES).div_ceil(most);
            let column = self.names.get(at).map_or("", String::as_str);
            push(
                &mut svg,
                format_args!(
                    r#"<rect class="heat-{shade}" x="{:.1}" width="{:.1}" height="22"><title>{} {count}</title></rect>"#,
                    room * at as f64,
                    room - 2.0,
                    escape(column)
                ),
            );
        }
        svg.push_str("</svg>");
        svg
    }
}

/// From nothing over the middle to where nine of ten are.
#[derive(Debug, Clone, PartialEq)]
pub struct Span {
    /// Where the middle is.
    pub middle: f64,
    /// Where it ends.
    pub end: f64,
    /// Both, in words.
    pub said: String,
}

/// A row of spans: one for each side, where there is one.
#[derive(Debug, Clone, PartialEq)]
pub struct SpanRow {
    /// Its name.
    pub name: String,
    /// One for each side.
    pub spans: [Option<Span>; 2],
}

/// Spans of two sides, one below the other.
#[derive(Debug, Clone, PartialEq)]
pub struct Spans {
    /// What it shows, in words.
    pub title: String,
    /// What is measured, in words.
    pub measure: String,
    /// The sides: the class that colours each, and its name.
    pub sides: [(&'static str, String); 2],
    /// The rows.
    pub rows: Vec<SpanRow>,
}

/// The height of a row of spans, and of a span in it.
const SPAN_ROW: f64 = 46.0;
/// See [`SPAN_ROW`].
const SPAN: f64 = 10.0;

impl Spans {
    /// Draws the chart: a span is full to its middle and pale to its end.
    pub fn svg(&self) -> String {
        let spans = || self.rows.iter().flat_map(|row| row.spans.iter().flatten());
        let longest = spans().map(|span| span.end).fold(0.0, f64::max);
        // Whole days are enough for the axis, and a chart of years still has one.
        let most = round_up(longest.ceil().clamp(0.0, 1_000_000.0) as u32);
        let bottom = self.rows.len() as f64 * SPAN_ROW;
        let mut svg = begin(&self.title, bottom + BOTTOM + TOP);
        let x = |value: f64| value / f64::from(most) * (WIDTH - 2.0);
        for (figure, anchor) in [(0, "start"), (most / 2, "middle"), (most, "end")] {
            let at = x(f64::from(figure));
            push(
                &mut svg,
                format_args!(
                    r#"<line class="grid" x1="{at:.1}" x2="{at:.1}" y1="0" y2="{bottom:.1}"/><text x="{at:.1}" y="{:.1}" text-anchor="{anchor}">{figure}</text>"#,
                    bottom + BOTTOM
                ),
            );
        }
        for (place, row) in self.rows.iter().enumerate() {
            let top = place as f64 * SPAN_ROW;
            let name = escape(&row.name);
            push(
                &mut svg,
                format_args!(r#"<text class="t" x="0" y="{:.1}">{name}</text>"#, top + 14.0),
            );
            for (side, span) in row.spans.iter().enumerate() {
                let (Some(span), (class, of)) = (span, &self.sides[side]) else {
                    continue;
                };
                let y = top + 20.0 + side as f64 * (SPAN + 2.0);
                let said = escape(&format!("{} · {of} {}", row.name, span.said));
                push(
                    &mut svg,
                    format_args!(
                        r#"<g class="{class}"><title>{said}</title><rect class="pale" y="{y:.1}" width="{:.1}" height="{SPAN}"/><rect y="{y:.1}" width="{:.1}" height="{SPAN}"/></g>"#,
                        x(span.end).max(1.0),
                        x(span.middle).max(1.0)
                    ),
                );
            }
        }
        svg.push_str("</svg>");
        svg
    }
}

/// Returns the first of 2, 4, 10, 20, 40, 100 … that is not less: half of it is a whole number.
fn round_up(count: u32) -> u32 {
    let mut power = 1_u32;
    loop {
        for step in [2, 4, 10] {
            let bound = power.saturating_mul(step);
            if bound >= count {
                return bound;
            }
        }
        power = power.saturating_mul(10);
    }
}

fn begin(title: &str, height: f64) -> String {
    format!(
        r#"<svg class="chart" viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{}">"#,
        escape(title)
    )
}

/// Draws three lines with their figures: none, half, the most.
fn axis(svg: &mut String, most: u32) {
    for figure in [0, most / 2, most] {
        let y = HEIGHT - BOTTOM - f64::from(figure) / f64::from(most) * (HEIGHT - TOP - BOTTOM);
        push(
            svg,
            format_args!(
                r#"<line class="grid" x1="{LEFT}" x2="{WIDTH}" y1="{y:.1}" y2="{y:.1}"/><text x="{:.1}" y="{:.1}" text-anchor="end">{figure}</text>"#,
                LEFT - 5.0,
                y + 4.0
            ),
        );
    }
}

fn push(svg: &mut String, part: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    let _ = svg.write_fmt(part);
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns() -> Columns {
        Columns {
            title: "每周".to_owned(),
            names: vec!["一".to_owned(), "二".to_owned()],
            layers: vec![
                Layer {
                    class: "a",
                    name: "按时".to_owned(),
                    counts: vec![3, 0],
                },
                Layer {
                    class: "b",
                    name: "<超期>".to_owned(),
                    counts: vec![1, 2],
                },
            ],
        }
    }

    #[test]
    fn a_part_is_drawn_for_each_count_that_is_there_and_says_what_it_is() {
        let svg = columns().svg();
        assert_eq!(svg.matches("<rect").count(), 3);
        assert!(svg.contains("<title>一 · 按时 3</title>"), "{svg}");
        assert!(svg.contains("&lt;超期&gt;") && !svg.contains("<超期>"));
        assert_eq!(columns().totals().collect::<Vec<_>>(), [4, 2]);
        assert_eq!(columns().table()[0], ("一", vec![3, 1]));
    }

    #[test]
    fn columns_stand_on_each_other_and_end_at_the_axis() {
        let svg = columns().svg();
        // Four of four: the two parts of the first column fill the height between top and axis.
        assert!(svg.contains(r#"y="47.5" width="140.4" height="112.5""#), "{svg}");
        assert!(svg.contains(r#"y="10.0" width="140.4" height="37.5""#), "{svg}");
    }

    #[test]
    fn a_span_is_full_to_its_middle_and_pale_to_its_end() {
        let span = |middle, end| Span {
            middle,
            end,
            said: "<3".to_owned(),
        };
        let spans = Spans {
            title: "时间".to_owned(),
            measure: "天".to_owned(),
            sides: [("own", "本单位".to_owned()), ("others", "其他".to_owned())],
            rows: vec![SpanRow {
                name: "办理".to_owned(),
                spans: [Some(span(2.0, 4.0)), None],
            }],
        };
        let svg = spans.svg();
        assert!(svg.contains(r#"class="pale" y="20.0" width="418.0""#), "{svg}");
        assert!(svg.contains(r#"<rect y="20.0" width="209.0""#) && svg.contains("办理 · 本单位 &lt;3"));
        assert_eq!(svg.matches("<g ").count(), 1);
        let none = Spans {
            rows: Vec::new(),
            ..spans
        };
        assert!(!none.svg().contains("NaN"));
    }

    #[test]
    fn an_empty_chart_is_an_axis() {
        let empty = Columns {
            names: Vec::new(),
            layers: Vec::new(),
            ..columns()
        };
        assert!(!empty.svg().contains("NaN") && empty.svg().contains("<line"));
    }

    #[test]
    fn axes_end_at_figures_whose_half_is_whole() {
        let ends = [0, 2, 3, 5, 11, 41, 4_000, 4_001].map(round_up);
        assert_eq!(ends, [2, 2, 4, 10, 20, 100, 4_000, 10_000]);
    }

    #[test]
    fn the_darkest_of_a_grid_is_its_most_and_nothing_has_no_shade() {
        let heat = Heat {
            title: "t".to_owned(),
            names: vec!["1".to_owned(), "2".to_owned()],
            rows: vec![("a".to_owned(), vec![0, 10]), ("b".to_owned(), vec![1, 6])],
        };
        let drawn = heat.drawn();
        assert!(drawn[0].1.contains("heat-0") && drawn[0].1.contains("heat-5"));
        assert!(drawn[1].1.contains("heat-1") && drawn[1].1.contains("heat-3"));
    }
}
