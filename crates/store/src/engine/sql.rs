//! Statements as constants: each module lists its own, and a test prepares them all.

/// Declares statements and the list of them that the test prepares.
///
/// `in sqlite` or `in postgres` before them names the one engine that takes them.
macro_rules! statements {
    (in sqlite $($name:ident = $text:expr;)*) => {
        $(const $name: &str = $text;)*
        /// Every statement of this module for SQLite alone.
        #[cfg(test)]
        pub(crate) const SQLITE_STATEMENTS: &[&str] = &[$($name),*];
    };
    (in postgres $($name:ident = $text:expr;)*) => {
        $(const $name: &str = $text;)*
        /// Every statement of this module for PostgreSQL alone.
        #[cfg(test)]
        pub(crate) const POSTGRES_STATEMENTS: &[&str] = &[$($name),*];
    };
    ($($name:ident = $text:expr;)*) => {
        $(const $name: &str = $text;)*
        /// Every statement of this module.
        #[cfg(test)]
        pub(crate) const STATEMENTS: &[&str] = &[$($name),*];
    };
}

pub(crate) use statements;

#[cfg(test)]
mod tests {
    use crate::engine::connection::Connection;
    use crate::engine::database::Database;

    /// Every list of statements in the crate that [`super::statements`] made.
    fn shared() -> Vec<&'static str> {
        let lists = [
            crate::account::STATEMENTS,
            crate::bodies::STATEMENTS,
            crate::commit::STATEMENTS,
            crate::commit::idempotency::STATEMENTS,
            crate::commit::log::STATEMENTS,
            crate::commit::order::STATEMENTS,
            crate::commit::session::STATEMENTS,
            crate::commit::together::STATEMENTS,
            crate::followers::clocks::STATEMENTS,
            crate::followers::follower::STATEMENTS,
            crate::followers::outbox::STATEMENTS,
            crate::followers::handling::STATEMENTS,
            crate::followers::renewal::STATEMENTS,
            crate::followers::rollups::STATEMENTS,
            crate::made::STATEMENTS,
            crate::mail::STATEMENTS,
            crate::mail::queue::STATEMENTS,
            crate::moving::copy::STATEMENTS,
            crate::moving::documents::STATEMENTS,
            crate::notice::STATEMENTS,
            crate::notification::STATEMENTS,
            crate::export_job::STATEMENTS,
            crate::personal::STATEMENTS,
            crate::personal::draft::STATEMENTS,
            crate::proof::publish::STATEMENTS,
            crate::proof::tree::STATEMENTS,
            crate::read::case::STATEMENTS,
            crate::read::count::STATEMENTS,
            crate::seal::reading::STATEMENTS,
            crate::sending::mail::STATEMENTS,
            crate::sending::webhook::STATEMENTS,
            crate::tenant::STATEMENTS,
            crate::tenant::health::STATEMENTS,
            crate::tenant::marks::STATEMENTS,
            crate::tenant::numbers::STATEMENTS,
            crate::verify::derived::STATEMENTS,
            crate::verify::order::STATEMENTS,
            crate::verify::sample::STATEMENTS,
            crate::verify::streams::STATEMENTS,
            crate::webhook::STATEMENTS,
            crate::webhook::queue::STATEMENTS,
        ];
        lists.concat()
    }

    fn sqlite_alone() -> Vec<&'static str> {
        let lists = [
            crate::archive::file::SQLITE_STATEMENTS,
            crate::bodies::SQLITE_STATEMENTS,
            crate::commit::log::SQLITE_STATEMENTS,
            crate::commit::rows::SQLITE_STATEMENTS,
            crate::commit::search::SQLITE_STATEMENTS,
            crate::examine::SQLITE_STATEMENTS,
            crate::followers::batch::SQLITE_STATEMENTS,
            crate::followers::lag::SQLITE_STATEMENTS,
            crate::followers::renewal::SQLITE_STATEMENTS,
            crate::moving::documents::SQLITE_STATEMENTS,
            crate::moving::log::SQLITE_STATEMENTS,
            crate::moving::tables::SQLITE_STATEMENTS,
            crate::proof::case_proof::SQLITE_STATEMENTS,
            crate::proof::sequence::SQLITE_STATEMENTS,
            crate::read::events::SQLITE_STATEMENTS,
            crate::verify::derived::SQLITE_STATEMENTS,
            crate::verify::log::SQLITE_STATEMENTS,
            crate::verify::streams::SQLITE_STATEMENTS,
        ];
        lists.concat()
    }

    fn postgres_alone() -> Vec<&'static str> {
        let lists = [
            crate::archive::server::POSTGRES_STATEMENTS,
            crate::bodies::POSTGRES_STATEMENTS,
            crate::commit::order::POSTGRES_STATEMENTS,
            crate::engine::replica::POSTGRES_STATEMENTS,
            crate::examine::POSTGRES_STATEMENTS,
            crate::followers::batch::POSTGRES_STATEMENTS,
            crate::followers::lag::POSTGRES_STATEMENTS,
            crate::followers::renewal::POSTGRES_STATEMENTS,
            crate::lease::POSTGRES_STATEMENTS,
            crate::moving::log::POSTGRES_STATEMENTS,
            crate::proof::case_proof::POSTGRES_STATEMENTS,
            crate::proof::sequence::POSTGRES_STATEMENTS,
            crate::read::events::POSTGRES_STATEMENTS,
            crate::read::list::POSTGRES_STATEMENTS,
            crate::verify::apart::POSTGRES_STATEMENTS,
            crate::verify::derived::POSTGRES_STATEMENTS,
            crate::verify::search::POSTGRES_STATEMENTS,
            crate::verify::streams::POSTGRES_STATEMENTS,
        ];
        lists.concat()
    }

    /// The statements for many rows, in the text of one engine.
    fn many(text: fn(&'static crate::engine::many::Many) -> &'static str) -> Vec<&'static str> {
        let lists = [
            crate::commit::log::many(),
            crate::commit::order::many(),
            crate::commit::rows::many(),
            crate::commit::together::many(),
            crate::followers::clocks::many(),
            crate::followers::handling::many(),
            crate::followers::notifications::many(),
            crate::followers::outbox::many(),
            crate::followers::rollups::many(),
        ];
        lists.into_iter().flatten().map(text).collect()
    }

    fn prepare_all(connection: &Connection, statements: &[&str]) {
        for sql in statements {
            if let Err(error) = connection.prepare(sql) {
                panic!("{sql}: {error}");
            }
        }
    }

    #[test]
    fn every_statement_can_be_prepared_on_sqlite() {
        let connection = Connection::in_memory().expect("memory");
        crate::schema::migrate(&connection).expect("schema");
        prepare_all(&connection, &shared());
        prepare_all(&connection, &sqlite_alone());
        prepare_all(&connection, &many(|many| &many.sqlite));
    }

    #[test]
    fn every_statement_can_be_prepared_on_postgres() {
        let database = bihuan_test_postgres::empty();
        let connection = Database::postgres(database.url())
            .and_then(|place| place.open_writer())
            .expect("opens");
        crate::schema::migrate(&connection).expect("schema");
        prepare_all(&connection, &shared());
        prepare_all(&connection, &postgres_alone());
        prepare_all(&connection, &many(|many| &many.postgres));
    }

    /// What SQLite does for a statement, whatever the tables are called; without looking bytes up in the archive.
    fn plan(connection: &Connection, sql: &str) -> Vec<String> {
        let Connection::Sqlite(sqlite) = connection else {
            return Vec::new();
        };
        let mut explained = sqlite.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).expect(sql);
        let mut rows = explained.raw_query();
        let mut steps = Vec::new();
        while let Some(row) = rows.next().expect(sql) {
            let step: String = row.get(3).expect("text");
            let words: Vec<&str> = step.split(' ').collect();
            match words.as_slice() {
                ["CORRELATED", ..] | [_, "a", ..] => {}
                ["SEARCH" | "SCAN", _, rest @ ..] => steps.push(format!("{} {}", words[0], rest.join(" "))),
                _ => steps.push(step),
            }
        }
        steps
    }

    #[test]
    fn with_an_archive_every_statement_goes_the_same_way() {
        let folder = tempfile::tempdir().expect("a folder");
        let plain = Connection::in_memory().expect("memory");
        crate::schema::migrate(&plain).expect("schema");
        let archived = crate::engine::archived::with_archive(folder.path());
        archived.begin().expect("begun");
        assert!(archived.has_archive());
        let mut looked_up = 0;
        for sql in [shared(), sqlite_alone()].concat() {
            if sql.starts_with("PRAGMA") {
                continue;
            }
            assert_eq!(plan(&archived, sql), plan(&plain, sql), "{sql}");
            looked_up += 1;
        }
        assert!(looked_up > 100, "{looked_up}");
        prepare_all(&archived, &many(|many| &many.sqlite));
    }

    /// SQLite numbers `$n` by first appearance, PostgreSQL by `n`; so the two must agree.
    #[test]
    fn parameters_appear_in_their_order() {
        for sql in shared() {
            let mut next = 1;
            for number in sql.split('$').skip(1) {
                let digits: String = number.chars().take_while(char::is_ascii_digit).collect();
                let number: u32 = digits.parse().expect("a number after the sign");
                assert!(number <= next, "{sql}");
                next = next.max(number + 1);
            }
        }
    }
}
