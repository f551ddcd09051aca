//! How domain types stand in columns, in both directions and in one place.

use crate::{Hash, Slot, StoreError};
use aio_domain::{
    AllowlistMode, Amount, ApiKeyId, AuditId, AuthLevel, ChangeSetId, Cidr, CollectionId,
    DataKeyId, DepositStatus, EncryptionMode, EntryId, EventId, FlashId, KeyState, Language,
    LedgerId, MerchantId, OutgoingId, OutgoingKind, OutgoingStatus, Passage, RequestOutcome, Role,
    RuleId, ScopeSet, SecretText, SeedId, SessionRef, Span, SubaddressId, Theme, Timestamp,
    TransactionId, UserId,
    audit::{ActorKind, Outcome},
    ledger::{LedgerAccount, LedgerReason},
    sealing::Sealed,
    text::{CustomerId, Email, Label},
};
use sqlx::{Row as _, postgres::PgRow, sqlite::SqliteRow};
use std::net::IpAddr;

/// What a column can hold.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    Text,
    Int,
    Flag,
    Bytes,
}

/// A value on its way to or from a column; `None` is NULL of that kind.
#[derive(Debug, Clone)]
pub enum Value {
    Text(Option<String>),
    Int(Option<i64>),
    Flag(Option<bool>),
    Bytes(Option<Vec<u8>>),
}

impl Value {
    const fn null(kind: Kind) -> Self {
        match kind {
            Kind::Text => Self::Text(None),
            Kind::Int => Self::Int(None),
            Kind::Flag => Self::Flag(None),
            Kind::Bytes => Self::Bytes(None),
        }
    }

    const fn is_null(&self) -> bool {
        matches!(self, Self::Text(None) | Self::Int(None) | Self::Flag(None) | Self::Bytes(None))
    }
}

/// What can be written into a column.
pub trait Bind {
    const KIND: Kind;
    fn bind(&self) -> Value;
}

/// What can be read back from one; `None` when the value is not one that [`Bind`] wrote.
pub trait Column: Bind + Sized {
    fn load(value: Value) -> Option<Self>;
}

impl<T: Bind + ?Sized> Bind for &T {
    const KIND: Kind = T::KIND;
    fn bind(&self) -> Value {
        (**self).bind()
    }
}

impl<T: Bind> Bind for Option<T> {
    const KIND: Kind = T::KIND;
    fn bind(&self) -> Value {
        self.as_ref().map_or(Value::null(T::KIND), T::bind)
    }
}

impl<T: Column> Column for Option<T> {
    fn load(value: Value) -> Option<Self> {
        if value.is_null() { Some(None) } else { T::load(value).map(Some) }
    }
}

impl Bind for str {
    const KIND: Kind = Kind::Text;
    fn bind(&self) -> Value {
        Value::Text(Some(self.to_owned()))
    }
}

/// `Type as Kind: how it is written, how it is read;`
macro_rules! columns {
    ($($type:ty as $kind:ident: $write:expr, $read:expr;)+) => { $(
        impl Bind for $type {
            const KIND: Kind = Kind::$kind;
            fn bind(&self) -> Value {
                let write: fn(&$type) -> _ = $write;
                Value::$kind(Some(write(self)))
            }
        }

        impl Column for $type {
            fn load(value: Value) -> Option<Self> {
                let Value::$kind(Some(stored)) = value else { return None };
                let read: fn(_) -> Option<$type> = $read;
                read(stored)
            }
        }
    )+ };
}

macro_rules! parsed_columns {
    ($($type:ty),+) => { columns! {
        $($type as Text: ToString::to_string, |text: String| text.parse().ok();)+
    } };
}

macro_rules! named_columns {
    ($($type:ty),+) => { columns! { $(
        $type as Text: |value| value.as_str().to_owned(),
            |text: String| <$type>::from_name(&text);
    )+ } };
}

parsed_columns!(
    ApiKeyId,
    AuditId,
    ChangeSetId,
    CollectionId,
    DataKeyId,
    EntryId,
    EventId,
    FlashId,
    IpAddr,
    LedgerId,
    MerchantId,
    OutgoingId,
    RuleId,
    SeedId,
    SessionRef,
    SubaddressId,
    TransactionId,
    UserId
);
named_columns!(
    ActorKind,
    AllowlistMode,
    AuthLevel,
    DepositStatus,
    EncryptionMode,
    KeyState,
    Language,
    LedgerAccount,
    LedgerReason,
    Outcome,
    OutgoingKind,
    OutgoingStatus,
    Passage,
    RequestOutcome,
    Role,
    Slot,
    Span,
    Theme
);

