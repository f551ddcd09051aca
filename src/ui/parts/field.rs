use super::Icon;
use leptos::{oco::Oco, prelude::*};

/// Words of a part: fixed ones from the locale files or ones with values in them.
pub type Text = Oco<'static, str>;

/// The words around one control.
#[derive(Debug, Clone)]
pub struct FieldText {
    /// The control's id; hint and error are found by it.
    pub id: Text,
    /// What it is.
    pub label: Text,
    /// What to know before typing.
    pub hint: Option<Text>,
}

impl FieldText {
    /// The words around the control of that name. Its id is the name, or what stands in the brackets of `form[label]`.
    pub fn new(name: &'static str, label: Text, hint: Option<Text>) -> Self {
        Self { id: id_of(name).into(), label, hint }
    }

    /// The ids of hint and error, for `aria-describedby`.
    pub fn described_by(&self) -> String {
        let error = [self.id.as_str(), "-error"].concat();
        match self.hint {
            Some(_) => [self.id.as_str(), "-hint ", &error].concat(),
            None => error,
        }
    }
}

/// The id of the control that is sent under a name.
pub fn id_of(name: &str) -> &str {
    name.split_once('[').and_then(|(_, rest)| rest.split_once(']')).map_or(name, |(inner, _)| inner)
}

/// Label, control, hint and error, tied together for screen readers.
#[component]
pub fn Field(
    /// The words.
    text: FieldText,
    /// What is wrong with the value, if anything.
    #[prop(into)]
    error: Signal<Option<String>>,
    children: Children,
) -> impl IntoView {
    let FieldText { id, label, hint } = text;
    let hint_id = [id.as_str(), "-hint"].concat();
    let error_id = [id.as_str(), "-error"].concat();
    view! {
        <div class="field">
            <label class="label" for=id>
                {label}
            </label>
            {children()}
            {hint.map(|hint| view! { <p class="hint" id=hint_id>{hint}</p> })}
            <div id=error_id aria-live="polite">
                {move || {
                    error
                        .get()
                        .map(|error| {
                            view! {
                                <p class="field-error">
                                    <Icon id="circle-alert"/>
                                    <span>{error}</span>
                                </p>
                            }
                        })
                }}
            </div>
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::id_of;

    #[test]
    fn a_control_is_found_by_the_last_part_of_its_name() {
        assert_eq!(id_of("email"), "email");
        assert_eq!(id_of("form[label]"), "label");
        assert_eq!(id_of("form[scopes][]"), "scopes");
    }
}
