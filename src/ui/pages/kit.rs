//! Every part in every state, for the people who build pages. Only in development builds; its samples are texts of
//! the product, its section names are the names of the parts.

use crate::{
    i18n::{tr, use_language},
    ui::{
        pages::states::NotFound,
        parts::{
            Badge, Banner, Button, ButtonLink, Card, Cell, Checkbox, Chip, CodeBlock, Column,
            CopyIcon, EmptyState, Input, Look, Menu, MenuLink, MenuRule, OtpInput, PasswordInput,
            RadioCard, SecretRow, Select, Skeleton, Switch, Table, TextArea, TimeAgo, Tone,
        },
    },
};
use aio_domain::{Language, Timestamp};
use leptos::prelude::*;
use leptos_meta::Title;

/// The page at `/dev/kit`.
#[component]
pub fn Kit() -> impl IntoView {
    let l = use_language();
    // Not in release builds: the constant lets the compiler drop everything below.
    if !cfg!(debug_assertions) {
        return view! { <NotFound/> }.into_any();
    }
    view! {
        <Title text=tr::common::product(l)/>
        <main class="main">
            <h1>{tr::common::product(l)}</h1>
            <div class="kit">
                <Buttons l/>
                <Words l/>
                <Fields l/>
                <Choices l/>
                <Lists l/>
                <Values l/>
            </div>
        </main>
    }
    .into_any()
}

#[component]
fn Buttons(l: Language) -> impl IntoView {
    view! {
        <Card title="Button, ButtonLink, Menu, Switch">
            <div class="cluster">
                <Button>{tr::common::cancel(l)}</Button>
                <Button look=Look::Primary>{tr::keys::create(l)}</Button>
                <Button look=Look::Danger>{tr::key_delete::submit(l)}</Button>
                <Button look=Look::Quiet>{tr::common::edit(l)}</Button>
                <Button small=true icon="copy">
                    {tr::common::copy(l)}
                </Button>
                <Button look=Look::Primary busy=Signal::stored(true)>
                    {tr::common::save(l)}
                </Button>
                <Button disabled=true>{tr::common::save(l)}</Button>
                <ButtonLink href="/dev/kit" icon="plus">
                    {tr::allowlist::add(l)}
                </ButtonLink>
                <Menu id="kit-menu" label=tr::keys::col_menu(l)>
                    <MenuLink href="/dev/kit" icon="pencil">
                        {tr::keys::m_edit(l)}
                    </MenuLink>
                    <MenuRule/>
                    <MenuLink href="/dev/kit" icon="trash-2" danger=true>
                        {tr::keys::m_delete(l)}
                    </MenuLink>
                </Menu>
            </div>
            <div class="cluster">
                <Switch on=true state=tr::common::on(l) action=tr::allowlist::turn_off(l) href="/dev/kit"/>
                <Switch on=false state=tr::common::off(l) action=tr::allowlist::turn_on(l) href="/dev/kit"/>
            </div>
        </Card>
    }
}

#[component]
fn Words(l: Language) -> impl IntoView {
    let tones = [Tone::Plain, Tone::Info, Tone::Ok, Tone::Warn, Tone::Bad];
    let badges =
        tones.map(|tone| view! { <Badge tone>{tr::keys::active(l)}</Badge> }).collect_view();
    let banners = tones
        .map(|tone| {
            view! {
                <Banner tone>
                    <p>{tr::reveal::once(l)}</p>
                </Banner>
            }
        })
        .collect_view();
    view! {
        <Card title="Badge, Chip, Banner">
            <div class="cluster">{badges} <Chip>"events:read"</Chip></div>
            {banners}
        </Card>
    }
}

#[component]
fn Fields(l: Language) -> impl IntoView {
    let wrong = Signal::stored(Some(tr::field_error::required(l).to_owned()));
    view! {
        <Card title="Input, PasswordInput, OtpInput, TextArea, Select">
            <div class="field-row">
                <Input name="plain" label=tr::key_form::label(l) hint=tr::key_form::label_hint(l)/>
                <Input name="wrong" label=tr::key_form::label(l) error=wrong/>
                <PasswordInput
                    name="password"
                    label=tr::sign_in::password(l)
                    show=tr::common::show_password(l)
                />
                <OtpInput label=tr::common::code(l) hint=tr::common::code_hint(l) autofocus=false/>
                <TextArea
                    name="rules"
                    label=tr::key_form::rules(l)
                    hint=tr::key_form::rules_hint(l)
                    value="203.0.113.0/24 </textarea><b>"
                    mono=true
                />
                <Select
                    name="mode"
                    label=tr::key_form::encryption(l)
                    options=vec![("off".into(), tr::key_form::enc_off(l).into()), ("required".into(), tr::key_form::enc_required(l).into())]
                    selected="required"
                />
            </div>
        </Card>
    }
}

#[component]
fn Choices(l: Language) -> impl IntoView {
    view! {
        <Card title="Checkbox, RadioCard">
            <Checkbox
                name="check"
                label=tr::key_form::never(l)
                hint=tr::key_form::never_hint(l)
                checked=true
            />
            <div class="radio-cards">
                <RadioCard name="radio" value="any" title=tr::key_form::any(l) hint=tr::key_form::any_hint(l)/>
                <RadioCard
                    name="radio"
                    value="listed"
                    title=tr::key_form::listed(l)
                    hint=tr::key_form::listed_hint(l)
                    checked=true
                />
            </div>
        </Card>
    }
}

#[component]
fn Lists(l: Language) -> impl IntoView {
    let columns = vec![Column::named(tr::keys::col_label(l)), Column::named(tr::keys::col_used(l))];
    view! {
        <section class="card">
            <Table caption=tr::keys::caption(l) columns>
                <tr>
                    <Cell name=tr::keys::col_label(l) class="title-cell">
                        {tr::keys::title(l)}
                    </Cell>
                    <Cell name=tr::keys::col_used(l)>
                        <TimeAgo at=Timestamp::from_millis(1_795_435_440_000)/>
                    </Cell>
                </tr>
            </Table>
            <Skeleton label=tr::common::loading(l) rows=3/>
            <EmptyState icon="key" title=tr::keys::empty_title(l) text=tr::keys::empty(l)/>
        </section>
    }
}

#[component]
fn Values(l: Language) -> impl IntoView {
    let words = (tr::common::copy(l), tr::common::copied(l));
    view! {
        <Card title="SecretRow, CodeBlock, CopyIcon">
            <SecretRow label=tr::reveal::key_id(l) value="key_01h455vb4pex5vsknk084sn02q" words/>
            <CodeBlock label=tr::reveal::try_it(l) code="curl http://127.0.0.1:3000/v1/whoami" words/>
            <CopyIcon value="copied" label=tr::reveal::key_id(l) words/>
        </Card>
    }
}
