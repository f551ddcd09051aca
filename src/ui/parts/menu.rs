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
    /// The icon before the words; menus of rows have none, since a list has many of them.
    #[prop(optional)]
    icon: Option<&'static str>,
    /// Takes something away for good.
    #[prop(optional)]
    danger: bool,
    children: Children,
) -> impl IntoView {
    let class = if danger { "menu-item danger" } else { "menu-item" };
    let words = match icon {
        Some(id) => view! { <Icon id/> <span>{children()}</span> }.into_any(),
        None => children(),
    };
    view! {
        <a class=class href=href>
            {words}
        </a>
    }
    .into_any()
}

/// A line between groups of entries.
#[component]
pub fn MenuRule() -> impl IntoView {
    view! { <hr class="menu-rule"/> }
}
