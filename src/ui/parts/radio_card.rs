use super::Text;
use leptos::prelude::*;

/// One of a few choices that each need a sentence. None is chosen for the person.
#[component]
pub fn RadioCard(
    /// The name the group is sent under.
    name: &'static str,
    /// The value of this choice.
    value: &'static str,
    /// The choice.
    #[prop(into)]
    title: Text,
    /// What follows from it.
    #[prop(into)]
    hint: Text,
    /// Whether it is chosen to begin with.
    #[prop(optional)]
    checked: bool,
) -> impl IntoView {
    view! {
        <label class="radio-card">
            <input type="radio" name=name value=value checked=checked required/>
            <span class="radio-title">{title}</span>
            <span class="hint">{hint}</span>
        </label>
    }
    .into_any()
}
