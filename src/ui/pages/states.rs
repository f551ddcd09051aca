//! The pages for when there is nothing to show: not found, not allowed, signed out, failed.

use crate::{
    i18n::{tr, use_language},
    ui::{
        layout::{EntryCard, here},
        parts::{ButtonLink, Look},
        problem,
    },
};
use aio_domain::Problem;
use leptos::prelude::*;

/// The whole page for an address that leads nowhere.
#[component]
pub fn NotFound() -> impl IntoView {
    let l = use_language();
    view! {
        <EntryCard title=tr::error_page::not_found_title(l) intro=tr::error_page::not_found(l)>
            <div class="actions start">
                <ButtonLink href="/api-keys" look=Look::Primary external=true>
                    {tr::error_page::to_keys(l)}
                </ButtonLink>
            </div>
        </EntryCard>
    }
    .into_any()
}

/// The whole page for a view that panicked or a part that failed to render.
#[component]
pub fn Crashed() -> impl IntoView {
    let l = use_language();
    view! {
        <EntryCard title=tr::error_page::crashed_title(l) intro=tr::error_page::crashed(l)>
            <div class="actions start">
                <ButtonLink href="/api-keys" look=Look::Primary external=true>
                    {tr::error_page::to_keys(l)}
                </ButtonLink>
            </div>
        </EntryCard>
    }
    .into_any()
}

/// Stands where the content of a page would be, when its data was refused: what happened and the way out.
#[component]
pub fn ProblemPage(
    /// Why.
    problem: Problem,
) -> impl IntoView {
    let l = use_language();
    let back = here();
    let reload = move || (back.get(), tr::error_page::reload(l));
    let (title, text) = match problem {
        Problem::NotFound => {
            (tr::error_page::not_found_title(l), tr::error_page::not_found(l).to_owned())
        }
        Problem::Forbidden => {
            (tr::error_page::forbidden_title(l), tr::error_page::forbidden_plain(l).to_owned())
        }
        Problem::AddressRefused => {
            (tr::error_page::address_title(l), tr::error_page::address_plain(l).to_owned())
        }
        ref other => (tr::error_page::crashed_title(l), problem::text(l, other)),
    };
    let signed_out =
        matches!(problem, Problem::SignedOut | Problem::CodeAwaited | Problem::EnrolmentRequired);
    let lost = matches!(problem, Problem::NotFound | Problem::Forbidden);
    let title = if signed_out { tr::sign_in::title(l) } else { title };
    let (href, words) = if signed_out {
        ("/sign-in".to_owned(), tr::error_page::to_sign_in(l))
    } else if lost {
        ("/api-keys".to_owned(), tr::error_page::to_keys(l))
    } else {
        untrack(reload)
    };
    view! {
        <section class="card error-page" role="alert">
            <h2>{title}</h2>
            <p>{text}</p>
            <ButtonLink href=href look=Look::Primary external=true>
                {words}
            </ButtonLink>
        </section>
    }
    .into_any()
}
