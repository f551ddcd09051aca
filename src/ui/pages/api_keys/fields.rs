use crate::{
    api::keys::KeyForm,
    i18n::{tr, use_language},
    ui::{
        browser,
        pages::form::FormState,
        parts::{Checkbox, Icon, Input, RadioCard, TextArea, VisuallyHidden},
    },
};
use aio_domain::{AllowlistMode, Field, Language, Scope};
use leptos::prelude::*;

/// Names of the controls, in order, for the list of errors.
pub const NAMES: &[(Field, &str)] = &[
    (Field::Label, "form[label]"),
    (Field::Scopes, "form[scopes][]"),
    (Field::AllowlistMode, "form[allowlist_mode]"),
    (Field::Rules, "form[rules]"),
    (Field::BroadOk, "form[broad_ok]"),
    (Field::ExpiresOn, "form[expires_on]"),
    (Field::Rate, "form[rate]"),
    (Field::Encryption, "form[encryption]"),
];

/// Read scope and write scope of each thing a key can reach.
const THINGS: [(Option<Scope>, Option<Scope>); 4] = [
    (Some(Scope::SubaddressesRead), Some(Scope::SubaddressesWrite)),
    (Some(Scope::TransactionsRead), None),
    (Some(Scope::WithdrawalsRead), Some(Scope::WithdrawalsWrite)),
    (Some(Scope::EventsRead), None),
];

/// What a shop needs that only receives: the default of a new key.
pub const RECEIVE: [Scope; 4] =
    [Scope::SubaddressesRead, Scope::SubaddressesWrite, Scope::TransactionsRead, Scope::EventsRead];

const READ: [Scope; 4] =
    [Scope::SubaddressesRead, Scope::TransactionsRead, Scope::WithdrawalsRead, Scope::EventsRead];

/// The fields that a new key and an edited key share.
#[component]
pub fn KeyFields(
    /// The form.
    state: FormState,
    /// What stands in it to begin with.
    form: KeyForm,
    /// The person's own address.
    own_address: String,
) -> impl IntoView {
    let l = use_language();
    view! {
        <Input
            name="form[label]"
            label=tr::key_form::label(l)
            hint=tr::key_form::label_hint(l)
            value=form.label.clone()
            error=state.field(Field::Label)
            maxlength=64
            required=true
            autofocus=true
        />
        <Permissions state scopes=form.scopes.clone()/>
        <WhereFrom state mode=form.allowlist_mode rules=form.rules.clone() broad_ok=form.broad_ok own_address/>
        <Input
            name="form[expires_on]"
            kind="date"
            label=tr::key_form::expires(l)
            hint=tr::key_form::expires_hint(l)
            value=form.expires_on
            error=state.field(Field::ExpiresOn)
        />
        <Input
            name="form[rate]"
            label=tr::key_form::rate(l)
            hint=tr::key_form::rate_hint(l)
            value=form.rate
            error=state.field(Field::Rate)
            maxlength=12
        />
    }
    .into_any()
}

/// What a scope allows, in words.
pub const fn scope_words(l: Language, scope: Scope) -> &'static str {
    match scope {
        Scope::SubaddressesRead => tr::scope::subaddresses_read(l),
        Scope::SubaddressesWrite => tr::scope::subaddresses_write(l),
        Scope::TransactionsRead => tr::scope::transactions_read(l),
        Scope::WithdrawalsRead => tr::scope::withdrawals_read(l),
        Scope::WithdrawalsWrite => tr::scope::withdrawals_write(l),
        Scope::EventsRead => tr::scope::events_read(l),
    }
}

const fn thing_words(l: Language, read: Option<Scope>) -> &'static str {
    match read {
        Some(Scope::SubaddressesRead | Scope::SubaddressesWrite) => tr::scope::subaddresses(l),
        Some(Scope::TransactionsRead) => tr::scope::transactions(l),
        Some(Scope::WithdrawalsRead | Scope::WithdrawalsWrite) => tr::scope::withdrawals(l),
        Some(Scope::EventsRead) | None => tr::scope::events(l),
    }
}

