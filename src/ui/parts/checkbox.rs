use super::Text;
use leptos::prelude::*;

/// A yes, with its words beside it.
#[component]
pub fn Checkbox(
    /// The name it is sent under.
    name: &'static str,
    /// What is said yes to.
    #[prop(into)]
    label: Text,
    /// What follows from it.
    #[prop(optional, into)]
    hint: Option<Text>,
    /// The value it is sent with.
    #[prop(default = "true")]
    value: &'static str,
    /// Whether it is ticked to begin with.
    #[prop(optional)]
    checked: bool,
    /// Whether the form waits for it.
    #[prop(optional)]
    required: bool,
) -> impl IntoView {
    view! {
        <label class="check">
            <input type="checkbox" name=name value=value checked=checked required=required/>
            <span>{label}</span>
            {hint.map(|hint| view! { <span class="hint">{hint}</span> })}
        </label>
    }
    .into_any()
}
