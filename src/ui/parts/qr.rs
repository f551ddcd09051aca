use super::Text;
use leptos::prelude::*;

/// A QR code from the server, dark on white in both themes.
#[component]
pub fn Qr(
    /// The dark modules as path data, one unit a module, the quiet zone included.
    path: String,
    /// Modules a side, the quiet zone included.
    side: u32,
    /// What scanning it does.
    #[prop(into)]
    label: Text,
) -> impl IntoView {
    let view_box = format!("0 0 {side} {side}");
    view! {
        <div class="qr">
            <svg viewBox=view_box width="200" height="200" role="img" aria-label=label shape-rendering="crispEdges">
                <rect width=side height=side fill="#ffffff"></rect>
                <path d=path fill="#000000"></path>
            </svg>
        </div>
    }
    .into_any()
}
