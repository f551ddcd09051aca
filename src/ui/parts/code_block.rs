use super::{CopyButton, Text};
use leptos::prelude::*;

/// Something to paste into a terminal or a file, with a button that copies it.
#[component]
pub fn CodeBlock(
    /// What it is.
    #[prop(into)]
    label: Text,
    /// The text.
    #[prop(into)]
    code: String,
    /// "Copy" and "Copied".
    words: (&'static str, &'static str),
) -> impl IntoView {
    let copied = code.clone();
    view! {
        <div class="stack tight">
            <div class="card-head">
                <h2>{label.clone()}</h2>
                <CopyButton value=copied label words/>
            </div>
            <pre class="code-block" tabindex="0">
                {code}
            </pre>
        </div>
    }
    .into_any()
}
