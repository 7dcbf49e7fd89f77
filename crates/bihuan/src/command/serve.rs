//! `bihuan serve`: pages, portal and API, with the followers and timers behind them.

use std::io::IsTerminal;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bihuan_core::id::Digest;
use bihuan_store::tenant::{Options, ReaderLimits, Store};
use bihuan_web::app::{App, ServeOptions, TlsFiles};
use bihuan_web::mail::Mailer;
use bihuan_web::secret::secret_hash;
use bihuan_web::serve::{self, Bound, ServeError};
use bihuan_web::webhook::Sender;
use clap::{Args, ValueEnum};
use jiff::Timestamp;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tracing_subscriber::EnvFilter;

use crate::failure::Failure;
use crate::installation::{Installation, tenant_of};
use crate::runtime;
use keeping::keep_up;
use sending::keep_sending;

mod keeping;
pub mod mailing;
pub mod posting;
mod sending;
mod setup;

/// How long between two looks at which partitions are missing.
const DAY: Duration = Duration::from_hours(24);

/// What to serve.
#[derive(Debug, Clone, Args)]
pub struct Serve {
    #[command(flatten)]
    installation: Installation,
    /// How many connections to the database read at once, beside those that write; whoever finds all
    /// taken waits up to five seconds. The processes on one server must fit into its max_connections.
    #[arg(long, value_name = "N", default_value = "16", value_parser = clap::value_parser!(u32).range(2..))]
    database_readers: u32,
    /// The URL of a read replica of the PostgreSQL database. Pages are read from it where it has what their
    /// visitor has seen, and is at most a few seconds behind.
    #[arg(
        long,
        value_name = "URL",
        env = "BIHUAN_REPLICA_URL",
        hide_env_values = true,
        requires = "database_url"
    )]
    replica_url: Option<String>,
    #[command(flatten)]
    door: Door,
    /// How long those who have sent something wait for a PostgreSQL server that is lost, in seconds, before
    /// they are told to send it again. Whoever comes after that is told at once, until it is back.
    #[arg(long, value_name = "N", default_value = "45", value_parser = clap::value_parser!(u64).range(1..=50))]
    database_patience: u64,
}

