use super::{Field, FieldText, Text};
use leptos::prelude::*;

/// One of a few values, by the browser's own control.
#[component]
pub fn Select(
    /// The name it is sent under.
    name: &'static str,
    /// What it is.
    #[prop(into)]
    label: Text,
    /// What to know before choosing.
    #[prop(optional, into)]
    hint: Option<Text>,
    /// What is wrong with the value, if anything.
    #[prop(optional, into)]
    error: Signal<Option<String>>,
    /// Value and words of each choice.
    options: Vec<(Text, Text)>,
    /// The value chosen to begin with.
    #[prop(into)]
    selected: Text,
) -> impl IntoView {
    let text = FieldText::new(name, label, hint);
    let (id, described_by) = (text.id.clone(), text.described_by());
    let options = options
        .into_iter()
        .map(|(value, words)| {
            let is_selected = value == selected;
            view! { <option value=value selected=is_selected>{words}</option> }
        })
        .collect_view();
    view! {
        <Field text error>
            <select
                id=id
                name=name
                class="input"
                aria-describedby=described_by
                aria-invalid=move || error.get().map(|_| "true")
            >
                {options}
            </select>
        </Field>
    }
    .into_any()
}
