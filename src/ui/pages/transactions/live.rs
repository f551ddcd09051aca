//! The list follows the chain: rows change in place, new ones wait until they are asked for.

use crate::{
    api::{
        ApiError,
        transactions::{TransactionRow, TransactionsFilter, TransactionsPage},
    },
    i18n::{tr, use_language},
    ui::browser,
};
use aio_domain::TransactionId;
use leptos::{leptos_dom::helpers::TimeoutHandle, prelude::*};
use std::time::Duration;

/// The shortest time between two questions.
const PAUSE: Duration = Duration::from_millis(500);

/// What the list knows of changes.
#[derive(Clone, Copy)]
pub struct Live {
    data: Resource<Result<TransactionsPage, ApiError>>,
    filter: Memo<TransactionsFilter>,
    /// The newest row that is shown; newer ones wait.
    top: RwSignal<Option<TransactionId>>,
    /// The rows that are shown.
    shown: RwSignal<Vec<TransactionId>>,
    /// Those of them that just changed.
    changed: RwSignal<Vec<TransactionId>>,
    /// New ones that wait.
    waiting: RwSignal<Vec<TransactionId>>,
    /// Whether the stream is open; not known before it was.
    open: RwSignal<Option<bool>>,
    timer: StoredValue<Option<TimeoutHandle>>,
}

impl Live {
    /// Follows the list of this resource.
    pub fn follow(
        data: Resource<Result<TransactionsPage, ApiError>>,
        filter: Memo<TransactionsFilter>,
    ) -> Self {
        let live = Self {
            data,
            filter,
            top: RwSignal::new(None),
            shown: RwSignal::new(Vec::new()),
            changed: RwSignal::new(Vec::new()),
            waiting: RwSignal::new(Vec::new()),
            open: RwSignal::new(None),
            timer: StoredValue::new(None),
        };
        Effect::new(move |_| {
            let told = move |kind: &str, text: &str| live.told(kind, text);
            browser::listen("/live", told, move |open| live.open.set(Some(open)));
        });
        // Another list begins anew.
        Effect::new(move |before: Option<()>| {
            filter.track();
            if before.is_some() {
                live.top.set(None);
                live.waiting.set(Vec::new());
            }
        });
        on_cleanup(move || {
            browser::stop_listening();
            if let Some(Some(timer)) = live.timer.try_get_value() {
                timer.clear();
            }
        });
        live
    }

    fn told(self, kind: &str, text: &str) {
        // Older pages stand still.
        if !self.filter.with_untracked(|filter| filter.before.is_empty()) {
            return;
        }
        if kind == "reset" {
            self.ask();
            return;
        }
        let ids: Vec<TransactionId> = text.split(' ').filter_map(|id| id.parse().ok()).collect();
        let shown = self.shown.get_untracked();
        let (known, mut new): (Vec<_>, Vec<_>) = ids.into_iter().partition(|id| shown.contains(id));
        // What changed below the last row that is shown is not new.
        new.retain(|id| self.top.get_untracked().is_none_or(|top| *id > top));
        if !known.is_empty() {
            self.changed.set(known);
            self.ask();
        }
        if new.is_empty() || self.filter.get_untracked() != TransactionsFilter::default() {
            return;
        }
        if shown.is_empty() {
            // Nothing that could be pushed away.
            self.ask();
            return;
        }
        self.waiting.update(|waiting| {
            for id in new {
                if !waiting.contains(&id) {
                    waiting.push(id);
                }
            }
        });
    }

    /// Asks for the list again, after a pause in which others may come.
    fn ask(self) {
        if self.timer.with_value(Option::is_some) {
            return;
        }
        let again = move || {
            self.timer.set_value(None);
            self.data.refetch();
        };
        self.timer.set_value(set_timeout_with_handle(again, PAUSE).ok());
    }

    /// Shows what waits.
    fn show(self) {
        self.top.set(None);
        self.changed.set(self.waiting.get_untracked());
        self.waiting.set(Vec::new());
        self.data.refetch();
    }

    /// The rows to be shown of those that came.
    pub fn rows(self, rows: Vec<TransactionRow>) -> Vec<TransactionRow> {
        let top = self.top.get_untracked().or_else(|| rows.first().map(|row| row.id));
        let is_whole = self.filter.get_untracked() != TransactionsFilter::default();
        let rows: Vec<_> = rows
            .into_iter()
            .filter(|row| is_whole || top.is_none_or(|top| row.id <= top))
            .collect();
        self.top.set(top);
        self.shown.set(rows.iter().map(|row| row.id).collect());
        rows
    }

    /// Those that changed since the list was shown last; asked once.
    pub fn take_changed(self) -> Vec<TransactionId> {
        let changed = self.changed.get_untracked();
        self.changed.set(Vec::new());
        changed
    }
}

/// New payments that wait, and whether the page is told of them at all.
#[component]
pub fn LiveBar(live: Live) -> impl IntoView {
    let l = use_language();
    let pill = move || {
        let count = live.waiting.with(Vec::len);
        (count > 0).then(|| {
            view! {
                <button type="button" class="button small primary" on:click=move |_| live.show()>
                    {tr::transactions::new_ones(l, count)}
                </button>
            }
        })
    };
    let state = move || match live.open.get() {
        Some(true) => tr::transactions::live(l),
        Some(false) => tr::transactions::reconnecting(l),
        None => "",
    };
    view! {
        <div class="live-bar needs-script">
            <span class="live" data-open=move || live.open.get().map(|open| open.to_string())>
                {state}
            </span>
            <span aria-live="polite">{pill}</span>
        </div>
    }
    .into_any()
}
