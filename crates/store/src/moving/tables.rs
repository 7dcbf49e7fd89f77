//! The tables that a move copies: one list for both engines, which a test holds against the schema.

use crate::commit::rows;
use crate::engine::connection::{Connection, Engine};
use crate::engine::many::Form::{self, Blob, Int, Text};
use crate::engine::sql::statements;
use crate::engine::value::Owned;
use crate::error::StoreError;

// The order of events on SQLite, where the tree says how far it goes.
statements! {
    in sqlite
    PLACES = "SELECT t.tenant, e.place - (t.rowid << 40), e.stream_kind, e.stream_id, e.version, e.hash
        FROM tenant t CROSS JOIN event e ON e.place >= t.rowid << 40 AND e.place < (t.rowid << 40) + coalesce((
                SELECT k.place * 256 + length(k.hashes) / 32 FROM tile k
                WHERE k.tenant = t.tenant AND k.level = 0 ORDER BY k.place DESC LIMIT 1), 0)
            AND e.place > CASE WHEN t.tenant = $1 THEN (t.rowid << 40) + $2 ELSE 0 END
        WHERE t.tenant >= $1 ORDER BY t.tenant, e.place LIMIT $3";
    LAST_PLACE = "SELECT t.tenant, e.place - (t.rowid << 40)
        FROM tenant t CROSS JOIN event e ON e.place >= t.rowid << 40 AND e.place < (t.rowid + 1) << 40
        ORDER BY t.tenant DESC, e.place DESC LIMIT 1";
    COUNT_PLACES = "SELECT coalesce(sum(coalesce((
            SELECT k.place * 256 + length(k.hashes) / 32 FROM tile k
            WHERE k.tenant = t.tenant AND k.level = 0 ORDER BY k.place DESC LIMIT 1), 0)), 0) FROM tenant t";
}

/// A table as both engines have it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Table {
    pub(super) name: &'static str,
    /// The columns, those of the key first.
    pub(super) columns: &'static [(&'static str, Form)],
    /// How many columns the key has; rows are read in its order.
    pub(super) key: usize,
}

