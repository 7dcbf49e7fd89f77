//! Notifications 通知: what a person on the staff is told, and what of it they have read.
//!
//! Written by a follower; here they are read and marked. Whatever is read is within what the person may read of
//! the cases now.

use std::collections::HashMap;

use bihuan_core::filter::{Checked, SqlValue, Way};
use bihuan_core::id::{CaseId, PersonId, UnitId};
use bihuan_core::pack::Word;
use bihuan_core::pack::notification::Occasion;
use jiff::Timestamp;

use crate::engine::connection::Row;
use crate::engine::sql::statements;
use crate::error::StoreError;
use crate::read::Reader;
use crate::read::list::{COLUMNS, ListRow};
use crate::read::query::Query;
use crate::tenant::Tenant;
use crate::value::{Id, instant, millis};

statements! {
    UNREAD = "SELECT at, case_id, occasion, version, unit, due_at, state FROM notification
        WHERE tenant = $1 AND person = $2 AND read_at IS NULL AND (at, case_id, occasion) < ($3, $4, $5)
            AND (occasion = $6 OR $6 = '')
        ORDER BY at DESC, case_id DESC, occasion DESC LIMIT $7";
    READ = "SELECT at, case_id, occasion, version, unit, due_at, state FROM notification
        WHERE tenant = $1 AND person = $2 AND read_at IS NOT NULL AND (at, case_id, occasion) < ($3, $4, $5)
            AND (occasion = $6 OR $6 = '')
        ORDER BY at DESC, case_id DESC, occasion DESC LIMIT $7";
    ONE = "SELECT at, case_id, occasion, version, unit, due_at, state, read_at FROM notification
        WHERE tenant = $1 AND person = $2 AND at = $3 AND case_id = $4 AND occasion = $5";
    WAITING = "SELECT case_id FROM notification WHERE tenant = $1 AND person = $2 AND read_at IS NULL
        ORDER BY at DESC LIMIT $3";
    MARK = "UPDATE notification SET read_at = $1
        WHERE tenant = $2 AND person = $3 AND at = $4 AND case_id = $5 AND occasion = $6 AND read_at IS NULL";
    MARK_ALL = "UPDATE notification SET read_at = $1
        WHERE tenant = $2 AND person = $3 AND at <= $4 AND read_at IS NULL";
    IS_UNREAD = "SELECT 1 FROM notification
        WHERE tenant = $1 AND person = $2 AND case_id = $3 AND read_at IS NULL LIMIT 1";
    MARK_CASE = "UPDATE notification SET read_at = $1
        WHERE tenant = $2 AND person = $3 AND case_id = $4 AND at <= $5 AND read_at IS NULL";
    FORGET = "DELETE FROM notification WHERE tenant = $1 AND at < $2";
}

/// The most unread notifications that are counted.
pub const MOST_COUNTED: u32 = 100;

/// Which notification of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// When what it tells was taken down.
    pub at: Timestamp,
    /// Of which case.
    pub case: CaseId,
    /// Of what.
    pub occasion: Occasion,
}

/// A place in a person's notifications: unread ones come first, and of each the newest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Whether it is among those that were read.
    pub read: bool,
    /// After which one.
    pub after: Mark,
}

/// Which notifications of a person.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// Whose.
    pub person: PersonId,
    /// The cases that they may read now: nothing is told of others.
    pub scope: &'a Checked,
    /// Of what; `None` of everything.
    pub occasion: Option<Occasion>,
    /// After which one; `None` from the beginning.
    pub after: Option<&'a Place>,
    /// The most rows.
    pub limit: usize,
}

/// Something that a person is told.
#[derive(Debug, Clone)]
pub struct Told {
    /// Which it is.
    pub mark: Mark,
    /// Whether they have read it.
    pub read: bool,
    /// The version of the case with the event that it tells of.
    pub version: u32,
    /// The unit that it is about.
    pub unit: Option<UnitId>,
    /// When what it is about is due.
    pub due_at: Option<Timestamp>,
    /// The state that the case was in then.
    pub state: String,
    /// The case as it is now.
    pub case: ListRow,
}

