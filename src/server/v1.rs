//! The merchant API: the way of a request is in [`pipeline`], each resource is a file with its wire types, its
//! documentation and its handler.

mod call;
mod chains;
pub mod credential;
pub mod docs;
mod echo;
mod encryption;
pub mod endpoint;
mod events;
mod json;
mod limits;
mod log;
mod once;
pub mod openapi;
pub mod pipeline;
pub mod problem;
mod query;
mod subaddresses;
mod transactions;
mod whoami;
