//! Commands: decided outside the writer, written in its next batch, decided again if the case moved on.

use std::sync::{Arc, PoisonError};

use bihuan_core::case::command::{Command, Raise};
use bihuan_core::case::refusal::Refusal;
use bihuan_core::id::{CaseId, Digest};
use bihuan_core::permission::Permit;
use jiff::Timestamp;

use crate::bodies::Bodies;
use crate::commit::idempotency::{self, First, Once, Record};
use crate::commit::order::{self, Order};
use crate::commit::{Change, CommitError, Loaded};
use crate::decide::{Asked, Source, When};
use crate::error::{ExecuteError, StoreError};
use crate::receipt::ReceiptCode;
use crate::seal::Identity;
use crate::tenant::scene::Scene;
use crate::tenant::{Tenant, numbers};

/// How often a command is decided anew because its case moved on.
pub(crate) const ATTEMPTS: usize = 8;

/// Events that are on disk. Made only after the commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appended {
    case: CaseId,
    from: u32,
    to: u32,
    repeated: bool,
}

impl Appended {
    /// Returns the case.
    pub fn case(&self) -> CaseId {
        self.case
    }

    /// Returns the version of the first and of the last event, both included.
    pub fn versions(&self) -> std::ops::RangeInclusive<u32> {
        self.from..=self.to
    }

    /// Returns whether this answers a repeated request: the events were written by the first.
    pub fn is_repeated(&self) -> bool {
        self.repeated
    }
}

/// What whoever raised a case gets, once it is on disk.
#[derive(Debug, Clone)]
pub struct Receipt {
    number: String,
    code: Option<ReceiptCode>,
    appended: Appended,
}

impl Receipt {
    /// Returns the case.
    pub fn case(&self) -> CaseId {
        self.appended.case
    }

    /// Returns the case's number for people.
    pub fn number(&self) -> &str {
        &self.number
    }

    /// Returns the receipt code; `None` where a person of the tree or an import raised the case.
    pub fn code(&self) -> Option<&ReceiptCode> {
        self.code.as_ref()
    }

    /// Returns the events.
    pub fn appended(&self) -> Appended {
        self.appended
    }
}

impl Tenant {
    /// Takes in a problem and returns its receipt once it is on disk.
    ///
    /// A number is given where `raise.number` is empty. A reporter gets a receipt code; an `identity` is
    /// sealed and named in the event. The permit is for `register`, or the reporter's, an import's or the
    /// system's own.
    ///
    /// # Errors
    /// [`ExecuteError`]; [`ExecuteError::Known`] if the same imported record is there already.
    pub async fn raise(
        &self,
        permit: &Permit,
        mut raise: Raise,
        identity: Option<Identity>,
        mut bodies: Bodies,
        once: Option<Once>,
        now: Timestamp,
    ) -> Result<Receipt, ExecuteError> {
        let scene = self.scene();
        if raise.number.is_empty() {
            raise.number = self.next_number(&scene, &raise.kind, now).await?;
        }
        let asked = Asked {
            tenant: self,
            scene: &scene,
            permit,
            when: When::at(now),
        };
        let raised = asked.raise(&raise, identity, &mut bodies, Source::Pool(self))?;
        let code = raised.code.clone();
        let first = |sealed_code| First {
            case: raised.change.case(),
            from: 1,
            to: raised.change.version(),
            sealed_code,
        };
        let record = once.as_ref().map(|once| {
            let sealed_code = code
                .as_ref()
                .map(|code| code.seal(self.keys(), &once.key, bodies.random()));
            record_of(once, permit, &first(sealed_code.unwrap_or_default()))
        });
        match self.commit(vec![raised.change], record, now).await? {
            Ok(written) => Ok(self.receipt(&written, raise.number, code)),
            Err(CommitError::Repeated(request, first)) => self.receipt_again(once, request, &first).await,
            // One with the same key came in the same batch, and has been written.
            Err(CommitError::Moved) => match self.first_of(permit, once.as_ref()).await? {
                Some((request, first)) => self.receipt_again(once, request, &first).await,
                None => Err(failed(CommitError::Moved)),
            },
            Err(error) => Err(failed(error)),
        }
    }

