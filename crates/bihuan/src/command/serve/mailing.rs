//! Mail to the staff: how it is set.

use std::path::PathBuf;
use std::sync::Arc;

use bihuan_web::app::{MailOptions, Security};
use bihuan_web::mail::Post;
use clap::{Args, ValueEnum};

use crate::failure::Failure;

/// The environment variable that may hold the mail server's password instead of a file.
const PASSWORD_VARIABLE: &str = "BIHUAN_SMTP_PASSWORD";

/// How mail is sent.
#[derive(Debug, Clone, Args)]
pub struct MailArgs {
    /// The mail server that takes what is sent to the staff, as host or host:port; without it no mail is sent. The
    /// port is that of --smtp-security where none is named.
    #[arg(long, value_name = "HOST", requires = "smtp_from")]
    smtp_server: Option<String>,
    /// How the way to the mail server is kept from others.
    #[arg(long, value_enum, default_value = "starttls")]
    smtp_security: SmtpSecurity,
    /// Whom mails come from, such as "闭环 <bihuan@example.org>".
    #[arg(long, value_name = "ADDRESS", requires = "smtp_server")]
    smtp_from: Option<String>,
    /// Who logs in at the mail server; the password is that of --smtp-password-file, else of BIHUAN_SMTP_PASSWORD.
    #[arg(long, value_name = "USER", requires = "smtp_server")]
    smtp_user: Option<String>,
    /// The file with the password for the mail server.
    #[arg(long, value_name = "FILE", requires = "smtp_user")]
    smtp_password_file: Option<PathBuf>,
    /// Certificates (PEM) that vouch for the mail server, beside those that the machine trusts.
    #[arg(long, value_name = "FILE", requires = "smtp_server")]
    smtp_ca_file: Option<PathBuf>,
    /// What links in mails begin with, such as https://bihuan.example.org; by default the tenant's host name.
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum SmtpSecurity {
    /// Not at all: only for a server on the same machine.
    Plain,
    /// TLS after the greeting; without it nothing is sent. Port 587.
    Starttls,
    /// TLS from the beginning. Port 465.
    Tls,
}

impl MailArgs {
    /// Reads how mail is sent, with the password; `None` where it is not.
    pub fn options(&self) -> Result<Option<MailOptions>, Failure> {
        let (Some(server), Some(from)) = (&self.smtp_server, &self.smtp_from) else {
            return Ok(None);
        };
        let (security, usual) = match self.smtp_security {
            SmtpSecurity::Plain => (Security::Plain, 25),
            SmtpSecurity::Starttls => (Security::StartTls, 587),
            SmtpSecurity::Tls => (Security::Tls, 465),
        };
        let (host, port) = match server.rsplit_once(':') {
            Some((host, port)) => (host, port.parse().map_err(|_no_number| bad_server(server))?),
            None => (server.as_str(), usual),
        };
        let login = match &self.smtp_user {
            Some(_) if security == Security::Plain => {
                return Err(Failure::configuration(
                    "--smtp-user with --smtp-security plain would send the password for everybody to read: \
                     use starttls or tls"
                        .to_owned(),
                ));
            }
            Some(user) => Some((user.clone(), self.password()?)),
            None => None,
        };
        Ok(Some(MailOptions {
            host: host.to_owned(),
            port,
            security,
            authorities: self.smtp_ca_file.clone(),
            login,
            from: from.clone(),
            links: self.public_url.clone(),
        }))
    }

    fn password(&self) -> Result<String, Failure> {
        let read = match &self.smtp_password_file {
            Some(file) => std::fs::read_to_string(file).map_err(|error| {
                let error = anyhow::Error::new(error);
                Failure::Configuration(error.context(format!("cannot read {}", file.display())))
            })?,
            None => std::env::var(PASSWORD_VARIABLE).unwrap_or_default(),
        };
        let password = read.trim_end_matches(['\r', '\n']);
        if password.is_empty() {
            return Err(Failure::configuration(format!(
                "--smtp-user needs a password, in --smtp-password-file or in {PASSWORD_VARIABLE}"
            )));
        }
        Ok(password.to_owned())
    }
}

fn bad_server(server: &str) -> Failure {
    Failure::configuration(format!("{server:?} is no mail server: write host or host:port"))
}

/// Sets up the way to the mail server, where there is one.
pub(super) fn post(options: Option<&MailOptions>) -> Result<Option<Arc<Post>>, Failure> {
    let post = options.map(Post::new).transpose();
    post.map(|post| post.map(Arc::new))
        .map_err(|error| Failure::Configuration(error.into()))
}
