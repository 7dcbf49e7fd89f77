//! Accounts of people who work here: logins, sessions, API tokens.
//!
//! What a password or a token is, and how it is hashed, is the caller's business: here lie a password
//! hash as opaque text and tokens by their hash. What somebody may do is in the org stream, not here.

use bihuan_core::id::{Digest, PersonId, UnitId};
use bihuan_core::permission::Permit;
use jiff::Timestamp;

use crate::engine::connection::Row;
use crate::engine::sql::statements;
use crate::error::{ExecuteError, StoreError};
use crate::leave::{require_action, require_own};
use crate::read::Reader;
use crate::tenant::Tenant;
use crate::value::{Hash, Id, instant, millis};

statements! {
    ADD = "INSERT INTO account (tenant, login, person, password_hash, created_at, failures)
        VALUES ($1, $2, $3, $4, $5, 0)";
    SELECT = "SELECT login, person, password_hash, created_at, disabled_at, failures, failed_at
        FROM account WHERE tenant = $1 AND login = $2";
    ALL = "SELECT login, person, password_hash, created_at, disabled_at, failures, failed_at
        FROM account WHERE tenant = $1 ORDER BY login";
    SET_PASSWORD = "UPDATE account SET password_hash = $1, failures = 0, failed_at = NULL
        WHERE tenant = $2 AND login = $3";
    EXCHANGE = "UPDATE account SET password_hash = $1, failures = 0, failed_at = NULL
        WHERE tenant = $2 AND login = $3 AND password_hash = $4 AND disabled_at IS NULL";
    DISABLE = "UPDATE account SET disabled_at = $1 WHERE tenant = $2 AND login = $3";
    FAILED = "UPDATE account SET failures = failures + 1, failed_at = $1 WHERE tenant = $2 AND login = $3";
    SUCCEEDED = "UPDATE account SET failures = 0, failed_at = NULL WHERE tenant = $1 AND login = $2";
    OPEN_SESSION = "INSERT INTO session (tenant, token_hash, login, unit, created_at, seen_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    SESSION = "SELECT s.login, a.person, s.unit, s.created_at, s.seen_at, s.expires_at
        FROM session s JOIN account a ON a.tenant = s.tenant AND a.login = s.login
        WHERE s.tenant = $1 AND s.token_hash = $2 AND s.expires_at > $3 AND a.disabled_at IS NULL";
    TOUCH_SESSION = "UPDATE session SET unit = $1, seen_at = $2, expires_at = $3
        WHERE tenant = $4 AND token_hash = $5";
    CLOSE_SESSION = "DELETE FROM session WHERE tenant = $1 AND token_hash = $2";
    CLOSE_SESSIONS = "DELETE FROM session WHERE tenant = $1 AND login = $2";
    CLOSE_EXPIRED = "DELETE FROM session WHERE tenant = $1 AND expires_at <= $2";
    ADD_TOKEN = "INSERT INTO api_token (tenant, token_hash, name, login, scopes, created_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    TOKEN = "SELECT t.name, t.login, a.person, t.scopes, t.created_at, t.expires_at, t.token_hash
        FROM api_token t JOIN account a ON a.tenant = t.tenant AND a.login = t.login
        WHERE t.tenant = $1 AND t.token_hash = $2 AND t.revoked_at IS NULL
            AND (t.expires_at IS NULL OR t.expires_at > $3) AND a.disabled_at IS NULL";
    TOKENS = "SELECT t.name, t.login, a.person, t.scopes, t.created_at, t.expires_at, t.token_hash
        FROM api_token t JOIN account a ON a.tenant = t.tenant AND a.login = t.login
        WHERE t.tenant = $1 AND t.login = $2 AND t.revoked_at IS NULL ORDER BY t.created_at, t.token_hash";
    REVOKE_TOKEN = "UPDATE api_token SET revoked_at = $1 WHERE tenant = $2 AND token_hash = $3";
}

