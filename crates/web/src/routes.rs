//! Every route and API operation, in one table: the router is built from it, and so are the gate before
//! each handler, the OpenAPI document, and the tests that knock at each door as everybody in turn.
//!
//! An operation's id is its handler's name, unless one handler serves both a page and the API. A handler
//! that is not in here cannot be reached.

use std::collections::HashSet;
use std::sync::LazyLock;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::Method;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::on;

use crate::app::App;
use crate::assets;
use crate::auth;
use crate::ctx::Ctx;
use crate::error::WebError;
use crate::limits;
use crate::route::Verb::{Delete, Get, Post};
use crate::route::{Body, Route, Visibility};
use crate::setup::Setup;
use crate::{health, portal, styleguide};

mod api;
mod case;
mod people;
mod setup;
mod staff;
mod webhooks;

/// Pages for everybody and for reporters.
const PORTAL: &[Route] = &[
    Route::public("read_home", Get, "/", |m| on(m, portal::home::read_home)),
    Route::public("read_how", Get, "/how", |m| on(m, portal::how::read_how)).query(&["kind"]),
    Route::public("read_struck_off", Get, "/struck-off", |m| {
        on(m, portal::struck::read_struck_off)
    })
    .query(&["after"]),
    Route::public("read_struck_pictures", Get, "/struck-off/{number}", |m| {
        on(m, portal::struck::read_struck_pictures)
    }),
    Route::public(
        "read_struck_picture",
        Get,
        "/struck-off/{number}/pictures/{evidence}",
        |m| on(m, portal::struck::read_struck_picture),
    ),
    Route::public("read_help", Get, "/help", |m| on(m, portal::help::read_help)),
    Route::public("new_report", Get, "/report", |m| {
        on(m, portal::report::new_report)
    })
    .query(&["draft"]),
    Route::public("create_report", Post, "/report", |m| {
        on(m, portal::report::create_report)
    })
    .upload()
    .audited(),
    Route::public("keep_report_what", Post, "/report/what", |m| {
        on(m, portal::report::keep_report_what)
    })
    .keeps_leaf(),
    Route::public("read_report_where", Get, "/report/where", |m| {
        on(m, portal::report::read_report_where)
    })
    .query(&["draft"]),
    Route::public("keep_report_where", Post, "/report/where", |m| {
        on(m, portal::report::keep_report_where)
    })
    .upload()
    .keeps_leaf(),
    Route::public("read_report_contact", Get, "/report/contact", |m| {
        on(m, portal::report::read_report_contact)
    })
    .query(&["draft"]),
    Route::public("keep_report_contact", Post, "/report/contact", |m| {
        on(m, portal::report::keep_report_contact)
    })
    .keeps_leaf(),
    Route::public("read_report_check", Get, "/report/check", |m| {
        on(m, portal::report::read_report_check)
    })
    .query(&["draft"]),
    Route::public("discard_report", Post, "/report/discard", |m| {
        on(m, portal::report::discard_report)
    })
    .keeps_leaf(),
    Route::public("read_track", Get, "/track", |m| on(m, portal::track::read_track)),
    Route::public("read_code", Get, "/code", |m| on(m, portal::track::read_code)),
    Route::public("open_track", Post, "/track", |m| on(m, portal::track::open_track)).reads(),
    Route::code("leave_track", Post, "/track/leave", |m| {
        on(m, portal::track::leave_track)
    })
    .reads(),
    Route::code("create_track_reply", Post, "/track/replies", |m| {
        on(m, portal::talk::create_track_reply)
    })
    .audited(),
    Route::code("create_track_satisfaction", Post, "/track/satisfaction", |m| {
        on(m, portal::talk::create_track_satisfaction)
    })
    .audited(),
    Route::code("create_track_consent", Post, "/track/consents", |m| {
        on(m, portal::talk::create_track_consent)
    })
    .audited(),
    Route::code("create_track_step", Post, "/track/steps", |m| {
        on(m, portal::talk::create_track_step)
    })
    .audited(),
    Route::code("read_track_evidence", Get, "/track/evidence/{evidence}", |m| {
        on(m, portal::track::read_track_evidence)
    }),
    Route::code("read_track_proof", Get, "/track/proof", |m| {
        on(m, portal::proof::read_track_proof)
    }),
    Route::public("read_checkpoint", Get, "/checkpoint", |m| {
        on(m, portal::proof::read_checkpoint)
    }),
    Route::public("read_checkpoint_key", Get, "/checkpoint/key", |m| {
        on(m, portal::proof::read_checkpoint_key)
    }),
];

/// The door for staff, and what machines ask.
const DOOR: &[Route] = &[
    Route::public("new_session", Get, "/login", |m| on(m, auth::page::new_session)),
    Route::public("create_session", Post, "/login", |m| {
        on(m, auth::page::create_session)
    }),
    Route::public("create_welcome", Post, "/welcome", |m| {
        on(m, auth::welcome::create_welcome)
    }),
    Route::staff("delete_session", Post, "/logout", |m| {
        on(m, auth::page::delete_session)
    }),
    Route::public("read_styleguide", Get, "/styleguide", |m| {
        on(m, styleguide::read_styleguide)
    }),
    Route::public("read_asset", Get, "/assets/{name}", |m| on(m, assets::read_asset)),
    Route::public("read_health", Get, "/healthz", |m| on(m, health::read_health)).of_process(),
    Route::public("read_readiness", Get, "/readyz", |m| {
        on(m, health::read_readiness)
    })
    .of_process(),
    Route::public("read_metrics", Get, "/metrics", |m| on(m, health::read_metrics)).of_process(),
];

