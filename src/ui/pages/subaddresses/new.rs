use crate::{
    api::subaddresses::{CreateSubaddress, NewSubaddressForm, load_new_subaddress},
    i18n::{tr, use_language},
    ui::{
        layout::Loaded,
        pages::form::{FormProblem, FormState, PostForm},
        parts::{Button, ButtonLink, Dialog, Input, Look, Select, Text},
    },
};
use aio_domain::Field;
use leptos::prelude::*;
use server_fn::ServerFn as _;

const PARENT: &str = "/subaddresses";

/// Hands an address out to a customer; asks for no code, because it gives nobody power.
#[component]
pub fn NewSubaddress() -> impl IntoView {
    let data = Resource::new(|| (), |()| load_new_subaddress());
    let state = FormState::new(CreateSubaddress::PATH);
    view! { <Loaded data quiet=true children=move |form| view! { <Form state form/> }/> }.into_any()
}

#[component]
fn Form(state: FormState, form: NewSubaddressForm) -> impl IntoView {
    let l = use_language();
    let NewSubaddressForm { chains, typed: (chain, customer) } = form;
    let is_there = chains.iter().any(|one| one.id == chain);
    let first = chains.first().map(|chain| chain.id.clone()).unwrap_or_default();
    let selected = if is_there { chain } else { first };
    let options = chains
        .into_iter()
        .map(|chain| (Text::from(chain.id.clone()), Text::from(chain.id)))
        .collect();
    view! {
        <Dialog title=tr::subaddresses::new_title(l) parent=PARENT close=tr::common::close(l)>
            <p class="secondary">{tr::subaddresses::new_lead(l)}</p>
            <PostForm state class="form">
                <FormProblem
                    state
                    names=&[(Field::Chain, "chain"), (Field::Customer, "customer")]
                />
                <Select
                    name="chain"
                    label=tr::subaddresses::chain(l)
                    error=state.field(Field::Chain)
                    options
                    selected
                />
                <Input
                    name="customer"
                    label=tr::subaddresses::customer(l)
                    hint=tr::subaddresses::customer_hint(l)
                    error=state.field(Field::Customer)
                    value=customer
                    maxlength=128
                    required=true
                    autofocus=true
                />
                <div class="actions">
                    <ButtonLink href=PARENT>{tr::common::cancel(l)}</ButtonLink>
                    <Button look=Look::Primary busy=state.busy>
                        {tr::subaddresses::new_submit(l)}
                    </Button>
                </div>
            </PostForm>
        </Dialog>
    }
    .into_any()
}
