//! The rules of the house, checked by reading the tree: who may depend on whom, what may be written at all, and
//! that files which say the same thing say it alike.
#![expect(clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

mod arrows;
mod pins;
mod requirements;
mod sources;
mod twins;
mod words;
