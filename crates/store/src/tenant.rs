//! The store and its tenants: opening, founding, and the streams that make the scene.

pub(crate) mod cache;
pub(crate) mod growth;
pub mod health;
pub(crate) mod marks;
pub(crate) mod numbers;
mod options;
pub mod scene;
mod streams;
mod writing;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use bihuan_core::event::{Entry, Stream};
use bihuan_core::id::{Entropy, TenantId};
use bihuan_core::label::Label;
use bihuan_core::permission::Permit;
use jiff::Timestamp;
use tokio::sync::Notify;

use crate::archive;
use crate::blob::Blobs;
use crate::commit::log;
use crate::commit::order::Order;
use crate::engine::connection::{Connection, Engine};
pub use crate::engine::readers::ReaderLimits;
use crate::engine::readers::{Readers, Snapshot};
pub use crate::engine::replica::Position;
use crate::engine::replica::Replica;
use crate::engine::sql::statements;
use crate::engine::writer::{Loan, Writer};
use crate::error::StoreError;
use crate::followers::renewed;
use crate::keys::{MasterKey, TenantKeys};
use crate::schema::{self, partitions};
use crate::tenant::cache::Cache;
use crate::tenant::growth::{calendar_event, grow, pack_event};
pub use crate::tenant::marks::Marks;
use crate::tenant::numbers::Numbers;
pub use crate::tenant::options::{DATABASE_FILE, Options};
use crate::tenant::scene::{Scene, parse_calendar};
use crate::value::{Id, millis};

statements! {
    FOUND = "INSERT INTO tenant (tenant, name_zh, name_en, host, wrapped_key, founded_at)
        VALUES ($1, $2, $3, $4, $5, $6)";
    TENANTS = "SELECT tenant, name_zh, name_en, host, wrapped_key FROM tenant ORDER BY tenant";
}

/// The directory of stored files in a data directory; each tenant's lie below it.
pub const BLOBS_DIRECTORY: &str = "blobs";

/// Folded cases in each of the two generations of the cache.
const CACHED_CASES: usize = 20_000;

/// What a tenant is founded with.
#[derive(Debug, Clone)]
pub struct Founding<'a> {
    /// Its name.
    pub name: Label,
    /// The host name it answers under; `None` where it is the only one.
    pub host: Option<String>,
    /// The text of its first working-day calendar.
    pub calendar: &'a str,
    /// The texts of its first packs.
    pub packs: &'a [&'a str],
    /// When.
    pub now: Timestamp,
}

/// An open data directory. Clones share it.
#[derive(Debug, Clone)]
pub struct Store {
    inner: Arc<StoreInner>,
}

#[derive(Debug)]
struct StoreInner {
    directory: PathBuf,
    options: Options,
    marks: Marks,
    writer: Arc<Writer<Order>>,
    /// Who writes what follows from the log: on a server a connection of its own, so that what comes in does not wait for
    /// it; on SQLite, which has one writer, the same.
    follower: Arc<Writer<Order>>,
    readers: Arc<Readers>,
    replica: Option<Arc<Replica>>,
    tenants: RwLock<Vec<Tenant>>,
}

/// One tenant of the store. Clones share it.
#[derive(Debug, Clone)]
pub struct Tenant {
    pub(crate) inner: Arc<Inner>,
    /// What a replica must have for this one to read from it; `None` reads from the server itself.
    pub(crate) seen: Option<Position>,
}

#[derive(Debug)]
pub(crate) struct Inner {
    id: TenantId,
    name: Label,
    host: Option<String>,
    marks: Marks,
    keys: TenantKeys,
    writer: Arc<Writer<Order>>,
    follower: Arc<Writer<Order>>,
    pub(crate) readers: Arc<Readers>,
    pub(crate) replica: Option<Arc<Replica>>,
    pub(crate) bounds: crate::read::bounds::Bounds,
    blobs: Blobs,
    scene: RwLock<Arc<Scene>>,
    /// Held while one of the scene's streams grows, so that it is decided against its own end.
    scene_change: tokio::sync::Mutex<()>,
    pub(crate) cases: Mutex<Cache>,
    pub(crate) numbers: Numbers,
    /// Told of each order that is committed.
    pub(crate) committed: Notify,
}

impl Store {
    /// Makes a new data directory with its first tenant, and opens it.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if there is a database already, or the calendar or a pack has problems;
    /// [`StoreError::Unavailable`] if a move into it is not complete.
    pub fn init(
        directory: &Path,
        marks: Marks,
        options: &Options,
        founding: &Founding<'_>,
        entropy: &mut dyn Entropy,
    ) -> Result<Store, StoreError> {
        let file = directory.join(DATABASE_FILE);
        if options.database_url.is_none() && file.exists() {
            return Err(StoreError::Conflict(format!(
                "{} is there already",
                file.display()
            )));
        }
        options.check_key(marks)?;
        std::fs::create_dir_all(directory.join(BLOBS_DIRECTORY))?;
        let connection = options.database(directory)?.open_writer()?;
        schema::migrate(&connection)?;
        if is_founded(&connection)? {
            return Err(StoreError::Conflict(
                "the database holds an installation already".into(),
            ));
        }
        connection.transaction(|connection| {
            marks::write(connection, marks, founding.now)?;
            found(connection, options, founding, entropy)
        })?;
        drop(connection);
        let store = Store::open(directory, options)?;
        // Before the first case: what comes before its month is made would have to move.
        store.make_partitions(founding.now)?;
        Ok(store)
    }

