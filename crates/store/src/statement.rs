//! SQL as values, declared so that none can escape the catalogue.

/// One statement: its name and its text, which is the same on both engines unless it cannot be.
#[derive(Debug, Clone, Copy)]
pub struct Statement {
    /// Module and constant.
    pub name: &'static str,
    /// What SQLite runs.
    pub sqlite: &'static str,
    /// What Postgres runs.
    pub postgres: &'static str,
}

/// Declares the statements of a file, and their list for the catalogue. A file that leaves its list
/// out of the catalogue does not compile without a warning, as the list is then unused.
macro_rules! sql {
    ($($(#[$doc:meta])* $name:ident = $text:expr $(, postgres = $other:expr)?;)+) => {
        $(
            $(#[$doc])*
            const $name: $crate::statement::Statement = $crate::statement::Statement {
                name: concat!(module_path!(), "::", stringify!($name)),
                sqlite: $text,
                postgres: sql!(@text $text $(, $other)?),
            };
        )+
        pub(crate) const STATEMENTS: &[$crate::statement::Statement] = &[$($name),+];
    };
    (@text $both:expr) => { $both };
    (@text $sqlite:expr, $postgres:expr) => { $postgres };
}
pub(crate) use sql;
