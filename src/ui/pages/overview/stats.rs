use crate::{
    api::overview::{Awaiting, Received},
    i18n::{tr, use_language},
    ui::parts::{ButtonLink, TimeAgo},
};
use leptos::prelude::*;

/// What came in, token by token, with the week as a line and the change in words.
pub fn received(list: Vec<Received>) -> AnyView {
    let l = use_language();
    if list.is_empty() {
        return view! { <p class="muted">{tr::overview::received_none(l)}</p> }.into_any();
    }
    let line = |one: Received| {
        let change = match (one.before, one.deposits, one.change) {
            (None, ..) => tr::overview::first(l).to_owned(),
            (Some(before), 0, _) => tr::overview::quiet(l, &before),
            (_, _, 0) => tr::overview::same(l).to_owned(),
            (Some(before), _, 1) => tr::overview::more(l, &before),
            (Some(before), ..) => tr::overview::less(l, &before),
        };
        view! {
            <div class="stat">
                <strong class="num">{one.amount}</strong>
                <svg class="spark" viewBox="0 0 84 24" role="img" aria-label=tr::overview::week(l)>
                    <path d=one.spark></path>
                </svg>
                <small>{[&one.chain, " · ", &tr::overview::payments(l, one.deposits)].concat()}</small>
                <small>{change}</small>
            </div>
        }
    };
    list.into_iter().map(line).collect_view().into_any()
}

/// What does not count yet, with a way to each of its lists.
pub fn awaiting(found: Awaiting) -> AnyView {
    let l = use_language();
    let Awaiting { detected, confirming, is_more, oldest } = found;
    let Some(at) = oldest else {
        return view! { <p class="muted">{tr::overview::awaiting_none(l)}</p> }.into_any();
    };
    let link = |href: &'static str, words: String| {
        view! {
            <ButtonLink href small=true>
                {words}
            </ButtonLink>
        }
    };
    view! {
        <div class="stat">
            <strong class="num">{tr::overview::payments(l, detected + confirming)}</strong>
            {is_more.then(|| view! { <small>{tr::overview::and_more(l)}</small> })}
            <small>{tr::overview::oldest(l)} " " <TimeAgo at/></small>
        </div>
        <p class="cluster">
            {link("/transactions?status=detected", tr::overview::detected(l, &detected.to_string()))}
            {link(
                "/transactions?status=confirming",
                tr::overview::confirming(l, &confirming.to_string()),
            )}
        </p>
    }
    .into_any()
}

/// What lies on subaddresses.
pub fn uncollected((list, more): (Vec<String>, usize)) -> AnyView {
    let l = use_language();
    if list.is_empty() {
        return view! { <p class="muted">{tr::overview::uncollected_none(l)}</p> }.into_any();
    }
    let line = |amount| {
        view! {
            <div class="stat">
                <strong class="num">{amount}</strong>
            </div>
        }
    };
    view! {
        {list.into_iter().map(line).collect_view()}
        {(more > 0).then(|| view! { <small>{tr::overview::others(l, more)}</small> })}
        <p class="cluster">
            <ButtonLink href="/collection" small=true>
                {tr::overview::to_collection(l)}
            </ButtonLink>
        </p>
    }
    .into_any()
}
