//! A session that has the writer to itself: for imports and for founding a demo city.
//!
//! Commands are decided, folded and written one after the other on the writer's own connection, and
//! committed every so many. With the same entropy and the same instants it writes the same bytes. While
//! it lasts, everybody else's commands wait, and are refused as busy when too many do.

use std::sync::{Arc, PoisonError};

use bihuan_core::case::Case;
use bihuan_core::case::command::{Command, Raise};
use bihuan_core::case::refusal::Refusal;
use bihuan_core::event::{Entry, Event, ExternalRef, Stream};
use bihuan_core::id::{CaseId, Entropy};
use bihuan_core::org::OrgEvent;
use bihuan_core::permission::Permit;
use jiff::Timestamp;

use crate::bodies::Bodies;
use crate::commit::session::Session;
use crate::commit::{Change, Loaded, log};
use crate::decide::{Asked, Source, When};
use crate::engine::writer::Loan;
use crate::error::{ExecuteError, StoreError};
use crate::followers;
use crate::leave::require_action;
use crate::moving::tables;
use crate::receipt::ReceiptCode;
use crate::seal::Identity;
use crate::tenant::cache::Cache;
use crate::tenant::growth::grow;
use crate::tenant::scene::Scene;
use crate::tenant::{Tenant, numbers};

/// Commands in one transaction.
const EVERY: usize = 2_000;

/// Commands from which on what was loaded is more than a server takes for granted of an old table.
const LARGE: usize = 10_000;

/// Folded cases in each of the two generations of the session's cache.
const CACHED_CASES: usize = 40_000;

/// The session. What was not committed when it is dropped is undone.
pub struct Bulk {
    tenant: Tenant,
    session: Session,
    /// Nobody follows meanwhile: who is told of what happens in it, the session decides.
    _follower: Option<Loan>,
    entropy: Box<dyn Entropy + Send>,
    scene: Scene,
    cases: Cache,
    pending: usize,
    /// Commands in all.
    written: usize,
    /// Whether a transaction is open.
    open: bool,
    /// From when on people on the staff are told of what happens in it.
    told_since: Timestamp,
}

/// What was written but is not yet known to be on disk; [`Bulk::commit`] sees to that.
#[derive(Debug, Clone)]
pub struct Staged {
    /// The case.
    pub case: CaseId,
    /// Its version now.
    pub version: u32,
    /// Its number.
    pub number: String,
    /// The receipt code, where a reporter raised it.
    pub code: Option<ReceiptCode>,
}

impl Tenant {
    /// Takes the writer for a session, once what waits before it is written. Blocks until then.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the writer has stopped.
    pub fn bulk(&self, entropy: Box<dyn Entropy + Send>) -> Result<Bulk, StoreError> {
        let (loan, follower) = (self.borrow_writer()?, self.borrow_follower()?);
        let scene = Scene::clone(&self.scene());
        let cases = Cache::new(CACHED_CASES);
        let mut bulk = Bulk {
            tenant: self.clone(),
            session: Session::new(self.id(), loan),
            _follower: follower,
            entropy,
            scene,
            cases,
            pending: 0,
            written: 0,
            open: false,
            told_since: Timestamp::MAX,
        };
        bulk.begin()?;
        Ok(bulk)
    }
}

impl Bulk {
    /// Returns the org tree, packs and calendar as the session sees them.
    pub fn scene(&self) -> &Scene {
        &self.scene
    }

    /// Lets people on the staff be told of what is taken down from an instant on. Nobody is, unless this is called:
    /// what is loaded is history.
    pub fn tell_since(&mut self, since: Timestamp) {
        self.told_since = since;
    }

    /// Returns the session's source of random bytes.
    pub fn entropy(&mut self) -> &mut dyn Entropy {
        &mut *self.entropy
    }

    /// Begins the texts of a command.
    pub fn bodies(&mut self, now: Timestamp) -> Bodies {
        Bodies::new(now, &mut *self.entropy)
    }

    /// Takes in a problem. A number is given where `raise.number` is empty.
    ///
    /// # Errors
    /// [`ExecuteError`]; nothing of it is written then. [`ExecuteError::Known`] if the same imported
    /// record is there already.
    pub fn raise(
        &mut self,
        permit: &Permit,
        mut raise: Raise,
        identity: Option<Identity>,
        mut bodies: Bodies,
        when: When,
    ) -> Result<Staged, ExecuteError> {
        if raise.number.is_empty() {
            raise.number = self.next_number(&raise.kind, when)?;
        } else if self.session.has_number(&raise.number)? {
            return Err(StoreError::Conflict(format!("the number {} is taken", raise.number)).into());
        }
        if let Some(external) = &raise.external
            && let Some(case) = self.session.by_external(external)?
        {
            return Err(ExecuteError::Known(case));
        }
        let source = Source::Session(&self.session);
        let asked = Asked {
            tenant: &self.tenant,
            scene: &self.scene,
            permit,
            when,
        };
        let raised = asked.raise(&raise, identity, &mut bodies, source)?;
        let after = self.write(vec![raised.change])?;
        Ok(Staged {
            case: after.case.id,
            version: after.head.version,
            number: raise.number,
            code: raised.code,
        })
    }

    /// Carries out a command on a case.
    ///
    /// # Errors
    /// [`ExecuteError`]; nothing of it is written then.
    pub fn execute(
        &mut self,
        permit: &Permit,
        case: CaseId,
        command: &Command,
        mut bodies: Bodies,
        when: When,
    ) -> Result<Staged, ExecuteError> {
        let loaded = self.load(case)?;
        let source = Source::Session(&self.session);
        let asked = Asked {
            tenant: &self.tenant,
            scene: &self.scene,
            permit,
            when,
        };
        let changes = asked.execute(&loaded, command, &mut bodies, source)?;
        let after = self.write(changes)?;
        let number = after.case.number.clone();
        Ok(Staged {
            case,
            version: after.head.version,
            number,
            code: None,
        })
    }

