//! The endpoints: each says what it takes and gives, and the router and the OpenAPI document are both made of that.

use super::{
    call::Handler, chains, echo, events, problem::Code, subaddresses, transactions, whoami,
};
use aio_domain::Action;
use schemars::{JsonSchema, Schema, SchemaGenerator};

/// The methods of the merchant API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Reads.
    Get,
    /// Does something; takes `Idempotency-Key`.
    Post,
}

/// A parameter of the query.
#[derive(Debug, Clone, Copy)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// What it means.
    pub about: &'static str,
    /// Its kind, as JSON schema.
    pub schema: &'static str,
}

/// One endpoint.
pub struct Endpoint {
    /// Its row of the policy table: path and scope.
    pub action: Action,
    /// Its method.
    pub verb: Verb,
    /// What it does, in a few words.
    pub summary: &'static str,
    /// What a developer must know beside that.
    pub about: &'static str,
    /// Its parameters.
    pub query: &'static [Parameter],
    /// What it takes.
    pub takes: Option<SchemaOf>,
    /// What it gives.
    pub gives: SchemaOf,
    /// Its own errors, beside those of every endpoint.
    pub errors: &'static [Code],
    /// What runs.
    pub handler: Handler,
}

/// The JSON schema of a wire type.
pub type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

/// The schema of `T`.
pub fn schema_of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

/// All endpoints.
pub const ALL: &[&Endpoint] = &[
    &whoami::ENDPOINT,
    &echo::ENDPOINT,
    &chains::ENDPOINT,
    &subaddresses::CREATE,
    &subaddresses::BATCH,
    &subaddresses::LIST,
    &subaddresses::GET,
    &transactions::OF_SUBADDRESS,
    &transactions::LIST,
    &transactions::GET,
    &events::ENDPOINT,
];

impl Endpoint {
    /// The endpoint of an action.
    pub fn of(action: Action) -> Option<&'static Self> {
        ALL.iter().copied().find(|endpoint| endpoint.action == action)
    }

    /// Names of its parameters.
    pub fn names(&self) -> Vec<&'static str> {
        self.query.iter().map(|parameter| parameter.name).collect()
    }
}
