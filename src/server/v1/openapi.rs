//! `GET /v1/openapi.json`: the OpenAPI 3.1 document, made of the endpoints and the policy table.

use super::{
    endpoint::{ALL, Endpoint, Parameter, Verb},
    problem::Code,
};
use aio_domain::{api_key, policy::Needs};
use schemars::{SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Errors that every endpoint can answer.
pub const COMMON: &[Code] = &[
    Code::BadRequest,
    Code::InvalidQuery,
    Code::KeyInUrl,
    Code::KeyInBody,
    Code::KeyInCookie,
    Code::EncryptionInvalid,
    Code::AesKeyReplaced,
    Code::EncryptionRequired,
    Code::EncryptionOff,
    Code::InvalidApiKey,
    Code::Forbidden,
    Code::RequestTimeout,
    Code::BodyTooLarge,
    Code::RateLimited,
    Code::Internal,
    Code::Unavailable,
];

/// Errors of whatever takes a body.
pub const WITH_BODY: &[Code] = &[
    Code::InvalidJson,
    Code::InvalidBody,
    Code::InvalidIdempotencyKey,
    Code::IdempotencyRunning,
    Code::IdempotencyMismatch,
    Code::UnsupportedMediaType,
];

/// The document. `origin` is where this installation is.
pub fn document(origin: &str) -> Value {
    let mut schemas = SchemaSettings::draft2020_12()
        .with(|settings| settings.definitions_path = "/components/schemas".into())
        .into_generator();
    let mut paths = Map::new();
    for endpoint in ALL {
        let path = endpoint.action.row().path;
        let (verb, operation) = (verb(endpoint), operation(endpoint, &mut schemas));
        if let Value::Object(item) = paths.entry(path).or_insert_with(|| json!({})) {
            item.insert(verb.to_owned(), operation);
        }
    }
    let mut components: Map<String, Value> = schemas.take_definitions(true);
    components.insert("Problem".to_owned(), problem());
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "AIO merchant API",
            "version": "1",
            "summary": "Subaddresses, payments and payouts of one merchant.",
            "description": "Bodies are JSON. Errors are `application/problem+json` with a stable `code`. Every \
                            POST takes an `Idempotency-Key`. Lists are read page by page. Amounts are whole \
                            numbers of the smallest unit, as strings. With an AES key, bodies can be encrypted: \
                            see docs/encryption.md.",
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": origin }],
        "security": [{ "apiKey": [] }],
        "paths": paths,
        "components": {
            "schemas": components,
            "parameters": encryption_headers(),
            "securitySchemes": {
                "apiKey": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": api_key::PATTERN,
                    "description": "An API key made in the dashboard. Only in this header.",
                },
            },
        },
    })
}

const fn verb(endpoint: &Endpoint) -> &'static str {
    match endpoint.verb {
        Verb::Get => "get",
        Verb::Post => "post",
    }
}

fn operation(endpoint: &Endpoint, schemas: &mut SchemaGenerator) -> Value {
    let mut parameters: Vec<Value> = endpoint.query.iter().map(parameter).collect();
    if endpoint.action.row().path.contains("{id}") {
        parameters.push(json!({
            "name": "id", "in": "path", "required": true, "description": "Its id.",
            "schema": { "type": "string", "pattern": "^[a-z]{3}_[0-9a-hjkmnp-tv-z]{26}$" },
        }));
    }
    parameters.extend(
        ENCRYPTION.map(|name| json!({ "$ref": format!("#/components/parameters/{name}") })),
    );
    if endpoint.verb == Verb::Post {
        parameters.push(json!({
            "name": "Idempotency-Key", "in": "header", "required": false,
            "description": "Any text of your own for this request. The same request with the same key is done \
                            once; within 24 hours it gets the first answer again.",
            "schema": { "type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$" },
        }));
    }
    let mut operation = json!({
        "operationId": endpoint.action.name(),
        "summary": endpoint.summary,
        "description": format!("{}\n\n{}", endpoint.about, scope_words(endpoint)),
        "parameters": parameters,
        "responses": responses(endpoint, schemas),
    });
    if let (Some(takes), Value::Object(members)) = (endpoint.takes, &mut operation) {
        let body = json!({
            "required": true,
            "content": { "application/json": { "schema": takes(schemas) } },
        });
        members.insert("requestBody".to_owned(), body);
    }
    operation
}