/// How the server is reached.
#[derive(Debug, Clone, Args)]
pub struct Door {
    /// The address to listen on; port 0 takes a free one, which is printed.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// Serve only this tenant, by its name or host, whatever host name is asked for; those of other tenants
    /// are misdirected. By default all tenants are served, each under its own host name.
    #[arg(long, value_name = "NAME")]
    tenant: Option<String>,
    /// The certificate chain (PEM), to speak TLS.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The certificate's private key (PEM).
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Believe the X-Forwarded-For and X-Forwarded-Proto of the proxy that stands before the server.
    #[arg(long)]
    trusted_proxy: bool,
    /// Whether anonymous senders are throttled; `off` only in a directory made with --for-testing.
    #[arg(long, value_enum, default_value = "on")]
    rate_limit: Switch,
    /// How many requests may be under way at once; one tenant alone gets half of it, and a request with
    /// files counts as 16.
    #[arg(long, value_name = "N", default_value = "1024", value_parser = clap::value_parser!(u32).range(2..))]
    max_in_flight: u32,
    /// The file with the token that /metrics asks for; without it, only the machine itself is answered, and
    /// nobody who comes through a proxy.
    #[arg(long, value_name = "FILE")]
    metrics_token_file: Option<PathBuf>,
    #[command(flatten)]
    mail: mailing::MailArgs,
    #[command(flatten)]
    webhooks: posting::WebhookArgs,
    /// How the log of the program is written to standard error.
    #[arg(long, value_enum, default_value = "auto")]
    log: LogForm,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Switch {
    On,
    Off,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LogForm {
    /// Text on a terminal, JSON elsewhere.
    Auto,
    /// Text for people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Serves until the process is asked to stop.
pub fn run(wanted: &Serve) -> Result<(), Failure> {
    if !setup::is_needed(&wanted.installation)? {
        return serve(wanted.open()?, &wanted.door);
    }
    start_log(wanted.door.log);
    runtime::run(async {
        let stop = stop_signal()?;
        let listener = serve::listen(wanted.door.listen).map_err(not_served)?;
        // Whoever is led into the new installation waits at the same address until it is served.
        let door = listener
            .try_clone()
            .map_err(|error| Failure::Internal(error.into()))?;
        match setup::guide(wanted, door, stop.clone()).await? {
            Some(store) => serve_at(listener, store, &wanted.door, stop).await,
            None => Ok(()),
        }
    })?
}

impl Serve {
    /// Opens the installation for serving.
    fn open(&self) -> Result<Store, Failure> {
        self.installation.open_with(|options| self.serving(options))
    }

    /// Returns how an installation is opened for serving.
    fn serving(&self, options: Options) -> Options {
        Options {
            readers: ReaderLimits {
                most: self.database_readers as usize,
                ..ReaderLimits::default()
            },
            patience: Duration::from_secs(self.database_patience),
            replica_url: self.replica_url.clone(),
            ..options
        }
    }
}

/// Serves a store until the process is asked to stop; requests under way are ended first.
pub fn serve(store: Store, door: &Door) -> Result<(), Failure> {
    door.options(&store)?;
    start_log(door.log);
    runtime::run(async {
        let stop = stop_signal()?;
        let listener = serve::listen(door.listen).map_err(not_served)?;
        serve_at(listener, store, door, stop).await
    })?
}

/// Serves a store at an address that is listened on already.
async fn serve_at(
    listener: TcpListener,
    store: Store,
    door: &Door,
    stop: watch::Receiver<bool>,
) -> Result<(), Failure> {
    let options = door.options(&store)?;
    let post = mailing::post(options.mail.as_ref())?;
    let client = posting::client(&options.webhooks)?;
    let app = App::new(store.clone(), &options, Box::new(Timestamp::now));
    let bound = Bound::on(listener, app, &options);
    let scheme = if options.tls.is_some() { "https" } else { "http" };
    println!("listening on {scheme}://{}", bound.address().map_err(not_served)?);
    keep_partitions(store.clone());
    let served = match &options.tenant {
        Some(tenant) => vec![tenant.clone()],
        None => store.tenants(),
    };
    let mut keepers = Vec::new();
    for tenant in served {
        if let Some(post) = &post {
            let mailer = Mailer::new(bound.app().clone(), tenant.clone(), Arc::clone(post));
            let sending = keep_sending(bound.app().clone(), tenant.clone(), mailer, stop.clone());
            keepers.push(tokio::spawn(sending));
        }
        let sender = Sender::new(bound.app().clone(), tenant.clone(), Arc::clone(&client));
        let sending = keep_sending(bound.app().clone(), tenant.clone(), sender, stop.clone());
        keepers.push(tokio::spawn(sending));
        keepers.push(tokio::spawn(keep_up(bound.app().clone(), tenant, stop.clone())));
    }
    let served = bound.serve(asked_to_stop(stop)).await.map_err(not_served);
    for keeper in keepers {
        // One that broke off has said so in the log.
        let _ = keeper.await;
    }
    tracing::info!("stopped");
    served
}

impl Door {
    fn options(&self, store: &Store) -> Result<ServeOptions, Failure> {
        if self.rate_limit == Switch::Off && !store.marks().testing {
            return Err(Failure::configuration(format!(
                "{} was not made with `bihuan init --for-testing`: there --rate-limit off is not honoured",
                store.directory().display()
            )));
        }
        let tenant = self.tenant.as_deref();
        Ok(ServeOptions {
            listen: self.listen,
            in_flight: self.max_in_flight as usize,
            metrics_token: self.metrics_token()?,
            mail: self.mail.options()?,
            webhooks: self.webhooks.rules(),
            tenant: tenant.map(|name| tenant_of(store, Some(name))).transpose()?,
            tls: self.tls(),
            trusted_proxy: self.trusted_proxy,
            rate_limit: self.rate_limit == Switch::On,
        })
    }
}

impl Door {
    /// Returns certificate and key, to speak TLS.
    fn tls(&self) -> Option<TlsFiles> {
        Some(TlsFiles {
            certificate: self.tls_cert.clone()?,
            key: self.tls_key.clone()?,
        })
    }

    /// Reads the token that `/metrics` asks for; its digest is all that is kept.
    fn metrics_token(&self) -> Result<Option<Digest>, Failure> {
        let Some(file) = &self.metrics_token_file else {
            return Ok(None);
        };
        let unreadable = |error: std::io::Error| {
            let error = anyhow::Error::new(error);
            Failure::Configuration(error.context(format!("cannot read {}", file.display())))
        };
        let token = std::fs::read_to_string(file).map_err(unreadable)?;
        if token.trim().is_empty() {
            return Err(Failure::configuration(format!("{} is empty", file.display())));
        }
        Ok(Some(secret_hash(token.trim())))
    }
}

fn not_served(error: ServeError) -> Failure {
    match error {
        ServeError::Listen { .. } | ServeError::Tls(_) => Failure::Configuration(error.into()),
        ServeError::Serve(_) => Failure::Internal(error.into()),
    }
}

/// Writes the log of the program; `BIHUAN_LOG` filters it, as in `info,bihuan_store=debug`.
fn start_log(form: LogForm) {
    let filter = EnvFilter::try_from_env("BIHUAN_LOG").unwrap_or_else(|_unset| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    let json = match form {
        LogForm::Auto => !std::io::stderr().is_terminal(),
        LogForm::Text => false,
        LogForm::Json => true,
    };
    // Fails only where a log was begun already.
    let _ = if json {
        log.json().try_init()
    } else {
        log.try_init()
    };
}

/// Becomes true when the process is asked to stop by SIGTERM or from the keyboard.
fn stop_signal() -> Result<watch::Receiver<bool>, Failure> {
    let listen = |kind| signal(kind).map_err(|error| Failure::Internal(error.into()));
    let (mut terminate, mut interrupt) = (listen(SignalKind::terminate())?, listen(SignalKind::interrupt())?);
    let (say, hear) = watch::channel(false);
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("asked to stop");
        // Nobody hears it where everything has ended already.
        let _ = say.send(true);
    });
    Ok(hear)
}

async fn asked_to_stop(mut stop: watch::Receiver<bool>) {
    // A sender that is gone will never ask again.
    let _ = stop.wait_for(|asked| *asked).await;
}

/// Makes the partitions of the coming months, now and once a day, for as long as the process lives.
fn keep_partitions(store: Store) {
    tokio::spawn(async move {
        loop {
            let store = store.clone();
            let made = tokio::task::spawn_blocking(move || store.make_partitions(Timestamp::now())).await;
            match made {
                Ok(Ok(_)) => {}
                Ok(Err(error)) => tracing::warn!(%error, "the next months have no partitions yet"),
                Err(error) => tracing::error!(%error, "making partitions broke off"),
            }
            tokio::time::sleep(DAY).await;
        }
    });
}
