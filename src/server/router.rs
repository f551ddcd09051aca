//! The router, made from the policy table: what has no row is not served, and what has a row is.

use super::{
    downloads, guard,
    layers::{self, Nonce},
    live, pages,
    refusal::{Asked, Refusal},
    site::Site,
    v1::{
        endpoint::{Endpoint, Verb},
        openapi, pipeline,
    },
};
use crate::{
    api::page::PageData,
    app::shell::{routes, shell},
};
use aio_domain::{
    Action, Problem,
    policy::{Row, Surface, TABLE},
};
use aio_service::Session;
use axum::{
    Extension, Json, Router,
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, Method, StatusCode, request::Parts},
    middleware::from_fn_with_state,
    response::{IntoResponse as _, Response},
    routing::{MethodRouter, get, post},
};
use http_body_util::BodyExt as _;
use leptos::prelude::{provide_context, use_context};
use std::collections::BTreeSet;
use tower::ServiceExt as _;
use tower_http::services::ServeDir;

/// The routes with all layers around them, or what the table and the program disagree about.
pub fn build(site: &Site) -> Result<Router, Vec<String>> {
    let disagreements = compare();
    if !disagreements.is_empty() {
        return Err(disagreements);
    }
    let mut router = Router::new();
    for row in served() {
        router = router.route(
            row.path,
            handler(row, site).ok_or_else(|| {
                vec![format!("{} is in the policy table but has no handler", row.path)]
            })?,
        );
    }
    let routes = router
        .fallback(not_found)
        .method_not_allowed_fallback(wrong_method)
        .with_state(site.clone());
    Ok(layers::around(routes, site))
}

/// The rows this build serves: the kit page is for developers only.
fn served() -> impl Iterator<Item = &'static Row> {
    TABLE.iter().filter(|row| cfg!(debug_assertions) || row.action != Action::KitPage)
}

/// What the policy table lacks, and what it has too much.
fn compare() -> Vec<String> {
    let functions = server_fn::axum::server_fn_paths().map(|(path, method)| {
        if method == Method::POST { path.to_owned() } else { format!("{method} {path}") }
    });
    let pages = routes().into_iter().map(|listing| listing.path().to_owned());
    let is_page = |row: &Row| row.surface == Surface::Page || row.action == Action::KitPage;
    [
        differences("server function", functions.collect(), |row| row.surface == Surface::Function),
        differences("page", pages.collect(), is_page),
    ]
    .concat()
}

fn differences(
    kind: &str,
    registered: BTreeSet<String>,
    of_kind: impl Fn(&Row) -> bool,
) -> Vec<String> {
    let rows: BTreeSet<String> =
        served().filter(|row| of_kind(row)).map(|row| row.path.to_owned()).collect();
    let lacking = registered.difference(&rows);
    let lacking = lacking.map(|path| format!("{kind} {path} has no row in the policy table"));
    let left_over = rows.difference(&registered);
    let left_over = left_over.map(|path| format!("the row of {path} has no {kind}"));
    lacking.chain(left_over).collect()
}

fn handler(row: &'static Row, site: &Site) -> Option<MethodRouter<Site>> {
    Some(match (row.surface, row.action) {
        (Surface::Page, action) => guarded_page(action, site),
        (Surface::Download, Action::TransactionsCsv) => {
            let guard = from_fn_with_state((site.clone(), row.action), pages::page);
            get(downloads::transactions_csv).layer(guard)
        }
        (Surface::Download, Action::Live) => get(live::live),
        (Surface::Function, _) => post(function),
        (Surface::Api, action) => endpoint(Endpoint::of(action)?, site),
        (Surface::Open, Action::OpenApi) => get(open_api),
        (Surface::Open, Action::Health) => get(health),
        (Surface::Open, Action::Packages | Action::Assets) => get(file),
        (Surface::Open, Action::KitPage) => guarded_page(Action::KitPage, site),
        (Surface::Download | Surface::Open, _) => return None,
    })
}