/// A page of notifications.
#[derive(Debug, Clone)]
pub struct Notifications {
    /// The rows.
    pub rows: Vec<Told>,
    /// Where the next page begins; `None` on the last.
    pub next: Option<Place>,
}

/// A row as it lies in the table.
struct Lying {
    mark: Mark,
    read: bool,
    version: u32,
    unit: Option<UnitId>,
    due_at: Option<Timestamp>,
    state: String,
}

impl Reader {
    /// Returns a page of a person's notifications, the unread ones first, each group the newest first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database cannot be read.
    pub fn notifications(&self, wanted: &Wanted<'_>) -> Result<Notifications, StoreError> {
        let most = wanted.limit.saturating_add(1);
        let mut lying = Vec::new();
        if wanted.after.is_none_or(|place| !place.read) {
            lying = self.lying(wanted, false, wanted.after.map(|place| &place.after), most)?;
        }
        if lying.len() < most {
            let after = wanted.after.filter(|place| place.read).map(|place| &place.after);
            lying.extend(self.lying(wanted, true, after, most - lying.len())?);
        }
        let more = lying.len() > wanted.limit;
        lying.truncate(wanted.limit);
        let next = lying.last().filter(|_| more).map(|last| Place {
            read: last.read,
            after: last.mark.clone(),
        });
        Ok(Notifications {
            rows: self.told(lying, wanted.scope)?,
            next,
        })
    }

    /// Puts notifications together with their cases; those of cases outside the scope are left out.
    fn told(&self, lying: Vec<Lying>, scope: &Checked) -> Result<Vec<Told>, StoreError> {
        let ids: Vec<CaseId> = lying.iter().map(|row| row.mark.case).collect();
        let mut cases = self.cases_of(&ids, scope)?;
        self.add_titles(&mut cases)?;
        let cases: HashMap<CaseId, ListRow> = cases.into_iter().map(|row| (row.id, row)).collect();
        let told = |row: Lying| {
            Some(Told {
                case: cases.get(&row.mark.case)?.clone(),
                mark: row.mark,
                read: row.read,
                version: row.version,
                unit: row.unit,
                due_at: row.due_at,
                state: row.state,
            })
        };
        Ok(lying.into_iter().filter_map(told).collect())
    }

    /// Returns one notification of a person, if they may read its case.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database cannot be read.
    pub fn notification(
        &self,
        person: PersonId,
        mark: &Mark,
        scope: &Checked,
    ) -> Result<Option<Told>, StoreError> {
        let tenant = Id(self.tenant.id().0);
        let (at, case, occasion) = (millis(mark.at), Id(mark.case.0), mark.occasion.word());
        let mut statement = self.snapshot.connection().prepare(ONE)?;
        let mut rows = statement.query((tenant, Id(person.0), at, case, occasion))?;
        let lying = match rows.next()? {
            Some(row) => vec![read_lying(row, row.get::<Option<i64>>(7)?.is_some())?],
            None => return Ok(None),
        };
        Ok(self.told(lying, scope)?.pop())
    }

    /// Returns the cases of a person's unread notifications, one for each, the newest first; at most
    /// [`MOST_COUNTED`]. Among them may be some that they may not read now.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database cannot be read.
    pub fn unread(&self, person: PersonId) -> Result<Vec<CaseId>, StoreError> {
        let mut statement = self.snapshot.connection().prepare(WAITING)?;
        let rows = statement.query_map((Id(self.tenant.id().0), Id(person.0), MOST_COUNTED), |row| {
            let Id(case) = row.get(0)?;
            Ok(CaseId(case))
        })?;
        Ok(rows.into_iter().collect())
    }

    /// Returns whether a person has an unread notification of a case.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database cannot be read.
    pub fn is_unread(&self, person: PersonId, case: CaseId) -> Result<bool, StoreError> {
        let of = (Id(self.tenant.id().0), Id(person.0), Id(case.0));
        let connection = self.snapshot.connection();
        let found: Option<i64> = connection.query_optional(IS_UNREAD, of, |row| row.get(0))?;
        Ok(found.is_some())
    }

