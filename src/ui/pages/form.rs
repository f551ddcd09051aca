//! What every form of a page shares: its problem, whether it is on the way, and the step that asks for a code.

use crate::{
    api::ApiError,
    i18n::{tr, use_language},
    ui::{
        browser,
        parts::{Banner, Button, ButtonLink, ErrorSummary, Look, OtpInput, Text, Tone, id_of},
        problem,
    },
};
use aio_domain::{Field, Problem};
use leptos::{ev::SubmitEvent, prelude::*, server::ServerActionError};
use server_fn::error::ServerFnUrlError;

/// The state of one form. Without scripts the problem comes from the address, with scripts from the answer.
#[derive(Clone, Copy)]
pub struct FormState {
    /// The server function it posts to.
    path: &'static str,
    /// What went wrong last time.
    pub problem: RwSignal<Option<Problem>>,
    /// Whether it is on the way; stays so after success, until the next page is there.
    pub busy: RwSignal<bool>,
}

impl FormState {
    /// The state of a form that posts to the server function at `path`. Make it inside the route's view: that is
    /// where the router says what went wrong without scripts.
    pub fn new(path: &'static str) -> Self {
        let refused = use_context::<ServerActionError>()
            .filter(|error| error.path() == path)
            .map(|error| ServerFnUrlError::<ApiError>::decode_err(error.err()).0);
        Self { path, problem: RwSignal::new(refused), busy: RwSignal::new(false) }
    }

    /// What stands under one field.
    pub fn field(self, field: Field) -> Signal<Option<String>> {
        let l = use_language();
        Signal::derive(move || {
            self.problem.with(|problem| problem::of_field(l, problem.as_ref(), field))
        })
    }

    /// What stands under the code.
    pub fn code(self) -> Signal<Option<String>> {
        let l = use_language();
        Signal::derive(move || {
            self.problem
                .get()
                .filter(problem::is_about_code)
                .map(|problem| problem::text(l, &problem))
        })
    }

    /// What stands above the form: everything that is not about the code.
    pub fn general(self) -> Signal<Option<String>> {
        let l = use_language();
        Signal::derive(move || {
            self.problem
                .get()
                .filter(|problem| !problem::is_about_code(problem))
                .map(|problem| problem::text(l, &problem))
        })
    }
}

/// A form that posts to its server function: by itself without scripts, in the background with them. Success leads
/// to the page that the server names, as a whole new document.
///
/// Every change answers with a page or a [`Problem`], so one form serves them all and each weighs nothing.
#[component]
pub fn PostForm(
    /// Its state.
    state: FormState,
    /// Classes.
    #[prop(optional)]
    class: &'static str,
    /// What a screen reader says, where the button alone says too little.
    #[prop(optional, into)]
    label: Option<String>,
    children: Children,
) -> impl IntoView {
    let submit = move |event: SubmitEvent| {
        if state.busy.get_untracked() {
            event.prevent_default();
            return;
        }
        state.busy.set(true);
        browser::post(&event, state.path, move |problem| {
            state.busy.set(false);
            state.problem.set(Some(problem));
        });
    };
    view! {
        <form method="post" action=state.path class=class aria-label=label on:submit=submit>
            {children()}
        </form>
    }
    .into_any()
}

/// What is wrong with a form, above it, with a link to each field. `names` are the controls in order.
#[component]
pub fn FormProblem(
    /// The form.
    state: FormState,
    /// Field and name of each control.
    #[prop(optional)]
    names: &'static [(Field, &'static str)],
) -> impl IntoView {
    let l = use_language();
    let fields = Signal::derive(move || {
        let problem = state.problem.get();
        names
            .iter()
            .filter_map(|(field, name)| {
                let text = problem::of_field(l, problem.as_ref(), *field)?;
                let named = tr::field_error::named(l, problem::field_name(l, *field), &text);
                Some((Text::from(id_of(name)), named))
            })
            .collect::<Vec<_>>()
    });
    view! { <ErrorSummary message=state.general() fields/> }
}

/// The last step of a sensitive action: the code and the button that does it.
#[component]
pub fn CodeStep(
    /// The form.
    state: FormState,
    /// The button, with the verb of the title.
    #[prop(into)]
    submit: Text,
    /// How loud the button is.
    #[prop(default = Look::Primary)]
    look: Look,
    /// Where "Cancel" leads.
    #[prop(into)]
    cancel: Text,
    /// The words of "Cancel", where it goes back a step.
    #[prop(optional, into)]
    cancel_words: Option<Text>,
    /// Whether the code has the focus when the dialog opens.
    #[prop(default = true)]
    autofocus: bool,
) -> impl IntoView {
    let l = use_language();
    let words = cancel_words.unwrap_or_else(|| tr::common::cancel(l).into());
    view! {
        <OtpInput label=tr::common::code(l) hint=tr::common::code_hint(l) error=state.code() autofocus/>
        <div class="actions">
            <ButtonLink href=cancel>{words}</ButtonLink>
            <Button look busy=state.busy>
                {submit}
            </Button>
        </div>
    }
    .into_any()
}

/// A note inside a dialog.
#[component]
pub fn Note(
    /// What the colour says.
    tone: Tone,
    /// The sentence.
    #[prop(into)]
    text: Text,
) -> impl IntoView {
    view! { <Banner tone><p>{text}</p></Banner> }
}
