use super::{Field, FieldText, Icon, Text};
use leptos::prelude::*;

/// A password with a button that shows it. Pages without wasm answer the button in `enhance.js`.
#[component]
pub fn PasswordInput(
    /// The name it is sent under.
    name: &'static str,
    /// What it is.
    #[prop(into)]
    label: Text,
    /// The name of the button that shows it.
    #[prop(into)]
    show: Text,
    /// What to know before typing.
    #[prop(optional, into)]
    hint: Option<Text>,
    /// What is wrong with the value, if anything.
    #[prop(optional, into)]
    error: Signal<Option<String>>,
    /// `current-password` or `new-password`.
    #[prop(default = "current-password")]
    autocomplete: &'static str,
    /// The fewest characters.
    #[prop(optional)]
    minlength: Option<u16>,
    /// Whether it has the focus when the page or dialog opens.
    #[prop(optional)]
    autofocus: bool,
) -> impl IntoView {
    let shown = RwSignal::new(false);
    let text = FieldText::new(name, label, hint);
    let described_by = text.described_by();
    view! {
        <Field text error>
            <div class="with-button">
                <input
                    id=name
                    name=name
                    type=move || if shown.get() { "text" } else { "password" }
                    class="input"
                    autocomplete=autocomplete
                    autocapitalize="none"
                    spellcheck="false"
                    required
                    autofocus=autofocus
                    minlength=minlength
                    maxlength="1024"
                    aria-describedby=described_by
                    aria-invalid=move || error.get().map(|_| "true")
                />
                <button
                    type="button"
                    class="button quiet small square needs-script"
                    data-reveal=name
                    aria-label=show
                    aria-pressed=move || if shown.get() { "true" } else { "false" }
                    on:click=move |_| shown.update(|shown| *shown = !*shown)
                >
                    <Icon id="eye"/>
                </button>
            </div>
        </Field>
    }
    .into_any()
}
