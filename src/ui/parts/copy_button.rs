use super::{Icon, Text};
use crate::ui::browser;
use leptos::prelude::*;
use std::time::Duration;

/// Copies a value and says so for two seconds, also to screen readers. Pages without wasm answer the button in
/// `enhance.js`; without any script the value beside it selects itself as a whole when pressed.
#[component]
pub fn CopyButton(
    /// What is copied.
    #[prop(into)]
    value: String,
    /// The name of the value, for screen readers.
    #[prop(into)]
    label: Text,
    /// "Copy" and "Copied".
    words: (&'static str, &'static str),
    /// Shows the icon only.
    #[prop(optional)]
    icon_only: bool,
) -> impl IntoView {
    let (copy, done) = words;
    let copied = RwSignal::new(false);
    let name = [copy, " ", label.as_str()].concat();
    let data = value.clone();
    let press = move |_| {
        browser::copy_text(&value, move || {
            copied.set(true);
            set_timeout(move || copied.set(false), Duration::from_secs(2));
        });
    };
    let class = if icon_only {
        "button quiet small square copy needs-script"
    } else {
        "button small copy needs-script"
    };
    let words = move |text| (!icon_only).then_some(text);
    view! {
        <span class="copy-wrap">
            <button
                type="button"
                class=class
                aria-label=name
                data-copy=data
                data-done=done
                data-copied=move || copied.get().then_some("")
                on:click=press
            >
                <span class="idle">
                    <Icon id="copy"/>
                    {words(copy)}
                </span>
                <span class="copied">
                    <Icon id="check"/>
                    {words(done)}
                </span>
            </button>
            <span class="visually-hidden" role="status">
                {move || copied.get().then_some(done)}
            </span>
        </span>
    }
    .into_any()
}
