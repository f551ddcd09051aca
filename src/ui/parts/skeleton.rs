use super::Text;
use leptos::prelude::*;

/// Grey rows where a list is on its way; nothing for the first 200 ms.
#[component]
pub fn Skeleton(
    /// What screen readers hear.
    #[prop(into)]
    label: Text,
    /// How many rows.
    #[prop(default = 8)]
    rows: usize,
) -> impl IntoView {
    let rows = (0..rows).map(|_| view! { <span></span> }).collect_view();
    view! {
        <div class="skeleton" role="status" aria-label=label>
            {rows}
        </div>
    }
    .into_any()
}
