use super::{Icon, Tone};
use leptos::prelude::*;

/// A note that stays: what happened, what follows, or what to mind.
#[component]
pub fn Banner(
    /// What the colour says.
    #[prop(optional)]
    tone: Tone,
    /// Spoken at once when it appears.
    #[prop(optional)]
    alert: bool,
    children: Children,
) -> impl IntoView {
    let icon = match tone {
        Tone::Plain | Tone::Info => "info",
        Tone::Ok => "check",
        Tone::Warn => "triangle-alert",
        Tone::Bad => "circle-alert",
    };
    view! {
        <div class=["banner ", tone.class()].concat() role=alert.then_some("alert")>
            <Icon id=icon/>
            <div>{children()}</div>
        </div>
    }
    .into_any()
}
