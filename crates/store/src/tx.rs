//! Transactions, and the two ways a function can be offered in and out of them.

use crate::{StoreError, conn::Conn};
use sqlx::{Postgres, Sqlite, Transaction};

/// A transaction: a value that only [`Tx::commit`] makes real. Dropping it rolls everything back.
#[must_use = "a transaction that is not committed is rolled back"]
#[derive(Debug)]
pub struct Tx(pub(crate) Inner);

#[derive(Debug)]
pub(crate) enum Inner {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

impl Tx {
    pub(crate) fn conn(&mut self) -> Conn<'_> {
        match &mut self.0 {
            Inner::Sqlite(tx) => Conn::Sqlite(tx),
            Inner::Postgres(tx) => Conn::Postgres(tx),
        }
    }

    /// Makes it real. An error leaves open whether it was: whoever must know looks again.
    pub async fn commit(self) -> Result<(), StoreError> {
        match self.0 {
            Inner::Sqlite(tx) => tx.commit().await?,
            Inner::Postgres(tx) => tx.commit().await?,
        }
        Ok(())
    }
}

/// Reads that are offered both on [`crate::Store`] and inside a [`Tx`]:
/// `fn name(arguments) -> Answer = how(STATEMENT, values);`
macro_rules! reads {
    ($(
        $(#[$doc:meta])*
        fn $name:ident($($arg:ident: $type:ty),*) -> $out:ty
            = $how:ident($sql:ident $(, $value:expr)*);
    )+) => {
        impl $crate::Store { $(
            $(#[$doc])*
            pub async fn $name(&self, $($arg: $type),*) -> Result<$out, $crate::StoreError> {
                self.read().await?.conn().$how(&$sql, $crate::cells::values![$($value),*]).await
            }
        )+ }
        impl $crate::Tx { $(
            $(#[$doc])*
            pub async fn $name(&mut self, $($arg: $type),*) -> Result<$out, $crate::StoreError> {
                self.conn().$how(&$sql, $crate::cells::values![$($value),*]).await
            }
        )+ }
    };
}
pub(crate) use reads;

/// Writes of [`Tx`] that are offered on [`crate::Store`] too, in a transaction of their own.
macro_rules! alone {
    ($($(#[$doc:meta])* fn $name:ident($($arg:ident: $type:ty),*) -> $out:ty;)+) => {
        impl $crate::Store { $(
            $(#[$doc])*
            pub async fn $name(&self, $($arg: $type),*) -> Result<$out, $crate::StoreError> {
                let mut tx = self.begin().await?;
                let out = tx.$name($($arg),*).await?;
                tx.commit().await?;
                Ok(out)
            }
        )+ }
    };
}
pub(crate) use alone;
