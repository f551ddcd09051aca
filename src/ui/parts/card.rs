use leptos::{oco::Oco, prelude::*};

/// A surface with a heading of its own.
#[component]
pub fn Card(
    /// The heading.
    #[prop(into)]
    title: Oco<'static, str>,
    /// One sentence under it.
    #[prop(optional, into)]
    hint: Option<Oco<'static, str>>,
    children: Children,
) -> impl IntoView {
    view! {
        <section class="card">
            <div class="card-body">
                <div class="card-head">
                    <h2>{title}</h2>
                    {hint.map(|hint| view! { <p class="hint">{hint}</p> })}
                </div>
                {children()}
            </div>
        </section>
    }
    .into_any()
}

/// Names and values, side by side.
#[component]
pub fn Facts(
    /// The pairs, in order.
    pairs: Vec<(&'static str, AnyView)>,
) -> impl IntoView {
    let pairs = pairs
        .into_iter()
        .map(|(name, value)| view! { <dt>{name}</dt> <dd>{value}</dd> })
        .collect_view();
    view! { <dl class="facts">{pairs}</dl> }
}
