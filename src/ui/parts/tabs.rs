use super::Text;
use leptos::prelude::*;
use leptos_router::components::A;

/// Pages of one area, as links.
#[component]
pub fn Tabs(
    /// What the pages belong to.
    #[prop(into)]
    label: Text,
    /// Address and name of each.
    items: Vec<(&'static str, &'static str)>,
) -> impl IntoView {
    let items =
        items.into_iter().map(|(href, name)| view! { <A href=href>{name}</A> }).collect_view();
    view! {
        <nav class="tabs" aria-label=label>
            {items}
        </nav>
    }
    .into_any()
}