/// A person's login.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// What they log in with, unique in the tenant.
    pub login: String,
    /// Who they are in the org tree.
    pub person: PersonId,
    /// Their password's hash, as the caller wrote it.
    pub password_hash: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// Since when nobody may log in with it.
    pub disabled_at: Option<Timestamp>,
    /// How many logins failed since the last that did not.
    pub failures: u32,
    /// When the last one failed.
    pub failed_at: Option<Timestamp>,
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Account")
            .field("login", &self.login)
            .field("password_hash", &"***")
            .finish_non_exhaustive()
    }
}

/// Somebody who is logged in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// With which login.
    pub login: String,
    /// Who.
    pub person: PersonId,
    /// The unit they chose to act for.
    pub unit: Option<UnitId>,
    /// Since when.
    pub created_at: Timestamp,
    /// When they last did something.
    pub seen_at: Timestamp,
    /// When it ends by itself.
    pub expires_at: Timestamp,
}

/// A token that a program uses in somebody's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiToken {
    /// Its name, for people.
    pub name: String,
    /// In whose name: the login.
    pub login: String,
    /// In whose name: the person.
    pub person: PersonId,
    /// The actions it may be used for, of those that the person has.
    pub scopes: Vec<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
    /// Its hash.
    pub token_hash: Digest,
}

/// A token to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewToken {
    /// Its hash.
    pub token_hash: Digest,
    /// Its name, for people.
    pub name: String,
    /// In whose name.
    pub login: String,
    /// The actions it may be used for; words without spaces.
    pub scopes: Vec<String>,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
}

/// A login to be made.
#[derive(Clone, PartialEq, Eq)]
pub struct NewAccount {
    /// What they log in with.
    pub login: String,
    /// Who they are.
    pub person: PersonId,
    /// Their password's hash.
    pub password_hash: String,
}

impl Tenant {
    /// Makes a login.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if the login is taken; [`ExecuteError::NotPermitted`] without `admin`, or where it is lent.
    pub async fn add_account(
        &self,
        permit: &Permit,
        account: NewAccount,
        now: Timestamp,
    ) -> Result<(), ExecuteError> {
        require_own(permit, "admin")?;
        let taken = format!("login {:?} is taken", account.login);
        let NewAccount {
            login,
            person,
            password_hash,
        } = account;
        let made = self
            .change(ADD, move |tenant| {
                (tenant, login, Id(person.0), password_hash, millis(now))
            })
            .await;
        match made {
            Err(StoreError::Conflict(_)) => Err(StoreError::Conflict(taken).into()),
            other => Ok(other.map(drop)?),
        }
    }

    /// Sets a password's hash, forgets failed logins and ends all sessions of the login.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if there is no such login; [`ExecuteError::NotPermitted`] without `admin`.
    pub async fn set_password(
        &self,
        permit: &Permit,
        login: &str,
        password_hash: String,
    ) -> Result<(), ExecuteError> {
        require_action(permit, "admin")?;
        self.replace_password(login, password_hash).await?;
        Ok(())
    }

    /// Sets the password's hash of somebody who proved to know the old one; ends all their sessions.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if there is no such login.
    pub async fn replace_password(&self, login: &str, password_hash: String) -> Result<(), StoreError> {
        let name = login.to_owned();
        let changed = self
            .change(SET_PASSWORD, move |tenant| (password_hash, tenant, name))
            .await?;
        found(changed, || format!("login {login:?}"))?;
        self.close_sessions(login).await
    }

    /// Sets a password's hash in place of what stands there, if that is still what somebody proved to know;
    /// returns whether it was. Ends all sessions of the login.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the writer has stopped.
    pub async fn exchange_password(
        &self,
        login: &str,
        known: String,
        password_hash: String,
    ) -> Result<bool, StoreError> {
        let name = login.to_owned();
        let changed = self
            .change(EXCHANGE, move |tenant| (password_hash, tenant, name, known))
            .await?;
        if changed > 0 {
            self.close_sessions(login).await?;
        }
        Ok(changed > 0)
    }

