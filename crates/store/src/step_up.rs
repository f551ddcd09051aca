//! The last code a person spent, and the wrong ones since: both move by compare-and-set only.

use crate::{
    StoreError, Tx,
    cells::{Cells, FromRow, Row, values},
    statement::sql,
    tx::{alone, reads},
};
use aio_domain::{UserId, step_up::Misses};

sql! {
    INSERT = "
        INSERT INTO step_up_counters (user_id, last_step, misses)
        VALUES ($1, 0, 0)";
    FIND = "
        SELECT user_id, last_step, misses, locked_until
        FROM step_up_counters
        WHERE user_id = $1";
    SPEND = "
        UPDATE step_up_counters
        SET last_step = $2
        WHERE user_id = $1 AND last_step < $2";
    RESERVE = "
        UPDATE step_up_counters
        SET misses = $4, locked_until = $5
        WHERE user_id = $1
          AND misses = $2
          AND locked_until IS NOT DISTINCT FROM $3";
    REFUND = "
        UPDATE step_up_counters
        SET misses = misses - 1, locked_until = NULL
        WHERE user_id = $1 AND misses > 0";
    RESET_MISSES = "
        UPDATE step_up_counters
        SET misses = 0, locked_until = NULL
        WHERE user_id = $1";
    RESET = "
        UPDATE step_up_counters
        SET last_step = 0, misses = 0, locked_until = NULL
        WHERE user_id = $1";
}

/// What is known about the codes of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StepCounter {
    /// The newest step whose code was spent.
    pub last_step: i64,
    /// Wrong codes since the last right one.
    pub misses: Misses,
}

impl FromRow for StepCounter {
    fn read(row: &dyn Row) -> Result<Self, StoreError> {
        let cells = Cells { row, table: "step_up_counters", id: "user_id" };
        let misses =
            Misses { count: cells.get("misses")?, locked_until: cells.get("locked_until")? };
        Ok(Self { last_step: cells.get("last_step")?, misses })
    }
}

reads! {
    /// What is known about the codes of a person; none before the person has a counter.
    fn step_counter(user: UserId) -> Option<StepCounter> = optional(FIND, user);
}

impl Tx {
    /// Gives a new person a counter.
    pub async fn insert_step_counter(&mut self, user: UserId) -> Result<(), StoreError> {
        self.conn().one(&INSERT, values![user]).await
    }

    /// Spends the code of a step: true for exactly one caller, and never again for this step or an
    /// earlier one.
    pub async fn spend_step(&mut self, user: UserId, step: i64) -> Result<bool, StoreError> {
        self.conn().changed(&SPEND, values![user, step]).await
    }

    /// Moves the misses from what the caller saw to what the caller decided; false when they are
    /// others by now.
    pub async fn reserve_try(
        &mut self,
        user: UserId,
        from: Misses,
        to: Misses,
    ) -> Result<bool, StoreError> {
        let values = values![user, from.count, from.locked_until, to.count, to.locked_until];
        self.conn().changed(&RESERVE, values).await
    }

    /// Gives one reserved try back, with the wait it made: a try is reserved only when no wait runs.
    pub async fn refund_try(&mut self, user: UserId) -> Result<bool, StoreError> {
        self.conn().changed(&REFUND, values![user]).await
    }

    /// Forgets the misses, after a right code.
    pub async fn reset_misses(&mut self, user: UserId) -> Result<bool, StoreError> {
        self.conn().changed(&RESET_MISSES, values![user]).await
    }

    /// Forgets misses and spent steps, when the authenticator itself is gone.
    pub async fn reset_step_counter(&mut self, user: UserId) -> Result<bool, StoreError> {
        self.conn().changed(&RESET, values![user]).await
    }
}

alone! {
    /// As [`Tx::reserve_try`], made real at once: a try counts before the code is looked at.
    fn reserve_try(user: UserId, from: Misses, to: Misses) -> bool;
    /// As [`Tx::refund_try`], made real at once.
    fn refund_try(user: UserId) -> bool;
}
