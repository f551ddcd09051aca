//! A transaction that only counts while a chain's cursor stands where its holder saw it.

use super::watcher::WatchError;
use crate::Services;
use aio_store::{Cursor, Tx};

impl Services {
    /// Begins a transaction in which the cursor has moved, or stays, as far as it still stood where this holder of the
    /// lease saw it.
    pub(crate) async fn fenced(
        &self,
        (chain, holder): (&str, &str),
        from: &Cursor,
        to: &Cursor,
    ) -> Result<Tx, WatchError> {
        let mut tx = self.store().begin().await?;
        if tx.move_cursor(chain, holder, (from, to), self.now()).await? {
            Ok(tx)
        } else {
            Err(WatchError::Overtaken)
        }
    }
}
