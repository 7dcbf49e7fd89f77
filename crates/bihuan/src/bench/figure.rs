//! Figures: what was measured of one thing in one size, and how they grow.

use serde_json::{Map, Value, json};

/// What was measured of one thing.
#[derive(Debug, Clone)]
pub struct Figure {
    /// What.
    pub name: &'static str,
    /// The values by name, such as `rate`, `floor` or `cpu_ms`.
    pub values: Vec<(&'static str, f64)>,
    /// What must not grow with the number of cases: processor time for one.
    pub cost: f64,
}

/// What was measured in one size.
#[derive(Debug, Clone)]
pub struct Size {
    /// How many cases there were.
    pub cases: usize,
    /// What is known of all of them, such as bytes on disk.
    pub about: Vec<(&'static str, f64)>,
    /// What was measured.
    pub figures: Vec<Figure>,
}

/// Returns the sizes, measured on that engine, as JSON, and by how much each cost has grown from the first size to the last.
pub fn as_json(engine: &str, sizes: &[Size]) -> Value {
    let shown = |size: &Size| {
        let mut all = named(&size.about);
        all.insert("cases".to_owned(), size.cases.into());
        for figure in &size.figures {
            all.insert(figure.name.to_owned(), named(&figure.values).into());
        }
        Value::from(all)
    };
    json!({
        "engine": engine,
        "sizes": sizes.iter().map(shown).collect::<Vec<_>>(),
        "growth": growth(sizes),
    })
}

fn named(values: &[(&'static str, f64)]) -> Map<String, Value> {
    let pair = |(name, value): &(&'static str, f64)| ((*name).to_owned(), json!(rounded(*value)));
    values.iter().map(pair).collect()
}

fn growth(sizes: &[Size]) -> Map<String, Value> {
    let (Some(first), Some(last)) = (sizes.first(), sizes.last()) else {
        return Map::new();
    };
    let of = |figure: &Figure| {
        let before = first.figures.iter().find(|before| before.name == figure.name)?;
        Some((figure.name.to_owned(), json!(rounded(figure.cost / before.cost))))
    };
    last.figures.iter().filter_map(of).collect()
}

/// Prints the sizes for people.
pub fn print(sizes: &[Size]) {
    for size in sizes {
        println!("{} cases", size.cases);
        let line = |values: &[(&'static str, f64)]| {
            let said = values
                .iter()
                .map(|(name, value)| format!("{name} {}", rounded(*value)));
            said.collect::<Vec<_>>().join(", ")
        };
        println!("  {}", line(&size.about));
        for figure in &size.figures {
            println!("  {:<16} {}", figure.name, line(&figure.values));
        }
    }
    for (name, times) in growth(sizes) {
        println!("growth {name}: {times}");
    }
}

/// Keeps four digits that say something.
fn rounded(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return 0.0;
    }
    let digits = 3 - value.abs().log10().floor() as i32;
    let parts = 10_f64.powi(digits.clamp(0, 6));
    (value * parts).round() / parts
}

/// Returns the value below which `share` of the values lie; they need not be in order.
pub fn percentile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(at.saturating_sub(1)).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(cases: usize, cost: f64) -> Size {
        let figure = Figure {
            name: "ledger",
            values: vec![("cpu_ms", cost)],
            cost,
        };
        Size {
            cases,
            about: vec![("bytes_per_case", 3_456.78)],
            figures: vec![figure],
        }
    }

    #[test]
    fn costs_grow_from_the_first_size_to_the_last() {
        let json = as_json("postgres", &[size(10, 1.25), size(100, 9.0), size(1000, 2.5)]);
        assert_eq!(json["engine"], "postgres");
        assert_eq!(json["growth"]["ledger"], 2.0);
        assert_eq!(json["sizes"][0]["ledger"]["cpu_ms"], 1.25);
        assert_eq!(json["sizes"][2]["bytes_per_case"], 3_457.0);
    }

    #[test]
    fn a_percentile_is_one_of_the_values() {
        let values: Vec<f64> = (1..=100).rev().map(f64::from).collect();
        assert_eq!(percentile(&values, 0.5), 50.0);
        assert_eq!(percentile(&values, 0.99), 99.0);
        assert_eq!(percentile(&[], 0.5), 0.0);
    }

    #[test]
    fn small_and_large_values_keep_their_digits() {
        assert_eq!(rounded(0.012_345_6), 0.012_35);
        assert_eq!(rounded(123_456.7), 123_457.0);
    }
}
