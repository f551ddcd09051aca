use super::{Field, FieldText, Text};
use leptos::prelude::*;

/// One line of text. Uncontrolled: what was typed before the page came alive stays.
#[component]
pub fn Input(
    /// The name it is sent under.
    name: &'static str,
    /// What it is.
    #[prop(into)]
    label: Text,
    /// What to know before typing.
    #[prop(optional, into)]
    hint: Option<Text>,
    /// What is wrong with the value, if anything.
    #[prop(optional, into)]
    error: Signal<Option<String>>,
    /// The value to begin with.
    #[prop(optional, into)]
    value: String,
    /// The input type.
    #[prop(default = "text")]
    kind: &'static str,
    /// The autofill token.
    #[prop(default = "off")]
    autocomplete: &'static str,
    /// Whether it may not be empty.
    #[prop(optional)]
    required: bool,
    /// Whether it has the focus when the page or dialog opens.
    #[prop(optional)]
    autofocus: bool,
    /// Set in the fixed-width font.
    #[prop(optional)]
    mono: bool,
    /// The most characters.
    #[prop(optional)]
    maxlength: Option<u16>,
) -> impl IntoView {
    let text = FieldText::new(name, label, hint);
    let (id, described_by) = (text.id.clone(), text.described_by());
    view! {
        <Field text error>
            <input
                id=id
                name=name
                type=kind
                class=if mono { "input mono" } else { "input" }
                value=value
                autocomplete=autocomplete
                autocapitalize=(kind != "text" || mono).then_some("none")
                spellcheck=(kind != "text" || mono).then_some("false")
                required=required
                autofocus=autofocus
                maxlength=maxlength
                aria-describedby=described_by
                aria-invalid=move || error.get().map(|_| "true")
            />
        </Field>
    }
    .into_any()
}