    /// Changes the org tree.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if the tree does not allow it.
    pub fn org(&mut self, permit: &Permit, event: OrgEvent, now: Timestamp) -> Result<(), ExecuteError> {
        require_action(permit, "admin")?;
        let entry = Entry {
            occurred_at: now,
            recorded_at: now,
            actor: permit.actor(),
            event: Event::Org(event),
        };
        let encoded = grow(&mut self.scene, Stream::Org, &entry)?;
        let connection = self.session.connection()?;
        log::append(connection, self.tenant.id(), Stream::Org, &[encoded]).map_err(StoreError::from)?;
        Ok(self.count()?)
    }

    /// Returns a case as it stands in the session.
    ///
    /// # Errors
    /// [`ExecuteError::NotFound`] if there is none.
    pub fn case(&mut self, id: CaseId) -> Result<Case, ExecuteError> {
        Ok(self.load(id)?.case.clone())
    }

    /// Calls `look` with a case as it stands in the session, without copying it.
    ///
    /// # Errors
    /// [`ExecuteError::NotFound`] if there is none.
    pub fn with_case<T>(&mut self, id: CaseId, look: impl FnOnce(&Case) -> T) -> Result<T, ExecuteError> {
        Ok(look(&self.load(id)?.case))
    }

    /// Returns the case that an imported record became.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database cannot be read.
    pub fn by_external(&self, external: &ExternalRef) -> Result<Option<CaseId>, StoreError> {
        self.session.by_external(external)
    }

    /// Gives every event written so far its place and lets the followers catch up, in large steps.
    ///
    /// To be called before [`Bulk::finish`], and now and then in a long session.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] if a case cannot be folded.
    pub fn follow(&mut self) -> Result<(), StoreError> {
        followers::catch_up(
            self.session.settled()?,
            self.tenant.id(),
            &self.scene,
            self.told_since,
        )?;
        self.commit()
    }

    /// Puts on disk what was written so far, and goes on.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if it cannot be put on disk; it is undone then.
    pub fn commit(&mut self) -> Result<(), StoreError> {
        self.end()?;
        self.begin()
    }

    /// Puts the rest on disk, lets the followers catch up, shows it to everybody and gives the writer back.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if it cannot be put on disk; it is undone then.
    pub fn finish(mut self) -> Result<(), StoreError> {
        self.commit()?;
        followers::catch_up(
            self.session.settled()?,
            self.tenant.id(),
            &self.scene,
            self.told_since,
        )?;
        self.end()?;
        // What was loaded is there all the same if nobody can look at it now.
        if self.written >= LARGE
            && let Err(error) = tables::look_at(self.session.settled()?)
        {
            tracing::warn!(%error, "the server plans without knowing what was loaded until it looks by itself");
        }
        self.tenant.set_scene(self.scene.clone());
        Ok(())
    }

    fn begin(&mut self) -> Result<(), StoreError> {
        self.pending = 0;
        self.session.connection()?.begin()?;
        self.open = true;
        Ok(())
    }

    fn end(&mut self) -> Result<(), StoreError> {
        self.session.settled()?.commit()?;
        self.open = false;
        Ok(())
    }

    /// Counts one more command, and commits when there are enough.
    fn count(&mut self) -> Result<(), StoreError> {
        self.pending += 1;
        self.written += 1;
        if self.pending >= EVERY {
            self.commit()
        } else {
            Ok(())
        }
    }

    /// Writes the changes of one command and returns the case of the first.
    fn write(&mut self, changes: Vec<Change>) -> Result<Arc<Loaded>, ExecuteError> {
        let mut first = None;
        for change in changes {
            // Another's copy of the case is of before this session.
            self.tenant.forget(change.after.case.id);
            self.cases.put(Arc::clone(&change.after));
            first.get_or_insert(Arc::clone(&change.after));
            self.session.push(change);
        }
        self.count()?;
        first.ok_or(ExecuteError::NotFound)
    }

    fn load(&mut self, id: CaseId) -> Result<Arc<Loaded>, ExecuteError> {
        if let Some(found) = self.cases.get(id) {
            return Ok(found);
        }
        let loaded = Source::Session(&self.session).case(&self.tenant, id)?;
        self.cases.put(Arc::clone(&loaded));
        Ok(loaded)
    }

    fn next_number(&self, kind: &str, when: When) -> Result<String, ExecuteError> {
        let day = self.scene.calendar.date_of(when.occurred_at);
        let pack = self.scene.pack_for(kind, day);
        let kind = pack
            .and_then(|pack| pack.kind(kind))
            .ok_or_else(|| Refusal::UnknownKind(kind.to_owned()))?;
        let next = numbers::next(
            self.session.connection()?,
            self.tenant.id(),
            &kind.number_prefix,
            day,
        )?;
        Ok(numbers::format(&kind.number_prefix, day, next))
    }
}

impl Drop for Bulk {
    fn drop(&mut self) {
        if self.open
            && let Ok(connection) = self.session.connection()
            && let Err(error) = connection.roll_back()
        {
            tracing::error!(%error, "what a session did not commit could not be undone");
        }
        // A case may have been cached by a reader between two commits of the session.
        self.tenant
            .inner
            .cases
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }
}
