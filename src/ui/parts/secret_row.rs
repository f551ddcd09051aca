use super::{CopyButton, Text};
use leptos::prelude::*;

/// One value of a reveal page, in full, with its own copy button.
#[component]
pub fn SecretRow(
    /// What it is.
    #[prop(into)]
    label: Text,
    /// The value.
    #[prop(into)]
    value: String,
    /// "Copy" and "Copied".
    words: (&'static str, &'static str),
) -> impl IntoView {
    let copied = value.clone();
    view! {
        <div class="secret-row">
            <span class="label">{label.clone()}</span>
            <code class="secret-value">{value}</code>
            <CopyButton value=copied label words/>
        </div>
    }
    .into_any()
}