/// The headers of an encrypted request; all three or none.
const ENCRYPTION: [&str; 3] = ["Aio-Encryption", "Aio-Timestamp", "Aio-Request-Id"];

fn encryption_headers() -> Value {
    let header = |name: &str, about: &str, pattern: &str| {
        json!({
            "name": name, "in": "header", "required": false, "description": about,
            "schema": { "type": "string", "pattern": pattern },
        })
    };
    let [encryption, timestamp, request_id] = ENCRYPTION;
    json!({
        encryption: header(
            encryption,
            "That the body is encrypted, and with which version of the key's AES key. The three headers come together.",
            "^aes-256-gcm;v=[1-9][0-9]*$",
        ),
        timestamp: header(
            timestamp,
            "Unix seconds of an encrypted request, at most 300 away from the server's.",
            "^[1-9][0-9]*$",
        ),
        request_id: header(
            request_id,
            "A UUID for each encrypted request, used once.",
            "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$",
        ),
    })
}

fn scope_words(endpoint: &Endpoint) -> String {
    match endpoint.action.row().needs {
        Needs::Scope(scope) => format!("Scope: `{scope}`."),
        _ => "Scope: any.".to_owned(),
    }
}

fn parameter(parameter: &Parameter) -> Value {
    json!({
        "name": parameter.name,
        "in": "query",
        "required": false,
        "description": parameter.about,
        "schema": serde_json::from_str::<Value>(parameter.schema).unwrap_or_default(),
    })
}

/// Every error an endpoint can answer.
pub fn errors(endpoint: &Endpoint) -> Vec<Code> {
    let mut codes = COMMON.to_vec();
    if endpoint.verb == Verb::Post {
        codes.extend(WITH_BODY);
    }
    if matches!(endpoint.action.row().needs, Needs::Scope(_)) {
        codes.push(Code::InsufficientScope);
    }
    if endpoint.action.row().path.contains("{id}") {
        codes.push(Code::NotFound);
    }
    codes.extend(endpoint.errors);
    codes
}

fn responses(endpoint: &Endpoint, schemas: &mut SchemaGenerator) -> Value {
    let mut found = Map::new();
    found.insert(
        "200".to_owned(),
        json!({
            "description": "Done.",
            "headers": limits(),
            "content": { "application/json": { "schema": (endpoint.gives)(schemas) } },
        }),
    );
    let mut by_status: BTreeMap<u16, Vec<&str>> = BTreeMap::new();
    for code in errors(endpoint) {
        by_status.entry(code.status().as_u16()).or_default().push(code.code());
    }
    for (status, codes) in by_status {
        let words: Vec<String> = codes.iter().map(|code| format!("`{code}`")).collect();
        let answer = json!({
            "description": words.join(", "),
            "content": {
                "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } },
            },
        });
        found.insert(status.to_string(), answer);
    }
    Value::Object(found)
}

fn limits() -> Value {
    json!({
        "RateLimit-Policy": {
            "description": "The key's limit: `\"key\";q=3000;w=60` is 3,000 requests in 60 seconds.",
            "schema": { "type": "string" },
        },
        "RateLimit": {
            "description": "What is left of it: `r` requests now, full again in `t` seconds.",
            "schema": { "type": "string" },
        },
    })
}

fn problem() -> Value {
    let codes: Vec<&str> = Code::ALL.iter().map(|code| code.code()).collect();
    json!({
        "type": "object",
        "description": "An error (RFC 9457).",
        "required": ["type", "title", "status", "code", "request_id"],
        "properties": {
            "type": { "type": "string", "description": "`urn:aio:problem:` and the code." },
            "title": { "type": "string", "description": "What is wrong, for a developer." },
            "status": { "type": "integer" },
            "code": { "type": "string", "enum": codes, "description": "Stable: programs decide by it." },
            "request_id": { "type": "string", "description": "The number that the logs know the request by." },
        },
    })
}