macro_rules! tables {
    ($($(#[$comment:meta])* $name:ident = $table:literal ($($key:ident $key_form:ident),*; $($column:ident $form:ident),*);)*) => {
        $($(#[$comment])*
        pub(super) const $name: Table = Table {
            name: $table,
            columns: &[$((stringify!($key), $key_form),)* $((stringify!($column), $form)),*],
            key: [$(stringify!($key)),*].len(),
        };)*
    };
}

tables! {
    TENANT = "tenant" (tenant Blob; name_zh Text, name_en Text, host Text, wrapped_key Blob, founded_at Int);
    EVENT = "event" (tenant Blob, stream_kind Int, stream_id Blob, version Int;
        recorded_at Int, data Blob, hash Blob);
    // On SQLite no table of its own: the places are the rows of the events.
    SEQUENCE = "sequence" (tenant Blob, seq Int; stream_kind Int, stream_id Blob, version Int, hash Blob);
    NUMBER_BLOCK = "number_block" (tenant Blob, prefix Text, day Text; next Int);
    CASE_UNIT = "case_unit" (tenant Blob, role Int, unit Blob, case_id Blob;);
    CASE_PERSON = "case_person" (tenant Blob, role Int, person Blob, case_id Blob;);
    CASE_CAMPAIGN = "case_campaign" (tenant Blob, campaign Text, case_id Blob;);
    CASE_LINK = "case_link" (tenant Blob, other Blob, tie Int, case_id Blob;);
    BODY_KEY = "body_key" (tenant Blob, case_id Blob; wrapped_key Blob);
    BODY = "body" (tenant Blob, case_id Blob, id Blob; sealed Blob, erased_at Int);
    RECEIPT = "receipt" (tenant Blob, code_hash Blob; case_id Blob);
    IDEMPOTENCY = "idempotency" (tenant Blob, key Blob; request Blob, result Blob, recorded_at Int);
    EXTERNAL = "external" (tenant Blob, system Text, key Text; case_id Blob);
    IDENTITY = "identity" (tenant Blob, id Blob;
        case_id Blob, wrapped_key Blob, sealed Blob, phone_hash Blob, erased_at Int);
    TILE = "tile" (tenant Blob, level Int, place Int; hashes Blob);
    CHECKPOINT = "checkpoint" (tenant Blob, size Int; note Text, signed_at Int);
    CURSOR = "cursor" (tenant Blob, follower Text; position Int);
    TIMER = "timer" (tenant Blob, due_at Int, case_id Blob;);
    ROLLUP = "rollup" (tenant Blob, day Text, what Text, kind Text, unit Blob, category Text, channel Text;
        n Int);
    HANDLED = "handled" (tenant Blob, class Text, unit Blob, month Text, kind Text, phase Int, bucket Int; n Int);
    OUTBOX = "outbox" (tenant Blob, case_id Blob, version Int; message Text, made_at Int);
    DELIVERY = "delivery" (tenant Blob, case_id Blob, version Int; delivered_at Int);
    NOTIFICATION = "notification" (tenant Blob, person Blob, at Int, case_id Blob, occasion Text;
        version Int, unit Blob, due_at Int, state Text, read_at Int);
    MAIL_BOX = "mail_box" (tenant Blob, person Blob;
        address Text, language Text, digest_hour Int, asked_at Int, tries Int, confirmed_at Int, digest_at Int);
    MAIL_CHOICE = "mail_choice" (tenant Blob, person Blob, occasion Text; way Text);
    MAIL = "mail" (tenant Blob, id Blob; person Blob, form Text, made_at Int, since Int, case_id Blob, occasion Text,
        next_at Int, attempts Int, done_at Int, outcome Text, error Text);
    WEBHOOK = "webhook" (tenant Blob, id Blob; name Text, address Text, unit Blob, occasions Text, made_by Blob,
        made_at Int, secret_at Int, old_secret_at Int, old_until Int, paused_at Int);
    WEBHOOK_DELIVERY = "webhook_delivery" (tenant Blob, id Blob; webhook Blob, occasion Text, case_id Blob, version Int,
        unit Blob, state Text, made_at Int, next_at Int, attempts Int, done_at Int, outcome Text, error Text);
    ACCOUNT = "account" (tenant Blob, login Text;
        person Blob, password_hash Text, created_at Int, disabled_at Int, failures Int, failed_at Int);
    SESSION = "session" (tenant Blob, token_hash Blob;
        login Text, unit Blob, created_at Int, seen_at Int, expires_at Int);
    API_TOKEN = "api_token" (tenant Blob, token_hash Blob;
        name Text, login Text, scopes Text, created_at Int, expires_at Int, revoked_at Int);
    SAVED_VIEW = "saved_view" (tenant Blob, id Blob;
        owner Blob, shared Int, name Text, filter Text, sort Text, columns Text, made_at Int, layout Text);
    DRAFT = "draft" (tenant Blob, person Blob, form Text; sealed Blob, saved_at Int);
    EXPORT_JOB = "export_job" (tenant Blob, id Blob;
        person Blob, filter Text, form Text, state Text, done Int, total Int, file Text, made_at Int);
}

/// The rows of cases; their search documents are made from the texts.
pub(super) const CASE_ROW: Table = Table {
    name: "case_row",
    columns: &rows::COLUMNS,
    key: 2,
};

/// The tables that are copied as they are, in the order of their keys.
pub(super) const PLAIN: [Table; 31] = [
    NUMBER_BLOCK,
    CASE_UNIT,
    CASE_PERSON,
    CASE_CAMPAIGN,
    CASE_LINK,
    BODY_KEY,
    BODY,
    RECEIPT,
    IDEMPOTENCY,
    EXTERNAL,
    IDENTITY,
    TILE,
    CHECKPOINT,
    CURSOR,
    TIMER,
    ROLLUP,
    HANDLED,
    OUTBOX,
    DELIVERY,
    NOTIFICATION,
    MAIL_BOX,
    MAIL_CHOICE,
    MAIL,
    WEBHOOK,
    WEBHOOK_DELIVERY,
    ACCOUNT,
    SESSION,
    API_TOKEN,
    SAVED_VIEW,
    DRAFT,
    EXPORT_JOB,
];

/// All tables whose rows must be the same on both sides in the end.
pub(super) fn all() -> impl Iterator<Item = Table> {
    [TENANT, EVENT, SEQUENCE, CASE_ROW].into_iter().chain(PLAIN)
}

impl Table {
    /// Reads the rows that follow a key: the key's values, then how many rows at most.
    pub(super) fn next_rows(&self, engine: Engine) -> String {
        if self.is_made_of_rows(engine) {
            return PLACES.to_owned();
        }
        let key = self.key_names();
        let places: Vec<String> = (1..=self.key).map(|at| format!("${at}")).collect();
        format!(
            "SELECT {} FROM {} WHERE ({}) > ({}) ORDER BY {} LIMIT ${}",
            self.names().join(", "),
            self.name,
            key.join(", "),
            places.join(", "),
            key.join(", "),
            self.key + 1
        )
    }

    /// Whether it is the order of events where that is given by their rows.
    fn is_made_of_rows(&self, engine: Engine) -> bool {
        engine == Engine::Sqlite && self.name == SEQUENCE.name
    }

    /// Returns the key of the last row.
    pub(super) fn last_key(&self, connection: &Connection) -> Result<Option<Vec<Owned>>, StoreError> {
        let key = self.key_names();
        let sql = match self.is_made_of_rows(connection.engine()) {
            true => LAST_PLACE.to_owned(),
            false => format!(
                "SELECT {} FROM {} ORDER BY {} DESC LIMIT 1",
                key.join(", "),
                self.name,
                key.join(" DESC, ")
            ),
        };
        connection.query_optional(&sql, (), |row| (0..self.key).map(|at| row.get(at)).collect())
    }

    /// Returns a key that every row follows: no column of a key holds the least value of its form.
    pub(super) fn before_all(&self) -> Vec<Owned> {
        let least = |(_, form): &(&str, Form)| match form {
            Int => Owned::Int(i64::MIN),
            Text => Owned::Text(String::new()),
            Blob => Owned::Blob(Vec::new()),
        };
        self.columns[..self.key].iter().map(least).collect()
    }

    /// Returns the number of rows.
    pub(super) fn count(&self, connection: &Connection) -> Result<u64, StoreError> {
        let sql = match self.is_made_of_rows(connection.engine()) {
            true => COUNT_PLACES.to_owned(),
            false => format!("SELECT count(*) FROM {}", self.name),
        };
        let count: i64 = connection.query_row(&sql, (), |row| row.get(0))?;
        Ok(count.cast_unsigned())
    }

    fn names(&self) -> Vec<&'static str> {
        self.columns.iter().map(|(name, _)| *name).collect()
    }

    fn key_names(&self) -> Vec<&'static str> {
        let mut names = self.names();
        names.truncate(self.key);
        names
    }
}

/// Lets a server look at what its tables hold, after a load that changes what it knows of them: it would do so
/// by itself within a minute or so, and plan blindly until then.
///
/// SQLite is left alone. It plans by the indexes, the same for every size, and our statements are written for
/// that.
pub(crate) fn look_at(connection: &Connection) -> Result<(), StoreError> {
    if connection.engine() == Engine::Sqlite {
        return Ok(());
    }
    for name in all().map(|table| table.name).chain(["case_text"]) {
        connection.run(&format!("ANALYZE {name}"))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    /// Tables that are not copied row by row: the marks and versions are written by whoever prepares the
    /// target, the search index is made from the texts, and what is archived is read as if it lay here.
    const APART: [&str; 4] = ["mark", "schema_version", "archive", "archive_erasure"];

    /// Columns that are not copied: one the engine computes, one that SQLite alone has.
    const COMPUTED: [&str; 3] = ["case_row.due_order", "case_row.doc", "event.place"];

    #[test]
    fn a_server_that_looked_knows_how_much_a_table_holds() {
        let server = bihuan_test_postgres::empty();
        let database = crate::engine::database::Database::postgres(server.url()).expect("a server");
        let connection = database.open_writer().expect("a session");
        crate::schema::migrate(&connection).expect("schema");
        connection
            .run("INSERT INTO cursor (tenant, follower, position) VALUES ('x', 'clocks', 1)")
            .expect("written");
        let known = "SELECT CAST(reltuples AS BIGINT) FROM pg_class WHERE oid = 'cursor'::regclass";
        let known = || {
            connection
                .query_row(known, (), |row| row.get::<i64>(0))
                .expect("read")
        };
        assert_eq!(known(), -1, "nobody has looked");
        look_at(&connection).expect("looked");
        assert_eq!(known(), 1);
    }

    #[test]
    fn every_table_and_column_of_the_schema_is_in_the_list() {
        let connection = Connection::in_memory().expect("memory");
        crate::schema::migrate(&connection).expect("schema");
        let columns =
            "SELECT t.name, c.name, c.type, c.pk FROM sqlite_schema t JOIN pragma_table_xinfo(t.name) c
            WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' AND t.name NOT LIKE 'case_text%'";
        let mut schema: BTreeMap<String, BTreeSet<(String, String)>> = BTreeMap::new();
        let mut keys: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let found = connection.query(columns, (), |row| {
            let names: (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok((names, row.get::<i64>(3)?))
        });
        for ((table, column, form), key) in found.expect("reads") {
            if APART.contains(&table.as_str()) || COMPUTED.contains(&format!("{table}.{column}").as_str()) {
                continue;
            }
            if key > 0 {
                keys.entry(table.clone()).or_default().insert(column.clone());
            }
            schema.entry(table).or_default().insert((column, form));
        }
        let mut listed = BTreeMap::new();
        for table in all().filter(|table| !table.is_made_of_rows(Engine::Sqlite)) {
            let form = |form: Form| match form {
                Int => "INTEGER",
                Text => "TEXT",
                Blob => "BLOB",
            };
            let columns = table.columns.iter();
            let columns: BTreeSet<_> = columns
                .map(|(name, of)| ((*name).into(), form(*of).into()))
                .collect();
            assert_eq!(columns.len(), table.columns.len(), "{}", table.name);
            listed.insert(table.name.to_owned(), columns);
            let key: BTreeSet<String> = table.key_names().into_iter().map(str::to_owned).collect();
            if table.name != EVENT.name {
                assert!(keys[table.name].is_subset(&key), "the key of {}", table.name);
            }
        }
        assert_eq!(listed, schema);
    }

    #[test]
    fn rows_are_read_after_a_key_in_its_order() {
        assert_eq!(
            CURSOR.next_rows(Engine::Sqlite),
            "SELECT tenant, follower, position FROM cursor WHERE (tenant, follower) > ($1, $2) \
             ORDER BY tenant, follower LIMIT $3"
        );
    }
}
