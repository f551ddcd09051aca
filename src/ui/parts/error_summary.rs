use super::{Icon, Text};
use leptos::{html, prelude::*};

/// What is wrong with a form, above it; takes the focus when it appears, so that it is read and seen.
#[component]
pub fn ErrorSummary(
    /// The sentence, if anything is wrong.
    #[prop(into)]
    message: Signal<Option<String>>,
    /// The fields with errors: id of the control and what is wrong.
    #[prop(optional, into)]
    fields: Signal<Vec<(Text, String)>>,
) -> impl IntoView {
    let node = NodeRef::<html::Div>::new();
    Effect::new(move |_| {
        if message.get().is_some() {
            request_animation_frame(move || {
                if let Some(summary) = node.try_get_untracked().flatten() {
                    let _ = summary.focus();
                }
            });
        }
    });
    move || {
        message.get().map(|message| {
            let fields = fields.get();
            let list = (!fields.is_empty()).then(|| {
                let items = fields
                    .into_iter()
                    .map(|(id, text)| {
                        let href = ["#", id.as_str()].concat();
                        view! {
                            <li>
                                <a href=href rel="external">
                                    {text}
                                </a>
                            </li>
                        }
                    })
                    .collect_view();
                view! { <ul>{items}</ul> }
            });
            view! {
                <div node_ref=node class="banner bad" role="alert" tabindex="-1">
                    <Icon id="circle-alert"/>
                    <div>
                        <p>{message}</p>
                        {list}
                    </div>
                </div>
            }
        })
    }
}