    /// Keeps a login from being used from now on, and ends its sessions.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if there is no such login; [`ExecuteError::NotPermitted`] without `admin`.
    pub async fn disable_account(
        &self,
        permit: &Permit,
        login: &str,
        now: Timestamp,
    ) -> Result<(), ExecuteError> {
        require_action(permit, "admin")?;
        let name = login.to_owned();
        let changed = self
            .change(DISABLE, move |tenant| (millis(now), tenant, name))
            .await?;
        found(changed, || format!("login {login:?}"))?;
        Ok(self.close_sessions(login).await?)
    }

    /// Counts a login that failed. Does nothing where there is no such login.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the writer has stopped.
    pub async fn login_failed(&self, login: &str, now: Timestamp) -> Result<(), StoreError> {
        let login = login.to_owned();
        self.change(FAILED, move |tenant| (millis(now), tenant, login))
            .await
            .map(drop)
    }

    /// Notes that somebody logged in and opens their session.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the writer has stopped.
    pub async fn open_session(
        &self,
        token_hash: Digest,
        login: &str,
        unit: Option<UnitId>,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        let (name, login) = (login.to_owned(), login.to_owned());
        self.change(SUCCEEDED, move |tenant| (tenant, name)).await?;
        let unit = unit.map(|unit| Id(unit.0));
        let (at, until) = (millis(now), millis(expires_at));
        self.change(OPEN_SESSION, move |tenant| {
            (tenant, Hash(token_hash), login, unit, at, at, until)
        })
        .await
        .map(drop)
    }

    /// Notes that somebody is still there, or acts for another unit from now on.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the writer has stopped.
    pub async fn touch_session(
        &self,
        token_hash: Digest,
        unit: Option<UnitId>,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        let unit = unit.map(|unit| Id(unit.0));
        let (at, until) = (millis(now), millis(expires_at));
        self.change(TOUCH_SESSION, move |tenant| {
            (unit, at, until, tenant, Hash(token_hash))
        })
        .await
        .map(drop)
    }

    /// Ends a session.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the writer has stopped.
    pub async fn close_session(&self, token_hash: Digest) -> Result<(), StoreError> {
        self.change(CLOSE_SESSION, move |tenant| (tenant, Hash(token_hash)))
            .await
            .map(drop)
    }

    /// Ends all sessions of a login.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the writer has stopped.
    pub async fn close_sessions(&self, login: &str) -> Result<(), StoreError> {
        let login = login.to_owned();
        self.change(CLOSE_SESSIONS, move |tenant| (tenant, login))
            .await
            .map(drop)
    }

    /// Deletes the sessions that have ended by themselves; returns how many.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the writer has stopped.
    pub async fn close_expired_sessions(&self, now: Timestamp) -> Result<usize, StoreError> {
        self.change(CLOSE_EXPIRED, move |tenant| (tenant, millis(now)))
            .await
    }

    /// Makes an API token.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if there is no such login; [`ExecuteError::NotPermitted`] without `admin`.
    pub async fn add_token(
        &self,
        permit: &Permit,
        token: NewToken,
        now: Timestamp,
    ) -> Result<(), ExecuteError> {
        require_action(permit, "admin")?;
        let login = token.login.clone();
        let there = self.read(move |reader| reader.account(&login)).await?;
        there.ok_or_else(|| StoreError::NotFound(format!("login {:?}", token.login)))?;
        let NewToken {
            token_hash,
            name,
            login,
            scopes,
            expires_at,
        } = token;
        let (scopes, expires_at) = (scopes.join(" "), expires_at.map(millis));
        self.change(ADD_TOKEN, move |tenant| {
            (
                tenant,
                Hash(token_hash),
                name,
                login,
                scopes,
                millis(now),
                expires_at,
            )
        })
        .await?;
        Ok(())
    }

    /// Ends an API token.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if there is no such token; [`ExecuteError::NotPermitted`] without `admin`.
    pub async fn revoke_token(
        &self,
        permit: &Permit,
        token_hash: Digest,
        now: Timestamp,
    ) -> Result<(), ExecuteError> {
        require_action(permit, "admin")?;
        let changed = self
            .change(REVOKE_TOKEN, move |tenant| {
                (millis(now), tenant, Hash(token_hash))
            })
            .await?;
        Ok(found(changed, || "the token".to_owned())?)
    }
}

