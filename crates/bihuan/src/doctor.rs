//! Looking an installation over: what is well, what to mind, and what must not go on as it is.
//!
//! Each part gathers facts and hands them to functions that only judge, so that every judgement is tested
//! without the thing judged. Nothing is changed; a database whose schema is older than the program is not
//! opened, because opening would bring it up to date.

mod clock;
mod cluster;
mod connections;
mod database;
mod disk;
mod etcd;
pub mod finding;
mod inside;
mod patroni;

use std::path::PathBuf;

use jiff::Timestamp;

use crate::installation::Installation;
use database::Examined;
use finding::Finding;

/// What to look over, and where to find what the installation does not name itself.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The installation.
    pub installation: Installation,
    /// Addresses of Patroni; where none is named, port 8008 of the database's hosts.
    pub patroni: Vec<String>,
    /// Patroni's configuration file, which says where it keeps its state.
    pub patroni_config: Option<PathBuf>,
    /// Addresses of etcd; where none is named, port 2379 of the database's hosts.
    pub etcd: Vec<String>,
    /// Whether a large database file is checked page by page.
    pub thorough: bool,
}

/// Looks an installation over.
pub fn look(asked: &Asked) -> Vec<Finding> {
    let mut findings = Vec::new();
    let state = database::examine(&asked.installation, asked.thorough);
    findings.extend(database::judge(&state));
    findings.extend(cluster::look(asked));
    findings.extend(disk::look(&asked.installation));
    if let Examined::Server(server) = &state {
        findings.push(clock::judge_skew(server.ahead));
    }
    if state.may_be_opened() {
        findings.extend(inside::look(&asked.installation, Timestamp::now()));
    }
    findings
}
