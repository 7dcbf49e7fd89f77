//! The set-up of a directory in which nothing is founded yet, before it is served.

use std::fs::{self, OpenOptions};
use std::io::{IsTerminal, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use bihuan_store::keys::MasterKey;
use bihuan_store::tenant::{Founding, Marks, Options, Store};
use bihuan_web::app::SystemEntropy;
use bihuan_web::setup::{DRAFT_FILE, Setup, SetupOptions};
use jiff::Timestamp;
use tokio::sync::watch;

use super::{Serve, asked_to_stop, not_served};
use crate::command::init;
use crate::failure::Failure;
use crate::installation::{Installation, key_is_in_environment, make_private};

/// The file with the link where there is no terminal to show it in.
const LINK_FILE: &str = "setup-link";

/// Whether nothing is founded yet and the directory is free to be founded in.
///
/// # Errors
/// [`Failure::Configuration`] if there is a master key and no database: then a disk is missing more likely than an
/// installation.
pub(super) fn is_needed(installation: &Installation) -> Result<bool, Failure> {
    let directory = &installation.data;
    if is_there(installation)? {
        return Ok(directory.join(DRAFT_FILE).exists() && !has_logins(installation)?);
    }
    if directory.join(DRAFT_FILE).exists() {
        return Ok(true);
    }
    let key = installation.key_file()?;
    if key.exists() && !key_is_in_environment() {
        return Err(Failure::configuration(format!(
            "{} has no database, but its master key lies at {}: is its disk there? To found a new installation, \
             move the key away or name another directory",
            directory.display(),
            key.display()
        )));
    }
    Ok(is_free(directory))
}

fn is_there(installation: &Installation) -> Result<bool, Failure> {
    // Whether there is anything can be asked without its key.
    let options = Options {
        database_url: installation.database_url.clone(),
        ..Options::new(MasterKey::random(&mut SystemEntropy))
    };
    Store::is_there(&installation.data, &options).map_err(Failure::opening)
}

/// Whether somebody can log in, so that a set-up that was broken off had done its work.
fn has_logins(installation: &Installation) -> Result<bool, Failure> {
    for tenant in installation.open()?.tenants() {
        if !tenant.reader()?.accounts()?.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether a directory is not there, or has nothing in it but what every new disk has.
fn is_free(directory: &Path) -> bool {
    let known = |name: &std::ffi::OsStr| name == "lost+found" || name == LINK_FILE;
    match directory.read_dir() {
        Ok(mut entries) => entries.all(|entry| entry.is_ok_and(|entry| known(&entry.file_name()))),
        Err(error) => error.kind() == std::io::ErrorKind::NotFound,
    }
}

/// Serves the set-up until the installation is founded, or the process is asked to stop.
pub(super) async fn guide(
    wanted: &Serve,
    listener: TcpListener,
    stop: watch::Receiver<bool>,
) -> Result<Option<Store>, Failure> {
    let directory = &wanted.installation.data;
    make_private(directory)?;
    let address = listener
        .local_addr()
        .context("the address is not known")
        .map_err(Failure::Internal)?;
    let (setup, code) = Setup::begin(options(wanted)?)
        .with_context(|| format!("cannot read what was entered in {}", directory.display()))
        .map_err(Failure::Configuration)?;
    let kept = tell(wanted, address, &code)?;
    let founded = setup
        .serve(listener, wanted.door.tls(), asked_to_stop(stop))
        .await;
    if let Some(file) = kept {
        // Gone already where somebody cleared it away.
        let _ = fs::remove_file(file);
    }
    founded.map_err(not_served)
}

fn options(wanted: &Serve) -> Result<SetupOptions, Failure> {
    let key_place = match key_is_in_environment() {
        true => "BIHUAN_MASTER_KEY".to_owned(),
        false => wanted.installation.key_file()?.display().to_string(),
    };
    let again = wanted.clone();
    let found = move |founding: &Founding<'_>| found(&again, founding).map_err(|failure| failure.said());
    Ok(SetupOptions {
        directory: wanted.installation.data.clone(),
        key_place,
        secure: wanted.door.tls().is_some(),
        trusted_proxy: wanted.door.trusted_proxy,
        clock: Box::new(Timestamp::now),
        found: Box::new(found),
    })
}

/// Founds the installation; opens it where a set-up was broken off after that.
fn found(wanted: &Serve, founding: &Founding<'_>) -> Result<Store, Failure> {
    if is_there(&wanted.installation)? {
        return wanted.open();
    }
    let marks = Marks {
        testing: false,
        demo: false,
    };
    let (store, _) = init::found(&wanted.installation, marks, founding, |options| {
        wanted.serving(options)
    })?;
    Ok(store)
}

/// Shows the link with the code in the terminal and nowhere else; without a terminal it goes into a file that only
/// the server's own account reads, for what is printed then ends up in a log.
fn tell(wanted: &Serve, address: SocketAddr, code: &str) -> Result<Option<PathBuf>, Failure> {
    let scheme = if wanted.door.tls().is_some() {
        "https"
    } else {
        "http"
    };
    let host = match address.ip().is_unspecified() {
        true => SocketAddr::from(([127, 0, 0, 1], address.port())),
        false => address,
    };
    let link = format!("{scheme}://{host}/setup#{code}");
    let directory = wanted.installation.data.display();
    println!("listening on {scheme}://{address}");
    println!(
        "Nothing is founded in {directory} yet. Open the link in a browser; it works once, and for an hour:"
    );
    if !address.ip().is_loopback() && scheme == "http" && !wanted.door.trusted_proxy {
        println!(
            "Beware: without TLS, passwords cross the network for everybody to read. Better: --listen 127.0.0.1:…"
        );
    }
    if std::io::stdout().is_terminal() {
        println!("\n    {link}\n");
        return Ok(None);
    }
    let file = wanted.installation.data.join(LINK_FILE);
    write_private(&file, &link)
        .with_context(|| format!("cannot write {}", file.display()))
        .map_err(Failure::Configuration)?;
    println!("its link lies in {}", file.display());
    Ok(Some(file))
}

fn write_private(file: &Path, text: &str) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file)?.write_all(format!("{text}\n").as_bytes())
}
