use leptos::prelude::*;

/// A picture from the sprite; decoration only, the words stand beside it or in an `aria-label`.
#[component]
pub fn Icon(
    /// The id of the symbol in the sprite.
    id: &'static str,
    /// Twenty pixels instead of sixteen.
    #[prop(optional)]
    large: bool,
) -> impl IntoView {
    let class = if large { "icon large" } else { "icon" };
    view! {
        <svg class=class aria-hidden="true">
            <use href=sprite(id)></use>
        </svg>
    }
}

/// Where a symbol of the sprite is.
pub fn sprite(id: &str) -> String {
    ["/assets/v1/icons.svg#", id].concat()
}

/// Words for screen readers only.
#[component]
pub fn VisuallyHidden(children: Children) -> impl IntoView {
    view! { <span class="visually-hidden">{children()}</span> }
}
