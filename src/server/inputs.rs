//! Which fields each server function takes: whatever else a body names is refused, so that nothing but the form's
//! own fields can ever reach a row.

use crate::api::{
    aes::{CopyAes, DisableAes, EnableAes, RegenerateAes},
    allowlist::{
        AddEntry, BeginAddEntry, LoadAllowlist, LoadNewEntry, RemoveEntry, SetEntry,
        SwitchAllowlist,
    },
    authenticator::{
        CodesSaved, ConfirmEnrolment, RenewRecoveryCodes, ReplaceBegin, ReplaceConfirm,
        StartEnrolment,
    },
    collection::{
        BeginCollectionAddress, BeginCollectionRules, CancelCollectionAddress, LoadCollection,
        LoadCollectionDialog, LoadCollections, LoadGas, SetCollectionAddress, SetCollectionRules,
    },
    frame::LoadFrame,
    keys::{
        BeginCreate, BeginEdit, CopyKey, CreateKey, DeleteKey, EditKey, FreezeKey, ListKeys,
        LoadKey, LoadNewKey, UnfreezeKey,
    },
    overview::LoadOverview,
    preferences::{SetLanguage, SetTheme},
    requests::{LoadKeyPage, LoadRequests},
    session::{Recover, SignIn, SignOut, VerifyCode},
    settings::{ChangePassword, LoadSettings, Rename, RevokeOthers, RevokeSession},
    setup::CreateOwner,
    subaddresses::{
        ArchiveSubaddress, CreateSubaddress, ListSubaddresses, LoadNewSubaddress, LoadSubaddress,
    },
    transactions::{ListTransactions, LoadTransaction},
};
use serde::{
    Deserialize, Deserializer,
    de::{self, Visitor, value::Error},
    forward_to_deserialize_any,
};
use server_fn::ServerFn;
use std::{collections::BTreeMap, sync::LazyLock};

type Fields = &'static [&'static str];

macro_rules! inputs {
    ($($function:ident),+ $(,)?) => {
        [$(($function::PATH, fields_of::<$function>())),+]
    };
}

static INPUTS: LazyLock<BTreeMap<&'static str, Fields>> = LazyLock::new(|| {
    BTreeMap::from(inputs![
        AddEntry,
        ArchiveSubaddress,
        BeginAddEntry,
        BeginCollectionAddress,
        BeginCollectionRules,
        BeginCreate,
        BeginEdit,
        CancelCollectionAddress,
        ChangePassword,
        CodesSaved,
        ConfirmEnrolment,
        CopyAes,
        CopyKey,
        CreateKey,
        CreateOwner,
        CreateSubaddress,
        DeleteKey,
        DisableAes,
        EditKey,
        EnableAes,
        FreezeKey,
        ListKeys,
        ListSubaddresses,
        ListTransactions,
        LoadAllowlist,
        LoadCollection,
        LoadCollectionDialog,
        LoadCollections,
        LoadFrame,
        LoadGas,
        LoadKey,
        LoadKeyPage,
        LoadNewEntry,
        LoadNewKey,
        LoadNewSubaddress,
        LoadOverview,
        LoadRequests,
        LoadSettings,
        LoadSubaddress,
        LoadTransaction,
        Recover,
        RegenerateAes,
        RemoveEntry,
        Rename,
        RenewRecoveryCodes,
        ReplaceBegin,
        ReplaceConfirm,
        RevokeOthers,
        RevokeSession,
        SetCollectionAddress,
        SetCollectionRules,
        SetEntry,
        SetLanguage,
        SetTheme,
        SignIn,
        SignOut,
        StartEnrolment,
        SwitchAllowlist,
        UnfreezeKey,
        VerifyCode,
    ])
});

/// Whether the function at `path` takes a field of this name; `form[label]` belongs to the field `form`.
pub fn takes(path: &str, name: &str) -> bool {
    let field = name.split('[').next().unwrap_or_default();
    INPUTS.get(path).is_some_and(|fields| fields.contains(&field))
}

/// Whether the function at `path` is in the list above.
pub fn is_listed(path: &str) -> bool {
    INPUTS.contains_key(path)
}

/// The names of a struct's fields, as its own `Deserialize` tells them.
fn fields_of<T: for<'de> Deserialize<'de>>() -> Fields {
    let mut seen: Fields = &[];
    // The probe answers every question with an error, after it has noted the names.
    drop(T::deserialize(Probe(&mut seen)));
    seen
}

struct Probe<'a>(&'a mut Fields);

impl<'de> Deserializer<'de> for Probe<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        Err(de::Error::custom("only asked for names"))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: Fields,
        _: V,
    ) -> Result<V::Value, Error> {
        *self.0 = fields;
        Err(de::Error::custom("only asked for names"))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use super::{is_listed, takes};

    #[test]
    fn acc_02_a_function_takes_its_own_fields_and_no_other() {
        assert!(takes("/api/keys/delete", "id") && takes("/api/keys/delete", "code"));
        assert!(takes("/api/keys/create/begin", "form[label]"));
        for column in ["merchant_id", "user_id", "role", "state", "version", "created_by", ""] {
            assert!(!takes("/api/keys/delete", column), "{column}");
        }
        assert!(!takes("/api/nowhere", "id"));
    }

    #[test]
    fn acc_02_every_server_function_is_listed_with_its_fields() {
        let missing: Vec<_> =
            server_fn::axum::server_fn_paths().filter(|(path, _)| !is_listed(path)).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }
}
