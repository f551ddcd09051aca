use super::{Field, FieldText, Text};
use leptos::prelude::*;

/// The text of a `<textarea>` as HTML. The framework writes children of this element unescaped, and the parser
/// drops a first line break, so the server escapes the text and puts a line break before it; in the browser the
/// text becomes a node and is taken as it is.
fn escaped(text: &str) -> String {
    ["\n", &text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")].concat()
}

/// Several lines of text. Uncontrolled: what was typed before the page came alive stays.
#[component]
pub fn TextArea(
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
    /// Set in the fixed-width font.
    #[prop(optional)]
    mono: bool,
    /// An example of what to type.
    #[prop(optional, into)]
    placeholder: Option<Text>,
) -> impl IntoView {
    let text = FieldText::new(name, label, hint);
    let (id, described_by) = (text.id.clone(), text.described_by());
    let value = if is_server() { escaped(&value) } else { value };
    view! {
        <Field text error>
            <textarea
                id=id
                name=name
                class=if mono { "input mono" } else { "input" }
                rows="5"
                placeholder=placeholder
                autocapitalize="none"
                spellcheck="false"
                aria-describedby=described_by
                aria-invalid=move || error.get().map(|_| "true")
            >
                {value}
            </textarea>
        </Field>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn web_07_text_cannot_leave_a_text_area() {
        assert_eq!(
            escaped("</textarea><script>alert(1)</script>&lt;"),
            "\n&lt;/textarea&gt;&lt;script&gt;alert(1)&lt;/script&gt;&amp;lt;"
        );
    }
}
