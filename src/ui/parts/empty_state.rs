use super::{Icon, Text};
use leptos::prelude::*;

/// Why there is nothing here, and the one thing to do about it.
#[component]
pub fn EmptyState(
    /// The icon.
    icon: &'static str,
    /// What is missing.
    #[prop(into)]
    title: Text,
    /// What it would be good for.
    #[prop(into)]
    text: Text,
    /// The way out.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="empty">
            <Icon id=icon/>
            <h2>{title}</h2>
            <p>{text}</p>
            {children.map(|children| children())}
        </div>
    }
    .into_any()
}
