//! The server half: settings, the command line, the router with its layers, the merchant API, the loops.

pub mod chains;
pub mod cli;
pub mod config;
pub mod cookies;
pub mod doctor;
pub mod downloads;
pub mod guard;
pub mod host;
pub mod inputs;
pub mod jobs;
pub mod layers;
pub mod live;
pub mod master_key;
pub mod pages;
pub mod plain;
pub mod refusal;
pub mod router;
pub mod run;
pub mod serve;
pub mod site;
pub mod telemetry;
pub mod v1;
pub mod views;
