use super::{
    filters, use_filter,
    words::{address_in_groups, movement_words, status_sentence, status_words, tone},
};
use crate::{
    api::{
        ApiError,
        transactions::{TransactionDetail, load_transaction},
    },
    i18n::{tr, use_language},
    ui::{
        layout::Loaded,
        parts::{Badge, ButtonLink, CopyIcon, Dialog, Facts, TimeAgo},
    },
};
use aio_domain::{Problem, TransactionId};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

/// One deposit, in a drawer on the list.
#[component]
pub fn Transaction() -> impl IntoView {
    let params = use_params_map();
    let id = move || {
        let id = params.with(|params| params.get("transaction"));
        id.and_then(|id| id.parse::<TransactionId>().ok())
    };
    let data = Resource::new(id, |id| async move {
        load_transaction(id.ok_or(ApiError(Problem::NotFound))?).await
    });
    view! { <Loaded data quiet=true children=|found| view! { <Shown found/> }/> }.into_any()
}

#[component]
fn Shown(found: TransactionDetail) -> impl IntoView {
    let l = use_language();
    let filter = use_filter().get_untracked();
    let parent = ["/transactions", &filters::query(&filter)].concat();
    let row = found.row.clone();
    let (has, needs) = (row.confirmations.to_string(), row.needed.to_string());
    let title = [&row.amount, "\u{a0}", &row.token].concat();
    let look = row.explorer.clone().map(|href| {
        view! {
            <ButtonLink href icon="external-link" external=true>
                {tr::transactions::explorer(l)}
            </ButtonLink>
        }
    });
    view! {
        <Dialog title parent close=tr::common::close(l) drawer=true>
            <p class="cluster">
                <Badge tone=tone(row.status)>{status_words(l, row.status)}</Badge>
                <span class="num">{tr::transactions::of_needed(l, &has, &needs)}</span>
            </p>
            <p class="secondary">{status_sentence(l, row.status)}</p>
            <Facts pairs=facts(&found)/>
            <div class="actions start">{look}</div>
        </Dialog>
    }
    .into_any()
}

fn facts(found: &TransactionDetail) -> Vec<(&'static str, AnyView)> {
    let l = use_language();
    let row = &found.row;
    let customer = ["/subaddresses/", &row.subaddress.to_string()].concat();
    let mut pairs = vec![
        (
            tr::transactions::col_customer(l),
            view! { <a href=customer>{row.customer.clone()}</a> }.into_any(),
        ),
        (
            tr::transactions::address(l),
            view! { <Whole text=row.address.clone() name=tr::transactions::address(l)/> }
                .into_any(),
        ),
        (tr::transactions::chain(l), row.chain.clone().into_any()),
        (
            tr::transactions::col_hash(l),
            view! { <Whole text=row.hash.clone() name=tr::transactions::col_hash(l)/> }.into_any(),
        ),
    ];
    if let Some(sender) = found.sender.clone() {
        let name = tr::transactions::sender(l);
        pairs.push((name, view! { <Whole text=sender name/> }.into_any()));
    }
    if let Some((height, hash)) = found.block.clone() {
        let name = tr::transactions::block(l);
        let block = view! {
            <span class="num">{height.to_string()}</span>
            <Whole text=hash name/>
        };
        pairs.push((name, block.into_any()));
    }
    pairs.push((
        tr::transactions::col_received(l),
        view! { <TimeAgo at=row.received_at/> }.into_any(),
    ));
    if let Some(at) = found.confirmed_at {
        pairs.push((tr::transactions::confirmed_at(l), view! { <TimeAgo at/> }.into_any()));
    }
    if let Some((id, status)) = found.collection {
        let href = ["/collection/history/", &id.to_string()].concat();
        let words = movement_words(l, status);
        let link = view! {
            <a href=href rel="external">
                {words}
            </a>
        };
        pairs.push((tr::transactions::collection(l), link.into_any()));
    }
    pairs.push((
        tr::transactions::updated_at(l),
        view! { <TimeAgo at=found.updated_at/> }.into_any(),
    ));
    let name = tr::transactions::id(l);
    pairs.push((name, view! { <Whole text=row.id.to_string() name/> }.into_any()));
    pairs
}

/// A machine word, whole, in groups of four, with a button to copy it.
#[component]
pub fn Whole(text: String, name: &'static str) -> impl IntoView {
    let l = use_language();
    let groups = address_in_groups(&text)
        .into_iter()
        .map(|group| view! { <span>{group}</span> })
        .collect_view();
    view! {
        <span class="whole">
            <code class="groups">{groups}</code>
            <CopyIcon value=text label=name words=(tr::common::copy(l), tr::common::copied(l))/>
        </span>
    }
    .into_any()
}
