//! Who may do what: one table, read by guards, router, tests and documentation.
//!
//! A page, server function or API route without a row cannot be served: the router is built from the table and
//! a test compares the table with everything that is registered.

use crate::{key::Scope, preferences::named_enum};

named_enum!(
    /// What a member may do in a merchant.
    Role {
        /// Everything.
        Owner => "owner",
        /// Everything but owners and closing the merchant.
        Admin => "admin",
        /// API keys, webhooks, reads.
        Developer => "developer",
        /// Withdrawals, refunds, collection, export, reads.
        Finance => "finance",
        /// Reads, no export, no secrets.
        Viewer => "viewer",
    }
);

/// Through which door a row is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Surface {
    /// A page of the dashboard, by GET.
    Page,
    /// A file for a signed-in person, by GET.
    Download,
    /// A server function of the dashboard, by POST.
    Function,
    /// A route of the merchant API, with an API key.
    Api,
    /// Files, health: no credential is looked at.
    Open,
}

/// What a caller must have before the row's code runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Nothing: anonymous callers too.
    Nothing,
    /// A right password; the code is awaited.
    CodePending,
    /// A right password, and no authenticator yet or a recovery code used: enrolment.
    Enrolment,
    /// A signed-in person, at any level (sign-out).
    AnySession,
    /// A signed-in person, whatever the role.
    Person,
    /// A member with one of these roles.
    Roles(&'static [Role]),
    /// An API key, whatever its scopes.
    AnyKey,
    /// An API key with this scope.
    Scope(Scope),
}

/// Whether a code is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepUp {
    /// No: it reads, or it only takes power away.
    No,
    /// No code yet: it checks a form and stores the change that a code will confirm.
    Prepares,
    /// A fresh code.
    Code,
    /// The password and a fresh code.
    PasswordAndCode,
}

/// How often a row may be called; the limits themselves are settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rate {
    /// As others.
    Usual,
    /// It tests a password, a code or a link: throttled per account, network and in all.
    TestsSecret,
}

/// One row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// What is done.
    pub action: Action,
    /// Through which door.
    pub surface: Surface,
    /// Path pattern as registered with the router.
    pub path: &'static str,
    /// Who.
    pub needs: Needs,
    /// With which proof.
    pub step_up: StepUp,
    /// The audit entry it writes, when it writes one.
    pub audit: Option<&'static str>,
    /// How often.
    pub rate: Rate,
}

const ANYBODY: &[Role] = &[Role::Owner, Role::Admin, Role::Developer, Role::Finance, Role::Viewer];
const KEYS: &[Role] = &[Role::Owner, Role::Admin, Role::Developer];
const STAFF: &[Role] = &[Role::Owner, Role::Admin, Role::Developer, Role::Finance];
const ADMINS: &[Role] = &[Role::Owner, Role::Admin];
const MONEY: &[Role] = &[Role::Owner, Role::Admin, Role::Finance];

macro_rules! policy {
    ($($action:ident $surface:ident $path:literal $needs:expr, $step:ident, $audit:expr, $rate:ident;)+) => {
        /// Everything that can be asked of the server.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Action {
            $(#[doc = concat!("`", $path, "`")] $action,)+
        }

        /// The table.
        pub const TABLE: &[Row] = &[
            $(Row { action: Action::$action, surface: Surface::$surface, path: $path, needs: $needs,
                    step_up: StepUp::$step, audit: $audit, rate: Rate::$rate },)+
        ];

        impl Action {
            /// The action's name, as stored with a pending change.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$action => stringify!($action)),+ }
            }
        }
    };
}

use Needs::{AnyKey, AnySession, CodePending, Enrolment, Nothing, Person, Roles, Scope as Holds};

