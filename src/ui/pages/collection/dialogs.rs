//! Setting where money goes and when: what is typed, then exactly what will be stored, with the code.

use crate::{
    api::collection::{
        BeginCollectionAddress, BeginCollectionRules, CancelCollectionAddress, CollectionChain,
        CollectionDialog, RulesForm, SetCollectionAddress, SetCollectionRules,
        load_collection_dialog,
    },
    i18n::{tr, use_language},
    ui::{
        layout::Loaded,
        pages::{
            form::{CodeStep, FormProblem, FormState, Note, PostForm},
            transactions::Whole,
        },
        parts::{
            Button, ButtonLink, Checkbox, Dialog, Facts, Field as Labelled, FieldText, Input, Look,
            Tone,
        },
    },
};
use aio_domain::{ChangeSetId, Field};
use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};
use server_fn::ServerFn as _;

const PARENT: &str = "/collection";

fn use_dialog() -> Resource<Result<CollectionDialog, crate::api::ApiError>> {
    let (params, query) = (use_params_map(), use_query_map());
    Resource::new(
        move || {
            (
                params.with(|params| params.get("chain")).unwrap_or_default(),
                query.with(|query| query.get("change")).and_then(|id| id.parse().ok()),
            )
        },
        |(chain, change): (String, Option<ChangeSetId>)| load_collection_dialog(chain, change),
    )
}

/// Where money goes.
#[component]
pub fn Address() -> impl IntoView {
    let data = use_dialog();
    let begin = FormState::new(BeginCollectionAddress::PATH);
    let set = FormState::new(SetCollectionAddress::PATH);
    view! {
        <Loaded
            data
            quiet=true
            children=move |data: CollectionDialog| {
                if let Some((id, address, hours)) = data.address.clone() {
                    view! { <ConfirmAddress state=set id address hours chain=data.chain/> }.into_any()
                } else {
                    let typed = data.typed_address.unwrap_or_default();
                    view! { <TypeAddress state=begin confirm=set chain=data.chain typed/> }.into_any()
                }
            }
        />
    }
    .into_any()
}

#[component]
fn TypeAddress(
    state: FormState,
    confirm: FormState,
    chain: CollectionChain,
    typed: String,
) -> impl IntoView {
    let l = use_language();
    let title = tr::collection::address_title(l, &chain.chain);
    let now = chain.address.clone().map(|text| {
        view! {
            <Facts pairs=vec![(
                tr::collection::now(l),
                view! { <Whole text name=tr::collection::now(l)/> }.into_any(),
            )]/>
        }
    });
    view! {
        <Dialog title parent=PARENT close=tr::common::close(l) wide=true>
            <p class="secondary">{tr::collection::address_lead(l)}</p>
            {now}
            <PostForm state class="form">
                <FormProblem state=confirm/>
                <FormProblem state names=&[(Field::CollectionAddress, "address")]/>
                <input type="hidden" name="chain" value=chain.chain.clone()/>
                <Input
                    name="address"
                    label=tr::collection::new_address(l)
                    hint=tr::collection::address_hint(l)
                    error=state.field(Field::CollectionAddress)
                    value=typed
                    mono=true
                    maxlength=128
                    required=true
                    autofocus=true
                />
                <Note tone=Tone::Warn text=tr::collection::address_warning(l)/>
                <div class="actions">
                    <ButtonLink href=PARENT>{tr::common::cancel(l)}</ButtonLink>
                    <Button look=Look::Primary busy=state.busy>
                        {tr::key_form::review(l)}
                    </Button>
                </div>
            </PostForm>
        </Dialog>
    }
    .into_any()
}