    /// Returns whether there is an installation in the directory, or in the database that the options name.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database cannot be reached.
    pub fn is_there(directory: &Path, options: &Options) -> Result<bool, StoreError> {
        if options.database_url.is_none() {
            return Ok(directory.join(DATABASE_FILE).exists());
        }
        let connection = options.database(directory)?.open_writer()?;
        schema::migrate(&connection)?;
        is_founded(&connection)
    }

    /// Opens a data directory, bringing its schema up to date.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if there is no database; [`StoreError::Unavailable`] if the key is not
    /// the one it was made with, the database is newer than this program or half moved, or its archive is missing.
    pub fn open(directory: &Path, options: &Options) -> Result<Store, StoreError> {
        let file = directory.join(DATABASE_FILE);
        if options.database_url.is_none() && !file.exists() {
            return Err(StoreError::NotFound(format!(
                "{} (make one with `bihuan init`)",
                file.display()
            )));
        }
        let database = options.database(directory)?;
        let connection = database.open_writer()?;
        schema::migrate(&connection)?;
        archive::open(&connection)?;
        let marks = marks::read(&connection)?;
        options.check_key(marks)?;
        let writer = Arc::new(Writer::start(&database, options.patience)?);
        let follower = match database.engine() {
            Engine::Sqlite => Arc::clone(&writer),
            Engine::Postgres => Arc::new(Writer::start(&database, options.patience)?),
        };
        let readers = Readers::new(database, options.readers, writer.durability());
        let replica = Replica::open(options.replica_url.as_deref(), options.readers, &readers)?;
        let store = Store {
            inner: Arc::new(StoreInner {
                directory: directory.to_owned(),
                options: options.clone(),
                marks,
                writer,
                follower,
                readers,
                replica,
                tenants: RwLock::default(),
            }),
        };
        store.load_tenants()?;
        Ok(store)
    }

    /// Founds another tenant in the same directory.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if the calendar or a pack has problems.
    pub fn found(&self, founding: &Founding<'_>, entropy: &mut dyn Entropy) -> Result<Tenant, StoreError> {
        let loan = self.inner.writer.borrow()?;
        let id = loan
            .connection()?
            .transaction(|connection| found(connection, &self.inner.options, founding, entropy))?;
        drop(loan);
        self.load_tenants()?;
        let tenants = self.tenants();
        let founded = tenants.into_iter().find(|tenant| tenant.id() == id);
        founded.ok_or_else(|| StoreError::Corrupt("the tenant just founded is gone".into()))
    }

    /// Makes the partitions of the months around `now` that are not there yet, and returns how many. Nothing
    /// is to be made on SQLite. To be called at start and once a day.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if readers hold a table for some seconds; the next day is early enough then.
    pub fn make_partitions(&self, now: Timestamp) -> Result<usize, StoreError> {
        if self.inner.readers.engine() == Engine::Sqlite {
            return Ok(0);
        }
        let loan = self.inner.writer.borrow()?;
        schema::make_partitions(loan.connection()?, now)
    }

    fn load_tenants(&self) -> Result<(), StoreError> {
        let snapshot = self.inner.readers.begin()?;
        let mut statement = snapshot.connection().prepare(TENANTS)?;
        let mut rows = statement.query(())?;
        let mut tenants = self.tenants();
        while let Some(row) = rows.next()? {
            let Id(id) = row.get(0)?;
            if tenants.iter().any(|tenant| tenant.inner.id.0 == id) {
                continue;
            }
            let name = Label::new(row.get::<String>(1)?, row.get::<String>(2)?);
            let wrapped: Vec<u8> = row.get(4)?;
            tenants.push(self.load_tenant(&snapshot, TenantId(id), name, row.get(3)?, &wrapped)?);
        }
        *self.inner.tenants.write().unwrap_or_else(PoisonError::into_inner) = tenants;
        Ok(())
    }

    fn load_tenant(
        &self,
        snapshot: &Snapshot,
        id: TenantId,
        name: Label,
        host: Option<String>,
        wrapped_key: &[u8],
    ) -> Result<Tenant, StoreError> {
        let inner = &self.inner;
        let keys = inner
            .options
            .master_key
            .tenant_keys(id, wrapped_key)
            .map_err(|error| StoreError::caused("this is not the master key of the directory", error))?;
        let blobs = Blobs::open(inner.directory.join(BLOBS_DIRECTORY).join(id.to_string()))
            .map_err(|error| StoreError::caused("the directory of stored files cannot be opened", error))?;
        let scene = Scene::load(snapshot.connection(), id)?;
        Ok(Tenant {
            inner: Arc::new(Inner {
                id,
                name,
                host,
                marks: inner.marks,
                keys,
                writer: Arc::clone(&inner.writer),
                follower: Arc::clone(&inner.follower),
                readers: Arc::clone(&inner.readers),
                replica: inner.replica.clone(),
                bounds: inner.options.bounds,
                blobs,
                scene: RwLock::new(Arc::new(scene)),
                scene_change: tokio::sync::Mutex::default(),
                cases: Mutex::new(Cache::new(CACHED_CASES)),
                numbers: Numbers::default(),
                committed: Notify::new(),
            }),
            seen: None,
        })
    }

