use super::{Icon, Text, icon::sprite};
use crate::ui::{browser, still::Still};
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
    view! {
        <span class="copy-wrap">
            <button
                type="button"
                class="button small copy needs-script"
                aria-label=name
                data-copy=data
                data-done=done
                data-copied=move || copied.get().then_some("")
                on:click=press
            >
                <span class="idle">
                    <Icon id="copy"/>
                    {copy}
                </span>
                <span class="copied">
                    <Icon id="check"/>
                    {done}
                </span>
            </button>
            <span class="visually-hidden" role="status">
                {move || copied.get().then_some(done)}
            </span>
        </span>
    }
    .into_any()
}

/// The same as an icon, for lists: as little markup as can be. The frame's live region says that it is done.
#[component]
pub fn CopyIcon(
    /// What is copied.
    #[prop(into)]
    value: String,
    /// The name of the value, for screen readers.
    #[prop(into)]
    label: Text,
    /// "Copy" and "Copied".
    words: (&'static str, &'static str),
) -> impl IntoView {
    let (copy, done) = words;
    let copied = RwSignal::new(false);
    // Only pages without wasm carry the value twice.
    let data = use_context::<Still>().map(|Still| (value.clone(), done));
    let (data_copy, data_done) = data.unzip();
    let press = move |_| {
        browser::copy_text(&value, move || {
            copied.set(true);
            browser::announce(done);
            let forget = move || {
                copied.set(false);
                browser::announce("");
            };
            set_timeout(forget, Duration::from_secs(2));
        });
    };
    view! {
        <button
            type="button"
            class="button quiet small square needs-script"
            aria-label=[copy, " ", label.as_str()].concat()
            data-copy=data_copy
            data-done=data_done
            data-copied=move || copied.get().then_some("")
            on:click=press
        >
            <svg class="icon" aria-hidden="true">
                <use href=move || sprite(if copied.get() { "check" } else { "copy" })></use>
            </svg>
        </button>
    }
    .into_any()
}