policy! {
    // Pages that ship no wasm.
    DocsPage           Page "/docs"                         Nothing,         No, None, Usual;
    SetupPage          Page "/setup"                        Nothing,         No, None, Usual;
    SignInPage         Page "/sign-in"                      Nothing,         No, None, Usual;
    ChallengePage      Page "/challenge"                    CodePending,     No, None, Usual;
    RecoverPage        Page "/recover"                      CodePending,     No, None, Usual;
    EnrolPage          Page "/setup/totp"                   Enrolment,       No, None, Usual;
    RecoveryCodesPage  Page "/setup/recovery-codes"         Person,          No, None, Usual;
    KeySecretPage      Page "/api-keys/{id}/secret"         Roles(KEYS),     No, None, Usual;
    // Pages of the dashboard.
    HomePage           Page "/"                             Roles(ANYBODY),  No, None, Usual;
    KeysPage           Page "/api-keys"                     Roles(ANYBODY),  No, None, Usual;
    KeyNewPage         Page "/api-keys/new"                 Roles(KEYS),     No, None, Usual;
    KeyPage            Page "/api-keys/{id}"                Roles(ANYBODY),  No, None, Usual;
    RequestsPage       Page "/api-keys/{id}/requests"       Roles(ANYBODY),  No, None, Usual;
    KeyEditPage        Page "/api-keys/{id}/edit"           Roles(KEYS),     No, None, Usual;
    KeyCopyPage        Page "/api-keys/{id}/copy"           Roles(KEYS),     No, None, Usual;
    KeyFreezePage      Page "/api-keys/{id}/freeze"         Roles(KEYS),     No, None, Usual;
    KeyUnfreezePage    Page "/api-keys/{id}/unfreeze"       Roles(KEYS),     No, None, Usual;
    KeyDeletePage      Page "/api-keys/{id}/delete"         Roles(KEYS),     No, None, Usual;
    AesEnablePage      Page "/api-keys/{id}/aes/enable"     Roles(KEYS),     No, None, Usual;
    AesCopyPage        Page "/api-keys/{id}/aes/copy"       Roles(KEYS),     No, None, Usual;
    AesRegeneratePage  Page "/api-keys/{id}/aes/regenerate" Roles(KEYS),     No, None, Usual;
    AesDisablePage     Page "/api-keys/{id}/aes/disable"    Roles(KEYS),     No, None, Usual;
    AllowlistPage      Page "/security/allowlist"           Roles(ANYBODY),  No, None, Usual;
    AllowlistOnPage    Page "/security/allowlist/on"        Roles(ADMINS),   No, None, Usual;
    AllowlistOffPage   Page "/security/allowlist/off"       Roles(ADMINS),   No, None, Usual;
    AllowlistNewPage   Page "/security/allowlist/new"       Roles(ADMINS),   No, None, Usual;
    EntryEnablePage    Page "/security/allowlist/{entry}/enable"  Roles(ADMINS), No, None, Usual;
    EntryDisablePage   Page "/security/allowlist/{entry}/disable" Roles(ADMINS), No, None, Usual;
    EntryRemovePage    Page "/security/allowlist/{entry}/remove"  Roles(ADMINS), No, None, Usual;
    TransactionsPage   Page "/transactions"                 Roles(ANYBODY),  No, None, Usual;
    TransactionPage    Page "/transactions/{transaction}"   Roles(ANYBODY),  No, None, Usual;
    SubaddressesPage   Page "/subaddresses"                 Roles(ANYBODY),  No, None, Usual;
    SubaddressNewPage  Page "/subaddresses/new"             Roles(STAFF),    No, None, Usual;
    SubaddressPage     Page "/subaddresses/{subaddress}"    Roles(ANYBODY),  No, None, Usual;
    CollectionPage     Page "/collection"                   Roles(ANYBODY),  No, None, Usual;
    CollectionOnePage  Page "/collection/history/{collection}" Roles(ANYBODY), No, None, Usual;
    CollectionAddressPage Page "/collection/{chain}/address" Roles(MONEY),   No, None, Usual;
    CollectionCancelPage  Page "/collection/{chain}/cancel" Roles(MONEY),    No, None, Usual;
    CollectionRulesPage   Page "/collection/{chain}/rules"  Roles(MONEY),    No, None, Usual;
    GasPage            Page "/gas"                          Roles(ANYBODY),  No, None, Usual;
    ProfilePage        Page "/settings/profile"             Person,          No, None, Usual;
    SecurityPage       Page "/settings/security"            Person,          No, None, Usual;
    PasswordPage       Page "/settings/security/password"   Person,          No, None, Usual;
    ReplacePage        Page "/settings/security/authenticator"         Person, No, None, Usual;
    ReplaceConfirmPage Page "/settings/security/authenticator/confirm" Person, No, None, Usual;
    RenewCodesPage     Page "/settings/security/recovery-codes"        Person, No, None, Usual;
    PreferencesPage    Page "/settings/preferences"         Person,          No, None, Usual;
    // Server functions.
    Setup              Function "/api/setup/owner"          Nothing,         No, Some("merchant.created"), TestsSecret;
    SignIn             Function "/api/session/sign-in"      Nothing,         No, Some("session.password"), TestsSecret;
    VerifyCode         Function "/api/session/code"         CodePending,     Code, Some("session.signed_in"), TestsSecret;
    Recover            Function "/api/session/recover"      CodePending,     No, Some("session.recovered"), TestsSecret;
    SignOut            Function "/api/session/sign-out"     AnySession,      No, Some("session.signed_out"), Usual;
    EnrolStart         Function "/api/authenticator/start"  Enrolment,       No, None, Usual;
    EnrolConfirm       Function "/api/authenticator/confirm" Enrolment,      Code, Some("authenticator.enrolled"), TestsSecret;
    CodesSaved         Function "/api/authenticator/codes-saved" Person,     No, None, Usual;
    ReplaceBegin       Function "/api/authenticator/replace" Person,         PasswordAndCode, Some("authenticator.replacing"), TestsSecret;
    ReplaceConfirm     Function "/api/authenticator/replace-confirm" Person, Code, Some("authenticator.replaced"), TestsSecret;
    RenewCodes         Function "/api/authenticator/recovery-codes" Person,  PasswordAndCode, Some("recovery_codes.renewed"), TestsSecret;
    Frame              Function "/api/frame"                Person,          No, None, Usual;
    OverviewLoad       Function "/api/overview"             Roles(ANYBODY),  No, None, Usual;
    KeysList           Function "/api/keys/list"            Roles(ANYBODY),  No, None, Usual;
    KeyNewGet          Function "/api/keys/new"             Roles(KEYS),     No, None, Usual;
    KeyGet             Function "/api/keys/get"             Roles(KEYS),     No, None, Usual;
    KeyCreateBegin     Function "/api/keys/create/begin"    Roles(KEYS),     Prepares, None, Usual;
    KeyCreate          Function "/api/keys/create"          Roles(KEYS),     Code, Some("api_key.created"), TestsSecret;
    KeyPageGet         Function "/api/keys/page"            Roles(ANYBODY),  No, None, Usual;
    RequestsList       Function "/api/keys/requests"        Roles(ANYBODY),  No, None, Usual;
    KeyEditBegin       Function "/api/keys/edit/begin"      Roles(KEYS),     Prepares, None, Usual;
    KeyEdit            Function "/api/keys/edit"            Roles(KEYS),     Code, Some("api_key.edited"), TestsSecret;
    KeyCopy            Function "/api/keys/copy"            Roles(KEYS),     Code, Some("api_key.copied"), TestsSecret;
    KeyFreeze          Function "/api/keys/freeze"          Roles(KEYS),     No, Some("api_key.frozen"), Usual;
    KeyUnfreeze        Function "/api/keys/unfreeze"        Roles(KEYS),     Code, Some("api_key.unfrozen"), TestsSecret;
    KeyDelete          Function "/api/keys/delete"          Roles(KEYS),     Code, Some("api_key.deleted"), TestsSecret;
    AesEnable          Function "/api/aes/enable"           Roles(KEYS),     Code, Some("aes_key.enabled"), TestsSecret;
    AesCopy            Function "/api/aes/copy"             Roles(KEYS),     Code, Some("aes_key.copied"), TestsSecret;
    AesRegenerate      Function "/api/aes/regenerate"       Roles(KEYS),     Code, Some("aes_key.regenerated"), TestsSecret;
    AesDisable         Function "/api/aes/disable"          Roles(KEYS),     Code, Some("aes_key.disabled"), TestsSecret;
    AllowlistGet       Function "/api/allowlist/list"       Roles(ANYBODY),  No, None, Usual;
    AllowlistNewGet    Function "/api/allowlist/new"        Roles(ADMINS),   No, None, Usual;
    AllowlistSwitch    Function "/api/allowlist/switch"     Roles(ADMINS),   Code, Some("dashboard_allowlist.switched"), TestsSecret;
    AllowlistAddBegin  Function "/api/allowlist/add/begin"  Roles(ADMINS),   Prepares, None, Usual;
    AllowlistAdd       Function "/api/allowlist/add"        Roles(ADMINS),   Code, Some("dashboard_allowlist.added"), TestsSecret;
    AllowlistSet       Function "/api/allowlist/entry"      Roles(ADMINS),   Code, Some("dashboard_allowlist.set"), TestsSecret;
    AllowlistRemove    Function "/api/allowlist/remove"     Roles(ADMINS),   Code, Some("dashboard_allowlist.removed"), TestsSecret;
    TransactionsLoad   Function "/api/transactions/list"    Roles(ANYBODY),  No, None, Usual;
    TransactionLoad    Function "/api/transactions/get"     Roles(ANYBODY),  No, None, Usual;
    SubaddressesLoad   Function "/api/subaddresses/list"    Roles(ANYBODY),  No, None, Usual;
    SubaddressLoad     Function "/api/subaddresses/get"     Roles(ANYBODY),  No, None, Usual;
    SubaddressNewLoad  Function "/api/subaddresses/new"     Roles(STAFF),    No, None, Usual;
    SubaddressNew      Function "/api/subaddresses/create"  Roles(STAFF),    No, Some("subaddress.created"), Usual;
    SubaddressArchive  Function "/api/subaddresses/archive" Roles(STAFF),    No, Some("subaddress.archived"), Usual;
    SettingsGet        Function "/api/settings/get"         Person,          No, None, Usual;
    Rename             Function "/api/settings/name"        Person,          No, Some("user.renamed"), Usual;
    ChangePassword     Function "/api/settings/password"    Person,          PasswordAndCode, Some("user.password_changed"), TestsSecret;
    RevokeSession      Function "/api/settings/revoke"      Person,          No, Some("session.revoked"), Usual;
    RevokeOthers       Function "/api/settings/revoke-others" Person,        No, Some("session.others_revoked"), Usual;
    SetLanguage        Function "/api/preferences/language" Nothing,         No, None, Usual;
    SetTheme           Function "/api/preferences/theme"    Nothing,         No, None, Usual;
    CollectionsLoad         Function "/api/collection/get"            Roles(ANYBODY), No, None, Usual;
    CollectionLoad          Function "/api/collection/one"            Roles(ANYBODY), No, None, Usual;
    CollectionDialogLoad    Function "/api/collection/dialog"         Roles(MONEY), No, None, Usual;
    GasLoad                 Function "/api/gas/get"                   Roles(ANYBODY), No, None, Usual;
    CollectionAddressBegin  Function "/api/collection/address-begin"  Roles(MONEY), Prepares, None, Usual;
    CollectionAddress       Function "/api/collection/address"        Roles(MONEY), Code, Some("collection.address_set"), TestsSecret;
    CollectionAddressCancel Function "/api/collection/address-cancel" Roles(MONEY), No, Some("collection.address_cancelled"), Usual;
    CollectionRulesBegin    Function "/api/collection/rules-begin"    Roles(MONEY), Prepares, None, Usual;
    CollectionRules         Function "/api/collection/rules"          Roles(MONEY), Code, Some("collection.rules_set"), TestsSecret;
    // The merchant API.
    Whoami             Api "/v1/whoami"                     AnyKey,          No, None, Usual;
    Echo               Api "/v1/echo"                       AnyKey,          No, None, Usual;
    Chains             Api "/v1/chains"                     AnyKey,          No, None, Usual;
    Events             Api "/v1/events"                     Holds(Scope::EventsRead), No, None, Usual;
    SubaddressCreate   Api "/v1/subaddresses"               Holds(Scope::SubaddressesWrite), No, None, Usual;
    SubaddressBatch    Api "/v1/subaddresses/batch"         Holds(Scope::SubaddressesWrite), No, None, Usual;
    SubaddressList     Api "/v1/subaddresses"               Holds(Scope::SubaddressesRead), No, None, Usual;
    SubaddressGet      Api "/v1/subaddresses/{id}"          Holds(Scope::SubaddressesRead), No, None, Usual;
    SubaddressPayments Api "/v1/subaddresses/{id}/transactions" Holds(Scope::TransactionsRead), No, None, Usual;
    TransactionList    Api "/v1/transactions"               Holds(Scope::TransactionsRead), No, None, Usual;
    TransactionGet     Api "/v1/transactions/{id}"          Holds(Scope::TransactionsRead), No, None, Usual;
    OpenApi            Open "/v1/openapi.json"              Nothing,         No, None, Usual;
    // Files for a person, and health.
    Live               Download "/live"                     Roles(ANYBODY),  No, None, Usual;
    TransactionsCsv    Download "/transactions.csv"         Roles(STAFF),    No, None, Usual;
    Health             Open "/healthz"                      Nothing,         No, None, Usual;
    Packages           Open "/pkg/{*path}"                  Nothing,         No, None, Usual;
    Assets             Open "/assets/{*path}"               Nothing,         No, None, Usual;
    KitPage            Open "/dev/kit"                      Nothing,         No, None, Usual;
}

