use super::Text;
use leptos::prelude::*;

/// A switch behind a confirmation: a link to the dialog that turns it. Its words say the state.
#[component]
pub fn Switch(
    /// Whether it is on.
    on: bool,
    /// The state in a word.
    #[prop(into)]
    state: Text,
    /// What pressing it begins, for screen readers: "Turn off …".
    #[prop(into)]
    action: Text,
    /// The dialog.
    #[prop(into)]
    href: Text,
) -> impl IntoView {
    let label = [state.as_str(), ". ", action.as_str()].concat();
    view! {
        <a class=if on { "switch on" } else { "switch" } href=href aria-label=label>
            <span class="track" aria-hidden="true"></span>
            <span>{state}</span>
        </a>
    }
    .into_any()
}