columns! {
    String as Text: String::clone, Some;
    SecretText as Text: |text| text.expose().to_owned(), |text| Some(SecretText::new(text));
    Label as Text: |label| label.as_str().to_owned(), |text: String| Label::try_from(text).ok();
    CustomerId as Text: |id| id.as_str().to_owned(), |text: String| CustomerId::try_from(text).ok();
    Amount as Text: |amount| amount.to_cell(), |text: String| text.parse().ok();
    Email as Text: |email| email.as_str().to_owned(), |text: String| Email::try_from(text).ok();
    Cidr as Text: ToString::to_string, |text: String| Cidr::try_from(text).ok();
    ScopeSet as Text: ScopeSet::to_text, |text: String| ScopeSet::from_text(&text);
    Timestamp as Int: |at| at.millis(), |millis| Some(Timestamp::from_millis(millis));
    i64 as Int: |number| *number, Some;
    u32 as Int: |number| i64::from(*number), |number: i64| number.try_into().ok();
    u16 as Int: |number| i64::from(*number), |number: i64| number.try_into().ok();
    bool as Flag: |flag| *flag, Some;
    Vec<u8> as Bytes: Vec::clone, Some;
    [u8; 16] as Bytes: |id| id.to_vec(), |bytes: Vec<u8>| bytes.try_into().ok();
    Hash as Bytes: |hash| hash.to_vec(), |bytes: Vec<u8>| bytes.try_into().ok();
    Sealed as Bytes: |sealed| sealed.as_bytes().to_vec(), |bytes| Some(Sealed::from_stored(bytes));
}

/// A row of either engine.
pub trait Row {
    fn value(&self, column: &str, kind: Kind) -> Result<Value, sqlx::Error>;
}

macro_rules! rows {
    ($($row:ty),+) => { $(
        impl Row for $row {
            fn value(&self, column: &str, kind: Kind) -> Result<Value, sqlx::Error> {
                Ok(match kind {
                    Kind::Text => Value::Text(self.try_get(column)?),
                    Kind::Int => Value::Int(self.try_get(column)?),
                    Kind::Flag => Value::Flag(self.try_get(column)?),
                    Kind::Bytes => Value::Bytes(self.try_get(column)?),
                })
            }
        }
    )+ };
}

rows!(SqliteRow, PgRow);

/// Reads the columns of one row of a table.
pub struct Cells<'r> {
    pub row: &'r dyn Row,
    pub table: &'static str,
    /// The column that tells rows apart in an error.
    pub id: &'static str,
}

impl Cells<'_> {
    pub fn get<T: Column>(&self, column: &'static str) -> Result<T, StoreError> {
        let value = match self.row.value(column, T::KIND) {
            Ok(value) => T::load(value),
            Err(sqlx::Error::ColumnDecode { .. }) => None,
            Err(other) => return Err(other.into()),
        };
        value.ok_or_else(|| StoreError::Corrupt { table: self.table, column, id: self.id() })
    }

    fn id(&self) -> String {
        match self.row.value(self.id, Kind::Text) {
            Ok(Value::Text(Some(id))) => id,
            _ => "?".to_owned(),
        }
    }
}

/// What a row is read into.
pub trait FromRow: Sized {
    fn read(row: &dyn Row) -> Result<Self, StoreError>;
}

/// Declares a struct whose fields are the columns of a statement, by name; the first tells rows
/// apart.
macro_rules! row {
    (
        $(#[$meta:meta])*
        $name:ident of $table:literal { $($(#[$doc:meta])* $field:ident: $type:ty,)+ }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone)]
        pub struct $name { $($(#[$doc])* pub $field: $type,)+ }

        impl $crate::cells::FromRow for $name {
            fn read(row: &dyn $crate::cells::Row) -> Result<Self, $crate::StoreError> {
                let [id, ..] = [$(stringify!($field)),+];
                let cells = $crate::cells::Cells { row, table: $table, id };
                Ok(Self { $($field: cells.get(stringify!($field))?,)+ })
            }
        }
    };
}
pub(crate) use row;

/// The values of a statement, in the order of its placeholders.
macro_rules! values {
    ($($value:expr),* $(,)?) => { vec![$($crate::cells::Bind::bind(&$value)),*] };
}
pub(crate) use values;
