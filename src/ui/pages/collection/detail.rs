use super::{Explorer, tone};
use crate::{
    api::{
        ApiError,
        collection::{CollectionDetail, load_collection},
    },
    i18n::{tr, use_language},
    ui::{
        layout::Loaded,
        pages::transactions::{Whole, movement_words},
        parts::{Badge, Chip, Dialog, Facts, TimeAgo},
    },
};
use aio_domain::{CollectionId, Problem};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

/// One movement and the payments that it carried, in a drawer.
#[component]
pub fn Collection() -> impl IntoView {
    let params = use_params_map();
    let id = move || {
        let id = params.with(|params| params.get("collection"));
        id.and_then(|id| id.parse::<CollectionId>().ok())
    };
    let data = Resource::new(id, |id| async move {
        load_collection(id.ok_or(ApiError(Problem::NotFound))?).await
    });
    view! { <Loaded data quiet=true children=|found| view! { <Shown found/> }/> }.into_any()
}

#[component]
fn Shown(found: CollectionDetail) -> impl IntoView {
    let l = use_language();
    let CollectionDetail { row, deposits, attempts } = found;
    let mut pairs = vec![
        (
            tr::collection::address(l),
            view! { <Whole text=row.destination.clone() name=tr::collection::address(l)/> }
                .into_any(),
        ),
        (tr::transactions::chain(l), row.chain.clone().into_any()),
    ];
    // Before a block has it, every form that was sent may be the one.
    for hash in row.hash.clone().map_or(attempts, |hash| vec![hash]) {
        let name = tr::transactions::col_hash(l);
        let explorer = row.explorer.clone().map(|href| view! { <Explorer href/> });
        pairs.push((name, view! { <Whole text=hash name/> {explorer} }.into_any()));
    }
    if let Some(fee) = row.fee.clone() {
        pairs.push((tr::collection::fee(l), view! { <span class="num">{fee}</span> }.into_any()));
    }
    if let Some(kept) = row.kept.clone() {
        pairs.push((tr::collection::kept(l), view! { <span class="num">{kept}</span> }.into_any()));
    }
    pairs.push((tr::collection::made(l), view! { <TimeAgo at=row.created_at/> }.into_any()));
    let name = tr::transactions::id(l);
    pairs.push((name, view! { <Whole text=row.id.to_string() name/> }.into_any()));
    let carried = deposits
        .into_iter()
        .map(|(id, customer, amount, moved)| {
            let href = ["/transactions/", &id.to_string()].concat();
            view! {
                <li>
                    <a href=href class="num">{amount}</a>
                    " "
                    <span class="muted">{customer}</span>
                    {(!moved)
                        .then(|| view! { " " <Chip>{tr::collection::not_moved(l)}</Chip> })}
                </li>
            }
        })
        .collect_view();
    view! {
        <Dialog title=row.amount parent="/collection" close=tr::common::close(l) drawer=true>
            <p>
                <Badge tone=tone(row.status)>{movement_words(l, row.status)}</Badge>
            </p>
            <Facts pairs/>
            <h3>{tr::collection::payments(l)}</h3>
            <ul class="stack tight">{carried}</ul>
        </Dialog>
    }
    .into_any()
}
