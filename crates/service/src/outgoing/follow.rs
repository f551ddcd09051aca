//! What is signed and in no block of ours: looked for, sent again on any doubt, sent with a higher fee after a while.
//! Never a second payment: each attempt takes what the first one takes.

use super::{books::Found, sender::Sender};
use crate::{ServiceError, WatchError, chains::Work};
use aio_chain::{BlockRef, Sent, Signed, TxStatus, Unsigned};
use aio_domain::{OutgoingKind, OutgoingStatus};
use aio_store::{AttemptRow, Cursor, NewAttempt, OutgoingRow, Tx};

/// What the node says of all attempts together.
enum Seen {
    Mined(Found),
    /// It has the newest one.
    Pending,
    /// It does not have the newest one, and none is mined.
    Unknown,
}

impl Sender {
    /// Goes on with one; whether anything changed. `is_news` says that blocks came since it was last asked for.
    pub(super) async fn follow(
        &self,
        row: &OutgoingRow,
        is_news: bool,
        at: &Cursor,
    ) -> Result<bool, WatchError> {
        let attempts = self.services.store().attempts(row.id).await?;
        let Some(newest) = attempts.last() else { return Ok(false) };
        let seen = self.ask(row, &attempts).await?;
        if let Seen::Mined(found) = seen {
            return self.note_mined(row, &found, at).await;
        }
        if self.is_overtaken(row, at).await? {
            let mut tx = self.fenced(at).await?;
            let mut work = Work::new(&self.services, &self.port);
            work.outgoing_overtaken(&mut tx, row).await?;
            work.finish(&mut tx).await?;
            tx.commit().await?;
            return Ok(true);
        }
        let is_due = self.is_due(row);
        // What a block brought back may be what it waits for.
        if matches!(seen, Seen::Unknown) && (is_due || is_news) {
            return self.send(row, newest, at).await;
        }
        if !is_due {
            return Ok(false);
        }
        let now = self.services.now();
        let is_late =
            newest.sent_at.is_some_and(|sent| now.since(sent) >= self.port.outgoing.bump_after_ms);
        if is_late && let Some(bumped) = self.bump(row, newest, at).await? {
            return self.send(row, &bumped, at).await;
        }
        self.note_sent(row, newest, at).await
    }

    /// Whichever is mined wins. Else it is the newest that the node should have: an older one may wait there because a
    /// crash came before the newest was sent.
    async fn ask(&self, row: &OutgoingRow, attempts: &[AttemptRow]) -> Result<Seen, WatchError> {
        let token = (row.kind == OutgoingKind::Collect).then_some(row.token.as_str());
        let mut seen = Seen::Unknown;
        for attempt in attempts.iter().rev() {
            match self.port.read.status(&attempt.tx, token).await? {
                TxStatus::Mined { fee, .. } if fee > attempt.max_fee => {
                    let why = "the node says that more was paid than was signed";
                    return Err(ServiceError::Broken(why).into());
                }
                TxStatus::Mined { block, succeeded, fee, moved } => {
                    let tx = attempt.tx.clone();
                    return Ok(Seen::Mined(Found { tx, block, succeeded, fee, moved }));
                }
                TxStatus::Pending if attempts.last() == Some(attempt) => seen = Seen::Pending,
                TxStatus::Pending | TxStatus::Unknown => {}
            }
        }
        Ok(seen)
    }

    /// Notes the block, when it is one that was read: what a node says of others is not looked at yet.
    async fn note_mined(
        &self,
        row: &OutgoingRow,
        found: &Found,
        at: &Cursor,
    ) -> Result<bool, WatchError> {
        fail::fail_point!("outgoing-before-mined");
        let mut tx = self.fenced(at).await?;
        if !self.is_read(&mut tx, &found.block, at).await? {
            return Ok(false);
        }
        let mut work = Work::new(&self.services, &self.port);
        if !work.outgoing_mined(&mut tx, row, found).await? {
            return Ok(false);
        }
        work.finish(&mut tx).await?;
        tx.commit().await?;
        fail::fail_point!("outgoing-after-mined");
        Ok(true)
    }

