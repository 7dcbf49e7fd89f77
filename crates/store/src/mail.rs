//! Mail for the staff: where each gets it, and of what. [`queue`] is what is to be sent.
//!
//! Nothing is sent to an address before whoever gave it has shown that mail for it reaches them: a code is sent
//! there, and entered here. The code is a keyed hash and lies nowhere.

pub mod queue;

use std::collections::BTreeMap;

use bihuan_core::id::PersonId;
use bihuan_core::label::Lang;
use bihuan_core::pack::Word;
use bihuan_core::pack::notification::{Occasion, Way};
use jiff::{SignedDuration, Timestamp};

use crate::engine::connection::{Connection, Row};
use crate::engine::sql::statements;
use crate::error::StoreError;
use crate::mail::queue::Form;
use crate::read::Reader;
use crate::tenant::Tenant;
use crate::value::{Id, instant, millis};

statements! {
    BOX = "SELECT address, language, digest_hour, asked_at, tries, confirmed_at FROM mail_box
        WHERE tenant = $1 AND person = $2";
    SET = "INSERT INTO mail_box (tenant, person, address, language, digest_hour, asked_at, tries)
        VALUES ($1, $2, $3, $4, $5, $6, 0)
        ON CONFLICT (tenant, person) DO UPDATE SET address = excluded.address, language = excluded.language,
            digest_hour = excluded.digest_hour, asked_at = excluded.asked_at, tries = 0,
            confirmed_at = NULL, digest_at = NULL";
    ADJUST = "UPDATE mail_box SET language = $1, digest_hour = $2 WHERE tenant = $3 AND person = $4";
    TRY = "UPDATE mail_box SET tries = tries + 1 WHERE tenant = $1 AND person = $2 AND tries < $3";
    CONFIRM = "UPDATE mail_box SET confirmed_at = $1 WHERE tenant = $2 AND person = $3 AND asked_at = $4";
    REMOVE = "DELETE FROM mail_box WHERE tenant = $1 AND person = $2";
    CHOICES = "SELECT occasion, way FROM mail_choice WHERE tenant = $1 AND person = $2";
    CHOOSE = "INSERT INTO mail_choice (tenant, person, occasion, way) VALUES ($1, $2, $3, $4)
        ON CONFLICT (tenant, person, occasion) DO UPDATE SET way = excluded.way";
}

/// How often a code may be entered before another has to be asked for.
const TRIES: u32 = 10;

/// How long a person waits before another code is sent: nobody's mailbox is filled from here.
const ASKING: SignedDuration = SignedDuration::from_mins(1);

/// Where a person gets mail.
#[derive(Clone, PartialEq, Eq)]
pub struct Mailbox {
    /// The address.
    pub address: String,
    /// In which language they are written to.
    pub language: Lang,
    /// At which hour of the day, local time, a digest comes.
    pub digest_hour: u8,
    /// When the code for it was asked for.
    pub asked_at: Timestamp,
    /// How often a code was entered since.
    pub tries: u32,
    /// When they showed that mail reaches them there.
    pub confirmed_at: Option<Timestamp>,
}

impl std::fmt::Debug for Mailbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mailbox")
            .field("address", &"***")
            .field("confirmed_at", &self.confirmed_at)
            .finish_non_exhaustive()
    }
}

/// An address that somebody gives.
#[derive(Clone, PartialEq, Eq)]
pub struct NewMailbox {
    /// The address.
    pub address: String,
    /// In which language they want to be written to.
    pub language: Lang,
    /// At which hour, from 0 to 23.
    pub digest_hour: u8,
}

/// What became of an address that somebody gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Given {
    /// A code is on its way to it.
    Asked,
    /// It is as before; hour and language are as wanted.
    Kept,
    /// A code was sent just now: another has to wait.
    TooSoon,
}

impl Tenant {
    /// Sets where a person gets mail; a new address is to be confirmed by the code that is sent to it. With `again`
    /// it is sent once more to one that waits for that.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the writer has stopped.
    pub async fn set_mailbox(
        &self,
        person: PersonId,
        wanted: NewMailbox,
        again: bool,
        now: Timestamp,
    ) -> Result<Given, StoreError> {
        let tenant = self.id();
        self.write_plain(move |connection| {
            let (t, p) = (Id(tenant.0), Id(person.0));
            let (language, hour) = (word(wanted.language), wanted.digest_hour);
            if let Some(there) = mailbox(connection, t, p)? {
                if there.address == wanted.address && !again {
                    connection.execute(ADJUST, (language, hour, t, p))?;
                    return Ok(Given::Kept);
                }
                if now.duration_since(there.asked_at) < ASKING {
                    return Ok(Given::TooSoon);
                }
            }
            let row = (t, p, wanted.address.as_str(), language, hour, millis(now));
            connection.execute(SET, row)?;
            queue::add(connection, tenant, person, Form::Confirmation, None, now)?;
            Ok(Given::Asked)
        })
        .await
    }

