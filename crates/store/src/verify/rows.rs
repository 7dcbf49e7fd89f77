//! Case rows against the fold: what the commit would write of the case, compared column by column.

use bihuan_core::id::TenantId;

use super::derived::{Derived, SIDES};
use super::findings::{Check, Findings};
use crate::commit::rows::{self, COLUMNS, Row, RowChange};
use crate::engine::value::{Bind, Owned, Value};

/// Compares the rows of a case with those that `row` makes. Returns whether there is any.
pub(super) fn compare(tenant: TenantId, row: &Row, derived: &Derived, findings: &mut Findings) -> bool {
    let Some(found) = derived.rows.one(row.id) else {
        findings.add(Check::Rows, format!("case {}", row.id), "has events but no row");
        return false;
    };
    let change = RowChange {
        tenant,
        before: None,
        row,
        doc: 0,
    };
    let mut differs = |problem| findings.add(Check::Rows, format!("row of case {}", row.id), problem);
    let names = COLUMNS.iter().map(|(name, _)| *name);
    if let Some(problem) = difference("case_row", names, &rows::columns(&change), found) {
        differs(problem);
    }
    let sides = rows::beside(row).into_iter().zip(&derived.sides).zip(SIDES);
    for ((expected, found), (table, names)) in sides {
        let found = found.of(row.id);
        if expected.len() != found.len() {
            let (found, expected) = (found.len(), expected.len());
            differs(format!("{table} has {found} rows where the log makes {expected}"));
            continue;
        }
        let problem = expected.iter().zip(found).find_map(|(expected, (_, found))| {
            let expected: Vec<Value<'_>> = expected.iter().map(Bind::bind).collect();
            difference(table, names.iter().copied(), &expected, found)
        });
        if let Some(problem) = problem {
            differs(problem);
        }
    }
    true
}

/// Returns what differs first, if anything does.
fn difference<'n>(
    table: &str,
    names: impl Iterator<Item = &'n str>,
    expected: &[Value<'_>],
    found: &[Owned],
) -> Option<String> {
    let mut columns = names.zip(expected.iter().zip(found));
    let (name, (expected, found)) = columns.find(|(_, (expected, found))| **expected != found.bind())?;
    Some(format!(
        "{table}.{name} is {} where the log makes it {}",
        shown(found.bind()),
        shown(*expected)
    ))
}

fn shown(value: Value<'_>) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Int(number) => number.to_string(),
        Value::Text(text) => format!("{text:?}"),
        Value::Blob(bytes) => hex::encode(bytes),
    }
}
