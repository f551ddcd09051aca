//! Runs a statement on whichever engine is open: the only code that has both arms.

use crate::{
    Statement, StoreError,
    cells::{Column, FromRow, Row, Value},
};
use sqlx::{PgConnection, Postgres, Sqlite, SqliteConnection, pool::PoolConnection};

/// A connection of either engine, borrowed for one statement.
pub enum Conn<'c> {
    Sqlite(&'c mut SqliteConnection),
    Postgres(&'c mut PgConnection),
}

/// A connection taken out of a pool for reading.
pub enum Lease {
    Sqlite(PoolConnection<Sqlite>),
    Postgres(PoolConnection<Postgres>),
}

impl Lease {
    pub fn conn(&mut self) -> Conn<'_> {
        match self {
            Self::Sqlite(conn) => Conn::Sqlite(conn),
            Self::Postgres(conn) => Conn::Postgres(conn),
        }
    }
}

/// Binds the values to the engine's text and goes on with the query and the connection in both
/// arms.
macro_rules! on {
    ($conn:expr, $statement:expr, $values:expr, |$query:ident, $c:ident| $body:expr) => {
        match $conn {
            Conn::Sqlite($c) => {
                let $query = on!(@bind $statement.sqlite, $values);
                $body
            }
            Conn::Postgres($c) => {
                let $query = on!(@bind $statement.postgres, $values);
                $body
            }
        }
    };
    (@bind $text:expr, $values:expr) => {
        $values.into_iter().fold(sqlx::query($text), |query, value| match value {
            Value::Text(text) => query.bind(text),
            Value::Int(number) => query.bind(number),
            Value::Flag(flag) => query.bind(flag),
            Value::Bytes(bytes) => query.bind(bytes),
        })
    };
}

impl Conn<'_> {
    /// Every row.
    pub async fn all<T: FromRow>(
        self,
        statement: &Statement,
        values: Vec<Value>,
    ) -> Result<Vec<T>, StoreError> {
        on!(self, statement, values, |query, conn| {
            query.fetch_all(conn).await?.iter().map(|row| T::read(row)).collect()
        })
    }

    /// Every row of a page of a list. Postgres plans it for these very values: a plan for any values takes every merchant
    /// for an average one, and sorts all that a large one has.
    pub async fn page<T: FromRow>(
        self,
        statement: &Statement,
        values: Vec<Value>,
    ) -> Result<Vec<T>, StoreError> {
        let is_kept = matches!(self, Self::Sqlite(_));
        on!(self, statement, values, |query, conn| {
            let rows = query.persistent(is_kept).fetch_all(conn).await?;
            rows.iter().map(|row| T::read(row)).collect()
        })
    }

    /// The one row, if there is one. Fetched to the end: SQLite makes the change of a RETURNING
    /// statement durable, and tells of a full disk, only when the last row was taken.
    pub async fn optional<T: FromRow>(
        self,
        statement: &Statement,
        values: Vec<Value>,
    ) -> Result<Option<T>, StoreError> {
        Ok(self.all(statement, values).await?.pop())
    }

    /// The one column named `value` of the one row, if there is one.
    pub async fn scalar<T: Column>(
        self,
        statement: &Statement,
        values: Vec<Value>,
    ) -> Result<Option<T>, StoreError> {
        Ok(self.optional::<Scalar<T>>(statement, values).await?.map(|Scalar(value)| value))
    }

    /// As [`Conn::scalar`]; zero or false when there is no row.
    pub async fn number<T: Column + Default>(
        self,
        statement: &Statement,
        values: Vec<Value>,
    ) -> Result<T, StoreError> {
        Ok(self.scalar(statement, values).await?.unwrap_or_default())
    }

    /// Runs it and tells how many rows changed.
    pub async fn count(self, statement: &Statement, values: Vec<Value>) -> Result<u64, StoreError> {
        on!(self, statement, values, |query, conn| Ok(query.execute(conn).await?.rows_affected()))
    }

    /// Runs it and tells whether a row changed.
    pub async fn changed(
        self,
        statement: &Statement,
        values: Vec<Value>,
    ) -> Result<bool, StoreError> {
        self.count(statement, values).await.map(|rows| rows > 0)
    }

    /// Runs it; changing another number of rows than one is a fault.
    pub async fn one(self, statement: &Statement, values: Vec<Value>) -> Result<(), StoreError> {
        match self.count(statement, values).await? {
            1 => Ok(()),
            rows => Err(StoreError::row_count(rows)),
        }
    }
}

struct Scalar<T>(T);

impl<T: Column> FromRow for Scalar<T> {
    fn read(row: &dyn Row) -> Result<Self, StoreError> {
        crate::cells::Cells { row, table: "scalar", id: "value" }.get("value").map(Self)
    }
}
