use super::Text;
use leptos::prelude::*;

/// The head of a column.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// The words; for screen readers only where `hidden`.
    pub name: &'static str,
    /// Whether the column needs no visible head.
    pub hidden: bool,
}

impl Column {
    /// A column with a visible head.
    pub const fn named(name: &'static str) -> Self {
        Self { name, hidden: false }
    }

    /// A column whose head only screen readers need.
    pub const fn unseen(name: &'static str) -> Self {
        Self { name, hidden: true }
    }
}

/// A list in columns; in a narrow container each row becomes a card.
#[component]
pub fn Table(
    /// What is listed, for screen readers.
    #[prop(into)]
    caption: Text,
    /// The columns.
    columns: Vec<Column>,
    /// Whether columns stand where they are while rows come and change. The first and the last but one are the widest.
    #[prop(optional)]
    steady: bool,
    /// The rows, each a `<tr>` of [`Cell`]s.
    children: Children,
) -> impl IntoView {
    let heads = columns
        .into_iter()
        .map(|column| {
            let class = column.hidden.then_some("visually-hidden");
            view! {
                <th scope="col">
                    <span class=class>{column.name}</span>
                </th>
            }
        })
        .collect_view();
    view! {
        <div class="table-wrap">
            <table class=if steady { "table steady" } else { "table" }>
                <caption class="visually-hidden">{caption}</caption>
                <thead>
                    <tr>{heads}</tr>
                </thead>
                <tbody>{children()}</tbody>
            </table>
        </div>
    }
    .into_any()
}

/// One value of a row; `name` repeats the column where rows are cards.
#[component]
pub fn Cell(
    /// The column's name.
    name: &'static str,
    /// `wide`, `title-cell` or `menu-cell`: how it stands in a card.
    #[prop(optional)]
    class: Option<&'static str>,
    children: Children,
) -> impl IntoView {
    let name = (!matches!(class, Some("title-cell" | "menu-cell"))).then_some(name);
    view! {
        <td class=class data-name=name>
            {children()}
        </td>
    }
    .into_any()
}
