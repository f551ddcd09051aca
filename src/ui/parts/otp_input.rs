use super::{Field, FieldText, Text};
use leptos::{html, prelude::*};

/// The six digits of an authenticator: one field, so that paste and autofill work. Spaces and full-width digits
/// pass; the server reads them. A new error empties the field and puts the cursor back into it.
#[component]
pub fn OtpInput(
    /// What it is.
    #[prop(into)]
    label: Text,
    /// What to know before typing.
    #[prop(optional, into)]
    hint: Option<Text>,
    /// What is wrong with the code, if anything.
    #[prop(optional, into)]
    error: Signal<Option<String>>,
    /// Whether it has the focus when the page or dialog opens.
    #[prop(default = true)]
    autofocus: bool,
) -> impl IntoView {
    let node = NodeRef::<html::Input>::new();
    Effect::new(move |_| {
        if error.get().is_some()
            && let Some(input) = node.get()
        {
            input.set_value("");
            let _ = input.focus();
        }
    });
    let text = FieldText::new("code", label, hint);
    let described_by = text.described_by();
    view! {
        <Field text error>
            <input
                node_ref=node
                id="code"
                name="code"
                type="text"
                class="input otp"
                inputmode="numeric"
                autocomplete="one-time-code"
                pattern="[0-9０-９\\s]{6,7}"
                maxlength="7"
                required
                autofocus=autofocus
                aria-describedby=described_by
                aria-invalid=move || error.get().map(|_| "true")
            />
        </Field>
    }
    .into_any()
}
