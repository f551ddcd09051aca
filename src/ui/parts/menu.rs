use super::{Icon, Text};
use leptos::prelude::*;

/// A button and the popover it opens; the browser opens and closes it, so it works without scripts.
#[component]
pub fn Menu(
    /// A page-wide id.
    #[prop(into)]
    id: Text,
    /// The name of the button.
    #[prop(into)]
    label: Text,
    /// The icon on the button.
    #[prop(default = "ellipsis")]
    icon: &'static str,
    children: Children,
) -> impl IntoView {
    view! {
        <button type="button" class="button quiet small square" popovertarget=id.clone() aria-label=label>
            <Icon id=icon/>
        </button>
        <div class="menu" id=id popover="auto">
            {children()}
        </div>
    }
    .into_any()
}

/// One entry of a menu that leads somewhere.
#[component]
pub fn MenuLink(
    /// Where it leads.
    #[prop(into)]
    href: Text,
    /// The icon before the words.
    icon: &'static str,
    /// Takes something away for good.
    #[prop(optional)]
    danger: bool,
    children: Children,
) -> impl IntoView {
    view! {
        <a class=if danger { "menu-item danger" } else { "menu-item" } href=href>
            <Icon id=icon/>
            <span>{children()}</span>
        </a>
    }
    .into_any()
}

/// A line between groups of entries.
#[component]
pub fn MenuRule() -> impl IntoView {
    view! { <hr class="menu-rule"/> }
}
