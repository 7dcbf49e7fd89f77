//! From a request to the changes it makes: permission, decision, fold, sealing. Writes nothing.

use std::sync::Arc;

use bihuan_core::case::command::{Command, Context, Raise};
use bihuan_core::case::decide::{self, Decided};
use bihuan_core::case::refusal::Refusal;
use bihuan_core::event::{Actor, BodyRef, PackRef, RaisedBy};
use bihuan_core::id::{CaseId, IdentityId};
use bihuan_core::pack::model::{Kind, Pack};
use bihuan_core::permission::Permit;
use jiff::Timestamp;

use crate::bodies::{self, Bodies};
use crate::commit::session::Session;
use crate::commit::{self, Beside, Change, Loaded, Moment};
use crate::engine::connection::Connection;
use crate::engine::readers::Snapshot;
use crate::error::{ExecuteError, StoreError};
use crate::leave::{require, require_raise};
use crate::receipt::ReceiptCode;
use crate::seal::{BodyKey, Identity};
use crate::tenant::Tenant;
use crate::tenant::scene::Scene;

/// When something is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct When {
    /// When it happened in the world; earlier than `now` for imports.
    pub occurred_at: Timestamp,
    /// The present instant.
    pub now: Timestamp,
}

impl When {
    /// What happens now.
    pub fn at(now: Timestamp) -> Self {
        When {
            occurred_at: now,
            now,
        }
    }
}

