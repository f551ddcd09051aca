use super::{Icon, Text};
use crate::ui::browser;
use leptos::{ev, html, prelude::*, wasm_bindgen::JsCast as _, web_sys};
use leptos_router::{NavigateOptions, hooks::use_navigate};

/// A dialog that is a route: the server renders it open, scripts make it modal, and leaving it is going to the
/// page it stands on. Without scripts it is a card above that page.
#[component]
pub fn Dialog(
    /// What is asked, with verb and object.
    #[prop(into)]
    title: Text,
    /// The page it stands on.
    #[prop(into)]
    parent: Text,
    /// The name of the button that closes it.
    #[prop(into)]
    close: Text,
    /// Room for a form.
    #[prop(optional)]
    wide: bool,
    /// As high as the page, at its end: for looking at one row of a list.
    #[prop(optional)]
    drawer: bool,
    children: Children,
) -> impl IntoView {
    let node = NodeRef::<html::Dialog>::new();
    Effect::new(move |_| {
        if node.get().is_some() {
            // One that was just built stands in the document from the next frame on; before, it cannot be shown.
            request_animation_frame(move || {
                // Whoever goes back within that frame has taken it away.
                if let Some(dialog) = node.try_get_untracked().flatten() {
                    // The focus goes back to where it stood: from an entry of a menu, to the menu's button.
                    browser::hide_popover(".menu:popover-open");
                    // A dialog that is open already cannot be made modal.
                    let _ = dialog.remove_attribute("open");
                    let _ = dialog.show_modal();
                    browser::forget_form_error();
                }
            });
        }
    });
    // Closing while the element is still there gives the focus back to the link that opened it.
    let close_first = move || {
        if let Some(dialog) = node.try_get_untracked().flatten() {
            dialog.close();
        }
    };
    on_cleanup(|| browser::focus_if_lost("h1"));
    let follow = move |event: ev::MouseEvent| {
        let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
        if target.and_then(|target| target.closest("a[href^='/']").ok().flatten()).is_some() {
            close_first();
        }
    };
    let class = match (drawer, wide) {
        (true, _) => "dialog drawer",
        (false, true) => "dialog wide",
        (false, false) => "dialog",
    };
    let navigate = use_navigate();
    let leave = {
        let parent = parent.clone();
        move |event: ev::Event| {
            event.prevent_default();
            close_first();
            navigate(&parent, NavigateOptions { scroll: false, ..NavigateOptions::default() });
        }
    };
    view! {
        <dialog
            node_ref=node
            open
            class=class
            aria-labelledby="dialog-title"
            on:cancel=leave
            on:click=follow
        >
            <div class="dialog-head">
                <h2 id="dialog-title">{title}</h2>
                <a class="button quiet small square" href=parent aria-label=close>
                    <Icon id="x"/>
                </a>
            </div>
            <div class="dialog-body">{children()}</div>
        </dialog>
    }
    .into_any()
}