    /// Returns the directory.
    pub fn directory(&self) -> &Path {
        &self.inner.directory
    }

    /// Returns the engine of its database.
    pub(crate) fn engine(&self) -> Engine {
        self.inner.readers.engine()
    }

    /// Returns the key that opens its tenants' keys.
    pub(crate) fn master_key(&self) -> &MasterKey {
        &self.inner.options.master_key
    }

    pub(crate) fn snapshot(&self) -> Result<Snapshot, StoreError> {
        self.inner.readers.begin()
    }

    /// Returns what the directory is for ever.
    pub fn marks(&self) -> Marks {
        self.inner.marks
    }

    /// Returns all tenants, by id.
    pub fn tenants(&self) -> Vec<Tenant> {
        self.inner
            .tenants
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Returns the tenant with this name in either language or this host; the only one for `None`.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if there is none, or for `None` where there are several.
    pub fn tenant(&self, name: Option<&str>) -> Result<Tenant, StoreError> {
        let tenants = self.tenants();
        let Some(name) = name else {
            return match tenants.as_slice() {
                [only] => Ok(only.clone()),
                _ => Err(StoreError::NotFound(
                    "the tenant (there are several: name one)".into(),
                )),
            };
        };
        let found = tenants.into_iter().find(|tenant| {
            tenant.name().zh == name || tenant.name().en == name || tenant.host() == Some(name)
        });
        found.ok_or_else(|| StoreError::NotFound(format!("tenant {name:?}")))
    }
}

impl Tenant {
    /// Returns its id.
    pub fn id(&self) -> TenantId {
        self.inner.id
    }

    /// Returns its name.
    pub fn name(&self) -> &Label {
        &self.inner.name
    }

    /// Returns the host name it answers under.
    pub fn host(&self) -> Option<&str> {
        self.inner.host.as_deref()
    }

    /// Returns what its directory is for ever.
    pub fn marks(&self) -> Marks {
        self.inner.marks
    }

    /// Returns its stored files.
    pub fn blobs(&self) -> &Blobs {
        &self.inner.blobs
    }

    /// Returns the org tree, packs and calendar of this moment.
    pub fn scene(&self) -> Arc<Scene> {
        Arc::clone(&self.inner.scene.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Returns the engine of its database.
    pub(crate) fn engine(&self) -> Engine {
        self.inner.readers.engine()
    }

    pub(crate) fn keys(&self) -> &TenantKeys {
        &self.inner.keys
    }

    pub(crate) fn borrow_writer(&self) -> Result<Loan, StoreError> {
        self.inner.writer.borrow()
    }

    /// Takes the connection that writes what follows, where it is another one.
    pub(crate) fn borrow_follower(&self) -> Result<Option<Loan>, StoreError> {
        match self.engine() {
            Engine::Sqlite => Ok(None),
            Engine::Postgres => self.inner.follower.borrow().map(Some),
        }
    }

    pub(crate) fn set_scene(&self, scene: Scene) {
        *self.inner.scene.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(scene);
    }
}

/// Writes a new tenant's row and the first events of its calendar and packs.
fn found(
    connection: &Connection,
    options: &Options,
    founding: &Founding<'_>,
    entropy: &mut dyn Entropy,
) -> Result<TenantId, StoreError> {
    let id = TenantId::new(founding.now, entropy);
    let wrapped = options.master_key.found_tenant(id, entropy);
    let name = &founding.name;
    let (host, at) = (&founding.host, millis(founding.now));
    connection.execute(FOUND, (Id(id.0), &name.zh, &name.en, host, wrapped, at))?;
    renewed::note(connection, id, renewed::DONE)?;
    if connection.engine() == Engine::Postgres {
        connection.run(&partitions::of_tenant(id).sql)?;
    }
    let mut scene = Scene::new(parse_calendar(founding.calendar)?);
    let mut events = vec![(Stream::Calendars, calendar_event(founding.calendar)?)];
    for toml in founding.packs {
        events.push((Stream::Packs, pack_event(toml)?));
    }
    for (stream, event) in events {
        let entry = Entry {
            occurred_at: founding.now,
            recorded_at: founding.now,
            actor: Permit::system().actor(),
            event,
        };
        let encoded = grow(&mut scene, stream, &entry)?;
        log::append(connection, id, stream, &[encoded])?;
    }
    Ok(id)
}

fn is_founded(connection: &Connection) -> Result<bool, StoreError> {
    Ok(!connection.query(TENANTS, (), |row| row.get::<Id>(0))?.is_empty())
}
