//! Posts to other systems: how far they reach.

use std::path::PathBuf;
use std::sync::Arc;

use bihuan_web::webhook::client::Client;
use bihuan_web::webhook::rules::{Network, Rules};
use clap::Args;

use crate::failure::Failure;

/// Where webhooks may go.
#[derive(Debug, Clone, Args)]
pub struct WebhookArgs {
    /// A private network that webhooks may reach, such as 10.0.0.0/8; may be named several times. By default only
    /// addresses of the open internet are posted to.
    #[arg(long, value_name = "NETWORK")]
    webhook_network: Vec<Network>,
    /// Webhooks may go by plain HTTP; by default only to the machine itself, where --webhook-network names it.
    #[arg(long)]
    webhook_plain_http: bool,
    /// Certificates (PEM) that vouch for receivers of webhooks, beside those that the machine trusts.
    #[arg(long, value_name = "FILE")]
    webhook_ca_file: Option<PathBuf>,
}

impl WebhookArgs {
    /// Returns how far webhooks reach.
    pub fn rules(&self) -> Rules {
        Rules {
            networks: self.webhook_network.clone(),
            plain: self.webhook_plain_http,
            authorities: self.webhook_ca_file.clone(),
        }
    }
}

/// Sets up the way to other systems.
pub(super) fn client(rules: &Rules) -> Result<Arc<Client>, Failure> {
    let client = Client::new(rules.clone());
    client
        .map(Arc::new)
        .map_err(|error| Failure::Configuration(error.into()))
}