    /// Returns how many of `cases`, as [`Reader::unread`] gave them, are within a scope.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database cannot be read.
    pub fn count_readable(&self, cases: &[CaseId], scope: &Checked) -> Result<usize, StoreError> {
        let readable = self.cases_of(cases, scope)?;
        let is_readable = |case: &&CaseId| readable.iter().any(|row| row.id == **case);
        Ok(cases.iter().filter(is_readable).count())
    }

    fn lying(
        &self,
        wanted: &Wanted<'_>,
        read: bool,
        after: Option<&Mark>,
        most: usize,
    ) -> Result<Vec<Lying>, StoreError> {
        let (at, case, occasion) = match after {
            Some(mark) => (millis(mark.at), mark.case.0, mark.occasion.word()),
            None => (i64::MAX, uuid::Uuid::max(), ""),
        };
        let only = wanted.occasion.map_or("", Word::word);
        let mut statement = self
            .snapshot
            .connection()
            .prepare(if read { READ } else { UNREAD })?;
        let tenant = Id(self.tenant.id().0);
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let mut rows = statement.query((tenant, Id(wanted.person.0), at, Id(case), occasion, only, most))?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(read_lying(row, read)?);
        }
        Ok(found)
    }

    /// Returns the rows of these cases that are within a scope, without titles, in no order.
    fn cases_of(&self, cases: &[CaseId], scope: &Checked) -> Result<Vec<ListRow>, StoreError> {
        if cases.is_empty() {
            return Ok(Vec::new());
        }
        let mut query = Query::of(self, scope, Way::Fewest);
        let mut wanted: Vec<CaseId> = cases.to_vec();
        wanted.sort_unstable();
        wanted.dedup();
        let places: Vec<String> = wanted
            .into_iter()
            .map(|case| format!("${}", query.bind(SqlValue::Uuid(*case.0.as_bytes()))))
            .collect();
        let text = format!(
            "SELECT {COLUMNS} {} AND c.id IN ({})",
            query.text,
            places.join(", ")
        );
        self.rows(&text, query.params)
    }
}

fn read_lying(row: Row<'_>, read: bool) -> Result<Lying, StoreError> {
    let (Id(case), word): (Id, String) = (row.get(1)?, row.get(2)?);
    let occasion =
        Occasion::of_word(&word).ok_or_else(|| StoreError::Corrupt(format!("there is no occasion {word:?}")));
    let (unit, due_at): (Option<Id>, Option<i64>) = (row.get(4)?, row.get(5)?);
    Ok(Lying {
        mark: Mark {
            at: instant(row.get(0)?)?,
            case: CaseId(case),
            occasion: occasion?,
        },
        read,
        version: row.get(3)?,
        unit: unit.map(|Id(unit)| UnitId(unit)),
        due_at: due_at.map(instant).transpose()?,
        state: row.get(6)?,
    })
}

impl Tenant {
    /// Notes that a person has read one of their notifications; nothing happens where they have no such one.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the writer has stopped.
    pub async fn mark_read(&self, person: PersonId, mark: Mark, now: Timestamp) -> Result<(), StoreError> {
        let Mark { at, case, occasion } = mark;
        let (person, case, occasion) = (Id(person.0), Id(case.0), occasion.word());
        self.change(MARK, move |tenant| {
            (millis(now), tenant, person, millis(at), case, occasion)
        })
        .await
        .map(drop)
    }

    /// Notes that a person has read all their notifications up to an instant.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the writer has stopped.
    pub async fn mark_all_read(
        &self,
        person: PersonId,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let person = Id(person.0);
        self.change(MARK_ALL, move |tenant| {
            (millis(now), tenant, person, millis(until))
        })
        .await
        .map(drop)
    }

    /// Notes that a person has read what they were told of a case up to an instant; returns how much that was.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the writer has stopped.
    pub async fn mark_case_read(
        &self,
        person: PersonId,
        case: CaseId,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<usize, StoreError> {
        let (person, case) = (Id(person.0), Id(case.0));
        self.change(MARK_CASE, move |tenant| {
            (millis(now), tenant, person, case, millis(until))
        })
        .await
    }

    /// Deletes the notifications of before an instant, read or not, and returns how many there were.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the writer has stopped.
    pub async fn forget_notifications(&self, before: Timestamp) -> Result<usize, StoreError> {
        self.change(FORGET, move |tenant| (tenant, millis(before))).await
    }
}