    /// Returns the receipt that the first request with a key got.
    async fn receipt_again(
        &self,
        once: Option<Once>,
        request: Digest,
        first: &First,
    ) -> Result<Receipt, ExecuteError> {
        let once = once
            .filter(|once| once.request == request)
            .ok_or(ExecuteError::KeyReused)?;
        let code = first.code(self.keys(), &once.key)?;
        let number = self.load(first.case).await?.case.number.clone();
        Ok(Receipt {
            number,
            code,
            appended: Appended::again(first),
        })
    }

    /// Returns whether a request with this key was carried out already.
    ///
    /// # Errors
    /// [`StoreError`] if the database cannot be read.
    pub async fn knows(&self, permit: &Permit, once: &Once) -> Result<bool, StoreError> {
        Ok(self.first_of(permit, Some(once)).await?.is_some())
    }

    /// Returns what the first request with this key said and led to, if there was one.
    async fn first_of(
        &self,
        permit: &Permit,
        once: Option<&Once>,
    ) -> Result<Option<(Digest, First)>, StoreError> {
        let Some(key) = once.map(|once| once.place(permit.actor())) else {
            return Ok(None);
        };
        self.read(move |reader| idempotency::find(reader.snapshot.connection(), reader.tenant.id(), key))
            .await
    }

    /// Carries out a command on a case and returns once its events are on disk.
    ///
    /// # Errors
    /// [`ExecuteError::Refused`] with the rule that forbids it.
    pub async fn execute(
        &self,
        permit: &Permit,
        case: CaseId,
        command: Command,
        mut bodies: Bodies,
        once: Option<Once>,
        now: Timestamp,
    ) -> Result<Appended, ExecuteError> {
        let mut remembered = self.cached(case);
        for _ in 0..ATTEMPTS {
            let (loaded, from_memory) = match remembered.take() {
                Some(loaded) => (loaded, true),
                None => (self.load_anew(case).await?, false),
            };
            let scene = self.scene();
            let asked = Asked {
                tenant: self,
                scene: &scene,
                permit,
                when: When::at(now),
            };
            let changes = match asked.execute(&loaded, &command, &mut bodies, Source::Pool(self)) {
                Ok(changes) => changes,
                // What is remembered may be older than what another process has written.
                Err(_) if from_memory => continue,
                // A repeated request may be refused only because the first was carried out.
                Err(error) => return self.repeated_or(error, permit, once.as_ref()).await,
            };
            let first = First {
                case,
                from: loaded.head.version + 1,
                to: changes.first().map_or(loaded.head.version, Change::version),
                sealed_code: Vec::new(),
            };
            let record = once.as_ref().map(|once| record_of(once, permit, &first));
            match self.commit(changes, record, now).await? {
                Ok(written) => {
                    self.remember(&written);
                    return Ok(Appended {
                        case,
                        from: first.from,
                        to: first.to,
                        repeated: false,
                    });
                }
                Err(CommitError::Moved) => self.forget(case),
                Err(CommitError::Repeated(request, first)) => return same(once.as_ref(), request, &first),
                Err(error) => return Err(failed(error)),
            }
        }
        Err(ExecuteError::Busy)
    }

    /// Forgets the idempotency records before `before`; a request repeated after that is a new one.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the writer has stopped.
    pub async fn forget_requests(&self, before: Timestamp) -> Result<usize, StoreError> {
        let tenant = self.id();
        self.write_plain(move |connection| idempotency::forget(connection, tenant, before))
            .await
    }

    fn receipt(&self, written: &[Arc<Loaded>], number: String, code: Option<ReceiptCode>) -> Receipt {
        self.remember(written);
        let case = written
            .first()
            .map(|loaded| (loaded.case.id, loaded.head.version));
        let (case, to) = case.expect("a commit returns the cases it wrote");
        Receipt {
            number,
            code,
            appended: Appended {
                case,
                from: 1,
                to,
                repeated: false,
            },
        }
    }