#[component]
fn ConfirmAddress(
    state: FormState,
    id: ChangeSetId,
    address: String,
    hours: i64,
    chain: CollectionChain,
) -> impl IntoView {
    let l = use_language();
    let title = tr::collection::address_confirm(l, &chain.chain);
    let mut pairs = Vec::new();
    if let Some(text) = chain.address.clone() {
        let name = tr::collection::now(l);
        pairs.push((name, view! { <Whole text name/> }.into_any()));
    }
    let name = tr::collection::new_address(l);
    pairs.push((name, view! { <Whole text=address name/> }.into_any()));
    let note = if hours == 0 {
        tr::collection::at_once(l).to_owned()
    } else {
        tr::collection::will_cool(l, &hours.to_string())
    };
    view! {
        <Dialog title parent=PARENT close=tr::common::close(l) wide=true>
            <p class="secondary">{tr::collection::compare(l)}</p>
            <Facts pairs/>
            <Note tone=Tone::Info text=note/>
            <PostForm state class="code-step">
                <FormProblem state/>
                <input type="hidden" name="change" value=id.to_string()/>
                <CodeStep
                    state
                    submit=tr::collection::address_submit(l)
                    cancel=["/collection/", &chain.chain, "/address"].concat()
                    cancel_words=tr::key_form::go_back(l)
                />
                <p class="hint">{tr::key_form::confirm_minutes(l)}</p>
            </PostForm>
        </Dialog>
    }
    .into_any()
}

/// Takes a changed address back while it waits: it only takes power away, so no code is asked for.
#[component]
pub fn Cancel() -> impl IntoView {
    let l = use_language();
    let data = use_dialog();
    let state = FormState::new(CancelCollectionAddress::PATH);
    view! {
        <Loaded
            data
            quiet=true
            children=move |data: CollectionDialog| {
                let chain = data.chain.chain.clone();
                let next = data.chain.next.clone().map(|(text, _)| {
                    view! { <Whole text name=tr::collection::next(l)/> }
                });
                view! {
                    <Dialog
                        title=tr::collection::cancel_title(l, &chain)
                        parent=PARENT
                        close=tr::common::close(l)
                    >
                        <p>{tr::collection::cancel_body(l)}</p>
                        {next}
                        <PostForm state class="form">
                            <FormProblem state/>
                            <input type="hidden" name="chain" value=chain.clone()/>
                            <div class="actions">
                                <ButtonLink href=PARENT>{tr::common::close(l)}</ButtonLink>
                                <Button look=Look::Danger busy=state.busy>
                                    {tr::collection::cancel(l)}
                                </Button>
                            </div>
                        </PostForm>
                    </Dialog>
                }
            }
        />
    }
    .into_any()
}

/// When money is moved.
#[component]
pub fn Rules() -> impl IntoView {
    let data = use_dialog();
    let begin = FormState::new(BeginCollectionRules::PATH);
    let set = FormState::new(SetCollectionRules::PATH);
    view! {
        <Loaded
            data
            quiet=true
            children=move |data: CollectionDialog| {
                if let Some((id, form)) = data.rules.clone() {
                    view! { <ConfirmRules state=set id form chain=data.chain.chain/> }.into_any()
                } else {
                    let typed = data.typed_rules;
                    view! { <TypeRules state=begin confirm=set chain=data.chain typed/> }.into_any()
                }
            }
        />
    }
    .into_any()
}

