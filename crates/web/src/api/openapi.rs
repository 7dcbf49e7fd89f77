//! The OpenAPI 3.1 document, made from the table of routes and the types that bodies are read into.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Extension;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::schema::Described;
use crate::route::{Body, Route, Verb, Visibility};

/// The document, as text.
#[derive(Clone)]
pub struct Document(Arc<str>);

impl Document {
    /// Makes the document of these operations.
    pub fn of(routes: impl Iterator<Item = &'static Route>) -> Document {
        Document(document(routes).to_string().into())
    }
}

/// `GET /api/v1/openapi.json`
pub async fn read_openapi(Extension(document): Extension<Document>) -> Response {
    let kind = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "public, max-age=600"),
    ];
    (StatusCode::OK, kind, document.0.to_string()).into_response()
}

/// What is said of bearer tokens.
const TOKENS: &str = "A token is good for the actions in its scope, of those that its person has (x-action). An \
     operation that changes something and needs no action beyond reading, such as a comment or a saved view, needs \
     a scope of its own (x-token-scope): a token for `read` alone changes nothing.";

fn document(routes: impl Iterator<Item = &'static Route>) -> Value {
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    let mut schemas = BTreeMap::from([("Problem".to_owned(), problem())]);
    for route in routes.filter(|route| route.path.starts_with("/api/")) {
        let method = route.method.method().as_str().to_ascii_lowercase();
        paths
            .entry(route.path)
            .or_default()
            .insert(method, operation(route, &mut schemas));
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Bihuan",
            "version": env!("CARGO_PKG_VERSION"),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "description": TOKENS}},
        },
    })
}

fn operation(route: &Route, schemas: &mut BTreeMap<String, Value>) -> Value {
    let mut operation = json!({
        "operationId": route.id,
        "summary": route.id.replace('_', " "),
        "parameters": parameters(route),
        "responses": responses(route, schemas),
        "security": if route.seen_by == Visibility::Staff { json!([{"token": []}]) } else { json!([]) },
    });
    if let Some(action) = route.action {
        operation["x-action"] = action.into();
    }
    if let Some(scope) = route.token_scope {
        operation["x-token-scope"] = scope.into();
    }
    if let Some(takes) = route.takes {
        let kind = match route.body {
            Body::Small => "application/json",
            Body::Upload => "multipart/form-data",
        };
        let schema = refer(takes(), schemas);
        operation["requestBody"] = json!({"required": true, "content": {kind: {"schema": schema}}});
    }
    operation
}

fn responses(route: &Route, schemas: &mut BTreeMap<String, Value>) -> Value {
    let status = match route.method {
        Verb::Delete => "204",
        Verb::Post if route.changes => "201",
        Verb::Get | Verb::Post => "200",
    };
    let good = match route.gives {
        Some(gives) => {
            json!({"description": "done", "content": {"application/json": {"schema": refer(gives(), schemas)}}})
        }
        None if route.method == Verb::Delete => json!({"description": "gone"}),
        None => json!({"description": "the file", "content": {"*/*": {}}}),
    };
    let problem = json!({"schema": {"$ref": "#/components/schemas/Problem"}});
    json!({
        status: good,
        "default": {"description": "a problem", "content": {"application/problem+json": problem}},
    })
}

fn parameters(route: &Route) -> Vec<Value> {
    let places = route
        .path
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let place = |name| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string", "format": "uuid"}});
    let asked = |name| json!({"name": name, "in": "query", "schema": {"type": "string"}});
    let mut parameters: Vec<Value> = places.map(place).collect();
    parameters.extend(route.query.iter().map(asked));
    if route.changes && route.method == Verb::Post {
        parameters.push(idempotency_key(route.seen_by));
    }
    parameters
}

fn idempotency_key(seen_by: Visibility) -> Value {
    let (least, said) = match seen_by {
        Visibility::Staff => (1, "Sent again with the same body, the answer is the first one's."),
        Visibility::Public | Visibility::Code => (
            super::SECRET_KEY_CHARS,
            "Sent again with the same body, the answer is the first one's, receipt code and all: the key must be \
             secret and random, a UUID or at least 22 characters. Never make it of anything that others know.",
        ),
    };
    let schema = json!({"type": "string", "minLength": least, "maxLength": super::KEY_CHARS});
    json!({"name": super::KEY, "in": "header", "description": said, "schema": schema})
}

/// Takes a type's schema into the document and returns a reference to it.
fn refer(described: Described, schemas: &mut BTreeMap<String, Value>) -> Value {
    let reference = json!({"$ref": format!("#/components/schemas/{}", described.name)});
    schemas.insert(described.name, described.schema);
    schemas.extend(described.others);
    reference
}

fn problem() -> Value {
    json!({
        "type": "object",
        "description": "A problem (RFC 9457).",
        "required": ["type", "title", "status", "detail", "request_id"],
        "properties": {
            "type": {"type": "string", "description": "What kind of problem it is, such as /problems/refused."},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string", "description": "What to do, or what the rule says."},
            "request_id": {"type": "string"},
            "rule": {"type": "string", "description": "The rule that was broken, where one was."},
            "fields": {"type": "array", "items": {"type": "object"}},
            "problems": {"type": "array", "items": {"type": "object"}},
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns every `$ref` in a value.
    fn references(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(map) => {
                if let Some(Value::String(to)) = map.get("$ref") {
                    found.push(to.clone());
                }
                map.values().for_each(|value| references(value, found));
            }
            Value::Array(list) => list.iter().for_each(|value| references(value, found)),
            _ => {}
        }
    }

    #[test]
    fn every_operation_of_the_api_is_described_and_every_reference_leads_somewhere() {
        let document = document(crate::routes::all());
        let mut found = Vec::new();
        references(&document, &mut found);
        assert!(found.len() > 30);
        for reference in found {
            let place = reference.trim_start_matches('#');
            assert!(document.pointer(place).is_some(), "{reference}");
        }
        for route in crate::routes::all().filter(|route| route.path.starts_with("/api/")) {
            assert!(
                route.method != Verb::Post || route.takes.is_some(),
                "{} takes nothing",
                route.id
            );
        }
    }

    #[test]
    fn every_text_of_every_body_is_bounded() {
        let document = document(crate::routes::all());
        for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
            if name.starts_with("Text") {
                assert!(schema["maxLength"].as_u64().unwrap() <= 5000, "{name}");
            }
        }
    }
}