impl Action {
    /// The action's row.
    pub fn row(self) -> &'static Row {
        // Every action is made together with its row; the fallback is the first row, which opens nothing.
        TABLE.iter().find(|row| row.action == self).unwrap_or(&TABLE[0])
    }

    /// The action of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        TABLE.iter().map(|row| row.action).find(|action| action.name() == name)
    }

    /// Whether a member with this role may do it.
    pub fn allows(self, role: Role) -> bool {
        match self.row().needs {
            Roles(roles) => roles.contains(&role),
            Person | AnySession => true,
            _ => false,
        }
    }
}

/// The row of a page path: `/api-keys/key_1/edit` is the row of `/api-keys/{id}/edit`. A fixed segment wins over
/// a placeholder.
pub fn page_row(path: &str) -> Option<&'static Row> {
    let trimmed = if path.len() > 1 { path.trim_end_matches('/') } else { path };
    let pages = || TABLE.iter().filter(|row| row.surface == Surface::Page);
    pages()
        .find(|row| row.path == trimmed)
        .or_else(|| pages().find(|row| matches(row.path, trimmed)))
}

fn matches(pattern: &str, path: &str) -> bool {
    let (mut want, mut have) = (pattern.split('/'), path.split('/'));
    loop {
        match (want.next(), have.next()) {
            (None, None) => return true,
            (Some(want), Some(have))
                if want == have || (want.starts_with('{') && !have.is_empty()) => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Action, Needs, Role, StepUp, Surface, TABLE, page_row};
    use std::collections::BTreeSet;

    #[test]
    fn stp_01_each_path_and_each_action_stands_once() {
        // An endpoint of the merchant API is known by its method too: the router refuses one that stands twice.
        let others = || TABLE.iter().filter(|row| row.surface != Surface::Api);
        let paths: BTreeSet<_> = others().map(|row| row.path).collect();
        let names: BTreeSet<_> = TABLE.iter().map(|row| row.action.name()).collect();
        assert_eq!((paths.len(), names.len()), (others().count(), TABLE.len()));
    }

    #[test]
    fn stp_01_whatever_asks_for_a_code_is_a_function_of_a_person_and_is_audited() {
        for row in
            TABLE.iter().filter(|row| matches!(row.step_up, StepUp::Code | StepUp::PasswordAndCode))
        {
            assert_eq!(row.surface, Surface::Function, "{}", row.path);
            assert!(row.audit.is_some(), "{}", row.path);
            assert!(
                !matches!(row.needs, Needs::Nothing | Needs::AnyKey | Needs::Scope(_)),
                "{}",
                row.path
            );
        }
    }

    #[test]
    fn key_10_no_row_of_the_merchant_api_asks_for_a_code_or_changes_keys() {
        for row in TABLE.iter().filter(|row| row.surface == Surface::Api) {
            assert_eq!(row.step_up, StepUp::No, "{}", row.path);
            assert!(!row.path.contains("key") && !row.path.contains("allowlist"), "{}", row.path);
        }
    }

    #[test]
    fn the_roles_of_the_product_are_those_of_the_table() {
        use Action::{
            AllowlistAdd, CollectionAddress, CollectionAddressCancel, CollectionRules, KeyCopy,
            KeyCreate, KeyDelete, KeysList,
        };
        let allowed = |action: Action| {
            Role::ALL
                .iter()
                .filter(|role| action.allows(**role))
                .map(|role| role.as_str())
                .collect::<Vec<_>>()
        };
        assert_eq!(allowed(KeysList), ["owner", "admin", "developer", "finance", "viewer"]);
        for action in [KeyCreate, KeyCopy, KeyDelete] {
            assert_eq!(allowed(action), ["owner", "admin", "developer"]);
        }
        assert_eq!(allowed(AllowlistAdd), ["owner", "admin"]);
        for action in [Action::SubaddressNew, Action::TransactionsCsv] {
            assert_eq!(allowed(action), ["owner", "admin", "developer", "finance"]);
        }
        for action in [CollectionAddress, CollectionAddressCancel, CollectionRules] {
            assert_eq!(allowed(action), ["owner", "admin", "finance"]);
        }
    }

    #[test]
    fn a_page_path_finds_its_row() {
        let action = |path| page_row(path).map(|row| row.action);
        assert_eq!(action("/"), Some(Action::HomePage));
        assert_eq!(action("/api-keys/"), Some(Action::KeysPage));
        assert_eq!(action("/api-keys/new"), Some(Action::KeyNewPage));
        assert_eq!(action("/api-keys/key_1/aes/copy"), Some(Action::AesCopyPage));
        assert_eq!(action("/security/allowlist/on"), Some(Action::AllowlistOnPage));
        assert_eq!(action("/api-keys//edit"), None);
        assert_eq!(action("/nowhere"), None);
    }

    #[test]
    fn an_action_comes_back_from_its_name() {
        for row in TABLE {
            assert_eq!(Action::from_name(row.action.name()), Some(row.action));
        }
    }
}