#[component]
fn TypeRules(
    state: FormState,
    confirm: FormState,
    chain: CollectionChain,
    typed: Option<RulesForm>,
) -> impl IntoView {
    let l = use_language();
    let tokens = chain.tokens.clone();
    let shown = typed.unwrap_or_else(|| RulesForm {
        automatic: chain.automatic,
        batch_size: chain.batch_size.to_string(),
        max_age: chain.max_age_minutes.to_string(),
        minimums: tokens
            .iter()
            .map(|token| (token.ticker.clone(), token.minimum.clone()))
            .collect(),
        version: chain.version,
    });
    let minimum_of = |ticker: &str| shown.minimums.get(ticker).cloned().unwrap_or_default();
    let minimums = tokens
        .into_iter()
        .map(|token| {
            let name = ["form[minimums][", &token.ticker, "]"].concat();
            let id = ["minimum-", &token.ticker].concat();
            let minimum = minimum_of(&token.ticker);
            let text = FieldText {
                id: id.clone().into(),
                label: tr::collection::minimum_of(l, &token.ticker).into(),
                hint: None,
            };
            let described_by = text.described_by();
            view! {
                <Labelled text error=Signal::derive(|| None::<String>)>
                    <input
                        id=id
                        name=name
                        class="input mono"
                        inputmode="decimal"
                        autocomplete="off"
                        maxlength="80"
                        value=minimum
                        aria-describedby=described_by
                    />
                </Labelled>
            }
        })
        .collect_view();
    let error = state.field(Field::Minimum);
    view! {
        <Dialog
            title=tr::collection::rules_title(l, &chain.chain)
            parent=PARENT
            close=tr::common::close(l)
            wide=true
        >
            <PostForm state class="form">
                <FormProblem state=confirm/>
                <FormProblem
                    state
                    names=&[
                        (Field::BatchSize, "form[batch_size]"),
                        (Field::MaxAge, "form[max_age]"),
                        (Field::Minimum, "form[minimums]"),
                    ]
                />
                <input type="hidden" name="chain" value=chain.chain.clone()/>
                <input type="hidden" name="form[version]" value=shown.version.to_string()/>
                <Checkbox
                    name="form[automatic]"
                    label=tr::collection::automatic(l)
                    hint=tr::collection::automatic_hint(l)
                    checked=shown.automatic
                />
                <div class="field">
                    <div class="filter-grid">{minimums}</div>
                    <p class="hint">{tr::collection::minimum_hint(l)}</p>
                    <div aria-live="polite">
                        {move || error.get().map(|text| view! { <p class="field-error">{text}</p> })}
                    </div>
                </div>
                <Input
                    name="form[batch_size]"
                    label=tr::collection::batch_size(l)
                    hint=tr::collection::batch_size_hint(l)
                    error=state.field(Field::BatchSize)
                    value=shown.batch_size.clone()
                    maxlength=6
                    required=true
                />
                <Input
                    name="form[max_age]"
                    label=tr::collection::max_age(l)
                    hint=tr::collection::max_age_hint(l)
                    error=state.field(Field::MaxAge)
                    value=shown.max_age.clone()
                    maxlength=6
                    required=true
                />
                <div class="actions">
                    <ButtonLink href=PARENT>{tr::common::cancel(l)}</ButtonLink>
                    <Button look=Look::Primary busy=state.busy>
                        {tr::key_form::review(l)}
                    </Button>
                </div>
            </PostForm>
        </Dialog>
    }
    .into_any()
}

#[component]
fn ConfirmRules(
    state: FormState,
    id: ChangeSetId,
    form: RulesForm,
    chain: String,
) -> impl IntoView {
    let l = use_language();
    let yes = if form.automatic { tr::common::yes(l) } else { tr::common::no(l) };
    let minimums: Vec<String> =
        form.minimums.iter().map(|(ticker, amount)| [amount, "\u{a0}", ticker].concat()).collect();
    let pairs = vec![
        (tr::collection::automatic(l), yes.into_any()),
        (tr::collection::minimum(l), minimums.join(", ").into_any()),
        (
            tr::collection::batch(l),
            tr::collection::batch_words(l, &form.batch_size, &form.max_age).into_any(),
        ),
    ];
    view! {
        <Dialog
            title=tr::collection::rules_title(l, &chain)
            parent=PARENT
            close=tr::common::close(l)
        >
            <p class="secondary">{tr::key_form::confirm_lead(l)}</p>
            <Facts pairs/>
            <PostForm state class="code-step">
                <FormProblem state/>
                <input type="hidden" name="change" value=id.to_string()/>
                <CodeStep
                    state
                    submit=tr::collection::rules_submit(l)
                    cancel=["/collection/", &chain, "/rules"].concat()
                    cancel_words=tr::key_form::go_back(l)
                />
                <p class="hint">{tr::key_form::confirm_minutes(l)}</p>
            </PostForm>
        </Dialog>
    }
    .into_any()
}
