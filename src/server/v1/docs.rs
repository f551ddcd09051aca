//! What the documentation page shows, made of the endpoints.

use super::{
    endpoint::{ALL, Endpoint, Verb},
    openapi::errors,
    problem::Code,
};
use crate::api::page::{ClientDoc, Docs, EndpointDoc};
use aio_domain::policy::Needs;

macro_rules! client {
    ($language:literal, $file:literal, $example:literal) => {
        ClientDoc {
            language: $language,
            file: $file,
            code: include_str!(concat!("../../../docs/clients/", $language, "/", $file)),
            example: include_str!(concat!("../../../docs/clients/", $language, "/", $example)),
        }
    };
}

/// The documentation of this installation.
pub fn docs(origin: &str) -> Docs {
    Docs {
        origin: origin.to_owned(),
        endpoints: ALL.iter().map(|endpoint| endpoint_doc(endpoint)).collect(),
        problems: Code::ALL
            .iter()
            .map(|code| {
                let (status, name, about) = code.parts();
                (status.as_u16(), name, about)
            })
            .collect(),
        clients: vec![
            client!("python", "aio.py", "example.py"),
            client!("javascript", "aio.mjs", "example.mjs"),
            client!("php", "aio.php", "example.php"),
            client!("go", "aio.go", "example.go"),
        ],
    }
}

fn endpoint_doc(endpoint: &Endpoint) -> EndpointDoc {
    let row = endpoint.action.row();
    EndpointDoc {
        name: endpoint.action.name(),
        verb: match endpoint.verb {
            Verb::Get => "GET",
            Verb::Post => "POST",
        },
        path: row.path,
        summary: endpoint.summary,
        about: endpoint.about,
        scope: match row.needs {
            Needs::Scope(scope) => scope.as_str(),
            _ => "any",
        },
        parameters: endpoint.query.iter().map(|one| (one.name, one.about)).collect(),
        errors: errors(endpoint).iter().map(|code| code.code()).collect(),
    }
}
