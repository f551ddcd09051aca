//! The use cases as a person, a thief, a shop's server and an operator meet them; every case on both engines.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests fail by panicking"
)]

mod account;
mod aes;
mod audit;
mod chains;
mod change_sets;
mod codes;
mod dashboard;
mod debug;
mod enrolment;
mod faults;
mod flashes;
mod front_door;
mod key_forms;
mod levels;
mod life;
mod misses;
mod recovery;
mod sealing;
mod secrets;
mod sessions;
mod setup;
mod sign_in;
mod source;
mod support;
mod tenancy;
