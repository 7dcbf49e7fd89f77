//! Statements as constants: each module lists its own, and a test prepares them all.

/// Declares statements and the list of them that the test prepares.
macro_rules! statements {
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
    /// Every list of statements in the crate that [`super::statements`] made.
    fn all() -> Vec<&'static str> {
        let lists = [
            crate::account::STATEMENTS,
            crate::bodies::STATEMENTS,
            crate::commit::STATEMENTS,
            crate::commit::idempotency::STATEMENTS,
            crate::commit::log::STATEMENTS,
            crate::commit::order::STATEMENTS,
            crate::commit::rows::STATEMENTS,
            crate::commit::search::STATEMENTS,
            crate::commit::session::STATEMENTS,
            crate::commit::together::STATEMENTS,
            crate::followers::batch::STATEMENTS,
            crate::followers::clocks::STATEMENTS,
            crate::followers::follower::STATEMENTS,
            crate::followers::outbox::STATEMENTS,
            crate::followers::rollups::STATEMENTS,
            crate::notice::STATEMENTS,
            crate::export_job::STATEMENTS,
            crate::personal::STATEMENTS,
            crate::proof::case_proof::STATEMENTS,
            crate::proof::publish::STATEMENTS,
            crate::proof::sequence::STATEMENTS,
            crate::proof::tree::STATEMENTS,
            crate::read::case::STATEMENTS,
            crate::read::events::STATEMENTS,
            crate::seal::reading::STATEMENTS,
            crate::tenant::STATEMENTS,
            crate::tenant::numbers::STATEMENTS,
            crate::verify::order::STATEMENTS,
            crate::verify::rows::STATEMENTS,
            crate::verify::streams::STATEMENTS,
        ];
        lists.concat()
    }

    #[test]
    fn every_statement_can_be_prepared() {
        let connection = crate::engine::sqlite::in_memory().expect("memory");
        crate::schema::migrate(&connection).expect("schema");
        let many = [
            crate::commit::log::many(),
            crate::commit::order::many(),
            crate::commit::rows::many(),
            crate::commit::together::many(),
        ];
        let many = many.iter().flatten().map(|many| many.sqlite.as_str());
        for sql in all().into_iter().chain(many) {
            connection
                .prepare(sql)
                .map(drop)
                .unwrap_or_else(|error| panic!("{sql}: {error}"));
        }
    }

    /// SQLite numbers `$n` by first appearance, PostgreSQL by `n`; so the two must agree.
    #[test]
    fn parameters_appear_in_their_order() {
        for sql in all() {
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
