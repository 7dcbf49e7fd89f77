//! Pages, portal and API over HTTP.
//!
//! Start reading at [`routes`] (every operation, in one table), then [`serve`] (how a request passes
//! through the server). A handler extracts, authorises, executes or queries, and renders; it has no rules
//! of its own. Where things go:
//!
//! - [`portal`]: citizens' pages; `templates/portal/`. [`staff`]: pages of persons of the tree, one file
//!   and one template folder per resource. [`api`]: `/api/v1`, one file per resource.
//! - [`ctx`]: what is known of a request ([`ctx::Ctx`]: tenant, scene, tongue, who, now). Handlers take it
//!   as an argument. [`page`]: what every page has; a template's struct holds a [`page::Page`] as `page`
//!   and extends `layout.html`; shared parts are macros in `templates/partials/macros.html`.
//! - [`access`]: what a person may do: scopes for lists, permits for commands; [`auth`]: who they are.
//!   [`query`]: a filter within that scope.
//! - [`form`]: a form that was sent, its token already checked; [`evidence`]: files into and out of a case.
//! - [`story`]: a case's timeline, stretch, pictures; [`sentence`]: events and refusals in words;
//!   [`show`]: instants and clocks in words.
//! - [`people`]: units and people as tables, from a spreadsheet or a form, and who is still missing.
//! - [`setup`]: an installation that is not founded yet, and the pages that found it.
//! - [`limits`]: how large, how long, how often, how many at once. [`stream`]: files on their way out.
//! - [`lang`]: words come from `assets/text/{zh,en}/*.ftl` by key, never from code or templates.
//! - [`error`]: what goes wrong becomes a page or problem JSON there and nowhere else.
//! - `assets/css/components/`: one file per component; `assets/js/`: one small module per behaviour,
//!   attached by a data attribute. Nothing inline: the policy of every page forbids it.

mod access;
mod api;
pub mod app;
mod assets;
pub mod auth;
mod ctx;
mod error;
mod evidence;
mod form;
mod frame;
mod health;
mod lang;
mod limits;
pub mod mail;
pub mod metrics;
mod notification;
mod page;
pub mod people;
mod portal;
mod query;
mod readiness;
pub mod route;
pub mod routes;
mod runs;
mod scenes;
pub mod secret;
mod sentence;
pub mod serve;
pub mod setup;
mod show;
mod staff;
mod story;
mod stream;
mod styleguide;
pub mod sweep;
pub mod webhook;
