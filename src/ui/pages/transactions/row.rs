use super::words::{ends, status_words, tone};
use crate::{
    api::transactions::TransactionRow,
    i18n::{tr, use_language},
    ui::parts::{Badge, Cell, Chip, Column, CopyIcon, Icon, Table, TimeAgo},
};
use aio_domain::{DepositStatus, TransactionId};
use leptos::prelude::*;

/// Deposits as a table.
#[component]
pub fn Rows(
    /// Newest first.
    rows: Vec<TransactionRow>,
    /// Is kept when the drawer opens.
    query: String,
    /// Whether the customers are told.
    customers: bool,
    /// Those that changed a moment ago.
    #[prop(optional)]
    changed: Vec<TransactionId>,
) -> impl IntoView {
    let l = use_language();
    let mut columns = vec![
        Column::named(tr::transactions::col_amount(l)),
        Column::named(tr::transactions::col_status(l)),
    ];
    if customers {
        columns.push(Column::named(tr::transactions::col_customer(l)));
    }
    columns.push(Column::named(tr::transactions::col_hash(l)));
    columns.push(Column::named(tr::transactions::col_received(l)));
    let rows = rows
        .into_iter()
        .map(|row| {
            let changed = changed.contains(&row.id);
            view! { <Row row query=query.clone() customers changed/> }
        })
        .collect_view();
    view! {
        <Table caption=tr::transactions::title(l) columns steady=true>
            {rows}
        </Table>
    }
    .into_any()
}

#[component]
fn Row(row: TransactionRow, query: String, customers: bool, changed: bool) -> impl IntoView {
    let l = use_language();
    let open = ["/transactions/", &row.id.to_string(), &query].concat();
    let amount = [&row.amount, "\u{a0}", &row.token].concat();
    let confirming = (row.status == DepositStatus::Confirming).then(|| {
        let (has, needs) = (row.confirmations.to_string(), row.needed.to_string());
        view! { " " <span class="muted num">{[&has, "/", &needs].concat()}</span> }
    });
    let customer = customers.then(|| {
        let to = ["/subaddresses/", &row.subaddress.to_string()].concat();
        view! {
            <Cell name=tr::transactions::col_customer(l)>
                <a href=to>{row.customer}</a>
                <small class="mono">{ends(&row.address)}</small>
            </Cell>
        }
    });
    let look = row.explorer.map(|href| {
        view! {
            <a
                href=href
                class="button quiet small square"
                target="_blank"
                rel="noopener noreferrer external"
                aria-label=tr::transactions::explorer(l)
            >
                <Icon id="external-link"/>
            </a>
        }
    });
    view! {
        <tr class=changed.then_some("changed")>
            <Cell name=tr::transactions::col_amount(l) class="title-cell">
                <a href=open class="num amount" title=amount>
                    {row.short}
                    "\u{a0}"
                    {row.token}
                </a>
                <small>{row.chain}</small>
            </Cell>
            <Cell name=tr::transactions::col_status(l)>
                <Badge tone=tone(row.status)>{status_words(l, row.status)}</Badge>
                {confirming}
                {row.is_dust.then(|| view! { " " <Chip>{tr::transactions::dust(l)}</Chip> })}
            </Cell>
            {customer}
            <Cell name=tr::transactions::col_hash(l) class="wide">
                <span class="key-id">
                    <code>{ends(&row.hash)}</code>
                    <CopyIcon
                        value=row.hash
                        label=tr::transactions::col_hash(l)
                        words=(tr::common::copy(l), tr::common::copied(l))
                    />
                    {look}
                </span>
            </Cell>
            <Cell name=tr::transactions::col_received(l)>
                <TimeAgo at=row.received_at/>
            </Cell>
        </tr>
    }
    .into_any()
}
