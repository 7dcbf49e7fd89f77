//! Whether the serving processes fit into the connections that a server gives.

use std::collections::BTreeMap;

use bihuan_store::tenant::ReaderLimits;

use super::finding::Area::Database;
use super::finding::{Finding, both};

/// Connections that are left for backups, for `psql` and for this command.
const OTHERS: usize = 5;

/// Processes that serve at least: while one is replaced by a newer one, both are there.
const PROCESSES: usize = 2;

/// Connections of a process beside those that read: the two that write what comes in and what follows from it, one opened
/// in the place of each where it was lost, and the one that asks whether all is well.
const BESIDE: usize = 5;

/// Judges how many processes fit; `None` where the server does not say.
pub fn judge(settings: &BTreeMap<String, String>) -> Option<Finding> {
    let number = |name: &str| settings.get(name).and_then(|text| text.parse::<usize>().ok());
    let most = number("max_connections")?;
    let reserved = number("superuser_reserved_connections").unwrap_or_default();
    let each = per_process();
    let fit = most.saturating_sub(reserved + OTHERS) / each;
    let needed = PROCESSES * each + reserved + OTHERS;
    let said = both(
        format!("max_connections = {most}：每个服务进程用 {each} 个连接，放得下 {fit} 个进程"),
        format!(
            "max_connections = {most}: a serving process takes {each} connections, and {fit} of them fit"
        ),
    );
    if fit >= PROCESSES {
        return Some(Database.ok(said));
    }
    let todo = both(
        format!("把 max_connections 设为 {needed} 以上（备机也一样），或者减小 serve --database-readers"),
        format!(
            "set max_connections to {needed} or more, on a replica too, or lower serve --database-readers"
        ),
    );
    Some(if fit == 0 {
        Database.refuse(said, todo)
    } else {
        Database.warn(said, todo)
    })
}

/// Returns how many connections a process takes that is started without `--database-readers`.
fn per_process() -> usize {
    ReaderLimits::default().most + BESIDE
}

#[cfg(test)]
mod tests {
    use super::super::finding::Grade;
    use super::*;

    fn grade(most: &str) -> Option<Grade> {
        let settings = [("max_connections", most), ("superuser_reserved_connections", "3")];
        let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
        judge(&settings.into()).map(|finding| finding.grade)
    }

    #[test]
    fn a_process_and_the_one_that_replaces_it_must_fit() {
        let two = 2 * per_process() + 3 + OTHERS;
        assert_eq!(grade(&two.to_string()), Some(Grade::Ok));
        assert_eq!(grade(&(two - 1).to_string()), Some(Grade::Warn));
        assert_eq!(
            grade("100"),
            Some(Grade::Ok),
            "what a server has by itself is enough"
        );
        assert_eq!(grade("20"), Some(Grade::Refuse));
    }

    #[test]
    fn a_server_that_does_not_say_is_not_judged() {
        assert_eq!(judge(&BTreeMap::new()), None);
    }
}