/// Returns every operation.
pub fn all() -> impl Iterator<Item = &'static Route> {
    [
        PORTAL,
        DOOR,
        staff::ROUTES,
        people::ROUTES,
        webhooks::ROUTES,
        case::ROUTES,
        api::PORTAL,
        api::CASES,
        api::REFERENCE,
        api::OWN,
    ]
    .into_iter()
    .flatten()
}

/// Returns every operation of an installation that is not founded yet.
pub fn of_setup() -> impl Iterator<Item = &'static Route<Setup>> {
    setup::ROUTES.iter()
}

/// Returns the pattern of a route that was found, for as long as the program runs.
pub fn pattern(found: &str) -> &'static str {
    static PATTERNS: LazyLock<HashSet<&'static str>> =
        LazyLock::new(|| all().map(|route| route.path).collect());
    PATTERNS.get(found).copied().unwrap_or("none")
}

/// Whether a request for a route that was found may bring files.
pub fn takes_files(found: &str, method: &Method) -> bool {
    static UPLOADS: LazyLock<Vec<(&'static str, Method)>> = LazyLock::new(|| {
        let uploads = all().filter(|route| route.body == Body::Upload);
        uploads.map(|route| (route.path, route.method.method())).collect()
    });
    UPLOADS.iter().any(|(path, of)| *path == found && of == method)
}

/// Builds the router of what is about the process.
pub fn of_process() -> Router<App> {
    let of_process = all().filter(|route| route.of_process);
    of_process.fold(Router::new(), |router, route| {
        router.route(route.path, (route.handler)(route.method.filter()))
    })
}

/// Builds the router of an installation that is not founded yet.
pub fn setup_router() -> Router<Setup> {
    of_setup().fold(Router::new(), |router, route| {
        router.route(route.path, (route.handler)(route.method.filter()))
    })
}

/// Builds the router from the table, but for what is about the process.
pub fn router() -> Router<App> {
    let of_tenants = all().filter(|route| !route.of_process);
    let router = of_tenants.fold(Router::new(), |router, route| {
        let limit = match route.body {
            Body::Small => limits::BODY_BYTES,
            Body::Upload => limits::UPLOAD_BYTES,
        };
        let gate = middleware::from_fn_with_state(route, gate);
        let handler = (route.handler)(route.method.filter())
            .layer(DefaultBodyLimit::max(limit))
            .route_layer(gate);
        router.route(route.path, handler)
    });
    router
        .fallback(|| async { WebError::NotFound })
        .method_not_allowed_fallback(|| async { WebError::Method })
}

/// Stands before every handler and lets in who may come.
async fn gate(State(route): State<&'static Route>, mut request: Request, next: Next) -> Response {
    match admit(route, &request) {
        Ok(()) => {
            request.extensions_mut().insert(route);
            next.run(request).await
        }
        Err(error) => error.into_response(),
    }
}

fn admit(route: &Route, request: &Request) -> Result<(), WebError> {
    let ctx = request
        .extensions()
        .get::<Ctx>()
        .ok_or_else(|| WebError::internal("no frame around the gate"))?;
    match route.seen_by {
        Visibility::Public => {}
        Visibility::Code => ctx.code.as_ref().map(|_| ()).ok_or(WebError::NotFound)?,
        Visibility::Staff => ctx.who().map(|_| ())?,
    }
    let scopes = ctx.who.as_ref().and_then(|who| who.scopes.as_ref());
    if let (Some(needed), Some(scopes)) = (route.token_scope, scopes)
        && !scopes.iter().any(|scope| scope == needed)
    {
        return Err(WebError::Scope);
    }
    match (route.seen_by, route.method) {
        (Visibility::Staff, _) | (_, Get) => Ok(()),
        _ if route.keeps_leaf => ctx.app.throttle_filling(ctx.peer, ctx.now),
        (Visibility::Public | Visibility::Code, Post | Delete) if route.changes => {
            ctx.app.throttle_anonymous(ctx.peer, ctx.now)
        }
        (Visibility::Public | Visibility::Code, Post | Delete) => ctx.app.throttle_reading(ctx.peer, ctx.now),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ids_and_doors_are_unique() {
        let ids: BTreeSet<_> = all().map(|route| route.id).collect();
        let doors: BTreeSet<_> = all()
            .map(|route| (route.path, route.method.method().to_string()))
            .collect();
        assert_eq!((ids.len(), doors.len()), (all().count(), all().count()));
    }

    #[test]
    fn whatever_leaves_an_event_changes_something() {
        for route in all() {
            assert!(!route.audited || route.changes, "{}", route.id);
        }
    }

    #[test]
    fn no_token_that_only_reads_changes_anything() {
        // Steps bring the action of their kind; the others end what is the person's own.
        let other = ["create_step", "create_case_step", "delete_session"];
        for route in all().filter(|route| route.seen_by == Visibility::Staff && route.changes) {
            let acts = route.action.is_some_and(|action| action != "read");
            let bounded = acts || route.token_scope.is_some() || other.contains(&route.id);
            assert!(bounded, "{}", route.id);
        }
    }

    #[test]
    fn no_other_file_opens_a_door() {
        let mut files = vec![std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src")];
        while let Some(path) = files.pop() {
            if path.is_dir() {
                files.extend(
                    std::fs::read_dir(&path)
                        .unwrap()
                        .map(|entry| entry.unwrap().path()),
                );
            } else if !path.ends_with("routes.rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                let outside_tests = text.split("#[cfg(test)]").next().unwrap();
                assert!(!outside_tests.contains(".route("), "{}", path.display());
            }
        }
    }
}
