use crate::{
    i18n::use_language,
    ui::{browser, time},
};
use aio_domain::Timestamp;
use leptos::prelude::*;

/// An instant: absolute in UTC from the server, relative with local time in the tooltip once scripts run. Only
/// an effect reads the clock, so server and browser render the same first.
#[component]
pub fn TimeAgo(
    /// The instant.
    at: Timestamp,
) -> impl IntoView {
    let language = use_language();
    let absolute = time::absolute(at);
    let shown = RwSignal::new(absolute.clone());
    let tooltip = RwSignal::new(absolute.clone());
    Effect::new(move |_| {
        if let Some(now) = browser::now() {
            shown.set(time::relative(language, at, now));
        }
        if let Some(local) = browser::local_time(at) {
            tooltip.set([local.as_str(), " · ", &absolute].concat());
        }
    });
    view! {
        <time datetime=at.rfc3339() title=tooltip>
            {shown}
        </time>
    }
    .into_any()
}
