//! Mail to the staff: what waits in the store's queue goes out by SMTP.
//!
//! One process sends for a tenant, under a lease that the caller holds. Whoever is written to, and in which words,
//! is settled when it is sent ([`letter`]). Each mail carries the queue's id as its `Message-ID`, so that one which
//! went out twice can be told from two.

pub mod letter;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bihuan_store::error::StoreError;
use bihuan_store::mail::queue::Mail;
use bihuan_store::sending::Outcome;
use bihuan_store::tenant::Tenant;
use lettre::message::header::ContentType;
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Tokio1Executor};

use crate::app::{App, MailOptions, Security};
use letter::Letter;

/// Why mail cannot be sent as it is set.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// The sender's address is none.
    #[error("{0:?} is no address that mail can come from")]
    From(String),
    /// The file with certificates cannot be read.
    #[error("the certificates in {0} cannot be read")]
    Authorities(PathBuf, #[source] std::io::Error),
    /// TLS to the server cannot be set up.
    #[error("TLS to the mail server cannot be set up")]
    Tls(#[source] lettre::transport::smtp::Error),
}

/// How long the server may take for a mail: less than the queue's claim lasts.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long between two looks at whose hour for a digest has come.
const DIGESTS: Duration = Duration::from_mins(1);

/// Mails that are sent in a round.
const ROUND: u32 = 20;

/// The way to the mail server.
pub struct Post {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    links: Option<String>,
}

impl Post {
    /// Sets up the way to the mail server; nothing is sent yet.
    ///
    /// # Errors
    /// [`MailError`] if the sender or TLS cannot be used.
    pub fn new(options: &MailOptions) -> Result<Post, MailError> {
        type Transport = AsyncSmtpTransport<Tokio1Executor>;
        let from = options.from.parse();
        let from = from.map_err(|_malformed| MailError::From(options.from.clone()))?;
        let tls = match options.security {
            Security::Plain => Tls::None,
            Security::StartTls => Tls::Required(tls(options)?),
            Security::Tls => Tls::Wrapper(tls(options)?),
        };
        let builder = Transport::builder_dangerous(&options.host).tls(tls);
        let builder = builder.port(options.port).timeout(Some(PATIENCE));
        let builder = match &options.login {
            Some((user, password)) => builder.credentials(Credentials::new(user.clone(), password.clone())),
            None => builder,
        };
        Ok(Post {
            transport: builder.build(),
            from,
            links: options.links.clone(),
        })
    }

    /// Sends a letter; returns what became of it, and whether the server was reached.
    async fn send(&self, mail: &Mail, letter: Letter) -> (Outcome, bool) {
        let message = match self.message(mail, letter) {
            Ok(message) => message,
            Err(why) => return (Outcome::Refused(why), true),
        };
        match self.transport.send(message).await {
            Ok(_) => (Outcome::Sent, true),
            Err(error) if error.is_permanent() => (Outcome::Refused(error.to_string()), true),
            Err(error) => {
                let reached = error.is_transient();
                (Outcome::Failed(error.to_string()), reached)
            }
        }
    }

    fn message(&self, mail: &Mail, letter: Letter) -> Result<Message, String> {
        let to: Address = letter.to.parse().map_err(|_malformed| "no address".to_owned())?;
        let id = format!("<{}@{}>", mail.id.simple(), self.from.email.domain());
        Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(letter.subject)
            .message_id(Some(id))
            .header(ContentType::TEXT_PLAIN)
            .body(letter.text)
            .map_err(|error| error.to_string())
    }
}

/// Returns how TLS to the mail server is spoken: only with one whose name somebody vouches for.
fn tls(options: &MailOptions) -> Result<TlsParameters, MailError> {
    let mut parameters = TlsParameters::builder(options.host.clone());
    if let Some(file) = &options.authorities {
        let unreadable = |error| MailError::Authorities(file.clone(), error);
        let certificates = Certificate::from_pem(&std::fs::read(file).map_err(unreadable)?);
        parameters = parameters.add_root_certificate(certificates.map_err(MailError::Tls)?);
    }
    parameters.build_rustls().map_err(MailError::Tls)
}

/// Whether a text is an address that mail can be sent to.
pub fn is_address(text: &str) -> bool {
    text.parse::<Address>().is_ok()
}

/// Sends the mail of one tenant.
pub struct Mailer {
    app: App,
    tenant: Tenant,
    post: Arc<Post>,
    digested: Option<Instant>,
    /// Whether the server was reached the last time.
    reached: bool,
}

impl Mailer {
    /// Begins with nothing sent.
    pub fn new(app: App, tenant: Tenant, post: Arc<Post>) -> Mailer {
        Mailer {
            app,
            tenant,
            post,
            digested: None,
            reached: true,
        }
    }

    /// Makes the digests whose hour has come and sends what waits; returns how many mails were sent. While the
    /// server cannot be reached only one is tried at a time. To be called about once a second, under a lease.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be used; what was claimed then is tried again some minutes later.
    pub async fn round(&mut self) -> Result<usize, StoreError> {
        if self.digested.is_none_or(|at| at.elapsed() >= DIGESTS) {
            self.make_digests().await?;
            self.digested = Some(Instant::now());
        }
        let most = if self.reached { ROUND } else { 1 };
        let mut sent = 0;
        for mail in self.tenant.claim_mails(most, self.app.now()).await? {
            let letter = letter::write(&self.app, &self.tenant, &mail, self.post.links.as_deref()).await?;
            let outcome = match letter {
                None => Outcome::Void,
                Some(letter) => {
                    let (outcome, reached) = self.post.send(&mail, letter).await;
                    self.reached = reached;
                    outcome
                }
            };
            sent += usize::from(outcome == Outcome::Sent);
            tell(&mail, &outcome);
            self.tenant.settle_mail(&mail, outcome, self.app.now()).await?;
            if !self.reached {
                // The others' claims lapse, and they are tried when the server is back.
                break;
            }
        }
        Ok(sent)
    }

    /// Makes the digests whose hour has come.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be used.
    pub async fn make_digests(&self) -> Result<usize, StoreError> {
        let (now, scene) = (self.app.now(), self.tenant.scene());
        let local = scene.calendar.local(now);
        let today = scene.calendar.start_of(local.date());
        let hour = u8::try_from(local.hour()).unwrap_or(0);
        self.tenant.make_digests(hour, today, now).await
    }
}

/// Says in the log that a mail did not go out; neither to whom nor what the server said of them.
fn tell(mail: &Mail, outcome: &Outcome) {
    let (id, attempts) = (mail.id, mail.attempts);
    match outcome {
        Outcome::Sent | Outcome::Void => {}
        Outcome::Failed(_) => tracing::warn!(mail.id = %id, attempts, "mail {id} could not be sent"),
        Outcome::Refused(_) => tracing::warn!(mail.id = %id, attempts, "mail {id} was refused for good"),
    }
}
