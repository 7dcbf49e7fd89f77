//! The set-up of an installation that is not founded yet: its name, its packs, its first administrator.
//!
//! Whoever started the server has a code, good for one use within an hour; it travels behind the mark of an address
//! or in the body of a form. Whoever brings it holds the set-up from then on, by a cookie. What was entered lies in
//! a file of the data directory, so that neither a reload nor a restart loses it; passwords are never kept there.
//! With the last page the installation is founded and this server ends: the rest, units and people, is done in the
//! installation itself, by its administrator, as at any later time.

pub mod city;
mod draft;
mod founding;
mod frame;
pub mod page;
mod server;
mod visit;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bihuan_core::id::Digest;
use bihuan_store::tenant::{Founding, Store};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

use crate::app::{Clock, SystemEntropy};
use crate::auth::invitation::{digest, new_code};
use crate::error::WebError;
use crate::limits::throttle::{Rate, Throttle};
use draft::Draft;

pub use draft::DRAFT_FILE;

/// How long the code is good for.
pub const CODE_LIFE: SignedDuration = SignedDuration::from_hours(1);
/// How long whoever holds the set-up may pause.
const HOLD: SignedDuration = SignedDuration::from_hours(12);
/// Attempts at the code from one place.
const ATTEMPTS: Rate = Rate {
    most: 20,
    window: SignedDuration::from_mins(10),
};

/// Founds the installation, or opens it where a set-up was broken off after that; says why it cannot.
pub type Founder = Box<dyn Fn(&Founding<'_>) -> Result<Store, String> + Send + Sync>;

/// What a set-up is begun with.
pub struct SetupOptions {
    /// The data directory, which is empty or not there.
    pub directory: PathBuf,
    /// Where the master key will lie, as people are told.
    pub key_place: String,
    /// Whether the server speaks TLS.
    pub secure: bool,
    /// Whether a proxy stands before it that is believed.
    pub trusted_proxy: bool,
    /// Tells the present instant.
    pub clock: Clock,
    /// Founds the installation.
    pub found: Founder,
}

/// The server's state. Clones share it.
#[derive(Clone)]
pub struct Setup {
    inner: Arc<Inner>,
}

struct Inner {
    options: SetupOptions,
    code: Digest,
    code_until: Timestamp,
    state: Mutex<State>,
    /// Held while the installation is founded, which is done once.
    founding: tokio::sync::Mutex<()>,
    founded: watch::Sender<Option<Store>>,
    attempts: Throttle,
}

struct State {
    draft: Draft,
    /// Whether the code was used.
    used: bool,
}

impl Setup {
    /// Begins a set-up, or goes on with one that was broken off; returns it with its code.
    ///
    /// # Errors
    /// What the system says if the directory cannot be made or read.
    pub fn begin(options: SetupOptions) -> std::io::Result<(Setup, String)> {
        let code = new_code(&mut SystemEntropy);
        let inner = Inner {
            code: digest(&code),
            code_until: (options.clock)() + CODE_LIFE,
            state: Mutex::new(State {
                draft: Draft::read(&options.directory)?,
                used: false,
            }),
            founding: tokio::sync::Mutex::default(),
            founded: watch::Sender::new(None),
            attempts: Throttle::new(ATTEMPTS, &mut SystemEntropy),
            options,
        };
        let inner = Arc::new(inner);
        Ok((Setup { inner }, code))
    }

    fn is_founded(&self) -> bool {
        self.inner.founded.borrow().is_some()
    }

    fn now(&self) -> Timestamp {
        (self.inner.options.clock)()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes what was entered, and keeps it.
    fn keep(&self, change: impl FnOnce(&mut Draft)) -> Result<(), WebError> {
        let mut state = self.state();
        change(&mut state.draft);
        state
            .draft
            .write(&self.inner.options.directory)
            .map_err(WebError::internal)
    }
}