fn found(changed: usize, what: impl FnOnce() -> String) -> Result<(), StoreError> {
    if changed == 0 {
        Err(StoreError::NotFound(what()))
    } else {
        Ok(())
    }
}

impl Reader {
    /// Returns a login.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database cannot be read.
    pub fn account(&self, login: &str) -> Result<Option<Account>, StoreError> {
        let mut statement = self.snapshot.connection().prepare(SELECT)?;
        let mut rows = statement.query((Id(self.tenant.id().0), login))?;
        rows.next()?.map(read_account).transpose()
    }

    /// Returns all logins, by name.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database cannot be read.
    pub fn accounts(&self) -> Result<Vec<Account>, StoreError> {
        let mut statement = self.snapshot.connection().prepare(ALL)?;
        let mut rows = statement.query((Id(self.tenant.id().0),))?;
        let mut accounts = Vec::new();
        while let Some(row) = rows.next()? {
            accounts.push(read_account(row)?);
        }
        Ok(accounts)
    }

    /// Returns the session of a token, unless it has ended or its login may not be used.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database cannot be read.
    pub fn session(&self, token_hash: Digest, now: Timestamp) -> Result<Option<Session>, StoreError> {
        let mut statement = self.snapshot.connection().prepare(SESSION)?;
        let mut rows = statement.query((Id(self.tenant.id().0), Hash(token_hash), millis(now)))?;
        let Some(row) = rows.next()? else { return Ok(None) };
        let (Id(person), unit): (Id, Option<Id>) = (row.get(1)?, row.get(2)?);
        Ok(Some(Session {
            login: row.get(0)?,
            person: PersonId(person),
            unit: unit.map(|Id(unit)| UnitId(unit)),
            created_at: instant(row.get(3)?)?,
            seen_at: instant(row.get(4)?)?,
            expires_at: instant(row.get(5)?)?,
        }))
    }

    /// Returns an API token, unless it has ended or its login may not be used.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database cannot be read.
    pub fn token(&self, token_hash: Digest, now: Timestamp) -> Result<Option<ApiToken>, StoreError> {
        let mut statement = self.snapshot.connection().prepare(TOKEN)?;
        let found = statement
            .query_optional((Id(self.tenant.id().0), Hash(token_hash), millis(now)), |row| {
                Ok(read_token(row))
            })?;
        found.transpose()
    }

    /// Returns the API tokens of a login that were not revoked, oldest first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database cannot be read.
    pub fn tokens(&self, login: &str) -> Result<Vec<ApiToken>, StoreError> {
        let mut statement = self.snapshot.connection().prepare(TOKENS)?;
        let mut rows = statement.query((Id(self.tenant.id().0), login))?;
        let mut tokens = Vec::new();
        while let Some(row) = rows.next()? {
            tokens.push(read_token(row)?);
        }
        Ok(tokens)
    }
}

fn read_account(row: Row<'_>) -> Result<Account, StoreError> {
    let optional = |millis: Option<i64>| millis.map(instant).transpose();
    let Id(person) = row.get(1)?;
    Ok(Account {
        login: row.get(0)?,
        person: PersonId(person),
        password_hash: row.get(2)?,
        created_at: instant(row.get(3)?)?,
        disabled_at: optional(row.get(4)?)?,
        failures: row.get(5)?,
        failed_at: optional(row.get(6)?)?,
    })
}

fn read_token(row: Row<'_>) -> Result<ApiToken, StoreError> {
    let (Id(person), Hash(token_hash)) = (row.get(2)?, row.get(6)?);
    let scopes: String = row.get(3)?;
    let expires_at: Option<i64> = row.get(5)?;
    Ok(ApiToken {
        name: row.get(0)?,
        login: row.get(1)?,
        person: PersonId(person),
        scopes: scopes.split_whitespace().map(str::to_owned).collect(),
        created_at: instant(row.get(4)?)?,
        expires_at: expires_at.map(instant).transpose()?,
        token_hash,
    })
}