/// An endpoint of the merchant API.
fn endpoint(endpoint: &'static Endpoint, site: &Site) -> MethodRouter<Site> {
    let site = site.clone();
    let serve = move |request: Request| pipeline::serve(site.clone(), endpoint, request);
    match endpoint.verb {
        Verb::Get => get(serve),
        Verb::Post => post(serve),
    }
}

/// The description of the merchant API.
async fn open_api(State(site): State<Site>) -> Response {
    Json(openapi::document(site.origin.as_str())).into_response()
}

fn guarded_page(action: Action, site: &Site) -> MethodRouter<Site> {
    let options = site.leptos.clone();
    let render =
        leptos_axum::render_app_async_with_context(page_context, move || shell(options.clone()));
    get(render).layer(from_fn_with_state((site.clone(), action), pages::page))
}

/// Hands a page what the layers and its guard put into the request.
fn page_context() {
    let Some(parts) = use_context::<Parts>() else { return };
    provide_context(leptos_router::Method::Get);
    provide_context(guard::preferences());
    if let Some(Nonce(nonce)) = parts.extensions.get() {
        provide_context(leptos::nonce::Nonce::from_value(&**nonce));
    }
    if let Some(data) = parts.extensions.get::<PageData>() {
        provide_context(data.clone());
    }
}

/// A server function. The framework answers every error with 500: the status that belongs to the code is set here.
async fn function(request: Request) -> Response {
    let response =
        leptos_axum::handle_server_fns_with_context(|| (), request).await.into_response();
    let is_error = response.headers().contains_key(server_fn::error::SERVER_FN_ERROR_HEADER);
    if !is_error || response.status() != StatusCode::INTERNAL_SERVER_ERROR {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let Ok(body) = body.collect().await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let bytes = body.to_bytes();
    let status = serde_json::from_slice::<Problem>(&bytes).map(|problem| problem.status());
    if let Some(status) = status.ok().and_then(|status| StatusCode::from_u16(status).ok()) {
        parts.status = status;
    }
    Response::from_parts(parts, Body::from(bytes))
}

/// A built file; compressed beforehand where the browser takes it.
async fn file(
    State(site): State<Site>,
    Extension(asked): Extension<Asked>,
    request: Request,
) -> Response {
    let folder = ServeDir::new(&*site.leptos.site_root).precompressed_br().precompressed_gzip();
    match folder.oneshot(request).await {
        Ok(response) if response.status() == StatusCode::NOT_FOUND => {
            Refusal::NotFound.answer(&asked)
        }
        Ok(response) => response.into_response(),
    }
}

/// Whether the server is well; only for who asks from this machine.
async fn health(
    State(site): State<Site>,
    Extension(asked): Extension<Asked>,
    Extension(peer): Extension<layers::Peer>,
    headers: HeaderMap,
) -> Response {
    if !peer.0.ip().to_canonical().is_loopback() || !layers::is_direct(&headers) {
        return Refusal::NotFound.answer(&asked);
    }
    if site.is_ready().await { "ok".into_response() } else { Refusal::Unavailable.answer(&asked) }
}

/// Nothing is here: in the form the caller reads, for people as a page of the dashboard.
async fn not_found(
    State(site): State<Site>,
    Extension(asked): Extension<Asked>,
    mut request: Request,
) -> Response {
    let is_page = asked.door == super::refusal::Door::Page
        && matches!(*request.method(), Method::GET | Method::HEAD)
        && request.extensions().get::<layers::RefusedAddress>().is_none();
    if !is_page {
        return Refusal::NotFound.answer(&asked);
    }
    let session = request.extensions().get::<Session>().cloned();
    let data = pages::page_data(&site, &request, session.as_ref());
    request.extensions_mut().insert(data);
    let options = site.leptos.clone();
    let render = leptos_axum::ErrorHandler::new_with_context(page_context, shell, options);
    match render.oneshot(request).await {
        Ok(response) => response,
    }
}

async fn wrong_method(Extension(asked): Extension<Asked>) -> Response {
    Refusal::Method.answer(&asked)
}