    /// Confirms a person's address by the code that was sent to it; returns whether it is the right one.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the writer has stopped.
    pub async fn confirm_mailbox(
        &self,
        person: PersonId,
        code: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let Some(there) = self.read(move |reader| reader.mailbox(person)).await? else {
            return Ok(false);
        };
        let right = self.mailbox_code(person, &there) == code.trim();
        let (t, p, asked_at) = (Id(self.id().0), Id(person.0), millis(there.asked_at));
        self.write_plain(move |connection| {
            let may_try = connection.execute(TRY, (t, p, TRIES))? == 1;
            Ok(may_try && right && connection.execute(CONFIRM, (millis(now), t, p, asked_at))? == 1)
        })
        .await
    }

    /// Returns the code that confirms a mailbox: eight digits that nobody knows who does not read its mail.
    pub fn mailbox_code(&self, person: PersonId, mailbox: &Mailbox) -> String {
        let asked_at = millis(mailbox.asked_at).to_be_bytes();
        let parts: [&[u8]; 4] = [
            b"mailbox code",
            person.0.as_bytes(),
            mailbox.address.as_bytes(),
            &asked_at,
        ];
        let hash = self.keys().pepper.keyed_hash(&parts);
        let number = hash
            .iter()
            .take(8)
            .fold(0u64, |number, byte| number << 8 | u64::from(*byte));
        format!("{:08}", number % 100_000_000)
    }

    /// Forgets where a person gets mail: none is sent any more.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the writer has stopped.
    pub async fn remove_mailbox(&self, person: PersonId) -> Result<(), StoreError> {
        self.change(REMOVE, move |tenant| (tenant, Id(person.0)))
            .await
            .map(drop)
    }

    /// Notes how a person wants to be told of occasions.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the writer has stopped.
    pub async fn choose_ways(
        &self,
        person: PersonId,
        ways: BTreeMap<Occasion, Way>,
    ) -> Result<(), StoreError> {
        let tenant = Id(self.id().0);
        self.write_plain(move |connection| {
            let mut choose = connection.prepare(CHOOSE)?;
            for (occasion, way) in ways {
                choose.execute((tenant, Id(person.0), occasion.word(), way.word()))?;
            }
            Ok(())
        })
        .await
    }
}

impl Reader {
    /// Returns where a person gets mail, if they said so.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database cannot be read.
    pub fn mailbox(&self, person: PersonId) -> Result<Option<Mailbox>, StoreError> {
        mailbox(self.snapshot.connection(), Id(self.tenant.id().0), Id(person.0))
    }

    /// Returns how a person wants to be told of occasions, where they have chosen.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database cannot be read.
    pub fn mail_choices(&self, person: PersonId) -> Result<BTreeMap<Occasion, Way>, StoreError> {
        let tenant = Id(self.tenant.id().0);
        let mut statement = self.snapshot.connection().prepare(CHOICES)?;
        let rows = statement.query_map((tenant, Id(person.0)), |row| {
            Ok((row.get::<String>(0)?, row.get::<String>(1)?))
        })?;
        let choice = |(occasion, way): (String, String)| {
            Occasion::of_word(&occasion)
                .zip(Way::of_word(&way))
                .ok_or_else(|| StoreError::Corrupt(format!("the choice {occasion:?} {way:?}")))
        };
        rows.into_iter().map(choice).collect()
    }
}

fn mailbox(connection: &Connection, tenant: Id, person: Id) -> Result<Option<Mailbox>, StoreError> {
    let mut statement = connection.prepare(BOX)?;
    let mut rows = statement.query((tenant, person))?;
    rows.next()?.map(read_mailbox).transpose()
}

fn read_mailbox(row: Row<'_>) -> Result<Mailbox, StoreError> {
    let (language, confirmed_at): (String, Option<i64>) = (row.get(1)?, row.get(5)?);
    Ok(Mailbox {
        address: row.get(0)?,
        language: match language.as_str() {
            "en" => Lang::En,
            _chinese => Lang::Zh,
        },
        digest_hour: row.get(2)?,
        asked_at: instant(row.get(3)?)?,
        tries: row.get(4)?,
        confirmed_at: confirmed_at.map(instant).transpose()?,
    })
}

fn word(language: Lang) -> &'static str {
    match language {
        Lang::Zh => "zh",
        Lang::En => "en",
    }
}
