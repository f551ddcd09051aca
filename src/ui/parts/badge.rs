use super::Tone;
use leptos::prelude::*;

/// A state in one or two words, with a dot in its colour.
#[component]
pub fn Badge(
    /// What the colour says.
    #[prop(optional)]
    tone: Tone,
    children: Children,
) -> impl IntoView {
    view! { <span class=["badge ", tone.class()].concat()>{children()}</span> }
}

/// A machine word in a list of such words.
#[component]
pub fn Chip(children: Children) -> impl IntoView {
    view! { <span class="chip">{children()}</span> }
}