/// A row for each thing, a box for reading it and one for changing it; presets tick them.
#[component]
fn Permissions(state: FormState, scopes: Vec<Scope>) -> impl IntoView {
    let l = use_language();
    let rows = THINGS
        .iter()
        .map(|(read, write)| {
            view! {
                <tr>
                    <th scope="row">{thing_words(l, *read)}</th>
                    <td class="scope-cell">
                        <ScopeBox scope=*read scopes=scopes.clone()/>
                    </td>
                    <td class="scope-cell">
                        <ScopeBox scope=*write scopes=scopes.clone()/>
                    </td>
                </tr>
            }
        })
        .collect_view();
    let error = state.field(Field::Scopes);
    view! {
        <fieldset class="field" id="scopes" tabindex="-1" aria-describedby="scopes-error">
            <legend class="label">{tr::key_form::permissions(l)}</legend>
            <div class="cluster needs-script" role="group" aria-label=tr::scope::preset(l)>
                <Preset words=tr::scope::receive(l) scopes=&RECEIVE/>
                <Preset words=tr::scope::read_all(l) scopes=&READ/>
                <Preset words=tr::scope::everything(l) scopes=Scope::ALL/>
            </div>
            <table class="scope-table">
                <thead>
                    <tr>
                        <th scope="col">{tr::scope::what(l)}</th>
                        <th scope="col">{tr::scope::read(l)}</th>
                        <th scope="col">{tr::scope::write(l)}</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
            <p class="hint">{tr::scope::money(l)}</p>
            <FieldError id="scopes-error" error/>
        </fieldset>
    }
    .into_any()
}

#[component]
fn ScopeBox(scope: Option<Scope>, scopes: Vec<Scope>) -> impl IntoView {
    let l = use_language();
    scope.map(|scope| {
        view! {
            <label class="check">
                <input
                    type="checkbox"
                    name="form[scopes][]"
                    value=scope.as_str()
                    checked=scopes.contains(&scope)
                />
                <VisuallyHidden>{scope_words(l, scope)}</VisuallyHidden>
            </label>
        }
    })
}

/// A button that ticks exactly these scopes.
#[component]
fn Preset(words: &'static str, scopes: &'static [Scope]) -> impl IntoView {
    let choose = move |_| {
        for scope in Scope::ALL {
            let input = ["input[value='", scope.as_str(), "']"].concat();
            browser::set_checked(&input, scopes.contains(scope));
        }
    };
    view! {
        <button type="button" class="button small" on:click=choose>
            {words}
        </button>
    }
    .into_any()
}

/// The allowlist: three choices, none made for the person, and the ranges of the second.
#[component]
fn WhereFrom(
    state: FormState,
    mode: Option<AllowlistMode>,
    rules: String,
    broad_ok: bool,
    own_address: String,
) -> impl IntoView {
    let l = use_language();
    let choices = AllowlistMode::ALL
        .iter()
        .map(|choice| {
            let (title, hint) = mode_words(l, *choice);
            view! {
                <RadioCard
                    name="form[allowlist_mode]"
                    value=choice.as_str()
                    title=title
                    hint=hint
                    checked=mode == Some(*choice)
                />
            }
        })
        .collect_view();
    let address = own_address.clone();
    let add = move |_| browser::add_line("#rules", &address);
    let error = state.field(Field::AllowlistMode);
    let broad_error = state.field(Field::BroadOk);
    view! {
        <fieldset class="field allowlist-choice" id="allowlist_mode" tabindex="-1" aria-describedby="mode-error">
            <legend class="label">{tr::key_form::where_from(l)}</legend>
            <div class="radio-cards">{choices}</div>
            <FieldError id="mode-error" error/>
            <div class="stack only-listed">
                <TextArea
                    name="form[rules]"
                    label=tr::key_form::rules(l)
                    hint=tr::key_form::rules_hint(l)
                    placeholder=tr::key_form::rules_example(l)
                    value=rules
                    error=state.field(Field::Rules)
                    mono=true
                />
                <div class="cluster">
                    <button type="button" class="button small needs-script" on:click=add>
                        <Icon id="plus"/>
                        {tr::key_form::add_mine(l, &own_address)}
                    </button>
                    <span class="hint">{tr::common::your_address(l, &own_address)}</span>
                </div>
                <Checkbox
                    name="form[broad_ok]"
                    label=tr::key_form::broad_ok(l)
                    hint=tr::key_form::broad_hint(l)
                    checked=broad_ok
                />
                <FieldError id="broad_ok-error" error=broad_error/>
            </div>
        </fieldset>
    }
    .into_any()
}

/// An allowlist mode and what follows from it.
pub const fn mode_words(l: Language, mode: AllowlistMode) -> (&'static str, &'static str) {
    match mode {
        AllowlistMode::Any => (tr::key_form::any(l), tr::key_form::any_hint(l)),
        AllowlistMode::Listed => (tr::key_form::listed(l), tr::key_form::listed_hint(l)),
        AllowlistMode::Nobody => (tr::key_form::nobody(l), tr::key_form::nobody_hint(l)),
    }
}

/// What is wrong with a group of controls.
#[component]
fn FieldError(id: &'static str, error: Signal<Option<String>>) -> impl IntoView {
    view! {
        <div id=id aria-live="polite">
            {move || {
                error
                    .get()
                    .map(|error| {
                        view! {
                            <p class="field-error">
                                <Icon id="circle-alert"/>
                                <span>{error}</span>
                            </p>
                        }
                    })
            }}
        </div>
    }
    .into_any()
}