/// Where other cases and stored texts are read.
#[derive(Clone, Copy)]
pub(crate) enum Source<'a> {
    /// From a reader of the pool.
    Pool(&'a Tenant),
    /// From a reader that is at work.
    Read(&'a Snapshot),
    /// From a session that has the writer to itself, which sees what is not committed yet.
    Session(&'a Session),
}

impl Source<'_> {
    fn run<T>(self, work: impl FnOnce(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        match self {
            Source::Pool(tenant) => work(tenant.snapshot()?.connection()),
            Source::Read(snapshot) => work(snapshot.connection()),
            Source::Session(session) => work(session.settled()?),
        }
    }

    /// Reads a case.
    pub(crate) fn case(self, tenant: &Tenant, id: CaseId) -> Result<Arc<Loaded>, ExecuteError> {
        let loaded = self.run(|connection| commit::load(connection, tenant.id(), tenant.keys(), id))?;
        loaded.map(Arc::new).ok_or(ExecuteError::NotFound)
    }
}

/// A request in its scene.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) tenant: &'a Tenant,
    pub(crate) scene: &'a Scene,
    pub(crate) permit: &'a Permit,
    pub(crate) when: When,
}

/// A raise that is decided and ready to be written.
#[derive(Debug)]
pub(crate) struct Raised {
    pub(crate) change: Change,
    pub(crate) code: Option<ReceiptCode>,
}

impl<'a> Asked<'a> {
    /// Decides a raise.
    pub(crate) fn raise(
        &self,
        raise: &Raise,
        identity: Option<Identity>,
        bodies: &mut Bodies,
        source: Source<'_>,
    ) -> Result<Raised, ExecuteError> {
        require_raise(self.permit)?;
        for (_, other) in &raise.links {
            source.case(self.tenant, *other)?;
        }
        let day = self.scene.calendar.date_of(self.when.occurred_at);
        let pack = self.scene.pack_for(&raise.kind, day);
        let pack = pack.ok_or_else(|| Refusal::UnknownKind(raise.kind.clone()))?;
        let keys = self.tenant.keys();
        let id = CaseId::new(self.when.now, bodies.random());
        let mut beside = Beside::default();
        let mut named = raise.clone();
        if let Some(identity) = identity.filter(|identity| !identity.is_empty()) {
            let sealed_id = IdentityId::new(self.when.now, bodies.random());
            if let RaisedBy::Reporter { identity: place, .. } = &mut named.raised_by {
                *place = Some(sealed_id);
                beside.identity = Some((sealed_id, identity.seal(keys, sealed_id, bodies.random())));
            }
        }
        let decided = decide::raise(&named, id, &self.context(pack, self.permit.actor()))?;
        let key = BodyKey::random(bodies.random());
        beside.wrapped_key = Some(key.wrap(keys, id, bodies.random()));
        let code = self
            .needs_code(&named)
            .then(|| ReceiptCode::new(self.when.now, bodies.random()));
        beside.receipt = code.as_ref().map(|code| code.lookup_hash(keys));
        let change = commit::change(
            &self.moment(self.permit.actor()),
            id,
            None,
            Some(key),
            decided,
            bodies,
            &no_body,
        )?;
        Ok(Raised {
            change: change.with(beside),
            code,
        })
    }

    /// Whoever raised it from outside gets a code; imported history was answered elsewhere.
    fn needs_code(&self, raise: &Raise) -> bool {
        matches!(raise.raised_by, RaisedBy::Reporter { .. }) && self.permit.actor() != Actor::Import
    }

    /// Decides a command on a case; the first change is that of the case itself.
    pub(crate) fn execute(
        &self,
        loaded: &Loaded,
        command: &Command,
        bodies: &mut Bodies,
        source: Source<'_>,
    ) -> Result<Vec<Change>, ExecuteError> {
        let case = &loaded.case;
        require(self.permit, command, self.kind(&case.pack, &case.kind)?)?;
        self.check_others(command, source)?;
        let actor = self.permit.actor();
        let pack = match command {
            Command::ChangePack { pack } => self.pack(pack)?,
            _ => self.pack(&case.pack)?,
        };
        let decided = decide::decide(case, command, &self.context(pack, actor))?;
        let mut changes = vec![self.change(loaded, actor, decided, bodies, source)?];
        if let Command::Merge { into, .. } = command {
            changes.push(self.absorb(loaded, *into, bodies, source)?);
        }
        Ok(changes)
    }

    /// Notes, in the case that stays, the units responsible in the merged one.
    fn absorb(
        &self,
        merged: &Loaded,
        into: CaseId,
        bodies: &mut Bodies,
        source: Source<'_>,
    ) -> Result<Change, ExecuteError> {
        let stays = source.case(self.tenant, into)?;
        let units = merged.case.ever_responsible.iter().copied().collect();
        let command = Command::AbsorbResponsible {
            from: merged.case.id,
            units,
            accused: merged.case.accused.clone(),
        };
        let pack = self.pack(&stays.case.pack)?;
        let decided = decide::decide(&stays.case, &command, &self.context(pack, Actor::System))?;
        bodies.clear();
        Ok(self.change(&stays, Actor::System, decided, bodies, source)?)
    }

    fn change(
        &self,
        before: &Loaded,
        actor: Actor,
        decided: Vec<Decided>,
        bodies: &mut Bodies,
        source: Source<'_>,
    ) -> Result<Change, StoreError> {
        let id = before.case.id;
        let open = |body: BodyRef| {
            let Some(key) = &before.key else { return Ok(None) };
            let open = |connection: &Connection| bodies::open(connection, self.tenant.id(), id, key, body);
            Ok(source.run(open)?.map(|open| open.text.clone()))
        };
        commit::change(
            &self.moment(actor),
            id,
            Some(before),
            before.key.clone(),
            decided,
            bodies,
            &open,
        )
    }

    /// Checks that the cases a command names are there, in this tenant.
    fn check_others(&self, command: &Command, source: Source<'_>) -> Result<(), ExecuteError> {
        let others: &[CaseId] = match command {
            Command::Link { other, .. } => std::slice::from_ref(other),
            Command::Merge { into, .. } => std::slice::from_ref(into),
            Command::Split { into, .. } => into,
            _ => &[],
        };
        others
            .iter()
            .try_for_each(|other| source.case(self.tenant, *other).map(drop))
    }

    fn context<'b>(&'b self, pack: &'b Pack, actor: Actor) -> Context<'b> {
        Context {
            pack,
            org: &self.scene.org,
            calendar: &self.scene.calendar,
            actor,
            occurred_at: self.when.occurred_at,
            now: self.when.now,
        }
    }

    fn moment(&self, actor: Actor) -> Moment<'a> {
        Moment {
            engine: self.tenant.engine(),
            scene: self.scene,
            actor,
            now: self.when.now,
        }
    }

    fn pack(&self, reference: &PackRef) -> Result<&'a Pack, StoreError> {
        let pack = self.scene.pack(reference).map(|pack| &**pack);
        pack.ok_or_else(|| {
            StoreError::NotFound(format!("version {} of pack {}", reference.version, reference.id))
        })
    }

    fn kind(&self, reference: &PackRef, kind: &str) -> Result<&'a Kind, StoreError> {
        let found = self.pack(reference)?.kind(kind);
        found.ok_or_else(|| StoreError::Corrupt(format!("kind {kind} is not in pack {}", reference.id)))
    }
}

/// A new case has no text on disk that its search document could need.
fn no_body(_body: BodyRef) -> Result<Option<String>, StoreError> {
    Ok(None)
}
