use crate::{
    api::{
        ApiError,
        subaddresses::{
            ArchiveSubaddress, PaymentCode, SubaddressDetail, SubaddressRow, load_subaddress,
        },
    },
    i18n::{tr, use_language},
    ui::{
        layout::{Loaded, Page},
        pages::{
            form::{FormProblem, FormState, PostForm},
            transactions::{Rows, Whole},
        },
        parts::{
            Banner, Button, ButtonLink, Card, Chip, CopyButton, EmptyState, Facts, Qr, TimeAgo,
            Tone,
        },
    },
};
use aio_domain::{Problem, SubaddressId};
use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};
use server_fn::ServerFn as _;

/// One subaddress: the whole address, its code to scan, what it received.
#[component]
pub fn Subaddress() -> impl IntoView {
    let l = use_language();
    let params = use_params_map();
    let id = move || {
        let id = params.with(|params| params.get("subaddress"));
        id.and_then(|id| id.parse::<SubaddressId>().ok())
    };
    let data = Resource::new(id, |id| async move {
        load_subaddress(id.ok_or(ApiError(Problem::NotFound))?).await
    });
    let archive = FormState::new(ArchiveSubaddress::PATH);
    view! {
        <Page title=tr::subaddresses::one(l)>
            <Loaded data children=move |found| view! { <Shown found archive/> }/>
        </Page>
    }
    .into_any()
}

#[component]
fn Shown(found: SubaddressDetail, archive: FormState) -> impl IntoView {
    let l = use_language();
    let SubaddressDetail { row, codes, totals, rows, more, may_change } = found;
    let (created, known) = use_query_map()
        .with_untracked(|query| (query.get("created").is_some(), query.get("known").is_some()));
    let all = ["/transactions?q=", &row.id.to_string()].concat();
    let payments = if rows.is_empty() {
        view! {
            <EmptyState
                icon="coins"
                title=tr::subaddresses::no_payments_title(l)
                text=tr::subaddresses::no_payments(l)
            ></EmptyState>
        }
        .into_any()
    } else {
        let query = ["?q=", &row.id.to_string()].concat();
        view! { <Rows rows query customers=false/> }.into_any()
    };
    view! {
        <p>
            <a href="/subaddresses">{tr::subaddresses::back(l)}</a>
        </p>
        {created
            .then(|| view! { <Banner tone=Tone::Ok><p>{tr::subaddresses::made(l)}</p></Banner> })}
        {known
            .then(|| view! { <Banner tone=Tone::Info><p>{tr::subaddresses::known(l)}</p></Banner> })}
        {row
            .archived
            .then(|| view! { <Banner tone=Tone::Warn><p>{tr::subaddresses::is_archived(l)}</p></Banner> })}
        <div class="lead">
            <h2>{row.customer.clone()}</h2>
            {may_change
                .then(|| view! { <Archive id=row.id on=!row.archived state=archive/> })}
        </div>
        <About row codes totals/>
        <h2>{tr::subaddresses::payments(l)}</h2>
        <section class="card">{payments}</section>
        {more
            .then(|| {
                view! {
                    <div class="cluster">
                        <ButtonLink href=all icon="list">
                            {tr::subaddresses::all_payments(l)}
                        </ButtonLink>
                    </div>
                }
            })}
    }
    .into_any()
}

#[component]
fn About(
    row: SubaddressRow,
    codes: Vec<PaymentCode>,
    totals: Vec<(String, String, usize)>,
) -> impl IntoView {
    let l = use_language();
    let name = tr::subaddresses::address(l);
    let totals = if totals.is_empty() {
        view! { <span class="muted">{tr::subaddresses::nothing_yet(l)}</span> }.into_any()
    } else {
        totals
            .into_iter()
            .map(|(token, amount, deposits)| {
                view! {
                    <p class="num">
                        <strong>{[&amount, "\u{a0}", &token].concat()}</strong>
                        " "
                        <span class="muted">{tr::subaddresses::deposits(l, deposits)}</span>
                    </p>
                }
            })
            .collect_view()
            .into_any()
    };
    let pairs = vec![
        (name, view! { <Whole text=row.address name/> }.into_any()),
        (tr::subaddresses::chain(l), row.chain.into_any()),
        (tr::subaddresses::received(l), totals),
        (tr::subaddresses::created(l), view! { <TimeAgo at=row.created_at/> }.into_any()),
    ];
    let codes = codes.into_iter().map(|code| view! { <Code code/> }).collect_view();
    view! {
        <Card title=tr::subaddresses::about(l) hint=tr::subaddresses::about_hint(l)>
            <Facts pairs/>
            <div class="codes">{codes}</div>
        </Card>
    }
    .into_any()
}

/// A link to pay with, as a code to scan.
#[component]
fn Code(code: PaymentCode) -> impl IntoView {
    let l = use_language();
    let label = tr::subaddresses::scan(l, &code.token);
    let picture = code.qr.map(|(path, side)| view! { <Qr path side label=label.clone()/> });
    view! {
        <div class="stack tight">
            <Chip>{code.token}</Chip>
            {picture}
            <CopyButton
                value=code.uri
                label=tr::subaddresses::uri(l)
                words=(tr::subaddresses::copy_uri(l), tr::common::copied(l))
            />
        </div>
    }
    .into_any()
}

#[component]
fn Archive(id: SubaddressId, on: bool, state: FormState) -> impl IntoView {
    let l = use_language();
    let words = if on { tr::subaddresses::archive(l) } else { tr::subaddresses::restore(l) };
    view! {
        <PostForm state>
            <FormProblem state/>
            <input type="hidden" name="subaddress" value=id.to_string()/>
            <input type="hidden" name="on" value=on.to_string()/>
            <Button busy=state.busy>{words}</Button>
        </PostForm>
    }
    .into_any()
}
