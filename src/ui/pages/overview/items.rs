use crate::{
    api::overview::{Item, What},
    i18n::{tr, use_language},
    ui::parts::{ButtonLink, Icon, VisuallyHidden},
};
use aio_domain::Language;
use leptos::prelude::*;

/// What it is in a sentence, and what to do about it.
fn words(l: Language, what: What, name: &str) -> (String, &'static str) {
    match what {
        What::NoCollectionAddress => {
            (tr::overview::a_collection(l, name), tr::overview::a_collection_do(l))
        }
        What::NoGas => (tr::overview::a_gas(l, name), tr::overview::a_gas_do(l)),
        What::LowGas => (tr::overview::a_gas_low(l, name), tr::overview::a_gas_do(l)),
        What::FewCodes => (tr::overview::a_codes(l, name), tr::overview::a_codes_do(l)),
        What::AnyAddress => (tr::overview::a_any(l, name), tr::overview::a_any_do(l)),
        What::Unused => (tr::overview::a_unused(l, name), tr::overview::a_unused_do(l)),
        What::Key => (tr::overview::s_key(l).to_owned(), ""),
        What::CollectionAddress => (tr::overview::s_collection(l, name), ""),
        What::Subaddress => (tr::overview::s_subaddress(l).to_owned(), ""),
        What::Payment => (tr::overview::s_payment(l).to_owned(), ""),
    }
}

/// What to look at, one action each.
#[component]
pub fn Attention(list: Vec<Item>) -> impl IntoView {
    let l = use_language();
    if list.is_empty() {
        return view! { <p class="muted">{tr::overview::calm(l)}</p> }.into_any();
    }
    let line = |item: Item| {
        let (text, action) = words(l, item.what, &item.name);
        view! {
            <li>
                <Icon id="triangle-alert"/>
                <span>{text}</span>
                {item
                    .href
                    .map(|href| {
                        view! {
                            <ButtonLink href small=true>
                                {action}
                            </ButtonLink>
                        }
                    })}
            </li>
        }
    };
    view! { <ul class="items">{list.into_iter().map(line).collect_view()}</ul> }.into_any()
}

/// What to do first, and what of it is done.
pub fn steps(list: Vec<Item>) -> AnyView {
    let l = use_language();
    let line = |item: Item| {
        let (text, _) = words(l, item.what, &item.name);
        let (icon, state) = if item.is_done {
            ("check", tr::overview::done(l))
        } else {
            ("arrow-right", tr::overview::to_do(l))
        };
        let text = match item.href {
            Some(href) => view! { <a href=href>{text}</a> }.into_any(),
            None => text.into_any(),
        };
        view! {
            <li class=item.is_done.then_some("done")>
                <Icon id=icon/>
                <span>
                    {text} <VisuallyHidden>" (" {state} ")"</VisuallyHidden>
                </span>
            </li>
        }
    };
    view! {
        <p class="hint">{tr::overview::steps_hint(l)}</p>
        <ol class="items">{list.into_iter().map(line).collect_view()}</ol>
    }
    .into_any()
}
