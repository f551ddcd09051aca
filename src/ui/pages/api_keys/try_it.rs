use crate::{
    i18n::{tr, use_language},
    ui::{
        browser,
        parts::{Button, Card, Look},
    },
};
use leptos::{ev::SubmitEvent, prelude::*};

/// Sends `whoami` from this browser with a secret that is pasted here, and shows what was asked and answered. The
/// secret goes into the request's header and nowhere else.
#[component]
pub fn TryIt() -> impl IntoView {
    let l = use_language();
    let answer = RwSignal::new(None::<(u16, String)>);
    let busy = RwSignal::new(false);
    let failed = RwSignal::new(false);
    let send = move |event: SubmitEvent| {
        event.prevent_default();
        busy.set(true);
        failed.set(false);
        browser::call_api("/v1/whoami", "#try-secret", move |told| {
            busy.set(false);
            failed.set(told.is_none());
            answer.set(told);
        });
    };
    view! {
        <Card title=tr::try_it::title(l) hint=tr::try_it::hint(l)>
            <form class="form needs-script" method="post" action="" on:submit=send>
                <div class="field">
                    <label class="label" for="try-secret">
                        {tr::try_it::secret(l)}
                    </label>
                    <input
                        id="try-secret"
                        class="input mono"
                        type="password"
                        autocomplete="off"
                        spellcheck="false"
                        required=true
                    />
                </div>
                <div class="actions start">
                    <Button look=Look::Primary busy icon="send">
                        {tr::try_it::send(l)}
                    </Button>
                </div>
            </form>
            <div class="stack tight" role="status">
                {move || failed.get().then(|| view! { <p>{tr::try_it::failed(l)}</p> })}
                {move || {
                    answer
                        .get()
                        .map(|(status, body)| {
                            view! {
                                <pre class="code-block" tabindex="0">
                                    {["GET /v1/whoami HTTP/1.1\nAuthorization: Bearer ••••••\n\nHTTP/1.1 ", &status.to_string(), "\n\n", &body].concat()}
                                </pre>
                            }
                        })
                }}
            </div>
        </Card>
    }
    .into_any()
}