    /// Whether a block is below our cursor, in its own history.
    async fn is_read(
        &self,
        tx: &mut Tx,
        block: &BlockRef,
        at: &Cursor,
    ) -> Result<bool, WatchError> {
        let height = i64::try_from(block.height).unwrap_or(i64::MAX);
        if height > at.height {
            return Ok(false);
        }
        if let Some(kept) = tx.chain_block(&self.port.id, height).await? {
            return Ok(kept == block.hash);
        }
        // Mined so long ago that its hash is not kept: then it must lie below the cursor's block at the node.
        let above = u64::try_from(at.height).unwrap_or(0);
        for (height, hash) in [(block.height, &block.hash), (above, &at.hash)] {
            let header = self.port.read.header_at(height).await?;
            if header.is_none_or(|header| header.block.hash != *hash) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether somebody else took what it needs so long ago that no reorganisation gives it back.
    async fn is_overtaken(&self, row: &OutgoingRow, at: &Cursor) -> Result<bool, WatchError> {
        let claims = self.services.store().claims_of_outgoing(row.id).await?;
        let deep = at.height - i64::from(self.port.max_reorg);
        Ok(claims.iter().filter_map(|claim| claim.taken_height).any(|taken| taken < deep))
    }

    /// Sends bytes that are kept, and notes what the node says.
    pub(super) async fn send(
        &self,
        row: &OutgoingRow,
        attempt: &AttemptRow,
        at: &Cursor,
    ) -> Result<bool, WatchError> {
        let signed = Signed { tx: attempt.tx.clone(), bytes: attempt.bytes.clone() };
        let sent = self.port.spend.broadcast(&signed).await?;
        fail::fail_point!("outgoing-after-send");
        let why = match sent {
            Sent::Accepted | Sent::Known => return self.note_sent(row, attempt, at).await,
            Sent::Underpriced => {
                if let Some(bumped) = self.bump(row, attempt, at).await? {
                    // With its own backoff: a node that always wants more is not asked for ever.
                    let signed = Signed { tx: bumped.tx.clone(), bytes: bumped.bytes.clone() };
                    let sent = self.port.spend.broadcast(&signed).await?;
                    if matches!(sent, Sent::Accepted | Sent::Known) {
                        return self.note_sent(row, &bumped, at).await;
                    }
                }
                "underpriced"
            }
            Sent::Conflict => "conflict",
            Sent::Rejected(why) => {
                tracing::warn!(chain = self.port.id, outgoing = %row.id, why, "a node refuses a transaction");
                "rejected"
            }
        };
        let mut tx = self.fenced(at).await?;
        let tries = row.tries.saturating_add(1);
        let next = self.services.now().plus(self.port.outgoing.wait_ms(tries));
        tx.try_outgoing_again(row, tries, next, Some(why)).await?;
        tx.commit().await?;
        Ok(false)
    }

    /// Notes that a node has it.
    async fn note_sent(
        &self,
        row: &OutgoingRow,
        attempt: &AttemptRow,
        at: &Cursor,
    ) -> Result<bool, WatchError> {
        let now = self.services.now();
        let mut tx = self.fenced(at).await?;
        tx.set_attempt_sent(row.id, attempt.n, now).await?;
        let is_first = row.status == OutgoingStatus::Signed;
        if is_first {
            tx.set_outgoing_status(row, OutgoingStatus::Broadcast, None, now).await?;
        }
        let next = now.plus(self.port.outgoing.wait_ms(0));
        tx.try_outgoing_again(row, 0, next, None).await?;
        if is_first {
            let mut work = Work::new(&self.services, &self.port);
            work.tell_batch(&mut tx, row, "broadcast").await?;
            work.finish(&mut tx).await?;
        }
        tx.commit().await?;
        fail::fail_point!("outgoing-after-noted");
        Ok(is_first)
    }

    /// Signs the same with a higher fee and keeps it; none when that may not or cannot be.
    async fn bump(
        &self,
        row: &OutgoingRow,
        newest: &AttemptRow,
        at: &Cursor,
    ) -> Result<Option<AttemptRow>, WatchError> {
        let store = self.services.store();
        let claims = store.claims_of_outgoing(row.id).await?;
        let mut claims: Vec<_> = claims.into_iter().map(|claim| claim.claim).collect();
        let unsigned = Unsigned {
            payload: newest.payload.clone(),
            claims: claims.clone(),
            max_fee: newest.max_fee,
            likely_fee: newest.max_fee,
        };
        // What the settings say now, and never what the old transaction says.
        let settings = store.collection_settings(row.merchant, &row.chain).await?;
        let settings = settings.as_ref();
        let address = settings.and_then(|settings| settings.address_at(self.services.now()));
        if address != Some(row.destination.as_str()) {
            return Ok(None);
        }
        let raised = match self.port.spend.bump(&unsigned).await {
            Ok(raised) => raised,
            Err(error) if error.is_of_the_node() => return Err(error.into()),
            Err(error) => {
                tracing::info!(chain = self.port.id, outgoing = %row.id, %error, "no higher fee");
                return Ok(None);
            }
        };
        let rules = &self.port.outgoing;
        let is_same_token = row.token == self.port.coin.ticker;
        if raised.max_fee > rules.max_fee
            || (is_same_token && rules.is_too_large(raised.likely_fee, row.amount))
        {
            return Ok(None);
        }
        let mut raised_claims = raised.claims.clone();
        raised_claims.sort_unstable();
        claims.sort_unstable();
        if raised_claims != claims {
            tracing::error!(chain = self.port.id, outgoing = %row.id, "a raised fee takes something else");
            return Ok(None);
        }
        let policy = self.policy(row.merchant, &row.destination).await?;
        let signed = match self.signer.sign(&raised, &policy) {
            Ok(signed) => signed,
            Err(error) => {
                tracing::error!(chain = self.port.id, outgoing = %row.id, %error, "not signed");
                return Ok(None);
            }
        };
        let new = NewAttempt {
            n: newest.n.saturating_add(1),
            tx: signed.tx,
            payload: raised.payload,
            bytes: signed.bytes,
            max_fee: raised.max_fee,
            at: self.services.now(),
        };
        let mut tx = self.fenced(at).await?;
        tx.insert_attempt(row.id, &row.chain, &new).await?;
        let kept = tx.attempts(row.id).await?;
        tx.commit().await?;
        fail::fail_point!("outgoing-bump-stored");
        Ok(kept.into_iter().last())
    }
}
