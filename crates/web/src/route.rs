//! What is said of one operation: where it is, who may come, what it takes, gives and changes.

use axum::http::Method;
use axum::routing::{MethodFilter, MethodRouter};

use crate::api::schema::Described;
use crate::app::App;

use Verb::{Delete, Get, Post};

/// Who may come to an operation at all; what they may do there is decided by their grants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visibility {
    /// Everybody, throttled where it writes.
    Public,
    /// Whoever holds the receipt code of the case, or the code of the set-up; to others there is nothing here.
    Code,
    /// Persons of the tree, by session or bearer token.
    Staff,
}

/// What a body may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body {
    /// Up to a megabyte.
    Small,
    /// With files.
    Upload,
}

/// One operation, of a server whose state is `S`.
pub struct Route<S = App> {
    /// Its id: the handler's name.
    pub id: &'static str,
    /// The method.
    pub method: Verb,
    /// The path.
    pub path: &'static str,
    /// Who may come.
    pub seen_by: Visibility,
    /// The action of a grant that it needs, where it is always the same; a step brings its own.
    pub action: Option<&'static str>,
    /// What a bearer token must be good for beside the action: an operation that changes something but needs
    /// no action of its own is not for tokens that only read.
    pub token_scope: Option<&'static str>,
    /// Whether it changes anything.
    pub changes: bool,
    /// Whether it leaves an event in the log.
    pub audited: bool,
    /// Whether it keeps a leaf of a form that is not sent yet: senders are counted apart for that.
    pub keeps_leaf: bool,
    /// Whether it is about the process and not about a tenant: machines ask it by address.
    pub of_process: bool,
    /// What its body may be.
    pub body: Body,
    /// The fields of its query string.
    pub query: &'static [&'static str],
    /// What it takes and what it gives; operations of the API only.
    pub takes: Option<fn() -> Described>,
    /// See `takes`.
    pub gives: Option<fn() -> Described>,
    pub(crate) handler: fn(MethodFilter) -> MethodRouter<S>,
}

impl<S> Clone for Route<S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S> Copy for Route<S> {}

/// The methods in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Reads.
    Get,
    /// Writes.
    Post,
    /// Takes away.
    Delete,
}

impl Verb {
    /// Returns the HTTP method.
    pub fn method(self) -> Method {
        match self {
            Get => Method::GET,
            Post => Method::POST,
            Delete => Method::DELETE,
        }
    }

    pub(crate) fn filter(self) -> MethodFilter {
        match self {
            Get => MethodFilter::GET,
            Post => MethodFilter::POST,
            Delete => MethodFilter::DELETE,
        }
    }
}

/// Attaches a handler to a method.
pub(crate) type Handler<S> = fn(MethodFilter) -> MethodRouter<S>;

impl<S> Route<S> {
    pub(crate) const fn new(
        id: &'static str,
        method: Verb,
        path: &'static str,
        seen_by: Visibility,
        handler: Handler<S>,
    ) -> Route<S> {
        let changes = matches!(method, Post | Delete);
        let (action, token_scope, audited, body) = (None, None, false, Body::Small);
        let (query, takes, gives): (&[&str], _, _) = (&[], None, None);
        Route {
            id,
            method,
            path,
            seen_by,
            action,
            token_scope,
            changes,
            audited,
            keeps_leaf: false,
            of_process: false,
            body,
            query,
            takes,
            gives,
            handler,
        }
    }

    /// A page or a file for everybody.
    pub(crate) const fn public(
        id: &'static str,
        method: Verb,
        path: &'static str,
        handler: Handler<S>,
    ) -> Route<S> {
        Route::new(id, method, path, Visibility::Public, handler)
    }

    /// Something for whoever holds the receipt code.
    pub(crate) const fn code(
        id: &'static str,
        method: Verb,
        path: &'static str,
        handler: Handler<S>,
    ) -> Route<S> {
        Route::new(id, method, path, Visibility::Code, handler)
    }

    /// Something for persons of the tree.
    pub(crate) const fn staff(
        id: &'static str,
        method: Verb,
        path: &'static str,
        handler: Handler<S>,
    ) -> Route<S> {
        Route::new(id, method, path, Visibility::Staff, handler)
    }

    /// It needs this action.
    pub(crate) const fn needs(mut self, action: &'static str) -> Route<S> {
        self.action = Some(action);
        self
    }

    /// A bearer token must be good for this.
    pub(crate) const fn token_needs(mut self, scope: &'static str) -> Route<S> {
        self.token_scope = Some(scope);
        self
    }

    /// It leaves an event in the log.
    pub(crate) const fn audited(mut self) -> Route<S> {
        self.audited = true;
        self
    }

    /// It changes nothing, although it is posted: what it takes must not stand in an address.
    pub(crate) const fn reads(mut self) -> Route<S> {
        self.changes = false;
        self
    }

    /// It keeps a leaf of a form until it is sent.
    pub(crate) const fn keeps_leaf(mut self) -> Route<S> {
        self.keeps_leaf = true;
        self
    }

    /// It is about the process: it knows no tenant, no visitor and no language.
    pub(crate) const fn of_process(mut self) -> Route<S> {
        self.of_process = true;
        self
    }

    /// It takes files.
    pub(crate) const fn upload(mut self) -> Route<S> {
        self.body = Body::Upload;
        self
    }

    /// It reads these fields of the query string.
    pub(crate) const fn query(mut self, fields: &'static [&'static str]) -> Route<S> {
        self.query = fields;
        self
    }

    /// It takes a body of this type.
    pub(crate) const fn takes(mut self, takes: fn() -> Described) -> Route<S> {
        self.takes = Some(takes);
        self
    }

    /// It answers with this type.
    pub(crate) const fn gives(mut self, gives: fn() -> Described) -> Route<S> {
        self.gives = Some(gives);
        self
    }
}
