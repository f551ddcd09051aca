use super::Icon;
use leptos::{oco::Oco, prelude::*};

/// How loud a button is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Look {
    /// An outline.
    #[default]
    Plain,
    /// The one thing to do here.
    Primary,
    /// Takes something away for good.
    Danger,
    /// No outline until pointed at.
    Quiet,
}

fn class(look: Look, small: bool, block: bool) -> String {
    let look = match look {
        Look::Plain => "",
        Look::Primary => " primary",
        Look::Danger => " danger",
        Look::Quiet => " quiet",
    };
    ["button", look, if small { " small" } else { "" }, if block { " block" } else { "" }].concat()
}

/// A button that sends its form. While `busy` it keeps its words, shows a spinner and cannot be pressed.
#[component]
pub fn Button(
    /// How loud it is.
    #[prop(optional)]
    look: Look,
    /// Less high.
    #[prop(optional)]
    small: bool,
    /// As wide as its parent.
    #[prop(optional)]
    block: bool,
    /// An icon before the words.
    #[prop(optional)]
    icon: Option<&'static str>,
    /// Whether its form is on the way.
    #[prop(optional, into)]
    busy: Signal<bool>,
    /// Whether it cannot be pressed at all.
    #[prop(optional)]
    disabled: bool,
    children: Children,
) -> impl IntoView {
    view! {
        <button
            type="submit"
            class=class(look, small, block)
            disabled=move || disabled || busy.get()
            aria-busy=move || busy.get().then_some("true")
        >
            {icon.map(|id| view! { <Icon id/> })}
            {children()}
        </button>
    }
    .into_any()
}

/// A link that looks like a button.
#[component]
pub fn ButtonLink(
    /// Where it leads.
    #[prop(into)]
    href: Oco<'static, str>,
    /// How loud it is.
    #[prop(optional)]
    look: Look,
    /// Less high.
    #[prop(optional)]
    small: bool,
    /// As wide as its parent.
    #[prop(optional)]
    block: bool,
    /// An icon before the words.
    #[prop(optional)]
    icon: Option<&'static str>,
    /// Loads a page from the server instead of going there inside the page.
    #[prop(optional)]
    external: bool,
    children: Children,
) -> impl IntoView {
    view! {
        <a href=href class=class(look, small, block) rel=external.then_some("external")>
            {icon.map(|id| view! { <Icon id/> })}
            {children()}
        </a>
    }
    .into_any()
}