    /// Writes changes and their idempotency record with the next batch.
    pub(crate) async fn commit(
        &self,
        changes: Vec<Change>,
        record: Option<Record>,
        now: Timestamp,
    ) -> Result<Result<Vec<Arc<Loaded>>, CommitError>, ExecuteError> {
        let written: Vec<Arc<Loaded>> = changes.iter().map(|change| Arc::clone(&change.after)).collect();
        let order = Order {
            tenant: self.id(),
            changes,
            record,
            now,
        };
        Ok(self.order(order).await?.map(|()| written))
    }

    /// Returns a case as the log has it, from the cache where it is there.
    pub(crate) async fn load(&self, id: CaseId) -> Result<Arc<Loaded>, ExecuteError> {
        match self.cached(id) {
            Some(found) => Ok(found),
            None => self.load_anew(id).await,
        }
    }

    /// Returns a case as the log has it now.
    pub(crate) async fn load_anew(&self, id: CaseId) -> Result<Arc<Loaded>, ExecuteError> {
        let loaded = self
            .read(move |reader| Source::Read(&reader.snapshot).case(&reader.tenant, id))
            .await?;
        self.remember(std::slice::from_ref(&loaded));
        Ok(loaded)
    }

    pub(crate) fn cached(&self, id: CaseId) -> Option<Arc<Loaded>> {
        self.inner
            .cases
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(id)
    }

    pub(crate) fn remember(&self, written: &[Arc<Loaded>]) {
        let mut cases = self.inner.cases.lock().unwrap_or_else(PoisonError::into_inner);
        for loaded in written {
            cases.put(Arc::clone(loaded));
        }
    }

    pub(crate) fn forget(&self, id: CaseId) {
        self.inner
            .cases
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .forget(id);
    }

    async fn next_number(&self, scene: &Scene, kind: &str, now: Timestamp) -> Result<String, ExecuteError> {
        let day = scene.calendar.date_of(now);
        let pack = scene.pack_for(kind, day);
        let kind = pack
            .and_then(|pack| pack.kind(kind))
            .ok_or_else(|| Refusal::UnknownKind(kind.to_owned()))?;
        let prefix = &kind.number_prefix;
        loop {
            if let Some(number) = self.inner.numbers.take(prefix, day) {
                return Ok(number);
            }
            let Some(_turn) = self.inner.numbers.turn().await else {
                return Err(ExecuteError::Busy);
            };
            if let Some(number) = self.inner.numbers.take(prefix, day) {
                return Ok(number);
            }
            let (tenant, wanted) = (self.id(), prefix.clone());
            let size = self.inner.numbers.next_size(prefix, day);
            let reserve = move |connection: &_| numbers::reserve(connection, tenant, &wanted, day, size);
            let block = self.write(reserve).await??;
            self.inner.numbers.add(prefix, day, block);
        }
    }

    /// Returns what the first request with this key led to, or `error` where there was none.
    async fn repeated_or(
        &self,
        error: ExecuteError,
        permit: &Permit,
        once: Option<&Once>,
    ) -> Result<Appended, ExecuteError> {
        let Some((request, first)) = self.first_of(permit, once).await? else {
            return Err(error);
        };
        let tenant = self.id();
        self.write_plain(move |connection| order::confirm(connection, tenant))
            .await?;
        same(once, request, &first)
    }
}

impl Appended {
    fn again(first: &First) -> Self {
        Appended {
            case: first.case,
            from: first.from,
            to: first.to,
            repeated: true,
        }
    }
}

fn record_of(once: &Once, permit: &Permit, first: &First) -> Record {
    Record {
        key: once.place(permit.actor()),
        request: once.request,
        result: first.encode(),
    }
}

/// Answers a repeated request as the first was, if it is the same request.
fn same(once: Option<&Once>, request: Digest, first: &First) -> Result<Appended, ExecuteError> {
    if once.is_some_and(|once| once.request == request) {
        Ok(Appended::again(first))
    } else {
        Err(ExecuteError::KeyReused)
    }
}

pub(crate) fn failed(error: CommitError) -> ExecuteError {
    match error {
        CommitError::Moved => StoreError::Conflict("the case is there already".into()).into(),
        CommitError::Repeated(..) => ExecuteError::KeyReused,
        CommitError::Known(case) => ExecuteError::Known(case),
        CommitError::Store(error) => error.into(),
    }
}
