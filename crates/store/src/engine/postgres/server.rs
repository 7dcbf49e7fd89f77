//! Where the database server is, and opening sessions on it.
//!
//! Several hosts may stand in the URL; the one that can be written is found by asking each. The sockets of
//! all sessions are driven by one background thread, so that a session may be waited for from anywhere.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use percent_encoding::percent_decode_str;
use tokio_postgres::config::TargetSessionAttrs;
use tokio_postgres::{AsyncMessage, Config};

use crate::engine::connection::Connection;
use crate::engine::postgres::driver::Driver;
use crate::engine::postgres::encryption::{self, Encryption};
use crate::engine::postgres::session::Session;
use crate::error::StoreError;

/// How long connecting to one host may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// After how long without an answer a host counts as gone: a cut network closes no socket.
const SILENCE: Duration = Duration::from_secs(6);

/// The routine of the server that warns of a commit which no standby has confirmed.
const NOT_REPLICATED: &str = "SyncRepWaitForLSN";

/// How a session's statements are planned: they are many and short, so none is compiled or divided among
/// processes; and reading here and there costs hardly more than reading on, as disks without heads do.
const SETTINGS: &str = "-c jit=off -c max_parallel_workers_per_gather=0 -c random_page_cost=1.1";

/// A database server.
#[derive(Clone)]
pub(crate) struct Server {
    config: Config,
    encryption: Encryption,
    driver: Arc<Driver>,
    keeps_statements: bool,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("config", &self.config)
            .field("keeps_statements", &self.keeps_statements)
            .finish_non_exhaustive()
    }
}

impl Server {
    /// Reads a URL such as `postgres://user@one,two/database`.
    ///
    /// `statement_cache=off` among its parameters keeps the session from naming its statements, for a
    /// pooler that gives each transaction another server connection. `sslmode` and `sslrootcert` say how it
    /// is [encrypted](encryption::of). `options` replaces the settings that a session is given otherwise.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the URL cannot be understood, or its certificates cannot be read.
    pub(crate) fn at(url: &str) -> Result<Server, StoreError> {
        let (url, own) = own_params(url);
        let keeps_statements = own.keeps_statements;
        // The driver's error repeats no part of the URL, which may hold a password.
        let mut config: Config = url
            .parse()
            .map_err(|error| StoreError::caused("the database URL cannot be understood", error))?;
        let (mode, encryption) = encryption::of(own.sslmode.as_deref(), own.sslrootcert.as_deref())?;
        if own.sslmode.is_some() {
            config.ssl_mode(mode);
        }
        config
            .application_name("bihuan")
            .keepalives(true)
            .keepalives_idle(SILENCE / 3)
            .keepalives_interval(SILENCE / 3)
            .keepalives_retries(2)
            .tcp_user_timeout(SILENCE);
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT_TIMEOUT);
        }
        // A pooler would take a session's settings for everybody's, or refuse them.
        if keeps_statements && config.get_options().is_none() {
            config.options(SETTINGS);
        }
        if config.get_hosts().len() > 1 && config.get_target_session_attrs() == TargetSessionAttrs::Any {
            config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        }
        Ok(Server {
            config,
            encryption,
            driver: Arc::new(Driver::start()?),
            keeps_statements,
        })
    }

    /// Opens a session.
    pub(crate) fn open(&self) -> Result<Connection, StoreError> {
        let handle = self.driver.handle();
        let (config, encryption) = (self.config.clone(), self.encryption.clone());
        let connecting = handle.spawn(async move { config.connect(encryption).await });
        // A task that waits here without giving way would be told to, after so many times, and never woken again.
        let connected = pollster::block_on(tokio::task::unconstrained(connecting))
            .map_err(|error| StoreError::caused("connecting to the database broke off", error))?;
        let (client, mut connection) = connected?;
        let unconfirmed = Arc::new(AtomicBool::new(false));
        let noticed = Arc::clone(&unconfirmed);
        handle.spawn(async move {
            let mut next = std::future::poll_fn(move |context| connection.poll_message(context));
            while let Some(Ok(message)) = (&mut next).await {
                if let AsyncMessage::Notice(notice) = message
                    && notice.routine() == Some(NOT_REPLICATED)
                {
                    noticed.store(true, std::sync::atomic::Ordering::SeqCst);
                }
            }
        });
        Ok(Connection::Postgres(Session::new(
            client,
            Arc::clone(&self.driver),
            unconfirmed,
            self.keeps_statements,
        )))
    }
}

/// The parameters of a URL that are for us.
#[derive(Debug, PartialEq, Eq)]
struct Own {
    keeps_statements: bool,
    sslmode: Option<String>,
    sslrootcert: Option<PathBuf>,
}

/// Takes our own parameters out of a URL; returns the rest and them.
fn own_params(url: &str) -> (String, Own) {
    let mut own = Own {
        keeps_statements: true,
        sslmode: None,
        sslrootcert: None,
    };
    let Some((place, params)) = url.split_once('?') else {
        return (url.to_owned(), own);
    };
    let mut rest = Vec::new();
    for param in params.split('&') {
        let (name, value) = param.split_once('=').unwrap_or((param, ""));
        let value = || percent_decode_str(value).decode_utf8_lossy().into_owned();
        match name {
            "statement_cache" => own.keeps_statements &= value() != "off",
            "sslmode" => own.sslmode = Some(value()),
            "sslrootcert" => own.sslrootcert = Some(value().into()),
            _ => rest.push(param),
        }
    }
    if rest.is_empty() {
        (place.to_owned(), own)
    } else {
        (format!("{place}?{}", rest.join("&")), own)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_parameters_are_taken_out_of_the_url() {
        let nothing = Own {
            keeps_statements: true,
            sslmode: None,
            sslrootcert: None,
        };
        let plain = "postgres://a@one,two/city?connect_timeout=1";
        assert_eq!(own_params(plain), (plain.to_owned(), nothing));
        let (rest, own) = own_params(
            "postgres://a@one/city?statement_cache=off&sslmode=verify-full&connect_timeout=1&sslrootcert=%2Fetc%2Fca.pem",
        );
        assert_eq!(rest, "postgres://a@one/city?connect_timeout=1");
        let expected = Own {
            keeps_statements: false,
            sslmode: Some("verify-full".to_owned()),
            sslrootcert: Some("/etc/ca.pem".into()),
        };
        assert_eq!(own, expected);
        assert_eq!(
            own_params("postgres://one/city?statement_cache=off").0,
            "postgres://one/city"
        );
    }

    #[test]
    fn settings_are_left_to_whoever_gives_their_own_and_to_a_pooler() {
        let options = |url| {
            Server::at(url)
                .expect("understood")
                .config
                .get_options()
                .map(str::to_owned)
        };
        assert_eq!(options("postgres://a@one/city").as_deref(), Some(SETTINGS));
        assert_eq!(
            options("postgres://a@one/city?options=-c%20jit%3Don").as_deref(),
            Some("-c jit=on")
        );
        assert_eq!(options("postgres://a@one/city?statement_cache=off"), None);
    }

    #[test]
    fn of_several_hosts_the_one_that_can_be_written_is_meant() {
        let server = Server::at("postgres://a@one,two/city").expect("understood");
        assert_eq!(
            server.config.get_target_session_attrs(),
            TargetSessionAttrs::ReadWrite
        );
    }

    #[test]
    fn a_url_that_cannot_be_understood_is_an_error_without_its_password() {
        let error = Server::at("postgres://a:geheim@one:port/city").expect_err("no port");
        assert!(!format!("{error:?}").contains("geheim"), "{error:?}");
    }
}
